"""A panel of units over periods: checked, laid out as a matrix, ready for every design, and what is doubtful in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scrm_helpers.answers import Measure, Refusal, numbers
from scrm_helpers.answers.numbers import listed
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.values.periods import COUNT, MISSING, Periods, in_runs, missing_between, names_of, read_periods

if TYPE_CHECKING:
    from statsmodels.regression.linear_model import RegressionResults

NEVER = -1
LEAST_UNITS = 10  # from which two outcomes are set beside each other over time
APART = 20.0  # factor between neighbouring units from which one of them is taken to be written in percent
_BLANK = TABLES["initiative_panel"].column("first_period").never


def first_places(given: Iterable[object], granularity: str) -> Periods:
    """Read first periods, or days, as the periods of a panel that hold them; words for never are blank."""
    return read_periods(["" if str(one).strip().lower() in _BLANK else one for one in given], granularity, within=True)


def was_treated(given: pd.Series) -> np.ndarray:
    """Whether each row has a first period."""
    written = given.astype("str").str.strip().str.lower()
    return (given.notna() & ~written.isin({*_BLANK, ""})).to_numpy(dtype=bool)


def calendar_places(given: pd.Series | pd.Index) -> np.ndarray:
    """Place of each period in its calendar."""
    code, names = pd.factorize(given)
    return _ordered(names, "Periods").places[code]


def _ordered(given: Iterable[object], what: str) -> Periods:
    """Read periods all of which have a place in time."""
    values = list(given)
    read = read_periods(values)
    odd = [value for value, place in zip(values, read.places, strict=True) if place == MISSING]
    if odd:
        raise Refusal(f"{what} cannot be ordered in time: {listed(odd)}. {read.why}")
    return read


def with_past(places: np.ndarray, lags: int) -> np.ndarray:
    """Columns of every place whose `lags` places before are there too, and of these, shape (places, 1 + lags)."""
    column = {place: number for number, place in enumerate(places.tolist())}
    rows = [[column.get(place - lag, -1) for lag in range(lags + 1)] for place in places.tolist()]
    return np.array([row for row in rows if min(row) >= 0], dtype=int).reshape(-1, lags + 1)


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
    places: np.ndarray  # of the periods in the calendar
    begun: np.ndarray  # place in which a unit was first treated; `MISSING` for never
    label: str  # the outcome, and the initiative where several are told apart
    granularity: str = "quarter"  # what the periods are
    exposure: np.ndarray | None = None  # people or time behind a count
    covariate: np.ndarray | None = None  # known beforehand
    cluster: np.ndarray | None = None  # which units were treated together

    @property
    def treated(self) -> np.ndarray:
        """Whether each unit was ever treated."""
        return self.first != NEVER

    @property
    def compared(self) -> np.ndarray:
        """Whom others are compared with to the end: the never treated, and where there are none the last treated."""
        return self.begun == self.begun.max() if self.treated.all() else ~self.treated

    @property
    def shares(self) -> bool:
        """Whether the outcome is a share between 0 and 1."""
        return bool(((self.values >= 0) & (self.values <= 1)).all())

    @property
    def base(self) -> str:
        """How many units were compared, for notes."""
        gone = "".join(f"; {count} left out: {why}" for why, count in sorted(self.left_out.items()))
        holes = f" (none of {in_runs(self.holes, self.granularity)})" if len(self.holes) else ""
        never = int((~self.treated).sum())
        others = numbers.plural(never, "comparison unit") if never else "no comparison unit"
        if not never and len(np.unique(self.begun)) > 1:
            others += " but those treated later"
        return f"{int(self.treated.sum())} treated and {others}, {len(self.periods)} periods{holes}{gone}"

    @property
    def holes(self) -> np.ndarray:
        """Places between the first and the last period of which no unit has a value."""
        return missing_between(self.places)


def read_panel(frame: pd.DataFrame, outcome: str) -> Panel:
    """Lay one outcome of the table ``initiative_panel`` out as units by periods."""
    rows = frame[(frame["outcome"] == outcome).to_numpy(dtype=bool, na_value=False)]
    unit, names = pd.factorize(rows["unit_id"], sort=True)
    when, given = pd.factorize(rows["period"])
    read = _ordered(given, f"The outcome {outcome} has periods that")
    places, column = np.unique(read.places, return_inverse=True)
    dated = np.array(names_of(places, read.granularity), dtype=object)
    periods = Periods(read.granularity, dated, places, np.zeros(len(places), dtype=bool))
    grid = np.full((len(names), len(places)), np.nan)
    place = unit, column[when]
    grid[place] = rows["value"].to_numpy(dtype=float)
    begun = _begun(rows, unit, names, periods)
    after = np.searchsorted(places, begun)  # a start in a hole or before the window shows in the next period
    first = np.where((begun == MISSING) | (after == len(places)), NEVER, after)
    drawn = bool("randomised" in rows and rows["randomised"].fillna(False).astype(bool).all())
    no_before = drawn and len(np.unique(begun[begun != MISSING])) == 1  # a lottery needs no time before its one start
    gaps = np.isnan(grid).any(axis=1)
    always = (first == 0) & (not no_before) & ~gaps
    keep, reasons = ~gaps & ~always, {"gaps in their periods": gaps, "treated from the first period on": always}
    return Panel(
        outcome=outcome,
        label=outcome,
        units=tuple(map(str, names[keep])),
        periods=tuple(map(str, places.tolist() if periods.granularity == COUNT else periods.names)),
        values=grid[keep],
        first=first[keep],
        randomised=drawn,
        left_out={why: int(out.sum()) for why, out in reasons.items() if out.any()},
        places=places,
        begun=np.where(first == NEVER, MISSING, begun)[keep],
        granularity=periods.granularity,
        **{name: _laid(rows, name, place, keep) for name in ("exposure", "covariate", "cluster")},
    )


def _laid(rows: pd.DataFrame, name: str, place: tuple[np.ndarray, np.ndarray], keep: np.ndarray) -> np.ndarray | None:
    """An exposure by unit and period, else one value or code of each unit; None where it is not there or has gaps."""
    if name not in rows or rows[name].isna().any():
        return None
    numeric = pd.api.types.is_numeric_dtype(rows[name])
    laid = np.full((len(keep), place[1].max() + 1), np.nan)
    laid[place] = rows[name].astype(float) if numeric else pd.factorize(rows[name])[0]
    return laid[keep] if name == "exposure" else laid[keep].mean(axis=1)


def _begun(rows: pd.DataFrame, unit: np.ndarray, names: pd.Index, periods: Periods) -> np.ndarray:
    """Place in which each unit was first treated, `MISSING` for never."""
    if "first_period" not in rows:
        return np.full(len(names), MISSING)
    starts, given = pd.factorize(rows["first_period"])  # missing: -1
    by_unit = pd.Series(starts).groupby(unit)
    code = by_unit.max().to_numpy()
    torn = by_unit.min().to_numpy() != code
    if torn.any():
        raise Refusal(f"Two first periods are given for {listed(names[torn])}: a unit is treated once. Keep the first.")
    read = first_places(given, periods.granularity)
    if read.bad.any():
        odd = listed([value for value, bad in zip(given, read.bad, strict=True) if bad])
        raise Refusal(
            f"The table initiative_panel has first periods that are no period of it: {odd}. Their units would count as "
            f"never treated. Write them like the periods, such as {min(periods.names)}, or leave them blank."
        )
    if periods.granularity == COUNT and 0 in periods.places and "0" in map(str, given):
        raise Refusal("The first period 0 may mean never or the period 0. Count the periods from 1 on.")
    return np.append(read.places, MISSING)[code]


def panel_doubts(panel: pd.DataFrame) -> Iterator[str]:
    """Name what a reader of the estimates should know beforehand."""
    for outcome, rows in panel.groupby(panel["outcome"].astype(str), sort=True):
        values = pd.to_numeric(rows["value"], errors="coerce")
        middle = np.sort(values.groupby(rows["unit_id"].astype(str)).median().dropna().to_numpy())
        middle = middle[middle > 0]
        steps = middle[1:] / middle[:-1]
        if len(steps) and steps.max() > APART:
            low, high = map(numbers.decimal, middle[steps.argmax() : steps.argmax() + 2])
            yield (
                f"The outcome {outcome} lies at {low} or below in some units and at {high} or above in others: some "
                "are probably written in percent and some as shares. Write all in one unit."
            )
        if "randomised" in rows and 0 < rows["randomised"].fillna(False).astype(bool).mean() < 1:
            yield f"The outcome {outcome} is marked as randomised in some rows only, so it counts as no lottery."
        if "first_period" not in rows:
            continue
        code, names = pd.factorize(rows["period"])
        begin, starts = pd.factorize(rows["first_period"])
        read = read_periods(names)
        begun = np.append(first_places(starts, read.granularity).places, MISSING)[begin]
        by_row = pd.DataFrame({"unit": rows["unit_id"].to_numpy(), "first": read.places[code], "begun": begun})
        units = by_row.groupby("unit").agg(first=("first", "min"), begun=("begun", "max"))
        treated = units[units["begun"] != MISSING]
        if len(treated) == 1:
            yield f"Only one unit was treated in {outcome}: placebo runs over the others alone tell chance from effect."
        if len(treated) and bool((treated["begun"] <= treated["first"]).all()):
            yield f"Every treated unit of {outcome} was treated from its first period on: add periods before the start."
        if len(treated) and len(treated) == len(units) and len(set(treated["begun"])) == 1:
            yield f"All units of {outcome} were treated at once, so none is left to compare with. Add untreated units."


def clustered(outcome: np.ndarray, drivers: np.ndarray, units: np.ndarray) -> tuple[RegressionResults, np.ndarray]:
    """Least squares, and the covariance clustered by unit with the small-sample factor units / (units - 1) alone."""
    from statsmodels.regression.linear_model import OLS

    kinds = {"groups": units, "use_correction": False}  # the library's factor counts rows too
    fit = OLS(outcome, drivers).fit(cov_type="cluster", cov_kwds=kinds, use_t=True)
    count = len(np.unique(units))
    return fit, fit.cov_params() * count / (count - 1)


def slope_of(name: str, unit: str, fitted: tuple[RegressionResults, np.ndarray], weights: ArrayLike, n: int) -> Measure:
    """A weighted sum of the slopes of a :func:`clustered` fit with its 95 % range, and its p-value against zero."""
    test = fitted[0].t_test(np.asarray(weights), cov_p=fitted[1])
    (low, high), value = test.conf_int()[0].tolist(), float(np.squeeze(test.effect))
    return Measure(name=name, value=value, unit=unit, n=n, low=low, high=high, p=float(test.pvalue))


def in_step(panel: pd.DataFrame | None, outcomes: Sequence[str], lags: int, least: int) -> np.ndarray:
    """Outcomes by unit, period and lag, of units and periods that all have, less the means of both; else a refusal."""
    known = set() if panel is None else set(panel["outcome"].dropna().astype(str))
    if panel is None or not known.issuperset(outcomes):
        all_of_them = "both outcomes" if len(outcomes) == 2 else "all three"
        gone = " and ".join(sorted(set(outcomes) - known))
        raise Refusal(f"it takes {all_of_them} in the table initiative_panel, and {gone} is not there.")
    read = [read_panel(panel, name) for name in outcomes]
    frames = [pd.DataFrame(one.values, index=list(one.units), columns=one.places) for one in read]
    units, periods = (reduce(pd.Index.intersection, part) for part in zip(*(f.axes for f in frames), strict=True))
    picked = with_past(periods.to_numpy(), lags)
    if len(units) < LEAST_UNITS or len(picked) < least:
        raise Refusal(
            f"it takes {LEAST_UNITS} units or more over {lags + least} periods; there are {len(units)} over "
            f"{len(periods)}. Shorter records cannot tell a late effect from chance."
        )
    grids = np.array([frame.loc[units, periods].to_numpy()[:, picked] for frame in frames])
    mean = grids.mean(axis=(1, 2), keepdims=True)
    return grids - grids.mean(axis=1, keepdims=True) - grids.mean(axis=2, keepdims=True) + mean
