"""The named numbers shipped beside the sample are those that the stored chapters end with."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from scrm_helpers.report.chapters.results import digest
from scrm_helpers.report.chapters.walk_plan import SUMMARY, notebooks_folder, on_disk

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "sample-results"
CHAPTERS = [plan for plan in on_disk(notebooks_folder()) if plan.number != SUMMARY]


@pytest.mark.parametrize("plan", CHAPTERS, ids=lambda plan: plan.number)
def test_shipped_numbers_carry_the_digest_of_the_stored_chapter(plan):
    # The strict comparison of stored outputs proves the digest by running the chapter; this ties the file to it.
    notebook = nbformat.read(notebooks_folder() / f"{plan.stem}.ipynb", as_version=4)
    printed = "".join(output.get("text", "") for output in notebook.cells[-1].outputs)
    found = json.loads((SHIPPED / f"{plan.number}.json").read_text(encoding="utf-8"))
    assert re.search("KIT-OK ([0-9a-f]{12})", printed).group(1) == digest(found)


def test_no_other_numbers_are_shipped():
    assert sorted(file.stem for file in SHIPPED.iterdir()) == [plan.number for plan in CHAPTERS]
