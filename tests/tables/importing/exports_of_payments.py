"""Payments and invoices made up as their vendors write them; what was truly sold is noted where it is thought up."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random

from .made_exports import Made, Person, people
from .tills import HEADS, Till, moments, price, put

# Stripe -------------------------------------------------------------------------------------------------------------


def stripe(rng: Random, kind: str = "stripe") -> Made:
    """Attempts in two currencies, converted into one; what failed or was not captured moved no money."""
    made = Made("stripe", [HEADS[kind]], needed=("Converted Amount", "Converted Currency", "Status", "Captured", "id"))
    made.optional = ("Description", "Fee", "Statement Descriptor", "Card ID", "Transfer")
    kinds = ["paid"] * 40 + ["retried"] * 8 + ["failed"] * 8 + ["uncaptured"] * 4 + ["refunded"] * 6 + ["part"] * 5
    kinds += ["nobody"] * 3
    rng.shuffle(kinds)
    till, buyers = Till(), people(rng, 20)
    for number, (kind, at) in enumerate(zip(["paid", *kinds], moments(rng, len(kinds) + 1), strict=True)):
        _stripe_attempt(made, rng, till, number, kind, at, rng.choice(buyers))
    made.facts["transactions"] = till.facts()
    return made


def _stripe_attempt(made: Made, rng: Random, till: Till, number: int, kind: str, at: datetime, buyer: Person) -> None:
    currency, cents = rng.choice(["usd", "eur"]), Decimal("0.01")
    amount = price(rng, 500, 300_000)
    rate = Decimal("0.91") if currency == "usd" else Decimal(1)
    taken = (amount * rate).quantize(cents)
    part = {"refunded": Decimal(1), "part": Decimal("0.25")}.get(kind, Decimal(0))
    back = (amount * part).quantize(cents)
    given = (back * (rate + Decimal("0.02") if currency == "usd" else rate)).quantize(cents)  # by that day's rate
    when = at.strftime("%Y-%m-%d %H:%M:%S") if "Mode" not in made.heads[0] else at.strftime("%Y-%m-%d %H:%M")
    cells = {"id": f"ch_{number:05d}", "Created date (UTC)": when, "Created (UTC)": when, "Mode": "Live"}
    cells |= {"Amount": f"{amount:,}", "Amount Refunded": f"{back:,}", "Currency": currency}
    cells |= {"Converted Amount": f"{taken:,}", "Converted Amount Refunded": f"{given:,}", "Converted Currency": "eur"}
    cells |= {"Status": "Refunded" if kind == "refunded" else "Paid", "Captured": "true", "Fee": "0.75"}
    cells |= {"Customer ID": f"cus_{buyer.number}", "Customer Email": buyer.mail, "Seller Message": "Payment complete."}
    later = min(at + timedelta(days=9), datetime(2025, 10, 20, tzinfo=UTC))
    cells |= {"Refunded date (UTC)": later.strftime("%Y-%m-%d %H:%M:%S") if back else ""}
    failed = {"Status": "Failed", "Captured": "false", "Decline Reason": "insufficient_funds"}
    failed |= {"Converted Amount": "", "Converted Amount Refunded": "", "Converted Currency": ""}
    if kind in {"failed", "retried"}:
        put(made, cells | failed | {"id": f"ch_{number:05d}_first"})
        made.left("failed")
    if kind == "uncaptured":
        put(made, cells | {"Captured": "false"})
        made.left("not captured")
    if kind == "nobody":
        put(made, cells | {"Customer ID": "", "Customer Email": ""})
        made.left("no person")
    if kind in {"paid", "retried", "refunded", "part"}:
        put(made, cells)
        till.sold.append((at.date(), "EUR", taken))
        if back:
            till.back.append(((at if "Mode" in made.heads[0] else later).date(), "EUR", given))


def stripe_older(rng: Random) -> Made:
    """The payments export of earlier years: other order and names, test payments marked in Mode."""
    made = stripe(rng, "stripe_older")
    for row in made.rows[3:5]:
        made.rows.append([*row])
        put(made, dict(zip(made.heads[0], row, strict=True)) | {"id": f"test{row[0]}", "Mode": "Test"})
        made.left("exact duplicate")
        made.left("test payment")
    return made


# Online Retail ------------------------------------------------------------------------------------------------------


def online_retail(rng: Random, kind: str = "online_retail") -> Made:
    """Invoices by line, credit notes with C, ids with a decimal, bookkeeping lines, lines without a customer."""
    made = Made("online_retail", [HEADS[kind]], encoding="iso-8859-1", needed=("Quantity", "UnitPrice", "InvoiceDate"))
    made.optional = ("Description", "Country")
    till = Till()
    start = datetime(2010, 12, 1, 8, 26, tzinfo=UTC)
    for number in range(60):
        at = start + timedelta(hours=number * 37)
        kind = rng.choice(["sale"] * 7 + ["credit", "nobody"]) if number else "sale"
        _invoice(made, rng, till, 536_365 + number, kind, at)
    made.facts["transactions"] = till.facts()
    return made


def _invoice(made: Made, rng: Random, till: Till, number: int, kind: str, at: datetime) -> None:
    customer = "" if kind == "nobody" else f"{rng.randrange(12_346, 12_376)}.0"
    invoice, total = f"C{number}" if kind == "credit" else str(number), Decimal(0)
    goods = rng.sample([("85123A", "WHITE HANGING HEART"), ("71053", "CAFÉ LANTERN"), ("22752", "BOX, SET OF 7")], 2)
    extra = rng.choice([[], [("POST", "POSTAGE")], [("M", "Manual")], [("BANK CHARGES", "Bank Charges")]])
    if kind == "credit":
        extra = [("D", "Discount")]
    for code, name in [*goods, *extra]:
        quantity, each = rng.randrange(1, 13) * (-1 if kind == "credit" else 1), price(rng, 85, 1295)
        cells = {"StockCode": code, "Description": name, "Quantity": str(quantity), "UnitPrice": str(each)}
        cells |= {"InvoiceNo": invoice, "Invoice": invoice, "Price": str(each), "Country": "United Kingdom"}
        cells |= {"InvoiceDate": f"{at.month}/{at.day}/{at.year} {at.hour}:{at.minute:02d}", "CustomerID": customer}
        put(made, cells | {"Customer ID": customer})
        if kind == "nobody" or code == "BANK CHARGES":
            made.left("bookkeeping line" if code == "BANK CHARGES" else "no person")
            continue
        total += quantity * each
        if code == "71053" and rng.random() < 0.2:
            made.rows.append(list(made.rows[-1]))
            made.left("exact duplicate")
    if kind == "sale":
        till.sold.append((at.date(), "GBP", total))
    if kind == "credit":
        till.back.append((at.date(), "GBP", -total))


def online_retail_two(rng: Random) -> Made:
    """The second release: other names, ISO times, whole ids."""
    made = online_retail(rng, "online_retail_two")
    when, who = (made.heads[0].index(head) for head in ("InvoiceDate", "Customer ID"))
    for row in made.rows:
        row[when] = datetime.strptime(f"{row[when]} +0000", "%m/%d/%Y %H:%M %z").strftime("%Y-%m-%d %H:%M:%S")
        row[who] = row[who].removesuffix(".0")
    made.encoding, made.needed = "utf-8", ("Quantity", "Price", "InvoiceDate")
    return made


EXPORTS: dict[str, Callable[[Random], Made]] = {
    one.__name__: one for one in (stripe, stripe_older, online_retail, online_retail_two)
}
