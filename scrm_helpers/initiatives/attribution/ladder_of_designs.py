"""What one initiative did to one outcome: its rows, told apart from others; and the best design they allow, A to D."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Refusal, measure_name, numbers, unknown
from scrm_helpers.initiatives.attribution import roll_outs
from scrm_helpers.initiatives.attribution.few_treated import interrupted_series, placebo_runs, synthetic_effect
from scrm_helpers.initiatives.attribution.panel import Panel, read_panel, was_treated
from scrm_helpers.initiatives.attribution.rung import FALLS, Rung, between, effect_writer


@dataclass(frozen=True)
class Question:
    """What one initiative did to one outcome: its rows of the table, and who was left out of them."""

    outcome: str
    initiative: str
    several: bool  # whether other initiatives treated units in the same outcome
    rows: pd.DataFrame
    left_out: Mapping[str, int] = field(default_factory=dict)
    among: tuple[str, ...] = ()  # all outcomes of the table

    @property
    def label(self) -> str:
        """The outcome, and the initiative where it is not the only one."""
        return f"{self.outcome} ({self.initiative or 'no initiative named'})" if self.several else self.outcome

    @property
    def name(self) -> str:
        """Stable name of the claim."""
        return measure_name(measure_name("effect", self.initiative), self.outcome, self.among)

    @property
    def number(self) -> str:
        """Stable name of the effect among the named numbers."""
        return self.name if self.several else measure_name("effect", self.outcome, self.among)

    def read(self) -> Panel:
        """Lay the rows out as units by periods."""
        panel = read_panel(self.rows, self.outcome)
        return replace(panel, label=self.label, left_out=panel.left_out | dict(self.left_out))


def questions(frame: pd.DataFrame) -> Iterator[Question]:
    """One question for each outcome and initiative of the table, outcomes in order."""
    among = tuple(sorted(frame["outcome"].dropna().astype("str").unique()))
    for outcome, rows in frame.groupby(frame["outcome"].astype("str"), sort=True):
        named = pd.Series("", index=rows.index)
        if "initiative_id" in rows:
            named = rows["initiative_id"].astype("str").where(rows["initiative_id"].notna(), "")
        start = was_treated(rows["first_period"]) if "first_period" in rows else np.zeros(len(rows), dtype=bool)
        started = sorted(set(named[start]))
        if len(started) < 2:
            yield Question(str(outcome), (started or sorted(set(named)))[0], several=False, rows=rows, among=among)
            continue
        for initiative in started:
            kept, left_out = _of_one(initiative, rows, named.to_numpy(), start)
            yield Question(str(outcome), initiative, several=True, rows=kept, left_out=left_out, among=among)


def _of_one(name: str, rows: pd.DataFrame, named: np.ndarray, start: np.ndarray) -> tuple[pd.DataFrame, dict[str, int]]:
    """Units that this initiative alone treated beside those that nobody treated, and how many others there were."""
    own = named == name
    by_row = pd.DataFrame({"unit": rows["unit_id"].to_numpy(), "own": own & start, "other": ~own & start})
    by_row["listed"] = own | (named == "")
    unit = by_row.groupby("unit")[["own", "other", "listed"]].any()
    never = ~unit["own"] & ~unit["other"]
    beside = never & unit["listed"]
    kept = unit.index[(unit["own"] & ~unit["other"]) | (beside if beside.any() else never)]
    left_out = {
        "another initiative treated them too": int((unit["own"] & unit["other"]).sum()),
        "treated by another initiative": int((~unit["own"] & unit["other"]).sum()),
    }
    first = rows.iloc[np.argsort(~own, kind="stable")]
    first = first[first["unit_id"].isin(kept)].drop_duplicates(["unit_id", "period"])
    return first, {why: count for why, count in left_out.items() if count}


def unusable(question: Question, panel: Panel | None) -> str:
    """Why nothing can be attributed, as a clause after the outcome's name; empty where a design may be tried."""
    both = question.left_out.get("another initiative treated them too", 0)
    if panel is None or (both and not panel.treated.any()):
        return f"has no unit that {question.initiative} alone treated: {both} were treated by another initiative too"
    if len(panel.periods) == 1 and not panel.randomised:
        return f"was measured once ({panel.periods[0]}), so there is no before to compare with"
    gone = [f"{numbers.plural(count, 'unit')} left out: {why}" for why, count in sorted(panel.left_out.items())]
    if not panel.treated.any():
        given = question.rows["first_period"] if "first_period" in question.rows else pd.Series(dtype="str")
        planned = numbers.listed(given[was_treated(given)].unique())
        if not planned:
            return "was rolled out to nobody: no unit has a first period"
        if "treated from the first period on" in panel.left_out:
            return f"has no unit that was seen before its start ({'; '.join(gone)})"
        return f"was not rolled out yet: the start ({planned}) lies after the last period ({panel.periods[-1]})"
    return "is the same everywhere" if np.ptp(panel.values) == 0 else ""


FAMILY = "effects of initiatives"
POWER_FACTOR = 2.8  # 1.96 + 0.84 standard errors: eighty per cent power at five per cent
LEAST_RUNS = 19  # from which a placebo p, or that of reassignments, can be 0.05
BEFORE_AFTER = "Before and after"
UNTESTED = "no design better than before and after is possible"


@dataclass(frozen=True)
class Ladder:
    """What each design says of one outcome, the best first; `claim` is what may be said of it."""

    panel: Panel
    rungs: tuple[Rung, ...]
    claim: Claim
    study: roll_outs.StaggeredEffect | None = None
    refused: str = ""  # why there is no better design
    looks: int = 1  # how many effects were looked at together

    outcome = property(attrgetter("panel.label"), doc="What was measured, and the initiative where several moved it.")

    @property
    def best(self) -> Rung:
        """The rung that counts, if any carries a claim."""
        return self.rungs[0]

    @property
    def carried(self) -> bool:
        """Whether any design carries a claim."""
        return self.best.path is not None

    @property
    def shown(self) -> bool:
        """Whether the effect is beyond chance by every test that applies, corrected for many looks."""
        return self.claim.verdict == "shown"

    @property
    def grade(self) -> str:
        """Grade of the best design; D where none carries a claim."""
        return self.best.grade if self.carried else "D"

    @property
    def se(self) -> float:
        """Error of the best design, missing where none carries a claim."""
        return (self.best.high - self.best.low) / 3.92 if self.carried else math.nan

    @property
    def smallest(self) -> float:
        """Smallest effect that shows in four of five trials by the widest error that counts, where there is one."""
        return POWER_FACTOR * self.best.error or math.nan if self.carried else math.nan

    @property
    def power(self) -> str:
        """What this roll-out could show at all."""
        if not self.carried:
            return (
                f"What {self.outcome} could show cannot be computed because no design better than before and after is "
                "possible."
            )
        usual, least = float(np.median(self.panel.values)), POWER_FACTOR * self.best.error
        share = f" ({numbers.percent(least / abs(usual), 1)} of the usual level)" if usual else ""
        smallest = effect_writer(self.panel.shares, self.best.error)(least).lstrip("+")
        return (
            f"{self.outcome[:1].upper() + self.outcome[1:]}: this roll-out can show an effect of {smallest}{share} in "
            "four of five trials; a smaller one may well be there and not show."
        )

    @property
    def doubt(self) -> str:
        """Why an effect whose range leaves zero out is not shown; empty for others."""
        if self.shown or not self.carried or not self.best.apart:
            return ""
        single = self.claim.p is None or self.claim.p > 1 - self.claim.estimate.level
        return self.best.doubt if single else f"once corrected for looking {self.looks} times chance brings as much"

    @property
    def sentence(self) -> str:
        """What the best design says, and what a look at before and after would have said."""
        best, last, outcome = self.best, self.rungs[-1], self.outcome
        naive = last.effect if last.design == BEFORE_AFTER else math.nan  # nothing may have been seen before
        write = effect_writer(self.panel.shares, (best.high - best.low) / 4 if self.carried else abs(naive) / 10)
        looked = "" if math.isnan(naive) else f"; a look at before and after would have said {write(naive)}"
        if not self.carried:
            why = f" {self.refused}" if self.refused else ""
            return (
                f"Before and after differ by {write(naive)} in {outcome}, but no comparison carries the claim that the "
                f"initiative did it (grade D).{why}"
            )
        head, robust = f"no effect can be shown: {write(best.effect)}", f"; {self.doubt}" if self.doubt else ""
        wide = f"; {between(*best.wide, write)} had the drift before the start gone on" * math.isfinite(sum(best.wide))
        if self.shown:
            mover = "from the start on it changed" if best.grade == "D" else "the initiative changed it"
            head = f"{mover} by {write(best.effect)}"
            robust = f"; {best.caveat}" if best.caveat else ""
            robust += f"; were {numbers.percent(best.undoing_bias)} of it bias, a range would reach zero"
        robust += best.remark if best.design == "One series" else ""
        ends, name = between(best.low, best.high, write), outcome[:1].upper() + outcome[1:]
        return f"{name}: {head} (95% range {ends}{wide}; grade {best.grade}{robust}){looked}."

    def judged(self, claim: Claim, looks: int = 1) -> "Ladder":
        """The same with the claim as corrected: what is not shown falls a grade wherever it is written."""
        if claim.verdict == "shown":
            return replace(self, claim=claim, looks=looks, study=self.study and replace(self.study, shown=True))
        grade = FALLS.get(self.best.grade, self.best.grade) if self.best.held else self.best.grade
        path = self.best.path and replace(self.best.path, grade=grade)  # in a valuation too
        best = replace(self.best, grade=grade, path=path, held=False)
        study = self.study and replace(self.study, shown=False, grade=best.grade)
        rungs = (best, *self.rungs[1:]) if self.carried else self.rungs
        return replace(self, claim=replace(claim, grade=best.grade), rungs=rungs, study=study, looks=looks)


def before_after(panel: Panel) -> float:
    """Change of the treated units from before to after; a warning, never evidence."""
    gains = [panel.values[u, s:].mean() - panel.values[u, :s].mean() for u, s in enumerate(panel.first) if s > 0]
    return float(np.mean(gains))


def ladder(panel: Panel, *, seed: int = 0, question: Question | None = None) -> Ladder:
    """Climb the ladder for one outcome that moves and has treated units; the first design that is possible counts."""
    panel, best = _together(panel), []
    study, refused = None, ""
    if panel.treated.all():
        refused = "One unit alone, seen so briefly, tells nothing of its own course."
        if len(panel.units) > 1:
            refused = f"All {len(panel.units)} units were treated at once, so none is left to compare with."
    design = _design(panel)
    try:
        if design == "staggered":
            study = roll_outs.staggered_effect(panel, seed=seed)
            best = [study.rung]
        elif design:
            best = [roll_outs.randomised_effect(panel, seed=seed) if design == "lottery" else synthetic_effect(panel)]
    except Refusal as refusal:
        refused = str(refusal)
    best = best or interrupted_series(panel)
    rungs = [*best]
    if not panel.randomised and (~panel.treated).any():
        rungs.append(Rung("Plain regression", "no design", roll_outs.two_way(panel)))
    if (panel.first[panel.treated] > 0).all():
        rungs.append(Rung(BEFORE_AFTER, "D", before_after(panel)))
    plain = measure_name("effect", panel.outcome)
    window = f"{panel.periods[0]} to {panel.periods[-1]}"
    why = refused.rstrip(".") or UNTESTED
    estimate = unknown(question.number if question else plain, "outcome", why, len(panel.units))
    first = rungs[0]
    if first.path is not None:
        estimate = replace(estimate, value=first.effect, low=first.low, high=first.high, reason="")
    claim = Claim(
        name=question.name if question else plain,
        tested=f"{panel.label} of treated units beside what it would have been: {first.design.lower()}",
        estimate=replace(estimate, kind="incremental", population=panel.base, window=window),
        chance=Chance(0.0, f"no effect; {first.checks}" if first.path else "no effect"),
        p=first.p_value if first.path else None,
        family=FAMILY,
        grade=first.grade,
    )
    return Ladder(panel, tuple(rungs), claim, study, refused).judged(claim)


def _together(panel: Panel) -> Panel:
    """Units in clusters of one start each as one unit; a lottery has errors for them."""
    if panel.randomised or panel.cluster is None:
        return panel
    code = np.unique(panel.cluster, return_inverse=True)[1]
    lead = np.unique(code, return_index=True)[1]
    if (panel.begun != panel.begun[lead][code]).any():
        return panel
    summed = np.eye(len(lead))[code].T
    return replace(
        panel,
        units=tuple(panel.units[one] for one in lead),
        values=summed @ panel.values / (1 if panel.exposure is not None else np.bincount(code)[:, None]),
        exposure=None if panel.exposure is None else summed @ panel.exposure,
        first=panel.first[lead],
        begun=panel.begun[lead],
        left_out=panel.left_out | {"in a cluster that counts once": len(code) - len(lead)},
        covariate=None,
        cluster=None,
    )


def _design(panel: Panel) -> str:
    """The best design beside one series that may be tried on a panel, empty where there is none."""
    starts = len(np.unique(panel.begun[panel.treated]))
    if starts == 1 and (panel.randomised or panel.treated.all()):
        return "lottery" if panel.randomised else ""
    treated, others = int((~panel.compared).sum()), int(panel.compared.sum())
    if starts > 1 or min(treated, others) >= roll_outs.ENOUGH_UNITS:
        return "staggered"
    enough = placebo_runs(others, treated) >= LEAST_RUNS or math.comb(treated + others, treated) < LEAST_RUNS
    return "stand-in" if treated == 1 or enough else "staggered"
