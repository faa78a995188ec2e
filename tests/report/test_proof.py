"""The proof that a notebook ran goes by the notebook itself, not by what papermill says of it."""

import nbformat
import pytest
from given import Said, said

from scrm_helpers.answers import show, style
from scrm_helpers.report.engine import one_notebook


def ran(*sources, end="KIT-OK 0123456789ab\n"):
    cells = [nbformat.v4.new_code_cell(text, execution_count=place) for place, text in enumerate(sources, start=1)]
    if end:
        cells[-1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=end)]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_notebook_that_ran_passes():
    assert one_notebook.why_not_run(ran("a", "b")) == ""


def test_blank_cells_need_no_run():
    notebook = ran("a", "b")
    notebook.cells.insert(1, nbformat.v4.new_code_cell("  \n"))
    assert one_notebook.why_not_run(notebook) == ""


@pytest.mark.parametrize(
    ("end", "passes"),
    [
        ("KIT-OK 0123456789ab\n", True),
        ("first\nKIT-OK 0123456789ab\n", True),
        ("KIT-OK\n", False),
        ("not KIT-OK 0123456789ab\n", False),
        ("KIT-OK 0123456789ab and more\n", False),
        ("", False),
    ],
)
def test_the_sentinel_is_one_exact_line_of_the_last_cell(end, passes):
    assert (one_notebook.why_not_run(ran("a", end=end)) == "") == passes


def test_a_sentinel_in_an_earlier_cell_does_not_count():
    notebook = ran("a")
    notebook.cells.append(nbformat.v4.new_code_cell("b", execution_count=2))
    assert "did not print" in one_notebook.why_not_run(notebook)


def test_a_cell_that_never_ran_is_named_even_when_it_is_called_completed():
    notebook = ran("a", "b", "c")
    notebook.cells[1].execution_count = None
    notebook.cells[1].metadata["papermill"] = {"status": "completed", "exception": False}
    assert one_notebook.why_not_run(notebook) == "code cell 2 of 3 never ran"


def test_cells_out_of_order_are_named():
    notebook = ran("a", "b")
    notebook.cells[1].execution_count = 3
    assert "ran as number 3" in one_notebook.why_not_run(notebook)


def test_an_error_output_is_named():
    notebook = ran("a", "b")
    notebook.cells[0].outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[])]
    assert one_notebook.why_not_run(notebook) == "code cell 1 stopped with KeyError: 'x'"


def test_a_figure_that_vanished_is_missed(monkeypatch):
    notebook = ran("two figures", "end")
    notebook.cells[0].outputs = outputs_of_two_figures(monkeypatch)
    assert one_notebook.why_not_run(notebook) == ""
    notebook.cells[0].outputs = [output for output in notebook.cells[0].outputs if "image/png" not in output.data]
    assert one_notebook.why_not_run(notebook) == "code cell 1 shows 0 of 2 figures"


def outputs_of_two_figures(monkeypatch):
    """What `show.figure` itself puts out, so that a change there is seen here."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    for _ in range(2):
        show.figure(said(Line, sentence="It rose.", title="It rose", alt="A line that rises."))
    return [nbformat.v4.new_output("display_data", data=data) for data in shown]


class Line(Said):
    def plot(self, ax=None):
        ax = style.axes_for(ax)
        ax.plot([0, 1])
        return ax


def test_times_paths_and_random_ids_are_stripped_and_the_rest_stays():
    notebook = ran("a", "b")
    notebook.metadata = {
        "kernelspec": {"name": "python3"},
        "papermill": {"input_path": "/home/me/a.ipynb", "duration": 1.5},
        "language_info": {"name": "python", "version": "3.11.7"},
    }
    notebook.cells[0].metadata = {"tags": ["injected-parameters"], "papermill": {"start_time": "now"}}
    notebook.cells[1].metadata = {"jupyter": {"source_hidden": True}, "papermill": {"start_time": "now"}}
    clean = one_notebook.stripped(notebook)
    assert clean.metadata == {"kernelspec": {"name": "python3"}, "language_info": {"name": "python"}}
    assert clean.cells[0].metadata == {"tags": ["injected-parameters"]}
    assert clean.cells[1].metadata == {
        "jupyter": {"source_hidden": True}
    }  # folded in JupyterLab, as the author left it
    assert clean.cells[0].id == "injected-parameters"
    assert [cell.source for cell in clean.cells] == ["a", "b"]
    assert "papermill" in notebook.metadata  # the original is not changed
