"""Pseudonyms: reports and action lists never carry a company's own ids."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

KEY_VARIABLE = "SCRM_PSEUDONYM_KEY"
KEY_BYTES = 32
LENGTH = 16
_SAMPLE_KEY = hashlib.sha256(b"the sample company hides nobody").digest()


def pseudonym_key(is_sample: bool = False) -> bytes:
    """Return the secret that turns ids into pseudonyms.

    The environment variable ``SCRM_PSEUDONYM_KEY`` (hexadecimal, 32 bytes or more) wins; else a key file in the
    user's configuration folder is used and made on first use, outside the project, readable by its owner only.
    The sample company has a fixed key, because its pseudonyms protect nobody and its report must be reproducible.

    Parameters
    ----------
    is_sample : bool
        Whether the company is synthetic.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        When the environment variable is not hexadecimal or too short.

    Notes
    -----
    The same key makes runs comparable; a new key breaks the comparison with earlier action lists.
    """
    if is_sample:
        return _SAMPLE_KEY
    given = os.environ.get(KEY_VARIABLE)
    if given is not None:
        return _parsed(given, f"the environment variable {KEY_VARIABLE}")
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "scrm"
    path = folder / "pseudonym.key"
    if not path.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(KEY_BYTES))
    return _parsed(path.read_text(encoding="ascii"), "the key file in your configuration folder")


def pseudonyms(ids: Iterable[str], key: bytes) -> pd.Series:
    """Replace ids by keyed, irreversible pseudonyms.

    Parameters
    ----------
    ids : iterable of str
        Ids as they stand in the tables; equal ids give equal pseudonyms.
    key : bytes
        Secret from :func:`pseudonym_key`.

    Returns
    -------
    pandas.Series of str
        HMAC-SHA-256 cut to 16 characters: a million people hardly share one; in the order given.

    Raises
    ------
    ValueError
        When two different ids would share a pseudonym.

    Examples
    --------
    >>> pseudonyms(["C1", "C2", "C1"], b"k" * 32).nunique()
    2
    """
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
        raise ValueError(
            f"The pseudonym key in {where} is not {KEY_BYTES} bytes or more of hexadecimal digits; short keys can be "
            "guessed. Make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return key
