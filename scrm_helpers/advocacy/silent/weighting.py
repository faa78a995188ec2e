"""What would everybody have said? Answers weighted by what is known of all, where the answer itself may decide."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import against, net_score, signs
from scrm_helpers.advocacy.silent.response import NOT_INVITED, invitations_of
from scrm_helpers.advocacy.silent.selection import DIRECT, FEWEST, UNTESTED, collapsed, judge
from scrm_helpers.answers import Answer, Measure, Refusal, Terms, Words, counted, numbers, unknown
from scrm_helpers.stats.fits import Estimate, classes, difference, patterns
from scrm_helpers.stats.intervals import share_estimate

FEATURES = {"wave": "wave", "orders": "orders", "referred": "referrals", "tenure": "tenure", "segment": "segment"}
FEATURES |= {"region": "region", "acquisition_channel": "channel"}
PER_CLASS = 30  # people who answered, and silent ones, behind each coefficient
HARDLY = 5.0  # points


class Everybody(Answer):
    """The score of those who answered, of everybody invited, and its bounds, in points."""

    ABSENT = "What everybody invited would have said cannot be computed: {reason}."

    everybody: Measure = unknown("nps_of_everybody", "points")
    moved: Measure = unknown("nps_of_everybody_minus_answered", "points")
    answered: Measure = unknown("nps_at_last_invitation", "points")
    gap: Measure = unknown("answering_promoters_minus_detractors", "share")  # of those asked again
    effective: Measure = unknown("effective_answers", "count")  # equally weighted answers that would be as precise
    rate: float = 0.0
    again: tuple[float, float] = (0.0, 0.0)  # detractors and promoters of the time before who answered
    known: tuple[str, ...] = ()  # of everybody invited, and weighted to
    judged: bool = False  # whether other answers of the same people tell how far the answer decides
    ALIKE = "who answers does not depend on the answer"
    SCORES = "the score of everybody invited less that of those who answered their last invitation"
    ANSWERS = "share who answered when asked again: promoters less detractors of the time before"
    CLAIMS = (
        against("everybody_scores_otherwise", SCORES, moved, ALIKE),
        against("promoters_answer_otherwise", ANSWERS, gap, ALIKE),
    )

    def words(self) -> Words:
        columns = ["Net Promoter Score", "Points", "Range from", "Range to"]
        scores = {"Those who answered": self.answered, "Everybody invited": self.everybody}
        rows = [(name, one.value, one.low, one.high) for name, one in scores.items()]
        rows.append(("Whatever the silent think", None, *manski_bounds(self.answered.value or 0.0, self.rate)))
        odds = f"and as if another answer moved the odds of answering by no more than {numbers.percent(DIRECT)}"
        odds = odds if self.judged else f"and up to {UNTESTED:.0f} times the odds of answering from group to group"
        asked, reading = self._asked(), self._reading()
        return Words(
            sentence=" ".join(filter(None, (asked, reading, self._tipping()))),
            parts={"everybody_scores_otherwise": reading, "promoters_answer_otherwise": asked},
            table=pd.DataFrame(rows, columns=columns),
            formats=dict.fromkeys(columns[1:], "points"),
            caption="The score and those who did not answer",
            note=f"n = {numbers.plural(self.everybody.n or 0, 'person', 'people')}, {self.window}. Weighted to what is "
            f"known of everybody ({', '.join(self.known) or 'nothing that tells people apart'}) {odds}; worth "
            f"{numbers.count(self.effective.value)} equal answers. The last line is no "
            "interval: it holds for certain.",
        )

    def _asked(self) -> str:
        text = f"{numbers.percent(self.rate)} of the people invited answered their last invitation; they score "
        text += f"{numbers.points(self.answered.value)}."
        if self.gap.value is None:
            return text
        detractors, promoters = map(numbers.percent, self.again)
        told = ("that they differ cannot be shown", "the happy answer more often", "the unhappy answer more often")
        text += f" Asked again, {detractors} of the detractors of the time before answered and {promoters} of the "
        return f"{text}promoters: {told[self.tested('promoters_answer_otherwise').direction]}."

    def _reading(self) -> str:
        if self.everybody.value is None:
            return f"What everybody invited would score cannot be said: {self.everybody.reason}."
        ends = numbers.interval(*self.everybody.ends, numbers.points)
        if self.rate == 1:
            return "Nobody was silent."
        if not self.judged:
            return (
                f"Fewer than {FEWEST} invitations went to people who answered another one, so whether the silent think "
                f"otherwise is unknown: everybody invited scores anything from {ends} where the odds of answering at "
                "most treble from group to group, either way. Asking the same people again would tell."
            )
        (low, high), side = self.moved.ends, self.tested("everybody_scores_otherwise").direction
        shown = ("whether that differs from those who answered cannot be told", "higher than those who answered")
        told = (*shown, "lower than those who answered")[side]
        if not side and max(-low, high) <= HARDLY:
            told = f"those who answered are at most {numbers.count(np.ceil(max(-low, high)))} points away"
        return (
            f"If the mood of the day decides who answers, everybody invited scores "
            f"{numbers.points(self.everybody.value)} ({ends}): {told}."
        )

    def _tipping(self) -> str:
        score, silent = self.answered.value or 0.0, 1 - self.rate
        low, high = manski_bounds(score, self.rate)
        if not silent:
            return ""
        limits = f"Whatever they think, it lies between {numbers.points(low)} and {numbers.points(high)}."
        if not score or low > 0 or high < 0:
            return limits
        away, side = numbers.count(abs(score) / silent), "below" if score > 0 else "above"
        return f"It would be zero if the silent scored {away} points {side} those who answered. {limits}"


def manski_bounds(score: float, response_rate: float) -> tuple[float, float]:
    """Bound the score of all invited by letting all the silent be detractors, or all promoters."""
    if not 0 <= response_rate <= 1:
        raise ValueError(f"A response rate lies between 0 and 1: got {response_rate}.")
    silent = 100 * (1 - response_rate)
    return response_rate * score - silent, response_rate * score + silent


def weighted_to_invited(
    surveys: pd.DataFrame, customers: pd.DataFrame, referrals: pd.DataFrame | None, orders: pd.DataFrame, terms: Terms
) -> Everybody:
    """Weight the answers to the last invitations to everybody invited, where the answer itself may decide who answers.

    ``sum(R w y) / sum(R w)`` with ``w = 1 + exp(-(x b + d y))``, ``y`` = 1, 0, -1; ``b`` meets the totals of ``x``, and
    ``d`` the answers that the same people gave at other times, as if these did not decide once the mood is known.

    Parameters
    ----------
    surveys, customers, referrals, orders : pandas.DataFrame
        One row per invitation, with ``invited_on``; what the silent did stands in the other tables, where they are.
    terms : Terms

    Returns
    -------
    Everybody
    """
    try:
        known = invitations_of(surveys, terms.as_of)
    except Refusal:
        return Everybody(reason=NOT_INVITED)
    answered = known["answered"].to_numpy()
    if not answered.any():
        return Everybody(reason="nobody answered" if len(known) else "nobody was invited")
    known["side"] = 0.0
    known.loc[answered, "side"] = signs(known.loc[answered, "score"])
    by_person = known.groupby("customer_id")
    others = by_person["answered"].transform("sum") - known["answered"]
    known["other"] = (by_person["side"].transform("sum") - known["side"]) / others.where(others > 0)
    known["person"] = by_person.ngroup()
    known["before"] = by_person["side"].shift().where(by_person["answered"].shift(fill_value=False))
    features = _features(known, customers, referrals, orders)
    last = ~known.duplicated("customer_id", keep="last")
    silent = bool((last & ~answered).any())
    if silent and known.loc[last & answered, "side"].nunique() < 2:  # no answer differs, so no range can be drawn
        return Everybody(reason="all answers are of one kind, which tells nothing of the silent")
    told = _told(features[last], answered[last])
    main = collapsed(known[last].assign(other=np.nan), told)
    twice = known["other"].notna()
    again = collapsed(known[twice], _told(features[twice], answered[twice])) if twice.sum() >= FEWEST else None
    level, n = terms.level, int(last.sum())
    plain = net_score(known.loc[last & answered, "side"].to_numpy(), level)
    whole, moved, worth = judge(main, again, level)
    score = whole.times(100) if silent else plain
    asked = known[last & known["before"].notna()]
    sides = [asked.loc[asked["before"] == side, "answered"] for side in (-1, 1)]
    detractors, promoters = (share_estimate(int(one.sum()), len(one), level) for one in sides)
    few = min(map(len, sides)) < max(terms.min_group, 1)
    gap = Estimate(reason=AGAIN, level=level) if few else difference(detractors, promoters)
    return Everybody(
        everybody=score.measure("nps_of_everybody", "points", n=n),
        moved=moved.times(100).measure("nps_of_everybody_minus_answered", "points", n=n),
        answered=plain.measure("nps_at_last_invitation", "points"),
        gap=gap.measure("answering_promoters_minus_detractors", "share", n=sum(map(len, sides))),
        effective=counted("effective_answers", worth, n, no_range="what the weights are worth, not an estimate"),
        rate=float(known.loc[last, "answered"].mean()),
        again=(detractors.value or 0.0, promoters.value or 0.0),
        known=tuple(FEATURES[str(name)] for name in told),
        judged=again is not None,
        population="people who were invited, each at the last invitation",
        window=f"invited up to {terms.as_of:%Y-%m-%d}",
        window_to=terms.as_of.date(),
    )


AGAIN = "too few people were asked again after they had answered"


def _features(
    known: pd.DataFrame, customers: pd.DataFrame, referrals: pd.DataFrame | None, orders: pd.DataFrame
) -> pd.DataFrame:
    """Describe each invitation by what was known of the person on its day, whether an answer came or not."""
    own = customers.drop_duplicates("customer_id").set_index("customer_id").reindex(known["customer_id"])
    found = own.reset_index(drop=True).set_axis(known.index)
    found["tenure"] = (known["invited_on"] - found["joined_on"]).dt.days.astype(float)
    if "wave" in known:
        found["wave"] = known["wave"]
    if referrals is not None:
        found["referred"] = _up_to(known, 0, referrals["referrer_id"], referrals["referred_on"]) > 0
    late, year, ever = (_up_to(known, days, orders["customer_id"], orders["ordered_on"]) for days in (90, 365, 0))
    found["orders"] = np.select([ever > late, ever > year, ever > 0], ["90 days", "a year", "before"], "none")
    return found[[name for name in FEATURES if name in found]]


def _up_to(known: pd.DataFrame, days: int, who: pd.Series, on: pd.Series) -> NDArray:
    """Count what each person had done so many days before each invitation."""
    codes, names = pd.factorize(known["customer_id"])
    own, day = names.get_indexer(pd.Index(who)), on.to_numpy("datetime64[D]").astype(np.int64)
    done = np.sort((own * 10**6 + day)[(own >= 0) & on.notna().to_numpy()])
    until = (known["invited_on"] - pd.Timedelta(days=days)).to_numpy("datetime64[D]").astype(np.int64)
    return np.searchsorted(done, codes * 10**6 + until, "right") - np.searchsorted(done, codes * 10**6)


def _told(features: pd.DataFrame, answered: pd.Series | NDArray) -> pd.DataFrame:
    """Put features into classes with enough people who answered and who did not, as many as the answers bear."""
    side, told = np.asarray(answered, bool), pd.DataFrame(index=features.index)
    room = min(side.sum(), (~side).sum()) // PER_CLASS - 1
    for name in features:
        kind = classes(features[name])
        table = pd.crosstab(kind, side)
        large = table.index[(table >= PER_CLASS).all(axis=1)] if table.shape[1] == 2 else table.index[:0]
        if 1 < len(large) <= room + 1:
            wider = told.assign(**{str(name): kind.where(kind.isin(large), table.sum(axis=1)[large].idxmax())})
            design = patterns(wider)[0]
            if np.linalg.matrix_rank(design) == design.shape[1]:  # no copy of another feature
                told, room = wider, room - len(large) + 1
    return told
