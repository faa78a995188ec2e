"""Checks of periods: which are not over on the day of the analysis, and where the calendar has holes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.declarations import Column
from scrm_helpers.tables.contract.receipts import counted, listed, quoted
from scrm_helpers.tables.contract.settings import LATEST
from scrm_helpers.tables.values.periods import (
    COUNT,
    MISSING,
    first_days,
    in_runs,
    last_days,
    missing_between,
    names_of,
    read_periods,
)
from scrm_helpers.tables.values.typed_values import Converted


def check_periods(draft: Draft, column: Column, found: Converted, as_of: pd.Timestamp, fiscal_year_start: int) -> None:
    """Say how periods were understood, leave out those that the day of the analysis cuts off, and name holes."""
    granularity = found.granularity
    if column.period_of:
        _unplaced(draft, column, granularity)
    if not granularity:
        return
    _say(draft, column, found, fiscal_year_start)
    if not column.event:
        return
    code, names = pd.factorize(draft.frame[column.name])
    place = np.append(read_periods(names, granularity).places, MISSING)[code]
    if granularity == COUNT:
        draft.warn(
            place != MISSING,
            f"The periods in {column.name} are counted, such as {{example}} ({{rows}}): they have no calendar.",
            f"Neither {as_of:%Y-%m-%d} nor the period that runs on that day can cut them: all of them count.",
            "Nothing, if they all are over; else write calendar periods such as 2026Q3 or 2026-03.",
            column.name,
        )
    else:
        _cut(draft, column, place, granularity, as_of)
    if draft.declared.series and draft.has(*draft.declared.series):
        _holes(draft, column, place, granularity)


def _say(draft: Draft, column: Column, found: Converted, fiscal_year_start: int) -> None:
    filled = draft.frame[column.name].notna().to_numpy()
    if found.said:
        draft.warn(
            filled,
            f"The days in {column.name} are read as periods, since {found.said} ({{rows}}), such as {{example}}.",
            "Neighbours in time are then periods, not days.",
            "Nothing, if that is meant; else write periods such as 2026Q3 or 2026-03.",
            column.name,
        )
    if fiscal_year_start > 1 and found.granularity in ("year", "half-year", "quarter") and column.event:
        draft.warn(
            filled,
            f"The periods in {column.name} are read as calendar {found.granularity}s, such as {{example}} ({{rows}}), "
            f"although the fiscal year starts in month {fiscal_year_start}.",
            "Fiscal periods would be placed in the wrong months, and cut on the wrong day.",
            "Nothing, if they are calendar periods; else convert them before the export.",
            column.name,
        )


def _unplaced(draft: Draft, column: Column, granularity: str) -> None:
    """A start that is no period is kept as it is written; what needs it refuses it, and here it is named."""
    code, names = pd.factorize(draft.frame[column.name])
    read = read_periods(names, granularity, within=True)
    lost, there = read.bad.copy(), read.places != MISSING
    if granularity not in ("", COUNT):
        lost[there] |= first_days(read.places[there], granularity) > np.datetime64(LATEST, "D")
    draft.warn(
        np.append(lost, False)[code],
        f"{{rows}} whose {column.name} is no period or day that can be placed in {column.period_of}, such as "
        "{example}.",
        "When these units were first treated is not known: estimates that need it are left out with this reason.",
        f"Write it as in {column.period_of}; leave it blank, or write never, where it never happened.",
        column.name,
    )


def _cut(draft: Draft, column: Column, place: np.ndarray, granularity: str, as_of: pd.Timestamp) -> None:
    """Leave out what had not happened, or was not known, on the day of the analysis."""
    if column.plan_if_not and draft.has(column.plan_if_not):
        plan = draft.frame[column.plan_if_not].eq(False).fillna(False).to_numpy(dtype=bool)
        far = plan & (place != MISSING)  # plans may lie ahead, but not centuries
        far[far] = first_days(place[far], granularity) > np.datetime64(LATEST, "D")
        draft.warn(
            far,
            f"{{rows}} of plans whose {column.name} lies after {LATEST:%Y}, such as {{example}}.",
            "Such periods stand for no time at all: what is planned for them would count in no figure.",
            "Correct the periods.",
            column.name,
        )
        place = np.where(plan, MISSING, place)
    day, there = np.datetime64(as_of, "D"), place != MISSING
    begins, ends = (np.full(len(place), day) for _ in range(2))
    begins[there], ends[there] = first_days(place[there], granularity), last_days(place[there], granularity)
    what = f"{{rows}} whose {column.name} lies after the day of the analysis ({day}), such as {{example}}."
    why = f"On that day it {'was not known' if column.begun else 'had not happened'}: the rows are left out."
    why += f" Only rows that say no in {column.plan_if_not} may lie ahead." if column.plan_if_not else ""
    todo = "Nothing, if the export is newer than the analysis; else correct the periods or --as-of."
    draft.leave_out(begins > day, f"{column.name} after {day}", what, why, todo, column.name)
    if not column.begun:
        running = (begins <= day) & (ends > day)
        name, end = names_of(place[running][:1], granularity), ends[running][:1].tolist()
        draft.leave_out(
            running,
            f"{column.name} not over on {day}",
            f"{{rows}} of {listed(name)}, a {granularity} that is not over on {day}.",
            "Part of a period beside whole ones would look like a fall: the rows are left out.",
            f"Nothing, if it is to be left out; else set --as-of to its last day, {listed(end)}.",
            column.name,
        )


def _holes(draft: Draft, column: Column, place: np.ndarray, granularity: str) -> None:
    """Name periods that are missing for everybody, and units that lack some that others have."""
    *group, unit = draft.declared.series
    kept = np.flatnonzero(draft.keep & (place != MISSING) & draft.frame[[*group, unit]].notna().all(axis=1).to_numpy())
    if not len(kept):
        return
    whose, groups = pd.factorize(draft.frame[group[0]].iloc[kept]) if group else (np.zeros(len(kept), dtype=int), [""])
    who, units = pd.factorize(draft.frame[unit].iloc[kept])
    since = place[kept] - place[kept].min()
    span = int(since.max()) + 1
    seen, order = np.unique(whose * span + since, return_inverse=True)  # periods that anybody has, group by group
    leaps = (np.diff(seen) > 1) & (np.diff(seen // span) == 0)
    spans = pd.Series(order).groupby(whose * len(units) + who).agg(["min", "max", "size"])
    torn = spans.index[spans["max"] - spans["min"] + 1 > spans["size"]].to_numpy()
    for number, name in enumerate(groups):
        of_group = f" of the {group[0]} {quoted(name)}" if group else ""
        if (leaps & (seen[:-1] // span == number)).any():
            gone = missing_between(place[kept][whose == number])
            draft.warn(
                np.isin(np.arange(len(place)), kept[whose == number]),
                f"No row{of_group} is of {in_runs(gone, granularity)}, which lie between other periods.",
                f"Time is counted by the calendar: over a hole nothing changes from one {granularity} to the next.",
                "Add the missing periods, if there are any.",
                column.name,
            )
        lacking = torn[torn // len(units) == number] % len(units)
        if len(lacking):
            draft.warn(
                np.isin(np.arange(len(place)), kept[(whose == number) & np.isin(who, lacking)]),
                f"{counted(len(lacking), unit)}{of_group} lack periods between their first and their last that others "
                f"have: {listed([quoted(name) for name in units[lacking]])} ({{rows}}).",
                "Estimates that need every period leave them out.",
                "Add the missing rows, if there are any.",
                unit,
            )
