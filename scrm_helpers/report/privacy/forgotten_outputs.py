"""Take a person out of what earlier runs wrote: lists, workbooks, networks, receipts and pages."""

import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from scrm_helpers.answers.refusal import PlainError, path_in_words
from scrm_helpers.report.output_folder import owned
from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, pseudonyms, with_key
from scrm_helpers.report.safe_sheets import workbook_bytes
from scrm_helpers.report.whole_files import BATCH, CHECK, RUN, write_whole
from scrm_helpers.tables.contract.settings import read_settings
from scrm_helpers.tables.reading.files import MANIFEST

GONE = "forgotten"


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
    with owned(out, RUN, follows=(RUN, CHECK, BATCH), data=data) as folder:
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
        kept = [row for row in rows if not _cells(row) & {*hidden}]
        return b"".join(kept), len(rows) - len(kept)
    if name.endswith("check.json"):
        counter: list[int] = []
        return (json.dumps(_told(json.loads(text), hidden, counter), indent=2, sort_keys=True) + "\n").encode(), len(
            counter
        )
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


def _cells(record: bytes) -> set[str]:
    """Cells of a record, without the mark that keeps one from being a formula."""
    read = csv.reader(io.StringIO(record.decode("utf-8"), newline=""))
    return {cell.removeprefix("'") for row in read for cell in row}


def _told(value: Any, hidden: Collection[str], counter: list[int]) -> Any:
    """JSON without a person: neither as the key of an amount nor as an example in a sentence."""
    if isinstance(value, dict):
        counter += [1 for key in value if key in hidden]
        return {key: _told(part, hidden, counter) for key, part in value.items() if key not in hidden}
    if isinstance(value, list):
        return [_told(part, hidden, counter) for part in value]
    for name in _named_in(value, hidden):
        value, n = re.subn(re.escape(f"'{name}'"), f"'{GONE}'", value)
        counter += [1] * n
    return value


def _named_in(value: object, hidden: Iterable[str]) -> list[str]:
    return [name for name in hidden if isinstance(value, str) and f"'{name}'" in value]
