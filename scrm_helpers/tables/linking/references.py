"""Ids that are not where the contract says they should be: one rule for every column that refers to a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.accepted_words import LEDGER_KIND
from scrm_helpers.tables.contract.kinds import Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.linking.aliases import CUSTOMER
from scrm_helpers.tables.linking.joins import examples, likely_cause
from scrm_helpers.tables.values.identity import plain_form, rows_of

Drafts = Mapping[str, Draft]


def check_must_be_known(drafts: Drafts) -> None:
    """Act on unknown ids where their rows cannot stay; findings go into the drafts."""
    for draft, column, home in _references(drafts):
        if column.unknown in ("leave_out", "refuse"):
            _left_out_there(draft, column, home)
            _unknown(draft, column, home)


def check_may_be_unknown(drafts: Drafts, said: frozenset[tuple[str, str]]) -> None:
    """Say which ids are unknown, or look like a customer's, unless it is said that the column finds little."""
    for draft, column, home in _references(drafts):
        if (draft.declared.name, column.name) in said or column.unknown in ("leave_out", "refuse"):
            continue
        if column.refers_to == CUSTOMER:
            _look_alikes(draft, column, home)
        if column.unknown == "warn":
            _unknown(draft, column, home)


def _references(drafts: Drafts) -> Iterator[tuple[Draft, Column, Draft]]:
    for draft in drafts.values():
        for column in draft.declared.columns:
            table, _, key = column.refers_to.partition(".")
            if table in drafts and draft.has(column.name) and drafts[table].has(key):
                yield draft, column, drafts[table]


def _ids(column: Column, home: Draft, kept: bool = False) -> pd.Series:
    ids: pd.Series = (home.kept() if kept else home.frame)[column.refers_to.partition(".")[2]]
    return ids


def _missing(draft: Draft, column: Column, known: pd.Series) -> np.ndarray:
    ids = draft.frame[column.name]
    found: np.ndarray = draft.keep & ids.notna().to_numpy() & (rows_of(ids, known) < 0)
    return found


def _noun(column: Column) -> str:
    return column.refers_to.partition(".")[2].removesuffix("_id")


def _harm(draft: Draft, column: Column, rows: np.ndarray) -> str:
    """What is lost with rows of nobody known: the money in them, where a row is money."""
    noun = _noun(column)
    money = next((one.name for one in draft.declared.columns if one.kind == "money" and one.required), None)
    if money is None:
        return f"Whose {noun} they are cannot be known: nothing can be set beside them."
    total = draft.frame[money][rows].sum()
    return f"{total:,.2f} in all belong to no known {noun}: every total is lower by that much."


def _left_out_there(draft: Draft, column: Column, home: Draft) -> None:
    if home.keep.all():
        return
    rows = _missing(draft, column, _ids(column, home, kept=True)) & ~_missing(draft, column, _ids(column, home))
    table = home.declared.name
    draft.leave_out(
        rows,
        f"{_noun(column)} left out",
        f"{{rows}} of {table} who are left out themselves, such as {{example}}."
        if column.refers_to == CUSTOMER
        else f"{{rows}} of {table} that are left out themselves, such as {{example}}.",
        _harm(draft, column, rows),
        f"See why the {table} are left out.",
        column=column.name,
    )


def _unknown(draft: Draft, column: Column, home: Draft) -> None:
    known, table = _ids(column, home), home.declared.name
    rows = _missing(draft, column, known)
    if not rows.any():
        return
    place = "the table" if home is draft else table
    what = f"{{rows}} whose {column.name} is not in {place}, such as {{example}}{_like(draft, column, home, rows)}."
    why, todo = _harm(draft, column, rows), f"Complete {table}, or mend the ids."
    if column.unknown == "leave_out":
        todo += " The rows are left out."
        draft.leave_out(rows, f"unknown {_noun(column)}", what, why, todo, column=column.name)
    elif column.unknown == "refuse":
        draft.find(rows, what, why, todo, column=column.name)
    else:
        why = f"It is {column.about}; these rows count, but nothing is known of it."
        draft.find(rows, what, why, f"{todo} The rows are kept.", column=column.name, level="warning")


def _like(draft: Draft, column: Column, home: Draft, rows: np.ndarray) -> str:
    """Say how the unknown ids would be found; where few are known, which."""
    known = _ids(column, home, kept=True)
    some = draft.frame[column.name][rows].drop_duplicates()
    mails = home.kept()["email"] if home.has("email") else None
    cause = likely_cause(some, known, mails, guess=len(some) > len(known) / 2)
    if cause:
        return f" ({examples(some, known)}; likely cause: {cause})"
    return (
        "" if column.refers_to == CUSTOMER else f" (known: {listed([quoted(name) for name in sorted(known.dropna())])})"
    )


def _look_alikes(draft: Draft, column: Column, home: Draft) -> None:
    """Warn of people who may stay strangers only because their id is written in another way."""
    known, ids = _ids(column, home, kept=True), draft.frame[column.name]
    strange = _missing(draft, column, known)
    if not strange.any():
        return
    forms = [pd.Series(plain_form(some), dtype="str") for some in (ids[strange], known)]
    like = np.zeros(len(ids), dtype=bool)
    like[strange] = rows_of(*forms) >= 0
    draft.find(
        like,
        f"{{rows}} whose {column.name} is not a customer but looks like one, such as {{example}}.",
        "Written differently, a customer counts as somebody from outside.",
        "Mend the ids at their source; the rows are kept.",
        column=column.name,
        level="warning",
    )


_BENEFIT = LEDGER_KIND.words[0]


def leave_out_uncosted(drafts: Mapping[str, Draft]) -> None:
    """Leave out initiatives whose cost stands neither in `initiatives` nor in the ledger, with their flows."""
    if not {"initiatives", "initiative_ledger"} <= set(drafts):
        return
    draft, ledger = drafts["initiatives"], drafts["initiative_ledger"]
    rows = ledger.kept()
    paid: pd.Series | list[str] = (
        rows["initiative_id"][rows["kind"].notna() & rows["kind"].ne(_BENEFIT)] if "kind" in rows else []
    )
    ids = draft.frame["initiative_id"]
    unknown = draft.keep & draft.frame["cost"].isna().to_numpy() & ~ids.isin(paid).to_numpy()
    named = listed([quoted(name) for name in ids[unknown]])
    why = "A return is value for cost, so theirs cannot be said; with benefits alone every total would be too high."
    draft.leave_out(
        unknown,
        "no cost known",
        f"{{rows}} without cost, and without costs in initiative_ledger: {named}.",
        why,
        "Enter what was paid and the hours of people, 0 where it was nothing. The initiatives and their flows are left "
        "out of the returns.",
        column="cost",
    )
    ledger.leave_out(
        ledger.frame["initiative_id"].isin(ids[unknown]).to_numpy(),
        "initiative without cost",
        "{rows} of initiatives without a known cost, such as {example}.",
        why,
        "Enter the cost of these initiatives. The rows are left out.",
        column="initiative_id",
    )
