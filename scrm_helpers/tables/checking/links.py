"""Checks between tables: who is not where the contract says, and what cannot have happened in that order."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.aliases import examples, holds_a_known, likely_cause, references
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.referral_checks import before_joining, check_campaigns, check_referrals
from scrm_helpers.tables.contract.accepted_words import LEDGER_KIND
from scrm_helpers.tables.contract.column_kinds import CUSTOMER, Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.values.identity import forms, plain_form, rows_of

Drafts = Mapping[str, Draft]


def check_links(drafts: Drafts, settings: Settings) -> None:
    """Run all checks that need more than one table; findings go into the drafts."""
    if "customers" not in drafts or "transactions" not in drafts:
        return
    people = drafts["customers"].kept()
    if people.empty:
        return
    for draft, column, home in references(drafts):
        if column.unknown in ("leave_out", "refuse"):
            _left_out_there(draft, column, home)
            _unknown(draft, column, home)
    _orders(drafts["transactions"], people)
    if "surveys" in drafts:
        _surveys(drafts["surveys"], people)
    if "referrals" in drafts:
        check_campaigns(drafts["referrals"], people, settings)
    said = _joins(drafts)  # which columns find little: of these no single id is named
    if "referrals" in drafts:
        check_referrals(drafts["referrals"], people, drafts["transactions"].kept())
    for draft, column, home in references(drafts):
        if (draft.declared.name, column.name) in said or column.unknown in ("leave_out", "refuse"):
            continue
        if column.refers_to == CUSTOMER:
            _look_alikes(draft, column, home)
        if column.unknown == "warn":
            _unknown(draft, column, home)


def _surveys(surveys: Draft, people: pd.DataFrame) -> None:
    what = "{rows} whose {column} lies before the customer joined, such as {example}."
    why = "Somebody was asked before being a customer: the days are wrong, or accounts were merged."
    for name in ("responded_on", "invited_on"):
        if surveys.has(name):
            before = before_joining(surveys, "customer_id", name, people)
            surveys.warn(before, what, why, "Check the days; the rows are kept.", name)


def _orders(orders: Draft, people: pd.DataFrame) -> None:
    frame = orders.frame
    what = "{rows} dated before the customer joined, such as {example}."
    why = "Tenure is too short for these customers, and their value per year too high."
    todo = "Nothing, if joined_on is the day of registration; else correct the dates."
    orders.warn(before_joining(orders, "customer_id", "ordered_on", people), what, why, todo, "ordered_on")
    refunded = frame["customer_id"][orders.keep & (frame["amount"] < 0).to_numpy()].drop_duplicates()
    theirs = frame[["customer_id", "amount"]][orders.keep & frame["customer_id"].isin(refunded).to_numpy()]
    net = theirs.groupby("customer_id", observed=True)["amount"].sum()
    below = net.index[net < -0.005]
    what = f"{plural(len(below), 'customer')} refunded more than they bought ({{rows}}), such as {{example}}."
    why = "Their revenue is negative; their purchases may be missing from the export."
    todo = "Check whether the export starts after their purchases."
    orders.warn(frame["customer_id"].isin(below) & (frame["amount"] < 0), what, why, todo, "amount")


def _missing(draft: Draft, column: Column, home: Draft, *, kept: bool = False) -> np.ndarray:
    """Rows whose id is nowhere in the table that it names, or in none of its rows that count."""
    known = (home.kept() if kept else home.frame)[column.home[1]]
    found: np.ndarray = draft.frame[column.name].notna().to_numpy() & (draft.rows_in(column.name, known) < 0)
    return found & draft.keep


def _noun(column: Column) -> str:
    return column.home[1].removesuffix("_id")


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
    rows = _missing(draft, column, home, kept=True) & ~_missing(draft, column, home)
    table, who = home.declared.name, "who" if column.refers_to == CUSTOMER else "that"
    what = f"{{rows}} of {table} {who} are left out themselves, such as {{example}}."
    why, todo = _harm(draft, column, rows), f"See why the {table} are left out."
    draft.leave_out(rows, f"{_noun(column)} left out", what, why, todo, column.name)


def _unknown(draft: Draft, column: Column, home: Draft) -> None:
    table, rows = home.declared.name, _missing(draft, column, home)
    if not rows.any():
        return
    place = "the table" if home is draft else table
    what = f"{{rows}} whose {{column}} is not in {place}, such as {{example}}{_like(draft, column, home, rows)}."
    why, todo = _harm(draft, column, rows), f"Complete {table}, or mend the ids."
    if column.unknown == "leave_out":
        todo += " The rows are left out."
        draft.leave_out(rows, f"unknown {_noun(column)}", what, why, todo, column.name)
    elif column.unknown == "refuse":
        draft.find(rows, what, why, todo, column.name)
    else:
        why = f"It is {column.about}; these rows count, but nothing is known of it."
        draft.warn(rows, what, why, f"{todo} The rows are kept.", column.name)


def _like(draft: Draft, column: Column, home: Draft, rows: np.ndarray) -> str:
    """Say how the unknown ids would be found; where few are known, which."""
    known = home.kept()[column.home[1]]
    some = draft.frame[column.name][rows].drop_duplicates()
    mails = home.kept()["email"] if home.has("email") else None
    cause = likely_cause(some, known, mails, guess=len(some) > len(known) / 2)
    if cause:
        return f" ({examples(some, known)}; likely cause: {cause})"
    if column.refers_to == CUSTOMER:
        return ""
    return f" (known: {listed([quoted(name) for name in sorted(known.dropna())])})"


def _look_alikes(draft: Draft, column: Column, home: Draft) -> None:
    """Warn of people who may stay strangers only because their id is written in another way."""
    known, ids = home.kept()[column.home[1]], draft.frame[column.name]
    strange = _missing(draft, column, home, kept=True)
    if not strange.any():
        return
    like = np.zeros(len(ids), dtype=bool)
    like[strange] = rows_of(plain_form(ids[strange]), plain_form(known)) >= 0
    what = "{rows} whose {column} is not a customer but looks like one, such as {example}."
    why = "Written differently, a customer counts as somebody from outside."
    draft.warn(like, what, why, "Mend the ids at their source; the rows are kept.", column.name)


def leave_out_uncosted(drafts: Mapping[str, Draft]) -> None:
    """Leave out initiatives whose cost stands neither in `initiatives` nor in the ledger, with their flows."""
    if not {"initiatives", "initiative_ledger"} <= set(drafts):
        return
    draft, ledger = drafts["initiatives"], drafts["initiative_ledger"]
    rows, ids = ledger.kept(), draft.frame["initiative_id"]
    costs = rows[rows["kind"].notna() & rows["kind"].ne(LEDGER_KIND.words[0])] if "kind" in rows else rows[:0]
    unknown = draft.keep & draft.frame["cost"].isna().to_numpy() & ~ids.isin(costs["initiative_id"]).to_numpy()
    what = "{rows} without cost, and without costs in initiative_ledger: "
    what += f"{listed([quoted(name) for name in ids[unknown]])}."
    why = "A return is value for cost, so theirs cannot be said; with benefits alone every total would be too high."
    todo = "Enter what was paid and the hours of people, 0 where it was nothing. The initiatives and their flows are "
    draft.leave_out(unknown, "no cost known", what, why, f"{todo}left out of the returns.", "cost")
    what = "{rows} of initiatives without a known cost, such as {example}."
    todo = "Enter the cost of these initiatives. The rows are left out."
    theirs = ledger.frame["initiative_id"].isin(ids[unknown])
    ledger.leave_out(theirs, "initiative without cost", what, why, todo, "initiative_id")


_FEWEST = 3
_LITTLE = 0.05
_STAFF = ("employee", "brand", "partner")
_TO_MEND = (
    "Write the ids in one way in both tables; former ids of customers go into aliases.csv "
    "(old_id, customer_id), which every table follows."
)


def _joins(drafts: Drafts) -> frozenset[tuple[str, str]]:
    """Check every column that refers to another table, as the contract says; return those that find little."""
    little = set()
    for draft, column, home in references(drafts):
        if home is draft:
            same = draft.frame[column.name] == draft.frame[key := column.home[1]]
            what = f"{{rows}} whose {{column}} is their own {key}, such as {{example}}."
            why, todo = "Nothing answers or serves itself.", f"Correct {column.name}. The cells count as blank."
            draft.blank(same, f"{column.name} is the row itself", what, why, todo, column.name)
        # Rows that are left out as unknown are looked after where that is done.
        elif column.unknown != "leave_out" and _finds_little(draft, column, home):
            little.add((draft.declared.name, column.name))
    _former(drafts)
    return frozenset(little)


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
    strange = rows & _missing(draft, column, home)
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
        former = different[alike]
        are, look = ("is", "looks") if len(former) == 1 else ("are", "look")
        what = f"{plural(len(former), 'id')} that {are} not in customers but {look} like a customer's, such as "
        what += f"{{example}} ({{rows}}): {examples(former, known)}."
        why = "Ids of former customers, or of contacts that were merged, count as people outside: their value is taken "
        why += "from the customers' and given to nobody known."
        draft.warn(outside & ids.isin(former).to_numpy(), what, why, _TO_MEND, column)
