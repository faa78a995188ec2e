"""Does asking change anything? People who were asked beside people who were not, or the published caution."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.silent.response import referred_after
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import wilson

SMALLEST_SIDE = 30
CAUTION = (
    "Consumers who are asked for their intention act on it more than similar ones who are not: in a published "
    "comparison "
    "the correlation of intention and behaviour was larger by {inflation} (Chandon, Morwitz and Reinartz 2005). What "
    "is "
    "seen among the surveyed may therefore not hold for the others; this is a caution, not a correction."
)


@dataclass(frozen=True, kw_only=True)
class SurveyEffect(Result):
    """Share who referred among the asked minus that among the unasked."""

    gap: Estimate  # on the scale 0-1; missing without enough unasked customers


def survey_effect(
    surveys: pd.DataFrame,
    referrals: pd.DataFrame,
    customers: pd.DataFrame,
    as_of: pd.Timestamp,
    window_days: int = 365,
    by_lot: bool = False,
    published_inflation: float = 0.58,
    level: float = 0.95,
) -> SurveyEffect:
    """Compare customers who were invited in a wave with those who were customers then and were not.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys`` with ``invited_on`` and ``wave``.
    referrals, customers : pandas.DataFrame
        The tables of these names.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive; the latest wave whose window is over is compared.
    window_days : int
        Days after the start of the wave in which a referral counts.
    by_lot : bool
        Whether who was left out was decided by lot. Only then the difference may be read as an effect of asking.
    published_inflation : float
        Published excess of the intention-behaviour correlation among the surveyed, quoted where there is no control.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    SurveyEffect

    Notes
    -----
    Both sides get the same window from the first invitation of the wave, and both had joined before it. Customers
    asked in an earlier wave stand on both sides.
    """
    caution = CAUTION.format(inflation=numbers.percent(published_inflation))
    start, asked = _last_wave(surveys, as_of - pd.Timedelta(days=window_days))
    if start is None:
        return _nothing("no wave has invitations whose window is over", caution, level)
    there = pd.Index(customers.loc[customers["joined_on"] < start, "customer_id"]).drop_duplicates()
    places = there.get_indexer(asked)
    people = pd.DataFrame({"asked": np.zeros(len(there), bool)})
    people.iloc[places[places >= 0], 0] = True
    first = pd.Series(np.full(len(there), np.datetime64(start)))
    people["referred"] = referred_after(there, first, referrals, window_days)
    sides = [people[people["asked"] == side] for side in (False, True)]
    if min(len(side) for side in sides) < SMALLEST_SIDE:
        return _nothing(f"fewer than {SMALLEST_SIDE} customers were asked, or were not", caution, level)
    found = []
    for side in sides:
        hits, n = int(side["referred"].sum()), len(side)
        low, high = wilson(hits, n, level)
        found.append(Estimate(value=hits / n, low=low, high=high, level=level, n=n))
    gap = difference(found[0], found[1])
    rows = [
        (name, one.n, one.value, one.low, one.high) for name, one in zip(("Not asked", "Asked"), found, strict=True)
    ]
    return SurveyEffect(
        sentence=_sentence(found, gap, by_lot, caution),
        table=pd.DataFrame(rows, columns=["Customers", "People", "Referred", "Range from", "Range to"]),
        caption="Asked and not asked",
        note=(
            f"Customers at the start of the wave on {start:%Y-%m-%d}; referrals in the {window_days} days after it; "
            f"{'left out by lot' if by_lot else 'not by lot: the two sides may differ in other ways'}."
        ),
        formats={"People": "count"} | dict.fromkeys(["Referred", "Range from", "Range to"], "percent"),
        drawable=False,
        measures=(
            Measure(
                name="referring_asked_minus_not_asked",
                value=gap.value,
                unit="share",
                n=len(people),
                low=gap.low,
                high=gap.high,
                level=level,
                kind="incremental" if by_lot else "descriptive",
            ),
        ),
        gap=gap,
    )


def _last_wave(surveys: pd.DataFrame, latest: pd.Timestamp) -> tuple[pd.Timestamp | None, pd.Index]:
    if "invited_on" not in surveys or "wave" not in surveys:
        return None, pd.Index([])
    known = surveys.dropna(subset=["invited_on", "wave", "customer_id"])
    starts = known.groupby("wave")["invited_on"].min().sort_values(kind="stable")
    over = starts[starts <= latest]
    if over.empty:
        return None, pd.Index([])
    return over.iloc[-1], pd.Index(known.loc[known["wave"] == over.index[-1], "customer_id"].unique())


def _sentence(found: list[Estimate], gap: Estimate, by_lot: bool, caution: str) -> str:
    shares = [numbers.percent(one.value) for one in found]
    figures = f"{shares[1]} of the asked referred, {shares[0]} of those not asked"
    if gap.low is None or gap.high is None or gap.low <= 0 <= gap.high:
        return f"That asking goes with more referrals cannot be shown ({figures})."
    more = "more" if (gap.value or 0) > 0 else "fewer"
    if by_lot:
        return f"Asking led to {more} people referring ({figures})."
    return f"Those who were asked refer {more} often ({figures}); who was asked was not left to chance. {caution}"


def _nothing(reason: str, caution: str, level: float) -> SurveyEffect:
    return SurveyEffect(
        sentence=f"Whether asking changes anything cannot be seen here: {reason}. {caution}",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="referring_asked_minus_not_asked", value=None, unit="share", n=0, reason=reason),),
        gap=Estimate(value=None, low=None, high=None, level=level, reason=reason),
    )
