"""Parts of a company beside each other: which differ from the others beyond chance, and what each comes to, shrunk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Measure, Words, numbers
from scrm_helpers.answers.claim import holm
from scrm_helpers.report.chapters.results import ranged, written
from scrm_helpers.stats.intervals import normal_quantile

Scale = Literal["log-odds", "logarithms", "its own scale"]
SCALES: Mapping[Scale, tuple[Any, Any]] = {
    "log-odds": (lambda y: np.log(y / (1 - y)), lambda x: 1 / (1 + np.exp(-x))),
    "logarithms": (np.log, np.exp),
    "its own scale": (lambda y: y, lambda x: x),
}
FALSE_ALARMS = 0.05  # how often a page of comparisons may name a part that does not differ


@dataclass(frozen=True)
class PartBeside:
    """One part in a comparison; what could not be compared has neither a shrunk value nor a verdict."""

    part: str
    found: Measure
    shrunk: float | None = None  # what to expect of the part, knowing the others
    others: float | None = None  # the others together, by the precision of each
    p: float | None = None
    step: float | None = None  # p-value at which it leaves the parts that are alike
    differs: bool | None = None


class PartsCompared(Answer):
    """One number over the parts of a company, in the order of the batch and never by rank."""

    label: str = ""
    by: str = ""  # columns that divide the company, in words
    parts: tuple[PartBeside, ...] = ()
    scale: Scale = "its own scale"
    chance: Chance | None = None  # the mean of the parts
    q: float = 0.0  # Cochran's Q of the parts that are compared
    p: float | None = None  # of Q
    p_corrected: float | None = None  # over the numbers of the page
    family: tuple[int, int] = (1, 1)  # numbers, and parts in all of them, over which is corrected

    @property
    def compared(self) -> list[PartBeside]:
        """The parts that have a range."""
        return [part for part in self.parts if part.p is not None]

    @property
    def differ(self) -> bool:
        """Whether the parts differ among each other."""
        return self.p_corrected is not None and self.p_corrected <= FALSE_ALARMS

    @property
    def test(self) -> str:
        """Whether the parts differ at all, as statisticians write it."""
        return f"Cochran's Q {numbers.decimal(self.q, 1)} on {len(self.compared) - 1} df, {_p(self.p_corrected)}"

    def words(self) -> Words:
        known, of, test = self.compared, f"the {len(self.compared)} parts by {self.by}", self.test
        named = [part for part in known if part.differs]
        if named:
            return Words(sentence=f"{'; '.join(map(self._apart, named))} ({test}).")
        if self.differ:
            text = f"{of[0].upper()}{of[1:]} differ among each other ({test}), but of none alone is it shown"
            return Words(sentence=f"{text} that it differs from the others.")
        values = [part.found.value or 0.0 for part in known]
        least, most = (written(end, self.parts[0].found.unit) for end in (min(values), max(values)))
        text = f"No difference between {of} can be shown: values from {least} to {most} lie within what chance gives"
        return Words(sentence=f"{text} ({test}).")

    def _apart(self, one: PartBeside) -> str:
        above = (one.found.value or 0.0) > (one.others or 0.0)
        rest = "the others together" if len(self.compared) > 2 else "the other"
        others = written(one.others, one.found.unit)
        return f"{one.part}, {ranged(one.found)}, lies {'above' if above else 'below'} {rest}, {others}"


def compare_parts(
    figures: Mapping[str, Mapping[str, Measure]], labels: Mapping[str, str], by: str
) -> dict[str, PartsCompared]:
    """Compare each number over separate parts of one time, corrected over all parts of all these numbers."""
    # The page names a part although nothing differs at most 5 times in 100: only one apart from the others together
    # (Holm, over all parts of all numbers) without which the rest is alike: one far off would put all others apart.
    found = {name: _one_number(values) for name, values in figures.items()}
    tested = [name for name, one in found.items() if one.chance is not None]
    of_numbers = dict(zip(tested, holm([found[name].p or 0.0 for name in tested]), strict=True))
    every = [part.p or 0.0 for name in tested for part in found[name].compared]
    of_parts = iter(holm(every))
    for name in tested:
        parts = list(found[name].parts)
        for at, part in enumerate(parts):
            if part.p is not None and part.step is not None:
                p = max(float(next(of_parts)), part.step * len(tested))
                parts[at] = replace(part, differs=p <= FALSE_ALARMS)
        family = len(tested), len(every)
        found[name] = replace(found[name], parts=tuple(parts), p_corrected=float(of_numbers[name]), family=family)
    return {name: replace(one, label=labels[name], by=by) for name, one in found.items()}


def _steps(value: NDArray, variance: NDArray) -> NDArray:
    """Take the part that is farthest off out as long as the rest differs by Cochran's Q; the p-value when each goes."""
    from scipy.stats import chi2

    left, step, worst = np.arange(len(value)), np.ones(len(value)), 0.0
    while len(left) > 1:
        weight = 1 / variance[left]
        gap = value[left] - np.average(value[left], weights=weight)
        worst = max(worst, float(chi2.sf((weight * gap**2).sum(), len(left) - 1)))
        far = np.argmax(gap**2 / (variance[left] - 1 / weight.sum()))
        step[left if len(left) == 2 else left[far]] = worst
        left = np.delete(left, far) if len(left) > 2 else left[:0]
    return step


def _one_number(values: Mapping[str, Measure]) -> PartsCompared:
    """Pool a number over its parts by random effects, and set each part beside the others together."""
    from scipy.stats import norm
    from statsmodels.stats.meta_analysis import combine_effects

    plain = tuple(PartBeside(name, measure) for name, measure in values.items())
    known = {name: one for name, one in values.items() if one.value is not None and np.isfinite(one.ends).all()}
    ranged = {name: one for name, one in known.items() if np.ptp(one.ends) > 0}
    if len(ranged) < 2:
        why = next((measure.no_range for measure in values.values() if measure.no_range), "")
        few = "fewer than two parts have a range" + (f": {why.rstrip('.')}" if why else "")
        return PartsCompared(parts=plain, reason=few)
    scale = _scale(list(ranged.values()))
    forth, back = SCALES[scale]
    value, low, high = forth(np.array([(one.value, *one.ends) for one in ranged.values()], float)).T
    z = np.array([normal_quantile(one.level) for one in ranged.values()])
    variance = ((high - low) / (2 * z)) ** 2
    with np.errstate(divide="ignore"):  # parts that are equal to the last digit
        pooled = combine_effects(value, variance, method_re="iterated")
    mean, error = pooled.mean_effect_re, pooled.sd_eff_w_re
    weight = 1 / variance
    rest = weight.sum() - weight
    others = ((weight * value).sum() - weight * value) / rest
    # Skewed ranges: the half that faces the others counts, as in Zou and Donner (2008).
    facing = np.where(value > others, value - low, high - value) / z
    p = 2 * norm.sf(np.abs(value - others) / np.sqrt(facing**2 + 1 / rest))
    tau2 = max(float(pooled.tau2), 0.0)
    shrunk = mean + tau2 / (tau2 + variance) * (value - mean)
    rows = zip(back(shrunk), back(others), p, _steps(value, variance), strict=True)
    made = {}
    for name, row in zip(ranged, rows, strict=True):
        mine, rest_of_all, chance, step = map(float, row)
        made[name] = PartBeside(name, ranged[name], mine, rest_of_all, chance, step)
    ends = (float(back(mean + sign * normal_quantile(0.95) * error)) for sign in (-1, 1))
    homogeneity = pooled.test_homogeneity()
    return PartsCompared(
        parts=tuple(made.get(part.part, part) for part in plain),
        scale=scale,
        chance=Chance(float(back(mean)), "pooled by random effects", *ends),
        q=float(homogeneity.statistic),
        p=float(homogeneity.pvalue),
    )


def _scale(ranged: Sequence[Measure]) -> Scale:
    """Ranges of shares and of positive amounts are skewed, and even on log-odds and logarithms."""
    least, most = min(one.ends[0] for one in ranged), max(one.ends[1] for one in ranged)
    if ranged[0].unit == "share" and least > 0 and most < 1:
        return "log-odds"
    skewed = ranged[0].unit == "ratio" or (len(ranged[0].unit) == 3 and ranged[0].unit.isupper())
    return "logarithms" if skewed and least > 0 else "its own scale"


def _p(p: float | None) -> str:
    return "p\u00a0under\u00a0.001" if p is None or p < 0.0005 else f"p\u00a0{numbers.decimal(p, 3)}"
