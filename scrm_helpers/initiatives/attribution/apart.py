"""Initiatives that moved one outcome, told apart: each has units of its own; whom several treated belong to none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import measure_name, numbers
from scrm_helpers.initiatives.attribution.panel import Panel, read_panel, was_treated


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


def _of_one(
    initiative: str, rows: pd.DataFrame, named: np.ndarray, start: np.ndarray
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Units that this initiative alone treated beside those that nobody treated, and how many others there were."""
    own = named == initiative
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
    if np.ptp(panel.values) == 0:
        return "is the same everywhere"
    return ""
