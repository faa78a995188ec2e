"""The margin of every order: the company's own, a rate from the settings, or revenue, and which of them it is."""

from __future__ import annotations

import pandas as pd


def with_margin(transactions: pd.DataFrame, margin_rate: float | None = None) -> tuple[pd.DataFrame, list[str]]:
    """Return the orders with a margin for each, and in words where it comes from.

    Parameters
    ----------
    transactions : DataFrame
        ``amount`` and, where known, ``margin``.
    margin_rate : float, optional
        Share of the amount that is margin (0-1) where an order carries none.

    Returns
    -------
    tuple of DataFrame and list of str
        The orders with a complete ``margin``, and no sentence when every order brought its own.

    Examples
    --------
    >>> orders, said = with_margin(pd.DataFrame({"amount": [10.0, 20.0]}), 0.4)
    >>> orders["margin"].tolist(), said
    ([4.0, 8.0], ['The orders carry no margin: margin is 40% of revenue, the rate in the settings.'])
    """
    amount = transactions["amount"]
    if "margin" not in transactions or transactions["margin"].isna().all():
        if margin_rate is None:
            said = "The orders carry no margin and no margin rate is set: margin is taken to be revenue."
            return transactions.assign(margin=amount), [said]
        said = f"The orders carry no margin: margin is {margin_rate:.0%} of revenue, the rate in the settings."
        return transactions.assign(margin=amount * margin_rate), [said]
    missing = transactions["margin"].isna()
    if not missing.any():
        return transactions, []
    known = amount[~missing].sum()
    rate = margin_rate if margin_rate is not None else transactions["margin"].sum() / known if known else 1.0
    said = f"{int(missing.sum()):,} orders carry no margin: {rate:.1%} of their revenue is taken."
    return transactions.assign(margin=transactions["margin"].where(~missing, amount * rate)), [said]
