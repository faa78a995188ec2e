"""Exports of shops made up as their vendors write them; what was truly sold is noted where it is thought up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from random import Random

from .made_exports import Made, Person, people
from .tills import HEADS, Till, moments, price, put

LINES = ["Tea caddy", "Lamp, oak", "Wool scarf", "Mug “Élan”", "Notebook A5", "Candle"]


# Shopify ------------------------------------------------------------------------------------------------------------


def shopify_orders(rng: Random, kind: str = "shopify_orders") -> Made:
    """Orders with lines of their own, of every state, some written twice."""
    made = Made("shopify_orders", [HEADS[kind]], needed=("Name", "Total", "Created at"))
    made.optional = ("Vendor", "Notes", "Accepts Marketing", "Shipping Method", "Subtotal", "Lineitem sku")
    kinds = ["paid"] * 40 + ["refunded"] * 6 + ["partially_refunded"] * 6 + ["cancelled and refunded"] * 3
    kinds += ["pending"] * 4 + ["authorized"] * 2 + ["voided"] * 3 + ["expired"] + ["test"] * 3 + ["nobody"] * 4
    rng.shuffle(kinds)
    till, buyers = Till(), people(rng, 24)
    summer, winter = timezone(timedelta(hours=2)), timezone(timedelta(hours=1))
    for number, (kind, at) in enumerate(zip(["paid", *kinds], moments(rng, len(kinds) + 1, winter), strict=True), 1001):
        at = at.astimezone(summer) if 4 <= at.month <= 10 else at
        _shopify_order(made, rng, till, f"#{number}", kind, at, rng.choice(buyers))
    made.facts["transactions"] = till.facts()
    return made


def _shopify_order(made: Made, rng: Random, till: Till, name: str, kind: str, at: datetime, buyer: Person) -> None:
    state = {"test": "paid", "nobody": "paid", "cancelled and refunded": "refunded"}.get(kind, kind)
    total, lines = price(rng), rng.choice([1, 1, 2, 3])
    back = {"refunded": total, "partially_refunded": (total / 3).quantize(Decimal("0.01"))}.get(state, Decimal(0))
    moment = at.strftime("%Y-%m-%d %H:%M:%S %z")
    mail = "" if kind == "nobody" else rng.choice([buyer.mail, buyer.mail.upper(), f" {buyer.mail}"])
    first = {"Financial Status": state, "Currency": "EUR", "Subtotal": str(total), "Shipping": "0.00", "Taxes": "0.00"}
    first |= {"Total": str(total), "Discount Amount": "0.00", "Refunded Amount": str(back.quantize(Decimal("0.01")))}
    first |= {"Paid at": moment if state in {"paid", "refunded", "partially_refunded"} else "", "Source": "web"}
    first |= {"Fulfillment Status": "fulfilled" if state == "paid" else "unfulfilled", "Accepts Marketing": "no"}
    first |= {"Cancelled at": moment if kind in {"voided", "cancelled and refunded"} else "", "Risk Level": "Low"}
    first |= {"Payment Method": "bogus" if kind == "test" else "shopify_payments", "Billing Name": buyer.name}
    first |= {"Id": str(5_400_000_000_000 + int(name[1:])), "Outstanding Balance": "0.00", "Notes": 'a "b", c'}
    for line in range(lines):
        cells = {"Name": name, "Email": mail, "Created at": moment, "Lineitem quantity": "1", "Vendor": "Haus & Hof"}
        cells |= {"Lineitem name": LINES[line], "Lineitem price": "9.90", "Lineitem sku": f"SKU-{line}"}
        put(made, cells | (first if line == 0 else {}))
    reason = {"test": "test order", "nobody": "no person"}.get(kind, "")
    if state in {"pending", "authorized", "voided", "expired"}:
        reason = f"Financial Status: {state}"
    if reason:
        made.left_out[reason] += lines
        return
    day = at.astimezone(UTC).date()
    till.sold.append((day, "EUR", total))
    if back:
        till.back.append((day, "EUR", back))
    if rng.random() < 0.1:
        made.rows.append(list(made.rows[-lines]))  # the whole line of the order once more
        made.left("exact duplicate")


def shopify_orders_older(rng: Random) -> Made:
    """The column set without Outstanding Balance and what came later."""
    return shopify_orders(rng, "shopify_orders_older")


def shopify_orders_resaved(rng: Random) -> Made:
    """Saved again by a German spreadsheet: semicolons, decimal commas, numbers without idle zeros."""
    made = shopify_orders(rng)
    money = [i for i, head in enumerate(made.heads[0]) if head in ["Subtotal", "Shipping", "Taxes", "Total"]]
    money += [made.heads[0].index(head) for head in ("Discount Amount", "Refunded Amount", "Lineitem price")]
    for row in made.rows:
        for i in money:
            row[i] = f"{Decimal(row[i]).normalize():f}".replace(".", ",") if row[i] else ""
    return _in_cp1252(made)


def _in_cp1252(made: Made) -> Made:
    """What the old Windows encoding does not have becomes a question mark, as spreadsheets do."""
    made.rows = [[cell.encode("cp1252", "replace").decode("cp1252") for cell in row] for row in made.rows]
    made.separator, made.encoding = ";", "cp1252"
    return made


def shopify_customers(rng: Random, kind: str = "shopify_customers") -> Made:
    """Customers with an apostrophe before ids and phones; some gave only a phone, some nothing."""
    made = Made("shopify_customers", [HEADS[kind]], needed=("Email",), optional=("Note", "Tags", "Tax Exempt"))
    said = {"yes": 0, "no": 0}
    for i, who in enumerate(people(rng, 40)):
        agreed = rng.choice(["yes", "no"])
        nothing = i % 20 == 7
        cells = {"Customer ID": f"'{7_000_000_000_000 + who.number}", "First Name": who.first, "Last Name": who.last}
        cells |= {"Email": "" if nothing else who.mail, "Phone": "" if nothing else f"'+4915550{who.number:06d}"}
        cells |= {"Accepts Email Marketing": agreed, "Total Spent": str(price(rng))}
        cells |= {"Total Orders": str(rng.randrange(9)), "Tax Exempt": "no", "Tags": "vip, press" if i % 5 == 0 else ""}
        put(made, cells)
        said[agreed] += not (nothing and "Customer ID" not in made.heads[0])
        if nothing and "Customer ID" not in made.heads[0]:
            made.left("no person")
    made.facts["customers"] = {"rows": sum(said.values()), "consent": said}
    return made


def shopify_customers_older(rng: Random) -> Made:
    """Customers as the import template has them: no id."""
    return shopify_customers(rng, "shopify_customers_older")


# WooCommerce --------------------------------------------------------------------------------------------------------


def woocommerce(rng: Random) -> Made:
    """The order export of the plug-in: states, whole refunds by status, parts of a refund in `refund_items`."""
    made = Made("woocommerce", [HEADS["woocommerce"]], needed=("order_total", "order_date", "status"))
    made.optional = ("customer_note", "billing_company", "shipping_method", "order_notes", "paid_date")
    kinds = ["completed"] * 36 + ["processing"] * 8 + ["refunded"] * 6 + ["part"] * 4 + ["on-hold"] * 3
    kinds += ["pending"] * 3 + ["cancelled"] * 3 + ["failed"] * 3 + ["guest"] * 3
    rng.shuffle(kinds)
    till, buyers = Till(), people(rng, 20)
    for number, (kind, at) in enumerate(zip(["completed", *kinds], moments(rng, len(kinds) + 1), strict=True), 501):
        who, total, state = rng.choice(buyers), price(rng), {"part": "completed", "guest": "processing"}.get(kind, kind)
        part = (total / 4).quantize(Decimal("0.01"))
        cells = {"order_id": str(number), "order_number": str(number), "status": state, "order_total": str(total)}
        cells |= {"order_date": at.strftime("%Y-%m-%d %H:%M:%S"), "order_subtotal": str(total), "order_currency": "EUR"}
        cells |= {"customer_email": "" if kind == "guest" else who.mail, "billing_email": who.mail.upper()}
        cells |= {"billing_first_name": who.first, "billing_last_name": who.last, "customer_id": "0"}
        cells |= {"refund_items": f"amount:{part}|reason:broken" if kind == "part" else "", "billing_country": "DE"}
        put(made, cells)
        if state in {"on-hold", "pending", "cancelled", "failed"}:
            made.left(f"status: {state}")
            continue
        till.sold.append((at.date(), "EUR", total))
        if kind in {"refunded", "part"}:
            till.back.append((at.date(), "EUR", total if kind == "refunded" else part))
    made.facts["transactions"] = till.facts()
    return made


def woocommerce_german(rng: Random) -> Made:
    """The same saved again by a German spreadsheet: semicolons, decimal commas, days with dots, cp1252."""
    made = woocommerce(rng)
    heads = made.heads[0]
    for row in made.rows:
        day = datetime.fromisoformat(row[heads.index("order_date")])
        row[heads.index("order_date")] = day.strftime("%d.%m.%Y %H:%M")
        for head in ("order_total", "order_subtotal"):
            row[heads.index(head)] = row[heads.index(head)].replace(".", ",")
    return _in_cp1252(made)


def woocommerce_lines(rng: Random) -> Made:
    """The export of another plug-in: a row per line, on each of which stands the whole order; no currency."""
    plain = woocommerce(rng)
    made = Made("woocommerce", [HEADS["woocommerce_lines"]], needed=("Order Total Amount", "Order Date"))
    made.optional, made.facts = ("Customer Note", "SKU", "Company (Billing)"), plain.facts
    for row in plain.rows:
        cells = dict(zip(plain.heads[0], row, strict=True))
        part = cells["refund_items"].removeprefix("amount:").split("|")[0]
        named = {"Order Number": cells["order_number"], "Order Status": cells["status"].title(), "SKU": "T-1"}
        named |= {"Order Date": cells["order_date"][:16], "Email (Billing)": cells["billing_email"]}
        named |= {"First Name (Billing)": cells["billing_first_name"], "Order Total Amount": cells["order_total"]}
        named |= {"Last Name (Billing)": cells["billing_last_name"], "Item Name": "Tea caddy", "Item Cost": "9.90"}
        whole = cells["order_total"] if cells["status"] == "refunded" else "0.00"
        lines = rng.choice([1, 2, 3])
        for line in range(lines):
            put(made, named | {"Order Refund Amount": part or whole, "Item #": str(line), "Quantity (- Refund)": "1"})
        if cells["status"] in {"on-hold", "pending", "cancelled", "failed"}:
            made.left_out[f"Order Status: {named['Order Status']}"] += lines
    made.facts = {"transactions": _without_currency(plain.facts["transactions"])}
    return made


def _without_currency(facts: object) -> object:
    """The same money where the file does not say in which currency it is."""
    if not isinstance(facts, dict):
        return facts
    return {key: {"": value["EUR"]} if isinstance(value, dict) else value for key, value in facts.items()}


def woocommerce_analytics(rng: Random) -> Made:
    """Orders of the Analytics pages: a refund is a negative row on its own day; people are names."""
    made = Made(
        "woocommerce",
        [HEADS["woocommerce_analytics"]],
        needed=("Net sales", "Date"),
        optional=("Attribution", "Coupon(s)"),
    )
    till, buyers = Till(), people(rng, 15)
    kinds = ["Completed"] * 30 + ["Processing"] * 5 + ["Refunded"] * 5 + ["Cancelled"] * 3 + ["Failed"] * 3
    rng.shuffle(kinds)
    for number, (kind, at) in enumerate(zip(["Completed", *kinds], moments(rng, len(kinds) + 1), strict=True), 701):
        who, total = rng.choice(buyers), price(rng, 500, 250_000)
        cells = {"Date": at.strftime("%Y-%m-%d %H:%M:%S"), "Order #": str(number), "Status": kind, "Customer": who.name}
        cells |= {"Customer type": "returning", "Product(s)": "2× Tea caddy, 1× Mug", "Items sold": "3"}
        put(made, cells | {"Net sales": str(total)})
        if kind in {"Cancelled", "Failed"}:
            made.left(f"Status: {kind}")
            continue
        till.sold.append((at.date(), "", total))
        if kind == "Refunded":
            later = at + timedelta(days=4)
            put(made, cells | {"Date": later.strftime("%Y-%m-%d %H:%M:%S"), "Net sales": f"-{total}"})
            till.back.append((later.date(), "", total))
    made.facts["transactions"] = till.facts()
    return made


EXPORTS: dict[str, Callable[[Random], Made]] = {
    one.__name__: one
    for one in (
        shopify_orders,
        shopify_orders_older,
        shopify_orders_resaved,
        shopify_customers,
        shopify_customers_older,
        woocommerce,
        woocommerce_german,
        woocommerce_lines,
        woocommerce_analytics,
    )
}
