"""How long an effect lasts: kernels that carry a quarter's effect on, retained customers as a stock, the Koyck fit."""

from __future__ import annotations

import numpy as np

from scrm_helpers.answers.refusal import Refusal


def _share(value: float, name: str) -> float:
    if not 0 <= value < 1:
        raise Refusal(
            f"The {name} is {value}; it must lie in [0, 1). At 1 the effect would never end. Give the share of the "
            "effect that is still there one quarter later."
        )
    return float(value)


def geometric(carry: float, lags: int) -> np.ndarray:
    """Return the geometric kernel ``carry**l`` for l = 0 ... lags-1."""
    return _share(carry, "carry-over") ** np.arange(lags, dtype=float)


def delayed(carry: float, peak: float, lags: int) -> np.ndarray:
    """Return the delayed kernel ``carry**((l-peak)**2)``: the effect is strongest `peak` quarters after its cause."""
    return _share(carry, "carry-over") ** ((np.arange(lags, dtype=float) - peak) ** 2)


def carry_forward(paths: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Spread each quarter's effect over the quarters after it."""
    quarters = paths.shape[-1]
    spread = np.zeros_like(paths, dtype=float)
    for lag in np.flatnonzero(kernel[:quarters]):
        spread[..., lag:] += kernel[lag] * paths[..., : quarters - lag]
    return spread
