"""Does the answer tell who will refer, and how often? Rank association and count models that suit many zeros."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, referrals_of
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.counts import Cells, collapse, hurdle, log_probability, negative_binomial, zero_inflated
from scrm_helpers.stats.fits import Fit
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import RankAssociation, auc, rank_coefficients, somers_d, spearman

WEAK = 0.2
LABELS = {
    "somers_d_referred": "Referred somebody: Somers' D",
    "somers_d_referrals": "Number of referrals: Somers' D",
    "somers_d_brought": "Brought a customer: Somers' D",
    "auc": "Referred somebody: area under the curve",
    "tau_b_referrals": "Number of referrals: Kendall's tau-b",
    "gamma_referrals": "Number of referrals: gamma (ignores ties)",
    "spearman_referrals": "Number of referrals: Spearman",
}


@dataclass(frozen=True, kw_only=True)
class AnswerAndReferral(Answer):
    """How the answer orders people by what they did afterwards."""

    found: tuple[RankAssociation, ...]  # in the order of the labels
    level: float
    base: str

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The coefficients by their names."""
        return tuple(one.measure(name, self.level) for name, one in zip(LABELS, self.found, strict=True))

    def words(self) -> Words:
        columns = ["Association with the answer", "Estimate", "Range from", "Range to", "Largest attainable"]
        labelled = zip(LABELS.values(), self.found, strict=True)
        rows = [(label, one.estimate, *one.interval, one.attainable) for label, one in labelled]
        return Words(
            sentence=self._reading(),
            table=pd.DataFrame(rows, columns=columns),
            formats=dict.fromkeys(columns[1:], "decimal"),
            caption="How the answer orders people by what they did",
            note=(
                f"{self.base} Somers' D, tau-b, gamma, Spearman: 0 is no order, 1 a perfect one; area: 0.5 is a coin. "
                "Ties keep Spearman below the largest attainable value; gamma leaves ties out and so overstates."
            ),
        )

    def _reading(self) -> str:
        order, area = self.measures[0], self.measures[3]
        if order.value is None:
            return f"Whether the answer tells who will refer is {order.reason}."
        told = (
            "Of two people, one who referred and one who did not, the referrer had answered higher in "
            f"{numbers.percent(area.value)} of the cases (ties count half, "
            f"{numbers.span(area, numbers.percent)}); a coin would reach 50%."
        )
        low, high = order.ends
        if low <= 0 <= high:
            return f"That the answer tells who will refer cannot be shown. {told}"
        if order.value < 0:
            return f"Those who answered higher referred less often. {told}"
        strength = "says something, but little, about" if order.value < WEAK else "tells a good deal about"
        return f"The answer {strength} who will refer. {told}"


def answer_and_referral(linked: LinkedAnswers, terms: Terms) -> AnswerAndReferral:
    """Measure how well the answer orders people by what they did afterwards.

    Parameters
    ----------
    linked : LinkedAnswers
    terms : Terms

    Returns
    -------
    AnswerAndReferral

    Notes
    -----
    Somers' D: the chance that the person with the higher answer did more, minus the chance that she did less.
    """
    people, level = linked.people, terms.level
    score = people["score"].to_numpy(float)
    counts = rank_coefficients(people["referrals"], score, level)
    referred, brought = (somers_d(people[did], score, level) for did in ("referred", "brought"))
    area, ranks = auc(people["referred"], score, level), spearman(people["referrals"], score, level)
    found = (referred, counts["somers_d"], brought, area, counts["tau_b"], counts["gamma"], ranks)
    return AnswerAndReferral(found=found, level=level, base=linked.note)


@dataclass(frozen=True, kw_only=True)
class Placebo(Answer):
    """Somers' D of referring given the answer, with referrals after it and before it, among the same people."""

    named: tuple[Measure, ...]
    after: RankAssociation
    before: RankAssociation
    shares: tuple[float | None, ...]  # who referred after and before the answer
    window_days: int

    def words(self) -> Words:
        columns = ["Referrals made", "People", "Share who referred", "Somers' D", "Range from", "Range to"]
        sides = {"After the answer": self.after, "Before the answer (placebo)": self.before}
        rows = [
            (name, one.n, share, one.estimate, *one.interval)
            for (name, one), share in zip(sides.items(), self.shares, strict=True)
        ]
        return Words(
            sentence=self._reading(),
            table=pd.DataFrame(rows, columns=columns),
            formats={"People": "count", "Share who referred": "percent"} | dict.fromkeys(columns[3:], "decimal"),
            caption="The answer against referrals after and before it",
            note=(
                f"n = {numbers.plural(self.after.n, 'person', 'people')} who had been customers for at least "
                f"{self.window_days} days when they answered; {numbers.percent(self.named[0].level)} ranges."
            ),
        )

    def _reading(self) -> str:
        after, before = self.after, self.before
        if after.reason or before.reason:
            return f"Whether the answer runs ahead of the act is {after.reason or before.reason}."
        # Taken as independent the range is too wide rather than too short: the same people stand on both sides.
        wide = normal_quantile(self.named[0].level) * float(np.hypot(after.error, before.error))
        apart = abs(after.estimate - before.estimate) > wide
        beside = "" if apart else " The two cannot be told apart: which of them it goes with more is not shown."
        first, second = numbers.decimal(after.estimate), numbers.decimal(before.estimate)
        figures = f"(Somers' D {first} after, {second} in the {self.window_days} days before)"
        goes_after, goes_before = after.interval.low > 0, before.interval.low > 0
        if goes_after and goes_before:
            return (
                f"The answer goes with referrals before it as well as after it {figures}: part of what it seems to "
                "foretell has happened already."
            )
        if goes_after:
            told = "The answer goes with referrals that follow it, and not visibly with those before it"
            return f"{told} {figures}.{beside}"
        if goes_before:
            told = "The answer goes with referrals made before it; with those that follow no connection can be shown"
            return f"{told} {figures}.{beside or ' It tells more about the past than about the future.'}"
        told = "Neither with referrals after the answer nor with those before it a connection can be shown"
        return f"{told} {figures}."


def reversed_time_placebo(
    linked: LinkedAnswers, referrals: pd.DataFrame, joined_on: pd.Series, terms: Terms
) -> Placebo:
    """Compare the answer with referrals made before it, in a window of the same length.

    Parameters
    ----------
    linked : LinkedAnswers
    referrals : pandas.DataFrame
    joined_on : pandas.Series
        By id; compared are customers of at least one window before their answer.
    terms : Terms

    Returns
    -------
    Placebo

    Notes
    -----
    A score that announces referrals goes with later ones more; one that follows from enthusiasm goes with both.
    """
    people, window = linked.people.set_index("customer_id"), pd.Timedelta(days=linked.window_days)
    since = people["responded_on"] - joined_on.reindex(people.index).to_numpy()
    whole = people[since >= window]
    made, later = referrals_of(referrals, whole["responded_on"])
    early = made.loc[(later < pd.Timedelta(0)) & (later >= -window), "referrer_id"]
    sides = whole["referred"].to_numpy(bool), whole.index.isin(early)
    after, before = (somers_d(referred, whole["score"].to_numpy(float), terms.level) for referred in sides)
    return Placebo(
        named=(
            after.measure("somers_d_after_the_answer", terms.level),
            before.measure("somers_d_before_the_answer", terms.level),
        ),
        after=after,
        before=before,
        shares=tuple(float(referred.mean()) if len(whole) else None for referred in sides),
        window_days=linked.window_days,
    )


MODELS = {
    "negative binomial": "everybody refers at a rate, and rates differ",
    "hurdle": "first who refers at all, then how often",
    "zero-inflated": "some can never refer, the others refer at a rate",
}
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class ReferralModels(Answer):
    """Count models of referrals given the answer."""

    factor: Measure = unknown("referral_factor_per_point", "ratio")  # in the model that foretells best
    best: str = ""
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    base: str = ""

    def words(self) -> Words:
        columns = [*map(str, self.lines)]
        text = f"No count model of the referrals can be given: {self.factor.reason}."
        if self.best:
            low, high = self.factor.ends
            what = "the odds of referring at all" if self.best == "hurdle" else "the expected number of referrals"
            change = f"{numbers.decimal(self.factor.value)} ({numbers.decimal(low)} to {numbers.decimal(high)})"
            text = f"People left out of the fit are described best by the {self.best} model ({MODELS[self.best]}). "
            text += (
                f"In it no change of {what} from answer to answer can be shown."
                if low <= 1 <= high
                else f"In it each point of the answer multiplies {what} by {change}."
            )
        return Words(
            sentence=text,
            table=self.lines,
            formats=dict.fromkeys(columns[2:5], "decimal") | {columns[5]: "decimal4"},
            caption="Count models of referrals given the answer",
            note=f"{self.base} Higher log score is better. Factor: times more per point (of the odds in a hurdle).",
        )


def referral_models(linked: LinkedAnswers, terms: Terms) -> ReferralModels:
    """Fit three count models of the number of referrals given the answer and judge them on held-out people.

    Parameters
    ----------
    linked : LinkedAnswers
    terms : Terms

    Returns
    -------
    ReferralModels

    Notes
    -----
    Compared by the log probability of people left out of the fit, not by Vuong's test, invalid for zero inflation.
    """
    counts, score = linked.people["referrals"].to_numpy(float), linked.people["score"].to_numpy(float)
    n, z = len(score), normal_quantile(terms.level)
    fold = np.random.default_rng(terms.seed).permutation(n) % FOLDS
    fits = {model: _fit(model, collapse(counts, score)) for model in MODELS} if n else {}
    reasons = {model: next((part.reason for part in parts if not part.ok), "") for model, parts in fits.items()}
    tried = {model: _held_out(model, counts, score, fold) for model, reason in reasons.items() if not reason}
    scores = {model: value for model, value in tried.items() if value is not None}
    factors = {model: _factor(fits[model][0], z) for model in tried}
    rows = []
    for model, reason in reasons.items():
        remark = reason or ("" if model in scores else "no held-out fit")
        rows.append((model, MODELS[model], *factors.get(model, (None, None, None)), scores.get(model), remark))
    columns = ["Model", "Reading", "Factor per answer point", "Range from", "Range to", "Held-out log score", "Remark"]
    best, name = max(scores, key=lambda model: scores[model], default=""), "referral_factor_per_point"
    factor = unknown(name, "ratio", next(filter(None, reasons.values()), "nobody answered"), n)
    if best:
        value, low, high = factors[best]
        factor = Measure(name=name, value=value, unit="ratio", n=n, low=low, high=high, level=terms.level)
    return ReferralModels(factor=factor, best=best, lines=pd.DataFrame(rows, columns=columns), base=linked.note)


def _fit(name: str, cells: Cells) -> tuple[Fit, ...]:
    if name == "hurdle":
        return hurdle(cells)
    return (negative_binomial(cells) if name == "negative binomial" else zero_inflated(cells),)


def _held_out(name: str, counts: NDArray, score: NDArray, fold: NDArray) -> float | None:
    total = 0.0
    for part in range(FOLDS):
        out = fold == part
        fits = _fit(name, collapse(counts[~out], score[~out]))
        if not all(one.ok for one in fits):
            return None
        cells = collapse(counts[out], score[out])
        total += float(cells.weight @ log_probability(name, fits, cells))
    return total / len(counts)


def _factor(fit: Fit, z: float) -> tuple[float, float, float]:
    slope, error = fit["slope"], float(fit.errors[fit.names.index("slope")])
    return float(np.exp(slope)), float(np.exp(slope - z * error)), float(np.exp(slope + z * error))
