"""What CI runs is the same every time: its steps, folders and exit code, with a `kit.py` that only notes them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from gates import parts

ROOT = Path(__file__).resolve().parents[1]
NOTING = """
import os, sys
words = " ".join(sys.argv[1:])
print("ran", words, "in the project" if os.path.exists("here") else "in a copy")
if {fails!r} and {fails!r} in words:
    sys.exit("1 failed in 0.1s")
if {dirt!r}:
    open({dirt!r}, "w").close()
print("=== 2 passed in 0.1s ===")
"""
PAGES = ("notebooks", "tests/browser", "tests/notebooks", "tests/report/test_one_report.py")
pytestmark = pytest.mark.skipif(sys.platform != "linux" or not shutil.which("git"), reason="CI runs on Linux")


def ci(folder, fails="", dirt=""):
    (folder / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", folder / ".ci" / "run")
    (folder / ".gitignore").write_text("build/\nhere\n__pycache__/\n")
    (folder / "kit.py").write_text(NOTING.format(fails=fails, dirt=dirt))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    (folder / "build").mkdir()
    (folder / "here").touch()
    # The mark is left out of the copy with the environments and what was built.
    (folder / "here").rename(folder / "build" / "here")
    (folder / "here").symlink_to("build/here")
    return subprocess.run(["bash", ".ci/run"], cwd=folder, capture_output=True, text=True, check=False)


def test_every_part_runs_once_on_the_oldest_or_the_newest_python(tmp_path):
    done = ci(tmp_path)
    assert done.returncode == 0, done.stdout
    ran = sorted(re.findall(r"(?m)^ran (.*)$", done.stdout))
    assert set(PAGES) < set(parts.PLACES["slow"])
    ignored = [*(f"--ignore={place}" for place in PAGES), "--ignore-glob=notebooks/*.ipynb"]
    assert ran == [
        f"test --part checks --part slow {' '.join(ignored)} in a copy",
        "test --part fast in the project",
        f"test --part slow {' '.join(PAGES)} in the project",
    ]
    assert done.stdout.rstrip().splitlines()[-2 * len(ran) :][1::2] == ["=== 2 passed in 0.1s ==="] * len(ran)


@pytest.mark.parametrize("fails", ["checks", f"--part slow {PAGES[0]}"])
def test_one_step_that_fails_fails_the_whole_and_the_others_still_run(tmp_path, fails):
    done = ci(tmp_path, fails=fails)
    assert done.returncode == 1
    assert done.stdout.count("This step did not pass.") == 1
    assert len(re.findall(r"(?m)^ran ", done.stdout)) == 3


def test_tests_that_write_into_the_project_fail_the_whole(tmp_path):
    done = ci(tmp_path, dirt="left-behind")
    assert done.returncode == 1
    assert "The tests changed the project" in done.stdout
    assert "left-behind" in done.stdout
