"""One notebook through papermill: what counts as run, and what is said when it does not."""

import json

import nbformat
import pytest

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.report.engine.one_notebook import execute


def test_parameters_arrive_and_the_given_notebook_stays_as_it_was(kernels, notebook_of, tmp_path):
    notebook = notebook_of("print(weight * 2)")
    before = json.dumps(notebook, sort_keys=True)
    executed = execute(notebook, {"weight": 0.25}, kernels, tmp_path)
    assert [out.text for cell in executed.cells[3:4] for out in cell.outputs] == ["0.5\n"]
    assert json.dumps(notebook, sort_keys=True) == before


def test_the_kernel_works_in_the_folder_it_is_given(kernels, notebook_of, tmp_path):
    execute(notebook_of("open('here.txt', 'w').close()"), {}, kernels, tmp_path)
    assert (tmp_path / "here.txt").exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import sys; sys.exit(0)", "Code cell 2 stopped with SystemExit"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Its kernel died"),
        ("import os; os._exit(0)", "Its kernel died"),
        ("while True:\n    pass", "longer than its limit of 2 seconds"),
        ("import time; time.sleep(60)", "longer than its limit of 2 seconds"),
        ("import numpy; numpy.ones(10**10)", "more memory than one chapter may use"),
        ("raise KeyError('no such column')", "Code cell 2 stopped with KeyError: 'no such column'"),
        (
            "from scrm_helpers.answers.refusal import PlainError\nraise PlainError('The table is empty.')",
            "The table is empty.",
        ),
        ("%run missing.py", "stopped with"),
    ],
)
def test_a_notebook_that_does_not_come_to_its_end_is_said_in_a_sentence(kernels, notebook_of, tmp_path, source, said):
    limit = 2 if "2 seconds" in said else 600
    with pytest.raises(PlainError) as failed:
        execute(notebook_of(source, "print(1)"), {}, kernels, tmp_path, time_limit=limit)
    assert said in str(failed.value)
    assert "\n" not in str(failed.value)
    assert str(tmp_path) not in str(failed.value)


REFUSING = """
from scrm_helpers.answers.refusal import Refusal
class TeamsTooSmall(Refusal): pass
raise TeamsTooSmall("No team is large enough. " + "Merge teams and run again. " * 20)
"""


def test_a_refusal_of_any_class_keeps_its_whole_sentence_and_a_fault_is_no_refusal(kernels, notebook_of, tmp_path):
    with pytest.raises(Refusal) as refused:
        execute(notebook_of(REFUSING), {}, kernels, tmp_path)
    assert str(refused.value) == "No team is large enough. " + " ".join(["Merge teams and run again."] * 20)
    with pytest.raises(PlainError) as failed:
        execute(notebook_of("raise ValueError('one ' * 100)"), {}, kernels, tmp_path)
    assert not isinstance(failed.value, Refusal)
    assert str(failed.value).endswith("one one…")


def test_the_next_kernel_works_after_one_was_killed(kernels, notebook_of, tmp_path):
    with pytest.raises(PlainError):
        execute(notebook_of("import os; os._exit(1)"), {}, kernels, tmp_path)
    assert execute(notebook_of("1 + 1"), {}, kernels, tmp_path)


def test_a_notebook_without_the_sentinel_did_not_come_to_its_end(kernels, notebook_of, tmp_path):
    with pytest.raises(PlainError, match="did not print the line KIT-OK"):
        execute(notebook_of("1 + 1", end=""), {}, kernels, tmp_path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"weightt": 1.0}, "Did you mean 'weight'"),
        ({"weight": "1"}, "must be a number (share), not '1'"),
        ({"weight": True}, "must be a number"),
        ({"api_token": "x"}, "looks like a secret"),
        ({"x=1;__import__('os').system('true');y": 1}, "is not a name"),
        ({"print": 1}, "is not a name"),
    ],
)
def test_a_wrong_parameter_stops_before_any_kernel(notebook_of, tmp_path, given, said):
    with pytest.raises(PlainError) as refused:
        execute(notebook_of(), given, None, tmp_path)  # no kernels: none is asked for
    assert said in str(refused.value)


def test_kernels_share_nothing(kernels, notebook_of, tmp_path):
    execute(notebook_of("import numpy, os\nnumpy.leaked = 1\nos.environ['LEAKED'] = '1'"), {}, kernels, tmp_path)
    seen = execute(
        notebook_of("import numpy, os\nprint(hasattr(numpy, 'leaked'), 'LEAKED' in os.environ)"), {}, kernels, tmp_path
    )
    assert seen.cells[2].outputs[0].text == "False False\n"


DRAWING = """
import pandas, matplotlib.pyplot as plt
figure, axes = plt.subplots()
axes.bar(list({"a", "b", "c", "d"}), [1, 2, 3, 4])
axes.set_title(str(hash("a")))
plt.show()
"""


def test_two_runs_give_the_same_bytes_and_show_the_figure(kernels, notebook_of, tmp_path):
    notebook = notebook_of(DRAWING, "import warnings; warnings.warn('careful'); print(set('abcdef'))")
    first, second = (nbformat.writes(execute(notebook, {"weight": 1.0}, kernels, tmp_path)) for _ in range(2))
    assert "image/png" in first
    assert first == second
    assert str(tmp_path) not in first
