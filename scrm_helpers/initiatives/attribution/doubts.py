"""What makes a panel doubtful before any estimate: starts that are no periods, units of measure that are mixed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.refused import InitiativeRefused, listed
from scrm_helpers.presentation import numbers

_FORMS = (r"\d{4}-?[Qq][1-4]", r"\d{4}-\d{2}", r"\d{4}-\d{2}-\d{2}", r"-?\d+(\.0)?")
APART = 20.0
"""Factor between neighbouring units from which one of them is taken to be written in percent."""


def refuse_strange_starts(panel: pd.DataFrame) -> None:
    """Refuse first periods that are written in another form than the periods: their units would count as untreated.

    Parameters
    ----------
    panel : pandas.DataFrame
        Table ``initiative_panel``.

    Raises
    ------
    InitiativeRefused
        With the values.
    """
    if "first_period" not in panel or panel.empty:
        return
    periods, starts = (set(panel[name].dropna().astype(str)) for name in ("period", "first_period"))
    form = next((one for one in _FORMS if all(re.fullmatch(one, name) for name in periods)), None)
    strange = {name for name in starts - periods - {"", "0", "0.0"} if not (form and re.fullmatch(form, name))}
    if strange:
        raise InitiativeRefused(
            f"The table initiative_panel has first periods that are no period of it: {listed(strange)}. Their units "
            f"would count as never treated. Write them like the periods, such as {min(periods)}, or leave them blank."
        )


def panel_doubts(panel: pd.DataFrame) -> Iterator[str]:
    """Name what a reader of the estimates should know beforehand.

    Parameters
    ----------
    panel : pandas.DataFrame
        Table ``initiative_panel``.

    Yields
    ------
    str
        One sentence for each doubt.
    """
    periods = set(panel["period"].dropna().astype(str))
    twice = {name for name in periods if name.lower() in {other.lower() for other in periods - {name}}}
    if twice:
        yield f"Periods are written in different ways ({listed(twice)}), so that units have gaps. Write one form."
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
    if "first_period" not in rows:
        return
    given = rows["first_period"].astype("string").fillna("")
    begun = rows[~given.isin(["", "0", "0.0"])]
    units = begun["unit_id"].nunique()
    if units == 1:
        yield f"Only one unit was treated in {outcome}: placebo runs over the others alone tell chance from effect."
    first = rows.groupby("unit_id")["period"].min().astype(str)
    starts = begun.groupby("unit_id")["first_period"].first().astype(str)
    if units and bool((starts <= first.reindex(starts.index)).all()):
        yield f"Every treated unit of {outcome} was treated from its first period on: add periods before the start."
    if units and units == rows["unit_id"].nunique() and len(set(starts)) == 1:
        yield f"All units of {outcome} were treated at once, so none is left to compare with. Add untreated units."
