"""Does the answer tell who will refer, and how often; and does it tell more of the future than of the past?"""

from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.deeds.by_answer import Followed, LinkedAnswers, referrals_of
from scrm_helpers.advocacy.score.nps import against
from scrm_helpers.answers import Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.fits import Estimate, collapse, fit_counts, held_out
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import auc, pair_sums, rank_coefficients, somers_d, spearman

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


class AnswerAndReferral(Followed):
    """How the answer orders people by what they did afterwards."""

    found: tuple[Measure, ...]  # in the order of the labels
    attainable: tuple[float, ...]  # largest value of each

    def claimed(self) -> tuple[Claim, ...]:
        first, *others = (
            against(name, f"Somers' D of {what}, given the answer", one, NO_ORDER, family)
            for (name, what, family), one in zip(CLAIMS, self.found, strict=False)
        )
        return (first, *self.asked_after(*others))

    def words(self) -> Words:
        columns = ["Association with the answer", "Estimate", "Range from", "Range to", "Largest attainable"]
        labelled = zip(LABELS.values(), self.found, self.attainable, strict=True)
        rows = [(label, one.value, one.low, one.high, most) for label, one, most in labelled]
        parts = self._reading()
        return Words(
            sentence=" ".join(filter(None, parts.values())),
            parts=parts,
            table=pd.DataFrame(rows, columns=columns),
            formats=dict.fromkeys(columns[1:], "decimal"),
            caption="How the answer orders people by what they did",
            note=f"{self.base} Somers' D, tau-b, gamma, Spearman: 0 is no order, 1 a perfect one; area: 0.5 is a coin. "
            "Ties keep Spearman below the largest attainable value; gamma leaves ties out and so overstates.",
        )

    def _reading(self) -> dict[str, str]:
        """Say each claim by its name."""
        (first, *_), *others = CLAIMS
        order, area = self.found[0], self.found[3]
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
        return {first: f"{said}.", "": told} | {name: self._beside(name, what) for name, what, _ in others}

    def _beside(self, name: str, what: str) -> str:
        """Say whether the answer goes with what else followed."""
        claim = self.tested(name)
        if claim.verdict == "cannot say":
            return ""
        of_them = f"{'more' if claim.direction > 0 else 'fewer'} {what.removeprefix('the number of ')}"
        said = f"A connection of the answer with {what} cannot be shown"
        said = f"Higher answers go with {of_them}" if claim.direction else said
        return f"{said} (Somers' D {numbers.decimal(claim.estimate.value)})."


def answer_and_referral(linked: LinkedAnswers, terms: Terms) -> AnswerAndReferral:
    """Measure how well the answer orders people by what they did afterwards.

    Somers' D: the chance that the person with the higher answer did more, minus the chance that she did less.

    Parameters
    ----------
    linked, terms

    Returns
    -------
    AnswerAndReferral
    """
    people, level = linked.people, terms.level
    score = people["score"].to_numpy(float)
    counts = rank_coefficients(people["referrals"], score, level)
    referred, brought = (somers_d(people[did], score, level) for did in ("referred", "brought"))
    area, ranks = auc(people["referred"], score, level), spearman(people["referrals"], score, level)
    found = (referred, counts["somers_d"], brought, area, counts["tau_b"], counts["gamma"], ranks)
    return AnswerAndReferral(
        found=tuple(one.measure(name, "ratio") for name, one in zip(LABELS, found, strict=True)),
        attainable=tuple(one.attainable for one in found),
        **linked.place,
    )


MODELS = {
    "negative binomial": "everybody refers at a rate, and rates differ",
    "hurdle": "first who refers at all, then how often",
    "zero-inflated": "some can never refer, the others refer at a rate",
}
FOLDS = 5


class ReferralModels(Followed):
    """Count models of referrals given the answer."""

    factor: Measure = unknown("referral_factor_per_point", "ratio")  # in the model that foretells best
    best: str = ""
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    SAME = Chance(1.0, "the answer makes no difference to how often people refer")
    CLAIMS = (Claim(name="referral_factor", tested="factor of a point of the answer", estimate=factor, chance=SAME),)

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
            note=f"{self.base} Read is the model with the highest log score on people left out of its fit. "
            "Factor: times more per point (of the odds in a hurdle).",
        )


def referral_models(linked: LinkedAnswers, terms: Terms) -> ReferralModels:
    """Fit three count models of the number of referrals given the answer and judge them on held-out people.

    Compared by the log probability of people left out of the fit, not by Vuong's test, invalid for zero inflation.

    Parameters
    ----------
    linked, terms

    Returns
    -------
    ReferralModels
    """
    counts, score = linked.people["referrals"].to_numpy(float), linked.people["score"].to_numpy(float)
    n, z = len(score), normal_quantile(terms.level)
    fold = np.random.default_rng(terms.seed).permutation(n) % FOLDS
    fits = {model: fit_counts(model, collapse(counts, score)) for model in MODELS} if n else {}
    reasons = {model: next((part.reason for part in parts if not part.ok), "") for model, parts in fits.items()}
    tried = {model: held_out(model, counts, score, fold) for model, reason in reasons.items() if not reason}
    scores = {model: value for model, value in tried.items() if value is not None}
    factors = {}
    for model in tried:
        fit = fits[model][0]
        slope, half = fit["slope"], z * float(fit.errors[fit.names.index("slope")])
        factors[model] = tuple(np.exp([slope, slope - half, slope + half]).tolist())
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
    return ReferralModels(factor=factor, best=best, lines=pd.DataFrame(rows, columns=columns), **linked.place)


class Placebo(Followed):
    """Somers' D of referring given the answer, with referrals after it and before it, among the same people."""

    after: Measure = unknown("somers_d_after_the_answer", "ratio")
    before: Measure = unknown("somers_d_before_the_answer", "ratio")
    gap: Measure = unknown("somers_d_after_minus_before", "ratio")  # of the same people, so one test
    shares: tuple[float | None, ...] = (None, None)  # who referred after and before the answer
    window_days: int = 365

    def claimed(self) -> tuple[Claim, ...]:
        what, family = "Somers' D of referring {} the answer, given the answer", "before and after the answer"
        after, before = (
            against(f"answer_and_referring_{side}", what.format(side), one, NO_ORDER, family)
            for side, one in (("after", self.after), ("before", self.before))
        )
        tested = "Somers' D with referrals after the answer less that with those before it, same people; asked only "
        tested += "where one of the two is shown"
        alike = "referrals before and after it go with the answer alike"
        apart = against("answer_tells_more_of_future", tested, self.gap, alike)
        tested_so = (one.p for one in (self.after, self.before))
        least = min((2 * p for p in tested_so if p is not None), default=None)  # by Holm, of the two
        return (*self.asked_after(after), before, replace(apart, after=least and min(least, 1.0)))

    def words(self) -> Words:
        columns = ["Referrals made", "People", "Share who referred", "Somers' D", "Range from", "Range to"]
        sides = {"After the answer": self.after, "Before the answer (placebo)": self.before}
        both = zip(sides.items(), self.shares, strict=True)
        rows = [(name, one.n, share, one.value, one.low, one.high) for (name, one), share in both]
        parts = self._reading()
        return Words(
            sentence=" ".join(dict.fromkeys(parts.values())),
            parts=parts,
            table=pd.DataFrame(rows, columns=columns),
            formats={"People": "count", "Share who referred": "percent"} | dict.fromkeys(columns[3:], "decimal"),
            caption="The answer against referrals after and before it",
            note=f"n = {numbers.plural(self.after.n or 0, 'person', 'people')} who had been customers for at least "
            f"{self.window_days} days when they answered; {numbers.percent(self.after.level)} ranges.",
        )

    def _reading(self) -> dict[str, str]:
        """Say each claim by its name."""
        sides, which = ("answer_and_referring_after", "answer_and_referring_before"), "answer_tells_more_of_future"
        if self.after.value is None or self.before.value is None:
            return {which: f"Whether the answer runs ahead of the act is {self.after.reason or self.before.reason}."}
        first, second = (numbers.decimal(one.value) for one in (self.after, self.before))
        figures = f"(Somers' D {first} after, {second} before)"
        after, before = (self.tested(side).direction > 0 for side in sides)
        later, earlier = "referrals that follow it", "referrals made before it"
        told = {
            (True, True): f"The answer goes with {earlier} as well as with those that follow",
            (True, False): f"The answer goes with {later}; with those before it no connection can be shown",
            (False, True): f"The answer goes with {earlier}; with those that follow no connection can be shown",
            (False, False): f"Neither with {later} nor with those before can a connection of the answer be shown",
        }
        among = f"Among the {numbers.count(self.after.n or 0)} who had been customers for {self.window_days} days: "
        apart = ("cannot be told apart", "is closer with what followed", "is closer with what went before")
        side = self.tested(which).direction
        between = f"The two {apart[0]}" if not side else f"The connection {apart[side]}"
        gap = f"{numbers.decimal(self.gap.value)}, {numbers.span(self.gap, numbers.decimal)}"
        said = f"{among}{told[after, before][0].lower()}{told[after, before][1:]} {figures}."
        return dict.fromkeys(sides, said) | {which: f"{between} (difference {gap})."}


def reversed_time_placebo(linked: LinkedAnswers, referrals: pd.DataFrame, joined: pd.Series, terms: Terms) -> Placebo:
    """Compare the answer with referrals made before it, in a window of the same length.

    A score that announces referrals goes with later ones more; one that follows from enthusiasm goes with both.

    Parameters
    ----------
    linked, referrals, terms
    joined : day of joining by id; compared are customers of at least one window before their answer

    Returns
    -------
    Placebo
    """
    people, window = linked.people.set_index("customer_id"), pd.Timedelta(days=linked.window_days)
    whole = people[people["responded_on"] - joined.reindex(people.index).to_numpy() >= window]
    made, later = referrals_of(referrals, whole["responded_on"])
    early = made.loc[(later < pd.Timedelta(0)) & (later >= -window), "referrer_id"]
    sides, score = (whole["referred"].to_numpy(bool), whole.index.isin(early)), whole["score"].to_numpy(float)
    after, before = (somers_d(referred, score, terms.level) for referred in sides)
    gap = Estimate(level=terms.level, n=len(whole), reason=after.reason or before.reason)
    if not gap.reason:
        pull, value = pull_of(sides[0], score) - pull_of(sides[1], score), (after.value or 0.0) - (before.value or 0.0)
        half = normal_quantile(terms.level) * float(np.sqrt(pull @ pull))
        gap = Estimate(value=value, low=value - half, high=value + half, level=terms.level, n=len(whole))
    return Placebo(
        after=after.measure("somers_d_after_the_answer", "ratio"),
        before=before.measure("somers_d_before_the_answer", "ratio"),
        gap=gap.measure("somers_d_after_minus_before", "ratio"),
        first=linked.order.p,
        shares=tuple(float(referred.mean()) if len(whole) else None for referred in sides),
        window_days=linked.window_days,
        population=f"people who answered and had been customers for {linked.window_days} days or more",
        window=f"{linked.window_days} days before and after the answer",
    )
