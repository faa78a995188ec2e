"""The main job: what it writes, what it leaves out, and what it survives."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report import run
from scrm_helpers.report.engine.run_options import RunOptions

DAY = "2026-09-30"
WHOLE = ("01-data-readiness", "02-customer-value", "03-stated-versus-actual-referral", "10-executive-summary")
FILES = {"actions.csv", "actions.xlsx", "check.json", "manifest.jsonl", "report.html", "results.json", "tables.xlsx"}


def shown(folder):
    return {path.name for path in folder.iterdir() if not path.name.startswith(".")}


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != ".lock"}


OLD: list[Path] = []


@pytest.fixture
def old(company_folder, walk, tmp_path, tmp_path_factory, run_report):
    """A folder with a report of chapter 01 on this company: made once, each test has a copy."""
    if not OLD:
        made = tmp_path_factory.mktemp("old") / "out"
        assert run_report(company_folder, DAY, made, RunOptions(notebooks=walk("01-data-readiness"))).exit_code == 0
        OLD.append(made)
    return shutil.copytree(OLD[0], tmp_path / "out")


def test_the_whole_walk_in_one_call(company_folder, walk, tmp_path, run_report):
    out = tmp_path / "deep" / "out"
    done = run_report(
        company_folder,
        DAY,
        out,
        RunOptions(notebooks=walk(*WHOLE, chapter_10="print(sorted(chapter.findings(found)))")),
    )
    assert done.exit_code == 0, [chapter.sentence for chapter in done.chapters]
    assert [chapter.plan.number for chapter in done.chapters] == ["01", "02", "03", "10"]
    assert shown(out) == {*FILES, "notebooks"}
    # chapter 03 needs tables that this company does not have: one sentence, no failure
    (left_out,) = (chapter for chapter in done.chapters if chapter.sentence)
    assert left_out.sentence.startswith("Chapter 03 (Stated versus actual referral) is left out: ")
    assert left_out.status == "left out"
    assert "no tables surveys and referrals" in (out / "report.html").read_text()
    found = json.loads((out / "results.json").read_text())
    assert {number: entry["status"] for number, entry in found["chapters"].items()} == {
        "01": "done",
        "02": "done",
        "03": "left out",
        "10": "done",
    }
    assert found["chapters"]["01"]["numbers"]["rows_read"]["value"] == 5
    assert found["chapters"]["02"]["numbers"]["longest_time_without_orders"]["value"] == 31  # March to April
    # the summary came last and saw the others
    assert "['01', '02', '03']" in (out / "notebooks" / "10-executive-summary.ipynb").read_text()
    for personal in ("actions.csv", "check.json"):  # the examples in the check name single customers
        assert (out / personal).stat().st_mode & 0o777 == 0o600


def test_the_manifest_holds_the_hash_of_every_file(old):
    (line,) = (old / "manifest.jsonl").read_text().splitlines()
    hashes = json.loads(line)["files"]
    there = {path.relative_to(old).as_posix(): path for path in old.rglob("*") if path.is_file()}
    assert set(hashes) == set(there) - {"manifest.jsonl", ".lock"}
    for name, sha256 in hashes.items():
        assert hashlib.sha256(there[name].read_bytes()).hexdigest() == sha256


def test_forked_and_plain_kernels_in_two_places_give_the_same_bytes(company_folder, walk, tmp_path):
    folder = walk("01-data-readiness", "02-customer-value", chapter_02="print(set('abcdef'), hash('a'))")
    moved = tmp_path / "elsewhere" / "data"
    shutil.copytree(company_folder, moved)
    run.run_report(company_folder, DAY, tmp_path / "one", RunOptions(notebooks=folder))
    run.run_report(moved, DAY, tmp_path / "elsewhere" / "two", RunOptions(notebooks=folder, forked=False, jobs=1))
    one, two = (
        {path.relative_to(base).as_posix(): data for path, data in contents(base).items()}
        for base in (tmp_path / "one", tmp_path / "elsewhere" / "two")
    )
    assert one.keys() == two.keys()
    assert [name for name in one if one[name] != two[name]] == []
    assert str(tmp_path).encode() not in b"".join(one.values())


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("import sys; sys.exit(0)", "It did not come to its end, because of a fault in the program."),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Its kernel died"),
    ],
)
def test_a_chapter_that_fails_does_not_stop_the_others(company_folder, walk, tmp_path, fault, said, run_report):
    out = tmp_path / "out"
    done = run_report(company_folder, DAY, out, RunOptions(notebooks=walk(*WHOLE, chapter_01=fault)))
    assert done.exit_code == 3
    (failed,) = (chapter for chapter in done.chapters if chapter.status == "failed")
    assert failed.sentence.startswith("Chapter 01 (Data readiness) failed: ")
    assert said in failed.sentence
    found = json.loads((out / "results.json").read_text())
    assert [entry["status"] for entry in found["chapters"].values()] == ["failed", "done", "left out", "done"]
    assert [entry["sentence"] for entry in found["chapters"]["01"]["faults"]] == found["faults"] == [failed.sentence]
    assert "Traceback" not in (out / "report.html").read_text()


def test_a_place_that_these_data_cannot_fill_gives_its_whole_reason_and_is_no_failure(
    company_folder, walk, tmp_path, run_report
):
    refusing = (
        "from scrm_helpers.answers.refusal import Refusal\n"
        "raise Refusal('The ledger gives no cost. ' * 20 + 'Enter it and run again.')"
    )
    out = tmp_path / "out"
    done = run_report(company_folder, DAY, out, RunOptions(notebooks=walk(*WHOLE[:2], chapter_01=refusing)))
    assert done.exit_code == 0
    assert "The ledger gives no cost. " * 20 + "Enter it and run again." in (out / "report.html").read_text()
    found = json.loads((out / "results.json").read_text())
    assert (found["chapters"]["01"]["status"], found["chapters"]["01"]["faults"]) == ("done", [])
    assert found["chapters"]["01"]["numbers"]["rows_left_out"]["value"] == 0.0


@pytest.mark.parametrize("content", [None, "[]", "{", '{"chapters": 3}'])
def test_what_is_no_earlier_run_is_refused(company_folder, walk, tmp_path, content, run_report):
    (tmp_path / "first").mkdir()
    if content is not None:
        (tmp_path / "first" / "results.json").write_text(content)
    with pytest.raises(PlainError, match="no earlier run"):
        run_report(
            company_folder, DAY, tmp_path / "out", RunOptions(earlier=tmp_path / "first", notebooks=walk(*WHOLE))
        )


def test_a_refused_company_leaves_nothing_behind(company_folder, walk, tmp_path, run_report):
    folder = walk("01-data-readiness")
    (company_folder / "transactions.csv").write_text("order_id,customer_id,ordered_on,amount\nA,001,2025-03-01,many\n")
    before = contents(tmp_path)
    with pytest.raises(PlainError, match=r"transactions\.csv, column amount, line 2"):
        run_report(company_folder, DAY, tmp_path / "out", RunOptions(notebooks=folder))
    assert contents(tmp_path) == before
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"parameters": {"monhts": 24}}, "Did you mean 'months'"),
        ({"parameters": {"months": "24"}}, "must be a whole number"),
        ({"only": ["42"]}, "There is no chapter"),
        ({"as_of": "yesterday"}, "day of the analysis"),
        ({"as_of": None}, "No day of the analysis is given"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_written(company_folder, walk, tmp_path, settings, said, run_report):
    options = {name: value for name, value in settings.items() if name != "as_of"}
    wanted = RunOptions(notebooks=walk("02-customer-value"), **options)
    with pytest.raises(PlainError) as refused:
        run_report(company_folder, settings.get("as_of", DAY), tmp_path / "out", wanted)
    assert said in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_a_parameter_reaches_the_notebook(company_folder, walk, tmp_path, run_report):
    folder = walk("02-customer-value", chapter_02="print('ahead:', months)")
    run_report(company_folder, DAY, tmp_path / "out", RunOptions(parameters={"months": 24}, notebooks=folder))
    assert "ahead: 24" in (tmp_path / "out" / "notebooks" / "02-customer-value.ipynb").read_text()
    assert "months = 24 (chapter 02)" in (tmp_path / "out" / "report.html").read_text()


def test_a_later_run_removes_the_chapters_that_it_does_not_have(company_folder, walk, old, run_report):
    assert shown(old / "notebooks") == {"01-data-readiness.ipynb"}
    folder = walk("01-data-readiness", "02-customer-value")
    run_report(company_folder, DAY, old, RunOptions(only=["02"], notebooks=folder))
    assert shown(old / "notebooks") == {"02-customer-value.ipynb"}


def test_a_full_disk_keeps_the_old_report(company_folder, walk, old, monkeypatch):
    before = contents(old)

    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scrm_helpers.report.one_report.write_json", full)
    with pytest.raises(PlainError, match=r"No space left on device\. What was there before is kept"):
        run.run_report(company_folder, DAY, old, RunOptions(notebooks=walk("01-data-readiness")))
    assert contents(old) == before


KILLED = """
import sys
from pathlib import Path
from scrm_helpers.report.run import RunOptions, run_report
run_report(sys.argv[1], "2026-09-30", sys.argv[2], RunOptions(notebooks=Path(sys.argv[3])))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_a_killed_run_leaves_the_old_report_no_kernel_and_a_folder_that_can_be_used(
    company_folder, walk, old, tmp_path, run_report
):
    before = contents(old)
    slow = "open('started', 'w').close()\nimport time; time.sleep(600)"
    folder = walk("01-data-readiness", chapter_01=slow)
    command = [sys.executable, "-c", KILLED, str(company_folder), str(old), str(folder)]
    (tmp_path / "temporary").mkdir()
    with subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path / "temporary")}) as runner:
        wait_for(lambda: list(old.glob(".work-*/started")))
        with pytest.raises(PlainError, match=f"Another run \\(pid {runner.pid} on "):
            run_report(company_folder, DAY, old, RunOptions(notebooks=folder))
        runner.send_signal(signal.SIGKILL)
    wait_for(lambda: not working_in(old))  # the kernel sees that its runner is gone
    wait_for(lambda: not list((tmp_path / "temporary").iterdir()))
    assert {path: data for path, data in contents(old).items() if ".work-" not in str(path)} == before
    walk("01-data-readiness")
    assert run_report(company_folder, DAY, old, RunOptions(notebooks=folder)).exit_code == 0
    assert not list(old.glob(".work-*"))
    assert contents(old) == before


def wait_for(condition, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def working_in(folder):
    """Processes whose working folder is inside `folder`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(process.name)
        except OSError:  # it ended meanwhile, or is not ours
            continue
    return found
