"""Likelihood of what is half seen: a sum over the ways in which it may have come about, with exact derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def mixed(
    logs: np.ndarray,
    slopes: Sequence[np.ndarray],
    bends: Mapping[tuple[int, int], np.ndarray],
    weight: np.ndarray,
) -> tuple[float, np.ndarray, np.ndarray]:
    """Return the weighted sum of ``ln sum_k exp(logs)`` with gradient and Hessian.

    Parameters
    ----------
    logs : ndarray of shape (rows, ways)
        Log-weight of every way in which a row may have come about.
    slopes : sequence of ndarray of shape (rows, ways)
        First derivatives of `logs`, by parameter.
    bends : mapping of (int, int) to ndarray of shape (rows, ways)
        Second derivatives that are not zero, first index not above the second.
    weight : ndarray of shape (rows,)
        Number of customers of each row.

    Returns
    -------
    tuple of float, ndarray and ndarray

    Notes
    -----
    Gradient and Hessian of the logarithm of a sum are the mean, and the mean of the bends plus the covariance, of the
    derivatives of its terms under their shares (Louis 1982, Journal of the Royal Statistical Society B 44(2)).

    Examples
    --------
    >>> two = np.log(np.array([[1.0, 3.0]]))
    >>> value, gradient, hessian = mixed(two, [np.array([[0.0, 4.0]])], {}, np.ones(1))
    >>> round(float(np.exp(value)), 9), gradient.tolist(), hessian.tolist()
    (4.0, [3.0], [[3.0]])
    """
    top = logs.max(axis=1)
    share = np.exp(logs - top[:, None])
    total = share.sum(axis=1)
    share /= total[:, None]
    value = float(weight @ (top + np.log(total)))
    size = len(slopes)
    means = np.stack([np.einsum("ij,ij->i", share, slope) for slope in slopes])
    heavy = share * weight[:, None]
    hessian = -np.einsum("ir,jr,r->ij", means, means, weight)
    for i in range(size):
        weighted = heavy * slopes[i]
        for j in range(i, size):
            hessian[i, j] += np.einsum("ij,ij->", weighted, slopes[j])
            if (i, j) in bends:
                hessian[i, j] += np.einsum("ij,ij->", heavy, bends[i, j])
    return value, means @ weight, np.triu(hessian) + np.triu(hessian, 1).T
