"""The output folder: what the kit did not make there stays, byte by byte, whatever happens in between."""

import hashlib
import json
import os
import random
import re
import shutil
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report import output_folder
from scrm_helpers.report.output_folder import owned
from scrm_helpers.report.whole_files import CHECK, LOCK, MANIFEST, RUN, SAMPLE, entry_of, is_lock, read_manifest

ENTRY = entry_of("2026-09-30", "0" * 64, {}, sample=False)
PATHS = ("report.html", "results.json", "notebooks/01-a.ipynb", "notebooks/02-b.ipynb")


def write(out, contents, command=RUN, follows=(RUN, CHECK), **how):
    """Publish files as a command does and return what was spared."""
    with owned(out, command, follows) as folder:
        folder.refuse_foreign(contents)
        with folder.work() as work:
            for name, text in contents.items():
                path = work / "out" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            folder.publish(work / "out", ENTRY, **how)
    return folder.warnings


def contents(folder):
    """Bytes of every file, and where links lead; the lock tells only who held the folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not is_lock(path):
            found[name] = path.read_bytes()
        elif path.is_dir():
            found[name] = "folder"
    return found


def ties(out):
    """Whether the folder's manifest is finished and every file is as it says."""
    entry = json.loads((out / MANIFEST).read_text().splitlines()[-1])
    there = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in entry["files"]}
    return "unfinished" not in entry and there == entry["files"]


def test_files_move_in_together_and_the_manifest_names_them(tmp_path):
    out = tmp_path / "deep" / "out"
    assert write(out, dict.fromkeys(PATHS, "1")) == []
    assert ties(out)
    (line,) = (out / MANIFEST).read_text().splitlines()
    keys = {"as_of", "command", "data", "files", "kit", "libraries", "parameters", "python", "sample"}
    assert set(json.loads(line)) == keys
    assert set(contents(out)) == {*PATHS, "notebooks", MANIFEST}


def test_a_second_run_replaces_its_own_files_and_takes_away_what_no_longer_belongs(tmp_path):
    write(tmp_path, dict.fromkeys(PATHS, "1"))
    (tmp_path / "notebooks" / "05-my-own-work.ipynb").write_text("mine")
    (tmp_path / "network.gexf").write_text("mine")
    write(tmp_path, {"report.html": "2"})
    assert ties(tmp_path)
    assert (tmp_path / "report.html").read_text() == "2"
    kept = {"network.gexf", "notebooks", "notebooks/05-my-own-work.ipynb", "report.html", MANIFEST}
    assert set(contents(tmp_path)) == kept


def test_a_changed_file_of_an_earlier_run_stays_and_is_named(tmp_path):
    write(tmp_path, dict.fromkeys(PATHS, "1"))
    (tmp_path / "notebooks" / "02-b.ipynb").write_text("1 and my notes")
    (warning,) = write(tmp_path, {"report.html": "2"})
    assert warning.startswith("notebooks/02-b.ipynb belongs to an earlier report and was changed since, so it stays")
    assert (tmp_path / "notebooks" / "02-b.ipynb").read_text() == "1 and my notes"
    before = contents(tmp_path)
    with pytest.raises(PlainError, match=r"notebooks/02-b\.ipynb was not made by the kit"):
        write(tmp_path, dict.fromkeys(PATHS, "3"))
    assert contents(tmp_path) == before


def instead(make):
    def change(path):
        path.unlink()
        make(path)

    return change


def folder_as_link(path):
    shutil.move(path.parent, path.parents[2] / "elsewhere")
    path.parent.symlink_to(path.parents[2] / "elsewhere")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda path: path.write_text("1 and mine"), r"01-a\.ipynb was changed since the kit wrote it \(JupyterLab"),
        (instead(lambda path: path.symlink_to("elsewhere")), r"01-a\.ipynb is a link, where the kit writes a file"),
        (instead(Path.mkdir), r"01-a\.ipynb is a folder, where"),
        (instead(os.mkfifo), r"01-a\.ipynb is a special file, where"),
        (folder_as_link, "notebooks is a link, where the kit needs a folder"),
    ],
)
@pytest.mark.parametrize("when", ["before", "during"])
def test_a_file_that_is_no_longer_the_kits_is_refused_by_name(tmp_path, change, said, when):
    out = tmp_path / "out"
    write(out, dict.fromkeys(PATHS, "1"))
    if when == "before":
        change(out / "notebooks" / "01-a.ipynb")
        before = contents(tmp_path)
        with pytest.raises(PlainError, match=said):
            write(out, dict.fromkeys(PATHS, "2"))
    else:
        with owned(out, RUN, (RUN,)) as held, held.work() as work:
            (work / "out" / "notebooks").mkdir(parents=True)
            (work / "out" / "notebooks" / "01-a.ipynb").write_text("2")
            change(out / "notebooks" / "01-a.ipynb")
            before = {name: data for name, data in contents(tmp_path).items() if ".work-" not in name}
            with pytest.raises(PlainError, match=said):
                held.publish(work / "out", ENTRY)
    assert contents(tmp_path) == before


def manifest(**changes):
    entry = {**ENTRY, "command": RUN, "files": {"report.html": hashlib.sha256(b"mine").hexdigest()}}
    return json.dumps({**entry, **changes})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{}",
        "[]",
        "null",
        manifest()[:-1],
        manifest(files=[]),
        manifest(files={"report.html": "abc"}),
        manifest(files={"report.html": None}),
        *(manifest(files={name: "0" * 64}) for name in ("../x", "/x", "a/../x", "a//x", ".", "", "C:x", "a\\x", "\0")),
        manifest(files={MANIFEST: "0" * 64}),
        manifest(as_of=None),
        manifest(sample="yes"),
        manifest(command=[]),
        manifest(unfinished=True) + "\n{}",
        "{}\n" + manifest(unfinished=True),
        json.dumps({key: value for key, value in json.loads(manifest()).items() if key != "kit"}),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param(manifest(parameters={"long": "x" * 17_000_000}), id="huge"),
    ],
)
def test_a_manifest_that_the_kit_did_not_write_makes_no_folder_the_kits(tmp_path, line):
    (tmp_path / "x").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("mine")
    (out / MANIFEST).write_text(line)
    before = contents(tmp_path)
    with pytest.raises(PlainError, match=r"its manifest\.jsonl is not one that the kit wrote"):
        write(out, {"report.html": "2"})
    assert contents(tmp_path) == before
    assert not (out / LOCK).exists()


def test_a_report_from_before_manifests_named_their_command_is_the_kits(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    old = {name: value for name, value in json.loads(manifest()).items() if name != "command"}
    (tmp_path / MANIFEST).write_text(json.dumps(old) + "\n")
    write(tmp_path, {"report.html": "2"})
    assert ties(tmp_path)


def test_a_manifest_behind_a_link_is_not_believed(tmp_path):
    write(tmp_path / "report", {"report.html": "1"})
    out = tmp_path / "out"
    out.mkdir()
    (out / "report.html").write_text("1")
    (out / MANIFEST).symlink_to(tmp_path / "report" / MANIFEST)
    with pytest.raises(PlainError, match="not one that the kit wrote"):
        write(out, {"report.html": "2"})
    assert (out / "report.html").read_text() == "1"


def test_what_another_command_made_is_not_replaced(tmp_path):
    write(tmp_path, {"customers.csv": "1"}, SAMPLE, (SAMPLE,))
    before = contents(tmp_path)
    with pytest.raises(PlainError, match="holds what `scrm sample` wrote"):
        write(tmp_path, {"report.html": "1"})
    assert contents(tmp_path) == before


def test_one_command_holds_the_folder(tmp_path):
    with owned(tmp_path, RUN, (RUN,)) as held, held.work() as work:
        for command in (RUN, CHECK, SAMPLE):
            with pytest.raises(PlainError, match="Another run"), owned(tmp_path, command, (command,)):
                pass
        assert work.stat().st_mode & 0o777 == 0o700
    assert not work.exists()


def test_a_command_that_is_refused_leaves_no_folder_behind(tmp_path):
    with pytest.raises(PlainError, match="no customers"), owned(tmp_path / "deep" / "out", RUN, ()):
        raise PlainError("There are no customers.")
    assert contents(tmp_path) == {}


def test_the_rest_of_a_killed_run_is_taken_away_and_what_only_looks_like_it_is_not(tmp_path):
    killed = tmp_path / ".work-abcd1234"
    killed.mkdir()
    (killed / ".made-by-scrm").touch()
    (killed / "persons.parquet").write_text("private")
    (tmp_path / ".work-empty_01").mkdir()  # killed before it was marked
    (tmp_path / LOCK).write_text("pid 12 on elsewhere\n")
    write(tmp_path, {"report.html": "1"})
    assert set(contents(tmp_path)) == {"report.html", MANIFEST}
    mine = tmp_path / ".work-mine1234"
    mine.mkdir()
    (mine / "notes.txt").write_text("mine")
    write(tmp_path, {"report.html": "2"})
    assert (mine / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", [".work-mine1234/notes.txt", LOCK, ".hidden", "a/b/c.txt"])
def test_a_folder_with_anything_in_it_is_refused_and_named(tmp_path, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text("mine")
    with pytest.raises(PlainError, match=f"is not empty: it holds {re.escape(name.split('/')[0])} and no manifest"):
        write(tmp_path, {"report.html": "1"})
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]


def test_a_disk_that_fails_is_said_in_a_sentence(tmp_path):
    said = r"cannot be written: No space left on device\. What was there"
    with pytest.raises(PlainError, match=said), owned(tmp_path, RUN, ()) as held, held.work():
        raise OSError(28, "No space left on device")


class Killed(BaseException):
    """Stands for a kill -9: nothing tidies up after it."""


def killed_at(step, monkeypatch, out, contents):
    """Publish and stop dead before the given change of the disk; tell whether there was such a step."""
    steps = iter(range(10_000))

    def counted(change):
        def changed(*arguments, **settings):
            if next(steps) >= step:
                raise Killed
            return change(*arguments, **settings)

        return changed

    with monkeypatch.context() as dead:
        for name in ("replace", "unlink", "mkdir", "rmdir"):
            dead.setattr(Path, name, counted(getattr(Path, name)))
        dead.setattr(output_folder.shutil, "rmtree", counted(shutil.rmtree))
        try:
            write(out, contents)
        except Killed:
            return True
    return False


@pytest.mark.parametrize("first", [{}, dict.fromkeys(PATHS[:3], "1")], ids=["new folder", "earlier report"])
def test_a_run_killed_between_any_two_steps_loses_nothing_and_the_next_one_goes_on(tmp_path, monkeypatch, first):
    second = {PATHS[0]: "2", PATHS[3]: "2"}
    for step in range(1000):
        out = tmp_path / str(step)
        if first:
            write(out, first)
            (out / "notebooks" / "mine.ipynb").write_text("mine")
        if not killed_at(step, monkeypatch, out, second):
            break
        if read_manifest(out) is not None and not first:  # files of the killed run that a user adds to are the user's
            (out / "notebooks").mkdir(exist_ok=True)
            (out / "notebooks" / "mine.ipynb").write_text("mine")
        assert write(out, {**second, PATHS[1]: "3"}) == []
        assert ties(out)
        files = {name: data for name, data in contents(out).items() if name != MANIFEST and data != "folder"}
        mine = files.pop("notebooks/mine.ipynb", b"mine")
        assert mine == b"mine"
        assert files == {PATHS[0]: b"2", PATHS[1]: b"3", PATHS[3]: b"2"}
    assert 10 < step < 100


def test_whatever_lies_in_the_folder_is_as_it_was_or_was_written_by_the_kit(tmp_path, monkeypatch):
    """A seeded generator of folders: an earlier report, or none, and foreign, changed, linked and odd things in it."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)  # for speed: no power fails here
    choose = random.Random(6)
    ends = {True: 0, False: 0}
    names = [*PATHS, MANIFEST, LOCK, "network.gexf", ".hidden", "notebooks/mine.ipynb", "deep/a/b.txt"]
    names.append(".work-abcd1234/a")
    for case in range(120):
        out = tmp_path / str(case) / "out"
        out.mkdir(parents=True)
        (outside := out.parent / "outside").write_text("outside")
        by_kit = {}
        if choose.random() < 0.7:
            by_kit = dict.fromkeys(choose.sample(PATHS, choose.randint(1, 4)), "1")
            write(out, by_kit)
        for name in choose.sample(names, choose.choice([0, 1, 1, 2, 3])):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                path.unlink()
            act = choose.choice(["write", "write", "link", "folder", "remove"])
            if act == "write":
                path.write_text(choose.choice(["mine", "{}", ""]) or "x")
                path.chmod(choose.choice([0o644, 0o400]))
            elif act == "link":
                path.symlink_to(choose.choice([outside, "nowhere"]))
            elif act == "folder":
                path.mkdir()
        before = contents(out.parent)
        new = dict.fromkeys(choose.sample(PATHS, choose.randint(1, 4)), "2")
        try:
            write(out, new)
        except PlainError:
            assert contents(out.parent) == before, case
            ends[False] += 1
            continue
        ends[True] += 1
        after = contents(out.parent)
        assert ties(out), case
        ours = {f"out/{name}": text.encode() for name, text in by_kit.items()}
        for name, data in before.items():
            if name == "out/.work-abcd1234" and f"{name}/a" not in before:
                continue  # empty, and named as a private folder of the kit: nothing is lost with it
            replaceable = ours.get(name) == data or name in ("out/" + MANIFEST, "out/" + LOCK)
            assert after.get(name) == data or replaceable, (case, name)
        assert set(after) - set(before) <= {*(f"out/{name}" for name in new), "out/" + MANIFEST, "out/notebooks"}
    assert min(ends.values()) > 20
