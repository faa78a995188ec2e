"""The command line: one line for every end, and an exit code that tells which."""

import faulthandler
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

import scrm_helpers
from scrm_helpers import cli
from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.command_parts import limited
from scrm_helpers.report.engine.kernel_process import memory_limit
from scrm_helpers.report.engine.kernels import memory_share

CUSTOMERS = "customer_id,joined_on\n001,2025-01-02\n1,2025-02-03\n"
ORDERS = "order_id,customer_id,ordered_on,amount\nA,001,2025-03-01,10.50\nB,1,2025-04-01,20.00\n"


@pytest.fixture
def company(tmp_path):
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "customers.csv").write_text(CUSTOMERS)
    (folder / "transactions.csv").write_text(ORDERS)
    return folder


@pytest.fixture
def scrm(tmp_path):
    """Run the command in a process of its own, as a user does."""
    variables = {**os.environ, "SCRM_PSEUDONYM_KEY": "5c" * 32, "PYTHONPATH": str(Path(cli.__file__).parents[1])}

    def run(*arguments):
        command = [sys.executable, "-m", "scrm_helpers.cli", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=variables, check=False)

    run.variables = variables
    return run


def test_the_whole_job_on_a_company_that_has_only_what_is_required(scrm, company, tmp_path):
    done = scrm("run", company, "--as-of", "2026-09-30", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"The report is {tmp_path / 'out' / 'report.html'}\n"
    assert "is left out" in done.stderr
    assert (tmp_path / "out" / "report.html").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM")
def test_a_run_that_is_told_to_stop_takes_its_private_files_away(company, tmp_path):
    command = [sys.executable, "-m", "scrm_helpers.cli", "run", company, "--as-of", "2026-09-30", "--out", "out"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as runner:
        assert runner.stderr.readline().endswith("Company checked and prepared\n")
        runner.terminate()
        said = runner.stderr.read()
    assert runner.returncode == 130
    assert "Stopped; what was there before is kept.\n" in said  # a chapter may end at this moment
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".lock"]


def test_check_says_what_it_found_and_writes_it(scrm, company, tmp_path):
    done = scrm("check", company, "--as-of", "2026-09-30", "--out", tmp_path / "out")
    assert done.returncode == 0
    assert "customers: 2 rows read, 2 kept." in done.stdout
    found = json.loads((tmp_path / "out" / "check.json").read_text())
    assert found["facts"]["total_amount"] == "30.50"
    assert "amount_by_customer" not in found["facts"]
    assert (tmp_path / "out" / "check.json").stat().st_mode & 0o777 == 0o600  # its examples name customers


def test_facts_keep_ids_apart_and_are_private(scrm, company, tmp_path):
    scrm("check", company, "--as-of", "2026-09-30", "--out", tmp_path / "out", "--facts")
    found = json.loads((tmp_path / "out" / "check.json").read_text())
    assert found["facts"]["amount_by_customer"] == {"001": "10.50", "1": "20.00"}
    assert (tmp_path / "out" / "check.json").stat().st_mode & 0o777 == 0o600


def test_a_pseudonym_key_that_can_be_guessed_is_refused_before_the_work(scrm, company, tmp_path, monkeypatch):
    monkeypatch.setitem(scrm.variables, "SCRM_PSEUDONYM_KEY", "abc")
    done = scrm("run", company, "--as-of", "2026-09-30", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "SCRM_PSEUDONYM_KEY is not 32 bytes" in done.stderr
    assert not (tmp_path / "out").exists()


def test_check_and_run_refuse_in_the_same_words(scrm, company, tmp_path):
    (company / "transactions.csv").write_text(ORDERS.replace("10.50", "much"))
    checked = scrm("check", company, "--as-of", "2026-09-30")
    run = scrm("run", company, "--as-of", "2026-09-30", "--out", tmp_path / "out")
    assert checked.returncode == run.returncode == 1
    assert checked.stderr == run.stderr
    assert "transactions.csv, column amount, line 2" in run.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "{company}", "--out", "{company}/out"], "lies inside the company folder"),
        (["run", "{company}", "--out", "{company}"], "is the company folder itself"),
        (["run", "{company}", "--out", "out"], "No day of the analysis is given"),
        (["run", "nowhere", "--as-of", "2026-09-30", "--out", "out"], "'nowhere' does not exist"),
        (["check", "{company}", "--as-of", "2026-09-30", "--out", cli.__file__], "is a file"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "--only", "42"], "There is no chapter '42'"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "--only", ","], "names no chapter"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "--only", ""], "names no chapter"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "-P", "x"], "has no '='"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "-P", "no_such=1"], "no parameter 'no_such'"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "-P", "data=x"], "set by the run itself"),
        (["run", "{company}", "--as-of", "2026-09-30", "--out", "out", "--jobs", "0"], "Invalid value for '--jobs'"),
        (["sample", "--out", "{company}"], "is not empty"),
        (["walk"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence_with_exit_code_1(scrm, company, tmp_path, arguments, said):
    done = scrm(*(argument.format(company=company) for argument in arguments))
    assert done.returncode == 1, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["company"]
    assert sorted(path.name for path in company.iterdir()) == ["customers.csv", "transactions.csv"]


@pytest.mark.skipif(os.name == "nt", reason="rights work otherwise on Windows")
def test_a_folder_that_cannot_be_written_is_refused(scrm, company, tmp_path):
    if os.geteuid() == 0:
        pytest.skip("the administrator may write everywhere")
    (tmp_path / "locked").mkdir(mode=0o500)
    done = scrm("run", company, "--as-of", "2026-09-30", "--out", tmp_path / "locked" / "out")
    assert done.returncode == 1
    assert "cannot be written" in done.stderr


def test_the_sample_company_is_made_and_accepted(scrm, tmp_path):
    assert scrm("sample", "--customers", "200", "--seed", "7", "--out", "made").returncode == 0
    assert scrm("check", "made").returncode == 0
    assert (tmp_path / "made" / "truth.json").exists()


def test_init_begins_a_company_that_the_check_accepts_and_never_writes_twice(scrm, company):
    assert scrm("init", company).returncode == 0
    assert scrm("check", company, "--as-of", "2026-01-01").returncode == 0
    again = scrm("init", company)
    assert again.returncode == 1
    assert "stays as it is" in again.stderr


def test_the_doctor_finds_this_machine_fit(scrm):
    done = scrm("doctor")
    assert done.returncode == 0, done.stdout
    assert "Kernels are" in done.stdout


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        (PlainError("The folder is empty."), 1, "The folder is empty.\n"),
        (KeyboardInterrupt(), 130, "Stopped; what was there before is kept.\n"),
        (click.UsageError("No such option"), 1, "No such option"),
    ],
)
def test_every_end_has_its_code(capsys, end, code, said):
    def work():
        raise end

    assert cli.guarded(work) == code
    assert said in capsys.readouterr().err


def test_an_internal_error_is_one_line_and_a_log(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def work():
        raise KeyError("nobody thought of this")

    assert cli.guarded(work) == 2
    said = capsys.readouterr().err
    assert said.startswith("Internal error: KeyError")
    assert said.count("\n") == 1
    (log,) = tmp_path.iterdir()
    assert log.name in said
    assert "Traceback" in log.read_text()


def test_importing_the_package_and_its_command_line_imports_no_library():
    code = "import sys, scrm_helpers, scrm_helpers.cli; print('pandas' in sys.modules, 'numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False False\n"


def test_the_names_that_notebooks_use_are_fetched_when_first_used():
    for name in dir(scrm_helpers):
        assert getattr(scrm_helpers, name) is not None
    assert callable(scrm_helpers.start)
    assert callable(scrm_helpers.show.figure)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = scrm_helpers.nothing


def test_a_sample_that_cannot_be_written_leaves_nothing(scrm, tmp_path):
    (tmp_path / "file").write_text("")
    done = scrm("sample", "--customers", "200", "--out", "file/made")
    assert done.returncode == 1
    assert "file/made cannot be made: file is a file" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_memory_that_is_told_holds_for_all_that_a_command_does_and_no_longer():
    @limited
    def work(share):
        return int((memory_limit(), memory_share(share)) == (2 * 2**30, 2 * 2**30))

    assert work(1, memory=2.0) == 1
    assert work(1, memory=None) == memory_limit() == 0
    named = {name for name, one in cli.commands.commands.items() if any(p.name == "memory" for p in one.params)}
    assert {"import", "check", "run"} <= named


def test_a_library_that_ends_its_process_for_want_of_memory_ends_in_a_sentence():
    work = limited(lambda: (faulthandler.disable(), os.kill(os.getpid(), signal.SIGABRT)))
    with pytest.raises(MemoryError):
        work(memory=2.0)
