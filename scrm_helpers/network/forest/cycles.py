"""Rings of people who referred one another: found, and broken at their latest referral."""

from __future__ import annotations

import numpy as np


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
