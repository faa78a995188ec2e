"""Does asking change anything? People who were asked beside people who were not, or the published caution."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.silent.response import referred_after
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import wilson

SMALLEST_SIDE = 30
CAUTION = (
    "Consumers who are asked for their intention act on it more than similar ones who are not: in a published "
    "comparison the correlation of intention and behaviour was larger by 58% (Chandon, Morwitz and Reinartz 2005). "
    "What is seen among the surveyed may therefore not hold for the others; this is a caution, not a correction."
)


@dataclass(frozen=True, kw_only=True)
class SurveyEffect(Answer):
    """Share who referred among the asked minus that among the unasked."""

    ABSENT = "Whether asking changes anything cannot be seen here: {reason}. " + CAUTION

    gap: Measure = unknown("referring_asked_minus_not_asked", "share")
    sides: pd.DataFrame = field(default_factory=pd.DataFrame)  # not asked, asked
    by_lot: bool = False

    def words(self) -> Words:
        """Whether those who were asked refer more often, and what may be made of it."""
        shares = [numbers.percent(share) for share in self.sides["Referred"]]
        figures = f"{shares[1]} of the asked referred, {shares[0]} of those not asked"
        more = "more" if (self.gap.value or 0) > 0 else "fewer"
        if self.gap.low is None or self.gap.low <= 0 <= self.gap.ends[1]:
            text = f"That asking goes with more referrals cannot be shown ({figures})."
        elif self.by_lot:
            text = f"Asking led to {more} people referring ({figures})."
        else:
            text = f"Those who were asked refer {more} often ({figures}); who was asked was not left to chance. "
            text += CAUTION
        lot = "left out by lot" if self.by_lot else "not by lot: the two sides may differ in other ways"
        return Words(
            sentence=text,
            table=self.sides,
            formats={"People": "count"} | dict.fromkeys(["Referred", "Range from", "Range to"], "percent"),
            caption="Asked and not asked",
            note=f"{self.population}; referrals in the {self.window} after it; {lot}.",
        )


def survey_effect(
    surveys: pd.DataFrame,
    referrals: pd.DataFrame,
    customers: pd.DataFrame,
    terms: Terms,
    window_days: int = 365,
    by_lot: bool = False,
) -> SurveyEffect:
    """Compare customers who were invited in a wave with those who were customers then and were not.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys`` with ``invited_on`` and ``wave``.
    referrals, customers : pandas.DataFrame
        The tables of these names.
    terms : Terms
        Day of the analysis (the latest wave whose window is over is compared), and level.
    window_days : int
        Days after the start of the wave in which a referral counts.
    by_lot : bool
        Whether who was left out was decided by lot. Only then the difference may be read as an effect of asking.

    Returns
    -------
    SurveyEffect

    Notes
    -----
    Both sides get the same window from the first invitation of the wave, and both had joined before it. Customers
    asked in an earlier wave stand on both sides.
    """
    start, asked = _last_wave(surveys, terms.as_of - pd.Timedelta(days=window_days))
    if start is None:
        return _nothing("no wave has invitations whose window is over")
    there = pd.Index(customers.loc[customers["joined_on"] < start, "customer_id"]).drop_duplicates()
    places = there.get_indexer(asked)
    people = pd.DataFrame({"asked": np.zeros(len(there), bool)})
    people.iloc[places[places >= 0], 0] = True
    first = pd.Series(np.full(len(there), np.datetime64(start)))
    people["referred"] = referred_after(there, first, referrals, window_days)
    sides = [people[people["asked"] == side] for side in (False, True)]
    if min(len(side) for side in sides) < SMALLEST_SIDE:
        return _nothing(f"fewer than {SMALLEST_SIDE} customers were asked, or were not")
    found = []
    for side in sides:
        hits, n = int(side["referred"].sum()), len(side)
        low, high = wilson(hits, n, terms.level)
        found.append(Estimate(value=hits / n, low=low, high=high, level=terms.level, n=n))
    gap = difference(found[0], found[1])
    rows = [
        (name, one.n, one.value, one.low, one.high) for name, one in zip(("Not asked", "Asked"), found, strict=True)
    ]
    return SurveyEffect(
        gap=gap.measure(
            "referring_asked_minus_not_asked",
            "share",
            n=len(people),
            kind="incremental" if by_lot else "descriptive",
        ),
        sides=pd.DataFrame(rows, columns=["Customers", "People", "Referred", "Range from", "Range to"]),
        by_lot=by_lot,
        population=f"Customers at the start of the wave on {start:%Y-%m-%d}",
        window=f"{window_days} days",
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


def _nothing(reason: str) -> SurveyEffect:
    return SurveyEffect(reason=reason, gap=unknown("referring_asked_minus_not_asked", "share", reason, 0))
