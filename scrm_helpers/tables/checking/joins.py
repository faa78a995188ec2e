"""Joins that find little or nothing, ids that name their own row, and ids outside that look like former customers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.aliases import references
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.column_kinds import CUSTOMER, Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.values.identity import forms, plain_form, rows_of

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
    for draft, column, home in references(drafts):
        if home is draft:
            _own_row(draft, column)
        # Rows that are left out as unknown are looked after where that is done.
        elif column.unknown != "leave_out" and _finds_little(draft, column, home):
            little.add((draft.declared.name, column.name))
    _former(drafts)
    return frozenset(little)


def _own_row(draft: Draft, column: Column) -> None:
    key = column.home[1]
    same = draft.frame[column.name] == draft.frame[key]
    what = f"{{rows}} whose {{column}} is their own {key}, such as {{example}}."
    why, todo = "Nothing answers or serves itself.", f"Correct {column.name}. The cells count as blank."
    draft.blank(same, f"{column.name} is the row itself", what, why, todo, column.name)


def _meant(draft: Draft, column: Column) -> np.ndarray:
    """Rows whose id should be found: staff are no customers, and whoever was referred is one once they bought."""
    rows = draft.keep & draft.frame[column.name].notna().to_numpy()
    if column.name == "author_id" and draft.has("author_role"):
        rows &= ~draft.frame["author_role"].isin(_STAFF).to_numpy()
    if column.name == "referred_id" and draft.has("converted_on"):
        rows &= draft.frame["converted_on"].notna().to_numpy()
    return rows


def _finds_little(draft: Draft, column: Column, home: Draft) -> bool:
    rows, known = _meant(draft, column), home.frame[column.home[1]].dropna().drop_duplicates()
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
    cause = f"; likely cause: {cause}" if cause else ""
    n, table = len(all_ids), home.declared.name
    found, are = ("None", "is") if len(ids) == n else (f"Only {n - len(ids):,}", "are")
    what = f"{found} of {n:,} different {column.name} {are} in {table}: {examples(ids, known)}{cause}."
    why = f"What {draft.declared.name} tells is joined to nothing in {table}; that is not the same as nothing having "
    todo = f"Write the names in one way in both tables, or add them to {table}."
    todo = _TO_MEND if column.refers_to == CUSTOMER else todo
    draft.warn(strange, what, f"{why}happened.", todo, column.name)
    return True


def _former(drafts: Drafts) -> None:
    """Ids outside that earn value and have the form of a customer's id, or orders of their own: former customers?"""
    people = drafts["customers"]
    known = people.frame["customer_id"].dropna()
    form = forms(known.iloc[:: max(len(known) // 1000, 1)]).mode()
    letters = len(form) and any(letter not in "9" for letter in form.iloc[0])
    orders = drafts["transactions"]
    buyers = orders.frame["customer_id"][~orders.keep].dropna().drop_duplicates()
    buyers = buyers[rows_of(buyers, known) < 0]
    earners = [("referrals", "referrer_id"), ("ideas", "contributor_id")]
    for draft, column in [(drafts[table], column) for table, column in earners if table in drafts]:
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
        are, look = ("is", "looks") if len(former) == 1 else ("are", "look")
        what = f"{plural(len(former), 'id')} that {are} not in customers but {look} like a customer's, such as "
        what += f"{{example}} ({{rows}}): {examples(former, known)}."
        why = "Ids of former customers, or of contacts that were merged, count as people outside: their value is taken "
        why += "from the customers' and given to nobody known."
        draft.warn(outside & ids.isin(former).to_numpy(), what, why, _TO_MEND, column)
