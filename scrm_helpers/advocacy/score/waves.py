"""The score from wave to wave and over every answer, the answers a survey needs, and the growth earned beside it."""

from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import against, answered, last_of_each, net_score, signs
from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.stats.chance import mean_bootstrap_t, ratio_bootstrap_t
from scrm_helpers.stats.fits import difference
from scrm_helpers.stats.intervals import answers_needed, detectable_change

USUAL_MARGIN = 0.05
YEAR = pd.Timedelta(days=365)

FORMATS = {"Answers": "count", "NPS": "points", "Range from": "points", "Range to": "points"}


class Waves(Answer):
    """Net Promoter Scores of consecutive waves."""

    change: Measure = unknown("nps_change", "points")  # last wave minus the one before
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per wave
    noticed: float = 0.0  # smallest change in points that would be noticed
    ALIKE = "both waves come from people who think alike"
    CLAIMS = (against("score_changed", "last wave less the one before", change, ALIKE),)

    def words(self) -> Words:
        waves, change, level = self.scores["Wave"].tolist(), self.change, numbers.percent(self.change.level)
        last = self.scores.tail(6)
        points = [f"{wave} {numbers.points(score)}" for wave, score in zip(last["Wave"], last["NPS"], strict=True)]
        sentence = f"A change of the Net Promoter Score cannot be computed: {change.reason}."
        title = "The Net Promoter Score by wave"
        if change.value is not None:
            low, high = change.ends
            moved = ("", "rose", "fell")[self.tested("score_changed").direction]
            said = f"the Net Promoter Score {moved}" if moved else "no change of the Net Promoter Score can be shown"
            title = f"The score {moved}" if moved else "No change of the score can be shown"
            sentence = (
                f"From {waves[-2]} to {waves[-1]} {said} ({numbers.points(change.value)} points, {level} range "
                f"{numbers.interval(low, high, numbers.points)}); a change of less than "
                f"{numbers.count(np.ceil(self.noticed))} points would often go unnoticed."
            )
        return Words(
            sentence=sentence,
            table=self.scores,
            formats=FORMATS,
            title=title,
            caption="Net Promoter Score by wave",
            note=f"Latest answer of each person in each wave; lines: {level} adjusted range.",
            alt=f"{numbers.plural(len(waves), 'point')}, one per wave: {', '.join(points)}, each with its range.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.6)
        scores = self.scores
        ax.axhline(0, color=style.RULE, linewidth=0.8)
        style.estimates(ax, range(len(scores)), [scores[name] for name in ("NPS", "Range from", "Range to")])
        for place, score in enumerate(scores["NPS"]):
            style.beside(ax, numbers.points(score), (place, score), (9, 0), va="center", weight="bold", size=9)
        style.group_ticks(ax, scores["Wave"], scores["Answers"])
        ax.set_xlim(-0.5, len(scores) - 0.5)
        return style.dressed(ax, "Net Promoter Score, points", writer=numbers.points)


def compare_waves(surveys: pd.DataFrame, terms: Terms) -> Waves:
    """Compare the waves of a survey, each by the latest answer of a person in it.

    Interval of the change from the two adjusted ones (Zou and Donner 2008) and the correlation of who answered both.

    Parameters
    ----------
    surveys : without the column ``wave`` all answers are one wave
    terms : waves with fewer answers than the smallest group are left out

    Returns
    -------
    Waves
    """
    known = answered(surveys, terms.as_of)
    known = known if "wave" in known else known.assign(wave="all answers")
    answers = last_of_each(known.dropna(subset=["wave"]), ["wave", "customer_id"], "responded_on")
    sides = {
        wave: pd.Series(signs(own["score"]), index=own["customer_id"])
        for wave in answers.groupby("wave")["responded_on"].median().sort_values(kind="stable").index
        if len(own := answers[answers["wave"] == wave]) >= terms.min_group
    }
    found = [net_score(one.to_numpy(), terms.level) for one in sides.values()]
    rows = [(wave, one.n, one.value, one.low, one.high) for wave, one in zip(sides, found, strict=True)]
    scores = pd.DataFrame(rows, columns=["Wave", *FORMATS])
    if len(found) < 2:
        reason = f"{numbers.plural(len(found), 'wave')} with at least {terms.min_group} answers; a change needs two"
        return Waves(change=replace(unknown("nps_change", "points", reason, 0), level=terms.level), scores=scores)
    (first, before), (second, last) = [*sides.items()][-2:]
    change = difference(found[-2], found[-1], _correlation(before, last)).measure("nps_change", "points")
    harmonic = 2 / (1 / len(before) + 1 / len(last))
    variance = max(float(np.mean([before.var(ddof=0), last.var(ddof=0)])), 1e-9)
    return Waves(
        change=change,
        scores=scores,
        noticed=100 * detectable_change(harmonic, variance, terms.level),
        population=f"people who answered in {first} or {second}, each by the latest answer in it",
        window=f"{first} and {second}",
    )


def _correlation(one: pd.Series, two: pd.Series) -> float:
    """Return the correlation of two scores that the people in both waves bring about."""
    both = one.index.intersection(two.index)
    a, b = one.loc[both].to_numpy(), two.loc[both].to_numpy()
    if len(both) < 3 or a.std() == 0 or b.std() == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1] * len(both) / np.sqrt(len(one) * len(two)))


class EveryAnswer(Answer):
    """The score over every answer ever given, and how many answers a usual margin of error needs."""

    score: Measure = unknown("nps_every_answer", "points")
    needed: int = 0

    def words(self) -> Words:
        score, span = numbers.points(self.score.value), numbers.span(self.score, numbers.points)
        return Words(
            sentence=f"Over every answer, also earlier ones of the same people, the score is {score} ({span}). A "
            f"margin of plus or minus {numbers.count(100 * USUAL_MARGIN)} points needs "
            f"{numbers.plural(self.needed, 'answer')} where answers spread as here."
            if self.score.value is not None
            else f"The Net Promoter Score over every answer cannot be computed: {self.score.reason}."
        )


def score_of_every_answer(surveys: pd.DataFrame, terms: Terms) -> EveryAnswer:
    """Compute the score over every answer ever given, and how many a usual margin of error needs.

    Persons are drawn, each with all answers (bootstrap-t); people who answered often weigh more here.

    Parameters
    ----------
    surveys, terms

    Returns
    -------
    EveryAnswer
    """
    known = answered(surveys, terms.as_of)
    who = known["customer_id"].to_numpy() if len(known) else None
    sides = signs(known["score"])
    every = mean_bootstrap_t(sides, terms.level, seed=terms.seed, clusters=who).times(100)
    return EveryAnswer(
        score=every.measure("nps_every_answer", "points"),
        needed=answers_needed(USUAL_MARGIN, (float(sides.var()) if len(sides) else 0.0) or 1.0),
        population="every answer ever given",
        window=f"answers up to {terms.as_of:%Y-%m-%d}",
    )


COLUMNS = ["Part", "Of last year's revenue", "Range from", "Range to"]


class EarnedGrowth(Answer):
    """Net revenue retention, earned new customers, and the earned growth rate, over last year's revenue."""

    ABSENT = "Earned growth cannot be computed: {reason}."

    retention: Measure = unknown("net_revenue_retention", "share")
    earned_new: Measure = unknown("earned_new_customers", "share")
    rate: Measure = unknown("earned_growth_rate", "share")
    bought: float = 0.0  # added by new customers who came without a referral
    CLAIMS = (against("earned_growth", "earned growth rate", rate, "what is earned makes up for what is lost"),)

    def words(self) -> Words:
        parts = (self.retention, self.earned_new, self.rate)
        rows = [(one.name.replace("_", " ").capitalize(), one.value, one.low, one.high) for one in parts]
        rows.insert(2, ("Other new customers (not earned)", self.bought, None, None))
        figures = [numbers.percent(one.value) for one in parts]
        told = ("neither growth nor decline can be shown", "what is earned grows", "what is earned shrinks")
        said = f": {told[self.tested('earned_growth').direction]}" if self.rate.low is not None else ""
        verdict = f"({numbers.span(self.rate, numbers.percent)}){said}."
        return Words(
            sentence=(
                f"{figures[0]} of last year's revenue came back and customers who were referred added {figures[1]}; "
                "other new customers, who had to be bought or came by themselves, added "
                f"{numbers.percent(self.bought)}. The earned growth rate is {figures[2]} {verdict}"
            ),
            table=pd.DataFrame(rows, columns=COLUMNS),
            formats=dict.fromkeys(COLUMNS[1:], "percent"),
            caption="Earned growth",
            note=f"n = {numbers.plural(self.rate.n or 0, 'customer')} with orders {self.window}; "
            f"{numbers.percent(self.rate.level)} bootstrap-t ranges; gross revenue, attributed by referral.",
        )


def earned_growth(
    transactions: pd.DataFrame, customers: pd.DataFrame, referrals: pd.DataFrame, terms: Terms
) -> EarnedGrowth:
    """Compute the earned growth rate of the last year.

    Net revenue retention + earned new customers - 100 % (Reichheld, Darnell and Burns 2021, *HBR* 99(6)).

    Parameters
    ----------
    transactions : ``customer_id``, ``ordered_on``, ``amount``
    customers, terms
    referrals : ``referred_id``, ``referred_on``; a new customer with a referral before joining counts as earned

    Returns
    -------
    EarnedGrowth
    """
    end, middle = terms.as_of, terms.as_of - YEAR
    start = middle - YEAR
    known = transactions[(transactions["ordered_on"] > start) & (transactions["ordered_on"] <= end)]
    codes, buyers = pd.factorize(known["customer_id"])
    amount, late = known["amount"].to_numpy(float), (known["ordered_on"] > middle).to_numpy()
    before, now = (np.bincount(codes, amount * part, minlength=len(buyers)) for part in (~late, late))
    if before.sum() <= 0:
        return EarnedGrowth(reason="there is no revenue in the year before", rate=replace(EarnedGrowth.rate, n=0))
    joined = customers.drop_duplicates("customer_id").set_index("customer_id")["joined_on"].reindex(buyers)
    first = referrals.groupby("referred_id")["referred_on"].min().reindex(buyers)
    new = (joined > middle).to_numpy()
    earned = new & (first <= joined).to_numpy()
    returned, brought = np.where(~new & (before != 0), now, 0.0), np.where(earned, now, 0.0)

    def share(name: str, flow: NDArray, kind: str) -> Measure:
        found = ratio_bootstrap_t(flow, before, terms.level, seed=terms.seed)
        return found.measure(name, "share", n=len(buyers), kind=kind)

    first_day = start + pd.Timedelta(days=1)
    return EarnedGrowth(
        retention=share("net_revenue_retention", returned, "gross"),
        earned_new=share("earned_new_customers", brought, "attributed"),
        rate=share("earned_growth_rate", returned + brought - before, "attributed"),
        bought=float(np.where(new & ~earned, now, 0.0).sum() / before.sum()),
        population="customers with orders in the two years",
        window=f"from {first_day:%Y-%m-%d} to {end:%Y-%m-%d}",
        window_from=first_day.date(),
        window_to=end.date(),
    )
