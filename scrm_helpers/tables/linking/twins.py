"""Ids that look the same but are not, and ids that are a word for nothing: sought in every id column that counts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.kinds import Column
from scrm_helpers.tables.contract.receipts import counted, listed, quoted
from scrm_helpers.tables.values.identity import near_twins, plain_form, rows_of, says_nothing

_EXAMPLES = 5
_CAUSE = "they differ in case, spaces, invisible characters or zeros"


def check_ids(drafts: Mapping[str, Draft]) -> None:
    """Look through every id column for ids that count as several although they look like one."""
    for draft in drafts.values():
        for column in draft.declared.columns:
            if column.kind == "id" and draft.has(column.name):
                rows = _counted_here(drafts, draft, column)
                if rows.any():
                    _twins(draft, column.name, rows)
                    _nothing(draft, column.name, rows)


def _counted_here(drafts: Mapping[str, Draft], draft: Draft, column: Column) -> np.ndarray:
    """Rows whose id is not looked after where it is declared: a known customer is compared among the customers."""
    table, _, name = column.refers_to.partition(".")
    home = drafts.get(table)
    if home is None or home is draft or not home.has(name):
        return draft.keep
    if column.unknown in ("leave_out", "refuse"):
        return np.zeros(len(draft.keep), dtype=bool)
    return draft.keep & (rows_of(draft.frame[column.name], home.frame[name]) < 0)


def _twins(draft: Draft, column: str, rows: np.ndarray) -> None:
    groups = near_twins(draft.frame[column][rows])
    if not groups:
        return
    names = [name for group in groups for name in group]
    twins = draft.frame[column].isin(names).to_numpy() & rows
    shown = "; ".join(" / ".join(quoted(name) for name in group) for group in groups[:_EXAMPLES])
    shown += "; ..." if len(groups) > _EXAMPLES else ""
    what = f"{counted(len(groups), 'group')} of {column} that look the same ({shown}): {_CAUSE}"
    doubled = _same_otherwise(draft, column, twins) if draft.declared.repeats == "refuse" else np.zeros_like(twins)
    draft.find(
        doubled,
        f"{what}, and {{rows}} are the same in everything else.",
        f"One row is {draft.declared.row}; it would be counted twice.",
        "Remove the doubles, or mend the ids at their source.",
        column=column,
    )
    draft.find(
        twins & ~doubled,
        f"{what} ({{rows}}).",
        "They count as different ones; if they are one, what is counted by them is counted twice or split.",
        "Nothing, if they are different; else mend the ids at their source.",
        column=column,
        level="warning",
    )


def _same_otherwise(draft: Draft, column: str, twins: np.ndarray) -> np.ndarray:
    """Rows among the twins that another one repeats in every other column."""
    part = draft.frame[twins].copy()
    part[column] = plain_form(part[column]).to_pandas().to_numpy()
    same = np.zeros(len(twins), dtype=bool)
    same[twins] = part.duplicated(keep=False).to_numpy()
    return same


def _nothing(draft: Draft, column: str, rows: np.ndarray) -> None:
    import pyarrow as pa

    ids = draft.frame[column]
    found = says_nothing(pa.array(ids, pa.large_string())) & rows
    words = list(ids[found].unique())
    if words:
        draft.find(
            found,
            f"{{rows}} whose {column} is {listed([quoted(word) for word in words])}, a word for nothing.",
            "It counts as one id like any other, and all these rows would be of one.",
            "Nothing, if it is a real id; else empty the cells.",
            column=column,
            level="warning",
        )
