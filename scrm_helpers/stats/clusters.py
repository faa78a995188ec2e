"""Ranges of shares where rows come in clusters, such as threads of one opener."""

import numpy as np
from numpy.typing import ArrayLike

from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import wilson


def clustered_share(yes: ArrayLike, cluster: ArrayLike, level: float = 0.95) -> Estimate:
    """Return a share with the score interval of as many rows as the clusters are worth.

    Own code beside statsmodels, whose cluster errors give a symmetric range that leaves 0 to 1 near the ends.
    """
    hits = np.asarray(yes, float)
    n = len(hits)
    if not n:
        return Estimate(level=level, reason="there are no threads")
    code = np.unique(np.asarray(cluster), return_inverse=True)[1]
    groups, share = int(code.max()) + 1, float(hits.mean())
    if groups < 2:
        return Estimate(value=share, level=level, n=n, reason="all of one opener")
    spread = share * (1 - share) / n
    among = float((np.bincount(code, hits - share) ** 2).sum()) / n**2 * groups / (groups - 1)
    worth = n * spread / among if among > 0 and spread > 0 else groups
    low, high = wilson(share * worth, worth, level)
    return Estimate(value=share, low=low, high=high, level=level, n=n)
