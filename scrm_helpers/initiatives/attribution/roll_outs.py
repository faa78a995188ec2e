"""Roll-outs by lottery, and in stages: arms, event study, drift before the start, simultaneous bands, permutations."""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Refusal, Words, numbers, style
from scrm_helpers.initiatives.attribution.course import Course, course_of
from scrm_helpers.initiatives.attribution.panel import Panel
from scrm_helpers.initiatives.attribution.rung import LEVEL, Estimate, Rung, between, effect_writer, need, written_p
from scrm_helpers.initiatives.plan.streams import path_of
from scrm_helpers.stats.intervals import normal_quantile


def randomised_effect(panel: Panel, *, draws: int = 4999, seed: int = 0) -> Rung:
    """Estimate the effect of a randomised roll-out, with outcomes from before it or without."""
    need(panel, 2, 2, "trial")
    starts = np.unique(panel.begun[panel.treated])
    if len(starts) > 1:
        raise Refusal(
            f"The trial of {panel.label} starts in {len(starts)} different periods. Use the staggered comparison."
        )
    start = int(panel.first[panel.treated][0])
    known = [panel.values[:, :start].mean(axis=1)] if start else []
    known += [] if panel.covariate is None else [panel.covariate]
    before = np.array([one - one.mean() for one in known if np.ptp(one) > 0]).reshape(-1, len(panel.units)).T
    if min(panel.treated.sum(), (~panel.treated).sum()) <= before.shape[1] + 1:
        before = before[:, :0]  # too few to adjust for anything
    after = panel.values[:, start:].mean(axis=1)
    found = _adjusted(after, before, panel)
    rest = after - after.mean()
    rest = rest - before @ np.linalg.lstsq(before, rest, rcond=None)[0]
    each = np.array([_adjusted(values, before, panel).value for values in panel.values[:, start:].T])
    said = ["adjusted for the time before" if start else "outcomes from after the start only"]
    said += ["adjusted for the covariate"] if panel.covariate is not None else []
    said += [f"{len(np.unique(panel.cluster))} clusters"] if panel.cluster is not None else []
    together, since = np.full((len(each), len(each)), found.se**2), panel.places[start:] - panel.places[start]
    chance = max(_drawn_again(rest, panel, draws, seed), found.p if panel.cluster is not None else 0.0)
    path, remark = path_of(since, each, together, "A"), f" ({', '.join(said)})"
    doubt = "in so few units chance alone brings as much"
    return Rung("Lottery", "A", found.value, *found.ends, path, chance, "randomisation", remark, found.se, doubt)


def _drawn_again(rest: np.ndarray, panel: Panel, draws: int, seed: int) -> float:
    """Share of drawings, of whole clusters where these were drawn, with at least as large a difference of the arms."""
    cluster = np.arange(len(rest)) if panel.cluster is None else np.unique(panel.cluster, return_inverse=True)[1]
    size, treated = np.bincount(cluster), np.bincount(cluster, panel.treated)
    if ((treated > 0) & (treated < size)).any():  # units were drawn within clusters
        cluster, size = np.arange(len(rest)), np.ones(len(rest), dtype=int)
        treated = np.bincount(cluster, panel.treated)
    sums, arm = np.bincount(cluster, rest), treated > 0
    drawn = np.random.default_rng(seed).permuted(np.tile(arm, (draws, 1)), axis=1)
    arms = np.vstack([arm, drawn])
    gaps = np.abs(arms @ sums / (arms @ size) - ~arms @ sums / (~arms @ size))
    return float((gaps >= gaps[0] - 1e-9 * np.abs(rest).max()).mean())


def _adjusted(after: np.ndarray, before: np.ndarray, panel: Panel) -> Estimate:
    """Difference of the arms by least squares (Lin 2013), with errors that the spread or the clusters ask for."""
    from statsmodels.regression.linear_model import OLS

    treated = panel.treated.astype(float)
    crossed = before * treated[:, None] if min(treated.sum(), (1 - treated).sum()) > 2 * before.shape[1] + 2 else ()
    design = np.column_stack([treated, np.ones(len(after)), before, *np.transpose(crossed)])
    model, df = OLS(after, design), len(after) - design.shape[1]
    if panel.cluster is None:
        fit = model.fit(cov_type="HC2")
    else:
        fit, df = model.fit(cov_type="cluster", cov_kwds={"groups": panel.cluster}), len(np.unique(panel.cluster)) - 2
    return Estimate(float(fit.params[0]), float(fit.bse[0]), max(df, 1))


ENOUGH_UNITS = 8  # on each side, for grade B
FEW = 20  # units on either side, below which the roll-out must stand out among reassignments too


def bands(vcov: np.ndarray, *, draws: int = 999, seed: int = 0) -> float:
    """Critical value of simultaneous 95 % bands: how far the largest of jointly normal errors reaches."""
    # normal draws, not signs: signs kept 82 of 100 true courses of 30 units (95 promised), normal draws 86
    se = np.sqrt(np.diag(vcov))
    scale = np.where(se > 0, se, 1.0)
    joint = vcov / np.outer(scale, scale)
    errors = np.random.default_rng(seed).multivariate_normal(np.zeros(len(joint)), joint, draws, method="eigh")
    return max(float(np.quantile(np.abs(errors).max(axis=1), 0.95)), normal_quantile(0.95))


def two_way(panel: Panel) -> float:
    """Return what a plain two-way fixed effects regression would have said; biased where effects grow."""
    treated = (np.arange(len(panel.periods)) >= panel.first[:, None]) & panel.treated[:, None]
    within = treated - treated.mean(axis=0) - treated.mean(axis=1, keepdims=True) + treated.mean()
    return float((within * panel.values).sum() / (within**2).sum())


class StaggeredEffect(Answer):
    """Effect of a staggered roll-out by periods since the start, on the whole, and less the drift before the start."""

    panel: Panel
    course: Course
    event: pd.DataFrame  # effect with point range and band, by event period
    p_value: float  # by permutation
    few: bool  # whether permutations rule too
    shown: bool  # after correction for many looks
    grade: str

    @property
    def rung(self) -> Rung:
        """What this design says on the ladder: shown where every test that applies finds it."""
        found, effect, undrifted = self.course, self.course.effect, self.course.undrifted
        tests = [effect.p, undrifted.p if undrifted else 1.0, *([self.p_value] if self.few else [])]
        errors, after = [effect.se, undrifted.se if undrifted else 0.0], found.after
        path = path_of(found.event[after], found.att[after], found.vcov[np.ix_(after, after)], self.grade)
        remark = f" (permutation {written_p(self.p_value)}){self._before}"
        design, test, p, error = "Staggered roll-out", "largest of the tests", max(tests), max(errors)
        caveat = "before the start it drifted too" if self.grade == "C" else ""
        wide = undrifted.ends if undrifted else (-np.inf, np.inf)
        return Rung(
            design, self.grade, effect.value, *effect.ends, path, p, test, remark, error, self._doubt, caveat, wide
        )

    @property
    def _before(self) -> str:
        """The drift before the start, and what its test could see."""
        if (drift := self.course.drift) is None:
            return "; one period before the start shows no drift"
        return (
            f"; before the start the gap moved by {effect_writer(self.panel.shares, drift.se)(drift.value)} a period "
            f"({written_p(drift.p)}; a drift that explains the effect would be seen in "
            f"{numbers.percent(self.course.seen)} of such roll-outs)"
        )

    @property
    def _doubt(self) -> str:
        """Why a range that leaves zero out is not enough."""
        if (rest := self.course.undrifted) is None:
            return "with a single period before the start a drift of their own cannot be told from an effect"
        if rest.p > LEVEL:
            write = effect_writer(self.panel.shares, rest.se)
            left, ends = write(rest.value), between(*rest.ends, write)
            return f"a drift like the one before the start could explain it (carried on, it leaves {left}, {ends})"
        if self.few and self.p_value > LEVEL:
            return f"of so few units chance alone brings as much (permutation {written_p(self.p_value)})"
        return ""

    def words(self) -> Words:
        found, undrifted, outcome = self.course.effect, self.course.undrifted, self.panel.label
        (low, high), write = found.ends, effect_writer(self.panel.shares, found.se)
        effect, ends = write(found.value), between(low, high, write)
        name, last = outcome[:1].upper() + outcome[1:], write(float(self.event["att"].iloc[-1]))
        text = f"No effect on {outcome} can be shown: {effect}, 95% range {ends} (grade {self.grade})."
        if (low > 0 or high < 0) and self._doubt:
            text = text.removesuffix(".") + f": {self._doubt}."
        if self.shown and undrifted:
            text = (
                f"The roll-out changed {outcome} by {effect} (95% range {ends}; {between(*undrifted.ends, write)} "
                f"had the drift before the start gone on; grade {self.grade})."
            )
        return Words(
            sentence=text,
            title=f"{name}: {effect} where it was rolled out" if self.shown else f"No effect on {outcome} can be shown",
            note=f"n = {self.panel.base}; against the last period before the start; grey band: 95% for all periods at "
            f"once; permutation {written_p(self.p_value)}{self._before}. A plain regression would have said "
            f"{write(two_way(self.panel))}.",
            alt="Estimated effect by period since treatment with black 95% lines, zero in the last period before it; "
            f"{last} in the last; a grey band covers all periods at once.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        event = self.event
        ax.fill_between(event["event"], event["band_low"], event["band_high"], color=style.PALE_GREY, step="mid")
        for part, colour, mark, label in (
            (event[event["event"] < 0], style.GREY, "o", "before the start"),
            (event[event["event"] >= 0], style.BLUE, "D", "after the start"),
        ):
            ax.vlines(part["event"], part["low"], part["high"], color=style.INK, linewidth=1.2)
            ax.plot(part["event"], part["att"], mark, color=colour, markersize=6, label=label)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.axvline(-0.5, color=style.ORANGE, linewidth=1, linestyle="--")
        ax.set_xticks(event["event"].tolist())
        label = f"Effect on {self.panel.label}"
        if self.panel.shares:
            label += ", percentage points"
            ax.yaxis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
        ax.legend(loc="upper left", handletextpad=0.2)
        return style.labelled(ax, "Periods since the unit was treated", label)


def staggered_effect(panel: Panel, *, seed: int = 0, draws: int = 999) -> StaggeredEffect:
    """Estimate what a staggered roll-out did, with event study, drift before the start and bands."""
    if panel.treated.all() and len(np.unique(panel.begun)) < 2:
        raise Refusal(f"All units of {panel.label} were treated at once, so none is left to compare with.")
    need(panel, 2, 0 if panel.treated.all() else 2, "staggered comparison")
    found = course_of(panel)
    effect, undrifted = found.effect, found.undrifted
    se = np.sqrt(np.diag(found.vcov))
    point, band = Estimate(0.0, 1.0, found.df).ends[1], bands(found.vcov, draws=draws, seed=seed)
    event = pd.DataFrame({"event": found.event, "att": found.att})
    event["low"], event["high"] = found.att - point * se, found.att + point * se
    event["band_low"], event["band_high"] = found.att - band * se, found.att + band * se
    fewest = min(int(panel.compared.sum()), int((~panel.compared).sum()))
    drifts = found.drift is not None and found.drift.p <= LEVEL
    good = "B-" if fewest < ENOUGH_UNITS else "B"
    grade = "C" if drifts else good  # an effect that rests on a straight line is no effect of grade B
    shown = effect.p <= LEVEL and undrifted is not None and undrifted.p <= LEVEL
    return StaggeredEffect(
        panel=panel,
        course=found,
        event=event,
        p_value=found.reassigned(draws, seed),
        few=fewest < FEW,
        shown=shown,
        grade=grade,
    )
