"""What the initiatives moved: the best design of every outcome and initiative, all corrected for being looked at."""

import math
from collections.abc import Mapping
from dataclasses import field, replace
from functools import cached_property

import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, counted, numbers, style, unknown
from scrm_helpers.answers.claim import corrected
from scrm_helpers.initiatives.attribution.ladder_of_designs import FAMILY, Ladder, ladder, questions, unusable
from scrm_helpers.initiatives.attribution.rung import effect_writer, written_p


class Evidence(Answer):
    """Power and best design of every outcome and initiative, corrected for many looks."""

    ABSENT = "No effect can be attributed: {reason}."
    OFFERS = ("figure", "table")

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    unusable: tuple[Claim, ...] = ()  # of outcomes on which no design can be tried
    reasons: Mapping[str, str] = field(default_factory=dict)  # why, by outcome
    moved: Measure = unknown("outcomes_moved", "count")
    effects: tuple[Measure, ...] = ()  # the effect on each outcome

    def claimed(self) -> tuple[Claim, ...]:
        said = {name: self._moved(name) or self._still for name, one in self.ladders.items() if one.carried}
        ladders = [replace(one.claim, sentence=said.get(name, "")) for name, one in self.ladders.items()]
        return (*ladders, *self.unusable)

    def _moved(self, name: str) -> str:
        """Say of one outcome by how much it moved; nothing where that is not shown."""
        one = self.ladders[name]
        return f"{one.outcome} {effect_writer(one.panel.shares, one.se)(one.best.effect)}" if one.shown else ""

    @property
    def _still(self) -> str:
        """Name the outcomes on which no effect can be shown, where others moved."""
        still = [name for name, found in self.ladders.items() if found.carried and not found.shown]
        return f"No effect can be shown on {numbers.listed(still, len(still))}." if still and self.shown else ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Outcomes whose effect survives every test and the correction for many looks."""
        return tuple(name for name, found in self.ladders.items() if found.shown)

    @property
    def study(self) -> Answer:
        """Event study of the outcome that a staggered roll-out moved most clearly, or why there is none."""
        size = self.ratios["effect"].abs()
        ranked = sorted(size.index, key=lambda name: (name not in self.shown, -size[name]))
        studies = [found for name in ranked if (found := self.ladders[name].study) is not None]
        none = "no outcome was rolled out to several units without a lottery, so "
        return studies[0] if studies else Answer(reason=f"{none}there is no course of an effect over time to show")

    @cached_property
    def ratios(self) -> pd.DataFrame:
        """Each effect with its range, in units of the smallest effect that its roll-out could show."""
        rows = {
            name: [end / found.smallest for end in (found.best.effect, found.best.low, found.best.high)]
            for name, found in self.ladders.items()
            if found.carried
        }
        return pd.DataFrame.from_dict(rows, orient="index", columns=["effect", "low", "high"]).dropna()

    @property
    def drawable(self) -> bool:
        """Whether there is an effect with its range."""
        return bool(len(self.ratios))

    def words(self) -> Words:
        shown, looks = self.shown, numbers.plural(sum(found.carried for found in self.ladders.values()), "time")
        count = numbers.plural(len(self.ladders), "outcome")
        said = "; ".join(map(self._moved, shown))
        text = f"Of {count} none can be shown to have moved once corrected for looking {looks}."
        if shown:
            text = f"Of {count} {len(shown)} moved by more than chance after correction for looking {looks}: {said}."
        text += f" {self._still}" if self._still else ""
        doubts = [f"{name}: {found.doubt}" for name, found in self.ladders.items() if found.doubt]
        unseen = {name: one.claim.reason for name, one in self.ladders.items() if not one.carried}
        unseen |= {name: f"it {why}" for name, why in self.reasons.items()}
        doubts += [f"{name} cannot be judged: {why}" for name, why in unseen.items()]
        text += "".join(f" {doubt[:1].upper() + doubt[1:]}." for doubt in doubts)
        return Words(
            sentence=text,
            table=pd.DataFrame([self._line(name) for name in self.ladders]),
            title=f"{len(shown)} of {count} moved by more than chance",
            caption="What the initiatives moved",
            note="Best design of each outcome: A lottery, B staggered roll-out, B- few treated units, C one series "
            "with a control, D without; what cannot be shown falls a grade. A roll-out is shown where its range "
            "leaves zero out both as it is and had the drift before the start gone on; power by the wider error; p "
            "the larger, by Holm. Bias that would undo it: share of the effect that must be bias for one of its "
            "ranges to reach zero; a coin flip between gain and loss takes 100% of any effect.",
            alt=(
                "One line per outcome: effect over the smallest visible one with its 95% range; filled for "
                f"{', '.join(shown) or 'none'}."
            )[:300],
        )

    def _line(self, name: str) -> dict[str, str]:
        """One outcome in words; the unit of shares stands beside the name."""
        found = self.ladders[name]
        best, shares, missing = found.best, found.panel.shares, numbers.MISSING
        full = effect_writer(shares, found.se)
        write = lambda value: full(value).removesuffix(" percentage points")  # noqa: E731 - one writer for these units
        chance = found.claim.p_corrected
        line = {"Outcome": name + (", percentage points" if shares else ""), "Grade": found.grade}
        if not found.carried:
            heads = ("Smallest that shows", "Effect", "95% range", "Had the drift gone on", "p, corrected")
            return line | dict.fromkeys(heads, missing) | {"Reading": "no design", "Bias that would undo it": missing}
        wide = f"{write(best.wide[0])} to {write(best.wide[1])}" if math.isfinite(sum(best.wide)) else missing
        return line | {
            "Smallest that shows": write(found.smallest).lstrip("+"),
            "Effect": write(best.effect),
            "95% range": f"{write(best.low)} to {write(best.high)}",
            "Had the drift gone on": wide,
            "p, corrected": missing if chance is None else written_p(chance).removeprefix("p ").removeprefix("= "),
            "Reading": "shown" if found.shown else "cannot be shown",
            "Bias that would undo it": numbers.percent(best.undoing_bias) if found.shown else "none needed",
        }

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=1.1 + 0.4 * len(self.ratios))
        for place, (name, found) in enumerate(self.ratios.iterrows()):
            mark, face = ("D", style.BLUE) if name in self.shown else ("o", "white")
            style.estimates(ax, place, found, mark, across=True, color=face, markeredgecolor=style.BLUE)
        ax.axvspan(-1, 1, color=style.PALE_GREY, zorder=0)
        style.name_rows(ax, self.ratios.index, zero=True, down=True)
        label = "Effect over the smallest that shows in four of five trials (grey: smaller); filled: shown"
        return style.labelled(ax, label)


def gather_evidence(panel: pd.DataFrame | None, *, seed: int = 0) -> Evidence:
    """Climb the ladder for every outcome of the table ``initiative_panel``, power first.

    Parameters
    ----------
    panel, seed : the table, or None when the company has none; the seed

    Returns
    -------
    Evidence

    Notes
    -----
    p-values: the largest of the tests that apply to the best design (intersection-union, Berger 1982), corrected over
    all outcomes and initiatives (Holm).
    """
    ladders, reasons, blind = {}, {}, []
    for question in () if panel is None else questions(panel):
        read = question.read() if len(question.rows) else None
        why = unusable(question, read)
        if why or read is None:
            reasons[question.label] = why
            none = unknown(question.number, "outcome", f"{question.label} {why}")
            blind.append(Claim(name=question.name, tested=f"{question.label}: no design", estimate=none, family=FAMILY))
        else:
            ladders[question.label] = ladder(read, seed=seed, question=question)
    if not ladders:
        why = "; ".join(f"{name} {why}" for name, why in reasons.items())
        why = why or "the table initiative_panel is empty or not there"
        return Evidence(reason=why, unusable=tuple(blind), effects=tuple(claim.estimate for claim in blind))
    claims = corrected(found.claim for found in ladders.values())
    looks = sum(claim.p is not None for claim in claims)
    ladders = {name: one.judged(claim, looks) for (name, one), claim in zip(ladders.items(), claims, strict=True)}
    moved, n = sum(found.shown for found in ladders.values()), len(ladders)
    place = {"population": f"outcomes with treated units, {n} in all", "window": "the periods of each outcome"}
    together = "a count of tests that are corrected together"
    return Evidence(
        ladders=ladders,
        unusable=tuple(blind),
        reasons=reasons,
        moved=counted("outcomes_moved", moved, n, no_range=together, kind="incremental", **place),
        effects=(*(found.claim.estimate for found in ladders.values()), *(claim.estimate for claim in blind)),
    )
