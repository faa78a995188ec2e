"""The ladder: what each design says about one outcome, best first, and which of them may be quoted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.interrupted import SeriesEffect, interrupted_series
from scrm_helpers.initiatives.attribution.panel import Panel, between, effect_writer, first_places, in_points
from scrm_helpers.initiatives.attribution.randomised import randomised_effect
from scrm_helpers.initiatives.attribution.staggered import StaggeredEffect, staggered_effect, two_way
from scrm_helpers.initiatives.attribution.synthetic import synthetic_effect
from scrm_helpers.initiatives.plan.streams import EffectPath
from scrm_helpers.tables.values.periods import COUNT, MISSING, read_periods

if TYPE_CHECKING:
    from matplotlib.axes import Axes

APART = 20.0
"""Factor between neighbouring units from which one of them is taken to be written in percent."""


def refuse_strange_starts(panel: pd.DataFrame) -> None:
    """Refuse first periods that are written in another form than the periods: their units would count as untreated."""
    if "first_period" not in panel or panel.empty:
        return
    names, starts = (pd.unique(panel[name].dropna()) for name in ("period", "first_period"))
    read = read_periods(names)
    strange = starts[first_places(starts, read.granularity).bad]
    if len(strange):
        raise Refusal(
            f"The table initiative_panel has first periods that are no period of it: {listed(strange)}. Their units "
            f"would count as never treated. Write them like the periods, such as {min(read.names)}, or leave them "
            "blank."
        )


def panel_doubts(panel: pd.DataFrame) -> Iterator[str]:
    """Name what a reader of the estimates should know beforehand."""
    for outcome, rows in panel.groupby(panel["outcome"].astype(str), sort=True):
        yield from _of_one_outcome(str(outcome), rows)


def _of_one_outcome(outcome: str, rows: pd.DataFrame) -> Iterator[str]:
    values = pd.to_numeric(rows["value"], errors="coerce")
    middle = np.sort(values.groupby(rows["unit_id"].astype(str)).median().dropna().to_numpy())
    middle = middle[middle > 0]
    steps = middle[1:] / middle[:-1]
    if len(steps) and steps.max() > APART:
        low, high = map(numbers.decimal, middle[steps.argmax() : steps.argmax() + 2])
        yield (
            f"The outcome {outcome} lies at {low} or below in some units and at {high} or above in others: some are "
            "probably written in percent and some as shares. Write all in one unit."
        )
    if "randomised" in rows and 0 < rows["randomised"].fillna(False).astype(bool).mean() < 1:
        yield f"The outcome {outcome} is marked as randomised in some rows only, so it counts as no lottery."
    if "first_period" in rows:
        yield from _of_starts(outcome, rows.dropna(subset=["unit_id", "period"]))


def _of_starts(outcome: str, rows: pd.DataFrame) -> Iterator[str]:
    code, names = pd.factorize(rows["period"])
    begin, starts = pd.factorize(rows["first_period"])
    read = read_periods(names)
    units = pd.DataFrame(
        {
            "unit": rows["unit_id"].to_numpy(),
            "first": read.places[code],
            "begun": np.append(first_places(starts, read.granularity).places, MISSING)[begin],
        }
    )
    units = units.groupby("unit").agg(first=("first", "min"), begun=("begun", "max"))
    treated = units[units["begun"] != MISSING]
    if len(treated) == 1:
        yield f"Only one unit was treated in {outcome}: placebo runs over the others alone tell chance from effect."
    if len(treated) and bool((treated["begun"] <= treated["first"]).all()):
        yield f"Every treated unit of {outcome} was treated from its first period on: add periods before the start."
    if len(treated) and len(treated) == len(units) and len(set(treated["begun"])) == 1:
        yield f"All units of {outcome} were treated at once, so none is left to compare with. Add untreated units."


@dataclass(frozen=True, kw_only=True)
class Ladder(Result):
    """What each design says; `grade` is that of the best one, `path` its effect for a valuation (or None)."""

    rungs: pd.DataFrame
    grade: str
    path: EffectPath | None
    outcome: str
    shares: bool
    checks: str = ""
    study: StaggeredEffect | None = None
    granularity: str = "quarter"

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the estimate of each design, with its range where it has one."""
        ax = style.axes_for(ax, height=1.1 + 0.42 * len(self.rungs))
        for place, (_, rung) in enumerate(self.rungs.iterrows()):
            quotable = rung["grade"] in ("A", "B", "B-", "C")
            ax.hlines(place, float(rung["low"]), float(rung["high"]), color=style.INK, linewidth=1.4)
            mark, colour, face = ("D", style.BLUE, style.BLUE) if quotable else ("o", style.GREY, "white")
            ax.plot(float(rung["effect"]), place, mark, color=face, markeredgecolor=colour, markersize=7, zorder=3)
        ax.axvline(0, color=style.INK, linewidth=0.8)
        names = [f"{rung.design} ({rung.grade})" for rung in self.rungs.itertuples(index=False)]
        ax.set_yticks(range(len(names)), names)
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
        ax.margins(x=0.08, y=0.2)
        label = in_points(ax.xaxis, self.outcome, self.shares)
        ax.set_xlabel(f"{label}; filled: may be quoted, open: a warning")
        return ax


def before_after(panel: Panel) -> float:
    """Change of the treated units from before to after; a warning, never evidence."""
    gains = [panel.values[u, s:].mean() - panel.values[u, :s].mean() for u, s in enumerate(panel.first) if s > 0]
    return float(np.mean(gains))


def undoing_bias(effect: float, low: float, high: float) -> float:
    """Share of an effect that must be bias for its 95 % range to reach zero; 0 when the range holds zero already."""
    return max(low / effect, 0.0) if effect > 0 else max(high / effect, 0.0) if effect < 0 else 0.0


def ladder(panel: Panel, *, seed: int = 0, among: Iterable[str] = ()) -> Ladder:
    """Climb the ladder for one outcome: the best design that the panel allows, and the weak ones beside it."""
    if panel.values.size and np.ptp(panel.values) == 0:
        raise Refusal(
            f"The outcome {panel.outcome} is the same in every unit and period, so no effect can be told from it. "
            "Check how it was measured."
        )
    rows: list[dict[str, object]] = []
    path: EffectPath | None = None
    checks, study = "", None
    reasons = []
    few = int(panel.treated.sum()) < 8 or int((~panel.treated).sum()) < 8
    if panel.randomised:
        trial = randomised_effect(panel, seed=seed)
        rows.append({"design": "Lottery", "grade": "A", "effect": trial.att, "low": trial.low, "high": trial.high})
        path, checks = trial.path, f"randomisation p = {numbers.decimal(trial.p_value, 3)}"
    elif not few:
        wave = staggered_effect(panel, seed=seed)
        rows.append(
            {"design": "Staggered roll-out", "grade": "B", "effect": wave.att, "low": wave.low, "high": wave.high}
        )
        path, study, drift = wave.path, wave, "drifted apart" if wave.pre_trend else "moved alike"
        checks = f"permutation p = {numbers.decimal(wave.p_value, 3)}; before the start the units {drift}"
    else:
        try:
            mix = synthetic_effect(panel)
            spread = 1.96 * float(mix.placebo.std(ddof=1))
            ends = {"low": mix.att - spread, "high": mix.att + spread}
            rows.append({"design": "Stand-in", "grade": "B-", "effect": mix.att, **ends})
            path = EffectPath(np.array([mix.att]), np.array([[(spread / 1.96) ** 2]]), "B-")
            checks = f"placebo in space p = {numbers.decimal(mix.p_value, 3)}"
        except Refusal as refused:
            reasons.append(str(refused))
            series = _one_series(panel)
            if series is not None and series.grade == "C":
                ends = {"low": series.low, "high": series.high}
                rows.append({"design": "One series", "grade": "C", "effect": series.effect, **ends})
                path = EffectPath(np.array([series.effect]), np.array([[series.sd**2]]), "C")
                checks = f"{numbers.plural(len(series.placebo), 'placebo start')} in the past set the range"
    if panel.treated.any():
        if not panel.randomised and (~panel.treated).any():
            rows.append({"design": "Plain regression", "grade": "no design", "effect": two_way(panel)})
        rows.append({"design": "Before and after", "grade": "D", "effect": before_after(panel)})
    if not rows:
        raise Refusal(
            f"No unit of {panel.outcome} was treated, so there is nothing to attribute. Fill in first_period."
        )
    frame = pd.DataFrame(rows, columns=["design", "grade", "effect", "low", "high"]).astype(
        {"effect": float, "low": float, "high": float}
    )
    best = dict(zip(frame.columns, frame.to_numpy()[0], strict=True))
    grade = str(best["grade"]) if path is not None else "D"
    error = (float(best["high"]) - float(best["low"])) / 4 if path is not None else abs(before_after(panel)) / 10
    write = effect_writer(panel, error)
    listing = ", ".join(map("{} {}".format, frame["design"], frame["effect"].map(write)))
    title, text = _reading(panel.outcome, frame, path is not None, write, reasons)
    return Ladder(
        sentence=text,
        table=frame.rename(
            columns={
                "design": "Design",
                "grade": "Grade",
                "effect": "Effect",
                "low": "95% range low",
                "high": "95% range high",
            }
        ),
        formats=dict.fromkeys(["Effect", "95% range low", "95% range high"], "decimal4"),
        title=title,
        caption=f"What each design says about {panel.outcome}",
        note=f"n = {panel.base}; grades A (lottery) to D (before and after); black lines: 95% ranges.",
        alt=f"One line per design: {listing}.",
        measures=(
            Measure(
                name=measure_name("effect", panel.outcome, among),
                value=float(best["effect"]) if path is not None else None,
                unit="outcome",
                n=len(panel.units),
                low=float(best["low"]) if path is not None else None,
                high=float(best["high"]) if path is not None else None,
                kind="incremental",
                reason="" if path is not None else "no design better than before and after is possible",
            ),
        ),
        rungs=frame,
        grade=grade,
        path=path,
        outcome=panel.outcome,
        shares=panel.shares,
        checks=checks,
        study=study,
        granularity=panel.granularity,
    )


def _one_series(panel: Panel) -> SeriesEffect | None:
    """Treat the mean of the treated units as one series, the untreated ones as its controls; None where impossible."""
    starts = np.unique(panel.first[panel.treated])
    others = panel.values[~panel.treated]
    if len(starts) != 1 or not len(others) or len(panel.holes):
        return None
    index = list(panel.periods)
    try:
        return interrupted_series(
            pd.Series(panel.values[panel.treated].mean(axis=0), index=index),
            pd.DataFrame(others.T, index=index),
            int(starts[0]),
            unit="period" if panel.granularity == COUNT else panel.granularity,
            name=panel.outcome,
        )
    except Refusal:
        return None


def _reading(
    outcome: str, frame: pd.DataFrame, carried: bool, write: Callable[[float], str], reasons: list[str]
) -> tuple[str, str]:
    weak = frame[frame["design"] == "Before and after"]
    naive = float(weak["effect"].iloc[0]) if len(weak) else float("nan")
    if not carried:
        why = f" {reasons[0]}" if reasons else ""
        text = (
            f"Before and after differ by {write(naive)} in {outcome}, but no comparison carries the claim that the "
            f"initiative did it (grade D).{why}"
        )
        return f"Nothing here shows an effect on {outcome}", text
    best = frame.iloc[0]
    effect, low, high = float(best["effect"]), float(best["low"]), float(best["high"])
    shown = low > 0 or high < 0
    title = f"{outcome[:1].upper() + outcome[1:]}: {write(effect)}" if shown else f"No effect on {outcome} can be shown"
    undone = numbers.percent(undoing_bias(effect, low, high))
    robust = f"; were {undone} of it bias, the range would reach zero" if shown else ""
    head = f"the initiative changed it by {write(effect)}" if shown else f"no effect can be shown: {write(effect)}"
    return title, (
        f"{outcome[:1].upper() + outcome[1:]}: {head} (95% range {between(low, high, write)}; grade "
        f"{best['grade']}{robust}); a look at before and after would have said {write(naive)}."
    )
