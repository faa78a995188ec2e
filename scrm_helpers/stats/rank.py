"""Association of ordered answers with anything that can be ordered, ties and all."""

# Own code beside scipy: its Somers' D, tau-b and Spearman are the same points, but have no standard error

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import fisher_interval


@dataclass(frozen=True, kw_only=True)
class RankAssociation(Estimate):
    """A rank coefficient, its standard error, and the largest value that the ties allow."""

    error: float = float("nan")
    attainable: float = 1.0


def pair_sums(x: ArrayLike, y: ArrayLike) -> tuple[NDArray, NDArray, NDArray, NDArray]:
    """Compare every observation with all others: concordant minus discordant, both, differing in `x`, and in `y`."""
    row, column = _codes(x), _codes(y)
    n = len(row)
    if not n:
        return (np.empty(0),) * 4
    shape = int(row.max()) + 1, int(column.max()) + 1
    table = np.bincount(row * shape[1] + column, minlength=shape[0] * shape[1]).reshape(shape).astype(float)
    until = np.pad(table.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))  # rows and columns before each place
    above, through = until[:-1], until[1:]
    concordant = above[:, :-1] + n - through[:, -1:] - until[-1, 1:] + through[:, 1:]
    discordant = above[:, -1:] - above[:, 1:] + until[-1, :-1] - through[:, :-1]
    differ_x, differ_y = n - table.sum(axis=1), n - table.sum(axis=0)
    pairs = concordant[row, column], discordant[row, column]
    return pairs[0] - pairs[1], pairs[0] + pairs[1], differ_x[row], differ_y[column]


def midranks(values: ArrayLike) -> tuple[NDArray, NDArray]:
    """Return the mid-rank of each value as a share of all, and the share of values equal to it."""
    codes = _codes(values)
    share = np.bincount(codes) / max(len(codes), 1)
    return (np.cumsum(share) - share / 2)[codes], share[codes]


def somers_d(outcome: ArrayLike, given: ArrayLike, level: float = 0.95) -> RankAssociation:
    """Return Somers' D of an outcome given an ordered answer."""
    return rank_coefficients(outcome, given, level)["somers_d"]


def rank_coefficients(outcome: ArrayLike, given: ArrayLike, level: float = 0.95) -> dict[str, RankAssociation]:
    """Return Somers' D, Kendall's tau-b and Goodman and Kruskal's gamma from one comparison of all pairs."""
    sums = pair_sums(given, outcome)
    net_of, ordered_of, other_given, other_outcome = sums
    n = len(net_of)
    if not (other_given.any() and other_outcome.any()):
        which = "outcome" if other_given.any() else "answer"
        undefined = RankAssociation(level=level, n=n, reason=f"undefined: no variation in the {which}")
        return dict.fromkeys(("somers_d", "tau_b", "gamma"), undefined)
    net, ordered, by_given, by_outcome = (one.sum() for one in sums)
    d, both = net / by_given, np.sqrt(by_given * by_outcome)
    tau = net / both
    half = tau / 2 * (other_given / by_given + other_outcome / by_outcome) * both
    found = {
        "somers_d": moved_by(d, 2 * (net_of - d * other_given) / by_given, level),
        "tau_b": moved_by(tau, 2 * (net_of - half) / both, level),
    }
    if not ordered:
        return found | {"gamma": RankAssociation(level=level, n=n, reason="undefined: no pair differs in both")}
    gamma = net / ordered
    return found | {"gamma": moved_by(gamma, 2 * (net_of - gamma * ordered_of) / ordered, level)}


def spearman(outcome: ArrayLike, given: ArrayLike, level: float = 0.95) -> RankAssociation:
    """Return Spearman's rank correlation with the largest value that the ties allow."""
    (fx, tx), (fy, ty) = midranks(given), midranks(outcome)
    n, u, v = len(fx), fx - 0.5, fy - 0.5
    if n < 2 or not u.any() or not v.any():
        which = "answer" if n < 2 or not u.any() else "outcome"
        return RankAssociation(level=level, n=n, reason=f"undefined: no variation in the {which}")
    vx, vy, cov = (u * u).mean(), (v * v).mean(), (u * v).mean()
    scale = np.sqrt(vx * vy)
    influence = u * v + _carried(u, v) + _carried(v, u) - 3 * cov
    spread_x = ((tx**2).mean() - tx**2) / 4
    spread_y = ((ty**2).mean() - ty**2) / 4
    rho = cov / scale
    influence = influence / scale - rho / 2 * (spread_x / vx + spread_y / vy)
    return replace(moved_by(rho, influence / n, level), attainable=float((np.sort(u) * np.sort(v)).mean() / scale))


def auc(outcome: ArrayLike, score: ArrayLike, level: float = 0.95) -> RankAssociation:
    """Return the area under the curve: how often somebody with the outcome scored higher than somebody without."""
    both = somers_d(score, np.asarray(outcome, dtype=bool), level)
    value, low, high = (None if end is None else (1 + end) / 2 for end in (both.value, both.low, both.high))
    swapped = {"undefined: no variation in the answer": "undefined: everybody has the same outcome"}
    reason = swapped.get(both.reason, both.reason.replace("outcome", "score"))
    return replace(both, value=value, low=low, high=high, error=both.error / 2, reason=reason)


def _codes(values: ArrayLike) -> NDArray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"A list of numbers is needed, not a table of shape {array.shape}.")
    if array.dtype == object or (np.issubdtype(array.dtype, np.floating) and np.isnan(array).any()):
        raise ValueError("A missing value has no rank: leave the pair out before, and say how many.")
    return np.unique(array, return_inverse=True)[1]


def moved_by(estimate: float, influence: NDArray, level: float) -> RankAssociation:
    """Give a coefficient its error, range and p-value by what each observation moves in it."""
    from scipy.special import ndtr

    point, error = float(estimate), float(np.sqrt((influence**2).sum()))
    low, high = fisher_interval(point, error, level)
    p = None
    if error > 0 and abs(point) < 1:  # on the scale of the range
        p = float(2 * ndtr(-abs(np.arctanh(point)) * (1 - point**2) / error))
    return RankAssociation(value=point, low=low, high=high, level=level, n=len(influence), p=p, error=error)


def _carried(own: NDArray, other: NDArray) -> NDArray:
    """Return for each row the mean of `other` over the rows above it in `own`, equal rows counting half."""
    codes = np.unique(own, return_inverse=True)[1]
    sums = np.bincount(codes, other) / len(own)
    return (sums.sum() - np.cumsum(sums) + sums / 2)[codes]
