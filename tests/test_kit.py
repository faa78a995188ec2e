"""The front door: set-up that is never half trusted, ways around a missing venv or pip, one sentence when it stops."""

import ast
import copy
import hashlib
import json
import sys
from pathlib import Path

import pytest
from gates.dependencies import imported

import kit

SOURCE = Path(kit.__file__).read_text()


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An environment in an empty project whose installation steps are only noted."""
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "some.lock").write_text("pandas==3.1.1")
    place = kit.Place("here", "some.lock")
    place.steps = []

    def step(command):
        place.steps.append(command)
        place.python.parent.mkdir(parents=True, exist_ok=True)
        place.python.touch()

    monkeypatch.setattr(kit, "quiet", step)
    return place


@pytest.fixture(autouse=True)
def environments_of_its_own(tmp_path, monkeypatch):
    """`clean` removes environments: never the one in which these tests run."""
    for name in ("WORK", "LAB"):
        own = copy.copy(getattr(kit, name))
        own.folder = tmp_path / own.folder.name
        own.stamp = own.folder / "kit-stamp"
        monkeypatch.setattr(kit, name, own)


def test_only_the_standard_library_is_imported():
    assert imported([SOURCE]) <= set(sys.stdlib_module_names)


def test_an_old_python_reads_the_file_and_is_told_in_one_sentence(monkeypatch):
    ast.parse(SOURCE, feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(kit, "works", lambda name: name == "python3.13")
    with pytest.raises(kit.Stopped, match=r"needs Python 3\.11 or newer and this is 3\.9: try python3\.13 kit\.py\.$"):
        kit.main(["report"])
    monkeypatch.setattr(kit, "works", lambda name: False)
    with pytest.raises(kit.Stopped, match="install a newer one"):
        kit.main(["report"])


def test_set_up_is_done_once_and_again_after_a_change(place):
    place.set_up()
    assert place.ready()
    done = len(place.steps)
    place.set_up()
    assert len(place.steps) == done
    place.lock.write_text("pandas==3.1.2")
    assert not place.ready()
    place.set_up()
    assert len(place.steps) == 2 * done


def test_an_interrupted_set_up_is_not_trusted_and_starts_again(place, monkeypatch):
    step = kit.quiet

    def interrupted(command):
        step(command)
        if "install" in command:
            raise KeyboardInterrupt

    monkeypatch.setattr(kit, "quiet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        place.set_up()
    assert place.python.exists()
    assert not place.ready()
    (place.folder / "half").touch()
    monkeypatch.setattr(kit, "quiet", step)
    place.set_up()
    assert place.ready()
    assert not (place.folder / "half").exists()


def test_an_environment_of_the_reader_is_left_alone(place):
    place.folder.mkdir()
    (place.folder / "mine").touch()
    with pytest.raises(kit.Stopped, match="was not made by kit.py"):
        place.set_up()
    assert (place.folder / "mine").exists()


@pytest.mark.parametrize(
    ("there", "steps"),
    [
        ({"venv", "ensurepip", "pip"}, ["-m venv HERE", *2 * ["PYTHON -m pip install"]]),
        (
            {"venv", "pip"},
            ["-m venv --without-pip HERE", "-m pip --python PYTHON install", "-m pip --python PYTHON install"],
        ),
        ({"virtualenv"}, ["-m virtualenv --quiet HERE", *2 * ["PYTHON -m pip install"]]),
    ],
    ids=["venv", "no-ensurepip", "virtualenv"],
)
def test_there_is_a_way_with_what_the_machine_has(there, steps, place, monkeypatch):
    monkeypatch.setattr(kit.shutil, "which", lambda name: None)
    monkeypatch.setattr(kit, "has", lambda module: module in there)
    place.set_up()
    wanted = [step.replace("HERE", str(place.folder)).replace("PYTHON", str(place.python)) for step in steps]
    assert all(step in " ".join(command) for step, command in zip(wanted, place.steps, strict=True))


def test_without_any_way_the_package_to_install_is_named(place, monkeypatch):
    monkeypatch.setattr(kit.shutil, "which", lambda name: None)
    monkeypatch.setattr(kit, "has", lambda module: module == "venv")
    with pytest.raises(kit.Stopped, match="apt install python3-venv"):
        place.set_up()


def test_packages_are_checked_by_hash(place, monkeypatch):
    monkeypatch.setattr(kit.shutil, "which", lambda name: None)
    monkeypatch.setattr(kit, "has", lambda module: True)
    place.set_up()
    assert "--require-hashes" in place.steps[1]


def test_the_sample_company_stands_in_where_none_is_named():
    assert kit.company([]) == ["data/sample"]
    assert kit.company(["--only", "03"]) == ["data/sample", "--only", "03"]
    assert kit.company(["mine", "--as-of", "2026-06-30"]) == ["mine", "--as-of", "2026-06-30"]


def test_help_lists_every_command_and_an_unknown_one_is_refused(capsys):
    assert kit.main([]) == 0
    assert all(f"\n  {name} " in kit.HELP for name in kit.COMMANDS)
    assert capsys.readouterr().out == kit.HELP
    assert kit.main(["reprot"]) == 1


def test_a_failing_step_is_shown_with_what_to_do():
    with pytest.raises(kit.Stopped, match="(?s)no such distribution.*mend their cause"):
        kit.quiet([sys.executable, "-c", "raise SystemExit('no such distribution')"])


def test_clean_removes_reports_and_environments_and_nothing_else(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(kit, "ROOT", tmp_path)
    work, lab = kit.Place(".venv", "a.lock"), kit.Place(".venv-lab", "b.lock")
    monkeypatch.setattr(kit, "WORK", work)
    monkeypatch.setattr(kit, "LAB", lab)
    work.folder.mkdir()
    work.stamp.write_text("complete")
    (lab.folder / "mine").mkdir(parents=True)
    outside = tmp_path / "outside.txt"
    outside.write_text("1")
    for name in ("whole", "mixed", "forged"):
        (tmp_path / "build" / name / "notebooks").mkdir(parents=True)
        (tmp_path / "build" / name / ".lock").write_text("pid 1 on here\n")
    files = {"report.html": "1", "notebooks/01-a.ipynb": "1"}
    hashes = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in files.items()}
    for name in ("whole", "mixed"):
        for file, text in files.items():
            (tmp_path / "build" / name / file).write_text(text)
        (tmp_path / "build" / name / "manifest.jsonl").write_text(json.dumps({"files": hashes}) + "\n")
    mixed, forged = tmp_path / "build" / "mixed", tmp_path / "build" / "forged"
    (mixed / "notebooks" / "mine.ipynb").write_text("mine")
    (mixed / "report.html").write_text("1 and my notes")
    there = {str(outside): hashes["report.html"], "../../outside.txt": hashes["report.html"]}
    (forged / "manifest.jsonl").write_text(json.dumps({"files": there}))
    (forged / "notebooks").rmdir()
    (forged / "notebooks").symlink_to(tmp_path)
    (tmp_path / "build" / "mine.txt").write_text("mine")

    assert kit.main(["clean"]) == 0
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    in_mixed = {f"build/mixed/{name}" for name in (".lock", "manifest.jsonl", "report.html", "notebooks/mine.ipynb")}
    in_forged = {"build/forged/.lock", "build/forged/manifest.jsonl"}
    assert left == {"outside.txt", "build/mine.txt", *in_mixed, *in_forged}
    assert not work.folder.exists()
    assert lab.folder.exists()
    said = capsys.readouterr().err
    for kept in ("build/mine.txt", "build/mixed/report.html", "build/mixed/notebooks/mine.ipynb", ".venv-lab"):
        assert f"Kept, because the kit did not make it or it was changed since: {kept}\n" in said


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no flock")
def test_clean_leaves_a_report_that_is_being_written(tmp_path, monkeypatch):
    import fcntl

    monkeypatch.setattr(kit, "ROOT", tmp_path)
    work = tmp_path / "build" / "report" / ".work-abcd1234"
    work.mkdir(parents=True)
    (work / ".made-by-scrm").touch()
    with (work.parent / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kit.main(["clean"])
        assert (work / ".made-by-scrm").exists()
    kit.main(["clean"])
    assert not work.exists()


@pytest.mark.parametrize("arguments", [["--out", "mine"], ["--out=mine"], []])
def test_a_report_goes_where_the_reader_says(arguments, monkeypatch):
    monkeypatch.setattr(kit.Place, "set_up", lambda place: None)
    monkeypatch.setattr(kit, "run", lambda place, *command: command)
    assert kit.report(arguments)[2:] == ("data/sample", *(arguments or ["--out", "build/report"]))
