"""Kernels forked or plain: the same environment, no trace of the reader's own settings, none left behind."""

import os
import sys

import pytest

from scrm_helpers.report.engine.kernels import Kernels, environment
from scrm_helpers.report.engine.one_notebook import execute


def printed(executed, place=2):
    return "".join(output.text for output in executed.cells[place].outputs)


def test_the_environment_is_the_same_whoever_starts_it(kernels, notebook_of, tmp_path):
    source = (
        "import os, sys\nfor name in {names!r}:\n    print(name, os.environ[name])\nprint(sys.flags.hash_randomization)"
    )
    expected = environment(kernels.folder, 4 * 2**30)
    seen = printed(execute(notebook_of(source.format(names=sorted(expected))), {}, kernels, tmp_path))
    assert seen.splitlines() == [f"{name} {expected[name]}" for name in sorted(expected)] + ["0"]


def test_the_folder_of_the_data_is_not_searched_for_modules_at_the_start(kernels, notebook_of, tmp_path):
    (tmp_path / "pandas.py").write_text("raise SystemExit('a file of the company was imported')")
    seen = execute(
        notebook_of("import pandas\nprint(pandas.__name__, hasattr(pandas, 'DataFrame'))"), {}, kernels, tmp_path
    )
    assert printed(seen) == "pandas True\n"


def test_two_kernels_have_random_numbers_of_their_own(kernels, notebook_of, tmp_path):
    source = "import numpy, random\nprint(numpy.random.random(), random.random())"
    first, second = (printed(execute(notebook_of(source), {}, kernels, tmp_path)) for _ in range(2))
    assert first != second


def test_no_history_is_kept(kernels, notebook_of, tmp_path):
    seen = execute(notebook_of("print(get_ipython().history_manager.enabled)"), {}, kernels, tmp_path)
    assert printed(seen) == "False\n"


def test_closing_ends_everything_and_takes_its_files_away(notebook_of, tmp_path):
    with Kernels() as kernels:
        server = kernels.server
        execute(notebook_of("1"), {}, kernels, tmp_path)
    assert not kernels.folder.exists()
    assert (server is not None) == (sys.platform == "linux")
    if server is not None:
        with pytest.raises(ProcessLookupError):
            os.kill(server._process.pid, 0)


def test_plain_kernels_step_in_when_the_preloaded_process_is_gone(notebook_of, tmp_path):
    with Kernels(forked=True) as kernels:
        if kernels.server is None:
            pytest.skip("kernels cannot be forked on this system")
        kernels.server._process.kill()
        kernels.server._process.wait()
        assert printed(execute(notebook_of("print(1)"), {}, kernels, tmp_path)) == "1\n"
        assert kernels.server is None
