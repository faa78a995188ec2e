"""Files beside the page, the same bytes each time: safe sheets, tables of answers, the network, under pseudonyms."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.answer import Answer
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.answers.small_groups import without_small_groups
from scrm_helpers.network.forest.referral_forest import Rule, build_forest
from scrm_helpers.network.pictures.exchange import shareable, write_gexf
from scrm_helpers.report.privacy.pseudonyms import pseudonym_key, pseudonyms
from scrm_helpers.report.whole_files import PERSONAL

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

REFERRALS = "04"  # the chapter whose network it is


def write_network(company: Company, path: Path, given: Mapping[str, Any]) -> bool:
    """Write the large cascades of a company's referrals as GEXF, under pseudonyms."""
    rule: Rule = given.get("credit_rule", "first")
    key = pseudonym_key(company)
    forest = build_forest(company.table("referrals"), company.customers, as_of=company.as_of, rule=rule)
    graph, description = shareable(forest, lambda ids: pseudonyms(ids, key), min_group=company.settings.min_group)
    if not len(graph):
        return False
    path.touch(mode=PERSONAL)
    try:
        write_gexf(graph, path, description=description)
    except BaseException:
        path.unlink()  # a file is whole or not there
        raise
    return True


_LINE_END = re.compile("\r\n?")
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A fixed creation date, or the file would differ with every run.
_EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_SHEET_NAME_LIMIT, _NOT_IN_A_NAME = 31, re.compile(r"[\[\]:*?/\\]")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    r"""Write a frame as UTF-8 CSV whose text cells cannot run as formulas."""
    safe = frame.copy()
    for name in safe.select_dtypes(["str", "object"]):
        safe[name] = safe[name].map(_harmless)
    return safe.to_csv(index=False, lineterminator="\n").encode("utf-8")


def _harmless(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    quoted = f"'{cell}" if cell.startswith(_STARTS_A_FORMULA) else cell
    return _LINE_END.sub("\n", quoted)  # a bare CR is not quoted and would split the row when read


def workbook_bytes(sheets: Mapping[str, pd.DataFrame]) -> bytes:
    """Write frames as an XLSX workbook: one sheet each, header frozen, filters on, text never a formula or link."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"created": _EPOCH})
        bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        for name, frame in sheets.items():
            sheet = book.add_worksheet(_NOT_IN_A_NAME.sub("-", name)[:_SHEET_NAME_LIMIT])
            sheet.freeze_panes(1, 0)
            sheet.autofilter(0, 0, max(len(frame), 1), max(len(frame.columns) - 1, 0))
            for column, header in enumerate(frame.columns):
                sheet.write_string(0, column, str(header), bold)
                width = max([len(str(header)), *(len(str(cell)) for cell in frame[header].head(200))], default=8)
                sheet.set_column(column, column, min(max(width + 2, 8), 60))
                for row, cell in enumerate(frame[header], start=1):
                    _write_cell(sheet, row, column, cell)
    return buffer.getvalue()


def _write_cell(sheet: Any, row: int, column: int, cell: Any) -> None:
    if pd.isna(cell):
        return
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, (int, float)):
        sheet.write_number(row, column, cell)
    else:
        text = str(cell)[:10] if isinstance(cell, dt.datetime) else str(cell)
        sheet.write_string(row, column, text)


TABLES_OF = "{}.tables.json"  # what a chapter leaves, by its number
_CONTENTS = {
    "caption": "Holds",
    "title": "Title in the report",
    "sentence": "Reads as",
    "note": "Base and source",
    "hidden": "Rows on too few people, left out",
}


def gather_tables(answers: Iterable[Answer], min_group: int) -> list[dict[str, Any]]:
    """Take the tables of a chapter as JSON can hold them."""
    return [_entry(answer, min_group) for answer in answers if not answer.table.empty]


def read_tables(folder: Path, chapters: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Read the tables that chapters left in a folder, those that left any, by number."""
    files = {number: folder / TABLES_OF.format(number) for number in chapters}
    read = {number: json.loads(file.read_text(encoding="utf-8")) for number, file in files.items() if file.is_file()}
    return {number: tables for number, tables in read.items() if tables}


def tables_workbook(chapters: Mapping[str, list[dict[str, Any]]]) -> bytes:
    """Write the tables of all chapters as one XLSX workbook: a sheet of contents, then a sheet each."""
    contents, sheets = [], {}
    for number in sorted(chapters):
        for place, table in enumerate(chapters[number], start=1):
            name = f"{number}-{place:02}"
            sheets[name] = pd.DataFrame(table["rows"], columns=table["columns"])
            contents.append((name, *(table[key] for key in _CONTENTS)))
    listed = pd.DataFrame(contents, columns=["Sheet", *_CONTENTS.values()])
    return workbook_bytes({"Contents": listed, **sheets})


def _entry(answer: Answer, min_group: int) -> dict[str, Any]:
    shown = without_small_groups(answer.table, min_group)
    return {
        "columns": [str(name) for name in shown.columns],
        "rows": [[_plain(cell) for cell in row] for row in shown.itertuples(index=False, name=None)],
        **{name: getattr(answer, name) for name in ("caption", "title", "sentence", "note")},
        "hidden": len(answer.table) - len(shown),
    }


def _plain(cell: object) -> Any:
    if isinstance(cell, np.generic):
        cell = cell.item()
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return None
    if isinstance(cell, (bool, str)):
        return cell
    if isinstance(cell, dt.date):
        return cell.isoformat()[:10]
    return rounded(cell) if isinstance(cell, (int, float)) else str(cell)
