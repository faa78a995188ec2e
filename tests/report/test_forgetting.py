"""Somebody is forgotten in every table and output, nobody else is touched, and no receipt names them."""

import gzip
import json

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.cli import commands
from scrm_helpers.report.output_folder import owned
from scrm_helpers.report.privacy.pseudonym_keys import pseudonyms
from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes
from scrm_helpers.report.whole_files import RUN, entry_of, read_manifest
from scrm_helpers.tables import open_company

KEY = bytes.fromhex("5c" * 32)
TABLES = {
    "customers": b"\xef\xbb\xbfcustomer_id,joined_on,email\r\n"
    b'"C,1001",2025-01-01,Ada@example.org\r\nC2002,2025-01-01,\r\nC4004,2025-01-01,\r\n',
    "transactions": b'order_id,customer_id,ordered_on,amount\nA,"C,1001",2025-03-01,10.50\nB,C2002,2025-04-01,20\n'
    b"C,OLD-1001,2025-05-01,5.25\nD,C2002,2025-05-01,\"7\"\n",
    "aliases": b'old_id,customer_id\nOLD-1001,"C,1001"\n',
    "interactions": b'interaction_id,occurred_on,channel,customer_id,author_id,text\n'
    b'M1,2025-05-01,mail,"C,1001","C,1001","two\nlines"\n'
    b'M2,2025-05-02,mail,C2002,C2002,"so says\nada@example.org"\n\nM3,2025-05-03,mail,,OLD-1001,"""x"""\n',
    "suppress": b"reason;customer_id\nasked;OLD-1001\nasked;C2002",
}  # fmt: skip
LEFT = {
    "customers": b"\xef\xbb\xbfcustomer_id,joined_on,email\r\nC2002,2025-01-01,\r\nC4004,2025-01-01,\r\n",
    "transactions": b'order_id,customer_id,ordered_on,amount\nB,C2002,2025-04-01,20\nD,C2002,2025-05-01,"7"\n',
    "aliases": b"old_id,customer_id\n",
    "interactions": b"interaction_id,occurred_on,channel,customer_id,author_id,text\n"
    b'M2,2025-05-02,mail,C2002,C2002,"so says\nada@example.org"\n\n',
}
NAMES = ["C,1001", "OLD-1001", "ada@example.org", "Ada@example.org"]


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
    folder = tmp_path / "company"
    folder.mkdir()
    for name, content in TABLES.items():
        (folder / f"{name}.csv").write_bytes(content)
    (folder / "company.yaml").write_text("as_of: 2026-09-30\n")
    return folder


@pytest.fixture
def out(company, tmp_path):
    """What a run writes of people, by the kit's own hand."""
    who, other, old = pseudonyms(["C,1001", "C2002", "OLD-1001"], KEY)
    listed = pd.DataFrame({"person": [who, other, old], "action": ["ask", "thank", "sell"], "value": [1.5, 2.0, 3.0]})
    node = (
        '<node id="{0}" label="{0}"><attvalues/></node>\n<edge source="{1}" target="{0}" id="1"><attvalues/></edge>\n'
    )
    check = {
        "facts": {"amount_by_customer": {"C,1001": "15.75", "C2002": "27"}},
        "messages": [{"what": "like 'C,1001'"}],
    }
    files = {
        "actions.csv": csv_bytes(listed),
        "actions.xlsx": workbook_bytes({"Actions": listed}),
        "network.gexf": f'<node id="{other}"/>\n{node.format(who, other)}'.encode(),
        "check.json": (json.dumps(check, indent=2, sort_keys=True) + "\n").encode(),
        "notebooks/04.ipynb": json.dumps({"text": f"{who} brought {other}"}).encode(),
        "results.json": b"{}\n",
    }
    with owned(tmp_path / "out", RUN, follows=(RUN,), data=company) as folder, folder.work() as work:
        for name, content in files.items():
            (work / "out" / name).parent.mkdir(parents=True, exist_ok=True)
            (work / "out" / name).write_bytes(content)
        folder.publish(work / "out", entry_of("2026-09-30", "", {}, sample=False))
    return tmp_path / "out"


def forget(company, name, *more):
    given = ["forget", str(company), "--id", name, *map(str, more)]
    return CliRunner().invoke(commands, given, standalone_mode=False)


def everything(*folders):
    return {path: path.read_bytes() for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_by_whichever_name_every_row_goes_and_nothing_else_changes(name, company):
    done = forget(company, name)
    assert done.exception is None
    for table, content in LEFT.items():
        assert (company / f"{table}.csv").read_bytes() == content
    head, *lines = (company / "suppress.csv").read_text().splitlines()
    assert (head, lines[0]) == ("reason;customer_id", "asked;C2002")
    assert len(lines) == 4
    assert all(line.startswith("forgotten;forgotten:") for line in lines[1:])
    assert "Warning: still there: interactions.csv, line 3 names this person." in done.output
    assert done.return_value == 0
    whole = "".join(path.read_text() for path in (company / "forgotten.json", company / "suppress.csv")) + done.output
    assert not [one for one in NAMES if one.lower() in whole.lower()]


def test_in_outputs_nothing_of_the_person_is_left_and_they_are_still_the_kits_own(company, out):
    other = pseudonyms(["C2002"], KEY)[0]
    done = forget(company, "C,1001", "--out", out)
    assert done.exception is None
    assert pd.read_csv(out / "actions.csv")["person"].tolist() == [other]
    rows = list(openpyxl.load_workbook(out / "actions.xlsx").active.values)
    assert rows == [("person", "action", "value"), (other, "thank", 2)]
    assert (out / "network.gexf").read_text() == f'<node id="{other}"/>\n\n'.replace("\n\n", "\n")
    assert json.loads((out / "check.json").read_text())["facts"] == {"amount_by_customer": {"C2002": "27"}}
    assert json.loads((out / "notebooks/04.ipynb").read_text()) == {"text": f"forgotten brought {other}"}
    gone = [one.encode() for one in (*NAMES, *pseudonyms(NAMES, KEY))]
    assert not [path for path, content in everything(out).items() for one in gone if one in content]
    with owned(out, RUN, follows=(RUN,), data=company) as folder:
        folder.refuse_foreign(read_manifest(out).entry["files"])  # each hash is that of the file
    assert "pictures may still show the pseudonym" in done.output


@pytest.mark.parametrize("name", ["C3003", "c2002", "1001", "", " "])
def test_nobody_of_that_id_changes_nothing_and_is_said(name, company, out):
    before = everything(company, out)
    done = forget(company, name, "--out", out)
    assert isinstance(done.exception, PlainError)
    assert "nothing changed" in str(done.exception)
    assert everything(company, out) == before


def test_who_was_forgotten_does_not_come_back_with_the_next_export(company):
    forget(company, "C,1001")
    for table in ("customers", "transactions", "interactions", "aliases"):
        (company / f"{table}.csv").write_bytes(TABLES[table])
    opened = open_company(company)
    assert opened.customers["customer_id"].tolist() == ["C2002", "C4004"]
    assert opened.receipts["transactions"].left_out == {"forgotten person": 2}
    assert opened.suppressed == {"C2002"}


def test_packed_and_columnar_tables_lose_the_rows_too(company):
    orders = pd.read_csv(company / "transactions.csv", dtype={"order_id": "str"})
    (company / "transactions.csv").unlink()
    orders.to_parquet(company / "transactions.parquet", index=False)
    (company / "customers.csv").unlink()
    (company / "customers.csv.gz").write_bytes(gzip.compress(TABLES["customers"]))
    assert forget(company, "C,1001").exception is None
    assert gzip.decompress((company / "customers.csv.gz").read_bytes()) == LEFT["customers"]
    assert pd.read_parquet(company / "transactions.parquet")["order_id"].tolist() == ["B", "D"]


def test_rows_in_a_workbook_are_named_and_the_mark_keeps_them_from_counting(company):
    orders = pd.read_csv(company / "transactions.csv")
    (company / "transactions.csv").unlink()
    (company / "orders.xlsx").write_bytes(workbook_bytes({"transactions": orders}))
    done = forget(company, "OLD-1001")
    assert done.return_value == 1
    assert "2 rows, which the kit does not write into: delete them there" in done.output
    assert open_company(company).transactions["order_id"].tolist() == ["B", "D"]
