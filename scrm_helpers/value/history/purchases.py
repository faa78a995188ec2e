"""From orders to what the purchase models need: the history of every customer, and what is odd about the orders."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, unknown
from scrm_helpers.value.history.order_days import Kept, dates_of, net_of_refunds, number_customers, summarise


def with_margin(transactions: pd.DataFrame, margin_rate: float | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return the orders with a complete margin, and in words where it comes from if they did not bring it."""
    amount = transactions["amount"]
    margin = transactions.get("margin", amount * np.nan)
    missing, rate = margin.isna(), 1.0 if margin_rate is None else margin_rate
    if len(transactions) and not missing.any():
        return transactions, []
    if not missing.all():
        if margin_rate is None and (known := amount[~missing].sum()):
            rate = margin.sum() / known
        said = f"{int(missing.sum()):,} orders carry no margin: {rate:.1%} of their revenue is taken."
    elif margin_rate is None:
        said = "The orders carry no margin and no margin rate is set: margin is taken to be revenue."
    else:
        said = f"The orders carry no margin: margin is {rate:.0%} of revenue, the rate in the settings."
    return transactions.assign(margin=margin.where(~missing, amount * rate)), [said]


def own_word(transactions: pd.DataFrame, margin_rate: float | None = None) -> str:
    """Name what orders leave: sales, where no order and no setting says what of them is margin."""
    told = "margin" in transactions and transactions["margin"].notna().any()
    return "margin" if told or margin_rate is not None else "sales"


DAYS = {"week": 7.0, "month": 365.25 / 12, "year": 365.25}


@dataclass(frozen=True)
class Orders:
    """Orders whose customers are numbered once, so that many dates can be tried without reading them again."""

    # Orders of one day are one purchase. One that was refunded in full was none, one refunded in part counts with what
    # is left. What a refund is, the amount decides, whatever column is summed. Orders of nobody are left out.

    code: np.ndarray  # place of each order's customer in `people`
    people: pd.Index
    rows: pd.DataFrame
    value: str = "amount"  # column that is summed

    @classmethod
    def of(cls, transactions: pd.DataFrame, value: str = "amount") -> "Orders":
        """Number the customers of orders."""
        code, ids = number_customers(transactions["customer_id"])
        return cls(code, pd.Index(ids, name="customer_id"), transactions, value)

    def kept(self, as_of: pd.Timestamp, net: bool = True) -> Kept:
        """Return the orders up to a day; refunds, where `net`, are taken off the purchases that they take back."""
        day = self.rows["ordered_on"].to_numpy().astype("datetime64[D]").astype(np.int32)
        some = (self.code >= 0) & (day <= _day_number(as_of))
        seen = slice(None) if some.all() else some  # which copies nothing
        amount, money = (self.rows[name].to_numpy(float)[seen] for name in ("amount", self.value))
        code, day = self.code[seen], day[seen]
        if not net or not (amount < 0).any():
            return Kept(code, day, money)
        order = {"order": self.rows["order_id"].to_numpy()[seen]} if "order_id" in self.rows else {}
        return net_of_refunds(pd.DataFrame({"code": code, "day": day, "amount": amount, "money": money, **order}))

    def kept_rows(self, as_of: pd.Timestamp) -> pd.DataFrame:
        """Return ``customer_id``, ``ordered_on`` and the money of what is left of the orders up to a day."""
        kept = self.kept(as_of)
        rows = {"customer_id": self.people[kept.code], "ordered_on": dates_of(kept.day), self.value: kept.money}
        return pd.DataFrame(rows)

    def history(self, as_of: pd.Timestamp, net: bool = True) -> pd.DataFrame:
        """Summarise the orders of each customer up to a day: x, t_x, T (Fader, Hardie and Lee 2005), and money."""
        # frequency: purchase days after the first; recency and age: weeks from the first to the last, and to the day;
        # mean_spend: money per repeat purchase
        length, people, end, kept = DAYS["week"], self.people, _day_number(as_of), self.kept(as_of, net)
        found = summarise(kept.code, kept.day, kept.money, len(people))
        if not (bought := found["purchases"] > 0).all():
            found, people = {name: values[bought] for name, values in found.items()}, people[bought]
        first, last, repeats = found["first_day"], found["last_day"], found["purchases"] - 1
        spent = (found["total"] - found["first_total"]) / np.maximum(repeats, 1)
        columns = {
            "frequency": repeats.astype(float),
            "recency": (last - first) / length,
            "age": (end - first) / length,
            "mean_spend": np.where(repeats > 0, spent, np.nan),
            **{name: found[name] for name in ("purchases", "total")},
            "first_on": dates_of(first),
            "last_on": dates_of(last),
        }
        return pd.DataFrame(columns, index=people, copy=False)

    def split(self, cut: pd.Timestamp, until: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return what was known at the end of a day, and what the same customers did after it; nothing leaks."""
        cut = cut.normalize()
        known, kept = self.history(cut), self.kept(until.normalize())
        later = kept.day > _day_number(cut)
        after = summarise(kept.code[later], kept.day[later], kept.money[later], len(self.people))
        both = pd.DataFrame({name: after[name] for name in ("purchases", "total")}, self.people, dtype=float)
        return known, both.reindex(known.index)


def origins(first: pd.Timestamp, as_of: pd.Timestamp, count: int, horizon_days: int) -> list[pd.Timestamp]:
    """Space days to predict from, the last one a full horizon before the end, none in the first third of the data."""
    earliest = first.normalize() + (as_of - first) / 3
    latest = as_of.normalize() - pd.Timedelta(days=horizon_days)
    room = (latest - earliest).days
    if room < 0:
        return []
    places = np.unique(np.linspace(0, room, max(min(count, room // 7 + 1), 1)).round().astype(int))
    return [(latest - pd.Timedelta(days=int(back))).normalize() for back in sorted(room - places, reverse=True)]


def _day_number(day: pd.Timestamp) -> int:
    return int(np.datetime64(pd.Timestamp(day), "D").astype(np.int64))


class ReturnsRule(Answer):
    """What three rules for returns make of the same orders."""

    by_rule: pd.DataFrame

    def words(self) -> Words:
        repeats = self.by_rule.set_index("Rule")["Repeat purchases"]
        gone, change = (repeats[rule] - repeats["net (used here)"] for rule in ("drop", "keep"))
        spent = ["Spend per repeat purchase", "Spend"]
        return Words(
            sentence=f"Refunds take {numbers.plural(gone, 'repeat purchase')} back in full; counting refunds as "
            f"purchases would add {numbers.plural(change, 'repeat purchase')}."
            if change
            else "The rule for returns changes no count of purchases here.",
            table=self.by_rule,
            caption="The same orders under three rules for returns",
            note="net: a refund takes back the order it names, else the latest purchase of its amount, else the latest "
            "that is large enough: a full one takes the purchase away, a part of one lowers it; drop: refunds are "
            "ignored; keep: a refund counts as a purchase",
            formats=dict.fromkeys(["Customers", "Repeat purchases"], "count") | dict.fromkeys(spent, "money"),
        )


class PurchaseChecks(Answer):
    """Counts and money of what is odd, and the longest silence in days."""

    refunds: Measure = unknown("refunds_share_of_gross_sales", "share")
    unmatched: Measure = unknown("refunds_without_a_purchase", "count")
    silence: Measure = unknown("longest_time_without_orders", "days")
    counts: pd.DataFrame = field(default_factory=pd.DataFrame)
    under_rules: ReturnsRule
    currency: str = "EUR"

    def words(self) -> Words:
        orders = numbers.plural(self.silence.n or 0, "order")
        refunds = self.counts.set_index("Check").to_dict("index")["Refunds"]
        share = f" ({numbers.percent(self.refunds.value)} of gross sales)" if self.refunds.value is not None else ""
        sentence = f"Of {orders}, {numbers.plural(refunds['Orders'], 'is a refund', 'are refunds')}: "
        sentence += f"{numbers.money(-refunds['Amount'], self.currency)}{share} went back, and the purchases with it."
        if self.unmatched.value:
            some = numbers.plural(self.unmatched.value, "refund")
            sentence += f" For {some} too little was bought before: the sum of sales falls, no purchase does."
        if not refunds["Orders"]:
            sentence = f"None of {orders} is a refund, so the rule for returns changes nothing."
        return Words(
            sentence=sentence,
            table=self.counts,
            caption="What is odd about the orders, and what happens to it",
            note=f"n = {orders} {self.window}; longest time without any order: "
            f"{numbers.plural(self.silence.value or 0, 'day')}",
            formats={"Orders": "count", "Amount": "money"},
        )


def check_purchases(
    transactions: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp, currency: str = "EUR"
) -> PurchaseChecks:
    """Count what is odd about the orders and show what each rule for returns would make of them.

    Parameters
    ----------
    transactions, customers : ``customer_id``, ``ordered_on``, ``amount``; ``customer_id``, ``joined_on``
    as_of, currency

    Returns
    -------
    PurchaseChecks

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "a"], "amount": [10.0, 30.0, -5.0],
    ...     "ordered_on": pd.to_datetime(["2026-01-01", "2026-01-15", "2026-01-20"])})
    >>> people = pd.DataFrame({"customer_id": ["a"], "joined_on": pd.to_datetime(["2026-01-01"])})
    >>> check_purchases(orders, people, pd.Timestamp("2026-01-29")).sentence
    'Of 3 orders, 1 is a refund: €5.00 (12% of gross sales) went back, and the purchases with it.'
    """
    owner, amount = transactions["customer_id"], transactions["amount"]
    day = transactions["ordered_on"].dt.normalize()
    joined = owner.map(customers.set_index("customer_id")["joined_on"])
    bought, named = amount >= 0, owner.notna()
    keys = pd.DataFrame({"owner": owner, "day": day, "amount": amount})
    twice, again = (bought & named & one.duplicated() for one in (keys, keys[["owner", "day"]]))
    found = (
        ("Without customer", ~named, "left out: nobody can be credited"),
        ("Customer unknown", named & joined.isna(), "left out: not in the customers table"),
        ("After the report day", transactions["ordered_on"] > as_of, "left out"),
        ("Refunds", ~bought, "each takes back its purchase, in full or in part, and is none itself"),
        ("Free of charge", amount == 0, "count as a purchase without money"),
        ("Same customer, day and amount", twice, "kept; merged into one purchase of that day"),
        ("Further orders of the same day", again, "merged into one purchase of that day"),
        ("Before joining", day < joined.dt.normalize(), "kept; life starts with the first purchase"),
    )
    rows = [(name, int(where.sum()), float(amount[where].sum()), said) for name, where, said in found]
    days = np.unique(day[day <= as_of].to_numpy())
    silence = float(np.diff(days).max() / np.timedelta64(1, "D")) if len(days) > 1 else 0.0
    gross, n, name = float(amount[bought].sum()), len(transactions), "refunds_share_of_gross_sales"
    back_share = -amount[~bought].sum() / gross if gross > 0 else None
    credited = transactions[named & joined.notna()]
    lost, back = float(Orders.of(credited).kept(as_of).unmatched), int((~bought).sum())
    return PurchaseChecks(
        population="all orders",
        window=f"up to {as_of:%Y-%m-%d}",
        window_to=as_of.date(),
        refunds=counted(name, back_share, n, "share", reason="there are no sales"),
        unmatched=counted("refunds_without_a_purchase", lost, back),
        silence=counted("longest_time_without_orders", silence, n, "days"),
        counts=pd.DataFrame(rows, columns=["Check", "Orders", "Amount", "What happens to them"]),
        under_rules=_under_rules(credited, as_of),
        currency=currency,
    )


def _under_rules(transactions: pd.DataFrame, as_of: pd.Timestamp) -> ReturnsRule:
    orders, bought, rows = Orders.of(transactions), Orders.of(transactions[transactions["amount"] >= 0]), []
    rules = {"net (used here)": orders.history(as_of), "drop": bought.history(as_of)}
    for label, history in (rules | {"keep": orders.history(as_of, net=False)}).items():
        repeats = float(history["frequency"].sum())
        spent = float((history["mean_spend"] * history["frequency"]).sum())
        each = spent / repeats if repeats else np.nan
        rows.append((label, len(history), repeats, each, float(history["total"].sum())))
    columns = ["Rule", "Customers", "Repeat purchases", "Spend per repeat purchase", "Spend"]
    return ReturnsRule(by_rule=pd.DataFrame(rows, columns=columns))
