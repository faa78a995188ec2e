"""Tests write nowhere but in the temporary folder: each way to write elsewhere is stopped beforehand."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from gates import own_place

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = ROOT / "written-by-a-test"
README = ROOT / "README.md"
WAYS = {  # none of them could do harm if the rule broke
    "write": lambda _: ELSEWHERE.touch(),
    "append": lambda _: README.open("a"),
    "update": lambda _: README.open("r+"),
    "descriptor": lambda _: os.open(README, os.O_WRONLY),
    "folder": lambda _: ELSEWHERE.mkdir(),
    "remove": lambda _: ELSEWHERE.unlink(),
    "move out": lambda temporary: ELSEWHERE.rename(temporary / "there"),
    "move in": lambda temporary: (temporary / "nothing").rename(ELSEWHERE),
    "link": lambda _: ELSEWHERE.symlink_to(README),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_test_that_writes_into_the_project_is_stopped(way, tmp_path):
    before = README.read_bytes()
    with pytest.raises(AssertionError, match="is_stopped.* writes outside of the temporary folder"):
        WAYS[way](tmp_path)
    assert README.read_bytes() == before
    assert not ELSEWHERE.exists()


def test_reading_anywhere_and_writing_into_the_temporary_folder_is_free(tmp_path):
    (tmp_path / "a").write_text(README.read_text())
    (tmp_path / "a").rename(tmp_path / "b")
    (tmp_path / "b").unlink()


def test_the_home_is_no_users_home_here_and_in_what_a_test_starts():
    assert Path.home().is_relative_to(tempfile.gettempdir())
    code = "import os, pathlib; print(pathlib.Path.home(), os.environ.get('SCRM_PSEUDONYM_KEY'))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert there == f"{Path.home()} None\n"


def test_a_path_is_judged_by_where_it_leads():
    temporary = Path(tempfile.gettempdir())
    assert own_place.outside(temporary / ".." / "elsewhere")
    assert not own_place.outside(temporary / "inside")
    assert own_place.outside(temporary / "project" / "a.py", root=temporary / "project")
    assert not own_place.outside(temporary / "project" / "build" / "a", root=temporary / "project")
    assert not own_place.outside(temporary / "inside", root=temporary / "project")
