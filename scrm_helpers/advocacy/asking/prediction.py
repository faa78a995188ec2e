"""Who will refer next? The average customer's rate, moved by the own record and the answer, and whether it came so."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import against
from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.chance import ratio_bootstrap_t
from scrm_helpers.stats.fits import Estimate, difference, dispersion, maximise
from scrm_helpers.stats.intervals import normal_quantile, share_estimate, wilson

AIC = 2.0  # a parameter must raise twice the log-likelihood by more than this to be kept


@dataclass(frozen=True, kw_only=True)
class ReferralModel:
    """A model of one line: days x average rate x what the own record adds x what the answer adds."""

    rate: float = np.nan  # referrals per day of the average customer
    record_weight: float = np.nan
    answer_constant: float = np.nan
    answer_slope: float = np.nan
    silent_factor: float = np.nan  # factor for a person who never answered
    dispersion: float = np.nan
    error: float = 0.0  # of the logarithm of the rate
    reason: str = ""  # why there is no model; empty when there is one

    @property
    def line(self) -> str:
        """The model as one line that a reader can check with a pocket calculator."""
        if self.reason:
            return f"There is no model: {self.reason}."
        start, step = np.exp(self.answer_constant), np.exp(self.answer_slope)
        weight, record = f"{self.record_weight:.2f}", ""
        if self.record_weight:
            seen = f"{self.rate:.5f} x days as a customer"
            record = f" x (1 + {weight} x referrals so far) / (1 + {weight} x {seen})"
        return (
            f"expected referrals = days ahead x {self.rate:.5f}{record} x factor of the answer, which is "
            f"{start:.2f} x {step:.3f}^answer, or {self.silent_factor:.2f} without one"
        )

    def expected(self, history: pd.DataFrame, days: float) -> NDArray:
        """Return the expected number of referrals of each person in the next `days`."""
        if self.reason:
            raise Refusal(f"There is no model: {self.reason}.")
        score = history["score"].to_numpy(float)
        factor = np.exp(self.answer_constant + self.answer_slope * score)
        own = _own_rate(history, self.rate, self.record_weight)
        return days * own * np.where(np.isnan(score), self.silent_factor, factor)

    def ranking(self, history: pd.DataFrame) -> pd.Series:
        """Return what people are ranked by, one number each; without a model nobody comes before anybody."""
        return pd.Series(np.zeros(len(history)) if self.reason else self.expected(history, 1.0), index=history.index)

    def chance(self, history: pd.DataFrame, days: float) -> NDArray:
        """Return the probability that each person refers at least once in the next `days`."""
        mean = self.expected(history, days)
        if self.dispersion < 1e-9:
            return 1 - np.exp(-mean)
        own = self.dispersion / (1 + self.record_weight * history["past"].to_numpy(float))
        return 1 - (1 + own * mean) ** (-1 / own)


def fit_referral_model(history: pd.DataFrame, window_days: int = 365) -> ReferralModel:
    """Fit the model of one line on a window that is over.

    Empirical Bayes: with gamma rates of shape k the mean rate after x referrals in t days is ``m (1 + x/k) / (1 +
    m t/k)``; ``1/k`` by Poisson quasi-likelihood where it improves the fit, the factor of the answer on top.

    Parameters
    ----------
    history, window_days

    Returns
    -------
    ReferralModel
    """
    future, score = history["future"].to_numpy(float), history["score"].to_numpy(float)
    if not future.sum():
        return ReferralModel(reason="nobody referred in the window")
    rate = float(future.sum() / (window_days * len(future)))
    weight = _record_weight(history, rate)
    offset, silent = window_days * _own_rate(history, rate, weight), np.isnan(score)
    constant, slope, reason = _answer_factor(score[~silent], future[~silent], offset[~silent])
    if reason:
        return ReferralModel(reason=reason)
    plain = ReferralModel(
        rate=rate,
        record_weight=weight,
        answer_constant=constant,
        answer_slope=slope,
        silent_factor=float(future[silent].sum() / offset[silent].sum()) if silent.any() else 1.0,
    )
    mean = np.maximum(plain.expected(history, window_days), 1e-9)
    known = 1 / (1 + weight * history["past"].to_numpy(float))
    error = float(future.std() / np.sqrt(len(future)) / future.mean())
    return replace(plain, dispersion=dispersion(future, mean, known), error=error)


def _own_rate(history: pd.DataFrame, rate: float, weight: float) -> NDArray:
    past, observed = history["past"].to_numpy(float), history["days_observed"].to_numpy(float)
    return rate * (1 + weight * past) / (1 + weight * rate * observed)


def _record_weight(history: pd.DataFrame, rate: float) -> float:
    from scipy.optimize import minimize_scalar

    future = history["future"].to_numpy(float)

    def loss(log_weight: float) -> float:
        own = _own_rate(history, rate, float(np.exp(log_weight)))
        return -float(future @ np.log(own / own.sum()))

    found = minimize_scalar(loss, bounds=(-6.0, 4.0), method="bounded", options={"xatol": 1e-3})
    without = float(future.sum() * np.log(len(future)))
    spread = max(float(future.var() / future.mean()), 1.0)  # counts vary more than Poisson, so evidence weighs less
    return float(np.exp(found.x)) if 2 * (without - found.fun) / spread > AIC else 0.0


def _answer_factor(score: NDArray, future: NDArray, offset: NDArray) -> tuple[float, float, str]:
    """Return constant and slope of the logarithm of the factor, or the reason why there is none."""
    codes, answer = score.astype(int), np.arange(11.0)
    made, expected = np.bincount(codes, future, minlength=11), np.bincount(codes, offset, minlength=11)
    used = expected > 0
    if not made.sum():
        return 0.0, 0.0, "nobody who answered referred"
    level = float(np.log(made.sum() / expected.sum()))
    if used.sum() < 2:
        return level, 0.0, ""
    centre = float(made @ answer / made.sum())

    def likelihood(point: NDArray) -> float:
        line = point[0] + point[1] * (answer[used] - centre)
        return float(made[used] @ line - expected[used] @ np.exp(line))

    fit = maximise(likelihood, [level, 0.0], ("constant", "slope"), len(score))
    if not fit.ok:
        return 0.0, 0.0, fit.reason
    return fit["constant"] - fit["slope"] * centre, fit["slope"], ""


CLASSES = {"0 to 6": (0, 6), "7": (7, 7), "8": (8, 8), "9": (9, 9), "10": (10, 10)}
FORMATS = {"People": "count"} | dict.fromkeys(["Foretold", "Seen", "Range from", "Range to"], "percent")


class Calibration(Answer):
    """Foretold and seen shares who refer."""

    ABSENT = "Whether predictions keep their word cannot be said: {reason}."

    brier: Measure = unknown("brier_score", "ratio")  # mean squared error of the probabilities
    skill: Measure = unknown("brier_skill", "ratio")  # share of it saved against telling everybody the same share
    slope: Measure = unknown("calibration_slope", "ratio")
    missed: Measure = unknown("referring_seen_minus_foretold", "share")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    foretold: float = 0.0  # shares of all customers
    seen: float = 0.0
    KEPT, ERROR = "share who referred less share foretold", "squared error saved against one share for all"
    STEEP, WORD = "logit of what was seen on that of what was foretold", "the model keeps its word"
    CLAIMS = (
        against("foretold_and_seen", KEPT, missed, WORD),
        against("better_than_one_share", ERROR, skill, "one share for all is as good"),
        Claim(name="too_bold", tested=STEEP, estimate=slope, chance=Chance(1.0, WORD)),
    )

    def words(self) -> Words:
        n, missed = numbers.plural(self.brier.n or 0, "customer"), self.tested("foretold_and_seen").direction
        foretold, seen = numbers.percent(self.foretold), numbers.percent(self.seen)
        gap = f"{numbers.points(100 * (self.missed.value or 0))} points, "
        gap += numbers.span(self.missed, lambda end: numbers.points(100 * end))
        met = ("no more than chance", "the model foretold too few", "the model foretold too many")[missed]
        text = f"The model foretold that {foretold} would refer; {seen} did ({gap}): {met}."
        parts = {"foretold_and_seen": text}
        better = self.tested("better_than_one_share")
        if better.verdict != "cannot say":
            told = ("not shown to be better", "better", "worse")[better.direction]
            ends = numbers.span(self.skill, lambda end: numbers.decimal(end, 3))
            skill = f"{numbers.decimal(self.skill.value, 3)}, {ends}"
            beside = "than telling everybody the same share"
            said = f"Person by person the model of who will refer is {told} {beside} (Brier skill {skill})."
            parts["better_than_one_share"], text = said, f"{text} {said}"
        if self.tested("too_bold").direction < 0:
            text += " Its differences between people are too bold."
        return Words(
            sentence=text,
            parts=parts,
            table=self.groups,
            formats=FORMATS,
            title=f"Foretold {foretold}, seen {seen}",
            caption="Share who refer: foretold against seen",
            note=f"n = {n}; {self.window} that the model had not seen; lines: {numbers.percent(self.slope.level)} "
            "Wilson range of what was seen.",
            alt=f"{numbers.plural(len(self.groups), 'group')} of customers by answer: the share who referred with its "
            f"range, and beside it the share foretold; over all {seen} seen and {foretold} foretold.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.2)
        groups, places = self.groups, np.arange(len(self.groups))
        seen = [groups[name] for name in ("Seen", "Range from", "Range to")]
        style.estimates(ax, places, seen, label="seen, with range")
        ax.plot(places + 0.16, groups["Foretold"], "_", color=style.ORANGE, ms=10, mew=2, label="foretold")
        style.group_ticks(ax, groups["Answer"], groups["People"])
        ax.set_xlim(-0.5, len(places) - 0.5)
        ax.set_ylim(0, float(groups[["Range to", "Foretold"]].to_numpy().max()) * 1.3)
        ax.legend(loc="upper left", ncols=2)
        return style.dressed(ax, "Referred in the window", "Stated likelihood to recommend, 0 to 10")


def calibration_by_answer(
    model: ReferralModel, history: pd.DataFrame, terms: Terms, window_days: int = 365
) -> Calibration:
    """Compare the share foretold with the share seen, in a window after the one the model was fitted on.

    Brier (1950); slope of the logit of what was seen on that of what was foretold (Cox 1958): 1 is well calibrated.

    Parameters
    ----------
    model, terms, window_days
    history : at a cut after the window of the fit

    Returns
    -------
    Calibration
    """
    n = len(history)
    if model.reason or not n or history["future"].eq(0).all():
        none = unknown("brier_score", "ratio", n=n)
        return Calibration(reason=model.reason or "nobody referred in the window", brier=none)
    chance, did = model.chance(history, window_days), history["future"].to_numpy() > 0
    score, share = history["score"].to_numpy(float), float(did.mean())
    brier, base = float(np.mean((chance - did) ** 2)), float(share * (1 - share))
    rows = []
    groups = {name: (score >= low) & (score <= high) for name, (low, high) in CLASSES.items()}
    for name, inside in ({"no answer": np.isnan(score)} | groups).items():
        if size := int(inside.sum()):
            hits = int(did[inside].sum())
            rows.append((name, size, chance[inside].mean(), hits / size, *wilson(hits, size, terms.level)))
    table = pd.DataFrame(rows, columns=["Answer", *FORMATS])
    skill = Estimate(level=terms.level, n=n, reason="everybody referred")
    if base:  # the same people under both: what each saves
        alike = (share - did) ** 2
        skill = ratio_bootstrap_t(alike - (chance - did) ** 2, alike, terms.level, seed=terms.seed)
    z = normal_quantile(terms.level)
    ends = [float(model.chance(history, window_days * np.exp(side * z * model.error)).mean()) for side in (-1, 1)]
    foretold = Estimate(value=float(chance.mean()), low=ends[0], high=ends[1], level=terms.level, n=n)
    missed = difference(foretold, share_estimate(int(did.sum()), n, terms.level))
    return Calibration(
        brier=counted("brier_score", brier, n, "ratio", "read beside its skill, which has one"),
        skill=skill.measure("brier_skill", "ratio", n=n),
        missed=missed.measure("referring_seen_minus_foretold", "share"),
        slope=_slope(chance, did, terms.level),
        groups=table[~too_small(table["People"], terms.min_group)].reset_index(drop=True),
        foretold=float(chance.mean()),
        seen=share,
        population="customers known on the day, none of whose window the model had seen",
        window=f"{window_days} days",
    )


def _slope(chance: NDArray, did: NDArray, level: float) -> Measure:
    grid = np.round(np.log(chance / (1 - chance)), 2)  # a hundredth of a logit is far finer than any error of the fit
    foretold, which = np.unique(grid, return_inverse=True)
    yes, all_ = np.bincount(which, did), np.bincount(which)

    def likelihood(point: NDArray) -> float:
        line = point[0] + point[1] * foretold
        return float(yes @ line - all_ @ np.logaddexp(0, line))

    fit, n = maximise(likelihood, [0.0, 1.0], ("intercept", "slope"), len(did)), len(did)
    if not fit.ok:
        return replace(unknown("calibration_slope", "ratio", fit.reason, n), level=level)
    slope, half = fit["slope"], normal_quantile(level) * float(fit.errors[1])
    found = Estimate(value=slope, low=slope - half, high=slope + half, level=level, n=n)
    return found.measure("calibration_slope", "ratio")
