"""Who answers? Response by segment, and whether those who answer refer more than those who do not."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import check_scores, in_order
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import wilson

LOW_RESPONSE = 0.2
MISSING_SEGMENT = "(missing)"


class MissingInvitations(Refusal):
    """The table surveys does not say who was invited."""

    short = "who was invited and did not answer is not in the data"


@dataclass(frozen=True, kw_only=True)
class Response(Answer):
    """Response rates and what those who answered and those who did not later did."""

    ABSENT = "Who answers cannot be said: {reason}."

    rate: Measure = unknown("response_rate", "share")
    gap: Measure = unknown("referring_answered_minus_silent", "share")  # share who referred, answered minus silent
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)
    sides: tuple[float, float] = (0.0, 0.0)  # shares who referred: answered, silent
    window_days: int = 365
    min_group: int = 5

    def words(self) -> Words:
        """How many answer, and whether they refer more often than the silent."""
        return Words(
            sentence=self._reading(),
            table=self.segments,
            formats={"Invited": "count", "Answered": "count"}
            | dict.fromkeys(["Response rate", "Referred, answered", "Referred, silent"], "percent"),
            caption="Who answers, and who then refers",
            note=(
                f"n = {numbers.plural(self.rate.n or 0, 'person', 'people')} invited, last invitation whose "
                f"{self.window_days} days are over; a figure is hidden (n/a) when its own base is under "
                f"{self.min_group} people, and a segment is left out when fewer were invited, with the next one where "
                "a single one could be worked out."
            ),
        )

    def _reading(self) -> str:
        if self.rate.value is None:
            return "Who answers cannot be said: nobody was invited long enough ago."
        text = f"{numbers.percent(self.rate.value)} of the invited answered."
        if self.rate.value < LOW_RESPONSE:
            text += f" Below {numbers.percent(LOW_RESPONSE)}, the score says little about customers in general."
        if self.gap.value is None:
            return f"{text} They cannot be compared with the silent: {self.gap.reason}."
        answered, silent = map(numbers.percent, self.sides)
        low, high = self.gap.ends
        ends = [numbers.points(100 * end, 0) for end in (low, high)]
        figures = f"{answered} against {silent}; difference {ends[0]} to {ends[1]} points"
        if low <= 0 <= high:
            return f"{text} No difference in later referrals between them and the silent can be shown ({figures})."
        more = "more" if self.gap.value > 0 else "less"
        return f"{text} They later referred {more} often than the silent ({figures}): they do not stand for all."


def invited_people(surveys: pd.DataFrame, as_of: pd.Timestamp, window_days: int = 365) -> pd.DataFrame:
    """List each person's last invitation whose window is over, with the answer if there was one.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys`` with ``invited_on``; an invitation without a score is a non-response.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.
    window_days : int
        Length of the window after the invitation in days.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``invited_on``, ``score`` (missing without an answer), ``answered``.

    Raises
    ------
    MissingInvitations
        When there is no column ``invited_on``, or it is empty.
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    The window starts with the invitation for both sides: those who never answer have no day of answering.
    """
    if "invited_on" not in surveys or surveys["invited_on"].isna().all():
        raise MissingInvitations(
            "The table surveys has no column invited_on, so who was asked and did not answer is unknown and the "
            "response rate cannot be computed: add one row per invitation, without a score where nobody answered."
        )
    check_scores(surveys["score"])
    known = surveys[surveys["customer_id"].notna() & surveys["invited_on"].notna()]
    over = known[known["invited_on"] <= as_of - pd.Timedelta(days=window_days)]
    last = in_order(over, ["customer_id", "invited_on"]).drop_duplicates("customer_id", keep="last")
    table = last[["customer_id", "invited_on", "score"]].reset_index(drop=True)
    return table.assign(answered=table["score"].notna())


def referred_after(people: pd.Index, start: pd.Series, referrals: pd.DataFrame, window_days: int) -> np.ndarray:
    """Say of each person whether a referral followed a day of theirs within the window."""
    who = people.get_indexer(pd.Index(referrals["referrer_id"]))
    known = (who >= 0) & (referrals["referrer_id"] != referrals["referred_id"]).to_numpy()
    who = who[known]
    days = referrals["referred_on"].to_numpy()[known] - start.to_numpy()[who]
    inside = (days > np.timedelta64(0)) & (days <= np.timedelta64(window_days, "D"))
    found = np.zeros(len(people), bool)
    found[who[inside]] = True
    return found


def who_answers(
    surveys: pd.DataFrame, referrals: pd.DataFrame, segments: pd.Series, terms: Terms, window_days: int = 365
) -> Response:
    """Compare those who answered with those who did not, on referrals that are known of both.

    Parameters
    ----------
    surveys, referrals : pandas.DataFrame
        The tables of these names.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``.
    terms : Terms
        Day of the analysis, level; a figure is hidden when its own base is under the smallest group, with a second one
        where it could be worked out.
    window_days : int
        Days after the invitation in which a referral counts.

    Returns
    -------
    Response

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    Referrals come from all customers, so selection is seen here and need not be modelled. The interval of the
    difference recovers the variances of the two Wilson intervals (Newcombe 1998).
    """
    min_group, level = terms.min_group, terms.level
    try:
        people = invited_people(surveys, terms.as_of, window_days)
    except MissingInvitations as missing:
        return Response(reason=missing.short, rate=unknown("response_rate", "share", missing.short, 0))
    people["referred"] = referred_after(pd.Index(people["customer_id"]), people["invited_on"], referrals, window_days)
    named = people["customer_id"].map(segments).astype("object")
    people["segment"] = named.where(named.notna(), MISSING_SEGMENT)
    rows = [_row(str(name), group) for name, group in people.groupby("segment", sort=True)]
    columns = ["Segment", "Invited", "Answered", "Response rate", "Referred, answered", "Referred, silent"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        "Invited", ascending=False, kind="stable", ignore_index=True
    )
    table = table[~too_small(table["Invited"], min_group)].reset_index(drop=True)
    silent = table["Invited"] - table["Answered"]
    few = {"Answered": too_small(table["Answered"], min_group), "Silent": too_small(silent, min_group)}
    table.loc[few["Answered"] | (table["Answered"] == 0), "Referred, answered"] = np.nan
    table.loc[few["Silent"] | (silent == 0), "Referred, silent"] = np.nan
    table[["Invited", "Answered"]] = table[["Invited", "Answered"]].astype(float)
    table.loc[few["Answered"] | few["Silent"], ["Answered", "Response rate"]] = np.nan  # each gives the other away
    whole = people.assign(segment="All")
    total = pd.DataFrame([_row("All", whole)], columns=columns) if len(people) else table.iloc[:0]
    sides = [people.loc[people["answered"] == side, "referred"] for side in (True, False)]
    return Response(
        rate=_rate(people, level),
        gap=_gap(people, level).measure("referring_answered_minus_silent", "share", n=len(people)),
        segments=pd.concat([table, total], ignore_index=True),
        sides=tuple(float(side.mean()) if len(side) else 0.0 for side in sides),  # type: ignore[arg-type]
        window_days=window_days,
        min_group=min_group,
    )


def _row(name: str, group: pd.DataFrame) -> tuple[object, ...]:
    answered, silent = group[group["answered"]], group[~group["answered"]]
    shares = [float(one["referred"].mean()) if len(one) else np.nan for one in (answered, silent)]
    return name, len(group), len(answered), float(group["answered"].mean()), *shares


def _gap(people: pd.DataFrame, level: float) -> Estimate:
    sides = [people[~people["answered"]], people[people["answered"]]]
    if not all(len(side) for side in sides):
        reason = "everybody answered" if len(people) and people["answered"].all() else "nobody answered"
        return Estimate(value=None, low=None, high=None, level=level, reason=reason)
    found = []
    for side in sides:
        hits, n = int(side["referred"].sum()), len(side)
        low, high = wilson(hits, n, level)
        found.append(Estimate(value=hits / n, low=low, high=high, level=level, n=n))
    return difference(found[0], found[1])


def _rate(people: pd.DataFrame, level: float) -> Measure:
    n, answered = len(people), int(people["answered"].sum())
    if not n:
        return unknown("response_rate", "share", "nobody was invited", 0)
    low, high = wilson(answered, n, level)
    return Measure(name="response_rate", value=answered / n, unit="share", n=n, low=low, high=high, level=level)
