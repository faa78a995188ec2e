"""The output folder: private while it is made, whole when it is there, and held by one run."""

import hashlib
import json
from pathlib import Path

import pytest

from scrm_helpers.report.errors import PlainError
from scrm_helpers.report.output import MANIFEST, private_work, publish


def staged(tmp_path, **contents):
    stage = tmp_path / "stage"
    for name, content in contents.items():
        path = stage / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return stage


def test_the_work_folder_is_private_and_gone_afterwards(tmp_path):
    with private_work(tmp_path / "out") as work:
        assert work.is_relative_to(tmp_path / "out")
        assert work.stat().st_mode & 0o777 == 0o700
        (work / "persons.parquet").write_text("private")
    assert not work.exists()
    with pytest.raises(KeyError), private_work(tmp_path / "out") as work:
        raise KeyError
    assert not work.exists()


def test_what_a_killed_run_left_is_taken_away(tmp_path):
    left = tmp_path / "out" / ".work-killed"
    left.mkdir(parents=True)
    (left / "persons.parquet").write_text("private")
    with private_work(tmp_path / "out"):
        assert not left.exists()


def test_one_run_holds_the_folder(tmp_path):
    with (
        private_work(tmp_path) as work,
        pytest.raises(PlainError, match="Another run"),
        private_work(tmp_path),
    ):
        pass
    assert not work.exists()


def test_a_disk_that_fails_is_said_in_a_sentence(tmp_path):
    with (
        pytest.raises(PlainError, match=r"cannot be written: No space left on device\. What was there"),
        private_work(tmp_path),
    ):
        raise OSError(28, "No space left on device")


def test_files_move_in_together_and_the_manifest_names_them(tmp_path):
    out = tmp_path / "out"
    stage = staged(tmp_path, **{"report.html": "page", "notebooks__01-a.ipynb": "{}"})
    assert publish(stage, out, {"kit": "1"}) == ["notebooks/01-a.ipynb", "report.html", MANIFEST]
    entry = json.loads((out / MANIFEST).read_text())
    assert entry["kit"] == "1"
    assert entry["files"]["report.html"] == hashlib.sha256(b"page").hexdigest()


def test_only_chapters_of_an_earlier_run_are_removed(tmp_path):
    out = tmp_path / "out"
    (out / "notebooks").mkdir(parents=True)
    for name in ("notebooks/01-a.ipynb", "notebooks/02-b.ipynb", "notebooks/mine.ipynb", "notes.txt"):
        (out / name).write_text("old")
    publish(staged(tmp_path, **{"notebooks__01-a.ipynb": "new"}), out, {})
    kept = {path.relative_to(out).as_posix(): path.read_text() for path in out.rglob("*") if path.is_file()}
    kept.pop(MANIFEST)
    assert kept == {"notebooks/01-a.ipynb": "new", "notebooks/mine.ipynb": "old", "notes.txt": "old"}


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_folder_that_was_left_half_changed_has_no_manifest(tmp_path, monkeypatch, failing):
    out, replace, calls = tmp_path / "out", Path.replace, []
    publish(staged(tmp_path, a="1", b="1"), out, {})

    def fails_once(path, target):
        calls.append(target)
        if len(calls) == failing:
            raise OSError(5, "Input/output error")
        return replace(path, target)

    stage = staged(tmp_path, a="2", b="2")
    monkeypatch.setattr(Path, "replace", fails_once)
    with pytest.raises(OSError, match="Input/output error"):
        publish(stage, out, {})
    assert not (out / MANIFEST).exists()
    monkeypatch.undo()
    publish(staged(tmp_path, a="2", b="2"), out, {})
    assert [(out / name).read_text() for name in "ab"] == ["2", "2"]
