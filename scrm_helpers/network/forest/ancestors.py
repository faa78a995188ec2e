"""Sums up and down a forest of parent pointers, in a number of passes that grows with the logarithm of its depth.

A pass doubles how far every pointer reaches, so a chain of ten million people needs 24 passes where a walk level by
level needs ten million. A pass touches only those who still have somebody above.
"""

from __future__ import annotations

import numpy as np

NOBODY = -1
NEGLIGIBLE = 2.0**-80  # of an amount: far below what a double can add to any amount of the same order


def climb(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the root above everybody and the number of steps to it."""
    n = len(parent)
    root = np.arange(n, dtype=parent.dtype)
    steps = np.zeros(n, dtype=np.int32)
    live = np.flatnonzero(parent >= 0).astype(parent.dtype)
    root[live] = parent[live]
    steps[live] = 1
    for _ in range(max(n, 2).bit_length() + 1):
        ahead = root[live]
        moving = steps[ahead] > 0
        live, ahead = live[moving], ahead[moving]
        if not len(live):
            return root, steps, live
        further, more = root[ahead], steps[ahead]
        root[live] = further
        steps[live] += more
    return root, steps, live


def sum_below(parent: np.ndarray, amount: np.ndarray, keep: float = 1.0) -> np.ndarray:
    """Sum what everybody below a person carries, each step up keeping the share `keep` of it."""
    n = len(parent)
    total = np.array(amount, dtype=np.float64)
    hop = parent.astype(np.intp)  # the width numpy indexes with: no conversion in every pass
    live = np.flatnonzero(hop >= 0)
    factor = float(keep)
    while len(live) and factor > NEGLIGIBLE:
        above, carried = hop[live], total[live]
        if 8 * len(live) > n:
            carried *= factor
            total += np.bincount(above, weights=carried, minlength=n)
        else:
            np.add.at(total, above, factor * carried)
        further = hop[above]
        hop[live] = further
        live = live[further >= 0]
        factor *= factor
    total -= amount
    return total


def latest_in_rings(child: np.ndarray, referrer: np.ndarray, day: np.ndarray, people: int) -> np.ndarray:
    """Choose referrals to leave out so that nobody is above themselves."""
    rows = np.arange(len(child))
    broken: list[np.ndarray] = []
    while len(rows):
        rows, ring = within_rings(rows, child, referrer, people)
        if not len(rows):
            break
        order = np.lexsort((rows, day[rows], ring))
        closes = np.append(ring[order][1:] != ring[order][:-1], True)
        latest = rows[order[closes]]
        broken.append(latest)
        rows = np.setdiff1d(rows, latest, assume_unique=True)
    return np.sort(np.concatenate(broken)) if broken else rows


def within_rings(
    rows: np.ndarray, child: np.ndarray, referrer: np.ndarray, people: int
) -> tuple[np.ndarray, np.ndarray]:
    """Keep the referrals whose two ends reach each other."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    edges = coo_array((np.ones(len(rows), dtype=np.int8), (referrer[rows], child[rows])), shape=(people, people))
    _, label = connected_components(edges.tocsr(), directed=True, connection="strong")
    inside = label[child[rows]] == label[referrer[rows]]
    return rows[inside], label[child[rows[inside]]]
