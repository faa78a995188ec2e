"""Checks of one table by its declaration: which rows refuse the run, which are left out, and which periods are over."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.rules import check_marks, refunds_of_orders
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import EARLIEST, LATEST, Settings
from scrm_helpers.tables.reading.files import RawTable
from scrm_helpers.tables.reading.header import said_already
from scrm_helpers.tables.values import periods
from scrm_helpers.tables.values.identity import all_differ
from scrm_helpers.tables.values.typed_values import Converted, convert

UNKNOWN = "unknown"
"""What stands in the place of an empty name or word that counts as unknown."""
_NOUNS = {"date": "a date", "count": "a whole number", "yes_no": "yes or no", "word": "one of the allowed words"}
_NOUNS |= {"currency": "a code of three capital letters", "unit": "a clear currency or another word"}


def draft_of(raw: RawTable, settings: Settings, as_of: pd.Timestamp) -> Draft:
    """Type a table and check every column against its declaration."""
    declared, source = raw.origin.declared, raw.origin.source
    decimal, dates = source.decimal or settings.decimal, source.dates or settings.dates
    zone = settings.timezone if "timezone" in settings.model_fields_set else None

    def understood(column: Column, placed: str = "") -> Converted:
        return convert(raw.columns[column.name], column, decimal, dates, zone, placed)

    there = [column for column in declared.columns if column.name in raw.columns]
    with ThreadPoolExecutor(2) as two:  # both processors: Arrow lets go of the interpreter
        alone = dict(zip(there, two.map(understood, there), strict=True))
    units = {column.name: found.granularity for column, found in alone.items()}
    read = {one: understood(one, units.get(one.period_of, "")) if one.period_of else alone[one] for one in there}
    draft = Draft(raw, pd.DataFrame({column.name: found.values for column, found in read.items()}))
    draft.plain = frozenset(column.name for column, found in read.items() if found.plain)
    for column, found in read.items():
        _blanks(draft, column, found)
        _read_otherwise(draft, column, found)
        _unreadable(draft, column, found)
        _range(draft, column)
        check_marks(draft, column, found, decimal)
        if column.kind == "date":
            _day(draft, column, found, as_of)
    for column, found in read.items():
        if column.kind == "period":
            _periods(draft, column, found, as_of, settings.fiscal_year_start)
    _key(draft)
    return draft


def _blanks(draft: Draft, column: Column, found: Converted) -> None:
    """Act on empty cells by the harm they would do."""
    what = f"{{rows}} without {column.name}."
    if not column.required and found.blank.all():
        return  # as if the column were not there
    if column.blank == "refuse":
        why = f"A row needs it ({column.about}); leaving it out would change the totals."
        draft.find(found.blank, what, why, "Fill the cells in, or remove the rows from the export.", column.name)
    elif column.blank == "leave_out":
        why = "Blank ids would all be joined to each other." if column.kind == "id" else "Such a row tells nothing."
        why = f"A row needs it ({column.about}). {why}"
        todo = "Fill the cells in, if they are known. The rows are left out."
        draft.leave_out(found.blank, f"no {column.name}", what, why, todo, column.name)
    elif column.blank == "unknown":
        why = f"It is {column.about}: for these rows it counts as unknown."
        draft.warn(found.blank, what, why, "Fill the cells in, if they are known; the rows are kept.", column.name)
        if column.kind in ("text", "group", "word"):
            draft.frame[column.name] = draft.frame[column.name].fillna(UNKNOWN)


def _read_otherwise(draft: Draft, column: Column, found: Converted) -> None:
    """Say which cells were read as something else than what they say."""
    if found.nothing is not None and column.blank == "fine":
        draft.warn(
            found.nothing,
            f"{{rows}} whose {column.name} is a word for nothing, such as {{example}}.",
            "They count as blank cells.",
            "Nothing, if nothing is known there; else correct the cells.",
            column.name,
        )
    if found.reworded and found.words is not None and found.positions is not None:
        spelt = pd.Series(found.words.to_pandas(), dtype="str").isin(list(found.reworded)).to_numpy()
        shown = [f"{quoted(text)} as {quoted(word)[1:-1]}" for text, word in found.reworded.items()]
        draft.warn(
            spelt[found.positions] & ~found.blank,
            f"{{rows}} whose {column.name} is read by its meaning: {listed(shown)}.",
            f"It is {column.about}.",
            "Nothing, if that is what is meant; else correct the cells.",
            column.name,
        )


def _unreadable(draft: Draft, column: Column, found: Converted) -> None:
    kept = said_already(draft.raw.origin.source, "dates" if column.kind == "date" else "decimal")
    plain = "a number" if column.kind in NUMERIC else f"a {column.granularity or column.kind}"
    draft.find(
        found.bad,
        f"{{rows}} whose {column.name} is not {_NOUNS.get(column.kind, plain)}, such as {{example}}.",
        "A value that is guessed or dropped would change the figures.",
        found.why_bad.replace("{table}", draft.declared.name).replace("{source}", kept),
        column.name,
    )


def _range(draft: Draft, column: Column) -> None:
    if column.kind not in NUMERIC or column.low is None:
        return
    numbers = draft.frame[column.name].to_numpy(dtype="float64", na_value=np.nan)
    wrong = (numbers < column.low) | (numbers > (np.inf if column.high is None else column.high))
    wrong |= column.whole & ~np.isnan(numbers) & (numbers % 1 != 0)
    high = "or more" if column.high is None else f"to {column.high:g}"
    draft.find(
        wrong,
        f"{{rows}} whose {column.name} is not {'a whole number ' if column.whole else ''}{column.low:g} {high}, "
        "such as {example}.",
        f"It is {column.about}; another scale would give a wrong figure.",
        "Correct the values, or bring them to this scale before the export.",
        column.name,
    )


def _day(draft: Draft, column: Column, found: Converted, as_of: pd.Timestamp) -> None:
    name, values = column.name, draft.frame[column.name]
    if found.shifted:
        draft.warn(
            values.notna().to_numpy(),
            f"The times of {name} carry an offset from UTC, such as {{example}}, and company.yaml names no time zone "
            "({rows}).",
            f"Days are days of the company: as long as no zone is named, each counts {found.shifted[0]}.",
            f"Add to company.yaml: {found.shifted[1]}.",
            name,
        )
    draft.find(
        (values < EARLIEST).to_numpy(),
        f"{{rows}} whose {name} lies before 1990, such as {{example}}.",
        "Such dates come from epoch seconds or spreadsheet numbers; tenure and lifetime value would be wrong.",
        "Correct the dates at their source.",
        name,
    )
    after = (values >= as_of + pd.Timedelta(days=1)).to_numpy()
    if not after.any():
        return
    if column.future:
        what = f"{{rows}} whose {name} lies after {LATEST:%Y}, such as {{example}}."
        why = "Such days stand for no day at all: they count as unknown."
        todo = "Nothing, if that is meant; else correct the dates."
        draft.blank((values > LATEST).to_numpy(), f"{name} after {LATEST:%Y}", what, why, todo, name)
        return
    reason = f"{name} after {as_of:%Y-%m-%d}"
    what = f"{{rows}} whose {name} lies after the day of the analysis ({as_of:%Y-%m-%d}), such as {{example}}."
    todo = "Nothing, if the export is newer than the analysis; else correct the dates or --as-of."
    if column.event:
        why = "On that day they had not happened: the rows are left out."
        draft.leave_out(after, reason, what, why, todo, name)
    else:
        why = "On that day it had not happened: the date counts as unknown."
        draft.blank(after, reason, what, why, todo, name)


def _key(draft: Draft) -> None:
    key = list(draft.declared.key)
    if len(key) == 1 and all_differ(draft.frame[key[0]]):
        return
    _repeated(draft)
    if not key:
        return
    counts = draft.keep & draft.frame[key].notna().all(axis=1).to_numpy()
    if draft.declared.name == "transactions":
        counts &= ~refunds_of_orders(draft)
    part = draft.frame.loc[counts, key]
    doubled = np.zeros(len(counts), dtype=bool)
    doubled[counts] = part.duplicated(keep=False)
    draft.find(
        doubled,
        f"{{n}} rows share their {' + '.join(key)} with another row ({part.duplicated().sum():,} too many), "
        "such as {example}.",
        f"One row is {draft.declared.row}; doubles would be counted twice.",
        "Add the lines of one order up to one row, or remove what stands there twice from the export."
        if draft.declared.repeats == "refuse"
        else "Remove the doubles, or give different things different names.",
        key[0],
    )


def _repeated(draft: Draft) -> None:
    """Rows that repeat an earlier one word for word: one rule, declared by table."""
    if draft.declared.repeats == "refuse":
        return  # the key refuses them
    again = np.zeros(len(draft.keep), dtype=bool)
    again[draft.keep] = draft.frame[draft.keep].duplicated()
    what = "{rows} repeat an earlier row word for word, such as {example}."
    row, column = draft.declared.row.split(";")[0], draft.declared.columns[0].name
    if draft.declared.repeats == "leave_out":
        todo = "Check the export for doubles. The repetitions are left out."
        draft.leave_out(again, "repeated row", what, f"One row is {row}; it would count twice.", todo, column)
    else:
        why = f"One row is {row}, and two may read alike: each of them counts."
        draft.warn(again, what, why, "Nothing, if they are different ones; else remove the copies.", column)


def _periods(draft: Draft, column: Column, found: Converted, as_of: pd.Timestamp, fiscal_year_start: int) -> None:
    """Say how periods were understood, leave out those that the day of the analysis cuts off, and name holes."""
    granularity = found.granularity
    if column.period_of:
        _unplaced(draft, column, granularity)
    if not granularity:
        return
    _how_periods_are_read(draft, column, found, fiscal_year_start)
    if not column.event:
        return
    code, names = pd.factorize(draft.frame[column.name])
    place = np.append(periods.read_periods(names, granularity).places, periods.MISSING)[code]
    if granularity == periods.COUNT:
        draft.warn(
            place != periods.MISSING,
            f"The periods in {column.name} are counted, such as {{example}} ({{rows}}): they have no calendar.",
            f"Neither {as_of:%Y-%m-%d} nor the period that runs on that day can cut them: all of them count.",
            "Nothing, if they all are over; else write calendar periods such as 2026Q3 or 2026-03.",
            column.name,
        )
    else:
        _cut(draft, column, place, granularity, as_of)
    if draft.declared.series and draft.has(*draft.declared.series):
        _holes(draft, column, place, granularity)


def _how_periods_are_read(draft: Draft, column: Column, found: Converted, fiscal_year_start: int) -> None:
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
    read = periods.read_periods(names, granularity, within=True)
    lost, there = read.bad.copy(), read.places != periods.MISSING
    if granularity not in ("", periods.COUNT):
        lost[there] |= periods.first_days(read.places[there], granularity) > np.datetime64(LATEST, "D")
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
        far = plan & (place != periods.MISSING)  # plans may lie ahead, but not centuries
        far[far] = periods.first_days(place[far], granularity) > np.datetime64(LATEST, "D")
        draft.warn(
            far,
            f"{{rows}} of plans whose {column.name} lies after {LATEST:%Y}, such as {{example}}.",
            "Such periods stand for no time at all: what is planned for them would count in no figure.",
            "Correct the periods.",
            column.name,
        )
        place = np.where(plan, periods.MISSING, place)
    day, there = np.datetime64(as_of, "D"), place != periods.MISSING
    begins, ends = (np.full(len(place), day) for _ in range(2))
    begins[there] = periods.first_days(place[there], granularity)
    ends[there] = periods.last_days(place[there], granularity)
    what = f"{{rows}} whose {column.name} lies after the day of the analysis ({day}), such as {{example}}."
    why = f"On that day it {'was not known' if column.begun else 'had not happened'}: the rows are left out."
    why += f" Only rows that say no in {column.plan_if_not} may lie ahead." if column.plan_if_not else ""
    todo = "Nothing, if the export is newer than the analysis; else correct the periods or --as-of."
    draft.leave_out(begins > day, f"{column.name} after {day}", what, why, todo, column.name)
    if not column.begun:
        running = (begins <= day) & (ends > day)
        name, end = periods.names_of(place[running][:1], granularity), ends[running][:1].tolist()
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
    kept = np.flatnonzero(
        draft.keep & (place != periods.MISSING) & draft.frame[[*group, unit]].notna().all(axis=1).to_numpy()
    )
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
            gone = periods.missing_between(place[kept][whose == number])
            draft.warn(
                np.isin(np.arange(len(place)), kept[whose == number]),
                f"No row{of_group} is of {periods.in_runs(gone, granularity)}, which lie between other periods.",
                f"Time is counted by the calendar: over a hole nothing changes from one {granularity} to the next.",
                "Add the missing periods, if there are any.",
                column.name,
            )
        lacking = torn[torn // len(units) == number] % len(units)
        if len(lacking):
            draft.warn(
                np.isin(np.arange(len(place)), kept[(whose == number) & np.isin(who, lacking)]),
                f"{plural(len(lacking), unit)}{of_group} lack periods between their first and their last that others "
                f"have: {listed([quoted(name) for name in units[lacking]])} ({{rows}}).",
                "Estimates that need every period leave them out.",
                "Add the missing rows, if there are any.",
                unit,
            )
