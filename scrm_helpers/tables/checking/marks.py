"""Marks of another country among the rest: 1.234 may be meant as 1,234."""

from __future__ import annotations

import numpy as np

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.declarations import Column
from scrm_helpers.tables.values.typed_values import Converted

_FEW = 0.05


def check_marks(draft: Draft, column: Column, found: Converted, decimal: str) -> None:
    """Warn of a few numbers with exactly three decimals among numbers with at most two."""
    import pyarrow.compute as pc

    if found.words is None or found.positions is None or column.kind not in ("money", "number", "share"):
        return
    finer = pc.match_substring_regex(found.words, rf"\{decimal}\d{{3}}").to_numpy(zero_copy_only=False)
    if not finer.any():
        return
    three = pc.match_substring_regex(found.words, rf"^ *[+-]?[1-9]\d{{0,2}}\{decimal}\d{{3}} *$")
    if (finer & ~three.to_numpy(zero_copy_only=False)).any():
        return
    rows = finer[found.positions] & ~found.blank
    if rows.sum() > max(_FEW * np.sum(~found.blank), 1):
        return
    draft.find(
        rows,
        f"{{rows}} whose {column.name} has three decimals while no other has more than two, such as {{example}}.",
        f"In other countries the {'point' if decimal == '.' else 'comma'} marks thousands: it may be meant a thousand "
        "times as large.",
        "Nothing, if three decimals are meant; else write the number without a mark for thousands.",
        column=column.name,
        level="warning",
    )
