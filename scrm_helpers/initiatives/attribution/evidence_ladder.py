"""What the initiatives moved: for each outcome the best design that its panel allows, then all outcomes at once.

The ladder of designs, best first: a lottery (A), a staggered roll-out (B), a stand-in for few treated units (B-), one
series (C); a plain regression and before-and-after (D) stand beside them as a warning.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import holm
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.few_treated import LEAST_BEFORE, interrupted_series, synthetic_effect
from scrm_helpers.initiatives.attribution.panel import Panel, Rung, between, effect_writer, read_panel
from scrm_helpers.initiatives.attribution.roll_outs import (
    POWER_FACTOR,
    Power,
    StaggeredEffect,
    panel_power,
    randomised_effect,
    staggered_effect,
    two_way,
)
from scrm_helpers.initiatives.plan.streams import EffectPath
from scrm_helpers.tables.values.periods import COUNT

ENOUGH_UNITS = 8  # on each side, for a staggered roll-out


@dataclass(frozen=True)
class Ladder:
    """What each design says of one outcome, the best first; `measure` is the effect that may be quoted."""

    panel: Panel
    rungs: tuple[Rung, ...]
    measure: Measure
    study: StaggeredEffect | None = None
    refused: str = ""  # why there is no stand-in

    @property
    def outcome(self) -> str:
        """What was measured."""
        return self.panel.outcome

    @property
    def best(self) -> Rung:
        """The rung that counts, if any carries a claim."""
        return self.rungs[0]

    @property
    def carried(self) -> bool:
        """Whether any design carries a claim."""
        return self.best.path is not None

    @property
    def grade(self) -> str:
        """Grade of the best design; D where none carries a claim."""
        return self.best.grade if self.carried else "D"

    @property
    def se(self) -> float:
        """Error of the best design, missing where none carries a claim."""
        return (self.best.high - self.best.low) / 3.92 if self.carried else math.nan

    @property
    def p_value(self) -> float:
        """Chance of so large an effect if there were none, from the estimate and its error."""
        return math.erfc(abs(self.best.effect) / self.se / math.sqrt(2)) if self.se > 0 else math.nan

    @property
    def sentence(self) -> str:
        """What the best design says, and what a look at before and after would have said."""
        best, naive, outcome = self.best, self.rungs[-1].effect, self.outcome
        write = effect_writer(self.panel.shares, (best.high - best.low) / 4 if self.carried else abs(naive) / 10)
        if not self.carried:
            why = f" {self.refused}" if self.refused else ""
            return (
                f"Before and after differ by {write(naive)} in {outcome}, but no comparison carries the claim that the "
                f"initiative did it (grade D).{why}"
            )
        head, robust = f"no effect can be shown: {write(best.effect)}", ""
        if best.shown:
            head = f"the initiative changed it by {write(best.effect)}"
            robust = f"; were {numbers.percent(best.undoing_bias)} of it bias, the range would reach zero"
        return (
            f"{outcome[:1].upper() + outcome[1:]}: {head} (95% range {between(best.low, best.high, write)}; grade "
            f"{best.grade}{robust}); a look at before and after would have said {write(naive)}."
        )


def before_after(panel: Panel) -> float:
    """Change of the treated units from before to after; a warning, never evidence."""
    gains = [panel.values[u, s:].mean() - panel.values[u, :s].mean() for u, s in enumerate(panel.first) if s > 0]
    return float(np.mean(gains))


def ladder(panel: Panel, *, seed: int = 0, among: Iterable[str] = ()) -> Ladder:
    """Climb the ladder for one outcome that moves and has treated units."""
    best: Rung | None = None
    study, refused = None, ""
    if panel.randomised:
        best = randomised_effect(panel, seed=seed)
    elif min(int(panel.treated.sum()), int((~panel.treated).sum())) >= ENOUGH_UNITS:
        study = staggered_effect(panel, seed=seed)
        best = study.rung
    else:
        try:
            best = synthetic_effect(panel)
        except Refusal as refusal:
            refused, best = str(refusal), _one_series(panel)
    rungs = [] if best is None else [best]
    if not panel.randomised and (~panel.treated).any():
        rungs.append(Rung("Plain regression", "no design", two_way(panel)))
    rungs.append(Rung("Before and after", "D", before_after(panel)))
    name = measure_name("effect", panel.outcome, among)
    measure = unknown(name, "outcome", "no design better than before and after is possible", len(panel.units))
    if best is not None:
        measure = replace(measure, value=best.effect, low=best.low, high=best.high, reason="")
    return Ladder(panel, tuple(rungs), replace(measure, kind="incremental"), study, refused)


def _one_series(panel: Panel) -> Rung | None:
    """Treat the mean of the treated units as one series, the untreated ones as its controls; None where it is weak."""
    starts = np.unique(panel.first[panel.treated])
    others = panel.values[~panel.treated]
    if len(starts) != 1 or starts[0] < LEAST_BEFORE or not len(others) or len(panel.holes):
        return None
    found = interrupted_series(panel.values[panel.treated].mean(axis=0), others.T, int(starts[0]), panel.granularity)
    return found if found.grade == "C" else None


@dataclass(frozen=True, kw_only=True)
class Evidence(Answer):
    """Power and best design of every outcome; `p_values` are corrected for many looks."""

    ABSENT = "No effect can be attributed: {reason}."
    OFFERS: ClassVar = ("figure", "table")

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    powers: Mapping[str, Power] = field(default_factory=dict)
    p_values: Mapping[str, float] = field(default_factory=dict)
    effects: tuple[Measure, ...] = ()  # how many outcomes moved, then the effect on each

    @property
    def shown(self) -> tuple[str, ...]:
        """Outcomes whose effect survives the correction for many looks."""
        return tuple(name for name, chance in self.p_values.items() if chance < 0.05)

    @property
    def study(self) -> StaggeredEffect:
        """Event study of the outcome that a staggered roll-out moved most clearly, or why there is none."""
        size = self.ratios["effect"].abs()
        ranked = sorted(size.index, key=lambda name: (name not in self.shown, -size[name]))
        studies = [found for name in ranked if (found := self.ladders[name].study) is not None]
        if studies:
            return studies[0]
        return StaggeredEffect(
            reason="No outcome was rolled out in stages over eight or more units on each side, so there is no course "
            "of an effect over time to show"
        )

    def path(self, outcome: str) -> EffectPath | None:
        """Effect of one outcome for a valuation, which counts in quarters, or None."""
        found = self.ladders.get(outcome)
        return found.best.path if found and found.panel.granularity in ("quarter", COUNT) else None

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Each effect with its range, in units of the smallest effect that its roll-out could show."""
        rows = {
            name: [end / self.smallest(name) for end in (found.best.effect, found.best.low, found.best.high)]
            for name, found in self.ladders.items()
            if found.carried
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["effect", "low", "high"]).dropna()

    def smallest(self, outcome: str) -> float:
        """Smallest effect that shows, from the periods before the start, else from the error of the best design."""
        return self.powers[outcome].smallest or POWER_FACTOR * self.ladders[outcome].se

    @property
    def drawable(self) -> bool:
        """Whether there is an effect with its range."""
        return bool(len(self.ratios))

    def words(self) -> Words:
        shown, looks = self.shown, numbers.plural(len(self.ladders), "time")
        count = numbers.plural(len(self.ladders), "outcome")
        moved = [self.ladders[name] for name in shown]
        said = "; ".join(f"{one.outcome} {effect_writer(one.panel.shares, one.se)(one.best.effect)}" for one in moved)
        return Words(
            sentence=(
                f"Of {count} {len(shown)} moved by more than chance after correction for looking {looks}: {said}."
                if shown
                else f"Of {count} none can be shown to have moved once corrected for looking {looks}."
            ),
            table=pd.DataFrame([self._line(name) for name in self.ladders]),
            title=f"{len(shown)} of {count} moved by more than chance",
            caption="What the initiatives moved",
            note=(
                "Best design of each outcome: A lottery, B staggered roll-out, B- stand-in; power from the periods "
                "before; p by Holm. Bias that would undo it: share of the effect that must be bias for its own 95% "
                "range to reach zero; a coin flip between gain and loss takes 100% of any effect."
            ),
            alt=(
                "One line per outcome: effect over the smallest visible one with its 95% range; filled for "
                f"{', '.join(shown) or 'none'}."
            ),
        )

    def _line(self, name: str) -> dict[str, str]:
        """One outcome in words; the unit of shares stands beside the name."""
        found, chance = self.ladders[name], self.p_values[name]
        best, shares = found.best, found.panel.shares
        full = effect_writer(shares, found.se)
        write = lambda value: full(value).removesuffix(" percentage points")  # noqa: E731 - one writer for these units
        smallest = self.smallest(name)
        reading, bias = "no design", numbers.MISSING
        if not math.isnan(chance):
            undone = numbers.percent(best.undoing_bias)
            reading, bias = ("shown", undone) if name in self.shown else ("cannot be shown", "none needed")
        return {
            "Outcome": name + (", percentage points" if shares else ""),
            "Grade": found.grade,
            "Smallest that shows": numbers.MISSING if math.isnan(smallest) else write(smallest).lstrip("+"),
            "Effect": write(best.effect) if found.carried else numbers.MISSING,
            "95% range": f"{write(best.low)} to {write(best.high)}" if found.carried else numbers.MISSING,
            "p, corrected": "< 0.001" if chance < 0.001 else numbers.decimal(chance, 3),
            "Reading": reading,
            "Bias that would undo it": bias,
        }

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=1.1 + 0.4 * len(self.ratios))
        for place, (name, (effect, low, high)) in enumerate(self.ratios.iterrows()):
            mark, face = ("D", style.BLUE) if name in self.shown else ("o", "white")
            ax.hlines(place, low, high, color=style.INK, linewidth=1.4)
            ax.plot(effect, place, mark, color=face, markeredgecolor=style.BLUE, markersize=7)
        ax.axvspan(-1, 1, color=style.PALE_GREY, zorder=0)
        style.name_rows(ax, self.ratios.index, zero=True, down=True)
        ax.set_xlabel("Effect over the smallest that shows in four of five trials (grey: smaller); filled: shown")
        return ax


def gather_evidence(panel: pd.DataFrame | None, *, seed: int = 0) -> Evidence:
    """Climb the ladder for every outcome of the table ``initiative_panel``, power first.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        The table, or None when the company has none.
    seed : int
        Seed.

    Returns
    -------
    Evidence

    Notes
    -----
    p-values from estimate and error of the best design, corrected over all outcomes (Holm).
    """
    read = {}
    if panel is not None:
        read = {name: read_panel(panel, name) for name in sorted(panel["outcome"].dropna().astype(str).unique())}
    panels = {name: one for name, one in read.items() if one.treated.any() and np.ptp(one.values) > 0}
    if not panels:
        why = "; ".join(_unusable(one) for one in read.values())
        return Evidence(reason=why or "the table initiative_panel is empty or not there")
    ladders = {name: ladder(one, seed=seed, among=panels) for name, one in panels.items()}
    p_values = dict(zip(ladders, holm([found.p_value for found in ladders.values()]).tolist(), strict=True))
    moved = float(sum(chance < 0.05 for chance in p_values.values()))
    count = Measure(name="outcomes_moved", value=moved, unit="count", n=len(ladders), kind="incremental")
    return Evidence(
        ladders=ladders,
        powers={name: panel_power(one) for name, one in panels.items()},
        p_values=p_values,
        effects=(count, *(found.measure for found in ladders.values())),
    )


def _unusable(panel: Panel) -> str:
    """Why nothing can be attributed from one panel."""
    gone = "; ".join(f"{numbers.plural(n, 'unit')} left out: {why}" for why, n in sorted(panel.left_out.items()))
    if panel.values.size and np.ptp(panel.values) == 0:
        return f"{panel.outcome} is the same everywhere"
    return f"{panel.outcome} has no unit with periods before and after its start" + (f" ({gone})" if gone else "")
