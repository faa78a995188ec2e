"""Checks of one table by its declaration: which rows refuse the run, and which are left out without harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.period_checks import check_periods
from scrm_helpers.tables.checking.rules import refunds_of_orders
from scrm_helpers.tables.checking.spreadsheet import check_marks
from scrm_helpers.tables.contract.kinds import NUMERIC, Column, Table
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import EARLIEST, LATEST, Settings, Source
from scrm_helpers.tables.reading.files import RawTable
from scrm_helpers.tables.reading.header import said_already
from scrm_helpers.tables.values.typed_values import Converted, convert

UNKNOWN = "unknown"
"""What stands in the place of an empty name or word that counts as unknown."""
_NOUNS = {"date": "a date", "count": "a whole number", "yes_no": "yes or no", "word": "one of the allowed words"}
_NOUNS |= {"currency": "a code of three capital letters", "unit": "a clear currency or another word"}


def draft_of(raw: RawTable, declared: Table, settings: Settings, as_of: pd.Timestamp) -> Draft:
    """Type a table and check every column against its declaration."""
    source = settings.sources.get(declared.name) or Source()
    decimal, dates = source.decimal or settings.decimal, source.dates or settings.dates
    zone = settings.timezone if "timezone" in settings.model_fields_set else None
    read: dict[Column, Converted] = {}
    for column in declared.columns:
        if column.name in raw.columns:
            placed = next((found.granularity for other, found in read.items() if other.name == column.period_of), "")
            read[column] = convert(raw.columns[column.name], column, decimal, dates, zone, placed)
    draft = Draft(declared, raw, pd.DataFrame({column.name: found.values for column, found in read.items()}))
    draft.plain = frozenset(column.name for column, found in read.items() if found.plain)
    for column, found in read.items():
        _blanks(draft, column, found)
        _remarks(draft, column, found)
        _unreadable(draft, column, found, source)
        _range(draft, column)
        check_marks(draft, column, found, decimal)
        if column.kind == "date":
            _day(draft, column, found, as_of)
    for column, found in read.items():
        if column.kind == "period":
            check_periods(draft, column, found, as_of, settings.fiscal_year_start)
    _key(draft)
    return draft


def _blanks(draft: Draft, column: Column, found: Converted) -> None:
    """Act on empty cells by the harm they would do."""
    what = f"{{rows}} without {column.name}."
    if not column.required and found.blank.all():
        return  # as if the column were not there
    if column.blank == "refuse":
        draft.find(
            found.blank,
            what,
            f"A row needs it ({column.about}); leaving it out would change the totals.",
            "Fill the cells in, or remove the rows from the export.",
            column=column.name,
        )
    elif column.blank == "leave_out":
        why = "Blank ids would all be joined to each other." if column.kind == "id" else "Such a row tells nothing."
        draft.leave_out(
            found.blank,
            f"no {column.name}",
            what,
            f"A row needs it ({column.about}). {why}",
            "Fill the cells in, if they are known. The rows are left out.",
            column=column.name,
        )
    elif column.blank == "unknown":
        draft.find(
            found.blank,
            what,
            f"It is {column.about}: for these rows it counts as unknown.",
            "Fill the cells in, if they are known; the rows are kept.",
            column=column.name,
            level="warning",
        )
        if column.kind in ("text", "group", "word"):
            draft.frame[column.name] = draft.frame[column.name].fillna(UNKNOWN)


def _remarks(draft: Draft, column: Column, found: Converted) -> None:
    """Say which cells were read as something else than what they say."""
    if found.nothing is not None and column.blank == "fine":
        draft.find(
            found.nothing,
            f"{{rows}} whose {column.name} is a word for nothing, such as {{example}}.",
            "They count as blank cells.",
            "Nothing, if nothing is known there; else correct the cells.",
            column=column.name,
            level="warning",
        )
    if found.reworded and found.words is not None and found.positions is not None:
        spelt = pd.Series(found.words.to_pandas(), dtype="str").isin(list(found.reworded)).to_numpy()
        shown = [f"{quoted(text)} as {quoted(word)[1:-1]}" for text, word in found.reworded.items()]
        draft.find(
            spelt[found.positions] & ~found.blank,
            f"{{rows}} whose {column.name} is read by its meaning: {listed(shown)}.",
            f"It is {column.about}.",
            "Nothing, if that is what is meant; else correct the cells.",
            column=column.name,
            level="warning",
        )


def _unreadable(draft: Draft, column: Column, found: Converted, source: Source) -> None:
    kept = said_already(source, but=("dates",) if column.kind == "date" else ("decimal",))
    plain = "a number" if column.kind in NUMERIC else f"a {column.granularity or column.kind}"
    noun = _NOUNS.get(column.kind, plain)
    draft.find(
        found.bad,
        f"{{rows}} whose {column.name} is not {noun}, such as {{example}}.",
        "A value that is guessed or dropped would change the figures.",
        found.why_bad.replace("{table}", draft.declared.name).replace("{source}", kept),
        column=column.name,
    )


def _range(draft: Draft, column: Column) -> None:
    values = draft.frame[column.name]
    if column.kind not in NUMERIC or (column.low is None and column.high is None and not column.whole):
        return
    numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    with np.errstate(invalid="ignore"):
        wrong = np.zeros(len(numbers), dtype=bool)
        if column.low is not None:
            wrong |= numbers < column.low
        if column.high is not None:
            wrong |= numbers > column.high
        if column.whole:
            wrong |= ~np.isnan(numbers) & (numbers % 1 != 0)
    high = "or more" if column.high is None else f"to {column.high:g}"
    allowed = f"{'a whole number ' if column.whole else ''}{column.low:g} {high}"
    draft.find(
        wrong,
        f"{{rows}} whose {column.name} is not {allowed}, such as {{example}}.",
        f"It is {column.about}; another scale would give a wrong figure.",
        "Correct the values, or bring them to this scale before the export.",
        column=column.name,
    )


def _day(draft: Draft, column: Column, found: Converted, as_of: pd.Timestamp) -> None:
    values = draft.frame[column.name]
    if found.shifted:
        draft.find(
            values.notna().to_numpy(),
            f"The times of {column.name} carry an offset from UTC, such as {{example}}, and company.yaml names no time "
            "zone ({rows}).",
            f"Days are days of the company: as long as no zone is named, each counts {found.shifted[0]}.",
            f"Add to company.yaml: {found.shifted[1]}.",
            column=column.name,
            level="warning",
        )
    draft.find(
        (values < EARLIEST).to_numpy(),
        f"{{rows}} whose {column.name} lies before 1990, such as {{example}}.",
        "Such dates come from epoch seconds or spreadsheet numbers; tenure and lifetime value would be wrong.",
        "Correct the dates at their source.",
        column=column.name,
    )
    after = (values >= as_of + pd.Timedelta(days=1)).to_numpy()
    if not after.any():
        return
    if column.future:
        draft.blank(
            (values > LATEST).to_numpy(),
            f"{column.name} after {LATEST:%Y}",
            f"{{rows}} whose {column.name} lies after {LATEST:%Y}, such as {{example}}.",
            "Such days stand for no day at all: they count as unknown.",
            "Nothing, if that is meant; else correct the dates.",
            column=column.name,
        )
        return
    reason = f"{column.name} after {as_of:%Y-%m-%d}"
    what = f"{{rows}} whose {column.name} lies after the day of the analysis ({as_of:%Y-%m-%d}), such as {{example}}."
    todo = "Nothing, if the export is newer than the analysis; else correct the dates or --as-of."
    if column.event:
        draft.leave_out(after, reason, what, "On that day they had not happened: the rows are left out.", todo,
                        column=column.name)  # fmt: skip
    else:
        draft.blank(after, reason, what, "On that day it had not happened: the date counts as unknown.", todo,
                    column=column.name)  # fmt: skip


def _key(draft: Draft) -> None:
    key = list(draft.declared.key)
    if not key:
        _repeated(draft)
        return
    if not draft.has(*key) or not _again(draft, key).any():
        return
    _repeated(draft)
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
        column=key[0],
    )


def _again(draft: Draft, key: list[str]) -> np.ndarray:
    """Kept rows whose key stood in an earlier row."""
    again = np.zeros(len(draft.keep), dtype=bool)
    first = draft.frame[key[0]]
    if len(key) > 1 or first.nunique() < first.notna().sum():
        again[draft.keep] = draft.frame.loc[draft.keep].duplicated(key)
        again &= draft.frame[key].notna().all(axis=1).to_numpy()
    return again


def _repeated(draft: Draft) -> None:
    """Rows that repeat an earlier one word for word: one rule, declared by table."""
    if draft.declared.repeats == "refuse":
        return  # the key refuses them
    again = np.zeros(len(draft.keep), dtype=bool)
    again[draft.keep] = draft.frame[draft.keep].duplicated()
    what = "{rows} repeat an earlier row word for word, such as {example}."
    column = draft.declared.columns[0].name
    if draft.declared.repeats == "leave_out":
        draft.leave_out(
            again,
            "repeated row",
            what,
            f"One row is {draft.declared.row.split(';')[0]}; it would count twice.",
            "Check the export for doubles. The repetitions are left out.",
            column=column,
        )
    else:
        draft.find(
            again,
            what,
            f"One row is {draft.declared.row.split(';')[0]}, and two may read alike: each of them counts.",
            "Nothing, if they are different ones; else remove the copies.",
            column=column,
            level="warning",
        )
