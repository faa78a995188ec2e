"""What is odd about the orders before any model sees them, and what the rule for returns does to the money."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
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
class ReturnsRule(Answer):
    """What three rules for returns make of the same orders."""

    by_rule: pd.DataFrame

    def words(self) -> Words:
        """What counting refunds as purchases would add."""
        repeats = self.by_rule.set_index("Rule")["Repeat purchases"]
        change = repeats["keep"] - repeats["net (used here)"]
        spent = ["Spend per repeat purchase", "Spend"]
        return Words(
            sentence=f"Counting refunds as purchases would add {numbers.plural(change, 'repeat purchase')}."
            if change
            else "The rule for returns changes no count of purchases here.",
            table=self.by_rule,
            caption="The same orders under three rules for returns",
            note="net: refunds reduce spend; drop: refunds are ignored; keep: a refund counts as a purchase",
            formats=dict.fromkeys(["Customers", "Repeat purchases"], "count") | dict.fromkeys(spent, "money"),
        )


@dataclass(frozen=True, kw_only=True)
class PurchaseChecks(Answer):
    """Counts and money of what is odd, and the longest silence in days."""

    refunds: Measure = unknown("refunds_share_of_gross_sales", "share")
    silence: Measure = unknown("longest_time_without_orders", "days")
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    by_rule: pd.DataFrame = field(default_factory=pd.DataFrame)
    as_of: pd.Timestamp | None = None
    currency: str = "EUR"

    @property
    def under_rules(self) -> ReturnsRule:
        """What the three rules for returns make of the same orders."""
        return ReturnsRule(by_rule=self.by_rule)

    def words(self) -> Words:
        """How many orders are refunds, and what netting them takes off."""
        orders = numbers.plural(self.silence.n or 0, "order")
        refunds = self.counts.set_index("Check").to_dict("index")["Refunds"]
        share = f" ({numbers.percent(self.refunds.value)} of gross sales)" if self.refunds.value is not None else ""
        verb = "is a refund" if refunds["Orders"] == 1 else "are refunds"
        sentence = (
            f"Of {orders}, {numbers.count(refunds['Orders'])} {verb}: netting refunds takes "
            f"{numbers.money(-refunds['Amount'], self.currency)}{share} off what customers spent."
        )
        if not refunds["Orders"]:
            sentence = f"None of {orders} is a refund, so the rule for returns changes nothing."
        return Words(
            sentence=sentence,
            table=self.counts,
            caption="What is odd about the orders, and what happens to it",
            note=f"n = {orders} up to {self.as_of:%Y-%m-%d}; longest time without any order: "
            f"{numbers.plural(self.silence.value or 0, 'day')}",
            formats={"Orders": "count", "Amount": "money"},
        )


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
    days = np.unique(day[day <= as_of].to_numpy())
    silence = float(np.diff(days).max() / np.timedelta64(1, "D")) if len(days) > 1 else 0.0
    gross, n, name = float(amount[bought].sum()), len(transactions), "refunds_share_of_gross_sales"
    refunds = unknown(name, "share", "there are no sales")
    if gross > 0:
        refunds = Measure(name=name, value=float(-amount[~bought].sum()) / gross, unit="share", n=n)
    return PurchaseChecks(
        refunds=refunds,
        silence=Measure(name="longest_time_without_orders", value=silence, unit="days", n=n),
        counts=counts,
        by_rule=_by_rule(transactions[owner.notna() & joined.notna()], as_of),
        as_of=as_of,
        currency=currency,
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
