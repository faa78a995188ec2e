"""Models for counts with many zeros: negative binomial, hurdle and zero-inflated, fitted on collapsed cells.

Own code beside statsmodels: its negative binomial takes no frequency weights, so every customer would be a row of the
fit, and its parameters differ by up to 8e-8.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.fits import Fit, maximise

RATE = ("constant", "slope", "log_dispersion")  # parameters of a negative binomial rate


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Equal rows collapsed: a million customers with eleven answers become some hundred cells."""

    given: NDArray  # answer of the cell
    counts: NDArray  # outcome of the cell
    exposure: NDArray  # time under observation
    weight: NDArray  # customers in the cell


def collapse(counts: ArrayLike, given: ArrayLike, exposure: ArrayLike | float = 1.0) -> Cells:
    """Collapse equal rows into cells with their frequency."""
    y, x = np.asarray(counts, float), np.asarray(given, float)
    time = np.broadcast_to(np.asarray(exposure, float), y.shape)
    if np.any(y < 0) or np.any(y != np.round(y)):
        raise ValueError("Counts are whole numbers from 0 on: some are negative or fractions.")
    if np.any(time <= 0):
        raise ValueError("Everybody needs some time under observation: some have none.")
    rows = pd.DataFrame({"given": x, "counts": y, "exposure": time})
    cells = rows.groupby([*rows]).size().reset_index(name="weight").to_numpy(float).T
    return Cells(given=cells[0], counts=cells[1], exposure=cells[2], weight=cells[3])


def negative_binomial(cells: Cells) -> Fit:
    """Fit a negative binomial rate with one slope on the answer."""
    if reason := _no_counts(cells):
        return Fit(names=RATE, reason=reason)
    return _fit(cells, log_rate, RATE, [_mean_rate(cells), 0.0, 0.0])


def dispersion(counts: ArrayLike, mean: ArrayLike, scale: ArrayLike | float = 1.0) -> float:
    """Return the dispersion of counts around known means: variance = mean + dispersion x mean^2."""
    from scipy.optimize import minimize_scalar

    # means are told apart to one per cent, which leaves some hundred cells of a million customers
    steps = np.round(100 * np.log(np.asarray(mean, float)))
    cells = collapse(counts, steps, scale)  # the scale tells rows apart as an exposure would
    expected, shift = np.exp(cells.given / 100), np.log(cells.exposure)

    def loss(point: float) -> float:
        return -float(cells.weight @ _log_nb(cells.counts, expected, point + shift))

    return float(np.exp(minimize_scalar(loss, bounds=(-12, 6), method="bounded").x))


def hurdle(cells: Cells) -> tuple[Fit, Fit]:
    """Fit a hurdle model: who refers at all, and how many referrals those make."""
    return logit(cells), truncated_negative_binomial(cells)


def logit(cells: Cells) -> Fit:
    """Fit the logit of a count above zero with one slope on the answer."""
    crossed = cells.counts > 0
    if reason := _no_counts(cells):
        return Fit(names=RATE[:2], reason=reason)
    some, rest = cells.given[crossed], cells.given[~crossed]
    if np.ptp(cells.given) > 0 and (some.min() >= rest.max() or some.max() <= rest.min()):
        reason = "perfect separation: the answer tells without error who refers"
        return Fit(names=RATE[:2], reason=reason)

    def log_chance(cells: Cells, point: NDArray) -> NDArray:
        line = point[0] + point[1] * cells.given
        return crossed * line - np.logaddexp(0, line)

    share = float(cells.weight @ crossed) / cells.weight.sum()
    return _fit(cells, log_chance, RATE[:2], [np.log(share / (1 - share)), 0.0])


def truncated_negative_binomial(cells: Cells) -> Fit:
    """Fit the number of referrals among those who made any."""
    some = Cells(**{part.name: getattr(cells, part.name)[cells.counts > 0] for part in fields(cells)})
    if len(np.unique(some.counts)) < 2:
        nobody = not len(some.counts)
        reason = "nobody referred" if nobody else "undefined: everybody who referred made the same number"
        return Fit(names=RATE, reason=reason)
    start = [_mean_rate(some), 0.0, 0.0]
    return maximise(lambda point: float(some.weight @ log_some(some, point)), start, RATE, int(some.weight.sum()))


def zero_inflated(cells: Cells) -> Fit:
    """Fit a zero-inflated negative binomial: some can never refer, the others refer at a rate."""
    names = (*RATE, "logit_never")
    if reason := _no_counts(cells):
        return Fit(names=names, reason=reason)
    return _fit(cells, log_inflated, names, [_mean_rate(cells) + 0.5, 0.0, -0.5, -0.5])


def log_rate(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count at a rate that differs between people."""
    return _log_nb(cells.counts, _mean(cells, point), point[2])


def log_some(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count among those who have any."""
    return log_rate(cells, point) - np.log1p(-np.exp(_log_nb(0.0, _mean(cells, point), point[2])))


def log_inflated(cells: Cells, point: NDArray) -> NDArray:
    """Return the log probability of each cell's count where some can never have any."""
    log_never, log_can = -np.logaddexp(0, -point[3]), -np.logaddexp(0, point[3])
    ordinary = log_can + log_rate(cells, point)
    return np.where(cells.counts == 0, np.logaddexp(log_never, ordinary), ordinary)


def log_probability(model: str, fits: tuple[Fit, ...], cells: Cells) -> NDArray:
    """Return the log probability of each cell's count under a fitted model."""
    point = fits[0].parameters
    if model == "hurdle":
        line = point[0] + point[1] * cells.given
        some = log_some(cells, fits[1].parameters) - np.logaddexp(0, -line)
        return np.where(cells.counts > 0, some, -np.logaddexp(0, line))
    return log_rate(cells, point) if model == "negative binomial" else log_inflated(cells, point)


def _mean(cells: Cells, point: NDArray) -> NDArray:
    return cells.exposure * np.exp(point[0] + point[1] * cells.given)


def _log_nb(y: NDArray | float, mean: NDArray, log_dispersion: NDArray | float) -> NDArray:
    from scipy.special import gammaln

    size = np.exp(-log_dispersion)
    ways = gammaln(y + size) - gammaln(size) - gammaln(np.asarray(y) + 1)
    return ways + size * np.log(size / (size + mean)) + np.asarray(y) * np.log(mean / (size + mean))


def _fit(cells: Cells, log_chance: Callable[[Cells, NDArray], NDArray], names: tuple[str, ...], start: list) -> Fit:
    """Fit on a centred answer, which steadies the search, and move the constant back."""
    total = cells.weight.sum()
    centre = float(cells.weight @ cells.given / total)
    spread = float(np.sqrt(cells.weight @ (cells.given - centre) ** 2 / total))
    if spread == 0:
        return Fit(names=names, reason="undefined: no variation in the answer")
    turn = np.eye(len(names))
    turn[1, 1], turn[0, 1] = 1 / spread, -centre / spread
    found = maximise(lambda point: float(cells.weight @ log_chance(cells, turn @ point)), start, names, int(total))
    if not found.ok:
        return found
    return Fit(names=names, parameters=turn @ found.parameters, covariance=turn @ found.covariance @ turn.T)


def _mean_rate(cells: Cells) -> float:
    return float(np.log(cells.weight @ cells.counts / (cells.weight @ cells.exposure)))


def _no_counts(cells: Cells) -> str:
    if not cells.counts.any():
        return "nobody referred"
    return "undefined: everybody referred" if cells.counts.all() else ""
