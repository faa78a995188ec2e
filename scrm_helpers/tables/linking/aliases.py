"""Former ids: after contacts were merged, one table says which customer an old id is, and every table follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.values.identity import rows_of

CUSTOMER = "customers.customer_id"


def customer_columns(drafts: Mapping[str, Draft]) -> Iterator[tuple[Draft, str]]:
    """Every column at hand that names customers, as the contract declares it."""
    for name, draft in drafts.items():
        for column in TABLES[name].columns:
            if column.refers_to == CUSTOMER and draft.has(column.name):
                yield draft, column.name


def apply_aliases(drafts: Mapping[str, Draft]) -> None:
    """Put the customer's id in the place of a former one, in every column that names customers; counted in receipts."""
    if "aliases" not in drafts or "customers" not in drafts:
        return
    aliases, people = drafts["aliases"], drafts["customers"]
    if not (aliases.has("old_id", "customer_id") and people.has("customer_id")):
        return
    _still_customers(aliases, people)
    last = _ends(aliases)
    _lead_nowhere(aliases, people, last)
    old, new = aliases.frame["old_id"][aliases.keep], last[aliases.keep]
    if old.duplicated().any():
        return  # refused already: nobody can tell who it is
    for draft, column in customer_columns(drafts):
        found = rows_of(draft.frame[column], old)
        known = found >= 0
        if known.any():
            values = draft.frame[column].copy()
            values[known] = new.to_numpy()[found[known]]
            draft.frame[column] = values
            draft.renamed[column] = int(known.sum())


def _still_customers(aliases: Draft, people: Draft) -> None:
    aliases.leave_out(
        rows_of(aliases.frame["old_id"], people.frame["customer_id"]) >= 0,
        "old id is a customer",
        "{rows} whose old_id is still in customers, such as {example}.",
        "Nobody can tell whether the two are one person: rows of a customer are not given to another one.",
        "Remove the old row from customers if they are one person, else the row from aliases. "
        "These aliases are not applied.",
        column="old_id",
    )


def _ends(aliases: Draft) -> pd.Series:
    """The last id of each chain of aliases; rows that lead into a circle are left out."""
    old, new = aliases.frame["old_id"], aliases.frame["customer_id"]
    usable = aliases.keep & old.notna().to_numpy() & new.notna().to_numpy()
    step = np.where(usable, rows_of(new, old.where(usable)), -1)
    end = np.where(step < 0, np.arange(len(old)), step)
    for _ in range(max(len(old), 2).bit_length()):  # each round doubles the steps followed
        end = end[end]
    aliases.leave_out(
        step[end] >= 0,
        "circle of aliases",
        "{rows} lead into a circle of aliases, such as {example}.",
        "Each id stands for the next and none for a customer.",
        "Name the customer's id of today in customer_id. These aliases are not applied.",
        column="old_id",
    )
    return new.iloc[end].set_axis(new.index)


def _lead_nowhere(aliases: Draft, people: Draft, last: pd.Series) -> None:
    aliases.leave_out(
        last.notna().to_numpy() & (rows_of(last, people.frame["customer_id"]) < 0),
        "alias of nobody",
        "{rows} lead to an id that is not in customers, such as {example}.",
        "What stands under the old id would belong to nobody known.",
        "Correct the id, or complete the customers. These aliases are not applied.",
        column="customer_id",
    )
