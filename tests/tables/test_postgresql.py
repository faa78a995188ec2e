"""A real PostgreSQL server from the system's packages: read only, by bound parameters, and its password is nowhere.

The server runs as a user of its own, never as root, on a socket in a temporary folder.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from scrm_helpers import cli

from .books import facts_of, rows_of

sqlalchemy = pytest.importorskip("sqlalchemy")
CANARY = "s3cret/Canary@1"
COMPANY = ("customers", "transactions", "surveys")
KINDS = {"float": "numeric(12, 2)", "datetime": "timestamptz", "str": "text"}


def program(name):
    """A program of the server; Debian keeps them out of the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(found[-1]) if found else "")


@pytest.fixture(scope="module")
def server():
    """A running server; gives the address of its socket folder with a user who may do everything."""
    import pwd

    if not (program("postgres") and program("initdb")):
        pytest.skip("PostgreSQL is not installed (Debian, Ubuntu: apt install postgresql)")
    names = {user.pw_name for user in pwd.getpwall()}
    other = {}
    if os.getuid() == 0:
        user = next(name for name in ("postgres", "nobody") if name in names)
        other = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    (folder / "password").write_text(CANARY)
    if other:
        for place in (folder, folder / "password"):
            os.chown(place, pwd.getpwnam(other["user"]).pw_uid, other["group"])
    quiet = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {"LC_ALL": "C"}, **other}
    made = [program("initdb"), "-D", "data", "-U", "owner", "--auth=scram-sha-256", "--pwfile=password", "-NE", "UTF8"]
    subprocess.run(made, check=True, **quiet)
    command = [program("postgres"), "-D", "data", "-k", str(folder), "-c", "listen_addresses=", "-c", "fsync=off"]
    running = subprocess.Popen(command, **quiet)
    try:
        address = f"postgresql://owner:{CANARY.replace('/', '%2F').replace('@', '%40')}@/postgres?host={folder}"
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
        for _ in range(600):
            try:
                fill(engine)
                break
            except sqlalchemy.exc.OperationalError:
                time.sleep(0.1)
        yield address, engine
    finally:
        running.send_signal(signal.SIGINT)  # end now, whoever is connected
        running.wait(60)
        shutil.rmtree(folder, ignore_errors=True)


def fill(engine):
    """Put the good company into the database, its days as moments of another zone."""
    with engine.begin() as opened:
        for table in COMPANY:
            header, rows = rows_of(table)
            kinds = [
                next((type(row[i]).__name__ for row in rows if row[i] is not None), "str") for i in range(len(header))
            ]
            columns = ", ".join(f"{name} {KINDS[kind]}" for name, kind in zip(header, kinds, strict=True))
            opened.exec_driver_sql(f"CREATE TABLE {table} ({columns})")
            marks = ", ".join(["%s"] * len(header))
            shown = [tuple(f"{cell}+09:00" if hasattr(cell, "isoformat") else cell for cell in row) for row in rows]
            opened.exec_driver_sql(f"INSERT INTO {table} VALUES ({marks})", shown)


@pytest.fixture
def shop(empty_folder, server, monkeypatch):
    monkeypatch.setenv("SHOP_URL", server[0])
    empty_folder.write("company.yaml", settings())
    return empty_folder


def settings(**changed):
    queries = {table: f"select * from {table}" for table in COMPANY} | changed
    lines = [f'  {table}: {{database: SHOP_URL, query: "{query}"}}\n' for table, query in queries.items()]
    return "timezone: Asia/Tokyo\nsources:\n" + "".join(lines)


def test_tables_of_a_server_are_those_of_the_files(shop, clean_report):
    report = shop.check(by_customer=True)
    assert facts_of(report) == facts_of(clean_report)
    assert not report.messages


def test_parameters_are_bound_and_never_text_of_the_query(shop):
    given = "query: \"select * from customers where region = :region\", parameters: {region: \"x' or '1' = '1\"}"
    shop.write("company.yaml", settings().replace('query: "select * from customers"', given))
    assert "no rows" in shop.check().messages[0].what


@pytest.mark.parametrize(
    "query",
    [
        "with gone as (delete from surveys returning *) select * from gone",
        "select 1; commit; drop table surveys",
        "select nextval('counted')",
        "select * from nowhere",
    ],
)
def test_the_server_itself_refuses_to_write(shop, server, query):
    with server[1].begin() as opened:
        opened.exec_driver_sql("CREATE SEQUENCE IF NOT EXISTS counted")
    shop.write("company.yaml", settings(surveys=query))
    (message,) = [message for message in shop.check().messages if message.level == "error"]
    assert message.table == "surveys"
    with server[1].connect() as opened:
        assert opened.exec_driver_sql("SELECT count(*) FROM surveys").scalar() == 3


def test_a_wrong_password_is_told_and_not_shown(shop, monkeypatch, server):
    monkeypatch.setenv("SHOP_URL", server[0].replace("s3cret", "wr0ng"))
    said = shop.check().to_json()
    assert "password authentication failed" in said
    assert not [part for part in ("s3cret", "wr0ng", "Canary") if part in said]


def test_a_canary_password_is_in_no_file_no_message_and_no_process(shop, tmp_path):
    head = "table,field,system,canonical,stored,actionable,shown\n"
    shop.write("data_register.csv", f"{head}customers,segment,network,no,no,yes,yes\n")
    (tmp_path / "temporary").mkdir()
    root = str(Path(cli.__file__).parents[1])
    variables = {**os.environ, "PYTHONPATH": root, "TMPDIR": str(tmp_path / "temporary"), "HOME": str(tmp_path)}
    variables["SCRM_PSEUDONYM_KEY"] = "5c" * 32
    seen, over = set(), threading.Event()
    watch = threading.Thread(target=watch_processes, args=(seen, over))
    watch.start()
    said = b""
    try:
        for command in (["check", "--facts"], ["run", "--only", "03"]):
            words = [*command[:1], str(shop.path), "--as-of", "2026-09-30", "--out", str(tmp_path / command[0])]
            done = subprocess.run(
                [sys.executable, "-m", "scrm_helpers.cli", *words, *command[1:]],
                capture_output=True, cwd=tmp_path, env=variables, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            said += done.stdout + done.stderr
    finally:
        over.set()
        watch.join()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert (tmp_path / "run" / "report.html") in files
    leaks = [str(path) for path in files if holds(path.read_bytes())]
    assert not leaks
    assert not holds(said)
    assert any(b"scrm_helpers.cli" in line for line in seen)
    assert not [line for line in seen if holds(line)]


def holds(content):
    return any(part in content for part in (b"s3cret", b"Canary"))


def watch_processes(seen, over):
    """Keep every command line that the list of processes shows."""
    while not over.wait(0.2):
        for place in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                seen.add(place.read_bytes())
            except OSError:
                continue
