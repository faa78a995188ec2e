"""Models for counts with many zeros: negative binomial, hurdle and zero-inflated, fitted on collapsed cells.

Own code beside statsmodels: its negative binomial takes no frequency weights, so every customer would be a row of the
fit, and its parameters differ by up to 8e-8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.fits import Fit, maximise


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Equal rows collapsed: a million customers with eleven answers become some hundred cells."""

    counts: NDArray  # outcome of the cell
    given: NDArray  # answer of the cell
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
    keys = [np.unique(column, return_inverse=True) for column in (x, y, time)]
    sizes = [len(values) for values, _ in keys]
    flat = (keys[0][1] * sizes[1] + keys[1][1]) * sizes[2] + keys[2][1]
    cells, weight = np.unique(flat, return_counts=True)
    first, rest = np.divmod(cells, sizes[1] * sizes[2])
    second, third = np.divmod(rest, sizes[2])
    picked = [values[which] for (values, _), which in zip(keys, (first, second, third), strict=True)]
    return Cells(given=picked[0], counts=picked[1], exposure=picked[2], weight=weight.astype(float))


def negative_binomial(cells: Cells) -> Fit:
    """Fit a negative binomial rate with one slope on the answer."""
    if (reason := _no_counts(cells)) != "":
        return Fit(names=("constant", "slope", "log_dispersion"), n=int(cells.weight.sum()), reason=reason)

    def likelihood(point: NDArray) -> float:
        mean = cells.exposure * np.exp(point[0] + point[1] * cells.given)
        return float(cells.weight @ _log_nb(cells.counts, mean, point[2]))

    return _fit(cells, likelihood, ("constant", "slope", "log_dispersion"), [_log_rate(cells), 0.0, 0.0])


def dispersion(counts: ArrayLike, mean: ArrayLike, scale: ArrayLike | float = 1.0) -> float:
    """Return the dispersion of counts around known means: variance = mean + dispersion x mean^2."""
    from scipy.optimize import minimize_scalar

    y = np.asarray(counts, float)
    # means are told apart to one per cent, which leaves some hundred cells of a million customers
    steps = np.round(100 * np.log(np.asarray(mean, float)))
    cells = collapse(y, steps, scale)  # the scale tells rows apart as an exposure would
    expected, shift = np.exp(cells.given / 100), np.log(cells.exposure)

    def loss(point: float) -> float:
        return -float(cells.weight @ _log_nb(cells.counts, expected, point + shift))

    return float(np.exp(minimize_scalar(loss, bounds=(-12, 6), method="bounded").x))


def hurdle(cells: Cells) -> tuple[Fit, Fit]:
    """Fit a hurdle model: who refers at all, and how many referrals those make."""
    return logit(cells), truncated_negative_binomial(cells)


def logit(cells: Cells) -> Fit:
    """Fit the logit of a count above zero with one slope on the answer."""
    names, crossed = ("constant", "slope"), cells.counts > 0
    if (reason := _no_counts(cells)) != "" or (reason := _separated(cells)) != "":
        return Fit(names=names, n=int(cells.weight.sum()), reason=reason)

    def likelihood(point: NDArray) -> float:
        line = point[0] + point[1] * cells.given
        return float(cells.weight @ (crossed * line - np.logaddexp(0, line)))

    share = float(cells.weight @ crossed) / cells.weight.sum()
    return _fit(cells, likelihood, names, [np.log(share / (1 - share)), 0.0])


def truncated_negative_binomial(cells: Cells) -> Fit:
    """Fit the number of referrals among those who made any."""
    names, some = ("constant", "slope", "log_dispersion"), cells.counts > 0
    y, x, time, weight = (part[some] for part in (cells.counts, cells.given, cells.exposure, cells.weight))
    if len(np.unique(y)) < 2:
        reason = "nobody referred" if not len(y) else "undefined: everybody who referred made the same number"
        return Fit(names=names, n=int(weight.sum()), reason=reason)

    def likelihood(point: NDArray) -> float:
        mean = time * np.exp(point[0] + point[1] * x)
        return float(weight @ (_log_nb(y, mean, point[2]) - np.log1p(-np.exp(_log_nb(0.0, mean, point[2])))))

    start = float(np.log(weight @ y / (weight @ time)))
    return maximise(likelihood, [start, 0.0, 0.0], names, int(weight.sum()))


def zero_inflated(cells: Cells) -> Fit:
    """Fit a zero-inflated negative binomial: some can never refer, the others refer at a rate."""
    names = ("constant", "slope", "log_dispersion", "logit_never")
    if (reason := _no_counts(cells)) != "":
        return Fit(names=names, n=int(cells.weight.sum()), reason=reason)

    def likelihood(point: NDArray) -> float:
        mean = cells.exposure * np.exp(point[0] + point[1] * cells.given)
        ordinary = _log_nb(cells.counts, mean, point[2])
        log_never, log_can = -np.logaddexp(0, -point[3]), -np.logaddexp(0, point[3])
        zero = np.logaddexp(log_never, log_can + ordinary)
        return float(cells.weight @ np.where(cells.counts == 0, zero, log_can + ordinary))

    return _fit(cells, likelihood, names, [_log_rate(cells) + 0.5, 0.0, -0.5, -0.5])


def log_probability(model: str, fits: tuple[Fit, ...], cells: Cells) -> NDArray:
    """Return the log probability of each cell's count under a fitted model."""
    first = fits[0]
    if model == "hurdle":
        line = first["constant"] + first["slope"] * cells.given
        amount = fits[1]
        mean = cells.exposure * np.exp(amount["constant"] + amount["slope"] * cells.given)
        some = _log_nb(cells.counts, mean, amount["log_dispersion"])
        some = some - np.log1p(-np.exp(_log_nb(0.0, mean, amount["log_dispersion"])))
        return np.where(cells.counts > 0, some - np.logaddexp(0, -line), -np.logaddexp(0, line))
    mean = cells.exposure * np.exp(first["constant"] + first["slope"] * cells.given)
    ordinary = _log_nb(cells.counts, mean, first["log_dispersion"])
    if model == "negative binomial":
        return ordinary
    log_never, log_can = (-np.logaddexp(0, sign * first["logit_never"]) for sign in (-1, 1))
    return np.where(cells.counts == 0, np.logaddexp(log_never, log_can + ordinary), log_can + ordinary)


def _log_nb(y: NDArray | float, mean: NDArray, log_dispersion: NDArray | float) -> NDArray:
    from scipy.special import gammaln

    size = np.exp(-log_dispersion)
    return (
        gammaln(y + size)
        - gammaln(size)
        - gammaln(np.asarray(y) + 1)
        + size * np.log(size / (size + mean))
        + np.asarray(y) * np.log(mean / (size + mean))
    )


def _fit(cells: Cells, likelihood: object, names: tuple[str, ...], start: list[float]) -> Fit:
    """Fit on a centred answer, which steadies the search, and move the constant back."""
    centre = float(cells.weight @ cells.given / cells.weight.sum())
    spread = float(np.sqrt(cells.weight @ (cells.given - centre) ** 2 / cells.weight.sum()))
    n = int(cells.weight.sum())
    if spread == 0:
        return Fit(names=names, n=n, reason="undefined: no variation in the answer")
    turn = np.eye(len(names))
    turn[1, 1], turn[0, 1] = 1 / spread, -centre / spread
    found = maximise(lambda point: likelihood(turn @ point), start, names, n)  # type: ignore[operator]
    if not found.ok:
        return found
    covariance = turn @ found.covariance @ turn.T
    return Fit(
        names=names,
        parameters=turn @ found.parameters,
        errors=np.sqrt(np.diag(covariance)),
        covariance=covariance,
        log_likelihood=found.log_likelihood,
        n=n,
    )


def _log_rate(cells: Cells) -> float:
    return float(np.log(cells.weight @ cells.counts / (cells.weight @ cells.exposure)))


def _no_counts(cells: Cells) -> str:
    if not len(cells.counts) or not cells.counts.any():
        return "nobody referred"
    return "undefined: everybody referred" if cells.counts.all() else ""


def _separated(cells: Cells) -> str:
    crossed = cells.counts > 0
    low, high = cells.given[crossed], cells.given[~crossed]
    apart = np.ptp(cells.given) > 0 and (low.min() >= high.max() or low.max() <= high.min())
    return "perfect separation: the answer tells without error who refers" if apart else ""
