"""Where to draw people: tidy trees, every generation on its own line, no two branches in each other's way."""

from __future__ import annotations

import numpy as np

from scrm_helpers.network.forest.referral_forest import Forest


def members(forest: Forest, root: int) -> np.ndarray:
    """List a person and everybody below, generation by generation."""
    order = np.argsort(forest.parent, kind="stable")
    sorted_parent = forest.parent[order]
    level, found = np.array([root]), []
    while len(level):
        found.append(level)
        start, stop = np.searchsorted(sorted_parent, level), np.searchsorted(sorted_parent, level, side="right")
        level = np.concatenate([order[low:high] for low, high in zip(start, stop, strict=True)])
    return np.concatenate(found)


def parent_rows(forest: Forest, people: np.ndarray) -> np.ndarray:
    """Return the row of everybody's referrer among `people`, who begin with the one at the top: -1 for that one."""
    row = {person: place for place, person in enumerate(people.tolist())}
    return np.array([-1, *(row[above] for above in forest.parent[people[1:]].tolist())])


def tidy_tree(parent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place the people of one tree: leaves side by side, everybody else centred above those they brought."""
    n = len(parent)
    leaves = np.ones(n, dtype=np.int64)
    leaves[parent[parent >= 0]] = 0
    for person in range(n - 1, 0, -1):
        leaves[parent[person]] += leaves[person]
    down = np.zeros(n, dtype=np.int64)
    left = np.zeros(n)
    used = np.zeros(n)
    for person in range(1, n):
        above = parent[person]
        down[person] = down[above] + 1
        left[person] = left[above] + used[above]
        used[above] += leaves[person]
    across = left.copy()
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    for person in range(n - 1, -1, -1):
        if np.isfinite(first[person]):
            across[person] = (first[person] + last[person]) / 2
        above = parent[person]
        if above >= 0:
            first[above], last[above] = min(first[above], across[person]), max(last[above], across[person])
    return across, down


GOLDEN = np.pi * (3 - np.sqrt(5))


def disc(size: int) -> np.ndarray:
    """Spread points evenly over a disc, the first in its middle."""
    number = np.arange(size)
    radius = 0.6 * np.sqrt(number)
    return np.stack([radius * np.cos(number * GOLDEN), radius * np.sin(number * GOLDEN)], axis=1)


def circles(radius: np.ndarray, ties: np.ndarray, gap: float = 1.0, seed: int = 1, wide: float = 2.0) -> np.ndarray:
    """Place circles so that none overlap and those with ties are near each other."""
    k = len(radius)
    pull = ties / max(float(ties.max(initial=0)), 1e-12)
    room = np.sqrt((np.pi * (radius + gap) ** 2).sum())
    place = np.random.default_rng(seed).normal(size=(k, 2)) * room * 0.3
    shape = np.array([1.0, wide])
    least = radius[:, None] + radius[None, :] + gap
    np.fill_diagonal(least, 0)
    for turn in range(400):
        cool = 1 - turn / 400
        away = place[:, None] - place[None, :]
        distance = np.sqrt((away**2).sum(axis=2)) + 1e-9
        pulled = (pull[:, :, None] * away).sum(axis=1) / np.maximum(pull.sum(axis=1), 1e-9)[:, None]
        place = place - cool * (0.05 * pulled + 0.02 * place * shape)
        place = place + _apart(away, distance, least)
    for _ in range(3000):
        away = place[:, None] - place[None, :]
        distance = np.sqrt((away**2).sum(axis=2)) + 1e-9
        if (distance >= least - 1e-6).all():
            break
        place = place + _apart(away, distance, least)
    return place - place.mean(axis=0)


def _apart(away: np.ndarray, distance: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Return the step that moves every pair of overlapping circles half of their overlap apart."""
    overlap = np.maximum(least - distance, 0)
    return 0.5 * (away / distance[:, :, None] * overlap[:, :, None]).sum(axis=1)
