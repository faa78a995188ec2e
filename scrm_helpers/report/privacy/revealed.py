"""The way back from pseudonyms to ids, for who holds the key and the data; the copy never lies in an output folder."""

import html
import io
import re
from pathlib import Path

import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words
from scrm_helpers.report.privacy.leaks import named_in
from scrm_helpers.report.privacy.pseudonym_keys import LENGTH, MARK, pseudonym_key, pseudonyms, with_key
from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes
from scrm_helpers.report.whole_files import PERSONAL, read_manifest, write_whole
from scrm_helpers.tables.contract.settings import read_settings
from scrm_helpers.tables.pipeline import read_raw

ID = "customer_id"
PSEUDONYM = re.compile(rf"\b{MARK}[a-z2-7]{{{LENGTH - len(MARK)}}}\b")


def write_revealed(file: Path, data: Path, key: str | None, target: Path) -> str:
    """Write a copy of a list in which ids stand beside pseudonyms, or in their place, and say what it holds."""
    ids = sorted({one for cell in named_in(read_raw(data)) for one in (cell, cell.strip())})
    settings, _ = read_settings(data, [path.name for path in data.iterdir()])
    known = dict(zip(pseudonyms(ids, pseudonym_key(with_key(settings, key, data))), ids, strict=True))
    place = target.resolve()
    if any(read_manifest(folder) is not None for folder in place.parents):
        raise PlainError(f"{path_in_words(target)} would lie in a folder of the kit, which is passed on: name another.")
    if target.exists() or target.is_symlink():
        raise PlainError(f"{path_in_words(target)} is there already: name another file.")
    try:
        content = file.read_bytes()
        revealed, found = _revealed(content, file, known)
        unknown = len(found - known.keys())
        if unknown == len(found):
            told = "holds no pseudonym" if not found else f"holds {plural(len(found), 'pseudonym')} of nobody in DATA"
            raise PlainError(
                f"{path_in_words(file)} {told}. A pseudonym is found again with the key and the data it was made from: "
                "after a change of the key lists of before stay as they are."
            )
        write_whole(target, revealed, PERSONAL)
    except OSError as error:
        raise PlainError(f"{path_in_words(error.filename or file)}: {system_words(error)}.") from None
    left = f" {plural(unknown, 'pseudonym is', 'pseudonyms are')} of nobody in DATA." if unknown else ""
    return (
        f"{path_in_words(target)} names {plural(len(found) - unknown, 'person', 'people')} by id: for you alone.{left}"
    )


def _revealed(content: bytes, file: Path, known: dict[str, str]) -> tuple[bytes, set[str]]:
    """The copy of a list, and all pseudonyms in it."""
    match file.suffix.lower():
        case ".csv":
            frame = pd.read_csv(io.BytesIO(content), dtype="str", keep_default_na=False)
            return csv_bytes(_beside(frame, known)), _in(frame)
        case ".xlsx":
            sheets = pd.read_excel(io.BytesIO(content), sheet_name=None, engine="calamine")
            found = set().union(*map(_in, sheets.values()))
            return workbook_bytes({name: _beside(frame, known) for name, frame in sheets.items()}), found
        case ".gexf":
            text = content.decode("utf-8")
            named = PSEUDONYM.sub(lambda one: html.escape(known.get(one.group(), one.group())), text)
            return named.encode("utf-8"), set(PSEUDONYM.findall(text))
    raise PlainError(f"{path_in_words(file)} is no list of persons: give an actions file or the network (.gexf).")


def _in(frame: pd.DataFrame) -> set[str]:
    return {one for name in frame for one in PSEUDONYM.findall(" ".join(map(str, frame[name])))}


def _beside(frame: pd.DataFrame, known: dict[str, str]) -> pd.DataFrame:
    """Put a column of ids before the first column of pseudonyms; a list without one stays as it is."""
    for place, name in enumerate(frame):
        ids = frame[name].map(known)
        if ids.notna().any():
            frame.insert(place, ID, ids.fillna(""), allow_duplicates=True)
            break
    return frame
