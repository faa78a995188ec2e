"""Forget a person: every row in the company folder and in outputs of earlier runs, with a receipt that names nobody."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

import scrm_helpers
from scrm_helpers.answers.numbers import plural
from scrm_helpers.answers.refusal import PlainError, path_in_words
from scrm_helpers.report import whole_files
from scrm_helpers.report.output_folder import owned
from scrm_helpers.report.privacy.leaks import NAME, Known, scan_file
from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, pseudonyms, with_key
from scrm_helpers.report.safe_sheets import workbook_bytes
from scrm_helpers.report.whole_files import PERSONAL, write_json, write_whole
from scrm_helpers.tables.contract.settings import read_settings
from scrm_helpers.tables.pipeline import read_raw
from scrm_helpers.tables.reading.files import ENDINGS, MANIFEST, RawTable
from scrm_helpers.tables.values.identity import as_compared, mark_of, new_salt

GONE = "forgotten"
_WRITERS = (whole_files.RUN, whole_files.CHECK, whole_files.BATCH)


def forget_in_outputs(
    outs: Sequence[Path], data: Path, names: Collection[str], key: str | None
) -> tuple[dict[str, int], list[str]]:
    """Remove a person, by id and by pseudonym, from output folders; return rows or places by file, and what is left."""
    removed: dict[str, int] = {}
    left: list[str] = []
    if not outs:
        return removed, left
    settings, _ = read_settings(data, [path.name for path in data.iterdir()])
    hidden = {*names, *pseudonyms(names, pseudonym_key(with_key(settings, key, data, *outs)))}
    for out in outs:
        folders = sorted(path.parent for path in out.rglob(MANIFEST))
        if not folders:
            raise PlainError(f"{path_in_words(out)} is no output folder of the kit: name one in which a run wrote.")
        for folder in folders:
            found = _forget_in(folder, data, hidden)
            shown = folder.relative_to(out.parent).as_posix()
            removed |= {f"{shown}/{file}": n for file, n in found.items()}
            if any(file.endswith((".html", ".ipynb")) for file in found):
                left.append(f"{shown}: pictures may still show the pseudonym, until the report is written again")
    return removed, left


def _forget_in(out: Path, data: Path, hidden: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    with owned(out, whole_files.RUN, follows=_WRITERS, data=data) as folder:
        if folder.manifest.unfinished:
            raise PlainError(f"The output folder {folder.shown} is half written: run the report again first.")
        with folder.work() as work:  # which also takes prepared tables of killed runs away
            for name in folder.manifest.entry["files"]:
                path, stage = folder.path / name, work / "out" / name
                if not path.is_file() or path.is_symlink():
                    continue
                content, n = _without(path.read_bytes(), name, hidden)
                if n:
                    found[name] = n
                    stage.parent.mkdir(parents=True, exist_ok=True)
                    write_whole(stage, content, path.stat().st_mode & 0o777)
            if found:
                folder.publish(work / "out", folder.manifest.entry, keep_others=True)
    return found


def _without(content: bytes, name: str, hidden: Collection[str]) -> tuple[bytes, int]:
    """The content of a file without the rows, or places, that name the person, and how many these were."""
    if name.endswith(".xlsx"):
        sheets = pd.read_excel(io.BytesIO(content), sheet_name=None, engine="calamine", keep_default_na=False)
        gone = {sheet: frame.isin(hidden).any(axis=1) for sheet, frame in sheets.items()}
        n = sum(int(rows.sum()) for rows in gone.values())
        return workbook_bytes({sheet: frame[~gone[sheet]] for sheet, frame in sheets.items()}) if n else content, n
    text = content.decode("utf-8")
    if name.endswith(".csv"):
        rows = records(content)
        read = [csv.reader(io.StringIO(row.decode("utf-8"), newline="")) for row in rows]
        cells = [{cell.removeprefix("'") for row in one for cell in row} for one in read]  # a mark keeps from formulas
        kept = [row for row, held in zip(rows, cells, strict=True) if not held & {*hidden}]
        return b"".join(kept), len(rows) - len(kept)
    if name.endswith("check.json"):
        counter: list[int] = []
        told = json.dumps(_told(json.loads(text), hidden, counter), indent=2, sort_keys=True)
        return f"{told}\n".encode(), len(counter)
    whole = "|".join(re.escape(one) for one in hidden if re.fullmatch("P[a-z2-7]{11}", one))
    n = 0
    if name.endswith(".gexf"):
        ends = rf'<node id="(?:{whole})".*?</node>|<edge (?=[^>]*(?:source|target)="(?:{whole})").*?</edge>'
        text, n = re.subn(rf"\s*(?:{ends})", "", text, flags=re.DOTALL)
    text, more = re.subn(rf"\b(?:{whole})\b", GONE, text)
    return text.encode(), n + more


def records(content: bytes) -> list[bytes]:
    """Split CSV into records with their line ends: a line end inside of quotes ends none."""
    found, open_quotes = [b""], False
    for line in io.BytesIO(content):
        found[-1] += line
        open_quotes ^= line.count(b'"') % 2 == 1
        if not open_quotes:
            found.append(b"")
    return found[:-1] if not found[-1] else found


def _told(value: Any, hidden: Collection[str], counter: list[int]) -> Any:
    """JSON without a person: neither as the key of an amount nor as an example in a sentence."""
    if isinstance(value, dict):
        counter += [1 for key in value if key in hidden]
        return {key: _told(part, hidden, counter) for key, part in value.items() if key not in hidden}
    if isinstance(value, list):
        return [_told(part, hidden, counter) for part in value]
    for name in (one for one in hidden if isinstance(value, str) and f"'{one}'" in value):
        value, n = re.subn(re.escape(f"'{name}'"), f"'{GONE}'", value)
        counter += [1] * n
    return value


RECEIPT, LIST = "forgotten.json", "suppress.csv"
_ALSO = ("unit_id",)  # a lot may be drawn for a customer


def _all_names(given: Iterable[str], tables: Mapping[str, RawTable]) -> frozenset[str]:
    """All ids and mail addresses of a person, found from some of them by aliases and mail addresses."""
    pairs: list[tuple[str, str]] = []
    for table, one, other in (("aliases", "old_id", "customer_id"), ("customers", "customer_id", "email")):
        columns = tables[table].columns if table in tables else {}
        if one in columns and other in columns:
            found = zip(_plain(columns[one]), _plain(columns[other]), strict=True)
            pairs += [pair for pair in found if all(pair) and (table == "aliases" or "@" in pair[1])]
    names, before = {as_compared(name) for name in given}, 0
    while before < len(names):
        before = len(names)
        names |= {part for pair in pairs if names.intersection(pair) for part in pair}
    return frozenset(names - {""})


def _naming(raw: RawTable, names: Iterable[str]) -> np.ndarray:
    """Rows of a table that name a person."""
    gone, known = np.zeros(raw.n_rows, dtype=bool), pa.array(sorted(names), pa.string())
    for name, cells in raw.columns.items():
        if raw.origin.declared.column(name).names_a_person(raw.origin.declared.name) or name in _ALSO:
            plain = pa.chunked_array([pa.array(_plain(cells), pa.string())])
            gone |= pc.is_in(plain, value_set=known).to_numpy()
    return gone


def _plain(cells: pa.ChunkedArray) -> list[str]:
    return [as_compared(cell) for cell in cells.to_pylist()]


def forget_person(
    data: Path, names: Iterable[str], outs: Sequence[Path], key: str | None
) -> tuple[dict[str, int], list[str], list[str]]:
    """Remove a person from a company folder and from outputs; leave a mark and a receipt that name nobody.

    Returned are rows or places removed by file, tables that the kit does not write into, and what is for the owner.
    """
    tables = {raw.origin.declared.name: raw for raw in read_raw(data)}
    listed = tables["suppress"].file if "suppress" in tables else LIST
    if not listed.lower().endswith(".csv"):
        raise PlainError(f"The list of those not to be contacted must be {LIST}: export {path_in_words(listed)} to it.")
    person = _all_names(names, tables)
    gone = {table: rows for table, raw in tables.items() if (rows := _naming(raw, person)).any()}
    removed, left = forget_in_outputs(outs, data, person, key) if person else ({}, [])
    if not gone and not removed:
        raise PlainError("Nobody in the company folder or in these outputs has this id or address: nothing changed.")
    marks, rows_left = _write_marks(data / listed, tables.get("suppress"), person), []
    for table in gone.keys() - {"suppress"}:
        file, n = tables[table].file, int(gone[table].sum())
        if file.lower().endswith(ENDINGS) and (data / file).is_file():
            _drop(data / file, gone[table])
            removed[file] = n
        else:
            rows_left.append(f"{file}: {plural(n, 'row')}, which the kit does not write into: delete them there")
    _own_again(data, [raw.file for raw in tables.values()])
    left += _still_named(data, person)
    receipt = data / RECEIPT
    before = json.loads(receipt.read_text(encoding="utf-8")) if receipt.is_file() else []
    entry = {"kit": scrm_helpers.__version__, "left": [*rows_left, *left], "person": marks, "removed": removed}
    write_json(receipt, [*before, entry])
    return removed, rows_left, left


def _own_again(data: Path, files: Iterable[str]) -> None:
    """Let the next import know the files that it wrote and that were changed here."""
    manifest = whole_files.read_manifest(data)
    if manifest is not None:
        known = dict(manifest.entry["files"])
        known |= {name: whole_files.hash_of(data / name) for name in files if name in known and (data / name).is_file()}
        write_whole(data / MANIFEST, whole_files.line_of({**manifest.entry, "files": known}) + "\n")


def _drop(path: Path, gone: np.ndarray) -> None:
    """Write a file of one table without some rows; every other byte of a CSV file stays."""
    content, mode = path.read_bytes(), path.stat().st_mode & 0o777
    if path.name.lower().endswith(".parquet"):
        from pyarrow import parquet

        sink = pa.BufferOutputStream()
        parquet.write_table(parquet.read_table(io.BytesIO(content)).filter(pa.array(~gone)), sink)
        write_whole(path, sink.getvalue().to_pybytes(), mode)
        return
    packed = content.startswith(b"\x1f\x8b")
    header, *rows = records(gzip.decompress(content) if packed else content)
    if sum(bool(row.strip(b"\r\n")) for row in rows) != len(gone):
        raise PlainError(f"{path_in_words(path.name)} changed while it was read: run the command again.")
    drop = iter(gone.tolist())
    kept = b"".join([header, *(row for row in rows if not row.strip(b"\r\n") or not next(drop))])
    write_whole(path, gzip.compress(kept, mtime=0) if packed else kept, mode)


def _write_marks(path: Path, raw: RawTable | None, person: Iterable[str]) -> list[str]:
    """Put the marks of a person on the list of those not to be contacted, in the place of their ids."""
    header, *rows = records(path.read_bytes()) if raw else [b"customer_id,since,reason\n"]
    gone = _naming(raw, person).tolist() if raw else []
    kept = b"".join([header, *(row for row, drop in zip(rows, gone, strict=True) if not drop)])
    salt = new_salt(_plain(raw.columns["customer_id"]) if raw else [])
    marks = sorted(mark_of(one, salt) for one in person)
    text = kept.decode("utf-8-sig").splitlines()[0]
    separator = max(",;\t|", key=text.count)
    places = raw.matched.positions if raw else {"customer_id": 0, "reason": 2}
    sink = io.StringIO()
    for mark in marks:
        cells = {places.get("reason"): GONE, places["customer_id"]: mark}
        row = [cells.get(place, "") for place in range(len(next(csv.reader([text], delimiter=separator))))]
        csv.writer(sink, delimiter=separator, lineterminator="\n").writerow(row)
    write_whole(path, kept.rstrip(b"\r\n") + b"\n" + sink.getvalue().encode(), PERSONAL)
    return marks


def _still_named(data: Path, person: Iterable[str]) -> list[str]:
    """Where a text or another file of the folder still names the person; that is for the owner to read and mend."""
    known, left = Known.of(person), []
    names = [name.casefold() for name in person]
    for path in sorted(path for path in data.iterdir() if path.is_file() and not path.is_symlink()):
        content = path.read_bytes()
        packed = content.startswith((b"PK\x03\x04", b"\x1f\x8b", b"PAR1"))
        if packed or any(name in content.decode("utf-8", "replace").casefold() for name in names):
            places = scan_file(path, path.name, known, [])
            left += [f"{place} names this person" for place, kind in places if kind == NAME]
    return left
