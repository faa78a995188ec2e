"""A panel of units over periods: checked, laid out as a matrix, ready for every rung of the ladder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.values.periods import COUNT, MISSING, Periods, in_runs, missing_between, names_of, read_periods

if TYPE_CHECKING:
    from matplotlib.axis import Axis

_BLANK = TABLES["initiative_panel"].column("first_period").never


def first_places(given: Iterable[object], granularity: str) -> Periods:
    """Read first periods, or days, as the periods of a panel that hold them; words for never are blank."""
    return read_periods(
        ["" if str(value).strip().lower() in _BLANK else value for value in given], granularity, within=True
    )


def calendar_places(given: pd.Series | pd.Index) -> np.ndarray:
    """Place of each period in its calendar."""
    code, names = pd.factorize(given)
    read = read_periods(names)
    if (read.places == MISSING).any() or (code < 0).any():
        raise Refusal(f"Periods cannot be ordered in time: {listed(names[read.places == MISSING])}. {read.why}")
    return read.places[code]


def with_past(places: np.ndarray, lags: int) -> np.ndarray:
    """Columns of every place whose `lags` places before are there too, and of these, shape (places, 1 + lags).

    >>> with_past(np.array([1, 2, 6, 7]), 1).tolist()
    [[1, 0], [3, 2]]
    """
    column = {place: number for number, place in enumerate(places.tolist())}
    rows = [[column.get(place - lag, -1) for lag in range(lags + 1)] for place in places.tolist()]
    return np.array([row for row in rows if min(row) >= 0], dtype=int).reshape(-1, lags + 1)


NEVER = -1


@dataclass(frozen=True)
class Panel:
    """One outcome of many units over time."""

    outcome: str  # what was measured
    units: tuple[str, ...]  # names of the rows
    periods: tuple[str, ...]  # names of the columns, in time order
    values: np.ndarray  # the outcome
    first: np.ndarray  # column in which a unit was first treated; -1 for never
    randomised: bool  # whether chance decided who was treated
    left_out: dict[str, int]  # units left out by reason
    places: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    begun: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    granularity: str = "quarter"  # what the periods are

    def __post_init__(self) -> None:
        if not len(self.places):  # periods that follow each other
            object.__setattr__(self, "places", np.arange(len(self.periods)))
            object.__setattr__(self, "begun", np.where(self.first == NEVER, MISSING, self.first))

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
        holes = f" (none of {in_runs(self.holes, self.granularity)})" if len(self.holes) else ""
        return (
            f"{int(self.treated.sum())} treated and {int((~self.treated).sum())} comparison units, "
            f"{len(self.periods)} periods{holes}{gone}"
        )

    @property
    def holes(self) -> np.ndarray:
        """Places between the first and the last period of which no unit has a value."""
        return missing_between(self.places)


def read_panel(frame: pd.DataFrame, outcome: str) -> Panel:
    """Lay one outcome of the table ``initiative_panel`` out as units by periods."""
    asked = (frame["outcome"] == outcome).to_numpy(dtype=bool, na_value=False)
    if not asked.any():
        known = listed(frame["outcome"].dropna())
        raise Refusal(f"The table initiative_panel has no outcome {outcome!r}; it has {known}.")
    rows = frame if asked.all() else frame[asked]
    value = pd.to_numeric(rows["value"], errors="coerce").to_numpy(dtype=float)
    bad = ~np.isfinite(value)
    if bad.any():
        raise Refusal(
            f"The outcome {outcome} is missing or infinite for {listed(rows['unit_id'][bad].unique())}. Correct these "
            "rows or leave them out."
        )
    names, periods, grid, begun = _reshaped(rows, value, outcome) or _scattered(rows, value, outcome)
    places = periods.places
    after = np.searchsorted(places, begun)  # a start in a hole or before the window shows in the next period
    first = np.where((begun == MISSING) | (after == len(places)), NEVER, after)
    gaps, always = np.isnan(grid).any(axis=1), first == 0
    keep = ~gaps & ~always
    reasons = {
        "gaps in their periods": int(gaps.sum()),
        "treated from the first period on": int((always & ~gaps).sum()),
    }
    return Panel(
        outcome=outcome,
        units=tuple(map(str, names[keep].tolist())),
        periods=tuple(map(str, places.tolist())) if periods.granularity == COUNT else tuple(periods.names.tolist()),
        values=grid if keep.all() else grid[keep],
        first=first[keep],
        randomised=bool("randomised" in rows and rows["randomised"].fillna(False).astype(bool).all()),
        left_out={why: number for why, number in reasons.items() if number},
        places=places,
        begun=np.where(first == NEVER, MISSING, begun)[keep],
        granularity=periods.granularity,
    )


Laid = tuple[np.ndarray, Periods, np.ndarray, np.ndarray]  # units, periods in time order, values, first treated places


def _reshaped(rows: pd.DataFrame, value: np.ndarray, outcome: str) -> Laid | None:
    """Lay out a table that is sorted by unit and has the same periods for all: its values are the matrix already."""
    unit, period = rows["unit_id"].array, rows["period"].array
    ends = np.flatnonzero(np.append(np.asarray(unit[1:] != unit[:-1]), True))
    width = int(ends[0]) + 1
    if len(unit) != width * len(ends) or (ends % width != width - 1).any() or (period[width:] != period[:-width]).any():
        return None
    one_each, given = unit[::width], period[:width]
    names = np.asarray(one_each)
    if one_each.isna().any() or given.isna().any() or names.tolist() != sorted(names.tolist()):
        return None  # neighbours differ, so names in order are unique
    if "first_period" in rows:
        begun = rows["first_period"].array
        never = begun.isna()
        same = np.asarray(begun[1:] == begun[:-1]) | (never[1:] & never[:-1])
        same[ends[:-1]] = True
        if not same.all():
            return None
    periods, column = _in_order(given, outcome)
    if len(periods.places) < width:
        return None
    grid = value.reshape(-1, width)
    if (np.diff(column) < 0).any():
        grid = grid[:, np.argsort(column)]
    return names, periods, grid, _begun(rows, slice(None, None, width), len(names), periods)


def _scattered(rows: pd.DataFrame, value: np.ndarray, outcome: str) -> Laid:
    """Lay out a table in any order, possibly with gaps."""
    unit, names = pd.factorize(rows["unit_id"], sort=True)
    when, given = pd.factorize(rows["period"])
    if min(unit.min(), when.min()) < 0:
        raise Refusal(f"The outcome {outcome} has rows without a unit or a period. Fill them in or remove them.")
    periods, column = _in_order(given, outcome)
    place = unit * len(periods.places) + column[when]
    count = np.bincount(place, minlength=len(names) * len(periods.places)).reshape(len(names), -1)
    if count.max() > 1:
        twice = names[np.flatnonzero(count.max(axis=1) > 1)]
        raise Refusal(f"The outcome {outcome} has two values in one period for {listed(twice)}. Keep one.")
    grid = np.full(count.shape, np.nan)
    grid.ravel()[place] = value
    ends = np.empty(len(names), dtype=int)
    ends[unit] = np.arange(len(unit))
    if "first_period" in rows:
        code, _ = pd.factorize(rows["first_period"])
        torn = code != code[ends][unit]
        if torn.any():
            raise Refusal(
                f"Two first periods are given for {listed(names[np.unique(unit[torn])])}: a unit is treated once. "
                "Keep the first."
            )
    return names.to_numpy(), periods, grid, _begun(rows, ends, len(names), periods)


def _in_order(given: Iterable[object], outcome: str) -> tuple[Periods, np.ndarray]:
    """The periods of a panel in time order, and the column of each one given."""
    values = list(given)
    read = read_periods(values)
    if (read.places == MISSING).any():
        odd = listed([value for value, place in zip(values, read.places, strict=True) if place == MISSING])
        raise Refusal(f"The outcome {outcome} has periods that cannot be ordered in time: {odd}. {read.why}")
    places, column = np.unique(read.places, return_inverse=True)
    names = np.array(names_of(places, read.granularity), dtype=object)
    return Periods(read.granularity, names, places, np.zeros(len(places), dtype=bool)), column


def _begun(rows: pd.DataFrame, one_each: slice | np.ndarray, units: int, periods: Periods) -> np.ndarray:
    """Place in which each unit was first treated, `MISSING` for never, from one row of each unit."""
    if "first_period" not in rows:
        return np.full(units, MISSING)
    code, given = pd.factorize(rows["first_period"].array[one_each])  # missing: -1
    read = first_places(given, periods.granularity)
    if read.bad.any():
        odd = listed([value for value, bad in zip(given, read.bad, strict=True) if bad])
        raise Refusal(f"The table initiative_panel has first periods that are no period of it: {odd}.")
    if periods.granularity == COUNT and 0 in periods.places and "0" in map(str, given):
        raise Refusal("The first period 0 may mean never or the period 0. Count the periods from 1 on.")
    return np.append(read.places, MISSING)[code]


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
    """Refuse a design whose panel is too small, in words."""
    has, others = int(panel.treated.sum()), int((~panel.treated).sum())
    if has < treated or others < comparison:
        raise Refusal(
            f"The {design} of {panel.outcome} needs at least {treated} treated and {comparison} comparison units; "
            f"there are {has} and {others}. With so few, chance alone looks like an effect. Use a design for few "
            "units or widen the roll-out."
        )
    if len(panel.periods) < 2 or not (panel.first[panel.treated] >= 1).all():
        raise Refusal(
            f"The {design} of {panel.outcome} has no period before treatment, so there is nothing to compare with. "
            "Add earlier periods."
        )
