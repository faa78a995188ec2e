"""Ids that are one: former ids, which every table follows, and ids that look the same or are a word for nothing."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.column_kinds import CUSTOMER, Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.values.identity import near_twins, plain_form, rows_of, says_nothing


def references(drafts: Mapping[str, Draft]) -> Iterator[tuple[Draft, Column, Draft]]:
    """Every column at hand that names the rows of a table at hand, as the contract declares it."""
    for draft in drafts.values():
        for column in draft.declared.columns:
            table, key = column.home
            if table in drafts and draft.has(column.name) and drafts[table].has(key):
                yield draft, column, drafts[table]


def apply_aliases(drafts: Mapping[str, Draft]) -> None:
    """Put the customer's id in the place of a former one, in every column that names customers; counted in receipts."""
    if "aliases" not in drafts or "customers" not in drafts:
        return
    aliases, people = drafts["aliases"], drafts["customers"]
    today, not_applied = people.frame["customer_id"], "These aliases are not applied."
    what = "{rows} whose old_id is still in customers, such as {example}."
    why = "Nobody can tell whether the two are one person: rows of a customer are not given to another one."
    todo = f"Remove the old row from customers if they are one person, else the row from aliases. {not_applied}"
    still = rows_of(aliases.frame["old_id"], today) >= 0
    aliases.leave_out(still, "old id is a customer", what, why, todo, "old_id")
    last = _ends(aliases)
    what = "{rows} lead to an id that is not in customers, such as {example}."
    why = "What stands under the old id would belong to nobody known."
    todo = f"Correct the id, or complete the customers. {not_applied}"
    nobody = last.notna().to_numpy() & (rows_of(last, today) < 0)
    aliases.leave_out(nobody, "alias of nobody", what, why, todo, "customer_id")
    old, new = aliases.frame["old_id"][aliases.keep], last[aliases.keep]
    if old.duplicated().any():
        return  # refused already: nobody can tell who it is
    for draft, column, _ in references(drafts):
        found = rows_of(draft.frame[column.name], old) if column.refers_to == CUSTOMER else np.empty(0)
        known = found >= 0
        if known.any():
            values = draft.frame[column.name].copy()
            values[known] = new.to_numpy()[found[known]]
            draft.frame[column.name] = values
            draft.renamed[column.name] = int(known.sum())


def _ends(aliases: Draft) -> pd.Series:
    """The last id of each chain of aliases; rows that lead into a circle are left out."""
    old, new = aliases.frame["old_id"], aliases.frame["customer_id"]
    usable = aliases.keep & old.notna().to_numpy() & new.notna().to_numpy()
    step = np.where(usable, rows_of(new, old.where(usable)), -1)
    end = np.where(step < 0, np.arange(len(old)), step)
    for _ in range(max(len(old), 2).bit_length()):  # each round doubles the steps followed
        end = end[end]
    what = "{rows} lead into a circle of aliases, such as {example}."
    why = "Each id stands for the next and none for a customer."
    todo = "Name the customer's id of today in customer_id. These aliases are not applied."
    aliases.leave_out(step[end] >= 0, "circle of aliases", what, why, todo, "old_id")
    return new.iloc[end].set_axis(new.index)


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
    table, name = column.home
    home = drafts.get(table)
    if home is None or home is draft or not home.has(name):
        return draft.keep
    if column.unknown in ("leave_out", "refuse"):
        return np.zeros(len(draft.keep), dtype=bool)
    return draft.keep & (draft.rows_in(column.name, home.frame[name]) < 0)


def _twins(draft: Draft, column: str, rows: np.ndarray) -> None:
    groups = near_twins(draft.frame[column][rows])
    if not groups:
        return
    names = [name for group in groups for name in group]
    twins = draft.frame[column].isin(names).to_numpy() & rows
    shown = "; ".join(" / ".join(quoted(name) for name in group) for group in groups[:_EXAMPLES])
    shown += "; ..." if len(groups) > _EXAMPLES else ""
    what = f"{plural(len(groups), 'group')} of {column} that look the same ({shown}): {_CAUSE}"
    doubled = np.zeros_like(twins)
    if draft.declared.repeats == "refuse":  # twins that another one repeats in every other column
        part = draft.frame[twins].assign(**{column: plain_form(draft.frame[column][twins])})
        doubled[twins] = part.duplicated(keep=False).to_numpy()
    same, why = ", and {rows} are the same in everything else.", f"One row is {draft.declared.row}"
    todo = "Remove the doubles, or mend the ids at their source."
    draft.find(doubled, f"{what}{same}", f"{why}; it would be counted twice.", todo, column)
    why = "They count as different ones; if they are one, what is counted by them is counted twice or split."
    todo = "Nothing, if they are different; else mend the ids at their source."
    draft.warn(twins & ~doubled, f"{what} ({{rows}}).", why, todo, column)


def _nothing(draft: Draft, column: str, rows: np.ndarray) -> None:
    ids = draft.frame[column]
    found = says_nothing(pa.array(ids, pa.large_string())) & rows
    words = list(ids[found].unique())
    if words:
        what = f"{{rows}} whose {{column}} is {listed([quoted(word) for word in words])}, a word for nothing."
        why = "It counts as one id like any other, and all these rows would be of one."
        draft.warn(found, what, why, "Nothing, if it is a real id; else empty the cells.", column)
