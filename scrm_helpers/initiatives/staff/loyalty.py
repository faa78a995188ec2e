"""Trust and loyalty over waves: did the measure move by more than its error, and do customers come back?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import Panel, between, effect_writer
from scrm_helpers.stats.intervals import wilson


def difference_of_shares(
    first: tuple[float, float], second: tuple[float, float], level: float = 0.95
) -> tuple[float, float, float]:
    """Difference of two independent shares with Newcombe's interval."""
    shares = [x / n for x, n in (first, second)]
    one, two = (wilson(x, n, level) for x, n in (first, second))
    gap = shares[1] - shares[0]
    low = gap - math.hypot(shares[1] - two.low, one.high - shares[0])
    high = gap + math.hypot(two.high - shares[1], shares[0] - one.low)
    return gap, low, high


@dataclass(frozen=True, kw_only=True)
class WaveChange(Result):
    """Change of a measure between two waves, with its interval."""

    change: float
    low: float
    high: float


_IN_A_YEAR = {"year": 1, "half-year": 2, "quarter": 4, "month": 12, "week": 52, "day": 365}


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
    low, high = change - reach, change + reach
    write = effect_writer(panel.shares, error)
    name, first, last = panel.outcome[:1].upper() + panel.outcome[1:], panel.periods[early], panel.periods[-1]
    shown = low > 0 or high < 0
    return WaveChange(
        sentence=(
            f"{name} changed by {write(change)} from {first} to {last} (95% range {between(low, high, write)})."
            if shown
            else f"No change of {panel.outcome} from {first} to {last} can be shown ({write(change)}, 95% range "
            f"{between(low, high, write)})."
        ),
        table=pd.DataFrame(
            {
                "Measure": [panel.outcome],
                f"{first}": [float(panel.values[:, early].mean())],
                f"{last}": [float(panel.values[:, -1].mean())],
                "Change": [change],
                "95% range low": [low],
                "95% range high": [high],
            }
        ),
        formats=dict.fromkeys([first, last, "Change", "95% range low", "95% range high"], "decimal3"),
        caption=f"{name} between two waves",
        note=f"n = {len(gaps)} units measured in both waves; paired t interval; the same instrument is assumed.",
        measures=(
            Measure(
                name=measure_name("wave", panel.outcome),
                value=change,
                unit="outcome",
                n=len(gaps),
                low=low,
                high=high,
            ),
        ),
        change=change,
        low=low,
        high=high,
    )


def repeat_buyers(transactions: pd.DataFrame, *, as_of: pd.Timestamp | str) -> WaveChange:
    """Compare, for two years, the share of the year's buyers who had bought in the year before too.

    Parameters
    ----------
    transactions : pandas.DataFrame
        Table ``transactions``.
    as_of : timestamp or str
        Day of the report.

    Returns
    -------
    WaveChange

    Notes
    -----
    Retained share = buyers of both years over buyers of the earlier one; a refund is no purchase. Newcombe interval,
    as if the two years were independent, which is on the wide side.
    """
    day = pd.Timestamp(as_of)
    bought = transactions[transactions["amount"] > 0]
    when = pd.to_datetime(bought["ordered_on"])
    years = [
        set(
            bought.loc[
                (when > day - pd.DateOffset(years=back + 1)) & (when <= day - pd.DateOffset(years=back)), "customer_id"
            ]
        )
        for back in range(3)
    ]
    counts = [(len(years[back] & years[back + 1]), len(years[back + 1])) for back in (1, 0)]
    if min(n for _, n in counts) == 0:
        reason = "the orders do not cover three years"
        return WaveChange(
            sentence=f"Whether customers come back more often cannot be computed because {reason}.",
            table=pd.DataFrame({"Year to": [], "Came back": []}),
            measures=(Measure(name="retained_buyers_change", value=None, unit="share", reason=reason),),
            change=math.nan,
            low=math.nan,
            high=math.nan,
        )
    change, low, high = difference_of_shares(counts[0], counts[1])
    shares = [x / n for x, n in counts]
    write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
    ends = numbers.interval(low, high, write)
    return WaveChange(
        sentence=(
            f"{numbers.percent(shares[1])} of last year's buyers came back, {write(change)} percentage points against "
            f"the year before (95% range {ends})."
            if low > 0 or high < 0
            else f"{numbers.percent(shares[1])} of last year's buyers came back; no change against the year before "
            f"can be shown ({write(change)} percentage points, 95% range {ends})."
        ),
        table=pd.DataFrame(
            {
                "Year to": [str((day - pd.DateOffset(years=1)).date()), str(day.date())],
                "Buyers of the year before": [n for _, n in counts],
                "Came back": shares,
            }
        ),
        formats={"Buyers of the year before": "count", "Came back": "percent"},
        caption="Customers who came back",
        note="Buyers of both years over buyers of the earlier one; refunds are no purchase; Newcombe interval.",
        measures=(
            Measure(name="retained_buyers_change", value=change, unit="share", n=counts[1][1], low=low, high=high),
        ),
        change=change,
        low=low,
        high=high,
    )
