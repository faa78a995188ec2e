"""The metric sheet explains every named number of the sample company, and none that does not exist."""

import json
import re
from pathlib import Path

import nbformat
import pytest

from scrm_helpers.report.chapters.walk_plan import SUMMARY, notebooks_folder, on_disk

ROOT = Path(__file__).resolve().parents[1]
PLANS = {plan.number: plan for plan in on_disk(notebooks_folder())}


def explained():
    """Patterns in the first column of each chapter's table; a part in braces stands for a name from the data."""
    sheet: dict[str, list[str]] = {}
    for line in (ROOT / "METRICS.md").read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## (\d\d) ", line):
            sheet[heading.group(1)] = patterns = []
        elif line.startswith("| `"):
            names = re.findall("`([a-z0-9_{}]+)`", line.split("|")[1])
            patterns += [re.sub(r"\{\w+\}", "[a-z0-9_]+", name) for name in names]
    return sheet


def named(number):
    if number != SUMMARY:
        return list(json.loads((ROOT / "data" / "sample-results" / f"{number}.json").read_text("utf-8"))["numbers"])
    notebook = nbformat.read(notebooks_folder() / f"{PLANS[number].stem}.ipynb", as_version=4)
    table = "".join(output["data"]["text/plain"] for output in notebook.cells[-1].outputs if "data" in output)
    return re.findall(r"^ *([a-z][a-z0-9_]+) +", table, flags=re.MULTILINE)


@pytest.mark.parametrize("number", PLANS)
def test_each_chapter_explains_exactly_its_numbers(number):
    patterns, numbers = explained().get(number, []), named(number)
    assert [name for name in numbers if not any(re.fullmatch(one, name) for one in patterns)] == []
    assert [one for one in patterns if not any(re.fullmatch(one, name) for name in numbers)] == []


def test_no_chapter_is_explained_that_is_not_there():
    assert set(explained()) <= set(PLANS)
