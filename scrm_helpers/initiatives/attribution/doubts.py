"""What makes a panel doubtful before any estimate: starts that are no periods, units of measure that are mixed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.in_time import first_places
from scrm_helpers.tables.values.periods import MISSING, read_periods

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
