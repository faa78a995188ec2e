"""Roll-outs over many units: in stages, with event study, pre-periods and simultaneous bands, or by a lottery.

Of stages, estimates and covariance are diff-diff's; permutations stay own code: 999 fits of the library take 5 s for
one outcome, means of cohorts 0.03 s. Of a lottery, least squares with HC2 errors stay own code: of two treated units
the fit leaves nothing, which statsmodels divides by nothing, and it warns on the page where all started alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import NEVER, Panel, Rung, between, effect_writer, need
from scrm_helpers.initiatives.plan.streams import EffectPath, path_of
from scrm_helpers.stats.intervals import normal_quantile

if TYPE_CHECKING:
    from diff_diff import CallawaySantAnnaResults, EventStudyResults

POWER_FACTOR = 2.8  # 1.96 + 0.84 standard errors: eighty per cent power at five per cent


def course(panel: Panel) -> tuple[EventStudyResults, CallawaySantAnnaResults]:
    """Callaway and Sant'Anna's estimates against the never treated: by periods since the start, and over all."""
    from diff_diff import CallawaySantAnna  # 0.1 s, and most chapters estimate no roll-out

    units, periods = panel.values.shape
    origin = panel.places[0] - 1  # places in the calendar, not columns, so that a hole counts; 0 means never there
    rows = pd.DataFrame(
        {
            "unit": np.repeat(np.arange(units), periods),
            "time": np.tile(panel.places - origin, units),
            "first": np.repeat(np.where(panel.treated, panel.begun - origin, 0), periods),
            "y": panel.values.ravel(),
        }
    )
    found = CallawaySantAnna().fit(rows, outcome="y", unit="unit", time="time", first_treat="first")
    return found.aggregate("event_study"), found


def bands(estimate: EventStudyResults, *, draws: int = 999, seed: int = 0) -> float:
    """Critical value of simultaneous 95 % bands: how far the largest of jointly normal errors reaches."""
    # normal draws, not signs: signs kept 82 of 100 true courses of 30 units (95 promised), normal draws 86
    se = np.sqrt(np.diag(estimate.vcov))
    scale = np.where(se > 0, se, 1.0)
    joint = estimate.vcov / np.outer(scale, scale)
    errors = np.random.default_rng(seed).multivariate_normal(np.zeros(len(joint)), joint, draws, method="eigh")
    return max(float(np.quantile(np.abs(errors).max(axis=1), 0.95)), normal_quantile(0.95))


def two_way(panel: Panel) -> float:
    """Return what a plain two-way fixed effects regression would have said; biased where effects grow."""
    treated = (np.arange(len(panel.periods)) >= panel.first[:, None]) & panel.treated[:, None]
    within = treated - treated.mean(axis=0) - treated.mean(axis=1, keepdims=True) + treated.mean()
    return float((within * panel.values).sum() / (within**2).sum())


def permutation_p(panel: Panel, *, draws: int = 999, seed: int = 0) -> float:
    """Share of random reassignments of the roll-out that bring at least as large a mean effect."""
    rng = np.random.default_rng(seed)
    observed = abs(_simple(panel.values, panel.first))
    reached = sum(abs(_simple(panel.values, rng.permutation(panel.first))) >= observed - 1e-12 for _ in range(draws))
    return (1 + reached) / (1 + draws)


def _simple(values: np.ndarray, first: np.ndarray) -> float:
    """Mean effect over treated cells against the never treated, from cohort means alone."""
    control = values[first == NEVER].mean(axis=0)
    total, weight = 0.0, 0.0
    for g in np.unique(first[first != NEVER]):
        own = values[first == g]
        gap = own.mean(axis=0) - control
        total += len(own) * float((gap[g:] - gap[g - 1]).sum())
        weight += len(own) * (values.shape[1] - int(g))
    return total / weight


@dataclass(frozen=True, kw_only=True)
class StaggeredEffect(Answer):
    """Effect of a staggered roll-out by periods since the start, and on the whole."""

    ABSENT = "{reason}."

    outcome: str = ""
    shares: bool = False
    base: str = ""  # how many units were compared
    att: Measure = unknown("att", "outcome")
    se: float = math.nan
    event: pd.DataFrame = field(default_factory=pd.DataFrame)  # effect with point range and band, by event period
    plain: float = math.nan  # what a plain regression would have said
    p_value: float = math.nan
    path: EffectPath | None = None

    @property
    def pre_trend(self) -> bool:
        """Whether the units had drifted apart before the start: a band there leaves zero out."""
        before = self.event[self.event["event"] < 0]
        return bool(((before["band_low"] > 0) | (before["band_high"] < 0)).any())

    @property
    def rung(self) -> Rung:
        """What this design says on the ladder."""
        drift = "drifted apart" if self.pre_trend else "moved alike"
        before = f"; before the start the units {drift}"
        found = (self.att.value or 0.0, *self.att.ends, self.path, self.p_value)
        return Rung("Staggered roll-out", "B", *found, test="permutation", remark=before)

    def words(self) -> Words:
        (low, high), write, outcome = self.att.ends, effect_writer(self.shares, self.se), self.outcome
        effect, ends = write(self.att.value or 0.0), between(low, high, write)
        course = self.event["att"].to_numpy()
        first, last = write(course[(self.event["event"] >= 0).argmax()]), write(course[-1])
        text = (
            f"The roll-out changed {outcome} by {effect} (95% range {ends}; grade B); before it the units moved alike."
        )
        alt = (
            "Estimated effect by period since treatment with black 95% lines: near zero before the start, "
            f"{first} in the first period, {last} in the last; a grey band covers all periods at once."
        )
        shown = self.rung.shown
        if not shown:
            text = f"No effect on {outcome} can be shown: {effect}, 95% range {ends} (grade B)."
        if self.pre_trend:
            text = (
                f"The units already drifted apart before the start, so the change in {outcome} after it ({effect}, 95% "
                f"range {ends}) is not the effect of the roll-out alone."
            )
            alt = (
                "Estimated effect by period since treatment with black 95% lines; before the start the band leaves "
                f"zero; {last} in the last period."
            )
        columns = {"event": "Periods since treated", "att": "Effect", "low": "95% range low", "high": "95% range high"}
        return Words(
            sentence=text,
            title=f"{outcome[:1].upper() + outcome[1:]}: {effect} where it was rolled out"
            if shown
            else f"No effect on {outcome} can be shown",
            table=self.event[list(columns)].rename(columns=columns),
            formats={"Periods since treated": "count"} | dict.fromkeys(list(columns.values())[1:], "decimal4"),
            caption=f"Effect on {outcome} by time since the roll-out",
            note=(
                f"n = {self.base}; grey band: 95% for all periods at once; permutation p = "
                f"{numbers.decimal(self.p_value, 3)}; grade B. A plain regression would have said "
                f"{write(self.plain)}."
            ),
            alt=alt,
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
        ax.set_xlabel("Periods since the unit was treated")
        ax.set_ylabel(f"Effect on {self.outcome}" + (", percentage points" if self.shares else ""))
        if self.shares:
            ax.yaxis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
        ax.legend(loc="upper left", handletextpad=0.2)
        return ax


def staggered_effect(panel: Panel, *, seed: int = 0, draws: int = 999) -> StaggeredEffect:
    """Estimate what a staggered roll-out did, with event study, pre-periods and bands."""
    need(panel, 2, 2, "staggered comparison")
    found, whole = course(panel)
    value, error, se = float(whole.att), float(whole.se), np.sqrt(np.diag(found.vcov))
    event = pd.DataFrame({"event": found.event_time, "att": found.att})
    point, band = normal_quantile(0.95), bands(found, draws=draws, seed=seed)
    event["low"], event["high"] = found.att - point * se, found.att + point * se
    event["band_low"], event["band_high"] = found.att - band * se, found.att + band * se
    after = found.event_time >= 0
    name, low, high = measure_name("att", panel.outcome), value - point * error, value + point * error
    att = Measure(name=name, value=value, unit="outcome", n=len(panel.units), low=low, high=high, kind="incremental")
    return StaggeredEffect(
        outcome=panel.outcome,
        shares=panel.shares,
        base=panel.base,
        att=att,
        se=error,
        event=event,
        plain=two_way(panel),
        p_value=permutation_p(panel, draws=draws, seed=seed),
        path=path_of(found.event_time[after], found.att[after], found.vcov[np.ix_(after, after)], "B"),
    )


@dataclass(frozen=True)
class Power:
    """Smallest effect that shows in four of five trials; None where the panel cannot tell."""

    panel: Panel
    smallest: float | None

    @property
    def sentence(self) -> str:
        """What this roll-out could show at all."""
        outcome = self.panel.outcome
        if self.smallest is None:
            return (
                f"What {outcome} could show cannot be computed because there are fewer than two periods before "
                "treatment, or fewer than two units on one side."
            )
        usual = float(np.median(self.panel.values))
        share = f" ({numbers.percent(self.smallest / abs(usual), 1)} of the usual level)" if usual else ""
        smallest = effect_writer(self.panel.shares, self.smallest / POWER_FACTOR)(self.smallest).lstrip("+")
        return (
            f"{outcome[:1].upper() + outcome[1:]}: this roll-out can show an effect of {smallest}{share} in four of "
            "five trials; a smaller one may well be there and not show."
        )


def panel_power(panel: Panel) -> Power:
    """Compute, from the periods before treatment alone, the smallest effect that this panel can show."""
    treated, others = int(panel.treated.sum()), int((~panel.treated).sum())
    before = int(panel.first[panel.treated].min())
    after = len(panel.periods) - before
    if min(treated, others) < 2 or before < 2:
        return Power(panel, None)
    early = panel.values[:, :before]
    spread = float(early.std(axis=0, ddof=1).mean())
    alike = float(np.corrcoef(early.T)[np.triu_indices(before, 1)].mean())  # of the same units in two periods
    per_arm = 2 / (1 / treated + 1 / others)
    variance = 2 * spread**2 / per_arm * (1 - alike) * (1 / before + 1 / after)
    return Power(panel, POWER_FACTOR * math.sqrt(variance))


def randomised_effect(panel: Panel, *, draws: int = 4999, seed: int = 0) -> Rung:
    """Estimate the effect of a randomised roll-out."""
    from scipy.stats import t as student

    need(panel, 2, 2, "trial")
    starts = np.unique(panel.begun[panel.treated])
    if len(starts) > 1:
        raise Refusal(
            f"The trial of {panel.outcome} starts in {len(starts)} different periods. Use the staggered comparison."
        )
    start = int(panel.first[panel.treated][0])
    before, after = panel.values[:, :start].mean(axis=1), panel.values[:, start:].mean(axis=1)
    effect, se = _adjusted(after, before, panel.treated)
    reach = float(student.ppf(0.975, max(len(after) - 4, 1))) * se
    centred = before - before.mean()
    rest = after - centred * (centred @ (after - after.mean())) / (centred @ centred)
    drawn = np.random.default_rng(seed).permuted(np.tile(panel.treated, (draws, 1)), axis=1)
    sums = np.vstack([panel.treated, drawn]) @ (rest - rest.mean())  # the difference of means goes with the sum
    chance = float((np.abs(sums) >= abs(sums[0]) - 1e-9 * np.abs(rest).max()).mean())
    each = np.array([_adjusted(values, before, panel.treated)[0] for values in panel.values[:, start:].T])
    return Rung(
        design="Lottery",
        grade="A",
        effect=effect,
        low=effect - reach,
        high=effect + reach,
        path=path_of(panel.places[start:] - starts[0], each, np.full((len(each), len(each)), se**2), "A"),
        p_value=chance,
        test="randomisation",
    )


def _adjusted(after: np.ndarray, before: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    """Coefficient of treatment and its HC2 error."""
    centred = before - before.mean()
    design = np.column_stack([np.ones(len(after)), treated, centred, treated * centred])
    inverse = np.linalg.pinv(design.T @ design)
    beta = inverse @ design.T @ after
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * ((after - design @ beta) / np.sqrt(np.clip(1 - leverage, 1e-9, None)))[:, None]
    return float(beta[1]), float(np.sqrt((inverse @ (scaled.T @ scaled) @ inverse)[1, 1]))
