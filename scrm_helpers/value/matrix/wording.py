"""Value in words, with words of its own for what costs more than it brings."""

from __future__ import annotations

from scrm_helpers.answers import numbers


def bring(
    amount: float, currency: str = "EUR", verb: str = "bring", *, cost: str = "cost", they: str = "they", net: str = ""
) -> str:
    """Say what people bring, or by how much they cost more than that.

    Parameters
    ----------
    amount : float
        In currency; below zero it is a loss.
    currency : str
        ISO code.
    verb : str
        ``"bring"``, ``"brings"``, ``"brought"``.
    cost : str
        The verb of a loss in the same form: ``"cost"``, ``"costs"``.
    they : str
        Who brings, in the second part of the sentence: ``"they"``, ``"it"``.
    net : str
        What stands behind the amount where it is no loss, ``" net"``.

    Returns
    -------
    str

    Examples
    --------
    >>> bring(5.0), bring(-5.0), bring(-5.0, "EUR", "brings", cost="costs", they="it")
    ('bring €5.00', 'cost €5.00 more than they bring', 'costs €5.00 more than it brings')
    """
    if amount >= 0:
        return f"{verb} {numbers.money(amount, currency)}{net}"
    return f"{cost} {numbers.money(-amount, currency)} more than {they} {verb}"
