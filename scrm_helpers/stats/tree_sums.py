"""Trees as one array of parents, -1 for none: roots, sums below, mean distances; of referrals, or of replies."""

# Own code beside networkx, which takes an object a node: ten million nodes here take seconds

import numpy as np

NEGLIGIBLE = 2.0**-80  # of an amount: far below what a double can add to any amount of the same order


def climb(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the root above everybody, the steps to it, and who has none for a ring; every pass looks twice as far."""
    n = len(parent)
    root = np.where(parent >= 0, parent, np.arange(n, dtype=parent.dtype))
    steps = (parent >= 0).astype(np.int32)
    live = np.flatnonzero(steps).astype(parent.dtype)
    for _ in range(max(n, 2).bit_length() + 1):
        ahead = root[live]
        moving = steps[ahead] > 0
        live, ahead = live[moving], ahead[moving]
        further, more = root[ahead], steps[ahead]
        root[live] = further
        steps[live] += more
        if not len(live):
            break
    return root, steps, live


def sum_below(parent: np.ndarray, amount: np.ndarray, keep: float = 1.0) -> np.ndarray:
    """Sum what everybody below carries, each step up keeping the share `keep`; every pass doubles how far all look."""
    n = len(parent)
    total = np.array(amount, dtype=np.float64)
    hop = parent.astype(np.intp)  # the width numpy indexes with: no conversion in every pass
    live = np.flatnonzero(hop >= 0)
    factor = float(keep)
    while len(live) and factor > NEGLIGIBLE:
        above = hop[live]
        total += np.bincount(above, weights=factor * total[live], minlength=n)
        further = hop[above]
        hop[live] = further
        live = live[further >= 0]
        factor *= factor
    total -= amount
    return total


def mean_distance(parent: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Give each root the mean distance between two nodes of its tree, the structural virality; 0 for one node alone."""
    n = len(parent)
    size = sum_below(parent, np.ones(n)) + 1
    members = np.flatnonzero(parent >= 0)
    top, below = root[members], size[members]
    crossings = np.bincount(top, weights=below * (size[top] - below), minlength=n)
    pairs = size * (size - 1)
    return np.divide(2 * crossings, pairs, out=np.zeros(n), where=(parent < 0) & (pairs > 0))
