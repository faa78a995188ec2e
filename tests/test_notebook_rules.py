"""Every notebook keeps the rules of the walk, and each rule is seen to fail."""

import itertools
import json
from pathlib import Path

import pytest
from gates import notebook_source

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path):
    notebook = json.loads(path.read_text())
    assert notebook_source.problems(notebook) == []
    assert list(notebook_source.opened(notebook, path.stem[:2])) == []


def test_set_up_code_of_the_chapters_is_folded_in_jupyterlab():
    cells = [cell for path in NOTEBOOKS[1:] for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    set_up = [cell["metadata"] for cell in cells if "hide-input" in notebook_source.tags(cell)]
    assert len(set_up) == len(NOTEBOOKS) - 1
    assert all(one["jupyter"] == {"source_hidden": True} for one in set_up)


def test_the_notebooks_that_name_people_for_an_action_heed_the_data_register():
    """That a merge cannot lose it: the rule alone would pass where nobody is chosen."""
    heeding = [path.stem[:2] for path in NOTEBOOKS if "(*chapter.for_action" in path.read_text(encoding="utf-8")]
    assert heeding == ["06", "10"]


def test_a_notebook_that_opens_another_chapter_is_found():
    assert list(notebook_source.opened(notebook(), "03")) == []
    assert list(notebook_source.opened(notebook(), "04")) == ["start() opens 03, the file is chapter 04"]


def cell(text, *tags, kind="code"):
    metadata = {"tags": list(tags)} if tags else {}
    metadata |= {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}
    return {"cell_type": kind, "id": f"c{next(NUMBERS)}", "metadata": metadata, "source": text}


NUMBERS = itertools.count()
TITLE = cell("# Judge it\n\nFor the board.\n\n**You get** x\n**You need** y\n**Runs in** 2 s", kind="markdown")
PARAMETERS = cell('data: str = "../data/sample"  # help: company folder', "parameters")
SET_UP = cell("import scrm_helpers as scrm\nchapter = scrm.start('03', data=data)", "hide-input")
LIMITS = cell("## What this does not show\n\nCauses.", kind="markdown")
RESULTS = cell("chapter.finish()", "results")
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def notebook(*more, title=TITLE, parameters=PARAMETERS, last=RESULTS, metadata=KERNEL):
    return {"metadata": metadata, "cells": [title, parameters, SET_UP, *more, LIMITS, last]}


def test_a_notebook_that_keeps_the_rules():
    fine = notebook(
        cell("## How many?\n\nThe range holds with 95 %.", kind="markdown"), cell("scrm.show.table(chapter)")
    )
    assert notebook_source.problems(fine) == []


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (notebook(cell("# Again", kind="markdown")), "2 titles"),
        (notebook(title=cell("# Judge it", kind="markdown")), "does not say 'You get'"),
        (notebook(cell("a = 1", "parameters")), "2 cells tagged parameters"),
        (notebook(last=cell("chapter.finish()")), "the last code cell is not tagged results"),
        (notebook(*[cell(f"a{n} = 1") for n in range(23)]), "26 code cells"),
        (notebook(cell("\n".join(f"a{n} = 1" for n in range(7)))), "has 7 lines"),
        (notebook(parameters=cell("a = 1  # help: x", "parameters")), "not a typed parameter"),
        (notebook(parameters=cell("a: int = 1 + int(2)  # help: x", "parameters")), "only literals"),
        (notebook(parameters=cell("a: int | None = 1  # help: x", "parameters")), "not seen by papermill"),
        (notebook(parameters=cell("a: str = '#'", "parameters")), "no help"),
        (notebook(cell("!ls")), "shell or magic line"),
        (notebook(cell("%matplotlib inline")), "shell or magic line"),
        (notebook(cell("chapter;")), "trailing ;"),
        (notebook(cell("warnings.filterwarnings('ignore')")), "filterwarnings"),
        (notebook(cell("def f():\n    return 1")), "defines f"),
        (notebook(cell("import pandas")), "imports outside"),
        (notebook(cell("chapter = 2")), "chapter is assigned in code cell 2 and again in code cell 3"),
        (notebook(cell("p = plan_answers(chapter.company, chapter.value, {})")), "plan_answers does not take"),
        (notebook(cell("c.plan_actions(*chapter.people, 8)")), "plan_actions does not take *chapter.for_action"),
        (notebook(cell("x = '" + "/" + "home/ann" + "'")), "absolute path"),
        (notebook(cell("Of them 68 % intend to refer.", kind="markdown")), "types the number 68 %"),
        (notebook(cell("It returns €12 a head.", kind="markdown")), "types the number €1"),
        (notebook(metadata={"kernelspec": {"name": "mine"}}), "not python3"),
        (notebook(metadata={**KERNEL, "papermill": {}}), "metadata that is not the notebook's own: papermill"),
        (notebook(SET_UP), "cells without an id of their own"),
        (notebook(cell("a = 1") | {"metadata": {"jupyter": {"source_hidden": True}}}), "folded in JupyterLab, and no"),
        (notebook(*[cell("show(chapter)", "board") for _ in range(3)]), "3 cells tagged board"),
        (notebook(cell("show(chapter)", "board", "detail")), "is tagged detail, but never folded"),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_a_broken_rule_is_found(broken, problem):
    assert any(problem in found for found in notebook_source.problems(broken))
