"""Every notebook with two sets of parameters each; tests/notebooks.toml says what comes out.

The set of the defaults is run by the comparison of stored outputs, cell by cell, and `tests/notebooks` ties the stored
numbers to it; every other set is run here.
"""

import json
import tomllib
import warnings
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.walk_plan import START
from scrm_helpers.report.engine import parameters
from scrm_helpers.report.engine.kernels import Kernels
from scrm_helpers.report.engine.one_notebook import execute, read_notebook
from scrm_helpers.sample import write_sample

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "notebooks"
STORED = ROOT / "data" / "sample-results"
RUNS = tomllib.loads((ROOT / "tests" / "notebooks.toml").read_text())
NAMES = sorted(path.stem for path in FOLDER.glob("*.ipynb") if path.stem != START)
CASES = [pytest.param(name, run, id=f"{name}-{run['case']}") for name in RUNS for run in RUNS[name]["run"]]


@pytest.fixture(scope="module")
def kernels():
    with Kernels() as source:
        yield source


@pytest.fixture(scope="module")
def another_company(tmp_path_factory):
    """A second sample company, smaller and with other people, where the runs say `another_company`."""
    folder = tmp_path_factory.mktemp("another")
    write_sample(folder, customers=600, seed=7, as_of="2026-06-30")
    return {"data": str(folder), "as_of": "2026-06-30"}


def test_every_notebook_has_two_sets_of_parameters():
    assert sorted(RUNS) == NAMES
    assert [name for name in NAMES if len(RUNS[name]["run"]) < 2] == []


@pytest.mark.parametrize(("name", "run"), CASES)
def test_notebook_runs_and_finds_what_is_expected(name, run, kernels, another_company, tmp_path):
    company = another_company if run.get("another_company") else {}
    given, stored = {**company, **run.get("parameters", {})}, STORED / f"{name[:2]}.json"
    if given or not stored.exists():
        execute(read_notebook(FOLDER / f"{name}.ipynb"), {**given, "results": str(tmp_path)}, kernels, FOLDER)
        stored = tmp_path / f"{name[:2]}.json"
    found = json.loads(stored.read_text())["numbers"]
    for number, (value, tolerance) in run["expect"].items():
        assert found[number]["value"] == pytest.approx(value, abs=tolerance), number


@pytest.mark.parametrize("name", NAMES)
def test_notebook_refuses_parameters_that_it_does_not_have(name, kernels):
    notebook = read_notebook(FOLDER / f"{name}.ipynb")
    for given in ({"as_off": "2026-09-30"}, {"as_of": 2026}):
        with pytest.raises(PlainError, match="as_of"):
            execute(notebook, given, kernels, FOLDER)


@pytest.mark.parametrize("name", NAMES)
def test_papermill_sees_the_parameters_that_the_kit_sees(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import papermill
    path = FOLDER / f"{name}.ipynb"
    seen, own = papermill.inspect_notebook(str(path)), parameters.declared(read_notebook(path))
    assert {key: (entry["inferred_type_name"], entry["help"]) for key, entry in seen.items()} == {
        key: (parameter.kind, f"help: {parameter.help}") for key, parameter in own.items()
    }
