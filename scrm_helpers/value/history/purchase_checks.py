"""What is odd about the orders before any model sees them, and what the rule for returns does to the money."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.history.purchases import purchase_history

TREATED = {
    "Without customer": "left out: nobody can be credited",
    "Customer unknown": "left out: not in the customers table",
    "After the report day": "left out",
    "Refunds": "taken off the customer's money, never a purchase",
    "Free of charge": "count as a purchase without money",
    "Same customer, day and amount": "kept; merged into one purchase of that day",
    "Further orders of the same day": "merged into one purchase of that day",
    "Before joining": "kept; life starts with the first purchase",
}


@dataclass(frozen=True, kw_only=True)
class PurchaseChecks(Result):
    """Counts and money of what is odd, and the longest silence in days."""

    counts: pd.DataFrame
    longest_silence: int
    by_rule: pd.DataFrame


def check_purchases(
    transactions: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp, currency: str = "EUR"
) -> PurchaseChecks:
    """Count what is odd about the orders and show what each rule for returns would make of them.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount``.
    customers : DataFrame
        ``customer_id``, ``joined_on``.
    as_of : Timestamp
        Last day that counts.
    currency : str
        ISO code of the amounts.

    Returns
    -------
    PurchaseChecks

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount": [10.0, 30.0, -5.0],
    ...     "ordered_on": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-20"])})
    >>> people = pd.DataFrame({"customer_id": ["a"], "joined_on": pd.to_datetime(["2026-01-01"])})
    >>> check_purchases(orders, people, pd.Timestamp("2026-01-29")).sentence
    'Of 3 orders, 1 is a refund: netting refunds takes €5.00 (12% of gross sales) off what customers spent.'
    """
    owner, amount = transactions["customer_id"], transactions["amount"]
    day = transactions["ordered_on"].dt.normalize()
    joined = owner.map(customers.set_index("customer_id")["joined_on"])
    bought = amount >= 0
    found = {
        "Without customer": owner.isna(),
        "Customer unknown": owner.notna() & joined.isna(),
        "After the report day": transactions["ordered_on"] > as_of,
        "Refunds": ~bought,
        "Free of charge": amount == 0,
        "Same customer, day and amount": bought & _repeated(owner, day, amount),
        "Further orders of the same day": bought & _repeated(owner, day),
        "Before joining": day < joined.dt.normalize(),
    }
    counts = pd.DataFrame(
        {
            "Check": list(found),
            "Orders": [int(where.sum()) for where in found.values()],
            "Amount": [float(amount[where].sum()) for where in found.values()],
            "What happens to them": [TREATED[name] for name in found],
        }
    )
    kept = transactions[owner.notna() & joined.notna()]
    by_rule = _by_rule(kept, as_of)
    days = np.unique(day[day <= as_of].to_numpy())
    silence = int(np.diff(days).max() / np.timedelta64(1, "D")) if len(days) > 1 else 0
    gross, refunds, n_refunds = float(amount[bought].sum()), float(-amount[~bought].sum()), int((~bought).sum())
    return PurchaseChecks(
        sentence=_sentence(len(transactions), n_refunds, refunds, gross, currency),
        table=counts,
        caption="What is odd about the orders, and what happens to it",
        note=f"n = {numbers.plural(len(transactions), 'order')} up to {as_of:%Y-%m-%d}; "
        f"longest time without any order: {numbers.plural(silence, 'day')}",
        formats={"Orders": "count", "Amount": "money"},
        measures=(
            Measure(name="refunds_share_of_gross_sales", value=refunds / gross, unit="share", n=len(transactions))
            if gross > 0
            else Measure(name="refunds_share_of_gross_sales", value=None, unit="share", reason="there are no sales"),
            Measure(name="longest_time_without_orders", value=float(silence), unit="days", n=len(transactions)),
        ),
        counts=counts,
        longest_silence=silence,
        by_rule=by_rule,
    )


def returns_rule(checks: PurchaseChecks) -> Result:
    """Show what the three rules for returns make of the same orders.

    Parameters
    ----------
    checks : PurchaseChecks
        From :func:`check_purchases`.

    Returns
    -------
    Result
    """
    table = checks.by_rule
    repeats = dict(zip(table["Rule"], table["Repeat purchases"], strict=True))
    change = repeats["keep"] - repeats["net (used here)"]
    sentence = (
        f"Counting refunds as purchases would add {numbers.plural(change, 'repeat purchase')}."
        if change
        else "The rule for returns changes no count of purchases here."
    )
    return Result(
        sentence=sentence,
        table=table,
        caption="The same orders under three rules for returns",
        note="net: refunds reduce spend; drop: refunds are ignored; keep: a refund counts as a purchase",
        formats={
            "Customers": "count",
            "Repeat purchases": "count",
            "Spend per repeat purchase": "money",
            "Spend": "money",
        },
    )


def _repeated(*keys: pd.Series) -> pd.Series:
    return pd.concat(keys, axis=1, keys=range(len(keys))).duplicated(keep="first") & keys[0].notna()


def _by_rule(transactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    rows = []
    for label, rule in (("net (used here)", "net"), ("drop", "drop"), ("keep", "keep")):
        history = purchase_history(transactions, as_of, returns=rule)
        repeats = float(history["frequency"].sum())
        spent = float((history["mean_spend"] * history["frequency"]).sum())
        rows.append(
            (label, len(history), repeats, spent / repeats if repeats else np.nan, float(history["total"].sum()))
        )
    return pd.DataFrame(rows, columns=["Rule", "Customers", "Repeat purchases", "Spend per repeat purchase", "Spend"])


def _sentence(n: int, n_refunds: int, refunds: float, gross: float, currency: str) -> str:
    if not n_refunds:
        return f"None of {numbers.plural(n, 'order')} is a refund, so the rule for returns changes nothing."
    share = f" ({numbers.percent(refunds / gross)} of gross sales)" if gross > 0 else ""
    verb = "is a refund" if n_refunds == 1 else "are refunds"
    return (
        f"Of {numbers.plural(n, 'order')}, {numbers.count(n_refunds)} {verb}: netting refunds takes "
        f"{numbers.money(refunds, currency)}{share} off what customers spent."
    )
