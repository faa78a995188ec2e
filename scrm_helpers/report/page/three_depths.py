"""Three depths: what a board reads of a chapter, what a manager reads, and folds for the analyst behind both."""

import re
from itertools import groupby, takewhile
from typing import Any

ANALYST = "For the analyst"
LIMITS = "What this does not show"  # of every chapter, and never folded
ROWS, NOTE = 5, 24  # rows of a table and words of a note that a reader takes in at once: longer ones fold
SENTENCES, FIGURES = 3, 2  # most sentences of an answer, most figures of a chapter for the board
_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z“])")
_PARTS = re.compile(r"(?<=[;.]) ")
_MENTIONED = re.compile(r"\b[Cc]hapter (\d\d)\b")
_LISTED = re.compile(r"^(\d\d)(?=: |$)")


def lift_answer(soup: Any, question: str) -> None:
    """Open a chapter with its question and with what its cells for the board found, in at most three sentences."""
    if not question or soup.h1 is None:
        return
    said = [one for cell in soup.select(".cell.board") if (one := cell.select_one(".scrm-sentence")) is not None]
    known = [one for one in said if "absent" not in one["class"]]
    known = known or soup.select(".cell:not(.detail) .scrm-sentence:not(.absent)")[:1] or said[:1]
    # A single finding may say all that it has to say; of several each says the first.
    parts = [_ENDS.split(one.get_text(" ", strip=True)) for one in known]
    words = parts[0] if len(parts) == 1 else [part[0] for part in parts]
    answer = [make_tag(soup, "p", "answer", " ".join(words[:SENTENCES]))] if words else []
    for one, whole in zip(known, parts, strict=True):
        if len(whole) == 1 and one.find_next_sibling("img"):
            one.decompose()  # said above, and by the title of the picture
    soup.h1.insert_after(make_tag(soup, "p", "question", question), *answer)


def board_body(soup: Any) -> str:
    """A chapter on one sheet: question, answer, at most two figures and its limits."""
    figures = [figure for cell in soup.select(".cell.board") for figure in cell.find_all("figure")[:1]]
    limits = [heading.parent for heading in soup.find_all("h3", string=LIMITS)]
    return "".join(map(str, [*soup.select("h2, .question, .answer"), *figures[:FIGURES], *limits]))


def fold_tables(soup: Any) -> None:
    """Fold tables that stand beside a picture or are long, and what long notes say behind their base."""
    for table in soup.select(".cell:not(.detail) .scrm-table"):
        cell = table.find_parent(class_="cell")
        drawn = cell.find("figure") is not None
        if drawn or len(table.select("tbody tr")) > ROWS:
            after = table.find_next_sibling()
            note = [after] if after is not None and "scrm-note" in after.get("class", ()) else []
            alone = drawn and len(cell.select(".scrm-table")) == 1
            words = "Table" if alone else table["aria-label"].removeprefix("Table: ")
            _fold_away(soup, table, words, table, *note)
    for note in soup.select(".cell:not(.detail) .scrm-note"):
        said = note.get_text(" ", strip=True)
        first, *rest = _PARTS.split(said, maxsplit=1)
        if rest and len(said.split()) > NOTE and not note.find_parent("details"):
            note.string, note["class"] = first.rstrip(";"), [*note["class"], "short"]
            _fold_away(soup, note, "Method", make_tag(soup, "p", "scrm-note", said)).insert_before(note)


def _fold_away(soup: Any, place: Any, words: str, *inside: Any) -> Any:
    box = place.insert_before(make_tag(soup, "details", "numbers"))[0]
    box.extend([make_tag(soup, "summary", "", words), *inside])
    return box


def fold_cells(soup: Any) -> None:
    """Put cells tagged `detail` behind their chapter, neighbours in one fold."""
    runs = groupby(soup.select(".prose, .cell"), lambda block: "detail" in block["class"])
    folds = [_fold(soup, list(run)) for is_detail, run in runs if is_detail]
    shelf = [make_tag(soup, "h3", "analyst", ANALYST), *folds] if folds else []
    named = soup.find("details", class_="method")
    if named is None:
        soup.extend(shelf)
    else:
        named.insert_before(*shelf)


def _fold(soup: Any, run: list[Any]) -> Any:
    """Fold neighbours under a line that says what is inside: their questions, and what stands before the first."""
    headings = [heading for block in run for heading in block.find_all(["h3", "h4"])]
    above = run[0].find_previous("h3")
    for heading in headings:
        heading.name = f"h{int(heading.name[1]) + 1}"
    loose = list(takewhile(lambda block: block.find(["h4", "h5"]) is None, run))
    shown = [one for block in loose for one in block.select(".scrm-figure-title") or block.select("caption")]
    names = [text for one in [*shown, *headings] if (text := one.get_text(" ", strip=True))]
    where = "" if above is None else above.get_text(" ", strip=True)
    inside = [make_tag(soup, "span", "", name) for name in dict.fromkeys(names or [f"More: {where}"])]
    lone = not headings or (len(headings) == 1 and not loose)
    if lone and headings:  # the only question is the line itself
        inside = [headings[0].extract()]
    box, line = make_tag(soup, "details", "detail lone" if lone else "detail"), make_tag(soup, "summary", "")
    line.extend([part for name in inside for part in (name, " ")][:-1])
    box.append(line)
    if loose and where:
        box.append(make_tag(soup, "p", "scrm-note belongs", f"Belongs to: {where}"))
    box.extend([block.extract() for block in run])
    return box


def link_chapters(soup: Any, own: str) -> None:
    """Let every mention of another chapter lead there."""
    for text in soup.find_all(string=_MENTIONED):
        if not text.find_parent(["a", "summary", "pre", "h1", "h2", "h3", "h4"]):
            _link(soup, text, _MENTIONED, own)
    for row in soup.select("tbody th"):
        head = row.find_parent("table").select_one("thead th")
        if row.string and (": " in row.string or (head is not None and head.get_text() == "Chapter")):
            _link(soup, row.string, _LISTED, own)


def _link(soup: Any, text: Any, pattern: re.Pattern[str], own: str) -> None:
    parts, done = [], 0
    for match in pattern.finditer(text):
        if match.group(1) != own:
            link = make_tag(soup, "a", "", match.group())
            link["href"] = f"#chapter-{match.group(1)}"
            parts += [text[done : match.start()], link]
            done = match.end()
    text.replace_with(*parts, text[done:])


def make_tag(soup: Any, name: str, kind: str, text: str = "") -> Any:
    """Make an element with a class and a text, where it has any."""
    tag = soup.new_tag(name, attrs={"class": kind} if kind else {})
    tag.string = text
    return tag
