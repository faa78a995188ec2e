"""Every outcome of a roll-out at once: what could be seen, what was seen, and which of it survives many looks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.evidence_ladder import Ladder, ladder, refuse_strange_starts, undoing_bias
from scrm_helpers.initiatives.attribution.panel import Panel, effect_writer, read_panel
from scrm_helpers.initiatives.attribution.randomised import Power, panel_power
from scrm_helpers.initiatives.plan.streams import EffectPath
from scrm_helpers.stats.chance import holm
from scrm_helpers.tables.values.periods import COUNT

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SHOWN = (
    "Outcome, unit",
    "Grade",
    "Smallest that shows",
    "Effect",
    "95% range",
    "p, corrected",
    "Reading",
    "Bias that would undo it",
)


@dataclass(frozen=True, kw_only=True)
class Evidence(Result):
    """Power and best design of every outcome. `shown` survives the correction for many looks."""

    OFFERS: ClassVar = ("figure", "table")

    ladders: dict[str, Ladder]
    powers: dict[str, Power]
    shown: tuple[str, ...]
    ratios: pd.DataFrame

    @property
    def study(self) -> Result:
        """Event study of the outcome that a staggered roll-out moved most clearly, or why there is none."""
        size = {str(name): abs(ratio) for name, ratio in self.ratios["effect"].items()} if len(self.ratios) else {}
        ranked = sorted(size, key=lambda name: (name not in self.shown, -size[name]))
        studies = [found for name in ranked if (found := self.ladders[name].study) is not None]
        if studies:
            return studies[0]
        return Result(
            sentence="No outcome was rolled out in stages over eight or more units on each side, so there is no course "
            "of an effect over time to show.",
            table=pd.DataFrame(),
            drawable=False,
        )

    def path(self, outcome: str) -> EffectPath | None:
        """Effect of one outcome for a valuation, which counts in quarters, or None."""
        found = self.ladders.get(outcome)
        return found.path if found and found.granularity in ("quarter", COUNT) else None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw each effect in units of the smallest effect that its roll-out could show."""
        ax = style.axes_for(ax, height=1.1 + 0.4 * len(self.ratios))
        for place, (name, row) in enumerate(self.ratios.iterrows()):
            found = name in self.shown
            ax.hlines(place, float(row["low"]), float(row["high"]), color=style.INK, linewidth=1.4)
            face = style.BLUE if found else "white"
            ax.plot(
                float(row["effect"]), place, "D" if found else "o", color=face, markeredgecolor=style.BLUE, markersize=7
            )
        ax.axvline(0, color=style.INK, linewidth=0.8)
        ax.axvspan(-1, 1, color=style.PALE_GREY, zorder=0)
        ax.set_yticks(range(len(self.ratios)), [str(name) for name in self.ratios.index])
        ax.invert_yaxis()
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
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
    outcomes = [] if panel is None else sorted(panel["outcome"].dropna().astype(str).unique())
    if panel is not None:
        refuse_strange_starts(panel)
    read = {name: read_panel(panel, name) for name in outcomes if panel is not None}
    panels = {name: one for name, one in read.items() if one.treated.any() and np.ptp(one.values) > 0}
    if not panels:
        why = "; ".join(_unusable(one) for one in read.values()) or "the table initiative_panel is empty or not there"
        return Evidence(
            sentence=f"No effect can be attributed: {why}.",
            table=pd.DataFrame({"Outcome": [], "Effect": []}),
            ladders={},
            powers={},
            shown=(),
            ratios=pd.DataFrame(),
            drawable=False,
        )
    ladders = {name: ladder(one, seed=seed, among=panels) for name, one in panels.items()}
    powers = {name: panel_power(one) for name, one in panels.items()}
    rows = [_row(panels[name], ladders[name], powers[name]) for name in panels]
    table = pd.DataFrame(rows)
    carried = table["p"].notna()
    table.loc[carried, "p"] = holm(table.loc[carried, "p"].to_numpy())
    shown = tuple(table.loc[table["p"] < 0.05, "Outcome"])
    table["p, corrected"] = [_p_words(value) for value in table["p"]]
    table["Reading"] = np.where(table["p"] < 0.05, "shown", np.where(carried, "cannot be shown", "no design"))
    table["Bias that would undo it"] = [
        numbers.percent(undoing_bias(row["effect"], row["low"], row["high"]))
        if row["Reading"] == "shown"
        else {"cannot be shown": "none needed"}.get(row["Reading"], "n/a")
        for row in table.to_dict("records")
    ]
    ratios = table.set_index("Outcome")[["effect", "low", "high"]].div(table.set_index("Outcome")["smallest"], axis=0)
    listed = "; ".join(f"{row['Outcome']} {row['said']}" for row in table.to_dict("records") if row["Outcome"] in shown)
    count, looks = numbers.plural(len(table), "outcome"), f"looking {numbers.plural(len(table), 'time')}"
    return Evidence(
        sentence=(
            f"Of {count} {len(shown)} moved by more than chance after correction for {looks}: {listed}."
            if shown
            else f"Of {count} none can be shown to have moved once corrected for {looks}."
        ),
        table=table[list(_SHOWN)].rename(columns={"Outcome, unit": "Outcome"}),
        title=f"{len(shown)} of {count} moved by more than chance",
        caption="What the initiatives moved",
        note=(
            "Best design of each outcome: A lottery, B staggered roll-out, B- stand-in; power from the periods "
            "before; p by Holm. Bias that would undo it: share of the effect that must be bias for its own 95% range "
            "to reach zero; a coin flip between gain and loss takes 100% of any effect."
        ),
        alt=(
            "One line per outcome: effect over the smallest visible one with its 95% range; filled for "
            f"{', '.join(shown) or 'none'}."
        ),
        measures=(
            Measure(name="outcomes_moved", value=float(len(shown)), unit="count", n=len(table), kind="incremental"),
            *(measure for one in ladders.values() for measure in one.measures),
        ),
        ladders=ladders,
        powers=powers,
        shown=shown,
        ratios=ratios.dropna(),
        drawable=bool(len(ratios.dropna())),
    )


def _unusable(panel: Panel) -> str:
    """Why nothing can be attributed from one panel."""
    gone = "; ".join(f"{numbers.plural(n, 'unit')} left out: {why}" for why, n in sorted(panel.left_out.items()))
    if panel.values.size and np.ptp(panel.values) == 0:
        return f"{panel.outcome} is the same everywhere"
    return f"{panel.outcome} has no unit with periods before and after its start" + (f" ({gone})" if gone else "")


def _p_words(value: float) -> str:
    return "n/a" if value != value else "< 0.001" if value < 0.001 else numbers.decimal(value, 3)


def _row(panel: Panel, found: Ladder, power: Power) -> dict[str, object]:
    best = dict(zip(found.rungs.columns, found.rungs.to_numpy()[0].tolist(), strict=True))
    carried = found.path is not None
    se = (best["high"] - best["low"]) / 3.92 if carried else math.nan
    unit = ", percentage points" if panel.shares else ""
    full = effect_writer(panel, se if carried else 0.0)
    write = lambda value: full(value).removesuffix(" percentage points")  # noqa: E731 - the unit stands beside the name
    smallest = power.smallest if power.smallest else 2.8 * se
    return {
        "Outcome": panel.outcome,
        "Outcome, unit": panel.outcome + unit,
        "said": full(best["effect"]) if carried else "n/a",
        "Grade": found.grade,
        "Smallest that shows": write(smallest).lstrip("+") if smallest == smallest else "n/a",
        "Effect": write(best["effect"]) if carried else "n/a",
        "95% range": f"{write(best['low'])} to {write(best['high'])}" if carried else "n/a",
        "p": math.erfc(abs(best["effect"]) / se / math.sqrt(2)) if carried and se > 0 else math.nan,
        "effect": best["effect"] if carried else math.nan,
        "low": best["low"],
        "high": best["high"],
        "smallest": smallest,
    }
