"""What fails in a chapter costs its own place: which statements go on, and what is said where they do not."""

import copy

import nbformat
import pytest

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.report.engine.one_notebook import execute, execute_sparingly
from scrm_helpers.report.engine.sparing import FAULT, parts_of, step_of

SHOW = "from types import SimpleNamespace as Answer\nfrom scrm_helpers.answers import show"
SECRET = "raise KeyError('/home/me/customer 4711')"


def said(notebook):
    """What each code cell shows, the opening and closing cell left out."""
    shown = []
    for cell in [cell for cell in notebook.cells if cell.cell_type == "code"][1:-1]:
        texts = [output.get("text") or output.data.get("text/plain", "") for output in cell.outputs]
        shown.append("\n".join(text.strip() for text in texts))
    return shown


def sparingly(kernels, folder, notebook):
    notebook.cells[2].source = f"{SHOW}\n{notebook.cells[2].source}"
    return execute_sparingly(notebook, {}, kernels, folder)


def test_only_what_needs_the_failed_step_is_missing_and_says_so(kernels, notebook_of, tmp_path):
    notebook = notebook_of(
        f"def broken():\n    {SECRET}\ndef first(answer):\n    return answer.sentence",
        "one = Answer(sentence='One.', reason='')\ntwo = broken()\nshow.sentence(one)\nshow.sentence(two)",
        "show.sentence(one, two.part)\nrest = first(two)\nshow.sentence(rest)",
        "show.sentence(first(one))\ntwo = one\nshow.sentence(two)",
    )
    executed, (fault,) = sparingly(kernels, tmp_path, notebook)
    depends = "This cannot be shown because it depends on what is missing above."
    assert said(executed) == ["", f"This step {FAULT}.\nOne.", f"{depends}\nOne.", "One.\nOne."]
    assert (fault.refused, fault.place) == (False, "A chapter")
    assert fault.detail.startswith("Code cell 3 stopped with KeyError: '/home/me/customer 4711'\nTraceback")
    assert "4711" not in str([cell.outputs for cell in executed.cells if "outputs" in cell])


def test_a_chapter_with_a_fault_gives_the_same_bytes_again(kernels, notebook_of, tmp_path):
    notebook = notebook_of("show.sentence('Here.')", f"def broken():\n    {SECRET}\nbroken()\nprint(set('abcdef'))")
    one, two = (nbformat.writes(sparingly(kernels, tmp_path, copy.deepcopy(notebook))[0]) for _ in range(2))
    assert FAULT in one
    assert one == two


def test_a_refusal_is_said_in_its_own_words_and_is_no_fault(kernels, notebook_of, tmp_path):
    notebook = notebook_of(
        "from scrm_helpers.answers.refusal import Refusal\nshow.sentence('Here.')",
        "raise Refusal('Nobody bought\\ntwice.')",
    )
    executed, (fault,) = sparingly(kernels, tmp_path, notebook)
    assert said(executed) == ["Here.", "Nobody bought twice."]
    assert fault.refused
    with pytest.raises(Refusal, match=r"^Nobody bought twice\.$"):
        execute(notebook, {}, kernels, tmp_path)


@pytest.mark.parametrize(
    ("source", "error", "text"),
    [
        (
            "from scrm_helpers.answers.refusal import Refusal\nraise Refusal('No buyers.')",
            Refusal,
            "No b",
        ),
        (SECRET, PlainError, f"This step {FAULT}."),
    ],
)
def test_a_chapter_with_nothing_left_to_show_is_not_shown(kernels, notebook_of, tmp_path, source, error, text):
    with pytest.raises(error) as raised:
        execute_sparingly(notebook_of(source, "made = 1"), {}, kernels, tmp_path)
    assert str(raised.value).startswith(text)
    assert type(raised.value) is error


def test_a_step_that_runs_out_of_memory_costs_its_place(kernels, notebook_of, tmp_path):
    notebook = notebook_of(
        "show.sentence('Here.')", "import numpy\nlarge = numpy.ones(10**10)", "show.sentence('There.')"
    )
    executed, (fault,) = sparingly(kernels, tmp_path, notebook)
    assert "needs more memory than one chapter may use" in fault.sentence
    assert said(executed)[2] == "There."


@pytest.mark.parametrize(
    ("statement", "needs", "makes"),
    [
        ("a, b = f(c), [k for k in d]", {"f", "c", "d"}, {"a", "b"}),
        ("model = fit(model, key=lambda row: row + extra)", {"fit", "model", "extra"}, {"model"}),
        ("scrm.show.figure(worth)", {"scrm", "worth"}, set()),
        ("import pandas as pd", set(), {"pd"}),
        ("for part in parts:\n    show(part)", {"parts", "show", "part"}, {"part"}),
        ("from scrm_helpers import value", set(), {"value"}),
    ],
)
def test_what_a_statement_needs_and_makes(statement, needs, makes):
    import ast

    step = step_of(ast.parse(statement).body[0])
    assert (set(step.needs), set(step.makes)) == (needs, makes)


def test_an_answer_is_shown_in_parts_so_that_each_costs_its_own_place():
    import ast

    shown = [ast.unparse(part) for part in parts_of(ast.parse("chapter.show(worth, money)").body[0])]
    assert shown == ["chapter.sentence(worth, money)", "chapter.figure(worth)", "chapter.table(worth)"]
    several = [ast.unparse(part) for part in parts_of(ast.parse("chapter.show(*both)").body[0])]
    assert several[1:] == ["chapter.figure([*both][0])", "chapter.table([*both][0])"]
    (other,) = parts_of(ast.parse("scrm.show.figure(worth)").body[0])
    assert ast.unparse(other) == "scrm.show.figure(worth)"
