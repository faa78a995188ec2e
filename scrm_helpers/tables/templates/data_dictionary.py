"""The page of all columns, made from the contract: what each holds, how it is written, which words are accepted."""

from html import escape

from scrm_helpers.tables.contract.accepted_words import YES_NO, Vocabulary
from scrm_helpers.tables.contract.column_kinds import Column, Kind, Table
from scrm_helpers.tables.contract.declarations import TABLES

_WRITTEN: dict[Kind, str] = {
    "id": "text, as the system writes it: 00123 and 123 are two ids",
    "group": "text",
    "text": "text",
    "word": "one of the words",
    "yes_no": "yes or no",
    "currency": "code of three capital letters (ISO 4217)",
    "unit": "currency code or a word",
    "money": "plain number, such as 1234.50",
    "number": "plain number",
    "share": "number",
    "count": "whole number",
    "date": "day, such as 2026-09-30",
    "period": "period",
}
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}th,td{border:1px solid #ccc;padding:.3rem .6rem;text-align:left;"
    "vertical-align:top}th{background:#eee}"
)
_HEAD = "<tr><th>Column</th><th>Needed</th><th>What it holds</th><th>How it is written</th></tr>"


def how_written(column: Column) -> str:
    """Say how a cell of a column is written, with its range and words."""
    text = _WRITTEN[column.kind]
    if column.low is not None:
        text += f", {column.low:g} to {column.high:g}" if column.high is not None else f", {column.low:g} or more"
    words = words_of(column)
    if words is None or column.kind == "yes_no":
        return text
    return f"{text}: {', '.join(words.words)}{' or your own' if words.own else ''}"


def words_of(column: Column) -> Vocabulary | None:
    """The words that a column accepts; None where any text is one."""
    return YES_NO if column.kind == "yes_no" else column.words


def columns_body() -> str:
    """All tables as HTML, which is Markdown too."""
    return "\n".join(line for table in TABLES.values() for line in _table(table)) + "\n"


def columns_page() -> str:
    """The page that a new company folder gets."""
    head = f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Columns</title><style>{_STYLE}</style>'
    return f"{head}</head><body>\n<h1>Columns</h1>\n{columns_body()}</body></html>\n"


def _table(table: Table) -> list[str]:
    needed = " The company needs this table." if table.required else ""
    key = f" A row is known by {' and '.join(table.key)}." if table.key else ""
    lines = [f"<h2>{table.name}</h2>", f"<p>One row is {escape(table.row)}.{needed}{key}</p>", f"<table>{_HEAD}"]
    for column in table.columns:
        words = words_of(column)
        others = [f"{word} (also {spelt.replace('|', ', ')})" for word, spelt in words.spellings] if words else []
        accepted = f"<br><small>{escape('; '.join(others))}</small>" if others else ""
        cells = (f"<code>{column.name}</code>", "yes" if column.required else "", escape(column.about))
        row = "".join(f"<td>{cell}</td>" for cell in (*cells, escape(how_written(column)) + accepted))
        lines.append(f"<tr>{row}</tr>")
    return [*lines, "</table>"]
