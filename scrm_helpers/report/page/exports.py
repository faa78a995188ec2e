"""Files beside the page, the same bytes each time: tables of answers, and the network under pseudonyms."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.answer import Answer
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.answers.small_groups import without_small_groups
from scrm_helpers.network.forest.referral_forest import Rule, build_forest
from scrm_helpers.network.pictures.exchange import gexf_text, shareable
from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, pseudonyms
from scrm_helpers.report.safe_sheets import sheet_name, workbook_bytes
from scrm_helpers.report.whole_files import PERSONAL, write_whole
from scrm_helpers.tables import Company

REFERRALS = "04"  # the chapter whose network it is


def write_network(company: Company, path: Path, given: Mapping[str, Any]) -> bool:
    """Write the large cascades of a company's referrals as GEXF, under pseudonyms."""
    rule: Rule = given.get("credit_rule", "first")
    key = pseudonym_key(company.settings)
    forest = build_forest(company.table("referrals"), company.customers, as_of=company.as_of, rule=rule)
    graph, description = shareable(forest, lambda ids: pseudonyms(ids, key), min_group=company.settings.min_group)
    if not len(graph):
        return False
    write_whole(path, gexf_text(graph, description), mode=PERSONAL)
    return True


TABLES_OF = "{}.tables.json"  # what a chapter leaves, by its number
_CONTENTS_SHEET = "Contents"
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


def tables_workbook(chapters: Mapping[str, list[dict[str, Any]]], currency: str) -> bytes:
    """Write the tables of all chapters as one XLSX workbook: a sheet of contents, then a sheet each by its name."""
    sheets: dict[str, pd.DataFrame] = {}
    contents, formats = [], {}
    for number in sorted(chapters):
        for table in chapters[number]:
            name = sheet_name(f"{number} {table['caption'] or table['title']}", [_CONTENTS_SHEET, *sheets])
            sheets[name] = pd.DataFrame(table["rows"], columns=table["columns"], dtype="object")
            formats[name] = table["formats"]
            contents.append((name, *(table[key] for key in _CONTENTS)))
    listed = pd.DataFrame(contents, columns=["Sheet", *_CONTENTS.values()])
    return workbook_bytes({_CONTENTS_SHEET: listed, **sheets}, formats, currency)


def _entry(answer: Answer, min_group: int) -> dict[str, Any]:
    shown = without_small_groups(answer.table, min_group)
    return {
        "columns": [str(name) for name in shown.columns],
        "rows": [[_plain(cell) for cell in row] for row in shown.itertuples(index=False, name=None)],
        **{name: getattr(answer, name) for name in ("caption", "title", "sentence", "note")},
        "formats": {**dict.fromkeys(shown.select_dtypes("datetime"), "date"), **answer.formats},
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
