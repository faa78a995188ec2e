"""Spoiled files: every fault is refused in four parts, with table and line, and never as a raw error."""

import gzip
import io

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from scrm_helpers.tables import CompanyRefused, open_company
from scrm_helpers.tables.reading import files

AS_OF = "2026-09-30"
ROW = "O1,C1,2024-01-06,10.50,4.20,EUR,1"
OPEN = ROW.replace("EUR", '"EUR')
HEADER = "order_id,customer_id,ordered_on,amount,margin,currency,marketing_cost"


FILE = "transactions.csv"


def _bytes(change):
    return lambda folder: folder.write(FILE, change(folder.text("transactions").encode()))


def _recoded(encoding, start=b""):
    return _bytes(lambda content: start + content.decode().encode(encoding))


def _content(content):
    return lambda folder: folder.write(FILE, content)


def _row(new):
    return lambda folder: folder.change("transactions", ROW, new)


def _header(new):
    return lambda folder: folder.change("transactions", HEADER, new)


def _all_rows(change):
    def spoil(folder):
        head, *rows = folder.text("transactions").splitlines()
        folder.write("transactions.csv", "\n".join([head, *[change(row) for row in rows]]) + "\n")

    return spoil


def _binary(start):
    return lambda folder: folder.write("transactions.csv", start + b"x" * 500)


# name: (how to spoil transactions.csv, words of the message, line it names)
FAULTS = {
    "empty file": (_content(b""), "file is empty", None),
    "only a newline": (_content(b"\n"), "first line is empty", 1),
    "only blanks": (_content(b"   \n  \n"), "first line is empty", 1),
    "header only": (_content(HEADER + "\n"), "no rows", 1),
    "header only, no newline": (_content(HEADER), "no rows", 1),
    "only a byte order mark": (_content(b"\xef\xbb\xbf"), "line is empty", 1),
    "UTF-16 with mark": (_recoded("utf-16"), "UTF-16", 1),
    "UTF-16 big endian": (_recoded("utf-16-be", b"\xfe\xff"), "UTF-16", 1),
    "UTF-16 without mark": (_recoded("utf-16-le"), "UTF-16", 1),
    "UTF-32": (_recoded("utf-32-be"), "UTF-16", 1),
    "Latin-1": (_bytes(lambda b: b.replace(b"O3,C2", b"O3,M\xfcller")), "not UTF-8", 4),
    "cut UTF-8 character": (_bytes(lambda b: b + b"O9,C1,2024-01-06,1,1,EUR,\xc3"), "not UTF-8", 7),
    "overlong UTF-8": (_bytes(lambda b: b.replace(b"O2,C1", b"O2,\xc0\xaf")), "not UTF-8", 3),
    "two byte order marks": (_bytes(lambda b: b"\xef\xbb\xbf" * 2 + b), "two byte order marks", 1),
    "zero byte": (_bytes(lambda b: b.replace(b"O3,C2", b"O3,C\x002")), "zero byte", 4),
    "row too short": (_row("O1,C1,2024-01-06,10.50,4.20"), "fewer cells", 2),
    "row too long": (_row(ROW + ",x"), "more cells", 2),
    "one cell only": (_row("O1"), "fewer cells", 2),
    "blanks in a row of their own": (_row(ROW + "\n   "), "fewer cells", 3),
    "all rows too long": (_all_rows(lambda row: row + ",x"), "All rows have more cells", 2),
    "all rows too short": (_all_rows(lambda row: row.rsplit(",", 1)[0]), "All rows have fewer cells", 2),
    "short and long rows": (_row(ROW + ",x\nO7"), "fewer or more cells", 2),
    "unquoted delimiter in a cell": (_row("O1,C1,2024-01-06,1,000.50,4.20,EUR,1"), "more cells", 2),
    "quote never closed": (_row(OPEN), "not closed", 2),
    "quote closed in a later row": (_row(OPEN + '\nO6,C1,2024-01-07,1,1,EUR",0'), "rest of the row", 2),
    "quote closed by an opening one": (_row(OPEN + '\nO6,C1,2024-01-07,1,1,"EUR",0'), "not closed", 2),
    "text behind a closing quote": (_row(ROW.replace("EUR", '"EUR"x')), "not closed", 2),
    "blank behind a closing quote": (_row(ROW.replace("EUR", '"EUR" ')), "not closed", 2),
    "single quote inside a quoted cell": (_row(ROW.replace("EUR", '"E"UR"')), "not closed", 2),
    "quote in the header": (_header(HEADER.replace("margin", '"margin')), "header cannot be read", 1),
    "carriage return in a cell": (_row(ROW.replace("EUR", "E\rUR")), "carriage return", 2),
    "old Macintosh line ends": (_bytes(lambda b: b.replace(b"\n", b"\r")), "carriage return", 1),
    "carriage return at the end": (_bytes(lambda b: b.rstrip(b"\n") + b"\r"), "carriage return", 6),
    "column twice": (_header(HEADER.replace("margin", "amount")), "'amount' stands twice", 1),
    "column without name": (_header(HEADER.replace("margin", "")), "has no name", 1),
    "two columns without name": (_header(HEADER.replace("margin,currency", ",")), "no name", 1),
    "required column missing": (_header(HEADER.replace("amount", "total")), "'amount' is missing", 1),
    "no header": (_bytes(lambda b: b.split(b"\n", 1)[1]), "There is no header", 1),
    "line above the header": (_bytes(lambda b: b"Export of today\n" + b), "The header is line 2", 2),
    "spreadsheet hint above the header": (_bytes(lambda b: b"sep=,\n" + b), "spreadsheet", 1),
    "blank line above the header": (_bytes(lambda b: b"\n" + b), "first line is empty", 1),
    "Excel file named CSV": (_binary(b"PK\x03\x04"), "ZIP or Excel", None),
    "old Excel file named CSV": (_binary(b"\xd0\xcf\x11\xe0"), "old Excel", None),
    "Parquet file named CSV": (_binary(b"PAR1"), "Parquet", None),
    "gzip file named CSV": (_bytes(gzip.compress), "gzip", None),
    "SQLite file named CSV": (_binary(b"SQLite format 3\x00"), "SQLite", None),
    "PDF named CSV": (_binary(b"%PDF-1.7"), "PDF", None),
    "a cell above the limit": (_row(ROW.replace("EUR", '"' + "x" * 10_000_001 + '"x')), "longer than", 2),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_spoiled_file_is_refused_with_its_line(company_folder, name):
    spoil, words, line = FAULTS[name]
    spoil(company_folder)
    with pytest.raises(CompanyRefused) as caught:
        open_company(company_folder.path, AS_OF)
    message = next(error for error in caught.value.messages if words in error.what + error.todo)
    assert (message.table, message.file) == ("transactions", "transactions.csv")
    assert message.lines[:1] == (() if line is None else (line,))
    assert all([message.what, message.where, message.why, message.todo])
    assert len(str(message)) < 700


def test_all_faults_of_a_header_come_together(company_folder):
    company_folder.change("transactions", HEADER, HEADER.replace("amount", "x").replace("ordered_on", "y"))
    columns = [message.column for message in company_folder.check().messages if message.level == "error"]
    assert columns == ["ordered_on", "amount"]


def test_faults_of_all_tables_come_together_and_are_capped(company_folder):
    company_folder.write("customers.csv", b"\xff\xfe")
    company_folder.change("surveys", "C1,2025-05-02,9", "C1,2025-05-02,eleven")
    rows = "".join(f"D{i}\n" for i in range(3000))
    company_folder.write("ideas.csv", company_folder.text("ideas") + rows)
    report = company_folder.check()
    assert {message.table for message in report.messages if message.level == "error"} == {
        "customers",
        "surveys",
        "ideas",
    }
    (uneven,) = [message for message in report.messages if message.table == "ideas"]
    assert (uneven.n, uneven.lines) == (3000, (4, 5, 6, 7, 8))
    assert "lines 4, 5, 6, 7, 8 and 2,995 more" in uneven.where
    assert len(report.to_text()) < 3000


GOOD_FORMS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "Windows line ends": lambda text: text.replace("\n", "\r\n").encode(),
    "no newline at the end": lambda text: text.rstrip("\n").encode(),
    "empty lines at the end": lambda text: (text + "\n\n\r\n").encode(),
    "empty line between rows": lambda text: text.replace("\nO3", "\n\nO3").encode(),
    "semicolons": lambda text: text.replace(",", ";").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "bars": lambda text: text.replace(",", "|").encode(),
    "all cells quoted": lambda text: "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()
    ).encode(),
    "header quoted": lambda text: text.replace("order_id", '"order_id"').encode(),
    "blanks around numbers": lambda text: text.replace("10.50", " 10.50 ").encode(),
    "columns in another order and one more": lambda text: "\n".join(
        ",".join([*reversed(line.split(",")), "more"]) for line in text.splitlines()
    ).encode(),
}


@pytest.mark.parametrize("form", GOOD_FORMS)
def test_harmless_forms_give_the_same_facts(company_folder, form):
    before = company_folder.check().facts | {"fingerprint": ""}
    company_folder.write("transactions.csv", GOOD_FORMS[form](company_folder.text("transactions")))
    report = company_folder.check()
    assert report.exit_code == 0, report.to_text()
    assert report.facts | {"fingerprint": ""} == before


def test_empty_lines_between_rows_keep_the_lines_right(company_folder):
    company_folder.change("transactions", "O3,C2,2024-02-02,20.25", "\nO3,C2,2024-02-02,x")
    (message,) = company_folder.check().messages
    assert message.lines == (5,)
    assert company_folder.check().receipts["transactions"].blank_lines == 1


def test_a_break_in_a_quoted_cell_keeps_the_lines_right(company_folder):
    company_folder.change("surveys", ",good", ',"good, ""very""\n\ngood"')
    company_folder.change("surveys", "C3,2025-05-03,0", "C3,2025-05-03,99")
    (message,) = company_folder.check().messages
    assert (message.column, message.lines) == ("score", (6,))
    company_folder.change("surveys", "C3,2025-05-03,99", "C3,2025-05-03,1")
    answers = open_company(company_folder.path, AS_OF).table("surveys")
    assert answers["text"][0] == 'good, "very"\n\ngood'


def test_a_million_characters_in_a_cell_are_read(company_folder):
    company_folder.change("surveys", ",good", "," + "x" * 1_000_000)
    assert len(open_company(company_folder.path, AS_OF).table("surveys")["text"][0]) == 1_000_000


def _packed(folder, change=lambda content: content):
    content = gzip.compress(folder.text("transactions").encode(), mtime=0)
    (folder.path / "transactions.csv").unlink()
    folder.write("transactions.csv.gz", change(content))


def test_a_packed_file_is_read(company_folder):
    before = company_folder.check().facts["total_amount"]
    _packed(company_folder)
    assert company_folder.check().facts["total_amount"] == before


PACKED_FAULTS = {
    "cut": (lambda content: content[:-20], "cut or damaged"),
    "cut in the header": (lambda content: content[:5], "cut or damaged"),
    "changed": (lambda content: content[:40] + bytes([content[40] ^ 255]) + content[41:], "cut or damaged"),
    "with a tail": (lambda content: content + b"tail", "cut or damaged"),
    "not packed": (lambda content: b"order_id,customer_id\n", "not a gzip file"),
    "empty": (lambda content: b"", "file is empty"),
    "packed nothing": (lambda content: gzip.compress(b""), "file is empty"),
    "bomb": (lambda content: gzip.compress(b"a,b\n" * 20_000_000), "more than this reader takes"),
}


@pytest.mark.parametrize("name", PACKED_FAULTS)
def test_a_spoiled_packed_file_is_refused(company_folder, name):
    change, words = PACKED_FAULTS[name]
    _packed(company_folder, change)
    (message,) = company_folder.check().messages
    assert words in message.what
    assert message.file == "transactions.csv.gz"


def _parquet(folder, table, **options):
    (folder.path / "transactions.csv").unlink()
    sink = io.BytesIO()
    parquet.write_table(table, sink, **options)
    folder.write("transactions.parquet", sink.getvalue())


def _orders(**changes):
    columns = {
        "order_id": pa.array(["O1", "O2"]),
        "customer_id": pa.array(["C1", "C2"]).dictionary_encode(),
        "ordered_on": pa.array(["2024-02-01", "2025-02-01"]).cast(pa.date32()),
        "amount": pa.array([1.1, 2.2]),
    }
    return pa.table({name: value for name, value in (columns | changes).items() if value is not None})


@pytest.mark.parametrize("encoding", ["PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", None])
def test_parquet_text_of_any_encoding_is_read(company_folder, encoding):
    clean = company_folder.check().facts | {"fingerprint": ""}
    cells = arrow_csv.read_csv(
        company_folder.path / "transactions.csv",
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(HEADER.split(","), pa.string())),
    )
    own = {} if encoding is None else {"use_dictionary": False, "column_encoding": encoding}
    _parquet(company_folder, cells, **own)
    assert company_folder.check().facts | {"fingerprint": ""} == clean


def test_parquet_with_typed_columns_is_read(company_folder):
    stamps = pa.array(["2024-02-01T22:30:00", "2025-02-01T00:00:00"]).cast(pa.timestamp("ns"))
    _parquet(company_folder, _orders(ordered_on=stamps.cast(pa.timestamp("ns", "UTC")), order_id=pa.array([7, 8])))
    company = open_company(company_folder.path, AS_OF)
    assert str(company.transactions["ordered_on"].dtype) == "datetime64[us]"
    assert company.transactions["order_id"].tolist() == ["7", "8"]
    assert company_folder.check().facts["total_amount"] == "3.3"


@pytest.mark.parametrize(("kind", "total"), [(pa.float16(), "39.703125"), (pa.float32(), "39.7")])
def test_short_floats_mean_the_number_that_they_show(company_folder, kind, total):
    _parquet(company_folder, _orders(amount=pa.array(np.array([29.2, 10.5], kind.to_pandas_dtype()))))
    assert company_folder.check().facts["total_amount"] == total


PARQUET_FAULTS = {
    "amount beyond all money": (_orders(amount=pa.array([1.0, 1e300])), "amount", "not a number"),
    "ids stored as floats": (_orders(customer_id=pa.array([1.0, 2.0])), "customer_id", "store it as text"),
    "infinite amount": (_orders(amount=pa.array([1.0, float("inf")])), "amount", "not a number"),
    "missing amount": (_orders(amount=pa.array([1.0, float("nan")])), "amount", "without amount"),
    "amount as bytes": (_orders(amount=pa.array([b"1", b"2"])), "amount", "store it as a number"),
    "amount as a list": (_orders(amount=pa.array([[1.0], [2.0]])), "amount", "store it as a number"),
    "dates as numbers": (_orders(ordered_on=pa.array([45000, 45001])), "ordered_on", "store it as date"),
    "text that is no date": (_orders(ordered_on=pa.array(["2024-02-01", "soon"])), "ordered_on", "not a date"),
    "required column missing": (_orders(amount=None), "amount", "is missing"),
    "no rows": (_orders().slice(0, 0), "", "no rows"),
}


@pytest.mark.parametrize("name", PARQUET_FAULTS)
def test_a_wrong_parquet_file_is_refused_with_its_column(company_folder, name):
    table, column, words = PARQUET_FAULTS[name]
    _parquet(company_folder, table)
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert words in message.what + message.todo
    assert (message.table, message.column) == ("transactions", column)


@pytest.mark.parametrize("size", [4, 11, 100, -1, -9])
def test_a_cut_parquet_file_is_refused(company_folder, size):
    _parquet(company_folder, _orders())
    path = company_folder.path / "transactions.parquet"
    path.write_bytes(path.read_bytes()[:size])
    (message,) = company_folder.check().messages
    assert "not a whole Parquet file" in message.what or "damaged" in message.what


def test_flipped_bits_of_a_checksummed_parquet_file_are_refused_or_change_nothing(company_folder):
    _parquet(company_folder, _orders(), write_page_checksum=True, compression="none")
    path = company_folder.path / "transactions.parquet"
    good = path.read_bytes()
    before = company_folder.check().facts | {"fingerprint": ""}
    silent = 0
    for position in range(4, len(good) - 8, 67):
        path.write_bytes(good[:position] + bytes([good[position] ^ 4]) + good[position + 1 :])
        report = company_folder.check()
        silent += report.exit_code == 0 and report.facts | {"fingerprint": ""} != before
    assert silent == 0


@pytest.mark.parametrize("keep_schema", [True, False])
def test_a_small_parquet_file_cannot_fill_the_memory(company_folder, monkeypatch, keep_schema):
    monkeypatch.setattr(files, "BYTES_LIMIT", 20_000_000)
    n = 200_000
    same = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array(["C1" * 100]))
    names = pa.array(np.arange(n).astype(str))
    days = pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array(["2024-02-01"]))
    bomb = _orders(order_id=names, customer_id=same, ordered_on=days, amount=pa.array(np.ones(n)))
    _parquet(company_folder, bomb, store_schema=keep_schema)
    assert (company_folder.path / "transactions.parquet").stat().st_size < 2_000_000
    (message,) = company_folder.check().messages
    assert "holds more than this reader takes" in message.what
