"""Stored outputs are complete, and the comparison with a fresh run can fail: six faults turn it red."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import nbformat
import pytest
from gates import notebook_outputs
from gates.notebook_source import code_cells

from scrm_helpers.report.chapters.walk_plan import START

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if path.stem != START)
RUNS = tomllib.loads((ROOT / "tests" / "notebooks.toml").read_text())


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_outputs_are_stored_whole(path):
    assert notebook_outputs.problems(read(path)) == []


def test_as_many_cells_are_compared_as_the_table_says():
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "notebooks"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    compared = {path.stem: len(re.findall(rf"(?m)^notebooks/{path.name}::", listed)) for path in NOTEBOOKS}
    assert compared == {name: entry["cells"] for name, entry in RUNS.items()}


def edited(notebook, pattern, kind, spared=()):
    """Change the first digit that a pattern finds in a stored output of a kind; return the number of the cell."""
    for place, cell in enumerate(code_cells(notebook)):
        for output in cell["outputs"]:
            text = output.get("data", {}).get(kind, "")
            found = re.search(pattern, text)
            if found and place not in spared:
                at = found.end() - 1
                output["data"][kind] = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
                return place
    raise AssertionError(f"no {kind} output has {pattern}")


def with_line(notebook, line, place=2):
    """Put a line before the code of a code cell, by default the third."""
    cell = code_cells(notebook)[place]
    cell["source"] = f"{line}\n{cell['source']}"
    return place


def never_run(notebook):
    for cell in code_cells(notebook):
        cell["execution_count"], cell["outputs"] = None, []


def without_outputs(notebook):
    code_cells(notebook)[-1]["outputs"] = []
    return len(code_cells(notebook)) - 1


WARNING = "import warnings; warnings.warn('Something changed.')"
CELLS = {  # faults of single cells, all in one copy
    "wrong-number": lambda notebook: edited(notebook, r"[0-9]", "text/plain"),
    "new-warning": lambda notebook: with_line(notebook, WARNING, 3),
    "wrong-table": lambda notebook: edited(notebook, r"<td[^>]*>[^<]*[0-9]", "text/html", spared=range(4)),
    "deleted-output": without_outputs,
}
ENDS = {  # of the kernel, each in a copy of its own
    "early-exit": lambda notebook: with_line(notebook, "import sys; sys.exit(0)"),
    "killed-kernel": lambda notebook: with_line(notebook, "import os; os.kill(os.getpid(), 9)"),
}


def compare(place, names, limit):
    """Start the strict comparison of some copies; return the process and the file of what it saw."""
    seen = place / f"{names[0]}.xml"
    command = [sys.executable, "-m", "pytest", "-p", "gates.steady_kernels", "-p", "no:cacheprovider", "-q"]
    command += ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(place), f"--nbval-cell-timeout={limit}"]
    command += ["--junitxml", str(seen), *(str(place / "notebooks" / f"{name}.ipynb") for name in names)]
    paths = os.pathsep.join([str(ROOT / "tests"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(command, cwd=place, env=environment, stdout=subprocess.DEVNULL), seen


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """Which cells of damaged copies of one notebook the strict comparison passes, and which cell each fault is in."""
    if not NOTEBOOKS:
        pytest.skip("there is no notebook yet")
    place = tmp_path_factory.mktemp("damaged")
    (place / "notebooks").mkdir()
    shutil.copytree(ROOT / "data", place / "data")
    copies = {"cells": CELLS} | {name: {name: damage} for name, damage in ENDS.items()}
    damaged = {}
    for name, damages in copies.items():
        notebook = read(NOTEBOOKS[0])
        damaged |= {fault: (name, damage(notebook)) for fault, damage in damages.items()}
        nbformat.write(notebook, place / "notebooks" / f"{name}.ipynb")
    # Nobody answers for a killed kernel, so its copy waits for the whole limit; the others have a generous one.
    both = [
        compare(place, ["killed-kernel"], 15),
        compare(place, [name for name in copies if "killed" not in name], 300),
    ]
    cases = [case for running, seen in both if running.wait() in (0, 1) for case in ET.parse(seen).iter("testcase")]
    seen = {
        (name, int(case.get("name").removeprefix("Cell "))): not list(case)
        for name in copies
        for case in cases
        if f"{name}.ipynb" in ET.tostring(case).decode()
    }
    assert {name for name, _ in seen} == set(copies), "a copy was not collected"
    return seen, damaged


@pytest.mark.parametrize("fault", [*CELLS, *ENDS])
def test_the_comparison_turns_red(fault, compared):
    seen, damaged = compared
    assert not seen[damaged[fault]]


def test_the_comparison_is_green_where_nothing_was_touched(compared):
    seen, damaged = compared
    touched = {damaged[fault] for fault in CELLS}
    assert len(touched) == len(CELLS)
    assert all(passed for cell, passed in seen.items() if cell[0] == "cells" and cell not in touched)


@pytest.mark.skipif(not NOTEBOOKS, reason="there is no notebook yet")
@pytest.mark.parametrize("damage", [never_run, without_outputs])
def test_the_guard_turns_red(damage):
    """A notebook that never ran has nothing to compare, so nbval passes it: the guard does not."""
    damage(notebook := read(NOTEBOOKS[0]))
    assert notebook_outputs.problems(notebook) != []


@pytest.mark.skipif(not NOTEBOOKS, reason="there is no notebook yet")
@pytest.mark.parametrize("tag", sorted(notebook_outputs.SKIPPING_TAGS))
def test_a_cell_that_asks_to_be_left_out_is_found(tag):
    notebook = read(NOTEBOOKS[0])
    notebook.cells[-1].metadata["tags"] = ["results", tag]
    assert [problem for problem in notebook_outputs.problems(notebook) if "left out" in problem] != []


@pytest.mark.skipif(not NOTEBOOKS, reason="there is no notebook yet")
@pytest.mark.parametrize(
    ("output", "problem"),
    [
        ({"output_type": "stream", "name": "stderr", "text": "UserWarning: x"}, "stores a warning"),
        ({"output_type": "stream", "name": "stdout", "text": "<Fit at 0x7f3a5c1b2d90>"}, "memory address"),
        ({"output_type": "stream", "name": "stdout", "text": "/" + "home/ann/data.csv"}, "a path"),
    ],
    ids=["warning", "address", "path"],
)
def test_an_output_that_does_not_belong_is_found(output, problem):
    notebook = read(NOTEBOOKS[0])
    code_cells(notebook)[2]["outputs"].append(nbformat.from_dict(output))
    assert [found for found in notebook_outputs.problems(notebook) if problem in found] != []
