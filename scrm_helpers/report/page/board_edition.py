"""The edition for a board: its page, a sheet for each chapter, and a last one on how far all of it can be trusted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.show import escape, table_html
from scrm_helpers.report.page.html import Page, as_markup
from scrm_helpers.report.page.three_depths import link_chapters

TITLE, ANCHOR = "How far can this be trusted?", "trust"
_VERDICTS = {"Shown": "shown", "Not shown": "not shown", "Cannot say": "cannot say", "Only described": "descriptive"}
_MEANING = (
    "Shown is what goes beyond chance, after correction for the tests of one question; not shown is not shown to be "
    "absent. The full edition has every claim with its test."
)


def board_pages(pages: Sequence[Page], read: Mapping[str, Mapping[str, Any]], left_out: Sequence[str]) -> list[Page]:
    """Shorten each chapter to a sheet, and add the one on trust."""
    return [*(replace(page, body=page.board, appendix=None) for page in pages), _trust(read, left_out)]


def _trust(read: Mapping[str, Mapping[str, Any]], left_out: Sequence[str]) -> Page:
    from bs4 import BeautifulSoup

    rows, reasons = [], []
    for number, chapter in sorted(read.items()):
        found, own = Counter(claim["verdict"] for claim in chapter["claims"]), chapter["numbers"].values()
        missing = Counter(entry["reason"] for entry in own if entry["value"] is None)
        reasons += [f"Chapter {number}, {numbers.plural(n, 'number')}: {reason}." for reason, n in missing.items()]
        row: dict[str, Any] = {name: found[verdict] for name, verdict in _VERDICTS.items()}
        row |= {"Numbers": len(own) - missing.total(), "Not given": missing.total()}
        rows.append({"Chapter": f"{number}: {chapter['title']}", **row})
    table = pd.DataFrame(rows)
    lists = {"Which numbers could not be given, and why?": reasons, "Not in this report": left_out}
    written = "".join(
        f"<h3>{head}</h3><ul class='scrm-list'>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"
        for head, lines in lists.items()
        if lines
    )
    shown = table_html(table, dict.fromkeys(table.columns[1:], "count"), "Claims and numbers of each chapter")
    soup = BeautifulSoup(f"<h2 id='{ANCHOR}'>{TITLE}</h2><p>{_MEANING}</p>{shown}{written}", "html.parser")
    soup.select_one(".scrm-table")["role"] = "group"  # type: ignore[index]
    link_chapters(soup, "")
    return Page(TITLE, ANCHOR, as_markup(str(soup)))
