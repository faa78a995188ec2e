"""The notebooks with controls run, from any folder; what is stored of one without is what a run shows."""

from pathlib import Path

import nbformat
import papermill
import pytest
from gates import notebook_outputs, notebook_source

FOLDER = Path(__file__).parents[2] / "notebooks" / "explore"


def executed(notebook):
    import nbclient

    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(FOLDER)}}).execute()
    return notebook


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_to_look_around_keeps_the_rules(path):
    notebook = nbformat.read(path, as_version=4)
    assert notebook_source.problems(notebook) == []
    stored = any(cell.get("outputs") for cell in notebook.cells)
    assert stored == (path.stem == "contracts-and-occasions"), "controls are stored without outputs"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("answer-queue", {"hours": 0.25}, "In 0.25 hours"),
        ("return-on-initiative", {"horizon": 12, "later": 2}, "12 quarters after the start"),
        ("stated-versus-actual", {"window_days": 120, "smallest": 20}, "Days after the answer 120"),
        ("value-matrix", {"own": "50"}, "Own value is high above €50"),
    ],
)
def test_parameters_are_where_the_controls_start_from_any_folder(name, given, said, tmp_path):
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(FOLDER / f"{name}.ipynb", out, given, cwd=tmp_path, progress_bar=False)
    texts = [
        output.get("data", {}).get("text/plain", output.get("text", ""))
        for cell in nbformat.read(out, as_version=4).cells
        for output in cell.get("outputs", [])
    ]
    assert any(said in text for text in texts)
    assert any("Figure: " in text for text in texts)
    assert any(": 1 view" in text for text in texts)
    assert "KIT-OK" in texts[-1]


def test_the_page_of_the_network_is_shown_twice():
    pytest.importorskip("ipywidgets", reason="the extra 'lab' is not installed")
    notebook = nbformat.read(FOLDER / "referral-network.ipynb", as_version=4)
    outputs = [output for cell in executed(notebook).cells for output in cell.get("outputs", [])]
    assert "KIT-OK" in outputs[-1].text
    assert sum("<iframe" in output.get("data", {}).get("text/html", "") for output in outputs) == 2


def test_contracts_and_occasions_are_stored_as_a_run_shows_them():
    notebook = nbformat.read(FOLDER / "contracts-and-occasions.ipynb", as_version=4)
    assert notebook_outputs.problems(notebook) == []
    stored = notebook.cells[-1].outputs[-1].text
    again = "run python -m scrm_helpers.report.engine.one_notebook notebooks/explore/contracts-and-occasions.ipynb"
    assert executed(notebook).cells[-1].outputs[-1].text == stored, again  # the digest of every named number
