"""Association of ordered answers with anything that can be ordered, ties and all."""

# Own code beside scipy: its Somers' D, tau-b and Spearman are the same points, but have no standard error

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import Measure, unknown
from scrm_helpers.stats.intervals import Interval, fisher_interval

NOWHERE = Interval(float("nan"), float("nan"))


@dataclass(frozen=True, kw_only=True)
class RankAssociation:
    """A rank coefficient with its standard error and interval, NaN where they are undefined."""

    estimate: float = float("nan")
    error: float = float("nan")
    interval: Interval = NOWHERE  # at the level asked for
    n: int  # observations used
    reason: str = ""  # why the coefficient is undefined; empty when it is defined
    attainable: float = 1.0

    @property
    def p(self) -> float | None:
        """Chance of an association as strong where there is none, on the scale of the interval."""
        from scipy.special import ndtr

        if self.reason or not self.error > 0 or abs(self.estimate) >= 1:
            return None
        return float(2 * ndtr(-abs(np.arctanh(self.estimate)) * (1 - self.estimate**2) / self.error))

    def measure(self, name: str, level: float) -> Measure:
        """Name the coefficient, whose interval is at this level."""
        if self.reason:
            return unknown(name, "ratio", self.reason, self.n)
        low, high = self.interval
        return Measure(name=name, value=self.estimate, unit="ratio", n=self.n, low=low, high=high, level=level)


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
        undefined = RankAssociation(n=n, reason=f"undefined: no variation in the {which}")
        return dict.fromkeys(("somers_d", "tau_b", "gamma"), undefined)
    net, ordered, by_given, by_outcome = (one.sum() for one in sums)
    d, both = net / by_given, np.sqrt(by_given * by_outcome)
    tau = net / both
    half = tau / 2 * (other_given / by_given + other_outcome / by_outcome) * both
    found = {
        "somers_d": _association(d, 2 * (net_of - d * other_given) / by_given, level),
        "tau_b": _association(tau, 2 * (net_of - half) / both, level),
    }
    if not ordered:
        return found | {"gamma": RankAssociation(n=n, reason="undefined: no pair differs in both")}
    gamma = net / ordered
    return found | {"gamma": _association(gamma, 2 * (net_of - gamma * ordered_of) / ordered, level)}


def spearman(outcome: ArrayLike, given: ArrayLike, level: float = 0.95) -> RankAssociation:
    """Return Spearman's rank correlation with the largest value that the ties allow."""
    (fx, tx), (fy, ty) = midranks(given), midranks(outcome)
    n, u, v = len(fx), fx - 0.5, fy - 0.5
    if n < 2 or not u.any() or not v.any():
        which = "answer" if n < 2 or not u.any() else "outcome"
        return RankAssociation(n=n, reason=f"undefined: no variation in the {which}")
    vx, vy, cov = (u * u).mean(), (v * v).mean(), (u * v).mean()
    scale = np.sqrt(vx * vy)
    influence = u * v + _carried(u, v) + _carried(v, u) - 3 * cov
    spread_x = ((tx**2).mean() - tx**2) / 4
    spread_y = ((ty**2).mean() - ty**2) / 4
    rho = cov / scale
    influence = influence / scale - rho / 2 * (spread_x / vx + spread_y / vy)
    return replace(_association(rho, influence / n, level), attainable=float((np.sort(u) * np.sort(v)).mean() / scale))


def auc(outcome: ArrayLike, score: ArrayLike, level: float = 0.95) -> RankAssociation:
    """Return the area under the curve: how often somebody with the outcome scored higher than somebody without."""
    both = somers_d(score, np.asarray(outcome, dtype=bool), level)
    ends = Interval((1 + both.interval.low) / 2, (1 + both.interval.high) / 2)
    swapped = {"undefined: no variation in the answer": "undefined: everybody has the same outcome"}
    reason = swapped.get(both.reason, both.reason.replace("outcome", "score"))
    return replace(both, estimate=(1 + both.estimate) / 2, error=both.error / 2, interval=ends, reason=reason)


def _codes(values: ArrayLike) -> NDArray:
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"A list of numbers is needed, not a table of shape {array.shape}.")
    if array.dtype == object or (np.issubdtype(array.dtype, np.floating) and np.isnan(array).any()):
        raise ValueError("A missing value has no rank: leave the pair out before, and say how many.")
    return np.unique(array, return_inverse=True)[1]


def _association(estimate: float, influence: NDArray, level: float) -> RankAssociation:
    point, error = float(estimate), float(np.sqrt((influence**2).sum()))
    interval = fisher_interval(point, error, level)
    return RankAssociation(estimate=point, error=error, interval=interval, n=len(influence))


def _carried(own: NDArray, other: NDArray) -> NDArray:
    """Return for each row the mean of `other` over the rows above it in `own`, equal rows counting half."""
    codes = np.unique(own, return_inverse=True)[1]
    sums = np.bincount(codes, other) / len(own)
    return (sums.sum() - np.cumsum(sums) + sums / 2)[codes]
