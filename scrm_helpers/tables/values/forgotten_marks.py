"""The mark that stays of somebody who was forgotten: salted and hashed, so that the id is known when it comes back."""

import hashlib
import secrets
from collections.abc import Iterable

import numpy as np
import pandas as pd

PREFIX = "forgotten:"


def as_compared(name: object) -> str:
    """An id or a mail address as it is compared: of a mail the case does not count."""
    text = "" if name is None else str(name).strip()
    return text.lower() if "@" in text else text


def mark_of(name: str, salt: str) -> str:
    """The mark of an id or a mail address."""
    return f"{PREFIX}{salt}:{hashlib.sha256(f'{salt} {as_compared(name)}'.encode()).hexdigest()[:32]}"


def salts_of(marks: Iterable[str]) -> set[str]:
    """The salts of known marks."""
    return {one.split(":")[1] for one in marks if one.startswith(PREFIX) and one.count(":") == 2}


def new_salt(marks: Iterable[str]) -> str:
    """One salt for a folder: that of its marks, or a new one."""
    return min(salts_of(marks), default=secrets.token_hex(8))


def is_marked(names: pd.Series | pd.Index, marks: Iterable[str]) -> np.ndarray:
    """Which ids or mail addresses are those of somebody forgotten."""
    known = set(marks)
    salts = salts_of(known)
    different = names.dropna().unique().tolist() if salts else []
    gone = [one for one in different if any(mark_of(str(one), salt) in known for salt in salts)]
    return np.asarray(names.isin(gone))
