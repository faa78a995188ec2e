"""Checks between tables: who is not where the contract says, and what cannot have happened in that order."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.aliases import references
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.joins import check_joins, examples, likely_cause
from scrm_helpers.tables.checking.referral_checks import before_joining, check_campaigns, check_referrals
from scrm_helpers.tables.contract.accepted_words import LEDGER_KIND
from scrm_helpers.tables.contract.column_kinds import CUSTOMER, Column
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.values.identity import plain_form, rows_of

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
    said = check_joins(drafts)  # which columns find little: of these no single id is named
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
    if len(refunded):
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
