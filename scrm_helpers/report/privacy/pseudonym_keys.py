"""Keyed pseudonyms of people, where their key is kept, and the way back for who holds it and the data."""

import base64
import hashlib
import hmac
import html
import io
import os
import re
import secrets
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

import scrm_helpers
from scrm_helpers.answers.numbers import plural
from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words, told
from scrm_helpers.report.privacy.leaks import named_in
from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes
from scrm_helpers.report.whole_files import PERSONAL, read_manifest, write_whole
from scrm_helpers.tables.contract.settings import HOW, VARIABLE_MARK, Settings, found_from, read_settings
from scrm_helpers.tables.pipeline import read_raw

KEY_VARIABLE = "SCRM_PSEUDONYM_KEY"
KEY_BYTES = 32
LENGTH = 12
MARK = "P"  # a pseudonym is never taken for a number or a formula
_NEW_KEY = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
_SAMPLE_KEY = hashlib.sha256(b"the sample company hides nobody").digest()


def pseudonyms(ids: Iterable[str], key: bytes) -> pd.Series:
    """Replace ids by keyed, irreversible pseudonyms; where two people would share one, refuse."""
    listed = pd.Series(list(ids), dtype="str")
    drawn = {one: hmac.digest(key, one.encode("utf-8"), "sha256") for one in listed.unique().tolist()}
    known = {one: MARK + base64.b32encode(d).decode("ascii").lower()[: LENGTH - len(MARK)] for one, d in drawn.items()}
    if len(set(known.values())) < len(known):
        raise ValueError("Two ids would share a pseudonym: use another pseudonym key.")
    return listed.map(known).astype("str")


def key_in_words(settings: Settings) -> str:
    """Say in the report how persons appear in it, and under whose key."""
    said = "Persons appear only as pseudonyms"
    if settings.pseudonym_key:
        said += ", made with the key that company.yaml or --key names"
    elif not settings.sample:
        said += ", made with the key of whoever ran this, because company.yaml names none (pseudonym_key)"
    return f"{said}; small groups are hidden."


def with_key(settings: Settings, named: str | None, *never_in: Path) -> Settings:
    """Take the key of pseudonyms from where an option names it, which is in none of these folders."""
    if named is None:
        return settings
    try:
        there = not named.startswith(VARIABLE_MARK) and Path(named).is_file()
    except (OSError, ValueError):
        there = False
    place = found_from(str(Path(named).resolve()) if there else named, *never_in)
    return settings.model_copy(update={"pseudonym_key": place})


def pseudonym_key(settings: Settings) -> bytes:
    """Return the secret that turns ids of a company into pseudonyms."""
    if settings.sample and not settings.pseudonym_key:
        return _SAMPLE_KEY
    if named := settings.pseudonym_key or f"{VARIABLE_MARK}{KEY_VARIABLE}" * (KEY_VARIABLE in os.environ):
        return _named_key(named)
    path = _settings_folder() / "scrm" / "pseudonym.key"
    try:
        if not path.exists():
            _make_key(path)
        text = path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise _no_place(f"{path_in_words(path.parent)}: {system_words(error)}") from None
    return _parsed(text, "the key file in your configuration folder")


def _named_key(named: str) -> bytes:
    """Read the key that was named; what was named may be the secret itself, so it is never repeated."""
    if named.startswith(VARIABLE_MARK):
        variable = named.removeprefix(VARIABLE_MARK)
        if variable not in os.environ:
            raise PlainError(f"The environment variable {variable}, which is to hold the pseudonym key, is not set.")
        return _parsed(os.environ[variable], f"the environment variable {variable}")
    kit, said = Path(scrm_helpers.__file__).resolve().parents[1], "The file named for the pseudonym key"
    with told(f"{said} cannot be read", f"{HOW}."):
        if Path(named).resolve().is_relative_to(kit):
            raise PlainError(f"{said} lies in the folder of the kit, which others may get: keep it elsewhere.")
        content = Path(named).read_bytes()
    if not content.isascii() and KEY_BYTES <= len(content) <= 10_000:
        return content  # drawn as bytes, not written as digits
    return _parsed(content[:10_000].decode("ascii", "replace"), "the file named for it")


def _settings_folder() -> Path:
    """The user's own folder for settings; without one a key would come to lie wherever the command is run."""
    given = os.environ.get("XDG_CONFIG_HOME")
    try:
        folder = Path(given) if given else Path.home() / ".config"
    except RuntimeError:
        folder = Path()
    if not folder.is_absolute() or (not given and os.environ.get("HOME") == ""):
        raise _no_place("your configuration folder: HOME and XDG_CONFIG_HOME name none")
    return folder


def _make_key(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    except OSError:  # half a key would be refused ever after
        path.unlink(missing_ok=True)
        raise


def _no_place(where: str) -> PlainError:
    return PlainError(
        f"The key that turns ids of customers into pseudonyms cannot be kept in {where}. Let HOME name a folder that "
        f"you may write to, or put a key into the environment variable {KEY_VARIABLE}: {_NEW_KEY}"
    )


def _parsed(text: str, where: str) -> bytes:
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise PlainError(
            f"The pseudonym key in {where} is not {KEY_BYTES} bytes or more of hexadecimal digits; short keys can be "
            f"guessed. Make one with: {_NEW_KEY}"
        )
    return key


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
