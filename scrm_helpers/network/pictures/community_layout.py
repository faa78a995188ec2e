"""Where to draw communities: round, as large as they are, near those they have ties with, never overlapping."""

from __future__ import annotations

import numpy as np

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
