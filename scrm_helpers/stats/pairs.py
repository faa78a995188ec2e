"""For every observation, how many others it agrees with and disagrees with, in O(n log n) and with ties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True)
class PairSums:
    """What each observation finds when it is compared with all others."""

    net: NDArray  # concordant minus discordant partners
    ordered: NDArray  # partners that differ in both columns (concordant plus discordant)
    differ_x: NDArray  # partners that differ in the first, in the second column
    differ_y: NDArray  # partners that differ in the first, in the second column


def pair_sums(x: ArrayLike, y: ArrayLike) -> PairSums:
    """Compare every observation with all others."""
    first, second = _checked(x), _checked(y)
    if first.shape != second.shape:
        raise ValueError(f"Two lists of equal length are needed, not {len(first)} and {len(second)}.")
    if not len(first):
        return PairSums(*(np.empty(0) for _ in range(4)))
    codes_x, codes_y = _codes(first), _codes(second)
    levels = int(codes_y.max()) + 1
    cells, which, weight = _cells(codes_x * levels + codes_y)
    cx, cy = cells // levels, cells % levels
    weight = weight.astype(float)
    per_x, per_y = np.bincount(cx, weight), np.bincount(cy, weight, minlength=levels)
    below_x, below_y = (np.cumsum(per) - per for per in (per_x, per_y))
    n, same_x, same_y = weight.sum(), per_x[cx], per_y[cy]
    before = np.cumsum(weight) - weight
    tied_x_lower_y = before - below_x[cx]  # cells come sorted by x, then y
    by_y = np.lexsort((cx, cy))
    tied_y_lower_x = np.empty(len(cells))
    tied_y_lower_x[by_y] = np.cumsum(weight[by_y]) - weight[by_y] - below_y[cy[by_y]]
    both_lower = _both_lower(cx, cy, weight, levels)
    x_lower_y_higher = below_x[cx] - both_lower - tied_y_lower_x
    x_higher_y_lower = below_y[cy] - both_lower - tied_x_lower_y
    x_higher_y_tied = same_y - tied_y_lower_x - weight
    both_higher = n - below_x[cx] - same_x - x_higher_y_lower - x_higher_y_tied
    concordant, discordant = both_lower + both_higher, x_lower_y_higher + x_higher_y_lower
    sums = (concordant - discordant, concordant + discordant, n - same_x, n - same_y)
    return PairSums(*(one[which] for one in sums))


def midranks(values: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return the mid-rank of each value as a share of all, and the share of values equal to it."""
    codes = _codes(_checked(values))
    share = np.bincount(codes) / max(len(codes), 1)
    return (np.cumsum(share) - share / 2)[codes], share[codes]


def _checked(values: ArrayLike) -> NDArray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"A list of numbers is needed, not a table of shape {array.shape}.")
    if array.dtype == object or (np.issubdtype(array.dtype, np.floating) and np.isnan(array).any()):
        raise ValueError("A missing value has no rank: leave the pair out before, and say how many.")
    return array


def _codes(values: NDArray) -> NDArray:
    return np.unique(values, return_inverse=True)[1]


def _cells(keys: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return the distinct keys in order, the place of each row among them, and how many rows each has."""
    size = int(keys.max()) + 1
    if size > 4 * len(keys):
        return np.unique(keys, return_inverse=True, return_counts=True)
    counts = np.bincount(keys, minlength=size)
    filled = np.flatnonzero(counts)
    place = np.empty(size, np.int64)
    place[filled] = np.arange(len(filled))
    return filled, place[keys], counts[filled]


def _both_lower(cx: NDArray, cy: NDArray, weight: NDArray, levels: int) -> NDArray:
    """Return for each cell the weight of cells that are lower in x and in y."""
    order = np.lexsort((-cy, cx))  # within equal x the higher y first, so that none counts a neighbour in x
    rank, load = cy[order], weight[order]
    cells_below = np.concatenate([[0], np.cumsum(np.bincount(rank, minlength=levels))])
    found = np.zeros(len(rank))
    for bit in range(max(levels - 1, 1).bit_length() - 1, -1, -1):
        is_one = (rank >> bit) & 1 == 1
        block = (rank >> (bit + 1)) << (bit + 1)
        start = cells_below[block]
        zeros_before = np.cumsum(~is_one) - ~is_one
        zero_load = np.cumsum(np.where(is_one, 0.0, load))
        until = np.concatenate([[0.0], zero_load])
        found[is_one] += (zero_load - until[start])[is_one]
        zeros_inside = zeros_before - np.concatenate([zeros_before, [0]])[start]
        ones_inside = np.arange(len(rank)) - start - zeros_inside
        half = cells_below[np.minimum(block + (1 << bit), levels)]
        target = np.where(is_one, half + ones_inside, start + zeros_inside)
        rank, load, found, order = (_moved(one, target) for one in (rank, load, found, order))
    result = np.empty(len(rank))
    result[order] = found
    return result


def _moved(values: NDArray, target: NDArray) -> NDArray:
    moved = np.empty_like(values)
    moved[target] = values
    return moved
