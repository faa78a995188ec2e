"""Checks between tables: who is unknown, who looks like somebody else, and what cannot have happened in that order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.campaigns import check_campaigns
from scrm_helpers.tables.causes import examples, likely_cause
from scrm_helpers.tables.draft import Draft
from scrm_helpers.tables.identity import circles, plain_form, rows_of
from scrm_helpers.tables.joins import check_joins
from scrm_helpers.tables.messages import counted, listed, quoted
from scrm_helpers.tables.relations import AFTER_JOINING
from scrm_helpers.tables.settings import Settings

Drafts = Mapping[str, Draft]
Said = frozenset[tuple[str, str]]
_EXAMPLES, _CIRCLES, _MEMBERS = 5, 3, 6


def check_links(drafts: Drafts, settings: Settings) -> None:
    """Run all checks that need more than one table; findings go into the drafts.

    Parameters
    ----------
    drafts : mapping of str to Draft
        The tables; nothing is checked without customers and transactions.
    settings : Settings
        Codes of campaigns.
    """
    if "customers" not in drafts or "transactions" not in drafts:
        return
    customers = drafts["customers"]
    people = customers.kept()
    if people.empty:
        return
    _orders(drafts["transactions"], customers)
    if "surveys" in drafts:
        _surveys(drafts["surveys"], customers)
    if "referrals" in drafts:
        check_campaigns(drafts["referrals"], people, settings)
    said = check_joins(drafts)
    if "referrals" in drafts:
        _referrals(drafts["referrals"], people, drafts["transactions"].kept(), said)
    if "interactions" in drafts:
        _interactions(drafts["interactions"], people, said)
    _parents(drafts, said)


def _surveys(surveys: Draft, customers: Draft) -> None:
    position = _leave_out_unknown(surveys, customers, "The answer of somebody unknown has no value beside it.")
    joined = customers.kept()["joined_on"].to_numpy()[position].astype("datetime64[D]")
    for name in AFTER_JOINING[surveys.declared.name]:
        if surveys.has(name):
            surveys.find(
                (surveys.frame[name].to_numpy() < joined) & (position >= 0),
                f"{{rows}} whose {name} lies before the customer joined, such as {{example}}.",
                "Somebody was asked before being a customer: the days are wrong, or accounts were merged.",
                "Check the days; the rows are kept.",
                column=name,
                level="warning",
            )


def _leave_out_unknown(draft: Draft, customers: Draft, why: str) -> np.ndarray:
    """Leave rows of unknown customers out and return the position of each row's customer."""
    ids, people = draft.frame["customer_id"], customers.kept()
    position = rows_of(ids, people["customer_id"])
    unknown = (position < 0) & draft.keep & ids.notna().to_numpy()
    if unknown.any():
        draft.leave_out(
            unknown & (rows_of(ids, customers.frame["customer_id"]) >= 0),
            "customer left out",
            "{rows} of customers who are left out themselves, such as {example}.",
            why,
            "See why the customers are left out.",
            column="customer_id",
        )
        unknown &= draft.keep
    if unknown.any():
        draft.leave_out(
            unknown,
            "unknown customer",
            f"{{rows}} whose customer_id is not in customers, such as {{example}}{_like(draft, unknown, customers)}.",
            why,
            "Complete the customers, or mend the ids. The rows are left out.",
            column="customer_id",
        )
    return position


def _look_alikes(draft: Draft, column: str, people: pd.DataFrame) -> None:
    """Warn of people who may stay strangers only because their id is written in another way."""
    ids = draft.frame[column]
    strange = ids.notna().to_numpy() & (rows_of(ids, people["customer_id"]) < 0)
    if not strange.any():
        return
    like = np.zeros(len(ids), dtype=bool)
    forms = _series(plain_form(ids[strange]))
    like[strange] = rows_of(forms, _series(plain_form(people["customer_id"]))) >= 0
    draft.find(
        like,
        f"{{rows}} whose {column} is not a customer but looks like one, such as {{example}}.",
        "Written differently, a customer counts as somebody from outside.",
        "Mend the ids at their source; the rows are kept.",
        column=column,
        level="warning",
    )


def _like(draft: Draft, unknown: np.ndarray, customers: Draft) -> str:
    """Say how the unknown ids would be found; a piece in front or zeros lost in a spreadsheet are the usual causes."""
    people = customers.kept()
    some = draft.frame["customer_id"][unknown].drop_duplicates()
    mails = people["email"] if customers.has("email") else None
    cause = likely_cause(some, people["customer_id"], mails, guess=len(some) > len(people) / 2)
    return f" ({examples(some, people['customer_id'])}; likely cause: {cause})" if cause else ""


def _series(cells: object) -> pd.Series:
    return pd.Series(cells, dtype="str")


def _orders(orders: Draft, customers: Draft) -> None:
    frame, people = orders.frame, customers.kept()
    unknown = (rows_of(frame["customer_id"], people["customer_id"]) < 0) & orders.keep & frame["customer_id"].notna()
    amount = frame["amount"][unknown].sum()
    why = f"Orders of {amount:,.2f} in all belong to nobody known: revenue is lower by that much."
    position = _leave_out_unknown(orders, customers, why)
    joined = people["joined_on"].to_numpy()[position]
    orders.find(
        (frame["ordered_on"].to_numpy() < joined.astype("datetime64[D]")) & (position >= 0),
        "{rows} dated before the customer joined, such as {example}.",
        "Tenure is too short for these customers, and their value per year too high.",
        "Nothing, if joined_on is the day of registration; else correct the dates.",
        column="ordered_on",
        level="warning",
    )
    kept = frame[["customer_id", "amount"]][orders.keep]
    refunded = kept["customer_id"][kept["amount"] < 0].drop_duplicates()
    if len(refunded):
        net = kept[kept["customer_id"].isin(refunded)].groupby("customer_id", observed=True)["amount"].sum()
        below = net.index[net < -0.005]
        orders.find(
            (frame["customer_id"].isin(below) & (frame["amount"] < 0)).to_numpy(),
            f"{counted(len(below), 'customer')} refunded more than they bought ({{rows}}), such as {{example}}.",
            "Their revenue is negative; their purchases may be missing from the export.",
            "Check whether the export starts after their purchases.",
            column="amount",
            level="warning",
        )


def _referrals(referrals: Draft, people: pd.DataFrame, orders: pd.DataFrame, said: Said) -> None:
    frame = referrals.frame
    referrals.leave_out(
        (frame["referrer_id"] == frame["referred_id"]).to_numpy(dtype=bool),
        "self-referral",
        "{rows} in which somebody referred themselves, such as {example}.",
        "A customer cannot bring in themselves; the credit would be their own purchases.",
        "Check the referral programme for misuse. The rows are left out.",
        column="referrer_id",
    )
    for column in ("referrer_id", "referred_id"):
        if ("referrals", column) not in said:
            _look_alikes(referrals, column, people)
    referrer = rows_of(frame["referrer_id"], people["customer_id"])
    referred = rows_of(frame["referred_id"], people["customer_id"])
    joined = people["joined_on"].to_numpy()
    first = _first_order(people, orders)
    on = frame["referred_on"].to_numpy().astype("datetime64[D]")
    warnings = [
        (
            (referrer >= 0) & (on < joined[referrer].astype("datetime64[D]")),
            "{rows} dated before the referrer joined, such as {example}.",
            "Referring before being a customer hints at wrong dates or merged accounts.",
            "referred_on",
        ),
        (
            (referred >= 0) & (first[referred] < on),
            "{rows} whose referred person had bought before the referral, such as {example}.",
            "The referral cannot have brought them; credit for them would be too high.",
            "referred_on",
        ),
        (
            frame.duplicated("referred_id", keep=False).to_numpy() & frame["referred_id"].notna().to_numpy(),
            "{rows} share their referred person with another referral, such as {example}.",
            "No purchase may be credited twice: referral value is shared, a referral tree keeps one referrer.",
            "referred_id",
        ),
    ]
    for rows, what, why, column in warnings:
        todo = "Check these rows at their source; they are kept."
        referrals.find(rows, what, why, todo, column=column, level="warning")
    _circles(referrals)


def _first_order(people: pd.DataFrame, orders: pd.DataFrame) -> np.ndarray:
    """Day of the first order of each customer; NaT, which is before nothing, without one."""
    position = rows_of(orders["customer_id"], people["customer_id"])
    first = pd.Series(orders["ordered_on"].to_numpy()[position >= 0]).groupby(position[position >= 0]).min()
    return first.reindex(range(len(people))).to_numpy().astype("datetime64[D]")


def _circles(referrals: Draft) -> None:
    """Name the members of each circle of referrals in order; the people below it are in no circle."""
    frame = referrals.frame
    rows = referrals.keep & frame[["referrer_id", "referred_id"]].notna().all(axis=1).to_numpy()
    part = frame[rows].sort_values("referred_on", kind="stable")
    found = [part.index.to_numpy()[circle] for circle in circles(part["referred_id"], part["referrer_id"])]
    if not found:
        return
    members = np.zeros(len(rows), dtype=bool)
    members[np.concatenate(found)] = True
    shown = [_in_order(frame, np.roll(circle, -int(circle.argmin()))) for circle in found[:_CIRCLES]]
    more = f" and {len(found) - _CIRCLES:,} more" if len(found) > _CIRCLES else ""
    referrals.find(
        members,
        f"{{rows}} form {'a circle' if len(found) == 1 else f'{len(found):,} circles'} of referrals: "
        f"{'; '.join(shown)}{more}.",
        "Somebody would be the origin of their own arrival; circles are cut before credit is given.",
        "Check these rows at their source; they are kept, and so are the people below the circle.",
        column="referred_id",
        level="warning",
    )


def _in_order(frame: pd.DataFrame, circle: np.ndarray) -> str:
    """Write a circle as A1 \u2192 A2 \u2192 A1, long ones cut in the middle."""
    names = [quoted(name)[1:-1] for name in frame["referrer_id"].iloc[circle[:_MEMBERS]]]
    if len(circle) > _MEMBERS:
        names.append(f"... ({len(circle):,} people)")
    return " \u2192 ".join([*names, names[0]])


def _interactions(messages: Draft, people: pd.DataFrame, said: Said) -> None:
    frame = messages.frame
    if messages.has("in_reply_to"):
        absent = frame["in_reply_to"].notna().to_numpy() & (rows_of(frame["in_reply_to"], frame["interaction_id"]) < 0)
        messages.find(
            absent,
            "{rows} answer a message that is not in the table, such as {example}.",
            "Threads begin in the middle; answer times and degrees of these threads are incomplete.",
            "Export the whole threads if that is possible; the rows are kept.",
            column="in_reply_to",
            level="warning",
        )
    for column in ("customer_id", "author_id"):
        if messages.has(column) and ("interactions", column) not in said:
            _look_alikes(messages, column, people)
    if messages.has("customer_id") and ("interactions", "customer_id") not in said:
        stranger = frame["customer_id"].notna().to_numpy() & (rows_of(frame["customer_id"], people["customer_id"]) < 0)
        messages.find(
            stranger,
            "{rows} concern a customer_id that is not in customers, such as {example}.",
            "These messages count, but no customer's value is known for them.",
            "Complete the customers, or mend the ids; the rows are kept.",
            column="customer_id",
            level="warning",
        )


def _parents(drafts: Drafts, said: Said) -> None:
    """Names that must exist in another table: a ledger without its initiative loses money, so it refuses."""
    for table, column, home in (
        ("initiative_ledger", "initiative_id", "initiatives"),
        ("initiative_panel", "initiative_id", "initiatives"),
        ("initiatives", "goal_id", "goals"),
        ("goals", "parent", "goals"),
    ):
        if table not in drafts or home not in drafts or not drafts[table].has(column):
            continue
        draft, key = drafts[table], drafts[home].declared.key[0]
        names, kept = drafts[home].frame[key], drafts[home].kept()[key]
        named = draft.frame[column].notna().to_numpy()
        absent = named & (rows_of(draft.frame[column], names) < 0)
        if table == "initiative_ledger":
            draft.leave_out(
                named & ~absent & (rows_of(draft.frame[column], kept) < 0),
                "initiative left out",
                "{rows} of initiatives that are left out themselves, such as {example}.",
                "An initiative that had not begun has no return yet.",
                "See why the initiatives are left out.",
                column=column,
            )
        if table != "initiative_ledger" and (table, column) in said:
            continue
        draft.find(
            absent,
            f"{{rows}} whose {column} is not in {home}, such as {{example}} (known: {listed(_known(names))}).",
            "Its flows would be in no initiative's return."
            if table == "initiative_ledger"
            else "The link leads nowhere.",
            f"Correct the name, or add it to {home}.",
            column=column,
            level="error" if table == "initiative_ledger" else "warning",
        )


def _known(names: pd.Series) -> list[str]:
    return [quoted(name) for name in sorted(names.dropna())]
