"""The four cells of the customer value matrix: own value against referral value, cut points in the open."""

from __future__ import annotations

import numpy as np
import pandas as pd

CELLS = ("Champions", "Affluents", "Advocates", "Misers")


def value_cells(
    own_value: pd.Series, referral_value: pd.Series, cut_own: float | None = None, cut_referral: float | None = None
) -> pd.Series:
    """Put every customer into a cell of the customer value matrix.

    Parameters
    ----------
    own_value, referral_value : Series
        Customer lifetime value and customer referral value in currency, in the same order.
    cut_own, cut_referral : float, optional
        A value above the cut is high; the median of the customers who have both values when None.

    Returns
    -------
    Series of str
        Champions (both high), Affluents (own value high), Advocates (referral value high), Misers (both low);
        missing where either value is.

    Notes
    -----
    Kumar, Petersen and Leone (2007), Harvard Business Review 85(10). Where half the customers refer nobody the
    median referral value is 0 and every person with a worthwhile referral is high.

    Examples
    --------
    >>> value_cells(pd.Series([9.0, 8, 1, 2]), pd.Series([5.0, 0, 7, 0])).tolist()
    ['Champions', 'Affluents', 'Advocates', 'Misers']
    """
    known = (own_value.notna() & referral_value.notna()).to_numpy()
    own, referral = own_value.to_numpy(float), referral_value.to_numpy(float)
    if not known.any():
        return pd.Series(np.nan, own_value.index, dtype="str", name="cell")
    cut_own = float(np.median(own[known])) if cut_own is None else cut_own
    cut_referral = float(np.median(referral[known])) if cut_referral is None else cut_referral
    number = 2 * (own <= cut_own) + (referral <= cut_referral)
    return pd.Series(np.array(CELLS, dtype=object)[number], own_value.index, dtype="str", name="cell").where(known)
