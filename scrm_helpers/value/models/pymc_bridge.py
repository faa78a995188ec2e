"""Purchase histories in the words of pymc-marketing, for models with covariates and hierarchies."""

from __future__ import annotations

import pandas as pd


def to_pymc(history: pd.DataFrame, groups: pd.DataFrame | None = None) -> pd.DataFrame:
    """Rename a purchase history to the columns that pymc-marketing's CLV models read.

    Parameters
    ----------
    history : DataFrame
        See :func:`purchase_history`; the time unit stays as it is.
    groups : DataFrame, optional
        Further columns by customer id, such as segment, to be used there as covariates.

    Returns
    -------
    DataFrame
        ``customer_id``, ``frequency``, ``recency``, ``T``, ``monetary_value`` (0 without a repeat purchase, as there)
        and the columns of `groups`. Its Gamma-Gamma model wants the rows with ``frequency`` and ``monetary_value``
        above 0 only.

    Examples
    --------
    >>> orders = pd.DataFrame({"frequency": [1.0, 0.0], "recency": [2.0, 0.0], "age": [4.0, 3.0],
    ...     "mean_spend": [50.0, None]}, index=pd.Index(["a", "b"], name="customer_id"))
    >>> to_pymc(orders).to_dict("records")[1]
    {'customer_id': 'b', 'frequency': 0.0, 'recency': 0.0, 'T': 3.0, 'monetary_value': 0.0}
    """
    names = {"frequency": "frequency", "recency": "recency", "age": "T", "mean_spend": "monetary_value"}
    frame = history[list(names)].rename(columns=names)
    frame["monetary_value"] = frame["monetary_value"].fillna(0.0)
    if groups is not None:
        frame = frame.join(groups)
    return frame.rename_axis("customer_id").reset_index()
