"""Earned growth: what comes back and what friends bring, the accounting neighbour of the Net Promoter Score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Kind, Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.resample import ratio_bootstrap_t

COLUMNS = ["Part", "Of last year's revenue", "Range from", "Range to"]


@dataclass(frozen=True, kw_only=True)
class EarnedGrowth(Answer):
    """Net revenue retention, earned new customers, and the earned growth rate, over last year's revenue."""

    ABSENT = "Earned growth cannot be computed: {reason}."

    retention: Measure = unknown("net_revenue_retention", "share")
    earned_new: Measure = unknown("earned_new_customers", "share")
    rate: Measure = unknown("earned_growth_rate", "share")
    bought: float = 0.0  # added by new customers who came without a referral

    def words(self) -> Words:
        """What came back, what friends brought, and whether the sum grows."""
        parts = (self.retention, self.earned_new, self.rate)
        rows = [(one.name.replace("_", " ").capitalize(), one.value, one.low, one.high) for one in parts]
        rows.insert(2, ("Other new customers (not earned)", self.bought, None, None))
        figures = [numbers.percent(one.value) for one in parts]
        if self.rate.low is None or self.rate.high is None:
            verdict = f"(no range: {self.rate.no_range})."
        else:
            low, high = self.rate.ends
            shown = f"what is earned {'grows' if low > 0 else 'shrinks'}"
            shown = "neither growth nor decline can be shown" if low <= 0 <= high else shown
            verdict = f"({numbers.interval(low, high, numbers.percent)}): {shown}."
        return Words(
            sentence=(
                f"{figures[0]} of last year's revenue came back and customers who were referred added {figures[1]}; "
                "other new customers, who had to be bought or came by themselves, added "
                f"{numbers.percent(self.bought)}. The earned growth rate is {figures[2]} {verdict}"
            ),
            table=pd.DataFrame(rows, columns=COLUMNS),
            formats=dict.fromkeys(COLUMNS[1:], "percent"),
            caption="Earned growth",
            note=(
                f"n = {numbers.plural(self.rate.n or 0, 'customer')} with orders {self.window}; "
                f"{numbers.percent(self.rate.level)} bootstrap-t ranges; gross revenue, attributed by referral."
            ),
        )


def earned_growth(
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    referrals: pd.DataFrame,
    terms: Terms,
    days: int = 365,
    draws: int = 2000,
) -> EarnedGrowth:
    """Compute the earned growth rate of the last year.

    Parameters
    ----------
    transactions : pandas.DataFrame
        ``customer_id``, ``ordered_on``, ``amount``.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    referrals : pandas.DataFrame
        ``referred_id``, ``referred_on``; a new customer with a referral before joining counts as earned.
    terms : Terms
        End of this year (inclusive), level, seed.
    days : int
        Length of a year in days.
    draws : int
        Bootstrap samples of customers.

    Returns
    -------
    EarnedGrowth

    Notes
    -----
    Reichheld, Darnell and Burns (2021), *Harvard Business Review* 99(6): earned growth rate = net revenue retention +
    earned new customers - 100 %. It counts revenue, not causes: a referred customer might have come anyway.
    """
    end, middle = terms.as_of, terms.as_of - pd.Timedelta(days=days)
    start = middle - pd.Timedelta(days=days)
    known = transactions[(transactions["ordered_on"] > start) & (transactions["ordered_on"] <= end)]
    codes, buyers = pd.factorize(known["customer_id"])
    amount, late = known["amount"].to_numpy(float), (known["ordered_on"] > middle).to_numpy()
    before, now = (np.bincount(codes, amount * part, minlength=len(buyers)) for part in (~late, late))
    if before.sum() <= 0:
        reason = "there is no revenue in the year before"
        return EarnedGrowth(reason=reason, rate=unknown("earned_growth_rate", "share", reason, 0))
    joined = customers.drop_duplicates("customer_id").set_index("customer_id")["joined_on"].reindex(buyers)
    first = referrals.groupby("referred_id")["referred_on"].min().reindex(buyers)
    new = (joined > middle).to_numpy()
    earned = new & (first <= joined).to_numpy()
    returned, brought = np.where(~new & (before != 0), now, 0.0), np.where(earned, now, 0.0)

    def share(name: str, flow: NDArray, kind: Kind) -> Measure:
        found = ratio_bootstrap_t(flow, before, terms.level, draws, terms.seed)
        return found.measure(name, "share", n=len(buyers), kind=kind)

    first_day = start + pd.Timedelta(days=1)
    return EarnedGrowth(
        retention=share("net_revenue_retention", returned, "gross"),
        earned_new=share("earned_new_customers", brought, "attributed"),
        rate=share("earned_growth_rate", returned + brought - before, "attributed"),
        bought=float(np.where(new & ~earned, now, 0.0).sum() / before.sum()),
        window=f"from {first_day:%Y-%m-%d} to {end:%Y-%m-%d}",
        window_from=first_day.date(),
        window_to=end.date(),
    )
