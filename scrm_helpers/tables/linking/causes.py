"""Why ids of one table are not found in another: something in front or behind, case, zeros, mail addresses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.contract.messages import listed, quoted
from scrm_helpers.tables.values.identity import plain_form, rows_of

_SOME, _MANY = 1000, 5000
_LONGEST = 12
_ENOUGH = 0.1


def likely_cause(strange: pd.Series, known: pd.Series, mails: pd.Series | None = None, *, guess: bool = True) -> str:
    """Say in words how most of the strange ids would be found among the known ones; empty when nothing fits."""
    if known.isna().all():
        return ""  # where nobody is known, nobody is alike
    some, n = strange.iloc[:: max(len(strange) // _SOME, 1)], len(strange)
    of = f"{len(some):,}" if len(some) == n else f"{len(some):,} that were tried"
    forms = _text(plain_form(known))
    tries = [
        ("apart from case, spaces, invisible characters and leading zeros", some, _at(_text(plain_form(some)), forms)),
        *_shortened(some, forms),
        *_lengthened(some, known, forms),
    ]
    if mails is not None:
        tries.append(("in the column email", some, rows_of(some.str.strip().str.lower(), mails.str.lower())))
    words, ids, where = max(tries, key=lambda attempt: int((attempt[2] >= 0).sum()))
    hits = np.flatnonzero(where >= 0)
    if len(hits) and (len(hits) >= _ENOUGH * len(some) or len(hits) >= _SOME // 20 or where is tries[0][2]):
        return (
            f"{words}, {len(hits):,} of {of} would be found ({quoted(ids.iloc[hits[0]])} like "
            f"{quoted(known.iloc[where[hits[0]]])})"
        )
    if some.str.contains("@", regex=False).mean() > 0.5 > known.head(_SOME).str.contains("@", regex=False).mean():
        return "these are mail addresses, those are not"
    return _same_digits(some, known) if guess else ""


def examples(strange: pd.Series, known: pd.Series) -> str:
    """Two ids of either side."""
    here, there = ([quoted(x) for x in ids.head(2)] for ids in (strange, known))
    return f"here {listed(here)}, there {listed(there)}"


def holds_a_known(strange: pd.Series, known: pd.Series) -> np.ndarray:
    """Which ids are a known one with a piece in front or behind; nothing is said of very many ids."""
    found = np.zeros(len(strange), dtype=bool)
    if len(strange) <= _MANY:
        forms = _text(plain_form(known))
        for front in (True, False):
            where = _at(_text(plain_form(pd.concat(_cut(strange, front)[1], ignore_index=True))), forms)
            found |= (where >= 0).reshape(_LONGEST, len(strange)).any(axis=0)
    return found


def _cut(some: pd.Series, front: bool) -> tuple[list[pd.Series], list[pd.Series]]:
    """Pieces of one to twelve letters from one end of the ids, and what is left."""
    sizes = range(1, _LONGEST + 1)
    rest = [some.str[size:] if front else some.str[:-size] for size in sizes]
    pieces = [some.str[:size] if front else some.str[-size:] for size in sizes]
    return [piece.where(left != "") for piece, left in zip(pieces, rest, strict=True)], rest


def _text(cells: Any) -> pd.Series:
    return pd.Series(cells, dtype="str")


def _at(forms: pd.Series, known: pd.Series) -> np.ndarray:
    return rows_of(forms.where(forms != ""), known)


def _shortened(some: pd.Series, forms: pd.Series) -> list[tuple[str, pd.Series, np.ndarray]]:
    """The piece in front (or behind) without which most of the strange ids are known."""
    found = []
    for side in ("in front", "behind"):
        pieces, rest = _cut(some, side == "in front")
        where = _at(_text(plain_form(pd.concat(rest, ignore_index=True))), forms)
        cut = pd.concat(pieces, ignore_index=True)
        hits = cut[(where >= 0) & cut.notna().to_numpy()]
        if len(hits):
            piece = hits.mode().iloc[0]
            matched = np.where(cut == piece, where, -1).reshape(_LONGEST, len(some)).max(axis=0)
            found.append((f"without {quoted(piece)} {side}", some, matched))
    return found


def _lengthened(some: pd.Series, known: pd.Series, forms: pd.Series) -> list[tuple[str, pd.Series, np.ndarray]]:
    """The pieces that most known ids share in front or behind, put before or after the strange ids."""
    few = known.iloc[:: max(len(known) // _SOME, 1)]
    words, longer = [], []
    for size in range(1, _LONGEST + 1):
        for front in (True, False):
            counts = (few.str[:size] if front else few.str[-size:]).value_counts()
            if counts.iloc[0] > len(few) / 2:
                piece = counts.index[0]
                words.append(f"with {quoted(piece)} {'in front' if front else 'behind'}")
                longer.append(piece + some if front else some + piece)
    if not words:
        return []
    where = _at(_text(plain_form(pd.concat(longer, ignore_index=True))), forms).reshape(len(words), len(some))
    return [(said, some, found) for said, found in zip(words, where, strict=True)]


def _same_digits(some: pd.Series, known: pd.Series) -> str:
    digits = _text(some.str.replace(r"\D", "", regex=True).str.lstrip("0"))
    there = known.str.replace(r"\D", "", regex=True).str.lstrip("0")
    where = _at(digits, there)
    hits = np.flatnonzero(where >= 0)
    if len(hits) < len(some) / 2:
        return ""
    return (
        f"only the digits of {len(hits):,} of {len(some):,} agree ({quoted(some.iloc[hits[0]])} with "
        f"{quoted(known.iloc[where[hits[0]]])}): they may come from another system"
    )
