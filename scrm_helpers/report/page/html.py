"""One self-contained HTML report from executed notebooks: readable, printable, and complete with the network off."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import slug
from scrm_helpers.report.page import three_depths
from scrm_helpers.report.page.figure_svg import Drawings
from scrm_helpers.report.page.glossary import GLOSSARY, definitions, link_terms
from scrm_helpers.report.privacy.pseudonym_keys import key_in_words

if TYPE_CHECKING:
    from nbconvert import HTMLExporter
    from nbformat import NotebookNode

    from scrm_helpers.tables import Company


TITLE = "What customers are worth, what they say and what they do"


def about(company: Company, entry: Mapping[str, Any]) -> About:
    """Describe a run to its reader."""
    orders = company.transactions
    dates = f"{orders['ordered_on'].min():%Y-%m-%d} to {orders['ordered_on'].max():%Y-%m-%d}"
    refunds = int((orders["amount"] < 0).sum())
    left_out = sum(receipt.rows_left_out for receipt in company.receipts.values())
    given = entry["parameters"].items()
    changed = [f"{name} = {value} (chapter {number})" for number, own in given for name, value in own.items()]
    footer = [
        f"Data: sha256 {entry['data'][:16]}; tables read: {', '.join(sorted(company.receipts))}.",
        f"Rows left out: {numbers.count(left_out)}; check.json says which and why.",
        f"Parameters: {', '.join(changed) or 'as declared in the notebooks'}.",
        f"Social CRM research kit {entry['kit']}; the same data and parameters give the same report.",
        key_in_words(company.settings),
    ]
    part = company.part.words if company.part else ""
    if part:
        footer.insert(0, f"This report is about a part of the company: {part}.")
    return About(
        title=TITLE + (f": {part}" if part else ""),
        part=part,
        note=company.part.note if company.part else "",
        chips=[
            *[("Part", part)][: bool(part)],
            ("As of", entry["as_of"]),
            ("Customers", numbers.count(len(company.customers))),
            ("Orders", numbers.count(int((orders["amount"] >= 0).sum()))),
            *[("Refunds", numbers.count(refunds))][: bool(refunds)],
            ("Ordered", dates),
            ("Currency", company.settings.currency),
        ],
        footer=footer,
        is_sample=company.is_sample,
    )


TEMPLATES = Path(__file__).with_name("template")
# Cells that break lines in another way: a date never at its hyphens, a word without end anywhere.
_CELLS = {"date": re.compile(r"^\d{4}-\d\d-\d\d$"), "endless": re.compile(r"\S{25}")}


@dataclass(frozen=True, kw_only=True)
class About:
    """What the report says about itself on its face."""

    title: str  # title of the report
    part: str = ""  # the part of the company that it is about, in words; empty for the whole
    note: str = ""  # who and what is outside of the part
    chips: Sequence[tuple[str, str]] = ()
    footer: Sequence[str] = ()  # lines on data, parameters, kit version and privacy
    is_sample: bool = False  # whether the company is synthetic, which every page then says
    edition: str = "full"  # or that for the board

    @property
    def part_in_css(self) -> str:
        """The part for the margin of printed pages: no sign of a name can end the text of a style sheet."""
        return "".join(sign if sign.isalnum() or sign in " ,-" else f"\\{ord(sign):x} " for sign in self.part)


@dataclass(frozen=True)
class Page:
    """A chapter as it stands in the report."""

    title: str
    anchor: str
    body: Any
    number: str = ""  # as headings and contents say it; none for the page that opens the report
    board: Any = ""  # the chapter on one sheet of paper
    sections: Sequence[Mapping[str, str]] = ()  # title and anchor of each heading inside
    appendix: Page | None = None  # what stands behind all chapters


def report_html(pages: Sequence[Page], left_out: Sequence[str], about: About, opening: str) -> str:
    """Compose the report; the chapter of the number `opening` stands first, although it is computed last."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    summary_first = sorted(pages, key=lambda page: page.anchor != anchor_of(opening))
    pages = [*summary_first, *(page.appendix for page in summary_first if page.appendix is not None)]
    if any('class="term"' in str(page.body) for page in pages):
        pages += [Page("What the words mean", GLOSSARY, as_markup(definitions()))]
    places = {page.anchor for page in pages}.union(*(re.findall(r' id="([^"]+)"', str(page.body)) for page in pages))
    pages = [replace(page, body=as_markup(_followed(str(page.body), places))) for page in pages]
    loader = FileSystemLoader(TEMPLATES)
    template = Environment(loader=loader, autoescape=True, undefined=StrictUndefined).get_template("page.html.j2")
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return template.render(chapters=pages, left_out=left_out, about=about, style=as_markup(style))


def chapter_page(
    number: str, notebook: NotebookNode, question: str = "", tables: Iterable[Mapping[str, Any]] = ()
) -> Page:
    """Convert an executed notebook into a chapter, with what is tagged `appendix` behind all chapters."""
    # One that answers a question opens with both and has its number; the page that opens the report has neither.
    drawings = Drawings(number, tables)
    cells = drawings.taken_from(notebook.cells)
    behind = [cell for cell in cells if "appendix" in cell.metadata.get("tags", ())]
    pages = [_page(number, _soup(notebook, [cell for cell in cells if cell not in behind]), question)]
    pages += [_page(number, _soup(notebook, behind), "", "-appendix")] if behind else []
    page, *appendix = [
        replace(one, body=as_markup(drawings.put_into(one.body)), board=as_markup(drawings.put_into(one.board)))
        for one in pages
    ]
    return replace(page, appendix=appendix[0] if appendix else None)


def _soup(notebook: NotebookNode, cells: Sequence[NotebookNode]) -> Any:
    from bs4 import BeautifulSoup
    from nbconvert import TemplateExporter

    book = type(notebook)({**notebook, "cells": cells})
    body, _ = TemplateExporter.from_notebook_node(_exporter(), book)  # that of HTML parses it once more
    return BeautifulSoup(body, "html.parser")


def _page(number: str, soup: Any, question: str, behind: str = "") -> Page:
    _shorten_opening(soup, question)
    three_depths.lift_answer(soup, question)
    _gather_absent(soup)
    _gather_figures(soup, number)
    for name, pattern in _CELLS.items():
        for cell in soup.find_all(["th", "td"], string=pattern):
            cell["class"] = [*cell.get("class", ()), name]
    _name_tables(soup)
    for level in (4, 3, 2, 1) if soup.find("h1") else ():  # the report's own title is the only h1
        for heading in soup.find_all(f"h{level}"):
            heading.name = f"h{level + 1}"
    anchor = f"{anchor_of(number)}{behind}"
    title, sections, taken = f"Chapter {number}", [], {anchor}
    for heading in soup.find_all(["h2", "h3"]):
        text = heading.get_text(" ", strip=True)
        if heading.name == "h3":
            heading["id"] = _free(f"{anchor}-{slug(text)[:60] or 'section'}", taken)
            sections.append({"title": text, "anchor": heading["id"]})
            continue
        title, heading["id"] = text, anchor
        if question:
            heading.insert(0, three_depths.make_tag(soup, "span", "numeral", number))
            heading.insert(1, " ")
    three_depths.link_chapters(soup, number)
    board = three_depths.board_body(soup) if question else str(soup)
    link_terms(soup)  # which a sheet for the board has no room to explain
    three_depths.fold_cells(soup)
    if question or behind:
        three_depths.fold_tables(soup)
    return Page(title, anchor, as_markup(str(soup)), number if question else "", as_markup(board), tuple(sections))


def anchor_of(number: str) -> str:
    """Name the place of a chapter in the report."""
    return f"chapter-{number}"


def figure_anchor(number: str, title: str) -> str:
    """Name the place of a figure in its chapter after its title, or the place of the chapter where it has none."""
    place = slug(title)[:60]
    return f"{anchor_of(number)}-figure-{place}" if place else anchor_of(number)


def _followed(body: str, places: set[str]) -> str:
    """Let every reference lead somewhere: to its figure or term, else to its chapter, else to nothing."""

    def led(match: re.Match[str]) -> str:
        return next((f' href="#{one}"' for one in match.groups() if one in places), "")

    body = re.sub(r' href="#((chapter-\d\d|term)[^"]*)"', led, body)
    return re.sub(r"<a>([^<]*)</a>", r"\1", body)  # a mention of what is not in the report is no link


def _shorten_opening(soup: Any, question: str) -> None:
    """Keep the title, and what it says first where no question does; what a run needs is not for the board."""
    opening = soup.find("div", class_="prose")
    if opening is None or opening.find("h1") is None:
        return
    kept = {opening.find("h1"), None if question else opening.find("p")}
    for element in opening.find_all(True, recursive=False):
        if element not in kept:
            element.decompose()


OPEN = "What these tables do not answer"


def _gather_absent(soup: Any) -> None:
    """Put questions that the tables do not answer into one list, so that no page is made of refusals."""
    asked: dict[str, list[str]] = {}
    for heading in soup.select(".prose > h2:last-of-type"):
        prose = heading.parent
        cells = list(takewhile(lambda one: "prose" not in one.get("class", ()), prose.find_next_siblings()))
        seen = [cell for cell in cells if "detail" not in cell["class"]] or cells
        said = [one for cell in seen for one in cell.find_all(recursive=False) if one.name != "details"]
        if said and all("absent" in one.get("class", ()) for one in said):
            words = " ".join(dict.fromkeys(one.get_text(" ", strip=True) for one in said))
            asked.setdefault(words, []).append(heading.get_text(" ", strip=True))
            if len(seen) < len(cells):  # what is known for the analyst keeps its heading, and folds with it
                prose["class"] = [*prose["class"], "detail"]
            for gone in seen if len(seen) < len(cells) else (prose, *cells):
                gone.decompose()
    if not asked:
        return
    place = soup.find("h2", string=three_depths.LIMITS)
    block, lines = three_depths.make_tag(soup, "div", "prose"), three_depths.make_tag(soup, "ul", "")
    for words, questions in asked.items():
        lines.append(three_depths.make_tag(soup, "li", ""))
        lines.contents[-1].extend([three_depths.make_tag(soup, "strong", "", " ".join(questions)), f" {words}"])
    block.extend([three_depths.make_tag(soup, "h2", "", OPEN), lines])
    before = place.parent if place is not None else soup.find("details", class_="method")
    if before is None:
        soup.append(block)
    else:
        before.insert_before(block)


def _gather_figures(soup: Any, number: str) -> None:
    """Put picture, title, note and description of a figure into one element, which paper keeps on one page."""
    taken: set[str] = set()
    for picture in soup.select(".cell > img"):
        before, after = picture.find_previous_sibling(), picture.find_next_siblings(limit=2)
        title = [before] if before is not None and "scrm-figure-title" in before.get("class", ()) else []
        words = [element for element in after if {"scrm-note", "scrm-alt"} & set(element.get("class", ()))]
        figure = picture.insert_before(soup.new_tag("figure"))[0]
        figure["id"] = _free(figure_anchor(number, title[0].get_text(" ", strip=True) if title else "figure"), taken)
        figure.extend([*title, picture, *words])


def _name_tables(soup: Any) -> None:
    """Make tables groups instead of landmarks, of which a page has few, and name those that have no caption."""
    for table in soup.select(".scrm-table"):
        table["role"] = "group"
        heading = table.find_previous(["h1", "h2", "h3"])
        if heading is not None and not table.find("caption", string=True):
            table["aria-label"] = f"Table: {heading.get_text(' ', strip=True)}"


def _free(anchor: str, taken: set[str]) -> str:
    candidate, counter = anchor, 2
    while candidate in taken:
        candidate, counter = f"{anchor}-{counter}", counter + 1
    taken.add(candidate)
    return candidate


@cache
def _exporter() -> HTMLExporter:
    from nbconvert import HTMLExporter

    # preprocessors are for code, and for a style that the report has already
    plain = {"exclude_anchor_links": True, "embed_images": True, "default_preprocessors": []}
    return HTMLExporter(template_name="scrm", extra_template_basedirs=[str(TEMPLATES)], **plain)


def as_markup(text: str) -> Any:
    """Mark as written what the kit itself wrote."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - our own template output and style sheet, escaped where they were written
