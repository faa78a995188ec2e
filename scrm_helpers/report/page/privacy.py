"""Pseudonyms: reports and action lists never carry a company's own ids."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words

KEY_VARIABLE = "SCRM_PSEUDONYM_KEY"
KEY_BYTES = 32
LENGTH = 16
_NEW_KEY = "python3 -c 'import secrets; print(secrets.token_hex(32))'"
_SAMPLE_KEY = hashlib.sha256(b"the sample company hides nobody").digest()


def pseudonym_key(is_sample: bool = False) -> bytes:
    """Return the secret that turns ids into pseudonyms."""
    if is_sample:
        return _SAMPLE_KEY
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        return _parsed(given, f"the environment variable {KEY_VARIABLE}")
    path = _settings_folder() / "scrm" / "pseudonym.key"
    try:
        if not path.exists():
            _make_key(path)
        text = path.read_bytes().decode("ascii", "replace")
    except OSError as error:
        raise _no_place(f"{path_in_words(path.parent)}: {system_words(error)}") from None
    return _parsed(text, "the key file in your configuration folder")


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


def pseudonyms(ids: Iterable[str], key: bytes) -> pd.Series:
    """Replace ids by keyed, irreversible pseudonyms."""
    listed = pd.Series(list(ids), dtype="str")
    known = {
        one: "P" + hmac.digest(key, one.encode("utf-8"), "sha256").hex()[: LENGTH - 1]
        for one in listed.unique().tolist()
    }
    if len(set(known.values())) < len(known):
        raise ValueError("Two ids would share a pseudonym: use another pseudonym key.")
    return listed.map(known).astype("str")


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
