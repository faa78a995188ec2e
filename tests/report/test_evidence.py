"""The data behind the figures: whole, in order, harmless, and silent on small groups."""

import datetime as dt
import io

import numpy as np
import openpyxl
import pandas as pd
import pytest
from given import said

from scrm_helpers.answers.small_groups import without_small_groups
from scrm_helpers.report.page import exports


def answer(table, **words):
    return said(**({"sentence": "Said.", "caption": "Held", "title": "Shown", "note": "n = 9."} | words), table=table)


def test_a_table_survives_the_way_through_json_into_the_workbook():
    table = pd.DataFrame(
        {
            "Segment": ["=1+1", "b", None],
            "People": pd.array([7, 8, None], dtype="Int64"),
            "Share": [0.1 + 0.2, np.inf, np.nan],
            "Since": pd.to_datetime(["2026-01-02", None, "2026-03-04"]),
            "Known": [True, False, None],
        }
    )
    gathered = exports.gather_tables([answer(table), answer(pd.DataFrame())], min_group=5)
    assert len(gathered) == 1  # an answer without a table has no sheet
    book = openpyxl.load_workbook(io.BytesIO(exports.tables_workbook({"03": gathered}, "EUR")))
    assert book.sheetnames == ["Contents", "03 Held"]
    assert [cell.value for cell in book["Contents"][2]] == ["03 Held", "Held", "Shown", "Said.", "n = 9.", 0]
    rows = [[cell.value for cell in row] for row in book["03 Held"].iter_rows()]
    assert rows == [
        ["Segment", "People", "Share", "Since", "Known"],
        ["=1+1", 7, 0.3, dt.datetime(2026, 1, 2), True],  # noqa: DTZ001
        ["b", 8, None, None, False],
        [None, None, None, dt.datetime(2026, 3, 4), None],  # noqa: DTZ001
    ]
    assert book["03 Held"]["A2"].data_type == "s"


@pytest.mark.parametrize(
    ("people", "kept"),
    [
        ([9, 40, 12], [9, 40, 12]),
        ([2, 3, 40], [40]),
        ([4, 40, 12], [40]),  # the total would give the single gap away, so the next smallest goes too
        ([0, 2, 3], [0]),  # nobody is no small group
        ([1, 1, 1], []),
        ([4], []),
    ],
)
def test_rows_on_too_few_people_are_left_out_and_counted(people, kept):
    table = pd.DataFrame({"Segment": list("abc")[: len(people)], "People": people})
    (entry,) = exports.gather_tables([answer(table)], min_group=5)
    assert [row[1] for row in entry["rows"]] == kept
    assert entry["hidden"] == len(people) - len(kept)


def test_a_table_that_counts_nobody_stays_whole():
    table = pd.DataFrame({"Quarter": ["2026Q1"], "Paid": [1]})
    assert without_small_groups(table, 5).equals(table)


def test_chapters_are_in_order_and_those_without_tables_are_passed_over(tmp_path):
    (tmp_path / "04.tables.json").write_text("[]")
    (tmp_path / "03.tables.json").write_text('[{"rows": []}]')
    assert list(exports.read_tables(tmp_path, ["01", "03", "04"])) == ["03"]
