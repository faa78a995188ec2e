"""The parts of the suite: each test in exactly one, together the whole; a test that is in two is found."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from gates import parts

import kit

ROOT = Path(__file__).resolve().parents[1]


def collected(folder, *options, expected=0):
    """Ids of the tests that pytest would run in a folder with nothing but the plugin."""
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-p", "gates.parts", "-p", "no:cacheprovider", "-q"]
    command += ["--collect-only", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == expected, done.stdout + done.stderr
    return set(re.findall(r"(?m)^\S+::\S+$", done.stdout)) if expected == 0 else done.stderr


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project with a test in every place that the list names, and one beside each of them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n")
    listed = [place for places in parts.PLACES.values() for place in places]
    files = [place if place.endswith(".py") else f"{place}/test_inside.py" for place in listed]
    for file in [
        *files,
        *(re.sub(r"(/test_inside)?\.py$|$", "_beside/test_it.py", place, count=1) for place in listed),
    ]:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("def test_one(): ...\ndef test_two(): ...\n")
    return folder


def test_each_test_runs_in_exactly_one_part_and_together_they_are_the_whole(project):
    whole = collected(project, *(f"--part={part}" for part in parts.PARTS))
    each = {part: collected(project, f"--part={part}") for part in parts.PARTS}
    assert len(whole) == 4 * sum(map(len, parts.PLACES.values()))
    assert sorted(test for tests in each.values() for test in tests) == sorted(whole)
    assert all(each.values())
    assert collected(project) == each["fast"] | each["slow"]


def test_every_test_of_this_run_is_known_to_be_in_one_part(request):
    seen = request.config.stash[parts.SEEN]
    assert {seen[item.nodeid] for item in request.session.items} <= set(parts.chosen(request.config))


def test_a_file_in_two_parts_is_found():
    places = {"slow": ("tests/a",), "long": ("tests/a/test_it.py", "tests/b")}
    assert parts.problems(["tests/a/test_it.py", "tests/ab/test_it.py", "tests/b/test_it.py"], places) == [
        "tests/a/test_it.py belongs to slow and long"
    ]


def test_a_file_in_two_parts_stops_the_run(tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p twice\n")
    (tmp_path / "twice.py").write_text(
        "from gates import parts\nparts.PLACES['long'] += ('tests/calibration/test_a.py',)\n"
    )
    (tmp_path / "tests" / "calibration").mkdir(parents=True)
    (tmp_path / "tests" / "calibration" / "test_a.py").write_text("def test_one(): ...\n")
    assert "tests/calibration/test_a.py belongs to slow and long" in collected(tmp_path, expected=4)


def test_the_places_of_the_list_are_there():
    assert [place for places in parts.PLACES.values() for place in places if not (ROOT / place).exists()] == []


def test_the_command_knows_the_same_parts(capsys):
    assert ["checks", *parts.PARTS] == kit.PARTS
    assert ["checks", *parts.WITHOUT_ASKING] == kit.WITHOUT_ASKING
    assert kit.asked([]) == (kit.WITHOUT_ASKING, [])
    assert kit.asked(["--part", "fast", "-x", "--part=long", "tests/value"]) == (
        ["fast", "long"],
        ["-x", "tests/value"],
    )
    for wrong in (["--part", "quick"], ["--part"], ["--part="]):
        with pytest.raises(kit.Stopped, match="choose one of checks, fast, slow, long"):
            kit.asked(wrong)


def test_a_part_runs_its_checks_or_its_tests_and_no_others(monkeypatch):
    ran = []
    monkeypatch.setattr(kit.Place, "set_up", lambda place: None)
    monkeypatch.setattr(kit, "run", lambda place, program, *arguments: ran.append((program, *arguments)))
    assert kit.main(["test", "--part", "fast", "-x"]) == 0
    assert ran == [("pytest", "--part=fast", "-x")]
    ran.clear()
    assert kit.main(["test", "--part=checks"]) == 0
    assert ran == [tuple(command) for command in kit.CHECKS.values()]
    ran.clear()
    assert kit.main(["test"]) == 0
    assert ran == [*map(tuple, kit.CHECKS.values()), ("pytest", "--part=fast", "--part=slow")]
    monkeypatch.setattr(kit, "run", lambda place, program, *arguments: program == "mypy")
    assert kit.main(["test"]) == 1
