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
    name, what, todo = column.name, "{rows} without {column}.", "Fill the cells in, if they are known"
    if not column.required and found.blank.all():
        return  # as if the column were not there
    if column.blank == "refuse":
        why = f"A row needs it ({column.about}); leaving it out would change the totals."
        draft.find(found.blank, what, why, "Fill the cells in, or remove the rows from the export.", name)
    elif column.blank == "leave_out":
        why = "Blank ids would all be joined to each other." if column.kind == "id" else "Such a row tells nothing."
        why = f"A row needs it ({column.about}). {why}"
        draft.leave_out(found.blank, f"no {name}", what, why, f"{todo}. The rows are left out.", name)
    elif column.blank == "unknown":
        why = f"It is {column.about}: for these rows it counts as unknown."
        draft.warn(found.blank, what, why, f"{todo}; the rows are kept.", name)
        if column.kind in ("text", "group", "word"):
            draft.frame[name] = draft.frame[name].fillna(UNKNOWN)


def _read_otherwise(draft: Draft, column: Column, found: Converted) -> None:
    """Say which cells were read as something else than what they say."""
    if found.nothing is not None and column.blank == "fine":
        what = "{rows} whose {column} is a word for nothing, such as {example}."
        todo = "Nothing, if nothing is known there; else correct the cells."
        draft.warn(found.nothing, what, "They count as blank cells.", todo, column.name)
    if found.reworded and found.words is not None and found.positions is not None:
        spelt = pd.Series(found.words.to_pandas(), dtype="str").isin(list(found.reworded)).to_numpy()
        shown = [f"{quoted(text)} as {quoted(word)[1:-1]}" for text, word in found.reworded.items()]
        what = f"{{rows}} whose {{column}} is read by its meaning: {listed(shown)}."
        todo = "Nothing, if that is what is meant; else correct the cells."
        draft.warn(spelt[found.positions] & ~found.blank, what, f"It is {column.about}.", todo, column.name)


def _unreadable(draft: Draft, column: Column, found: Converted) -> None:
    kept = said_already(draft.raw.origin.source, "dates" if column.kind == "date" else "decimal")
    plain = "a number" if column.kind in NUMERIC else f"a {column.granularity or column.kind}"
    what = f"{{rows}} whose {{column}} is not {_NOUNS.get(column.kind, plain)}, such as {{example}}."
    todo = found.why_bad.replace("{table}", draft.declared.name).replace("{source}", kept)
    draft.find(found.bad, what, "A value that is guessed or dropped would change the figures.", todo, column.name)


def _range(draft: Draft, column: Column) -> None:
    if column.kind not in NUMERIC or column.low is None:
        return
    numbers = draft.frame[column.name].to_numpy(dtype="float64", na_value=np.nan)
    wrong = (numbers < column.low) | (numbers > (np.inf if column.high is None else column.high))
    wrong |= column.whole & ~np.isnan(numbers) & (numbers % 1 != 0)
    wanted = f"{'a whole number ' if column.whole else ''}{column.low:g} "
    wanted += "or more" if column.high is None else f"to {column.high:g}"
    why = f"It is {column.about}; another scale would give a wrong figure."
    todo = "Correct the values, or bring them to this scale before the export."
    draft.find(wrong, f"{{rows}} whose {{column}} is not {wanted}, such as {{example}}.", why, todo, column.name)


def _day(draft: Draft, column: Column, found: Converted, as_of: pd.Timestamp) -> None:
    name, values = column.name, draft.frame[column.name]
    if found.shifted:
        what = "The times of {column} carry an offset from UTC, such as {example}, and company.yaml names no time zone "
        why = f"Days are days of the company: as long as no zone is named, each counts {found.shifted[0]}."
        draft.warn(values.notna(), f"{what}({{rows}}).", why, f"Add to company.yaml: {found.shifted[1]}.", name)
    what = "{rows} whose {column} lies before 1990, such as {example}."
    why = "Such dates come from epoch seconds or spreadsheet numbers; tenure and lifetime value would be wrong."
    draft.find(values < EARLIEST, what, why, "Correct the dates at their source.", name)
    after = (values >= as_of + pd.Timedelta(days=1)).to_numpy()
    if column.future:
        why, todo = "Such days stand for no day at all: they count as unknown.", "Nothing, if that is meant"
        late, what = f"after {LATEST:%Y}", f"{{rows}} whose {{column}} lies after {LATEST:%Y}, such as {{example}}."
        draft.blank(values > LATEST, f"{name} {late}", what, why, f"{todo}; else correct the dates.", name)
        return
    why = "On that day it had not happened: the date counts as unknown."
    if column.event:
        why = "On that day they had not happened: the rows are left out."
    _after(draft, column, after, np.datetime64(as_of, "D"), why)


def _after(draft: Draft, column: Column, after: np.ndarray, day: np.datetime64, why: str) -> None:
    """Leave out what was to come on the day of the analysis; a day of something else in the row is blank then."""
    what = f"{{rows}} whose {{column}} lies after the day of the analysis ({day}), such as {{example}}."
    noun = "dates" if column.kind == "date" else "periods"
    todo = f"Nothing, if the export is newer than the analysis; else correct the {noun} or --as-of."
    act = draft.leave_out if column.event or column.kind == "period" else draft.blank
    act(after, f"{column.name} after {day}", what, why, todo, column.name)


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
    doubled = part.duplicated(keep=False).reindex(draft.frame.index, fill_value=False)
    what = f"{{n}} rows share their {' + '.join(key)} with another row ({part.duplicated().sum():,} too many), "
    todo = "Remove the doubles, or give different things different names."
    if draft.declared.repeats == "refuse":
        todo = "Add the lines of one order up to one row, or remove what stands there twice from the export."
    why = f"One row is {draft.declared.row}; doubles would be counted twice."
    draft.find(doubled, f"{what}such as {{example}}.", why, todo, key[0])


def _repeated(draft: Draft) -> None:
    """Rows that repeat an earlier one word for word: one rule, declared by table."""
    if draft.declared.repeats == "refuse":
        return  # the key refuses them
    again = draft.frame[draft.keep].duplicated().reindex(draft.frame.index, fill_value=False)
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
        what = "The periods in {column} are counted, such as {example} ({rows}): they have no calendar."
        why = f"Neither {as_of:%Y-%m-%d} nor the period that runs on that day can cut them: all of them count."
        todo = "Nothing, if they all are over; else write calendar periods such as 2026Q3 or 2026-03."
        draft.warn(place != periods.MISSING, what, why, todo, column.name)
    else:
        _cut(draft, column, place, granularity, np.datetime64(as_of, "D"))
    if draft.declared.series and draft.has(*draft.declared.series):
        _holes(draft, column, place, granularity)


def _how_periods_are_read(draft: Draft, column: Column, found: Converted, fiscal_year_start: int) -> None:
    filled = draft.frame[column.name].notna()
    if found.said:
        what = f"The days in {{column}} are read as periods, since {found.said} ({{rows}}), such as {{example}}."
        todo = "Nothing, if that is meant; else write periods such as 2026Q3 or 2026-03."
        draft.warn(filled, what, "Neighbours in time are then periods, not days.", todo, column.name)
    if fiscal_year_start > 1 and found.granularity in ("year", "half-year", "quarter") and column.event:
        what = f"The periods in {{column}} are read as calendar {found.granularity}s, such as {{example}} ({{rows}}), "
        what += f"although the fiscal year starts in month {fiscal_year_start}."
        why = "Fiscal periods would be placed in the wrong months, and cut on the wrong day."
        todo = "Nothing, if they are calendar periods; else convert them before the export."
        draft.warn(filled, what, why, todo, column.name)


def _unplaced(draft: Draft, column: Column, granularity: str) -> None:
    """A start that is no period is kept as it is written; what needs it refuses it, and here it is named."""
    code, names = pd.factorize(draft.frame[column.name])
    read = periods.read_periods(names, granularity, within=True)
    lost = read.bad | _too_late(read.places, granularity)
    what = f"{{rows}} whose {{column}} is no period or day that can be placed in {column.period_of}, such as "
    why = "When these units were first treated is not known: estimates that need it are left out with this reason."
    todo = f"Write it as in {column.period_of}; leave it blank, or write never, where it never happened."
    draft.warn(np.append(lost, False)[code], f"{what}{{example}}.", why, todo, column.name)


def _too_late(places: np.ndarray, granularity: str) -> np.ndarray:
    """Which periods begin after every day that can be meant."""
    late = (places != periods.MISSING) & (granularity not in ("", periods.COUNT))
    if late.any():
        late[late] = periods.first_days(places[late], granularity) > np.datetime64(LATEST, "D")
    return late


def _cut(draft: Draft, column: Column, place: np.ndarray, granularity: str, day: np.datetime64) -> None:
    """Leave out what had not happened, or was not known, on the day of the analysis."""
    if column.plan_if_not and draft.has(column.plan_if_not):
        plan = draft.frame[column.plan_if_not].eq(False).fillna(False).to_numpy(dtype=bool)
        what = f"{{rows}} of plans whose {{column}} lies after {LATEST:%Y}, such as {{example}}."
        why = "Such periods stand for no time at all: what is planned for them would count in no figure."
        far = plan & _too_late(place, granularity)  # plans may lie ahead, but not centuries
        draft.warn(far, what, why, "Correct the periods.", column.name)
        place = np.where(plan, periods.MISSING, place)
    there = place != periods.MISSING
    begins, ends = (np.full(len(place), day) for _ in range(2))
    begins[there] = periods.first_days(place[there], granularity)
    ends[there] = periods.last_days(place[there], granularity)
    why = f"On that day it {'was not known' if column.begun else 'had not happened'}: the rows are left out."
    why += f" Only rows that say no in {column.plan_if_not} may lie ahead." if column.plan_if_not else ""
    _after(draft, column, begins > day, day, why)
    if not column.begun:
        running = (begins <= day) & (ends > day)
        name, end = periods.names_of(place[running][:1], granularity), ends[running][:1].tolist()
        what = f"{{rows}} of {listed(name)}, a {granularity} that is not over on {day}."
        why = "Part of a period beside whole ones would look like a fall: the rows are left out."
        todo = f"Nothing, if it is to be left out; else set --as-of to its last day, {listed(end)}."
        draft.leave_out(running, f"{column.name} not over on {day}", what, why, todo, column.name)


def _holes(draft: Draft, column: Column, place: np.ndarray, granularity: str) -> None:
    """Name periods that are missing for everybody, and units that lack some that others have."""
    *group, unit = draft.declared.series
    rows = draft.frame[[*group, unit]].assign(place=place)[draft.keep & (place != periods.MISSING)].dropna()
    for name, part in rows.groupby(group[0], sort=False) if group else [("", rows)]:
        of_group = f" of the {group[0]} {quoted(name)}" if group else ""
        if len(gone := periods.missing_between(part["place"].to_numpy())):
            what = f"No row{of_group} is of {periods.in_runs(gone, granularity)}, which lie between other periods."
            why = f"Time is counted by the calendar: over a hole nothing changes from one {granularity} to the next."
            todo = "Add the missing periods, if there are any."
            draft.warn(draft.frame.index.isin(part.index), what, why, todo, column.name)
        order = part["place"].rank(method="dense")  # among the periods that anybody of the group has
        spans = order.groupby(part[unit], sort=False).agg(["min", "max", "size"])
        lacking = spans.index[spans["max"] - spans["min"] + 1 > spans["size"]]
        if len(lacking):
            what = f"{plural(len(lacking), unit)}{of_group} lack periods between their first and their last that "
            what += f"others have: {listed([quoted(name) for name in lacking])} ({{rows}})."
            theirs = draft.frame.index.isin(part.index[part[unit].isin(lacking)])
            why, todo = "Estimates that need every period leave them out.", "Add the missing rows, if there are any."
            draft.warn(theirs, what, why, todo, unit)
