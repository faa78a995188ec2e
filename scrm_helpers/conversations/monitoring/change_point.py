"""Growth of monthly counts, and the month in which they stepped up or down, with a test that allows for the search.

Own code beside statsmodels, which fits the models: it has no test of an unknown change point in counts.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from scrm_helpers.stats.fits import Estimate

EDGE = 3  # months at either end that a step needs, or a tenth
DRAWS = 999
TWO_YEARS = 24  # months, from which a season of the year can be told from growth


@dataclass(frozen=True)
class Step:
    """A step in monthly counts."""

    months: tuple[int, ...]  # its month, the earliest and the latest that it may be
    factor: Estimate
    p: float
    fitted: NDArray


@dataclass(frozen=True)
class Monthly:
    """Counts by month, out of so many; the logarithm of their share is a line, with a season where that can be told."""

    count: NDArray
    out_of: NDArray
    level: float = 0.95
    seed: int = 0

    @property
    def seasonal(self) -> bool:
        """Whether the months are enough to tell a season from growth."""
        return len(self.count) >= TWO_YEARS

    @property
    def places(self) -> NDArray:
        """The months at which a step may lie: away from the ends, with some counts on both sides."""
        edge, before = max(EDGE, len(self.count) // 10), np.cumsum(self.count)
        place = np.arange(edge, len(self.count) - edge + 1)
        return place[(before[place - 1] >= EDGE) & (before[-1] - before[place - 1] >= EDGE)]

    def design(self) -> NDArray:
        """Return constant, month and season."""
        month = np.arange(len(self.count), dtype=float)
        turn = 2 * np.pi * month / 12
        season = [np.sin(turn), np.cos(turn)] if self.seasonal else []
        return np.column_stack([np.ones(len(month)), month - month.mean(), *season])

    def fit(self, design: NDArray, column: int) -> tuple[Estimate, float, NDArray, float]:
        """Fit a log-linear model: one coefficient as a factor, its p-value, expected counts and overdispersion."""
        import statsmodels.api as sm

        found = sm.GLM(self.count, design, family=sm.families.Poisson(), offset=np.log(self.out_of)).fit(
            scale="X2", use_t=True
        )
        low, high = np.exp(found.conf_int(1 - self.level)[column])
        value, n = float(np.exp(found.params[column])), len(self.count)
        factor = Estimate(value=value, low=float(low), high=float(high), level=self.level, n=n)
        return factor, float(found.pvalues[column]), found.mu, float(found.scale)

    def growth(self) -> tuple[Estimate, float, NDArray]:
        """Estimate the factor from one month to the next, with its p-value and the fitted counts."""
        return self.fit(self.design(), 1)[:3]

    def step(self) -> Step | None:
        """Find the largest step beside growth and season; None where no month can hold one."""
        from scipy.special import xlogy

        design, places = self.design(), self.places
        if not len(places):
            return None
        _, _, expected, spread = self.fit(design, 1)
        rng = np.random.default_rng(self.seed)
        late = np.arange(len(self.count))[:, None] >= places
        gaps = (self.count - expected) / np.sqrt(expected)
        seen, chance = (
            (found.explained / found.left[..., None]).max(axis=-1)
            for found in (_scores(rows, expected, design, late) for rows in (gaps, self._draw(rng, expected, spread)))
        )
        p = (1 + int((chance >= seen).sum())) / (1 + DRAWS)
        fits = [self.fit(np.column_stack([design, month]), -1) for month in late.T]
        count = self.count
        misfit = np.array([2 * (xlogy(count, count) - xlogy(count, mu) - count + mu).sum() for _, _, mu, _ in fits])
        at = int(misfit.argmin())
        factor, _, fitted, spread = fits[at]
        size = np.log(factor.value or 1.0)
        lifted = self._draw(rng, fitted, spread) + np.sqrt(fitted) * size * late[:, at]
        found = _scores(lifted, fitted, design, late)
        best = found.left - found.explained.max(axis=-1)  # what a search leaves; the true month, or size, leaves more
        true_month = found.left - found.explained[:, at]
        true_size = (found.left[:, None] - 2 * size * found.along + size**2 * found.long).min(axis=-1)
        months_room, room = (
            misfit.min() * (1 + float(np.quantile(true / best - 1, self.level))) - misfit
            for true in (true_month, true_size)
        )
        near = np.flatnonzero((months_room >= 0) | (months_room == months_room.max()))
        ends = np.array([self._ends(fits[place], room[place]) for place in np.flatnonzero(room >= min(0, room.max()))])
        low, high = float(ends.min()), float(ends.max())
        months = tuple(int(places[place]) for place in (at, near[0], near[-1]))
        return Step(months, replace(factor, low=low, high=high), p, fitted)

    def _ends(self, fit: tuple[Estimate, float, NDArray, float], room: float) -> tuple[float, float]:
        """Return the smallest and largest factor whose deviance lies within so much of that of the fitted one."""
        from scipy.stats import t

        factor, _, _, spread = fit
        times = t.ppf((1 + self.level) / 2, len(self.count) - self.design().shape[1] - 1)
        value, high = factor.value or 1.0, factor.high or np.inf
        wide = (high / value) ** (np.sqrt(max(room, 0.0) / spread) / times)
        return value / wide, value * wide

    def _draw(self, rng: np.random.Generator, expected: NDArray, spread: float) -> NDArray:
        """Draw scaled deviations of counts that are as uneven as these."""
        size = (DRAWS, len(expected))
        drawn = rng.poisson(expected, size) if spread <= 1.01 else rng.negative_binomial(
            expected / (spread - 1), 1 / spread, size
        )  # fmt: skip
        return (drawn - expected) / np.sqrt(expected)


class _Scores(NamedTuple):
    """Deviations beside steps at each place: their sum of squares, each step's part of it, products, lengths."""

    left: NDArray
    explained: NDArray
    along: NDArray
    long: NDArray


def _scores(gaps: NDArray, expected: NDArray, design: NDArray, late: NDArray) -> _Scores:
    """Project deviations on a step at each place, beside the design (score test)."""
    weight = np.sqrt(expected)[:, None]
    basis = np.linalg.qr(weight * design)[0]
    steps = weight * late
    steps = steps - basis @ (basis.T @ steps)
    rest = gaps - (gaps @ basis) @ basis.T
    along, long = rest @ steps, (steps**2).sum(axis=0)
    return _Scores(np.maximum((rest**2).sum(axis=-1), 1e-12), along**2 / long, along, long)
