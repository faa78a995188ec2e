"""Checks between tables: who is unknown, who looks like somebody else, and what cannot have happened in that order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.receipts import counted, quoted
from scrm_helpers.tables.contract.relations import AFTER_JOINING
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.linking.aliases import check_campaigns
from scrm_helpers.tables.linking.joins import check_joins
from scrm_helpers.tables.linking.references import check_may_be_unknown, check_must_be_known
from scrm_helpers.tables.values.identity import circles, rows_of

Drafts = Mapping[str, Draft]
_EXAMPLES, _CIRCLES, _MEMBERS = 5, 3, 6


def check_links(drafts: Drafts, settings: Settings) -> None:
    """Run all checks that need more than one table; findings go into the drafts."""
    if "customers" not in drafts or "transactions" not in drafts:
        return
    customers = drafts["customers"]
    people = customers.kept()
    if people.empty:
        return
    check_must_be_known(drafts)
    _orders(drafts["transactions"], customers)
    if "surveys" in drafts:
        _surveys(drafts["surveys"], customers)
    if "referrals" in drafts:
        check_campaigns(drafts["referrals"], people, settings)
    said = check_joins(drafts)
    if "referrals" in drafts:
        _referrals(drafts["referrals"], people, drafts["transactions"].kept())
    check_may_be_unknown(drafts, said)


def _surveys(surveys: Draft, customers: Draft) -> None:
    people = customers.kept()
    position = rows_of(surveys.frame["customer_id"], people["customer_id"])
    joined = people["joined_on"].to_numpy()[position].astype("datetime64[D]")
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


def _orders(orders: Draft, customers: Draft) -> None:
    frame, people = orders.frame, customers.kept()
    position = rows_of(frame["customer_id"], people["customer_id"])
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


def _referrals(referrals: Draft, people: pd.DataFrame, orders: pd.DataFrame) -> None:
    frame = referrals.frame
    referrals.leave_out(
        (frame["referrer_id"] == frame["referred_id"]).to_numpy(dtype=bool),
        "self-referral",
        "{rows} in which somebody referred themselves, such as {example}.",
        "A customer cannot bring in themselves; the credit would be their own purchases.",
        "Check the referral programme for misuse. The rows are left out.",
        column="referrer_id",
    )
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
