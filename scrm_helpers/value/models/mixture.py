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
    """Return the weighted sum of ``ln sum_k exp(logs)`` with gradient and Hessian."""
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
