"""Value in words, with words of its own for what costs more than it brings."""

from __future__ import annotations

from scrm_helpers.answers import numbers


def bring(
    amount: float, currency: str = "EUR", verb: str = "bring", *, cost: str = "cost", they: str = "they", net: str = ""
) -> str:
    """Say what people bring, or by how much they cost more than that."""
    if amount >= 0:
        return f"{verb} {numbers.money(amount, currency)}{net}"
    return f"{cost} {numbers.money(-amount, currency)} more than {they} {verb}"
