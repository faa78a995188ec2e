"""Loyalty of customers: do more of a year's buyers come back than the year before?"""

from dataclasses import replace
from itertools import pairwise

import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers, unknown


class ReturnedBuyers(Answer):
    """Share of a year's buyers who bought in the next one too, for two years."""

    ABSENT = "Whether customers come back more often cannot be computed because {reason}."

    change: Measure = unknown("retained_buyers_change", "share")
    years: tuple[str, str] = ("", "")  # last day of each year
    buyers: tuple[int, int] = (0, 0)  # of the year before
    shares: tuple[float, float] = (0.0, 0.0)  # of them, who came back
    TESTED = "share of a year's buyers who came back in the next, last year beside the year before"
    CLAIMS = (Claim(tested=TESTED, estimate=change, chance=Chance(0.0, "the same share in both years")),)

    def words(self) -> Words:
        write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
        change, (low, high), back = self.change.value or 0.0, self.change.ends, numbers.percent(self.shares[1])
        ends = numbers.interval(low, high, write)
        return Words(
            sentence=(
                f"{back} of last year's buyers came back, {write(change)} percentage points against the year before "
                f"(95% range {ends})."
                if self.tested(self.change.name).direction
                else f"{back} of last year's buyers came back; no change against the year before can be shown "
                f"({write(change)} percentage points, 95% range {ends})."
            ),
            table=pd.DataFrame(
                {"Year to": self.years, "Buyers of the year before": self.buyers, "Came back": self.shares}
            ),
            formats={"Buyers of the year before": "count", "Came back": "percent"},
            caption="Customers who came back",
            note="Buyers of both years over buyers of the earlier one; refunded in full is none; Newcombe interval.",
        )


def repeat_buyers(purchases: pd.DataFrame, *, as_of: pd.Timestamp | str) -> ReturnedBuyers:
    """Compare, for two years, the share of the year's buyers who had bought in the year before too.

    Parameters
    ----------
    purchases, as_of : what is left of orders after refunds, and the last day of the last year

    Returns
    -------
    ReturnedBuyers

    Notes
    -----
    Buyers of both years over buyers of the earlier one; Newcombe interval, as if the years were independent.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

    day = pd.Timestamp(as_of)
    ends = [day - pd.DateOffset(years=back) for back in range(4)]
    bought = purchases[purchases["amount"] > 0]
    when = pd.to_datetime(bought["ordered_on"])
    last, before, earliest = (
        set(bought.loc[(when > start) & (when <= end), "customer_id"]) for end, start in pairwise(ends)
    )
    if not before or not earliest:
        return ReturnedBuyers(reason="the orders do not cover three years")
    came, buyers = (len(before & earliest), len(last & before)), (len(earliest), len(before))
    both = came[1], buyers[1], came[0], buyers[0]
    low, high = map(float, confint_proportions_2indep(*both, method="newcomb", compare="diff"))
    shares = (came[0] / buyers[0], came[1] / buyers[1])
    p = float(test_proportions_2indep(*both, compare="diff", method="score", return_results=False)[1])
    return ReturnedBuyers(
        population="buyers of the year before",
        window=f"two years to {day.date()}",
        change=replace(ReturnedBuyers.change, value=shares[1] - shares[0], n=buyers[1], low=low, high=high, p=p),
        years=(str(ends[1].date()), str(ends[0].date())),
        buyers=buyers,
        shares=shares,
    )
