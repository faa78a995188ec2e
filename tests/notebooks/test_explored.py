"""The notebooks with controls run; what is stored of one without is what a run shows."""

from pathlib import Path

import nbformat
import pytest
from gates import notebook_outputs, notebook_source

FOLDER = Path(__file__).parents[2] / "notebooks" / "explore"


def executed(notebook):
    import nbclient

    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(FOLDER)}}).execute()
    return notebook


def test_the_page_of_the_network_is_shown_twice():
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    notebook = nbformat.read(FOLDER / "referral-network.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "controls are stored without outputs"
    outputs = [output for cell in executed(notebook).cells for output in cell.get("outputs", [])]
    assert "KIT-OK" in outputs[-1].text
    assert sum("<iframe" in output.get("data", {}).get("text/html", "") for output in outputs) == 2


def test_contracts_and_occasions_are_stored_as_a_run_shows_them():
    notebook = nbformat.read(FOLDER / "contracts-and-occasions.ipynb", as_version=4)
    assert notebook_source.problems(notebook) + notebook_outputs.problems(notebook) == []
    stored = notebook.cells[-1].outputs[-1].text
    again = "run python -m scrm_helpers.report.engine.one_notebook notebooks/explore/contracts-and-occasions.ipynb"
    assert executed(notebook).cells[-1].outputs[-1].text == stored, again  # the digest of every named number
