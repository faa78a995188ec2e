"""A panel of units over periods: checked, laid out as a matrix, ready for every rung of the ladder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.refused import InitiativeRefused, listed
from scrm_helpers.presentation import numbers
from scrm_helpers.presentation.naming import measure_name
from scrm_helpers.presentation.result import Measure

if TYPE_CHECKING:
    from matplotlib.axis import Axis

NEVER = -1


@dataclass(frozen=True)
class Panel:
    """One outcome of many units over time.

    Parameters
    ----------
    outcome : str
        What was measured.
    units : tuple of str
        Names of the rows.
    periods : tuple of str
        Names of the columns, in time order.
    values : numpy.ndarray, shape (units, periods)
        The outcome.
    first : numpy.ndarray, shape (units,)
        Column in which a unit was first treated; -1 for never.
    randomised : bool
        Whether chance decided who was treated.
    left_out : mapping
        Units left out by reason.
    """

    outcome: str
    units: tuple[str, ...]
    periods: tuple[str, ...]
    values: np.ndarray
    first: np.ndarray
    randomised: bool
    left_out: dict[str, int]

    @property
    def treated(self) -> np.ndarray:
        """Whether each unit was ever treated."""
        return self.first != NEVER

    @property
    def shares(self) -> bool:
        """Whether the outcome is a share between 0 and 1."""
        return bool(((self.values >= 0) & (self.values <= 1)).all())

    @property
    def base(self) -> str:
        """How many units were compared, for notes."""
        gone = "".join(f"; {count} left out: {why}" for why, count in sorted(self.left_out.items()))
        return (
            f"{int(self.treated.sum())} treated and {int((~self.treated).sum())} comparison units, "
            f"{len(self.periods)} periods{gone}"
        )


def read_panel(frame: pd.DataFrame, outcome: str) -> Panel:
    """Lay one outcome of the table ``initiative_panel`` out as units by periods.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``outcome``, ``unit_id``, ``period``, ``value`` and, when known, ``first_period`` (blank: never),
        ``randomised``.
    outcome : str
        Which outcome.

    Returns
    -------
    Panel

    Raises
    ------
    InitiativeRefused
        When the outcome is absent, a value is no number, a unit has two values in one period or two first periods.

    Notes
    -----
    Units treated in the first period have no before, and units with gaps no full path: both are left out and counted.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {"outcome": "margin", "unit_id": ["a", "a", "b", "b"], "period": [1, 2, 1, 2], "value": [1.0, 2, 1, 1],
    ...      "first_period": [2, 2, None, None]}
    ... )
    >>> read_panel(frame, "margin").first.tolist()
    [1, -1]
    """
    asked = (frame["outcome"] == outcome).to_numpy(dtype=bool, na_value=False)
    if not asked.any():
        known = listed(frame["outcome"].dropna())
        raise InitiativeRefused(f"The table initiative_panel has no outcome {outcome!r}; it has {known}.")
    rows = frame if asked.all() else frame[asked]
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(value)
    if bad.any():
        raise InitiativeRefused(
            f"The outcome {outcome} is missing or infinite for {listed(rows['unit_id'][bad].unique())}. Correct these "
            "rows or leave them out."
        )
    names, periods, grid, first = _reshaped(rows, value) or _scattered(rows, value, outcome)
    gaps, always = np.isnan(grid).any(axis=1), first == 0
    keep = ~gaps & ~always
    reasons = {
        "gaps in their periods": int(gaps.sum()),
        "treated from the first period on": int((always & ~gaps).sum()),
    }
    return Panel(
        outcome=outcome,
        units=tuple(map(str, names[keep].tolist())),
        periods=tuple(periods),
        values=grid if keep.all() else grid[keep],
        first=first[keep],
        randomised=bool("randomised" in rows and rows["randomised"].fillna(False).astype(bool).all()),
        left_out={why: number for why, number in reasons.items() if number},
    )


Laid = tuple[np.ndarray, list[str], np.ndarray, np.ndarray]  # units, periods, values, first treated columns


def _reshaped(rows: pd.DataFrame, value: np.ndarray) -> Laid | None:
    """Lay out a table that is sorted by unit and has the same periods for all: its values are the matrix already."""
    unit, period = rows["unit_id"].array, rows["period"].array
    ends = np.flatnonzero(np.append(np.asarray(unit[1:] != unit[:-1]), True))
    width = int(ends[0]) + 1
    if len(unit) != width * len(ends) or (ends % width != width - 1).any() or (period[width:] != period[:-width]).any():
        return None
    one_each, given = unit[::width], [_name(one) for one in period[:width]]
    names = np.asarray(one_each)
    if one_each.isna().any() or "" in given or names.tolist() != sorted(names.tolist()) or len(set(given)) < width:
        return None  # neighbours differ, so names in order are unique
    if "first_period" in rows:
        begun = rows["first_period"].array
        never = begun.isna()
        same = np.asarray(begun[1:] == begun[:-1]) | (never[1:] & never[:-1])
        same[ends[:-1]] = True
        if not same.all():
            return None
    periods = _in_order(given)
    grid = value.reshape(-1, width)
    if periods != given:
        grid = grid[:, [given.index(one) for one in periods]]
    return names, periods, grid, _first_columns(rows, slice(None, None, width), len(names), periods)


def _scattered(rows: pd.DataFrame, value: np.ndarray, outcome: str) -> Laid:
    """Lay out a table in any order, possibly with gaps."""
    unit, names = pd.factorize(rows["unit_id"], sort=True)
    when, given = pd.factorize(rows["period"])
    if min(unit.min(), when.min()) < 0:
        raise InitiativeRefused(
            f"The outcome {outcome} has rows without a unit or a period. Fill them in or remove them."
        )
    periods = _in_order(map(_name, given))
    place = unit * len(periods) + np.array([periods.index(_name(one)) for one in given])[when]
    count = np.bincount(place, minlength=len(names) * len(periods)).reshape(len(names), -1)
    if count.max() > 1:
        twice = names[np.flatnonzero(count.max(axis=1) > 1)]
        raise InitiativeRefused(f"The outcome {outcome} has two values in one period for {listed(twice)}. Keep one.")
    grid = np.full(count.shape, np.nan)
    grid.ravel()[place] = value
    ends = np.empty(len(names), dtype=int)
    ends[unit] = np.arange(len(unit))
    if "first_period" in rows:
        code, _ = pd.factorize(rows["first_period"])
        torn = code != code[ends][unit]
        if torn.any():
            raise InitiativeRefused(
                f"Two first periods are given for {listed(names[np.unique(unit[torn])])}: a unit is treated once. "
                "Keep the first."
            )
    return names.to_numpy(), periods, grid, _first_columns(rows, ends, len(names), periods)


def _first_columns(rows: pd.DataFrame, one_each: slice | np.ndarray, units: int, periods: list[str]) -> np.ndarray:
    """Column in which each unit was first treated, -1 for never, from one row of each unit."""
    if "first_period" not in rows:
        return np.full(units, NEVER)
    code, given = pd.factorize(rows["first_period"].array[one_each])  # missing: -1
    return np.array([_code(_name(name), periods) for name in given] + [NEVER])[code]


def effect_writer(panel: Panel, se: float) -> Callable[[float], str]:
    """Return how an effect on this outcome is written: percentage points for shares, else two figures of its error."""
    scale, unit = (100.0, " percentage points") if panel.shares else (1.0, "")
    digits = int(np.clip(1 - np.floor(np.log10(se * scale)), 0, 6)) if se > 0 else 2
    return lambda value: numbers.points(scale * value, digits) + unit


def in_points(axis: Axis, outcome: str, shares: bool) -> str:
    """Write the ticks of an effect axis, percentage points for shares, and return its label."""
    if shares:
        axis.set_major_formatter(lambda value, _: numbers.points(100 * value, 1))
    return f"Effect on {outcome}" + (", percentage points" if shares else "")


def between(low: float, high: float, writer: Callable[[float], str]) -> str:
    """Write an interval of effects, its unit once.

    >>> between(1.0, 2.0, lambda value: f"{value:+.0f} points")
    '+1 to +2 points'
    """
    unit = writer(high).partition(" ")[2]
    return f"{writer(low).removesuffix(' ' + unit)} to {writer(high)}"


def effect_measure(prefix: str, panel: Panel, value: float, low: float, high: float, level: float) -> Measure:
    """Name an effect for the results, incremental because a comparison group carries it."""
    return Measure(
        name=measure_name(prefix, panel.outcome),
        value=value,
        unit="outcome",
        n=len(panel.units),
        low=low,
        high=high,
        level=level,
        kind="incremental",
    )


def need(panel: Panel, treated: int, comparison: int, design: str) -> None:
    """Refuse a design whose panel is too small, in words.

    Parameters
    ----------
    panel : Panel
        The panel.
    treated, comparison : int
        Smallest number of units.
    design : str
        Name of the design in the message.

    Raises
    ------
    InitiativeRefused
        When there are too few units or no period before treatment.
    """
    has, others = int(panel.treated.sum()), int((~panel.treated).sum())
    if has < treated or others < comparison:
        raise InitiativeRefused(
            f"The {design} of {panel.outcome} needs at least {treated} treated and {comparison} comparison units; "
            f"there are {has} and {others}. With so few, chance alone looks like an effect. Use a design for few "
            "units or widen the roll-out."
        )
    if len(panel.periods) < 2 or not (panel.first[panel.treated] >= 1).all():
        raise InitiativeRefused(
            f"The {design} of {panel.outcome} has no period before treatment, so there is nothing to compare with. "
            "Add earlier periods."
        )


def _name(given: object) -> str:
    if given is None or given != given or given is pd.NA:
        return ""
    return str(int(given)) if isinstance(given, float) and given.is_integer() else str(given)


def _in_order(given: Iterable[str]) -> list[str]:
    names = sorted(set(given))
    return sorted(names, key=float) if all(name.lstrip("-").replace(".", "", 1).isdigit() for name in names) else names


def _code(name: str, periods: list[str]) -> int:
    """Column of the first treated period; a period after the window counts as never, one before it as always."""
    if name in ("", "0"):
        return NEVER
    if name in periods:
        return periods.index(name)
    both = _in_order([*periods, name])
    place = both.index(name)
    return NEVER if place == len(both) - 1 else place
