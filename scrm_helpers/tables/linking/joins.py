"""Joins that find little or nothing, ids that name their own row, and ids outside that look like former customers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.declarations import TABLES, Column
from scrm_helpers.tables.contract.messages import counted
from scrm_helpers.tables.linking.aliases import CUSTOMER
from scrm_helpers.tables.linking.causes import examples, holds_a_known, likely_cause
from scrm_helpers.tables.values.identity import forms, rows_of

Drafts = Mapping[str, Draft]
_FEWEST = 3
_LITTLE = 0.05
_STAFF = ("employee", "brand", "partner")
_TO_MEND = (
    "Write the ids in one way in both tables; former ids of customers go into aliases.csv "
    "(old_id, customer_id), which every table follows."
)


def check_joins(drafts: Drafts) -> frozenset[tuple[str, str]]:
    """Check every column that refers to another table, as the contract says; return those that find little."""
    little = set()
    for name, draft in drafts.items():
        for column in TABLES[name].columns:
            table, _, key = column.refers_to.partition(".")
            if table == name and draft.has(column.name, key):
                _own_row(draft, column, key)
                continue
            there = table in drafts and draft.has(column.name) and drafts[table].has(key)
            # Rows that are left out as unknown are looked after where that is done.
            if there and column.unknown != "leave_out" and _finds_little(draft, column, drafts[table], key):
                little.add((name, column.name))
    earners = list(_earners(drafts))
    if earners and "customers" in drafts:
        _former(drafts, earners)
    return frozenset(little)


def _own_row(draft: Draft, column: Column, key: str) -> None:
    same = draft.frame[column.name] == draft.frame[key]
    draft.blank(
        same.to_numpy(dtype=bool, na_value=False),
        f"{column.name} is the row itself",
        f"{{rows}} whose {column.name} is their own {key}, such as {{example}}.",
        "Nothing answers or serves itself.",
        f"Correct {column.name}. The cells count as blank.",
        column=column.name,
    )


def _meant(draft: Draft, column: Column) -> np.ndarray:
    """Rows whose id should be found: staff are no customers, and whoever was referred is one once they bought."""
    rows = draft.keep & draft.frame[column.name].notna().to_numpy()
    if column.name == "author_id" and draft.has("author_role"):
        rows &= ~draft.frame["author_role"].isin(_STAFF).to_numpy()
    if column.name == "referred_id" and draft.has("converted_on"):
        rows &= draft.frame["converted_on"].notna().to_numpy()
    return rows


def _finds_little(draft: Draft, column: Column, home: Draft, key: str) -> bool:
    rows, known = _meant(draft, column), home.frame[key].dropna().drop_duplicates()
    n_rows = int(rows.sum())
    if n_rows < _FEWEST or known.empty:
        return False
    strange = rows & (rows_of(draft.frame[column.name], known) < 0)
    if n_rows - strange.sum() > _LITTLE * n_rows:
        return False
    ids, all_ids = (draft.frame.loc[where, column.name].drop_duplicates() for where in (strange, rows))
    if len(all_ids) < _FEWEST or len(all_ids) - len(ids) > _LITTLE * len(all_ids):
        return False
    mails = home.frame.loc[known.index, "email"] if home.has("email") else None
    cause = likely_cause(ids, known, mails)
    found = "None" if len(ids) == len(all_ids) else f"Only {len(all_ids) - len(ids):,}"
    draft.find(
        strange,
        f"{found} of {len(all_ids):,} different {column.name} {'are' if found != 'None' else 'is'} in "
        f"{home.declared.name}: {examples(ids, known)}{f'; likely cause: {cause}' if cause else ''}.",
        f"What {draft.declared.name} tells is joined to nothing in {home.declared.name}; that is not the same as "
        "nothing having happened.",
        _TO_MEND
        if column.refers_to == CUSTOMER
        else f"Write the names in one way in both tables, or add them to {home.declared.name}.",
        column=column.name,
        level="warning",
    )
    return True


def _former(drafts: Drafts, earners: list[tuple[Draft, str]]) -> None:
    """Ids outside that earn value and have the form of a customer's id, or orders of their own: former customers?"""
    people = drafts["customers"]
    known = people.frame["customer_id"].dropna()
    form = forms(known.iloc[:: max(len(known) // 1000, 1)]).mode()
    letters = len(form) and any(letter not in "9" for letter in form.iloc[0])
    buyers = _unknown_buyers(drafts, known)
    for draft, column in earners:
        ids = draft.frame[column]
        outside = draft.keep & ids.notna().to_numpy() & (rows_of(ids, known) < 0)
        if not outside.any() or outside.sum() >= (1 - _LITTLE) * (draft.keep & ids.notna().to_numpy()).sum():
            continue  # a join that finds nothing is said as such
        different = ids[outside].drop_duplicates()
        alike = rows_of(different, buyers) >= 0
        if letters:
            alike |= (forms(different) == form.iloc[0]).to_numpy() | holds_a_known(different, known)
        if not alike.any():
            continue
        former = different[alike]
        draft.find(
            outside & ids.isin(former).to_numpy(),
            f"{counted(len(former), 'id')} that {'is' if len(former) == 1 else 'are'} not in customers but "
            f"{'looks' if len(former) == 1 else 'look'} like a customer's, such as {{example}} ({{rows}}): "
            f"{examples(former, known)}.",
            "Ids of former customers, or of contacts that were merged, count as people outside: their value is taken "
            "from the customers' and given to nobody known.",
            _TO_MEND,
            column=column,
            level="warning",
        )


def _earners(drafts: Drafts) -> Iterator[tuple[Draft, str]]:
    for table, column in (("referrals", "referrer_id"), ("ideas", "contributor_id")):
        if table in drafts and drafts[table].has(column):
            yield drafts[table], column


def _unknown_buyers(drafts: Drafts, known: pd.Series) -> pd.Series:
    if "transactions" not in drafts or not drafts["transactions"].has("customer_id"):
        return known.iloc[:0]
    orders = drafts["transactions"]
    buyers = orders.frame["customer_id"][~orders.keep].dropna().drop_duplicates()
    return buyers[rows_of(buyers, known) < 0]
