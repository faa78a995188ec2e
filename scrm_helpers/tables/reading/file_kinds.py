"""What a file is by its content, whatever its name says, and how its tables come out."""

import contextlib
import difflib
import re
import zipfile
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import listed, quoted

START = 4096  # bytes that tell the kind
_CSV = "CSV (UTF-8)"
_BYTES = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x05\x06": "an empty ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file, or one with a password",
    b"PAR1": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"%PDF": "a PDF",
    b"{\\rtf": "a text document (RTF)",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"\x28\xb5\x2f\xfd": "a Zstandard file",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"Rar!": "a RAR file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"ID;P": "a SYLK file of a spreadsheet",
    b"version https://git-lfs": "a pointer of Git LFS, not the file itself",
}
_MAIL = re.compile(r"(received|return-path|delivered-to|mime-version|from|to|subject|date|message-id): ?\S", re.I)
_SQL = re.compile(r"\s*(--.*\n\s*)*(create table|insert into|pragma |begin transaction|set names)", re.I)
_ENDING = "Its %s are read as tables where its name ends in %s: rename it, if it is to be read."
_AS_WORKBOOK = "Save it as an Excel workbook (.xlsx) without a password: its sheets are then read as tables."
_PACKED = ("gzip", "ZIP", "bzip2", "xz", "Zstandard", "7-Zip", "RAR")


@dataclass(frozen=True)
class FileKind:
    """A file that is no table yet: `what` it is, and what to do (`todo`) so that it becomes one."""

    what: str
    todo: str


def kind_of(start: bytes, path: Path | None = None) -> FileKind | None:
    """Tell what a file is; None for text that may be a table. With its path, a ZIP file is looked into."""
    if start.startswith(b"SQLite format 3"):
        return FileKind("a SQLite database", _ENDING % ("tables", ".sqlite"))
    if start[8:12] == b"DUCK":
        return FileKind("a DuckDB database", _ENDING % ("tables", ".duckdb"))
    if start.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    what = next((what for signature, what in _BYTES.items() if start.startswith(signature)), "")
    if not what:
        return _text_kind(start)
    if "Excel" in what:
        return FileKind(what, _AS_WORKBOOK)
    if any(word in what for word in _PACKED):
        return FileKind(what, f"Unpack it, and put the tables into the folder as {_CSV}.")
    return FileKind(what, f"Export the table again, as {_CSV}.")


def _text_kind(start: bytes) -> FileKind | None:
    text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="ignore")
    text = text.lstrip("\ufeff \t\r\n")
    low, again = text.lower(), f"Export the table as {_CSV}; if it is an error of the system, export again."
    if low.startswith("<") and re.search(r"<(!doctype html|html|head|body|table|script)\b", low):
        title = re.search(r"<title[^>]*>([^<]*)", text, re.I)
        named = f" titled {quoted(unescape(title.group(1)).strip())}" if title and title.group(1).strip() else ""
        todo = f"Sign in, download the export itself and save it as {_CSV}."
        return FileKind(f"a web page (HTML){named}, as a sign-in page or an error saved in place of the export", todo)
    if re.match(r"<[?!/a-z]", low):
        return FileKind("an XML file", again)
    if re.match(r"""[\[{]\s*(["'{\[\]}]|-?\d|true|false|null)""", low):
        return FileKind("a JSON file", again)
    if _SQL.match(text):
        return FileKind("a dump of a database (SQL)", f"Load it into the database and export the table as {_CSV}.")
    lines = text.splitlines()[:2]
    if len(lines) == 2 and all(_MAIL.match(line) for line in lines):
        return FileKind("an e-mail", "Save the attachment, not the message.")
    return None


def _zip_kind(path: Path | None) -> FileKind:
    names: list[str] = []
    with (
        contextlib.suppress(zipfile.BadZipFile, OSError, RuntimeError, ValueError),
        zipfile.ZipFile(path or "") as packed,
    ):
        names = packed.namelist()
    if any(name.startswith("xl/") for name in names):
        return FileKind("an Excel workbook", _ENDING % ("sheets", ".xlsx"))
    if "content.xml" in names:
        return FileKind("an OpenDocument spreadsheet", _AS_WORKBOOK)
    files = [name for name in names if not name.endswith("/")]
    if not files:
        return FileKind("a ZIP or Excel file", f"Save each table in it as {_CSV}, named after its table.")
    return FileKind(
        f"a ZIP file with {listed([quoted(name) for name in files])}",
        f"Unpack it into the company folder, each table as {_CSV} named after its table.",
    )


def table_like(name: str) -> str:
    """Name the table that a file or sheet may hold by its name; empty when none is near."""
    plain = re.sub(r"[\W_]+", "_", name.strip().lower())
    near = difflib.get_close_matches(plain, TABLES, n=1, cutoff=0.7)
    return near[0] if near else next((table for table in TABLES if table in plain.split("_")), "")
