"""Who was asked, who answered, and do they refer more than the others? The silent and the unasked beside them."""

from dataclasses import field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.by_answer import referrals_of
from scrm_helpers.advocacy.deeds.segments import segment_of
from scrm_helpers.advocacy.score.nps import against, last_of_each
from scrm_helpers.answers import Answer, Measure, Refusal, Terms, Words, numbers, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import share_estimate

LOW_RESPONSE = 0.2
SMALLEST_SIDE = 30
NOT_INVITED = "who was invited and did not answer is not in the data"


def invitations_of(surveys: pd.DataFrame, as_of: pd.Timestamp, window_days: int = 0) -> pd.DataFrame:
    """List each person's invitations whose window is over, with the answer, which is missing for the silent."""
    if "invited_on" not in surveys or surveys["invited_on"].isna().all():
        raise Refusal(
            "The table surveys has no column invited_on, so who was asked and did not answer is unknown and the "
            "response rate cannot be computed: add one row per invitation, without a score where nobody answered."
        )
    known = surveys[surveys["customer_id"].notna() & surveys["invited_on"].notna()]
    over = known[known["invited_on"] <= as_of - pd.Timedelta(days=window_days)]
    each = last_of_each(over, ["customer_id", "invited_on"], "invited_on").reset_index(drop=True)
    return each.assign(answered=each["score"].notna())


def invited_people(surveys: pd.DataFrame, as_of: pd.Timestamp, window_days: int = 365) -> pd.DataFrame:
    """List each person's last invitation whose window is over, as above."""
    last = invitations_of(surveys, as_of, window_days).drop_duplicates("customer_id", keep="last")
    return last[["customer_id", "invited_on", "score", "answered"]].reset_index(drop=True)


def _referred(day: pd.Series, referrals: pd.DataFrame, window_days: int) -> NDArray:
    """Say of each person whether a referral followed a day of theirs within the window."""
    made, since = referrals_of(referrals, day)
    inside = (since > pd.Timedelta(0)) & (since <= pd.Timedelta(days=window_days))
    return day.index.isin(made.loc[inside, "referrer_id"])


def _sides(people: pd.DataFrame, column: str, level: float) -> tuple[Estimate, Estimate]:
    """Return the share who referred among the people without a mark and among those with it."""
    sides = (people.loc[people[column] == mark, "referred"] for mark in (False, True))
    without, marked = (share_estimate(int(side.sum()), len(side), level) for side in sides)
    return without, marked


class Response(Answer):
    """Response rates and what those who answered and those who did not later did."""

    ABSENT = "Who answers cannot be said: {reason}."

    rate: Measure = unknown("response_rate", "share")
    gap: Measure = unknown("referring_answered_minus_silent", "share")  # share who referred, answered minus silent
    would: Measure = unknown("share_intending_of_asked", "share")  # who answered and said they would
    did: Measure = unknown("share_referring_of_asked", "share")  # whether they answered or not
    segments: pd.DataFrame = field(default_factory=pd.DataFrame)  # and in the last row everybody
    window_days: int = 365
    min_group: int = 5
    TESTED, ALIKE = "share who referred: answered less silent", "those who answer and the silent refer alike"
    CLAIMS = (against("answered_and_silent_refer", TESTED, gap, ALIKE),)

    def words(self) -> Words:
        return Words(
            sentence=self._reading(),
            table=self.segments,
            formats={"Invited": "count", "Answered": "count"}
            | dict.fromkeys(["Response rate", "Referred, answered", "Referred, silent"], "percent"),
            caption="Who answers, and who then refers",
            note=f"n = {numbers.plural(self.rate.n or 0, 'person', 'people')} invited, last invitation whose "
            f"{self.window_days} days are over; a figure is hidden (n/a) when its own base is under "
            f"{self.min_group} people, and a segment is left out when fewer were invited, with the next one where "
            "a single one could be worked out.",
        )

    def _reading(self) -> str:
        shares = [numbers.percent(one.value) for one in (self.rate, self.would, self.did)]
        who = numbers.plural(self.rate.n or 0, "person", "people")
        text = (
            f"Of {who} asked, {shares[0]} answered, {shares[1]} said they would recommend us and {shares[2]} referred "
            "somebody, having answered or not."
        )
        if (self.rate.value or 0.0) < LOW_RESPONSE:
            text += f" Below {numbers.percent(LOW_RESPONSE)}, the score says little about customers in general."
        if self.gap.value is None:
            return f"{text} Those who answered cannot be compared with the silent: {self.gap.reason}."
        everybody, (low, high) = self.segments.iloc[-1], self.gap.ends
        answered, silent = (numbers.percent(everybody[side]) for side in ("Referred, answered", "Referred, silent"))
        ends = numbers.interval(100 * low, 100 * high, numbers.points)
        figures = f"{answered} against {silent}; difference {ends} points"
        side = self.tested("answered_and_silent_refer").direction
        if not side:
            return f"{text} No difference in later referrals between them and the silent can be shown ({figures})."
        often = "more" if side > 0 else "less"
        text += f" Those who answered later referred {often} often than the silent ({figures}): "
        return f"{text}they do not stand for all."


def who_answers(
    surveys: pd.DataFrame,
    referrals: pd.DataFrame,
    segments: pd.Series,
    terms: Terms,
    window_days: int = 365,
    intends_from: int = 8,
) -> Response:
    """Compare those who answered with those who did not, on referrals that are known of both.

    Interval of the difference from the two Wilson intervals (Newcombe 1998).

    Parameters
    ----------
    surveys, referrals : an invitation without a score is a non-response
    segments, terms
    window_days : days after the invitation in which a referral counts: those who never answer have no day of answering
    intends_from : lowest answer that counts as an intention

    Returns
    -------
    Response
    """
    try:
        people, reason = invited_people(surveys, terms.as_of, window_days), "nobody was invited long enough ago"
    except Refusal:
        people, reason = pd.DataFrame(), NOT_INVITED
    if people.empty:
        return Response(reason=reason, rate=unknown("response_rate", "share", reason, 0))
    people["referred"] = _referred(people.set_index("customer_id")["invited_on"], referrals, window_days)
    by_segment = people.groupby(segment_of(people["customer_id"], segments), sort=True)
    rows = [_row(str(name), group) for name, group in by_segment]
    columns = ["Segment", "Invited", "Answered", "Response rate", "Referred, answered", "Referred, silent"]
    table = pd.DataFrame(rows, columns=columns).sort_values("Invited", ascending=False, kind="stable")
    table = table[~too_small(table["Invited"], terms.min_group)].reset_index(drop=True)
    silent = table["Invited"] - table["Answered"]
    few = too_small(table["Answered"], terms.min_group), too_small(silent, terms.min_group)
    table.loc[few[0] | (table["Answered"] == 0), "Referred, answered"] = np.nan
    table.loc[few[1] | (silent == 0), "Referred, silent"] = np.nan
    table[["Invited", "Answered"]] = table[["Invited", "Answered"]].astype(float)
    table.loc[few[0] | few[1], ["Answered", "Response rate"]] = np.nan  # each gives the other away
    n, answered, level = len(people), int(people["answered"].sum()), terms.level
    gap = Estimate(level=level, reason="everybody answered" if answered else "nobody answered")
    gap = difference(*_sides(people, "answered", level)) if 0 < answered < n else gap

    def share(name: str, which: pd.Series) -> Measure:
        return share_estimate(int(which.sum()), n, level).measure(name, "share")

    return Response(
        rate=share("response_rate", people["answered"]),
        would=share("share_intending_of_asked", people["score"] >= intends_from),
        did=share("share_referring_of_asked", people["referred"]),
        gap=gap.measure("referring_answered_minus_silent", "share", n=n),
        segments=pd.concat([table, pd.DataFrame([_row("All", people)], columns=columns)], ignore_index=True),
        window_days=window_days,
        min_group=terms.min_group,
        population=f"people invited, each at the last invitation whose {window_days} days are over",
        window=f"{window_days} days after the invitation",
    )


def _row(name: str, group: pd.DataFrame) -> tuple[object, ...]:
    shares = [group.loc[group["answered"] == side, "referred"].mean() for side in (True, False)]
    return name, len(group), int(group["answered"].sum()), group["answered"].mean(), *shares


GAP = "referring_asked_minus_not_asked"
NO_WAVE = "no wave has invitations whose window is over"
WORTH_KNOWING = 0.05
CAUTION = (
    "Consumers who are asked for their intention act on it more than similar ones who are not: in a published "
    "comparison the correlation of intention and behaviour was larger by 58% (Chandon, Morwitz and Reinartz 2005). "
    "What is seen among the surveyed may therefore not hold for the others; this is a caution, not a correction."
)


class SurveyEffect(Answer):
    """Share who referred among the asked minus that among the unasked."""

    ABSENT = "Whether asking changes anything cannot be seen here: {reason}. " + CAUTION

    gap: Measure = unknown(GAP, "share")
    sides: pd.DataFrame = field(default_factory=pd.DataFrame)  # not asked, asked
    needed: int = 0  # people on each side of a lot that would show a difference of `WORTH_KNOWING`
    TESTED, ALIKE = "share who referred: asked less not asked, not by lot", "asked and not asked refer alike"
    CLAIMS = (against("asked_and_not_asked", TESTED, gap, ALIKE),)

    def words(self) -> Words:
        shares = [numbers.percent(share) for share in self.sides["Referred"]]
        figures = f"{shares[1]} of the asked referred, {shares[0]} of those not asked"
        side = self.tested("asked_and_not_asked").direction
        text = f"That asking goes with more referrals cannot be shown ({figures})."
        if side:
            text = f"Those who were asked refer {'more' if side > 0 else 'less'} often ({figures}); "
            text += f"who was asked was not left to chance. {CAUTION}"
        each = numbers.count(self.needed)
        text += (
            f" Whether asking adds anything needs a lot: {each} people drawn to be asked and {each} drawn not to be "
            f"would show a difference of {100 * WORTH_KNOWING:.0f} points in nine of ten cases."
        )
        return Words(
            sentence=text,
            table=self.sides,
            formats={"People": "count"} | dict.fromkeys(["Referred", "Range from", "Range to"], "percent"),
            caption="Asked and not asked",
            note=f"{self.population}; referrals in the {self.window} after it; not by lot: the two sides may differ in "
            "other ways.",
        )


def survey_effect(
    surveys: pd.DataFrame, referrals: pd.DataFrame, customers: pd.DataFrame, terms: Terms, window_days: int = 365
) -> SurveyEffect:
    """Compare customers who were invited in a wave with those who were customers then and were not.

    Same window for both sides, who had joined before it; customers asked in an earlier wave stand on both sides.

    Parameters
    ----------
    surveys, referrals, customers : pandas.DataFrame
    terms : the latest wave whose window is over on its day is compared
    window_days : days after the start of the wave in which a referral counts

    Returns
    -------
    SurveyEffect
    """
    asked = surveys if {"invited_on", "wave"} <= set(surveys) else surveys[:0].assign(invited_on=terms.as_of, wave="")
    known = asked.dropna(subset=["invited_on", "wave", "customer_id"])
    starts = known.groupby("wave")["invited_on"].min().sort_values(kind="stable")
    over = starts[starts <= terms.as_of - pd.Timedelta(days=window_days)]
    if over.empty:
        return SurveyEffect(reason=NO_WAVE, gap=unknown(GAP, "share", NO_WAVE, 0))
    wave, start = known[known["wave"] == over.index[-1]], over.iloc[-1]
    there = pd.Index(customers.loc[customers["joined_on"] < start, "customer_id"]).drop_duplicates()
    people = pd.DataFrame({"asked": there.isin(wave["customer_id"])})
    people["referred"] = _referred(pd.Series(start, index=there), referrals, window_days)
    sides = _sides(people, "asked", terms.level)
    if min(side.n for side in sides) < SMALLEST_SIDE:
        few = f"fewer than {SMALLEST_SIDE} customers were asked, or were not"
        return SurveyEffect(reason=few, gap=unknown(GAP, "share", few, 0))
    named = zip(("Not asked", "Asked"), sides, strict=True)
    rows = [(name, one.n, one.value, one.low, one.high) for name, one in named]
    return SurveyEffect(
        gap=difference(*sides).measure(GAP, "share", n=len(people)),
        sides=pd.DataFrame(rows, columns=["Customers", "People", "Referred", "Range from", "Range to"]),
        needed=_needed(sides[0].value or 0.0, terms.level),
        population=f"Customers at the start of the wave on {start:%Y-%m-%d}",
        window=f"{window_days} days",
    )


def _needed(share: float, level: float) -> int:
    """Return how many people on each side show a difference worth knowing in nine of ten cases."""
    from statsmodels.stats.power import NormalIndPower
    from statsmodels.stats.proportion import proportion_effectsize

    effect = proportion_effectsize(min(share + WORTH_KNOWING, 1.0), min(share, 1 - WORTH_KNOWING))
    return int(np.ceil(NormalIndPower().solve_power(effect, alpha=1 - level, power=0.9)))
