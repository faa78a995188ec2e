"""What was truly sold and given back, noted where it is thought up, and how rows are written down."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from random import Random

from .made_exports import Made

_LINES = csv.reader(Path(__file__).with_name("heads_of_exports.csv").read_text(encoding="utf-8").splitlines())
HEADS = {name: heads for name, _, *heads in _LINES}
"""The headers of each export; the file also says where they were seen."""


@dataclass
class Till:
    """What was sold and given back, by currency and day."""

    sold: list[tuple[date, str, Decimal]] = field(default_factory=list)
    back: list[tuple[date, str, Decimal]] = field(default_factory=list)

    def facts(self) -> dict[str, object]:
        """The facts of `transactions` that reading must give."""
        gross, refunded = ({cur: Decimal(0) for _, cur, _ in self.sold} for _ in range(2))
        for _, currency, amount in self.sold:
            gross[currency] += amount
        for _, currency, amount in self.back:
            refunded[currency] += amount
        days = [day for day, _, _ in self.sold]
        net = {currency: gross[currency] - refunded[currency] for currency in gross}
        text = {"gross": gross, "refunded": refunded, "net": net}
        return {
            "orders": len(self.sold),
            **{name: {currency: str(amount) for currency, amount in money.items()} for name, money in text.items()},
            "first_day": min(days).isoformat(),
            "last_day": max(days).isoformat(),
        }


def put(made: Made, named: dict[str, str]) -> None:
    """A row by the names of its columns; what the header does not have is not written."""
    made.rows.append([named.get(head, "") for head in made.heads[0]])


def price(rng: Random, low: int = 500, high: int = 30_000) -> Decimal:
    """An amount with cents."""
    return Decimal(rng.randrange(low, high)).scaleb(-2)


def moments(rng: Random, number: int, zone: timezone = UTC) -> list[datetime]:
    """Moments in 2025, in order; the first one lies after midnight, so that the zone decides its day."""
    start = datetime(2025, 1, 5, tzinfo=zone)
    drawn = sorted(start + timedelta(minutes=rng.randrange(24 * 60, 300 * 24 * 60)) for _ in range(number - 1))
    return [start + timedelta(minutes=20), *drawn]
