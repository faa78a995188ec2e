"""Lifetime values that a company brings itself: used as they are, and always said to be."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.rank import spearman
from scrm_helpers.value.lifetime.outcomes import chance_above
from scrm_helpers.value.models.fitting import ModelFit


def brings_values(customers: pd.DataFrame) -> bool:
    """Tell whether the table customers has lifetime values of its own.

    >>> brings_values(pd.DataFrame({"customer_id": ["a"]})), brings_values(pd.DataFrame({"clv": [3.0]}))
    (False, True)
    """
    return "clv" in customers and bool(customers["clv"].notna().any())


def imported_values(customers: pd.DataFrame, modelled: pd.Series, currency: str = "EUR") -> Result:
    """Say which lifetime values rank people in the chapters, and how far imported ones agree with the models.

    Parameters
    ----------
    customers : DataFrame
        Table customers: ``customer_id`` and, where the company has them, ``clv`` in currency.
    modelled : Series
        Lifetime value by customer id from the models.
    currency : str
        ISO code.

    Returns
    -------
    Result

    Examples
    --------
    >>> imported_values(pd.DataFrame({"customer_id": ["a"]}), pd.Series({"a": 1.0})).sentence
    'The table customers brings no lifetime values (column clv), so those of the models count everywhere.'
    """
    if not brings_values(customers):
        none = "The table customers brings no lifetime values (column clv), so those of the models count everywhere."
        return Result(sentence=none, table=pd.DataFrame(), drawable=False)
    given = customers.set_index("customer_id")["clv"].astype(float).dropna()
    sentence = imported_note(customers, currency)[0]
    both = given.index.intersection(modelled.dropna().index)
    found = spearman(modelled[both], given[both]) if len(both) > 1 else None
    if found is None or found.reason:
        return Result(sentence=sentence, table=pd.DataFrame(), drawable=False)
    span, total = numbers.interval(*found.interval, numbers.decimal), float(modelled[both].sum())
    return Result(
        sentence=f"{sentence} The models of this chapter give {numbers.money(total, currency)} for the same customers, "
        f"in an order with a rank correlation of {numbers.decimal(found.estimate)} ({span}).",
        table=pd.DataFrame(),
        drawable=False,
    )


def imported_note(customers: pd.DataFrame, currency: str = "EUR") -> list[str]:
    """Say that lifetime values are imported; no sentence where they are not.

    Parameters
    ----------
    customers : DataFrame
        Table customers.
    currency : str
        ISO code.

    Returns
    -------
    list of str
    """
    if not brings_values(customers):
        return []
    given = customers["clv"].astype(float)
    have, total = int(given.notna().sum()), numbers.money(float(given.sum()), currency)
    said = (
        f"Lifetime values are imported: the column clv of the table customers, for {numbers.count(have)} of "
        f"{numbers.plural(len(given), 'customer')}, {total} in sum; they are taken as they are, without a range, so "
        "that how sure a cell is counts referral value alone."
    )
    return [said]


def own_value_above(
    customers: pd.DataFrame, history: pd.DataFrame, purchases: ModelFit, spend: ModelFit, cut: float, *, seed: int
) -> pd.Series | None:
    """Return the probability that a customer's own value lies above a cut, by the models.

    Parameters
    ----------
    customers : DataFrame
        Table customers.
    history, purchases, spend, cut, seed
        See :func:`chance_above`.

    Returns
    -------
    Series or None
        None where lifetime values are imported: what another model is unsure of cannot be known here.
    """
    return None if brings_values(customers) else chance_above(history, purchases, spend, cut, seed=seed)
