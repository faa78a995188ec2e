"""Exports into a company folder: only what an earlier import wrote is replaced, and what is the user's stays."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.answers.refusal import PlainError, path_in_words, told
from scrm_helpers.report.output_folder import OutputFolder, owned
from scrm_helpers.report.whole_files import IMPORT, PERSONAL, Manifest, entry_of, read_manifest, write_json, write_whole
from scrm_helpers.tables.checking.column_checks import draft_of
from scrm_helpers.tables.contract.data_classes import Field, firmest, in_force
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, escaped, listed
from scrm_helpers.tables.contract.settings import FILE as SETTINGS
from scrm_helpers.tables.contract.settings import Settings, day_of_analysis, read_settings
from scrm_helpers.tables.importing import mapping_file
from scrm_helpers.tables.importing.company_settings import added_settings, settings_text, unrated
from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.joining import import_receipt
from scrm_helpers.tables.importing.joining.derived_tables import MISSING, Completed, complete
from scrm_helpers.tables.importing.joining.joined_files import Joined, is_written, join_files
from scrm_helpers.tables.importing.vendor_profile import load_profiles
from scrm_helpers.tables.reading.delimited import read_csv
from scrm_helpers.tables.reading.files import ENDINGS, Origin, RawTable, read_bytes

_NOT_KEPT = ("borrowed", "displayed")


@dataclass(frozen=True)
class Imported:
    """What an import did, in words; and whether a file was refused or waits for an answer."""

    text: str
    faults: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)
    files: tuple[ImportedFile, ...] = ()


@dataclass(frozen=True)
class _Work:
    """Files understood and joined, before anything is written."""

    joined: Joined
    done: Completed
    receipt: dict[str, Any]
    entries: list[dict[str, Any]]
    as_of: str
    settings: Settings
    raw: bytes  # of the settings


def import_company(
    files: Sequence[Path], data: Path | None, mapping: Path | None, as_of: str | None, explain: bool
) -> Imported:
    """Import exports into a company folder, or only say what would be done."""
    day = "" if as_of is None else f"{day_of_analysis(as_of):%Y-%m-%d}"
    paths = [path for file in files for path in _plain_files(file)]
    if explain or data is None:
        there = OutputFolder(data, path_in_words(data), IMPORT, read_manifest(data) or Manifest()) if data else None
        work = _understood(paths, there if data and data.is_dir() else None, mapping, day)
        faults = _faults(work.joined.files)
        return Imported(_in_words(work, explain=True), faults, work.joined.said, tuple(work.joined.files))
    with owned(data, IMPORT, follows=(IMPORT,), company=True) as folder:
        work = _understood(paths, folder, mapping, day)
        said = _written(folder, work)
    last = f"The company folder is {data}: look at it with `scrm check {data}`."
    if not any(map(len, work.done.tables.values())):
        last = f"No table was written. {mapping_file.FILE} in {data} tells what is asked."
    text = f"{_in_words(work)}\n{last}"
    faults = (*_faults(work.joined.files), *unrated(work.done, work.settings))
    return Imported(text, faults, [*work.joined.said, *said, *folder.warnings], tuple(work.joined.files))


def files_in(folder: Path) -> list[Path]:
    """Exports that lie in a folder, by name; what the system hides is none."""
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _plain_files(path: Path) -> list[Path]:
    """A file, or the files of a folder."""
    found = files_in(path) if path.is_dir() else [path] * path.is_file()
    if found:
        return found
    fault = "holds no file" if path.is_dir() else "is not there"
    raise PlainError(f"The export {path_in_words(path)} {fault}: name the files that your systems exported.")


def _understood(paths: list[Path], folder: OutputFolder | None, mapping: Path | None, day: str) -> _Work:
    data = folder.path if folder else None
    names = sorted(one.name for one in data.iterdir()) if data else []
    settings, raw = read_settings(data, names) if data else (Settings(), b"")
    source = mapping or (data / mapping_file.FILE if mapping_file.FILE in names and data else None)
    written = b""
    if source and not source.exists():
        raise PlainError(f"The mapping {path_in_words(source)} is not there: correct --map, or leave it out.")
    if source:
        with told(f"The mapping {path_in_words(source)} cannot be read"):
            written = source.read_bytes()
    profiles = load_profiles(data)
    name = source.name if source else ""
    try:
        entries = mapping_file.read_mapping(written, name) if written else []
        mapping_file.check_entries(entries, profiles, written, name)
        files = [file for path in paths for file in import_file(path, profiles, entries, settings.timezone)]
        mapping_file.check_answers(files, entries, written, name)
    except CompanyRefused as refused:  # the mapping, which is not the company folder
        raise PlainError("\n".join(map(str, refused.messages))) from None
    suppressed = _own_table(data, "suppress")
    marks = suppressed.columns["customer_id"].to_pylist() if suppressed else []
    joined = join_files(files, _register(data, settings, day), [one for one in marks if one])
    joined.said += mapping_file.changed(joined.files, entries)
    open_ones = [(file, one) for file in joined.files if is_written(file) for one in file.questions]
    joined.said += [f"{escaped(file.file)}: {one.text}" for file, one in open_ones]
    add = not any(entry["answers"].get(MISSING) == "leave out" for entry in entries)
    currency = settings.currency if "currency" in settings.model_fields_set else "unknown"
    theirs = folder is not None and any(folder.fault(f"customers{ending}") for ending in ENDINGS)
    if theirs and "customers" not in joined.frames:
        joined.said.append("The customers in the folder are yours and stay; none are derived.")
    done = complete(joined, currency, add=add, theirs=theirs)
    joined.settle()
    receipt = import_receipt.receipt(joined, done, currency)
    return _Work(joined, done, receipt, entries, day or done.last_day, settings, raw)


def _register(data: Path | None, settings: Settings, day: str) -> dict[Field, str]:
    """Columns that the data register in the folder lets nobody keep."""
    raw = _own_table(data, "data_register")
    if raw is None:
        return {}
    on = pd.Timestamp(day or settings.as_of or "2199-12-31").as_unit("us")
    register = draft_of(raw, settings, on).kept()
    return {place: held for place, held in firmest(in_force(register, on)).items() if held in _NOT_KEPT}


def _own_table(data: Path | None, table: str) -> RawTable | None:
    """A table that the user put into the folder."""
    path = None if data is None else data / f"{table}.csv"
    if path is None or not path.is_file():
        return None
    origin = Origin(TABLES[table], path.name)
    content, sha256 = read_bytes(path, origin)
    return read_csv(content, origin, sha256)


def _written(folder: OutputFolder, work: _Work) -> list[str]:
    """Write what is new into the folder; the user's own settings and mapping are added to, never replaced."""
    said = []
    tables = {table: frame for table, frame in work.done.tables.items() if len(frame)}
    _refuse_lost(folder, work)
    for table in tables:
        others = [one for one in (f"{table}{ending}" for ending in ENDINGS) if one != f"{table}.csv"]
        if other := next((one for one in others if (folder.path / one).exists()), ""):
            raise PlainError(f"{folder.shown} holds {other} already, beside which {table}.csv would be a second table "
                             f"{table}: move one of them away. Nothing was written.")  # fmt: skip
    folder.refuse_foreign([f"{table}.csv" for table in tables] + [import_receipt.FILE])
    with folder.work() as place:
        stage = place / "out"
        stage.mkdir()
        for table, frame in tables.items():
            _write_table(stage / f"{table}.csv", frame)
        write_json(stage / import_receipt.FILE, work.receipt, PERSONAL)
        own = [name for name in (SETTINGS, mapping_file.FILE) if folder.fault(name)]
        if SETTINGS not in own and tables:
            write_whole(stage / SETTINGS, settings_text(work.done, work.as_of), PERSONAL)
        if mapping_file.FILE not in own:
            write_whole(stage / mapping_file.FILE, mapping_file.mapping_text(work.joined.files, work.entries), PERSONAL)
        hashes = "".join(sorted(file.sha256 for file in work.joined.files))
        entry = entry_of(work.as_of, hashlib.sha256(hashes.encode()).hexdigest(), {}, work.settings.sample)
        folder.publish(stage, entry)
    folder.warnings[:] = [line for line in folder.warnings if not line.startswith(tuple(own))]
    if SETTINGS in own and tables:
        text, line = added_settings(work.raw, work.settings, work.done, work.as_of)
        said += [line] if line else []
        if text:
            write_whole(folder.path / SETTINGS, text)
    if mapping_file.FILE in own:
        text, more = mapping_file.added_entries((folder.path / mapping_file.FILE).read_text("utf-8"), work.joined.files)
        write_whole(folder.path / mapping_file.FILE, text, PERSONAL)
        said += more
    return said


def _refuse_lost(folder: OutputFolder, work: _Work) -> None:
    """Refuse to write over tables of exports that are not given again: people are joined over all of them at once."""
    before = import_receipt.files_of(folder.path / import_receipt.FILE)
    now = {(file.file, file.sha256)[place] for file in work.joined.files for place in (0, 1)}
    lost = [name for name, sha256 in before if not {name, sha256} & now]
    if lost:
        raise PlainError(
            f"{folder.shown} holds an import of {listed([escaped(name) for name in lost])}, which is not given now "
            f"and would be lost: name {'it' if len(lost) == 1 else 'them'} too, or choose a new folder. "
            "Nothing was written."
        )


def _write_table(path: Path, frame: pd.DataFrame) -> None:
    import pyarrow as pa
    from pyarrow import csv

    table = pa.Table.from_pandas(frame.replace("", None), preserve_index=False)
    for quoting in ("none", "needed"):
        with path.open("wb") as file, suppress(pa.ArrowInvalid):  # a cell holds a separator, a quote or a line break
            path.chmod(PERSONAL)
            file.write(f"{','.join(table.column_names)}\n".encode())
            csv.write_csv(table, file, csv.WriteOptions(include_header=False, quoting_style=quoting))
            return


def _faults(files: Sequence[ImportedFile]) -> tuple[str, ...]:
    """Files of which nothing is written: refused, or waiting for an answer, with the lines to paste."""
    found = [f"{escaped(file.file)} is refused. {file.refused}" for file in files if file.refused]
    for file in [one for one in files if not one.refused and not is_written(one)]:
        name = escaped(file.file)
        todo = f"Write the answers into the entry `- file: {name}` of {mapping_file.FILE}, and import again:"
        lines = [f"{name}: nothing is written before it is answered. {todo}"]
        for one in file.questions:
            choices = f" One of: {listed(one.choices, 9)}." if one.choices else ""
            lines.append(f"{one.text}{choices} -> answers: {{{one.id}: }}")
        comments = [line for entry in file.mapping for line in entry.get("comments", ())]
        found.append("\n  ".join([*lines, *(line for line in comments if line.startswith("If all of this"))]))
    return tuple(found)


def _in_words(work: _Work, explain: bool = False) -> str:
    """What was recognised, read, kept and left out, file by file, and what the tables hold."""
    lines = []
    for file in work.joined.files:
        left = [f"{n:,} {reason}" for reason, n in sorted(file.left_out.items())]
        tables = ", ".join(file.tables) if is_written(file) else "nothing"
        lines.append(
            f"{escaped(file.file)}: {file.vendor}. {plural(file.rows_read, 'row')} read, {file.rows_kept:,} kept"
            f"{f', left out {listed(left, 99)}' if left else ''}. Gives {tables}."
        )
        if explain:
            heads = f"{file.encoding}, separator {file.separator or 'none'}, {plural(file.header_rows, 'header row')}"
            lines += [f"  {heads}", *(f"  {reason}" for reason in file.why)]
            lines += [f"  question {one.id}: {one.text}" for one in file.questions]
    for table, frame in work.done.tables.items():
        lines.append(f"{table}: {plural(len(frame), 'row')}")
        lines += [f"  {doubt}" for doubt in work.joined.doubts.get(table, ())]
    lines += [] if explain else [f"The last day seen is {work.done.last_day}."] * bool(work.done.last_day)
    return "\n".join(lines)
