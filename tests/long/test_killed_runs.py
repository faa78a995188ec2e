"""A run that is killed at any step leaves the old report whole, no process behind, and a folder that can be used again.

About four minutes: the shipped notebooks on a small company, once for each line of progress and thrice while it writes.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scrm_helpers
from scrm_helpers.sample import write_sample

DAY = "2026-09-30"
PATIENCE = 300  # seconds until a process that lost its runner must be gone, however busy the machine


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("killed")
    write_sample(folder / "company", customers=400, seed=7, as_of=DAY)
    return folder


def started(place):
    command = [sys.executable, "-m", "scrm_helpers.cli", "run", "company", "--as-of", DAY, "--out", "out"]
    environment = {
        **os.environ,
        "SCRM_PSEUDONYM_KEY": "5c" * 32,
        "PYTHONPATH": str(Path(scrm_helpers.__file__).parents[1]),
    }
    return subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def whole(place):
    """What a complete run says and leaves."""
    with started(place) as runner:
        lines = runner.stderr.read().splitlines()
    assert runner.returncode == 0, lines
    return [line for line in lines if line.startswith("[")], contents(place / "out")


def contents(folder):
    """Bytes of the report's files; a killed run may leave its private folder, whose name starts with a dot."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder): path for path in paths}
    return {name: path.read_bytes() for name, path in named.items() if not str(name).startswith(".")}


def working_in(folder):
    """Processes whose working folder is inside a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:  # it ended meanwhile, or is not ours
            continue
    return found


def killed(place, after, pause=0.0):
    """Kill a run after so many lines of progress and wait until its kernels are gone."""
    with started(place) as runner:
        for _ in range(after):
            assert runner.stderr.readline().startswith("[")
        time.sleep(pause)
        runner.kill()
    end = time.monotonic() + PATIENCE
    while working_in(place / "out"):
        assert time.monotonic() < end, "a kernel outlived its runner"
        time.sleep(0.1)


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_run_killed_after_any_line_of_progress_leaves_the_old_report(place, whole):
    lines, before = whole
    assert len(lines) >= 10
    for after in range(len(lines)):
        killed(place, after)
        assert contents(place / "out") == before, f"killed after {after} lines"


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("pause", [0.0, 0.05, 0.5])
def test_after_a_run_killed_while_it_writes_the_next_run_gives_the_whole_report(place, whole, pause):
    lines, before = whole
    killed(place, len(lines) - 1, pause)
    with started(place) as runner:
        said = runner.stderr.read()
    assert runner.returncode == 0, said
    assert contents(place / "out") == before
    assert [path.name for path in (place / "out").iterdir() if path.name.startswith(".")] == [".lock"]
