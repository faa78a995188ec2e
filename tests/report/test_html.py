"""The page: complete without a network, safe with hostile data, ordered for a reader."""

import base64
import re
from itertools import pairwise

import nbformat
import pytest
from bs4 import BeautifulSoup

from scrm_helpers.answers.drawing import NARROW, WIDE
from scrm_helpers.report.page.figure_svg import without_drawings
from scrm_helpers.report.page.html import OPEN, About, chapter_page, report_html

HOSTILE = "<script>document.title='owned'</script>"
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def notebook(title, cells):
    opening = nbformat.v4.new_markdown_cell(
        f"# {title}\n\nDecide something.\n\n**You get**\n- a list that is for notebooks"
    )
    return nbformat.v4.new_notebook(cells=[opening, *cells])


def shown(data, source="scrm.show.figure(x)", tags=(), trusted=True, **metadata):
    if trusted:
        metadata["scrm"] = {"escaped": True}
    output = nbformat.v4.new_output("display_data", data=data, metadata=metadata)
    return nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1, metadata={"tags": list(tags)})


def page(cells=(), **about):
    pages = [chapter_page("03", notebook("Compare", list(cells))), chapter_page("10", notebook("Decide", []))]
    return report_html(pages, ["Chapter 04 is left out."], About(**({"title": "Report"} | about)), "10")


def test_the_page_refers_to_nothing_outside_and_runs_nothing():
    soup = BeautifulSoup(page([shown({"image/png": PNG}, **{"image/png": {"alt": "A dot."}})]), "html.parser")
    assert not soup.find_all(["script", "link", "iframe", "object", "embed"])
    places = [tag[name] for tag in soup.find_all(True) for name in ("src", "href") if tag.has_attr(name)]
    assert all(place.startswith(("#", "data:")) for place in places)
    assert "default-src 'none'" in soup.find("meta", {"http-equiv": "Content-Security-Policy"})["content"]


@pytest.mark.parametrize(
    "kind", ["text/html", "text/plain", "text/markdown", "text/vnd.mermaid", "application/javascript"]
)
def test_output_that_the_kit_did_not_escape_is_never_markup(kind):
    text = page([shown({kind: HOSTILE, "text/plain": HOSTILE}, trusted=False)])
    assert "<script" not in text


def test_the_part_stands_in_the_margin_of_printed_pages_and_ends_no_style():
    text = page(part='region "</style><script>\\', note=HOSTILE)
    assert r'report · region \22 \3c \2f style\3e \3c script\3e \5c "}}</style>' in text
    assert "<script" not in text
    assert "@bottom-left{content:" not in page().partition("</style>")[2]


def test_a_figure_is_one_element_with_its_words():
    outputs = [
        ("text/html", '<p class="scrm-sentence">Up.</p>'),
        ("text/html", '<p class="scrm-figure-title">It rises</p>'),
        ("image/png", PNG),
        ("text/html", '<p class="scrm-note">n = 3</p><details class="scrm-alt"></details>'),
        ("text/html", '<div class="scrm-table"></div><p class="scrm-note">n = 4</p>'),
    ]
    about = {"scrm": {"escaped": True}, "image/png": {"alt": "A line."}}
    cell = nbformat.v4.new_code_cell("show", execution_count=1)
    cell.outputs = [nbformat.v4.new_output("display_data", data={kind: data}, metadata=about) for kind, data in outputs]
    soup = BeautifulSoup(page([cell]), "html.parser")
    figure = soup.find("figure")
    assert [child.name for child in figure.find_all(recursive=False)] == ["p", "img", "p", "details"]
    assert figure.get_text(" ", strip=True) == "It rises n = 3"
    assert figure.find_next_sibling()["class"] == ["scrm-table"]


DRAWN = """<?xml version="1.0"?><svg xmlns:xlink="http://www.w3.org/1999/xlink" width="72pt" height="36pt"
 viewBox="0 0 72 36" xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script><style>*{}</style>
 <foreignObject><p>x</p></foreignObject><a xlink:href="https://example.com"><text>y</text></a>
 <defs><path id="m1" d="M 0.123456 1.987 L 2 3"/></defs><use xlink:href="#m1" x="1.26" y="2"/>
 <image xlink:href="https://example.com/x.png" width="1" height="1"/>
 <text style="font-size: 9px; background: url(https://example.com)"
 x="1" y="2">&lt;script&gt; &amp; more</text></svg>"""


def drawn(title="It rises"):
    """A figure as the kernels of a report leave it."""
    outputs = [
        shown({"text/html": f'<p class="scrm-figure-title"><strong>{title}</strong></p>'}).outputs[0],
        shown({"image/png": PNG, WIDE: DRAWN, NARROW: DRAWN}, **{"image/png": {"alt": 'A "line".'}}).outputs[0],
    ]
    return nbformat.v4.new_code_cell("show", outputs=outputs, execution_count=1)


def test_a_drawing_is_part_of_the_page_and_nothing_else_comes_with_it():
    text = page([drawn(), drawn("Again")])
    svgs = BeautifulSoup(text, "html.parser").select("figure svg")
    assert [(one["class"], one["role"], one["aria-label"]) for one in svgs] == [
        (["wide"], "img", 'A "line".'), (["narrow"], "img", 'A "line".'),
    ] * 2  # fmt: skip
    assert svgs[0].get_text() == "<script> & more"
    assert {tag.name for one in svgs for tag in one.find_all(True)} == {"defs", "path", "use", "image", "text"}
    assert not re.search(r"example\.com|onload|alert|foreign", text)
    places = [one.find("path")["id"] for one in svgs]
    assert len(set(places)) == 4
    assert [one.find("use")["href"] for one in svgs] == [f"#{place}" for place in places]


def test_the_numbers_of_a_figure_are_held_in_the_page_and_harmless():
    table = {"title": "It rises", "columns": ["Who", "Sum"], "rows": [["=cmd()", -1.5], ["@x", None], ["ok", 2.0]]}
    made = chapter_page("03", notebook("Compare", [drawn()]), "", [table])
    soup = BeautifulSoup(str(made.body), "html.parser")
    link = soup.select_one("figure a")
    kind, held = link["href"].split(",")
    assert (link["download"], kind) == ("03-it-rises.csv", "data:text/csv;charset=utf-8;base64")
    assert base64.b64decode(held).decode("utf-8-sig") == "Who,Sum\n'=cmd(),-1.5\n'@x,\nok,2.0\n"


def test_a_notebook_is_kept_with_pictures_alone():
    given = notebook("Compare", [drawn()])
    kinds = [set(output.data) for cell in without_drawings(given).cells for output in cell.get("outputs", [])]
    assert kinds == [{"text/html"}, {"image/png"}]
    assert WIDE in given.cells[1].outputs[1].data


def test_questions_without_an_answer_are_one_list_and_no_pages():
    nothing, also, beside = (
        shown({"text/html": '<p class="scrm-sentence absent">No table ideas.</p>'}) for _ in range(3)
    )
    known = shown({"text/html": '<p class="scrm-sentence">Up.</p>'})
    fault = shown({"text/html": '<p class="failed">A fault.</p>'})
    heads = [
        nbformat.v4.new_markdown_cell(f"## {text}") for text in ("A?", "B?", "C?", "D?", "What this does not show")
    ]
    a, b, c, d, limits = heads
    made = BeautifulSoup(page([a, nothing, b, known, beside, c, fault, d, also, limits]), "html.parser")
    assert [one.get_text() for one in made.find_all("h3")] == ["B?", "C?", OPEN, "What this does not show"]
    (line,) = made.find("h3", string=OPEN).find_next("ul").find_all("li")  # one reason, said once
    assert line.get_text() == "A? D? No table ideas."
    assert made.get_text().count("A fault.") == 1


def test_tables_are_named_groups_and_no_landmarks():
    region = '<div class="scrm-table" role="region" aria-label="{0}"><table><caption>{1}</caption></table></div>'
    cells = [
        nbformat.v4.new_markdown_cell("## Who came?"),
        shown({"text/html": region.format("Table", "") + region.format("People", "People")}),
    ]
    tables = BeautifulSoup(page(cells), "html.parser").select(".scrm-table")
    assert [table["aria-label"] for table in tables] == ["Table: Who came?", "People"]
    assert {table["role"] for table in tables} == {"group"}


def test_dates_stay_whole_and_endless_words_may_break():
    cells = "<tr><td>2026-09-30</td><td>from 2026-09-30</td><th>ok</th><th>" + "x" * 30 + "</th></tr>"
    soup = BeautifulSoup(page([shown({"text/html": f"<table>{cells}</table>"})]), "html.parser")
    assert [cell.get("class") for cell in soup.find_all(["td", "th"])] == [["date"], None, None, ["endless"]]


def test_prints_errors_and_code_are_text():
    cell = nbformat.v4.new_code_cell(f"x = {HOSTILE!r}", execution_count=1)
    cell.outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=HOSTILE),
        nbformat.v4.new_output("stream", name="stderr", text="a warning for the log"),
        nbformat.v4.new_output("error", ename="E", evalue=HOSTILE, traceback=[HOSTILE]),
    ]
    text = page([cell])
    assert "<script" not in text
    assert "a warning for the log" not in text


@pytest.mark.parametrize("field", ["title", "chips", "footer"])
def test_what_the_report_says_about_itself_is_text(field):
    value = {"title": HOSTILE, "chips": [(HOSTILE, HOSTILE)], "footer": [HOSTILE]}[field]
    assert "<script" not in page(**{field: value})


def test_the_summary_opens_the_report_and_headings_keep_their_order():
    soup = BeautifulSoup(page([nbformat.v4.new_markdown_cell("## One\n\ntext\n\n## One")]), "html.parser")
    assert [heading.get_text() for heading in soup.find_all("h2")] == ["Decide", "Compare", "Not in this report"]
    levels = [int(heading.name[1]) for heading in soup.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_an_appendix_stands_behind_all_chapters_with_a_heading_of_its_own():
    heading = nbformat.v4.new_markdown_cell("## What is claimed?", metadata={"tags": ["appendix"]})
    claims = shown({"text/html": "<p>12 claims</p>"}, tags=["appendix"])
    pages = [chapter_page("10", notebook("Decide", [heading, claims])), chapter_page("03", notebook("Compare", []))]
    soup = BeautifulSoup(report_html(pages, [], About(title="Report"), "10"), "html.parser")
    sections = soup.select("section.chapter")
    assert [one.h2.get_text(strip=True) for one in sections] == ["Decide", "Compare", "What is claimed?"]
    assert ["12 claims" in str(one) for one in sections] == [False, False, True]
    assert soup.select_one("nav").find("a", string="What is claimed?")["href"] == "#chapter-10-appendix"


def test_anchors_are_unique_and_every_link_arrives():
    soup = BeautifulSoup(page([nbformat.v4.new_markdown_cell("## One\n\ntext\n\n## One")]), "html.parser")
    anchors = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(anchors) == len(set(anchors))
    assert {link["href"].removeprefix("#") for link in soup.find_all("a")} <= set(anchors)


def test_parameters_and_set_up_are_not_for_the_board_and_results_fold():
    cells = [
        shown({"text/plain": "p"}, "data = 'secret place'", ["parameters"]),
        shown({"text/plain": "s"}, "import scrm_helpers", ["hide-input"]),
        shown({"text/html": "<table></table>", "text/plain": "t"}, "chapter.finish(x)", ["results"]),
    ]
    text = page(cells)
    assert "secret place" not in text
    assert "import scrm_helpers" not in text
    assert "for notebooks" not in text
    assert BeautifulSoup(text, "html.parser").select_one("details.method table") is not None


def test_sample_data_is_said_in_the_head_in_every_chapter_and_in_print():
    text = page(is_sample=True)
    soup = BeautifulSoup(text, "html.parser")
    assert len(soup.select(".sample-tag")) == 2
    assert soup.select_one(".chips .sample") is not None
    assert '@top-right{content:"SAMPLE DATA"}' in text
    assert "SAMPLE DATA" not in page()


def test_the_same_notebooks_give_the_same_bytes():
    cells = [shown({"text/plain": "x"}, trusted=False)]
    assert page(cells) == page(cells)
