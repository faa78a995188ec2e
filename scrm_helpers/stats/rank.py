"""Association of ordered answers with anything that can be ordered, ties and accounts and all.

Own code beside scipy: its Somers' D, tau-b and Spearman are the same points, but have no standard error by account.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.intervals import Interval, fisher_interval, normal_quantile
from scrm_helpers.stats.pairs import PairSums, midranks, pair_sums

NOWHERE = Interval(float("nan"), float("nan"))


@dataclass(frozen=True)
class RankAssociation:
    """A rank coefficient with its interval."""

    estimate: float  # the coefficient and its standard error; NaN when it is undefined
    error: float  # the coefficient and its standard error; NaN when it is undefined
    interval: Interval  # at the level asked for
    n: int  # observations used
    reason: str = ""  # why the coefficient is undefined; empty when it is defined
    attainable: float = 1.0


def somers_d(
    outcome: ArrayLike, given: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> RankAssociation:
    """Return Somers' D of an outcome given an ordered answer."""
    return rank_coefficients(outcome, given, level, clusters)["somers_d"]


def rank_coefficients(
    outcome: ArrayLike, given: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> dict[str, RankAssociation]:
    """Return Somers' D, Kendall's tau-b and Goodman and Kruskal's gamma from one comparison of all pairs."""
    sums = pair_sums(given, outcome)
    n, reason = len(sums.net), _no_variation(sums)
    if reason:
        undefined = RankAssociation(float("nan"), float("nan"), NOWHERE, n, reason)
        return dict.fromkeys(("somers_d", "tau_b", "gamma"), undefined)
    net, ordered, by_given, by_outcome = (one.sum() for one in (sums.net, sums.ordered, sums.differ_x, sums.differ_y))
    d, both = net / by_given, np.sqrt(by_given * by_outcome)
    tau = net / both
    half = tau / 2 * (sums.differ_x / by_given + sums.differ_y / by_outcome) * both
    found = {
        "somers_d": _association(d, 2 * (sums.net - d * sums.differ_x) / by_given, level, clusters),
        "tau_b": _association(tau, 2 * (sums.net - half) / both, level, clusters),
    }
    if not ordered:
        reason = "undefined: no pair differs in both"
        return found | {"gamma": RankAssociation(float("nan"), float("nan"), NOWHERE, n, reason)}
    gamma = net / ordered
    return found | {"gamma": _association(gamma, 2 * (sums.net - gamma * sums.ordered) / ordered, level, clusters)}


def spearman(
    outcome: ArrayLike, given: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> RankAssociation:
    """Return Spearman's rank correlation with the largest value that the ties allow."""
    (fx, tx), (fy, ty) = midranks(given), midranks(outcome)
    n = len(fx)
    if len(fy) != n:
        raise ValueError(f"Two lists of equal length are needed, not {n} and {len(fy)}.")
    u, v = fx - 0.5, fy - 0.5
    if n < 2 or not u.any() or not v.any():
        which = "answer" if n < 2 or not u.any() else "outcome"
        reason = f"undefined: no variation in the {which}"
        return RankAssociation(float("nan"), float("nan"), NOWHERE, n, reason)
    vx, vy, cov = (u * u).mean(), (v * v).mean(), (u * v).mean()
    scale = np.sqrt(vx * vy)
    influence = u * v + _carried(u, v) + _carried(v, u) - 3 * cov
    spread_x = ((tx**2).mean() - tx**2) / 4
    spread_y = ((ty**2).mean() - ty**2) / 4
    rho = cov / scale
    influence = influence / scale - rho / 2 * (spread_x / vx + spread_y / vy)
    found = _association(rho, influence / n, level, clusters)
    attainable = float((np.sort(u) * np.sort(v)).mean() / scale)
    return RankAssociation(found.estimate, found.error, found.interval, n, attainable=attainable)


def auc(
    outcome: ArrayLike, score: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> RankAssociation:
    """Return the area under the curve: how often somebody with the outcome scored higher than somebody without."""
    both = somers_d(score, np.asarray(outcome, dtype=bool), level, clusters)
    ends = Interval((1 + both.interval.low) / 2, (1 + both.interval.high) / 2)
    swapped = {"undefined: no variation in the answer": "undefined: everybody has the same outcome"}
    reason = swapped.get(both.reason, both.reason.replace("outcome", "score"))
    return RankAssociation((1 + both.estimate) / 2, both.error / 2, ends, both.n, reason)


def cluster_contributions(outcome: ArrayLike, given: ArrayLike, clusters: ArrayLike) -> NDArray:
    """Return what each cluster adds to concordant minus discordant pairs, for a test that flips clusters."""
    product = (midranks(given)[0] - 0.5) * (midranks(outcome)[0] - 0.5)
    return _by_cluster(product, clusters)


def _no_variation(sums: PairSums) -> str:
    if not sums.differ_x.any():
        return "undefined: no variation in the answer"
    return "" if sums.differ_y.any() else "undefined: no variation in the outcome"


def _association(estimate: float, influence: NDArray, level: float, clusters: ArrayLike | None) -> RankAssociation:
    n = len(influence)
    if clusters is None:
        error = float(np.sqrt((influence**2).sum()))
        return RankAssociation(float(estimate), error, fisher_interval(float(estimate), error, level), n)
    from scipy.special import stdtrit

    sums = _by_cluster(influence, clusters)
    groups = len(sums)
    if groups < 2:
        return RankAssociation(float(estimate), float("nan"), NOWHERE, n, "no interval: all rows are of one account")
    error = float(np.sqrt((sums**2).sum() * groups / (groups - 1)))
    few = float(stdtrit(groups - 1, (1 + level) / 2)) / normal_quantile(level)
    return RankAssociation(float(estimate), error, fisher_interval(float(estimate), error * few, level), n)


def _by_cluster(values: NDArray, clusters: ArrayLike) -> NDArray:
    return np.bincount(np.unique(np.asarray(clusters), return_inverse=True)[1], values)


def _carried(own: NDArray, other: NDArray) -> NDArray:
    """Return for each row the mean of `other` over the rows above it in `own`, equal rows counting half."""
    codes = np.unique(own, return_inverse=True)[1]
    sums = np.bincount(codes, other) / len(own)
    return (sums.sum() - np.cumsum(sums) + sums / 2)[codes]
