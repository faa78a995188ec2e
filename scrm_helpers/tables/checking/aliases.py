"""Ids that are one or may be: former ids, which every table follows, ids that look alike, and what sets two apart."""

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
            draft.frame.loc[known, column.name] = new.to_numpy()[found[known]]
            draft.ids_renamed[column.name] = int(known.sum())


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
    twins = draft.frame[column].isin([name for group in groups for name in group]).to_numpy() & rows
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


_SOME, _MANY = 1000, 5000
_LONGEST = 12
_ENOUGH = 0.1


def likely_cause(strange: pd.Series, known: pd.Series, mails: pd.Series | None = None, *, guess: bool = True) -> str:
    """Say in words how most of the strange ids would be found among the known ones; empty when nothing fits."""
    if known.isna().all():
        return ""  # where nobody is known, nobody is alike
    some, n = strange.iloc[:: max(len(strange) // _SOME, 1)], len(strange)
    of = f"{len(some):,}" if len(some) == n else f"{len(some):,} that were tried"
    forms = plain_form(known)
    tries = {"apart from case, spaces, invisible characters and leading zeros": _found([some], forms)}
    tries |= _shortened(some, forms) | _lengthened(some, known, forms)
    if mails is not None:
        tries["in the column email"] = rows_of(some.str.strip().str.lower(), mails.str.lower())
    words = max(tries, key=lambda attempt: int((tries[attempt] >= 0).sum()))
    hits = np.flatnonzero(tries[words] >= 0)
    if len(hits) and (len(hits) >= min(_ENOUGH * len(some), _SOME // 20) or words == next(iter(tries))):
        like = f"{quoted(some.iloc[hits[0]])} like {quoted(known.iloc[tries[words][hits[0]]])}"
        return f"{words}, {len(hits):,} of {of} would be found ({like})"
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
        forms = plain_form(known)
        for front in (True, False):
            where = _found(_cut(strange, front)[1], forms)
            found |= (where >= 0).reshape(_LONGEST, len(strange)).any(axis=0)
    return found


def _cut(some: pd.Series, front: bool) -> tuple[list[pd.Series], list[pd.Series]]:
    """Pieces of one to twelve letters from one end of the ids, and what is left."""
    sizes = range(1, _LONGEST + 1)
    rest = [some.str[size:] if front else some.str[:-size] for size in sizes]
    pieces = [some.str[:size] if front else some.str[-size:] for size in sizes]
    return [piece.where(left != "") for piece, left in zip(pieces, rest, strict=True)], rest


def _found(ids: list[pd.Series], forms: pd.Series) -> np.ndarray:
    """Which known form each of the ids has, one list after the other; -1 where it has none."""
    plain = plain_form(pd.concat(ids, ignore_index=True))
    return rows_of(plain.where(plain != ""), forms)


def _shortened(some: pd.Series, forms: pd.Series) -> dict[str, np.ndarray]:
    """The piece in front (or behind) without which most of the strange ids are known."""
    found = {}
    for side in ("in front", "behind"):
        pieces, rest = _cut(some, side == "in front")
        where, cut = _found(rest, forms), pd.concat(pieces, ignore_index=True)
        hits = cut[(where >= 0) & cut.notna().to_numpy()]
        if len(hits):
            piece = hits.mode().iloc[0]
            matched = np.where(cut == piece, where, -1).reshape(_LONGEST, len(some)).max(axis=0)
            found[f"without {quoted(piece)} {side}"] = matched
    return found


def _lengthened(some: pd.Series, known: pd.Series, forms: pd.Series) -> dict[str, np.ndarray]:
    """The pieces that most known ids share in front or behind, put before or after the strange ids."""
    few = known.iloc[:: max(len(known) // _SOME, 1)]
    longer = {}
    for size in range(1, _LONGEST + 1):
        for front in (True, False):
            counts = (few.str[:size] if front else few.str[-size:]).value_counts()
            if counts.iloc[0] > len(few) / 2:
                piece = counts.index[0]
                said = f"with {quoted(piece)} {'in front' if front else 'behind'}"
                longer[said] = piece + some if front else some + piece
    if not longer:
        return {}
    return dict(zip(longer, _found(list(longer.values()), forms).reshape(len(longer), len(some)), strict=True))


def _same_digits(some: pd.Series, known: pd.Series) -> str:
    digits, there = (ids.str.replace(r"\D", "", regex=True).str.lstrip("0") for ids in (some, known))
    where = rows_of(digits.where(digits != ""), there)
    hits = np.flatnonzero(where >= 0)
    if len(hits) < len(some) / 2:
        return ""
    pair = f"{quoted(some.iloc[hits[0]])} with {quoted(known.iloc[where[hits[0]]])}"
    return f"only the digits of {len(hits):,} of {len(some):,} agree ({pair}): they may come from another system"
