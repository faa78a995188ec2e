"""Refunds that stand under the number of the order they take back: no doubles, each a row of its own."""

from __future__ import annotations

import numpy as np

from scrm_helpers.tables.checking.draft import Draft


def refunds_of_orders(orders: Draft) -> np.ndarray:
    """Say which rows are refunds under the number of a sale to the same customer, and warn that they count as such."""
    rows = np.zeros(len(orders.frame), dtype=bool)
    if not orders.has("order_id", "customer_id", "amount"):
        return rows
    numbered = orders.keep & orders.frame["order_id"].notna().to_numpy()
    if not (numbered & (orders.frame["amount"] < 0).to_numpy()).any():
        return rows
    shared = numbered & orders.frame["order_id"].duplicated(keep=False).to_numpy()
    part = orders.frame[shared]
    if part.empty:
        return rows
    by_order = part.groupby("order_id")
    sold = (part["amount"] >= 0).groupby(part["order_id"]).transform("any")
    one_person = by_order["customer_id"].transform("nunique") == 1
    rows[shared] = (part["amount"] < 0) & sold & one_person & ~part.duplicated(keep="first")
    orders.find(
        rows,
        "{rows} with an amount below zero under the number of the order they take back, such as {example}.",
        "They count as refunds, not as doubles: each is taken off on its own day, and removing it would lose it.",
        "Nothing, if they are refunds; else correct their amounts.",
        column="order_id",
        level="warning",
    )
    return rows
