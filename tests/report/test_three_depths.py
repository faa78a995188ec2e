"""Three depths: answer and limits of a chapter stand open, folds for the analyst close it, a board gets a sheet."""

import nbformat
import pytest
from bs4 import BeautifulSoup

from scrm_helpers.report.page.board_edition import board_pages
from scrm_helpers.report.page.html import About, chapter_page, report_html

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TABLE = '<div class="scrm-table" aria-label="Ends"><table><caption>Ends</caption><tbody>{0}</tbody></table></div>'


def words(text, *tags):
    return nbformat.v4.new_markdown_cell(text, metadata={"tags": list(tags)})


def cell(*parts, tags=()):
    """A cell that shows sentences, tables (a number of rows) and pictures (their title)."""
    made = []
    for kind, part in parts:
        html = {
            "said": f'<p class="scrm-sentence">{part}</p>',
            "absent": f'<p class="scrm-sentence absent">{part}</p>',
            "note": f'<p class="scrm-note">{part}</p>',
            "table": TABLE.format("<tr><td>1</td></tr>" * part if kind == "table" else ""),
            "figure": f'<p class="scrm-figure-title">{part}</p>',
        }[kind]
        made += [{"text/html": html}, *[{"image/png": PNG}][: kind == "figure"]]
    about = {"scrm": {"escaped": True}, "image/png": {"alt": "A line."}}
    outputs = [nbformat.v4.new_output("display_data", data=data, metadata=about) for data in made]
    return nbformat.v4.new_code_cell("show", outputs=outputs, metadata={"tags": list(tags)})


def chapter(*cells):
    limits = words("## What this does not show\n\nCauses, see chapter 07 and chapter 03.")
    return nbformat.v4.new_notebook(cells=[words("# Compare\n\nDecide."), *cells, limits])


def page(*cells):
    pages = [chapter_page("03", chapter(*cells), "Do they?"), chapter_page("07", chapter(), "What for?")]
    return BeautifulSoup(report_html(pages, [], About(title="Report"), "10"), "html.parser").select_one("section")


@pytest.mark.parametrize(
    ("cells", "answer"),
    [
        ([cell(("said", "One. Two. Three. Four."), tags=["board"])], "One. Two. Three."),
        ([cell(("said", f"Of {n}. More."), tags=["board"]) for n in "AB"], "Of A. Of B."),
        ([cell(("absent", "No table."), tags=["board"]), cell(("said", "Up by 1.5%. By 2."))], "Up by 1.5%. By 2."),
        ([cell(("absent", "No table."), tags=["board"]), cell(("said", "Detail."), tags=["detail"])], "No table."),
    ],
)  # fmt: skip
def test_a_chapter_opens_with_its_question_and_an_answer_of_at_most_three_sentences(cells, answer):
    opened = page(words("## How many?"), *cells)
    assert opened.h2.get_text(" ", strip=True) == "03 Compare"
    assert [one.get_text() for one in opened.h2.find_next_siblings("p")] == ["Do they?", answer]


def test_neighbours_fold_together_behind_the_limits_under_a_line_that_says_what_is_inside():
    opened = page(
        words("## How many?"),
        cell(("said", "Many."), tags=["board"]),
        cell(("table", 9), tags=["detail"]),
        words("## Which?", "detail"),
        cell(("said", "These."), tags=["detail"]),
        words("## Why?"),
        cell(("said", "So.")),
        words("## Really?", "detail"),
        cell(("said", "Yes."), tags=["detail"]),
    )
    assert [one.get_text() for one in opened.find_all("h3")] == [
        "How many?",
        "Why?",
        "What this does not show",
        "For the analyst",
    ]
    folds = opened.select("details.detail")
    assert [fold.summary.get_text() for fold in folds] == ["Ends Which?", "Really?"]
    assert "Belongs to: How many?" in folds[0].get_text()
    assert folds[0].select("details.numbers") == []
    assert "Causes" not in "".join(fold.get_text() for fold in folds)


def test_tables_beside_a_figure_and_long_ones_fold_and_a_long_note_keeps_its_base():
    note = "n = 9 people; " + "counted so and so, " * 10
    opened = page(cell(("figure", "Up"), ("note", note), ("table", 2)), cell(("table", 6)), cell(("table", 3)))
    assert [fold.summary.get_text() for fold in opened.select("details.numbers")] == ["Method", "Table", "Ends"]
    assert opened.select_one("figure .short").get_text() == "n = 9 people"
    assert opened.select_one("figure details .scrm-note").get_text(strip=True) == note.strip()


def test_only_cells_that_name_a_chapter_lead_to_one():
    row = "<tr><th>{}</th><td>07</td></tr>"
    tables = [f"<thead><tr><th>{head}</th></tr></thead><tbody>{row.format(words)}</tbody>" for head, words in (
        ("Chapter", "07"), ("People", "07"), ("Tested", "07: its return"))]  # fmt: skip
    opened = page(cell(*(("note", f"<table>{table}</table>") for table in tables)))
    named = [link.get_text() for link in opened.select("table a")]
    alone = report_html([chapter_page("03", chapter(), "Do they?")], [], About(title="Report"), "10")
    assert BeautifulSoup(alone, "html.parser").select("main a") == []  # a report of one chapter leads to no other
    assert named == ["07", "07"]


def test_a_mention_of_another_chapter_leads_there_and_each_figure_has_a_place_of_its_own():
    opened = page(cell(("figure", "Up")), cell(("figure", "Up")))
    assert [(link.get_text(), link["href"]) for link in opened.select("a")] == [("chapter 07", "#chapter-07")]
    assert [figure["id"] for figure in opened.select("figure")] == ["chapter-03-figure-up", "chapter-03-figure-up-2"]


def test_a_board_gets_two_figures_a_chapter_with_its_answer_and_limits_and_a_page_on_trust():
    cells = [cell(("said", f"Of {n}."), ("figure", n), ("figure", "C"), tags=["board"]) for n in "AB"]
    pages = [chapter_page("03", chapter(*cells, cell(("said", "Further."), ("figure", "D"))), "Do they?")]
    read = {
        "03": {
            "title": "Compare",
            "claims": [{"verdict": "shown"}, {"verdict": "not shown"}],
            "numbers": {"a": {"value": 1, "reason": ""}, "b": {"value": None, "reason": "no <table> ideas"}},
        }
    }
    pages = board_pages(pages, read, ["Chapter 04 is left out."])
    made = report_html(pages, [], About(title="R", edition="board"), "10")
    soup = BeautifulSoup(made, "html.parser")
    sheet, trust = soup.select("section")
    assert [one.get_text() for one in sheet.select(".scrm-figure-title")] == ["A", "B"]
    assert [one in sheet.get_text() for one in ("Of A. Of B.", "Causes", "Further")] == [True, True, False]
    assert [one.get_text() for one in trust.select("tbody tr *")] == ["03: Compare", "03", *"110011"]
    said = [one.get_text() for one in trust.select("li")]
    assert said == ["Chapter 03, 1 number: no <table> ideas.", "Chapter 04 is left out."]
