"""Nothing that the kit did not make is lost: every command and every option, into folders with foreign files."""

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from scrm_helpers import cli
from scrm_helpers.report.new_company import CONTENT
from scrm_helpers.report.whole_files import LOCK, only_run

DAY = "2026-09-30"
WRITES = {("init", "folder"), ("check", "out"), ("run", "out"), ("sample", "out"), ("import", "target")}
READS = {("check", "data"), ("run", "data"), ("run", "earlier"), ("coding", "data")}
READS |= {("import", "files"), ("import", "mapping")}
# tests/report/test_batch.py, …_privacy, …_forgetting, …_leaks, tests/report/test_explore.py
ELSEWHERE = {"batch", "reveal", "forget", "scan", "explore"}
NEW_FILES = {("coding", "target")}  # refused where anything is there: tests/report/test_coding_workbook.py
WITH = {  # a value for every option that does not say where to write
    "as_of": ["--as-of", DAY],
    "facts": ["--facts"],
    "only": ["--only", "01"],
    "memory": ["--memory", "64"],
    "earlier": ["--earlier", "earlier"],
    "jobs": ["--jobs", "1"],
    "texts": ["-P", "months=6", "--only", "02"],
    "customers": ["--customers", "200"],
    "seed": ["--seed", "3"],
    "key": ["--key", "env:SCRM_PSEUDONYM_KEY"],
    "explain": ["--explain"],
    "also": ["--also", "slides", "--only", "01,10"],
    "edition": ["--edition", "board"],
}
ALWAYS = {"check": ["as_of"], "run": ["as_of", "only"], "sample": ["customers"], "init": [], "coding": ["as_of"]}
ALWAYS["import"] = []
CASES = [
    pytest.param(name, [*ALWAYS[name], *([option] if option not in ALWAYS[name] else [])], id=f"{name} {option}")
    for name, _ in sorted(WRITES)
    for option in sorted({*(one.name for one in cli.commands.commands[name].params), "alone"} & {*WITH, "alone"})
    if option != "explain"  # writes nothing: tests/tables/importing/test_import_command.py
]
MANIFEST = {"files": {"report.html": hashlib.sha256(b"mine").hexdigest()}, "kit": "0.1.0"}
FOREIGN = {
    "notebooks/05-my-own-work.ipynb": "mine",
    "notebooks/01-data-readiness.ipynb": "mine",
    "network.gexf": "mine",
    "tables.xlsx": "mine",
    "report.html": "mine",
    "results.json": "mine",
    "check.json": "mine",
    "actions.csv": "mine",
    "customers.csv": "customer_id,joined_on\n1,2020-01-01\n",
    "company.yaml": "as_of: 2026-01-01\n",
    "manifest.jsonl": json.dumps(MANIFEST),
    ".lock": "mine",
    ".hidden": "mine",
    "deep/a/b.txt": "mine",
    ".work-abcd1234/persons.parquet": "mine",
}


def run(*arguments):
    """Run a command as the terminal does, in this process."""
    return cli.guarded(lambda: cli.commands.main([str(one) for one in arguments], standalone_mode=False))


def command(name, out, options):
    data = ["company"] if name in ("check", "run", "coding") else ["export.csv"] if name == "import" else []
    where = [out] if name == "init" else ["--to" if name in ("coding", "import") else "--out", out]
    return [name, *data, *where, *(part for option in options if option != "alone" for part in WITH[option])]


def contents(folder):
    """Bytes of every file, and where links lead; not the lock that the kit itself writes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file() and not (path.name == LOCK and path.read_bytes().startswith(b"pid ")):
            found[name] = path.read_bytes()
    return found


def fill(folder, names=tuple(FOREIGN)):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(FOREIGN[name])


def ties(out):
    """Whether the last line of the manifest tells of the files as they are."""
    entry = json.loads((out / "manifest.jsonl").read_text().splitlines()[-1])
    return entry["files"] == {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in entry["files"]}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A working folder with a small company, an earlier run and a pseudonym key that is nobody's own."""
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
    monkeypatch.chdir(tmp_path)
    Path("company").mkdir()
    Path("company/customers.csv").write_text("customer_id,joined_on\nA1,2025-01-02\nA2,2025-02-03\n")
    orders = "order_id,customer_id,ordered_on,amount\nO1,A1,2025-03-01,10.50\nO2,A2,2025-04-01,20.00\n"
    Path("company/transactions.csv").write_text(orders)
    Path("export.csv").write_text(orders)
    Path("earlier").mkdir()
    Path("earlier/results.json").write_text('{"chapters": {"01": {}}}')
    return tmp_path


def test_every_option_of_every_command_is_tried_here():
    folders, others = set(), set()
    for name, one in cli.commands.commands.items():
        for parameter in one.params if name not in ELSEWHERE else ():
            is_folder = isinstance(parameter.type, cli.Place)
            (folders if is_folder else others).add((name, parameter.name))
    assert folders == WRITES | READS | NEW_FILES
    assert {option for name, option in others if name in ALWAYS} | {"earlier"} == set(WITH)
    assert {name for name, _ in others} <= set(ALWAYS), "a new command: say where it writes"


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_folder_of_the_user_is_refused_before_the_work_and_stays(place, capfd, name, options):
    out = place / "mine"
    fill(out)
    (out / "link").symlink_to(place / "company")
    (out / "read-only.txt").write_text("mine")
    (out / "read-only.txt").chmod(0o400)
    before = contents(place)
    code = run(*command(name, out, options))
    after = contents(place)
    if name == "init":  # it adds its files
        assert {f"mine/{new}" for new in CONTENT} <= set(after)
        after = {name: data for name, data in after.items() if name in before}
        assert code == 0
    else:
        said = capfd.readouterr().err
        assert code == 1
        assert "mine is not the kit's own: its manifest.jsonl is not one that the kit wrote" in said
        assert said.count("\n") == 1
    assert after == before


@pytest.mark.parametrize("name", ["check", "run", "sample"])
@pytest.mark.parametrize("file", list(FOREIGN))
def test_one_foreign_file_is_enough_to_refuse_a_folder(place, capfd, name, file):
    fill(place / "mine", [file])
    before = contents(place)
    assert run(*command(name, "mine", ALWAYS[name])) == 1
    said = capfd.readouterr().err
    assert file.split("/")[0] in said
    assert contents(place) == before


@pytest.mark.parametrize("name", ["check", "run", "sample"])
def test_the_folder_above_the_data_and_a_link_to_files_of_the_user_are_refused(place, capfd, name):
    Path("other").mkdir()
    Path("other/own.txt").write_text("mine")
    Path("link").symlink_to("other")
    before = contents(place)
    for out in (".", "link", "company" if name == "sample" else ".."):
        assert run(*command(name, out, ALWAYS[name])) == 1
    assert contents(place) == before


@pytest.mark.parametrize("name", ["check", "run", "sample", "init"])
def test_every_command_respects_the_lock(place, capfd, name):
    out = place / "out"
    out.mkdir()
    with only_run(out):
        assert run(*command(name, out, ALWAYS[name])) == 1
    assert f"Another run (pid {os.getpid()} on " in capfd.readouterr().err
    assert contents(out) == {}


def test_a_report_is_written_again_beside_the_files_of_the_user(place, capfd):
    out = place / "out"
    assert run(*command("run", out, ALWAYS["run"])) == 0
    assert ties(out)
    mine = {"notebooks/05-my-own-work.ipynb", "network.gexf", ".hidden", "deep/a/b.txt", "customers.csv"}
    fill(out, mine)
    (out / "link").symlink_to(place / "company")
    kept = {name: data for name, data in contents(out).items() if name in {*mine, "link"}}

    # a check of the same company belongs beside its report, one of another company does not
    assert run(*command("check", out, ["as_of", "facts"])) == 0
    assert ties(out)
    assert "amount_by_customer" in json.loads((out / "check.json").read_text())["facts"]
    assert (out / "check.json").stat().st_mode & 0o777 == 0o600
    before = contents(out)
    for arguments in (["sample", "--customers", 200], ["check", "company", "--as-of", "2026-08-31"]):
        assert run(*arguments, "--out", out) == 1
    with Path("company/transactions.csv").open("a") as file:
        file.write("O3,A2,2025-05-01,5.00\n")
    assert run(*command("check", out, ["as_of"])) == 1
    assert "holds a report about other data or another day" in capfd.readouterr().err
    assert contents(out) == before

    # a later run takes its own stale chapter away and leaves a changed one, with a warning
    (out / "results.json").rename(place / "results.json")  # what has gone is written anew
    notebook = out / "notebooks" / "01-data-readiness.ipynb"
    nbformat.write(nbformat.read(notebook, 4), notebook)  # as JupyterLab saves it
    notebook.write_text(notebook.read_text() + "\n")
    before = contents(out)
    assert run(*command("run", out, ALWAYS["run"])) == 1
    said = capfd.readouterr().err
    assert "notebooks/01-data-readiness.ipynb was changed since the kit wrote it (JupyterLab" in said
    assert "Choose another --out, or move it away" in said
    assert contents(out) == before
    assert run("run", "company", "--as-of", DAY, "--only", "02", "--out", out) == 0
    assert "Warning: notebooks/01-data-readiness.ipynb belongs to an earlier report" in capfd.readouterr().err
    assert notebook.read_bytes() == before["notebooks/01-data-readiness.ipynb"]
    assert ties(out)
    assert {name: data for name, data in contents(out).items() if name in kept} == kept


KILLED = """
import os, signal, sys
from pathlib import Path
from scrm_helpers import cli
replace, moved = Path.replace, []
def dies(path, target):
    if len(moved) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    moved.append(target)
    return replace(path, target)
Path.replace = dies
cli.main()
"""


def test_a_sample_killed_while_its_files_move_in_is_made_whole_by_the_next_command(place, capfd):
    out, small = place / "out", ["sample", "--out", "out", "--customers", "200", "--seed"]
    assert run(*small, "1") == 0
    done = scrm(*small, "2", code=("-c", KILLED), capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert not ties(out)
    assert list(out.glob(".work-*"))
    (out / "own.csv").write_text("mine")
    assert run(*small, "3") == 0
    assert ties(out)
    assert json.loads((out / "truth.json").read_text())["seed"] == 3
    assert (out / "own.csv").read_text() == "mine"
    assert not list(out.glob(".work-*"))
    assert run("check", out) == 0
    assert "manifest" not in capfd.readouterr().out  # the kit's own file is no table that is not used
    (out / "customers.csv").write_text("mine")
    assert run(*small, "3") == 1
    assert "customers.csv was changed since the kit wrote it." in capfd.readouterr().err


# The system says no


ODD = {"loop": "loop", "in a loop": "loop/x", "long": "x" * 300, "nul": "a\0b", "empty": "", "file": "file"}


@pytest.mark.parametrize("odd", list(ODD))
@pytest.mark.parametrize(("name", "option"), sorted(WRITES | READS))
def test_an_odd_path_is_one_sentence(place, capfd, name, option, odd):
    Path("loop").symlink_to("loop")
    Path("file").write_text("mine")
    given = command(name, "new", ALWAYS[name])
    path = ODD[odd]
    if option in ("earlier", "mapping"):
        given += ["--earlier" if option == "earlier" else "--map", path]
    else:
        given[given.index({"data": "company", "files": "export.csv"}.get(option, "new"))] = path
    before = contents(place)
    assert run(*given) == 1
    said = capfd.readouterr().err
    assert said.strip()
    assert not any(sign in said for sign in ("Traceback", "Internal error", "Errno", "\0"))
    made = contents(Path("new"))
    receipts = {
        "check.json",
        "import.json",
        "mapping.yaml",
        "manifest.jsonl",
    }  # what is found is a finding, not a fault
    assert set(made) <= receipts
    assert {name: data for name, data in contents(place).items() if not name.startswith("new/")} == before


@pytest.mark.parametrize("day", ["9999-12-31", "0000-00-00", "0001-01-01", "2262-04-12", "2026-02-30", "nan", "", "-1"])
def test_an_odd_day_is_refused(place, capfd, day):
    assert run("check", "company", "--as-of", day) == 1
    said = capfd.readouterr().err
    assert "The day of the analysis" in said
    if day == "9999-12-31":
        assert run("run", "company", "--out", "new", "--as-of", day) == 1
        assert capfd.readouterr().err == said
    assert not Path("new").exists()


VARIABLES = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}


def scrm(*arguments, code=("-m", "scrm_helpers.cli"), **settings):
    """Run a command in a process of its own."""
    return subprocess.run([sys.executable, *code, *arguments], text=True, check=False, env=VARIABLES, **settings)


def quota():
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


def test_a_disk_that_is_full_leaves_nothing_half_written(place):
    done = scrm("sample", "--customers", "200", "--out", "out", capture_output=True, preexec_fn=quota)
    assert done.returncode == 1
    assert done.stderr == "The output folder out cannot be written: File too large. What was there before is kept.\n"
    assert not Path("out").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_an_output_that_cannot_be_written_is_said(place):
    with Path("/dev/full").open("w") as full:
        done = scrm("check", "company", "--as-of", DAY, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.startswith("The output of the command cannot be written: No space left on device.")
    assert done.stderr.count("\n") == 1
    done = scrm("check", "company", "--out", "new", stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert done.returncode == 1
    assert done.stderr.startswith("The output of the command is closed: ")
    assert not Path("new").exists()


@pytest.mark.parametrize("home", ["/proc", "/dev/null", ""])
def test_no_place_for_the_key_of_pseudonyms_is_said_with_what_to_do(place, capfd, monkeypatch, home):
    monkeypatch.delenv("SCRM_PSEUDONYM_KEY")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", home)
    before = contents(place)
    assert run(*command("run", "new", ALWAYS["run"])) == 1
    said = capfd.readouterr().err
    assert said.startswith("The key that turns ids of customers into pseudonyms cannot be kept in ")
    assert "SCRM_PSEUDONYM_KEY" in said
    assert contents(place) == before
