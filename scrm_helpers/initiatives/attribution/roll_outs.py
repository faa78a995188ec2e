"""Roll-outs by lottery, and in stages: the course of an effect, and what a drift that was there before makes of it.

Estimates and covariance are diff-diff's; own code are errors of cohorts below six units, from the spread within all
(by its influence functions false alarms in 164 of 200 worlds), and the drift, a straight line that keeps to 5 % down to
8 + 8 units (with `HonestDiD` under M = 0 a test rejects in 5 to 10 %, else ranges are 4 to 8 standard deviations wide).
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Refusal, Words, numbers, style
from scrm_helpers.initiatives.attribution.panel import NEVER, Panel
from scrm_helpers.initiatives.attribution.rung import LEVEL, Estimate, Rung, between, effect_writer, need, written_p
from scrm_helpers.initiatives.plan.streams import path_of
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.tables.values.periods import MISSING

ENOUGH_IN_COHORT = 6  # units, from which errors are taken cohort by cohort


@dataclass(frozen=True)
class Course:
    """Effects by periods since the start, all but the reference, the last period before it, with joint covariance."""

    event: np.ndarray
    att: np.ndarray
    vcov: np.ndarray
    weights: np.ndarray  # of the values in each effect, shape (events, units, periods)
    values: np.ndarray  # these values, units by periods
    treated: np.ndarray  # units behind each effect
    away: np.ndarray  # periods from the reference
    df: int
    whole: float  # error of the mean effect

    @property
    def after(self) -> np.ndarray:
        """Which effects lie at or after the start."""
        return self.event >= 0

    @cached_property
    def mean(self) -> np.ndarray:
        """Weights of the mean effect over treated cells."""
        return np.asarray(np.where(self.after, self.treated, 0) / self.treated[self.after].sum())

    @cached_property
    def line(self) -> np.ndarray | None:
        """Weights of the drift per period: the line through the effects before the start and the reference."""
        away = np.where(self.after, 0.0, self.away)
        return away / (away @ away) if away.any() else None

    def read(self, weights: np.ndarray) -> Estimate:
        """Value and error of a weighted sum of the effects."""
        return Estimate(float(weights @ self.att), float(np.sqrt(weights @ self.vcov @ weights)), self.df)

    @property
    def effect(self) -> Estimate:
        """Mean effect after the start."""
        return Estimate(float(self.mean @ self.att), self.whole, self.df)

    @property
    def drift(self) -> Estimate | None:
        """Drift per period before the start, None where one period alone was seen."""
        return None if self.line is None else self.read(self.line)

    @property
    def undrifted(self) -> Estimate | None:
        """Mean effect less the drift before the start, carried on."""
        return None if self.line is None else self.read(self.mean - self.mean @ self.away * self.line)

    @property
    def seen(self) -> float:
        """Chance that a drift which explains the whole effect would have been found before the start."""
        from scipy.special import stdtrit
        from scipy.stats import nct

        if self.drift is None or self.drift.se == 0:
            return float("nan")
        explains = abs(self.effect.value) / (self.mean @ self.away) / self.drift.se
        reach = stdtrit(self.df, 1 - LEVEL / 2)
        return float(nct.sf(reach, self.df, explains) + nct.cdf(-reach, self.df, explains))

    def reassigned(self, draws: int, seed: int) -> float:
        """Share of random reassignments of the roll-out that bring at least as large a mean effect."""
        rng = np.random.default_rng(seed)
        pairs = np.tensordot(self.mean, self.weights, 1) @ self.values.T  # weights of one unit, values of another
        order = np.argsort(rng.random((draws, len(pairs))), axis=1)
        drawn = np.abs(pairs[np.arange(len(pairs)), order].sum(axis=1))
        return float(1 + (drawn >= abs(np.trace(pairs)) - 1e-12).sum()) / (1 + draws)


def course_of(panel: Panel) -> Course:
    """Callaway and Sant'Anna's effects against the never treated, or where there are none the not yet treated."""
    later = bool(panel.treated.all())
    if later:  # until the last are treated, they are the ones who never are
        last, seen = panel.begun == panel.begun.max(), panel.places < panel.begun.max()
        first, begun = np.where(last, NEVER, panel.first), np.where(last, MISSING, panel.begun)
        panel = replace(panel, values=panel.values[:, seen], places=panel.places[seen], first=first, begun=begun)
    event, weights, treated, away = cohort_weights(panel, later)
    cohorts = np.unique(panel.begun, return_inverse=True)[1]
    flat, units = weights.reshape(len(event), -1), len(panel.units)
    mean = np.where(event >= 0, treated, 0) / treated[event >= 0].sum()
    if np.bincount(cohorts).min() >= ENOUGH_IN_COHORT:
        from diff_diff import CallawaySantAnna  # 0.1 s, and most chapters estimate no roll-out

        origin = panel.places[0] - 1  # places in the calendar, not columns, so that a hole counts; 0 means never there
        first, periods = np.where(panel.treated, panel.begun - origin, 0), panel.values.shape[1]
        rows = pd.DataFrame({"unit": np.repeat(np.arange(units), periods), "first": np.repeat(first, periods)})
        rows = rows.assign(time=np.tile(panel.places - origin, units), y=panel.values.ravel())
        fit = CallawaySantAnna(base_period="universal", control_group="not_yet_treated" if later else "never_treated")
        by_library = fit.fit(rows, outcome="y", unit="unit", time="time", first_treat="first")
        course, df, small = by_library.aggregate("event_study"), units - 2, units / (units - 2)
        att, whole = course.att[np.isfinite(course.se)], float(by_library.se * np.sqrt(small))  # all but the reference
        return Course(event, att, course.vcov * small, weights, panel.values, treated, away, df, whole)
    means = pd.DataFrame(panel.values).groupby(cohorts).transform("mean").to_numpy()
    df = units - int(cohorts.max()) - 1
    if df < 1:
        raise Refusal(f"{panel.label} was rolled out to one unit at a time, so chance cannot be told from an effect.")
    spread = (panel.values - means).T @ (panel.values - means) / df
    vcov = np.einsum("eut,fut->ef", weights @ spread, weights)
    whole = float(np.sqrt(mean @ vcov @ mean))
    return Course(event, flat @ panel.values.ravel(), vcov, weights, panel.values, treated, away, df, whole)


def cohort_weights(panel: Panel, later: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Events; the weights of all values in the effect of each; the units behind it; its periods from the reference."""
    cells, found = [], []  # of each cohort and period: its weights; event, units, periods from the reference
    for begun in np.unique(panel.begun[panel.treated]):
        own, base = panel.begun == begun, int(np.searchsorted(panel.places, begun)) - 1
        for column, place in enumerate(panel.places):
            others = ~panel.treated | (later & ~own & (panel.begun > max(place, panel.places[base])))
            if column == base:
                continue
            cell = np.zeros(panel.values.shape)
            cell[own, column], cell[others, column] = 1.0, -own.sum() / others.sum()
            cell[:, base] -= cell[:, column]
            cells.append(cell)
            found.append((place - begun, own.sum(), place - panel.places[base]))
    event, size, away = np.array(found).T
    events, which = np.unique(event, return_inverse=True)
    counts, weights = np.bincount(which, size), np.zeros((len(events), *panel.values.shape))
    np.add.at(weights, which, cells)
    return events, weights / counts[:, None, None], counts, np.bincount(which, size * away) / counts


def randomised_effect(panel: Panel, *, draws: int = 4999, seed: int = 0) -> Rung:
    """Estimate the effect of a randomised roll-out, with outcomes from before it or without."""
    need(panel, 2, 2, "trial")
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
    arms = np.vstack([arm, np.random.default_rng(seed).permuted(np.tile(arm, (draws, 1)), axis=1)])
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
        found, mean, undrifted = self.course, self.course.effect, self.course.undrifted
        tests = [mean.p, undrifted.p if undrifted else 1.0, *([self.p_value] if self.few else [])]
        errors, after = [mean.se, undrifted.se if undrifted else 0.0], found.after
        path = path_of(found.event[after], found.att[after], found.vcov[np.ix_(after, after)], self.grade)
        remark = f" (permutation {written_p(self.p_value)}){self._before}"
        design, test, p, error = "Staggered roll-out", "largest of the tests", max(tests), max(errors)
        caveat = "before the start it drifted too" if self.grade == "C" else ""
        wide = undrifted.ends if undrifted else (-np.inf, np.inf)
        return Rung(design, self.grade, mean.value, *mean.ends, path, p, test, remark, error, self._doubt, caveat, wide)

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
            table=self._by_period(),
            formats={"Period": "count"} | dict.fromkeys(["Effect", "Range from", "Range to"], "decimal"),
            caption=f"Effect on {self._label} by period since the start",
            note=f"n = {self.panel.base}; against the last period before the start; grey band: 95% for all periods at "
            f"once; permutation {written_p(self.p_value)}{self._before}. A plain regression would have said "
            f"{write(two_way(self.panel))}.",
            alt="Estimated effect by period since treatment with black 95% lines, zero in the last period before it; "
            f"{last} in the last; a grey band covers all periods at once.",
        )

    @property
    def _label(self) -> str:
        return self.panel.label + ", percentage points" * self.panel.shares

    def _by_period(self) -> pd.DataFrame:
        found = self.event[["event", "att", "low", "high"]] * [1, *[100**self.panel.shares] * 3]
        return found.set_axis(["Period", "Effect", "Range from", "Range to"], axis=1)

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax, event = style.axes_for(ax), self.event
        ax.fill_between(event["event"], event["band_low"], event["band_high"], color=style.PALE_GREY, step="mid")
        for part, colour, mark, label in (
            (event[event["event"] < 0], style.GREY, "o", "before the start"),
            (event[event["event"] >= 0], style.BLUE, "D", "after the start"),
        ):
            found = part[["att", "low", "high"]].to_numpy().T
            style.estimates(ax, part["event"], found, mark, color=colour, markersize=6, label=label)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.axvline(-0.5, color=style.ORANGE, linewidth=1, linestyle="--")
        ax.set_xticks(event["event"].tolist())
        if self.panel.shares:
            ax.yaxis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
        ax.legend(loc="upper left", handletextpad=0.2)
        return style.labelled(ax, "Periods since the unit was treated", f"Effect on {self._label}")


def staggered_effect(panel: Panel, *, seed: int = 0, draws: int = 999) -> StaggeredEffect:
    """Estimate what a staggered roll-out did, with event study, drift before the start and bands."""
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
    return StaggeredEffect(
        panel=panel,
        course=found,
        event=event,
        p_value=found.reassigned(draws, seed),
        few=fewest < FEW,
        shown=effect.p <= LEVEL and undrifted is not None and undrifted.p <= LEVEL,
        grade="C" if drifts else good,  # an effect that rests on a straight line is no effect of grade B
    )
