"""No table of any chapter shows a group smaller than the company allows: the shipped notebooks, cell by cell."""

import nbformat
import pandas as pd
import pytest
from given import said as answer

from scrm_helpers.answers import show
from scrm_helpers.answers.small_groups import BASES, too_small
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, plan
from scrm_helpers.sample import write_sample

COUNTS = {*BASES, "Answered", "Promoters"}  # whatever counts people who form a group


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("company")
    write_sample(folder, customers=400, seed=7)
    return folder


@pytest.mark.parametrize("chapter", ["02", "03", "04", "05", "08"])
def test_no_group_below_the_smallest_is_printed(chapter, company, monkeypatch):
    shown = []
    whole = show.table_html
    monkeypatch.setattr(show, "table_html", lambda frame, *rest: shown.append(frame) or whole(frame, *rest))
    monkeypatch.setattr(show, "picture", lambda result: "")
    notebook = nbformat.read(notebooks_folder() / f"{plan(chapter).stem}.ipynb", as_version=4)
    space = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            exec(cell.source, space)
            if "parameters" in cell.metadata.get("tags", []):
                space["data"] = str(company)
    assert len(shown) > 3
    for frame in shown:
        for name in COUNTS & set(frame.columns):
            people = pd.to_numeric(frame[name], errors="coerce").fillna(0)
            assert not people.between(1, 4).any(), frame


def test_a_table_leaves_the_rows_out_and_says_so(monkeypatch):
    said = []
    monkeypatch.setattr(show, "display_block", lambda plain, markup: said.append((plain, markup)))
    groups = pd.DataFrame({"Segment": ["Pilot group", "Partner", "Consumer"], "Invited": [1, 90, 500], "Rate": 1.0})
    show.table(answer(sentence="", table=groups))
    for text in said[0]:
        assert "Consumer" in text
        assert "Pilot group" not in text
        assert "Partner" not in text  # with a total it would give the pilot group away
        assert "2 rows left out: groups under 5 people, or next to one" in text


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([9, 40, 7], [False, False, False]),
        ([3, 9, 40], [True, True, False]),
        ([3, 2, 40], [True, True, False]),
        ([0, 9, 40], [False, False, False]),
        ([3], [True]),
        ([None, 4, 6, 8], [False, True, True, False]),
    ],
)
def test_one_hidden_group_takes_the_next_with_it(people, hidden):
    assert too_small(pd.Series(people, dtype=float), 5).tolist() == hidden
