"""Long arrays: worked through in blocks that stay in the cache, their values numbered without a hash table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

BLOCK = 1 << 15  # fresh memory costs more than the arithmetic done in it
SAMPLED = 5_000  # values in which the step of a grid is looked for


def blocks(length: int, size: int = BLOCK) -> Iterator[slice]:
    """Cut a length into pieces."""
    return (slice(start, start + size) for start in range(0, length, size))


def coded(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Number the different values of an array in their order."""
    on_grid = _on_grid(values)
    if on_grid is not None:
        return on_grid
    codes, levels = pd.factorize(values, sort=True, use_na_sentinel=False)
    return codes.astype(np.int32), levels


def _on_grid(values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Number values by their multiple of the smallest step seen in some of them, or find that they are no multiples."""
    steps = np.diff(np.unique(np.append(values[:: max(1, len(values) // SAMPLED)], 0.0)))
    step = steps.min() if len(steps) else 1.0
    size = values.max(initial=0) / step + 2
    if not (values.min(initial=0) >= 0 and size <= max(len(values), SAMPLED)):  # missing values end here too
        return None
    codes, levels = np.empty(len(values), np.int32), np.full(int(size), np.nan)
    for part in blocks(len(values)):
        codes[part] = np.rint(values[part] / step)
        levels[codes[part]] = values[part]
    rank = np.cumsum(~np.isnan(levels)) - 1
    for part in blocks(len(values)):
        if not (levels[codes[part]] == values[part]).all():
            return None
        codes[part] = rank[codes[part]]
    return codes, levels[~np.isnan(levels)]
