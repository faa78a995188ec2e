"""Trust and loyalty over waves: did the measure move by more than its error, and do customers come back?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import Panel, between, effect_writer, read_panel
from scrm_helpers.initiatives.staff.teams import without_table

_IN_A_YEAR = {"year": 1, "half-year": 2, "quarter": 4, "month": 12, "week": 52, "day": 365}


@dataclass(frozen=True, kw_only=True)
class WaveChange(Answer):
    """Change of a measure between two waves, with its interval."""

    ABSENT = "{reason}."

    effects: tuple[Measure, ...] = ()  # the change, where there are two waves
    outcome: str = ""
    shares: bool = False
    error: float = math.nan  # standard error of the change
    waves: tuple[str, str] = ("", "")
    means: tuple[float, float] = (math.nan, math.nan)

    def words(self) -> Words:
        """Whether it moved by more than its error."""
        (found,), (first, last) = self.effects, self.waves
        change, (low, high), write = found.value or 0.0, found.ends, effect_writer(self.shares, self.error)
        name, ends = self.outcome[:1].upper() + self.outcome[1:], between(low, high, write)
        heads = [first, last, "Change", "95% range low", "95% range high"]
        return Words(
            sentence=(
                f"{name} changed by {write(change)} from {first} to {last} (95% range {ends})."
                if low > 0 or high < 0
                else f"No change of {self.outcome} from {first} to {last} can be shown ({write(change)}, 95% range "
                f"{ends})."
            ),
            table=pd.DataFrame([(self.outcome, *self.means, change, low, high)], columns=["Measure", *heads]),
            formats=dict.fromkeys(heads, "decimal3"),
            caption=f"{name} between two waves",
            note=f"n = {found.n} units measured in both waves; paired t interval; the same instrument is assumed.",
        )


def wave_change(panel: Panel) -> WaveChange:
    """Compare the last wave with the one a year before, unit by unit."""
    from scipy.stats import t as student

    if len(panel.units) < 2 or len(panel.periods) < 2:
        raise Refusal(
            f"Two waves of {panel.outcome} take two units or more that were measured in every period; there are "
            f"{len(panel.units)} over {len(panel.periods)}. Fill the gaps or leave single periods out."
        )
    year_before = panel.places[-1] - _IN_A_YEAR.get(panel.granularity, 4)
    early = int(np.abs(panel.places[:-1] - year_before).argmin())  # over a hole, the wave next to it
    gaps = panel.values[:, -1] - panel.values[:, early]
    change, error = float(gaps.mean()), float(gaps.std(ddof=1) / math.sqrt(len(gaps)))
    reach = float(student.ppf(0.975, len(gaps) - 1)) * error
    name, low, high = measure_name("wave", panel.outcome), change - reach, change + reach
    return WaveChange(
        effects=(Measure(name=name, value=change, unit="outcome", n=len(gaps), low=low, high=high),),
        outcome=panel.outcome,
        shares=panel.shares,
        error=error,
        waves=(panel.periods[early], panel.periods[-1]),
        means=(float(panel.values[:, early].mean()), float(panel.values[:, -1].mean())),
    )


def latest_wave(panel: pd.DataFrame | None, outcome: str) -> WaveChange:
    """Compare the last wave of an outcome with the one a year before, or say what is missing.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    outcome : str
        Outcome of the panel.

    Returns
    -------
    WaveChange
    """
    if panel is None or outcome not in set(panel["outcome"].astype(str)):
        return WaveChange(reason=without_table(f"initiative_panel with {outcome}", f"the change of {outcome}"))
    try:
        return wave_change(read_panel(panel, outcome))
    except Refusal as refused:
        return WaveChange(reason=f"The change of {outcome} cannot be shown. {refused}")


@dataclass(frozen=True, kw_only=True)
class ReturnedBuyers(Answer):
    """Share of a year's buyers who bought in the next one too, for two years."""

    ABSENT = "Whether customers come back more often cannot be computed because {reason}."

    change: Measure = unknown("retained_buyers_change", "share")
    years: tuple[str, str] = ("", "")  # last day of each year
    buyers: tuple[int, int] = (0, 0)  # of the year before
    shares: tuple[float, float] = (0.0, 0.0)  # of them, who came back

    def words(self) -> Words:
        """Whether more come back than the year before."""
        write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
        change, (low, high), back = self.change.value or 0.0, self.change.ends, numbers.percent(self.shares[1])
        ends = numbers.interval(low, high, write)
        return Words(
            sentence=(
                f"{back} of last year's buyers came back, {write(change)} percentage points against the year before "
                f"(95% range {ends})."
                if low > 0 or high < 0
                else f"{back} of last year's buyers came back; no change against the year before can be shown "
                f"({write(change)} percentage points, 95% range {ends})."
            ),
            table=pd.DataFrame(
                {"Year to": self.years, "Buyers of the year before": self.buyers, "Came back": self.shares}
            ),
            formats={"Buyers of the year before": "count", "Came back": "percent"},
            caption="Customers who came back",
            note="Buyers of both years over buyers of the earlier one; refunds are no purchase; Newcombe interval.",
        )


def repeat_buyers(transactions: pd.DataFrame, *, as_of: pd.Timestamp | str) -> ReturnedBuyers:
    """Compare, for two years, the share of the year's buyers who had bought in the year before too.

    Parameters
    ----------
    transactions : pandas.DataFrame
        Table ``transactions``.
    as_of : timestamp or str
        Day of the report.

    Returns
    -------
    ReturnedBuyers

    Notes
    -----
    Retained share = buyers of both years over buyers of the earlier one; a refund is no purchase. Newcombe interval,
    as if the two years were independent, which is on the wide side.
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    day = pd.Timestamp(as_of)
    ends = [day - pd.DateOffset(years=back) for back in range(4)]
    bought = transactions[transactions["amount"] > 0]
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
    change, n = shares[1] - shares[0], buyers[1]
    return ReturnedBuyers(
        change=Measure(name="retained_buyers_change", value=change, unit="share", n=n, low=low, high=high),
        years=(str(ends[1].date()), str(ends[0].date())),
        buyers=buyers,
        shares=shares,
    )
