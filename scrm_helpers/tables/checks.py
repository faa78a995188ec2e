"""Checks of one table by its declaration: which rows refuse the run, and which are left out without harm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.tables.contract import Column, Table
from scrm_helpers.tables.convert import Converted, convert
from scrm_helpers.tables.day import EARLIEST, LATEST
from scrm_helpers.tables.draft import Draft
from scrm_helpers.tables.marks import check_marks
from scrm_helpers.tables.period_checks import check_periods
from scrm_helpers.tables.raw import RawTable
from scrm_helpers.tables.settings import Settings, Source

_TO_MEND_DOUBLES = {
    "transactions": "Add the lines of one order up to one row, or remove the doubles from the export.",
}
_JOINS = ("customer_id", "referrer_id", "referred_id")


def draft_of(raw: RawTable, declared: Table, settings: Settings, as_of: pd.Timestamp) -> Draft:
    """Type a table and check every column against its declaration.

    Parameters
    ----------
    raw : RawTable
        The table as read.
    declared : Table
        Its declaration.
    settings : Settings
        Decimal mark, date format and zone.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive.

    Returns
    -------
    Draft
        Typed rows with findings; nothing is raised, so that all findings come together.
    """
    source = settings.sources.get(declared.name) or Source()
    decimal, dates = source.decimal or settings.decimal, source.dates or settings.dates
    zone = settings.timezone if "timezone" in settings.model_fields_set else None
    read: dict[Column, Converted] = {}
    for column in declared.columns:
        if column.name in raw.columns:
            placed = next((found.granularity for other, found in read.items() if other.name == column.period_of), "")
            read[column] = convert(raw.columns[column.name], column, decimal, dates, zone, placed)
    draft = Draft(declared, raw, pd.DataFrame({column.name: found.values for column, found in read.items()}))
    for column, found in read.items():
        _blanks(draft, column, found)
        _unreadable(draft, column, found)
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
    if column.may_be_blank:
        return
    if column.name in _JOINS:
        draft.leave_out(
            found.blank,
            f"no {column.name}",
            f"{{rows}} without {column.name}.",
            "Nobody can be joined to them; blank ids would all be joined to each other.",
            "Fill the ids in, if they are known. The rows are left out.",
            column=column.name,
        )
    else:
        draft.find(
            found.blank,
            f"{{rows}} without {column.name}.",
            f"A row needs it ({column.about}); leaving it out would change the totals.",
            "Fill the cells in, or remove the rows from the export.",
            column=column.name,
        )


def _unreadable(draft: Draft, column: Column, found: Converted) -> None:
    noun = {"date": "a date", "number": "a number", "count": "a whole number", "yes_no": "yes or no", "id": "text"}.get(
        column.kind, "one of the allowed words" if column.values else f"a {column.kind}"
    )
    draft.find(
        found.bad,
        f"{{rows}} whose {column.name} is not {noun}, such as {{example}}.",
        "A value that is guessed or dropped would change the figures.",
        found.why_bad.replace("{table}", draft.declared.name),
        column=column.name,
    )


def _range(draft: Draft, column: Column) -> None:
    values = draft.frame[column.name]
    if column.kind not in ("number", "count") or (column.low is None and column.high is None and not column.whole):
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
    if not key or not draft.has(*key):
        return
    first = draft.frame[key[0]]
    if len(key) == 1 and first.nunique() == first.notna().sum():
        return
    complete = draft.frame[key].notna().all(axis=1).to_numpy()
    doubled = draft.frame.duplicated(key, keep=False).to_numpy() & complete & draft.keep
    again = draft.frame.loc[draft.keep].duplicated(key, keep="first").reindex(draft.frame.index, fill_value=False)
    n = int((again.to_numpy() & complete).sum())
    if n:
        draft.find(
            doubled,
            f"{{n}} rows share their {' + '.join(key)} with another row ({n:,} too many), such as {{example}}.",
            f"One row is {draft.declared.row}; doubles would be counted twice.",
            _TO_MEND_DOUBLES.get(draft.declared.name, "Remove the doubles, or give different things different names."),
            column=key[0],
        )
