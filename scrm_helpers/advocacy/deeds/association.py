"""Does the answer tell who will refer, and how often? Rank association and count models that suit many zeros."""

from dataclasses import field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers
from scrm_helpers.advocacy.score.nps import against, in_order
from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.counts import Cells, collapse, hurdle, log_probability, negative_binomial, zero_inflated
from scrm_helpers.stats.fits import Fit
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import RankAssociation, auc, pair_sums, rank_coefficients, somers_d, spearman

WEAK = 0.2
CLAIMS = (
    ("answer_and_referring", "having referred", ""),
    ("answer_and_number_of_referrals", "the number of referrals", "what else follows the answer"),
    ("answer_and_bringing", "customers brought", "what else follows the answer"),
)
LABELS = {
    "somers_d_referred": "Referred somebody: Somers' D",
    "somers_d_referrals": "Number of referrals: Somers' D",
    "somers_d_brought": "Brought a customer: Somers' D",
    "auc": "Referred somebody: area under the curve",
    "tau_b_referrals": "Number of referrals: Kendall's tau-b",
    "gamma_referrals": "Number of referrals: gamma (ignores ties)",
    "spearman_referrals": "Number of referrals: Spearman",
}


NO_ORDER = "answers dealt out anew among the same people"


def pull_of(outcome: NDArray | pd.Series, score: NDArray | pd.Series) -> NDArray:
    """Return what each person moves in Somers' D of an outcome given the answer."""
    net, _, differ, _ = pair_sums(score, outcome)
    return 2 * (net - net.sum() / differ.sum() * differ) / differ.sum()


class AnswerAndReferral(Answer):
    """How the answer orders people by what they did afterwards."""

    found: tuple[RankAssociation, ...]  # in the order of the labels
    level: float
    base: str

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The coefficients by their names."""
        found = zip(LABELS, self.found, strict=True)
        return tuple(self._placed(one.measure(name, self.level)) for name, one in found)

    def claimed(self) -> tuple[Claim, ...]:
        first, *others = (
            against(name, f"Somers' D of {what}, given the answer", measure, NO_ORDER, one.p, family)
            for (name, what, family), measure, one in zip(CLAIMS, self.measures, self.found, strict=False)
        )
        return (first, *in_order(others, first.p))

    def words(self) -> Words:
        columns = ["Association with the answer", "Estimate", "Range from", "Range to", "Largest attainable"]
        labelled = zip(LABELS.values(), self.found, strict=True)
        rows = [(label, one.estimate, *one.interval, one.attainable) for label, one in labelled]
        parts = self._reading()
        return Words(
            sentence=" ".join(filter(None, parts.values())),
            parts=parts,
            table=pd.DataFrame(rows, columns=columns),
            formats=dict.fromkeys(columns[1:], "decimal"),
            caption="How the answer orders people by what they did",
            note=(
                f"{self.base} Somers' D, tau-b, gamma, Spearman: 0 is no order, 1 a perfect one; area: 0.5 is a coin. "
                "Ties keep Spearman below the largest attainable value; gamma leaves ties out and so overstates."
            ),
        )

    def _reading(self) -> dict[str, str]:
        """Say each claim by its name."""
        (first, *_), *others = CLAIMS
        order, area = self.measures[0], self.measures[3]
        if order.value is None:
            return {first: f"Whether the answer tells who will refer is {order.reason}."}
        told = (
            "Of two people, one who referred and one who did not, the referrer had answered higher in "
            f"{numbers.percent(area.value)} of the cases (ties count half, "
            f"{numbers.span(area, numbers.percent)}); a coin would reach 50%."
        )
        side, (low, high) = self.tested("answer_and_referring").direction, order.ends
        strength = "a good deal" if low >= WEAK else "something, but little," if high < WEAK else "something"
        said = (
            "That the answer tells who will refer cannot be shown",
            f"The answer says {strength} about who will refer",
            "Those who answered higher referred less often",
        )[side]
        beside = {name: self._beside(name, what) for name, what, _ in others}
        return {first: f"{said}.", "": told} | beside

    def _beside(self, name: str, what: str) -> str:
        """Say whether the answer goes with what else followed."""
        claim = self.tested(name)
        if claim.verdict == "cannot say":
            return ""
        fewer_or_more = what.removeprefix("the number of ")
        said = (
            f"A connection of the answer with {what} cannot be shown",
            f"Higher answers go with more {fewer_or_more}",
            f"Higher answers go with fewer {fewer_or_more}",
        )[claim.direction]
        return f"{said} (Somers' D {numbers.decimal(claim.estimate.value)})."


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
    return AnswerAndReferral(found=found, level=level, base=linked.note, **linked.place)


MODELS = {
    "negative binomial": "everybody refers at a rate, and rates differ",
    "hurdle": "first who refers at all, then how often",
    "zero-inflated": "some can never refer, the others refer at a rate",
}
FOLDS = 5


class ReferralModels(Answer):
    """Count models of referrals given the answer."""

    factor: Measure = unknown("referral_factor_per_point", "ratio")  # in the model that foretells best
    best: str = ""
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    first: float | None = None  # p of the first test
    base: str = ""

    def claimed(self) -> tuple[Claim, ...]:
        same, tested = Chance(1.0, "the answer makes no difference to how often people refer"), "factor of a point"
        claim = Claim(name="referral_factor", tested=f"{tested} of the answer", estimate=self.factor, chance=same)
        return in_order([claim], self.first)

    def words(self) -> Words:
        columns = [*map(str, self.lines)]
        text = f"No count model of the referrals can be given: {self.factor.reason}."
        if self.best:
            what = "the odds of referring at all" if self.best == "hurdle" else "the expected number of referrals"
            change = f"{numbers.decimal(self.factor.value)} ({numbers.span(self.factor, numbers.decimal)})"
            text = f"Each point of the answer multiplies {what} by {change}"
            if self.tested("referral_factor").verdict != "shown":
                text = f"That {what} changes from answer to answer cannot be shown (factor {change})"
            text += f", in a {self.best} model: {MODELS[self.best]}."
        return Words(
            sentence=text,
            table=self.lines,
            formats=dict.fromkeys(columns[2:5], "decimal") | {columns[5]: "decimal4"},
            caption="Count models of referrals given the answer",
            note=(
                f"{self.base} Read is the model with the highest log score on people left out of its fit. "
                "Factor: times more per point (of the odds in a hurdle)."
            ),
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
    lines, asked = pd.DataFrame(rows, columns=columns), {"first": linked.order.p, **linked.place}
    return ReferralModels(factor=factor, best=best, lines=lines, base=linked.note, **asked)


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
