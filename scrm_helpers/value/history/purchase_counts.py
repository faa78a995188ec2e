"""How many purchases a new customer makes in a period: the whole distribution, not only its mean."""

from __future__ import annotations

import numpy as np


def probability_of_count(
    parameters: np.ndarray, t: np.ndarray | float, x: np.ndarray | float, modified: int = 0
) -> np.ndarray:
    """Return P(X(t) = x), the probability that a new customer makes x repeat purchases in t.

    Parameters
    ----------
    parameters : ndarray of shape (4,)
        r, alpha, a, b of the BG/NBD or MBG/NBD.
    t : float or ndarray
        Length of the period.
    x : int or ndarray of int
        Repeat purchases, 0 or more.
    modified : {0, 1}
        0 for the BG/NBD, 1 for the MBG/NBD.

    Returns
    -------
    ndarray

    Notes
    -----
    Either the customer stayed after every purchase and made x of them, or left with the x-th and would have made x or
    more: ``B(a, b+x)/B(a, b) P(N = x) + B(a+1, b+x-1)/B(a, b) P(N >= x)`` with N negative binomial; Fader, Hardie and
    Lee (2005), equation 8. The MBG/NBD has one more occasion to leave.

    Examples
    --------
    >>> cdnow = np.array([0.243, 4.414, 0.793, 2.426])
    >>> float(probability_of_count(cdnow, 39.0, 0).round(6))
    0.573786
    """
    from scipy.special import betaln
    from scipy.stats import nbinom

    r, alpha, a, b = parameters
    x, t = np.broadcast_arrays(np.asarray(x, float), np.asarray(t, float))
    orders = nbinom(r, alpha / (alpha + t))
    chances = x + modified
    stayed = np.exp(betaln(a, b + chances) - betaln(a, b)) * orders.pmf(x)
    left = np.exp(betaln(a + 1, b + np.maximum(chances, 1) - 1) - betaln(a, b)) * orders.sf(x - 1)
    return stayed + np.where(chances > 0, left, 0.0)
