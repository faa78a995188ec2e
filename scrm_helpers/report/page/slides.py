"""Five slides for a meeting from the executed chapters: the answer, what stands out, the value matrix, what to do."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scrm_helpers.report.page.html import About, anchor_of, figure_anchor
from scrm_helpers.report.safe_sheets import EPOCH

if TYPE_CHECKING:
    from nbformat import NotebookNode

_DAY = EPOCH.replace(tzinfo=None)  # as the format keeps it
WIDE, HIGH, MARGIN = 13.333, 7.5, 0.6  # of a slide, in inches
_INK, _GREY, _RULE = "1F2933", "52606D", "E4E7EB"


@dataclass(frozen=True)
class Shown:
    """A figure as a chapter shows it."""

    title: str
    png: bytes
    alt: str
    note: str


class Chapter:
    """What an executed notebook shows, to be asked for by the class of its HTML."""

    def __init__(self, number: str, notebook: NotebookNode) -> None:
        self.number = number
        self._outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]

    @cached_property
    def _soups(self) -> list[Any]:
        from bs4 import BeautifulSoup

        return [BeautifulSoup(one.get("data", {}).get("text/html", ""), "html.parser") for one in self._outputs]

    def select(self, selector: str) -> list[Any]:
        """All elements that a CSS selector finds, in order."""
        return [element for soup in self._soups for element in soup.select(selector)]

    def text(self, selector: str) -> str:
        """The words of the first element found."""
        return next(map(_words, self.select(selector)), "")

    @cached_property
    def figures(self) -> list[Shown]:
        """The figures in order, each with the title before it and the note behind it."""
        shown = []
        for place, output in enumerate(self._outputs):
            png = output.get("data", {}).get("image/png")
            if png:
                near = [*self._soups[max(place - 1, 0) : place], *self._soups[place + 1 : place + 2]]
                title, note = ([found for soup in near for found in soup.select(of)] for of in (_TITLE, ".scrm-note"))
                alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
                said = (_words(found[0]) if found else "" for found in (title, note))
                shown.append(Shown(next(said), base64.b64decode(png), alt, next(said)))
        return shown


class Point:
    """A take-away of the summary, with the very figure to which it leads, if it leads to one."""

    def __init__(self, element: Any, chapters: Mapping[str, Chapter]) -> None:
        link = str(element.find("a")["href"]).removeprefix("#")
        self.number = link.removeprefix(anchor_of(""))[:2]
        self.claim = _words(element.find("strong"))
        self.advice = " ".join(" ".join(element.find_all(string=True, recursive=False)).split())
        figures = chapters[self.number].figures if self.number in chapters else []
        self.shown = next((one for one in figures if figure_anchor(self.number, one.title) == link), None)


_TITLE = ".scrm-figure-title"


def slides_bytes(notebooks: Mapping[str, NotebookNode], about: About, opening: str) -> bytes:
    """Make the slides, the same bytes each time: the chapter `opening` is the summary, which says what stands out."""
    import pptx

    chapters = {number: Chapter(number, notebook) for number, notebook in notebooks.items()}
    first, deck = chapters[opening], Deck(pptx.Presentation(), about)
    answer = first.text(".scrm-lead strong")
    heads, names = ["Figure", "Value", "Range", "Over whom and when"], ("label", "value", "range", "where")
    cards = [[_words(card.select_one(f".{name}")) for name in names] for card in first.select(".scrm-cards li")]
    deck.opening(answer, first.text(".scrm-lead").removeprefix(answer).strip(), [heads, *cards])
    points = [Point(element, chapters) for element in first.select("ol.scrm-take-aways li")]
    drawn = next((point for point in points if point.shown is not None), None)
    if drawn is not None and drawn.shown is not None:
        deck.figure(drawn.claim, drawn.shown, drawn.advice, f"Chapter {drawn.number}")
    if others := [point for point in points if point is not drawn]:
        deck.claims("What else stands out" if drawn else "What stands out", others)
    for shown in first.figures[:1]:
        deck.figure(shown.title, shown, "", f"Chapter {opening}")
    deck.table("What to do next", _rows(first), " ".join(map(_words, first.select(".scrm-trust p:not(.head)"))))
    return deck.content()


def _words(element: Any) -> str:
    return " ".join(element.get_text(" ", strip=True).replace("\u2060", "").split())


def _rows(summary: Chapter) -> list[list[str]]:
    """The first table of the summary that is of actions, head first; alone the head where nothing can be planned."""
    tables = [one for one in summary.select("table") if _words(one.find("caption")).startswith("Action list")]
    return [[_words(cell) for cell in row.find_all(["th", "td"])] for row in tables[0].find_all("tr")] if tables else []


class Deck:
    """Slides of one look: a title that says what is found, a body, and a foot that names company, day and sample."""

    def __init__(self, presentation: Any, about: About) -> None:
        from pptx.util import Inches

        self._inches, self.presentation = Inches, presentation
        presentation.slide_width, presentation.slide_height = Inches(WIDE), Inches(HIGH)
        properties = presentation.core_properties
        properties.title, properties.author = about.title, "Social CRM research kit"
        properties.created = properties.modified = properties.last_printed = _DAY
        self._foot = f"{about.title} · as of {dict(about.chips)['As of']}" + " · SAMPLE DATA" * about.is_sample

    def opening(self, answer: str, sentence: str, rows: Sequence[Sequence[str]]) -> None:
        """The answer of the whole report, and its figures as a table."""
        slide = self._slide(answer)
        self._text(slide, sentence, 1.35, 1.2, 16)
        self._rows(slide, rows, 2.6, (3.2, 1.3, 4.3, 3.3))

    def figure(self, claim: str, shown: Shown, advice: str, source: str) -> None:
        """A claim as title, its picture with its description, what follows, and where it stands in the report."""
        from PIL import Image

        slide = self._slide(claim)
        top, high = 1.75, 3.9
        across, down = Image.open(io.BytesIO(shown.png)).size
        wide = min(high * across / down, WIDE - 2 * MARGIN)
        left, size = self._inches((WIDE - wide) / 2), (self._inches(wide), self._inches(wide * down / across))
        picture = slide.shapes.add_picture(io.BytesIO(shown.png), left, self._inches(top), *size)
        picture.name = shown.title or "Figure"
        picture._element.nvPicPr.cNvPr.set("descr", shown.alt)
        if advice:
            self._text(slide, advice, top + high + 0.1, 0.5, 18)
        note = shown.note if shown.title == claim else f"{shown.title}. {shown.note}"
        self._text(slide, f"{source}. {note}".strip(), top + high + 0.6, 0.7, 11, _GREY)

    def claims(self, title: str, points: Sequence[Point]) -> None:
        """Take-aways one below the other, each with what follows and where it stands in the report."""
        slide, high = self._slide(title), min(5.2 / len(points), 1.3)
        for place, point in enumerate(points):
            top, below = 1.4 + place * high, f"{point.advice} Chapter {point.number}."
            self._text(slide, point.claim, top, 0.5, 16)
            self._text(slide, below, top + high * 0.55, 0.4, 12, _GREY)

    def table(self, title: str, rows: Sequence[Sequence[str]], below: str) -> None:
        """A table with the title of its use, and how far to trust the whole."""
        slide = self._slide(title if len(rows) > 1 else "No list of what to do can be made from these tables")
        if len(rows) > 1:
            self._rows(slide, rows, 1.35, (1.2, 3.9, 0.9, 1.2, 2.3, 1.6, 1.1))
        self._text(slide, below, 5.35, 1.4, 12, _GREY)

    def content(self) -> bytes:
        """The file, whose entries carry a fixed date: the library writes that of the clock."""
        written, same = io.BytesIO(), io.BytesIO()
        self.presentation.save(written)
        with zipfile.ZipFile(written) as old, zipfile.ZipFile(same, "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(zipfile.ZipInfo(name, _DAY.timetuple()[:6]), old.read(name), zipfile.ZIP_DEFLATED)
        return same.getvalue()

    def _slide(self, title: str) -> Any:
        title_only = self.presentation.slide_layouts[5]
        slide = self.presentation.slides.add_slide(title_only)
        head = slide.shapes.title
        head.left, head.top, head.width, head.height = map(self._inches, (MARGIN, 0.35, WIDE - 2 * MARGIN, 1.0))
        head.text_frame.word_wrap = True
        self._write(head.text_frame, title, 28 if len(title) < 80 else 22, bold=True)
        self._text(slide, self._foot, HIGH - 0.5, 0.3, 10, _GREY)
        return slide

    def _text(self, slide: Any, text: str, top: float, high: float, size: float, colour: str = _INK) -> None:
        box = slide.shapes.add_textbox(*map(self._inches, (MARGIN, top, WIDE - 2 * MARGIN, high)))
        box.text_frame.word_wrap = True
        self._write(box.text_frame, text, size, colour)

    def _write(self, frame: Any, text: str, size: float, colour: str = _INK, *, bold: bool = False) -> None:
        from pptx.dml.color import RGBColor
        from pptx.enum.text import PP_ALIGN
        from pptx.util import Pt

        frame.text = text
        for paragraph in frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT
            paragraph.font.size, paragraph.font.bold = Pt(size), bold
            paragraph.font.color.rgb = RGBColor.from_string(colour)

    def _rows(self, slide: Any, rows: Sequence[Sequence[str]], top: float, wide: Sequence[float]) -> None:
        from pptx.dml.color import RGBColor

        place = (MARGIN, top, sum(wide[: len(rows[0])]), 0.35 * len(rows))
        shape = slide.shapes.add_table(len(rows), len(rows[0]), *map(self._inches, place))
        shape.name = f"Table: {rows[0][0]}"
        shape.table.horz_banding = False
        for column, size in zip(shape.table.columns, wide, strict=False):
            column.width = self._inches(size)
        for row, cells in enumerate(rows):
            for column, text in enumerate(cells):
                cell = shape.table.cell(row, column)
                cell.margin_top = cell.margin_bottom = self._inches(0.03)
                cell.fill.solid()
                cell.fill.fore_color.rgb = RGBColor.from_string("FFFFFF" if row else _RULE)
                self._write(cell.text_frame, text, 11, bold=row == 0)
