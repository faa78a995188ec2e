"""How an effect spreads over the periods after its cause when it need not fade evenly: the Almon polynomial lag."""

from __future__ import annotations

import numpy as np


def lag_polynomials(lags: int, degree: int) -> np.ndarray:
    """Return an orthonormal basis of the polynomials up to `degree` over the lags 0 to `lags`.

    >>> lag_polynomials(2, 0).round(3).ravel().tolist()
    [-0.577, -0.577, -0.577]
    """
    return np.linalg.qr(np.vander(np.linspace(-1, 1, lags + 1), degree + 1, increasing=True))[0]
