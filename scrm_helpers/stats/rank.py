"""Association of ordered answers with anything that can be ordered, ties and accounts and all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.stats.intervals import Interval, fisher_interval, normal_quantile
from scrm_helpers.stats.pairs import PairSums, midranks, pair_sums

NOWHERE = Interval(float("nan"), float("nan"))


@dataclass(frozen=True)
class RankAssociation:
    """A rank coefficient with its interval.

    Parameters
    ----------
    estimate, error : float
        The coefficient and its standard error; NaN when it is undefined.
    interval : Interval
        At the level asked for.
    n : int
        Observations used.
    reason : str
        Why the coefficient is undefined; empty when it is defined.
    attainable : float
        Largest value that the ties in the two columns allow; 1 where ties do not limit the coefficient.
    """

    estimate: float
    error: float
    interval: Interval
    n: int
    reason: str = ""
    attainable: float = 1.0


def somers_d(
    outcome: ArrayLike, given: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> RankAssociation:
    """Return Somers' D of an outcome given an ordered answer.

    Parameters
    ----------
    outcome, given : array-like of shape (n,)
        Numbers or booleans; pairs tied on `given` are left out of the comparison.
    level : float
        Confidence level of the interval, 0-1.
    clusters : array-like of shape (n,), optional
        Account of each row, when rows of one account are alike.

    Returns
    -------
    RankAssociation
        Between -1 and 1: the chance that the higher answer goes with the higher outcome, minus that of the lower.

    Raises
    ------
    ValueError
        When the lengths differ or a value is missing.

    Notes
    -----
    ``D = (C - D) / (n0 - T_given)``; Somers (1962). The error is that of Goodman and Kruskal (1972), from what each
    observation finds among all others, summed by cluster where there are clusters. With a binary outcome,
    ``D(answer given outcome) = 2 AUC - 1``.

    Examples
    --------
    >>> satisfaction, income = np.tile([0, 1, 2, 3], 4), np.repeat([0, 1, 2, 3], 4)
    >>> table = [1, 3, 10, 6, 2, 3, 10, 7, 1, 6, 14, 12, 0, 1, 9, 11]  # Agresti: income by job satisfaction
    >>> round(somers_d(np.repeat(satisfaction, table), np.repeat(income, table)).estimate, 6)
    0.141723
    """
    return rank_coefficients(outcome, given, level, clusters)["somers_d"]


def rank_coefficients(
    outcome: ArrayLike, given: ArrayLike, level: float = 0.95, clusters: ArrayLike | None = None
) -> dict[str, RankAssociation]:
    """Return Somers' D, Kendall's tau-b and Goodman and Kruskal's gamma from one comparison of all pairs.

    Parameters
    ----------
    outcome, given : array-like of shape (n,)
        Numbers or booleans.
    level : float
        Confidence level of the intervals, 0-1.
    clusters : array-like of shape (n,), optional
        Account of each row, when rows of one account are alike.

    Returns
    -------
    dict of str to RankAssociation
        ``"somers_d"`` (outcome given answer), ``"tau_b"`` and ``"gamma"``.

    Notes
    -----
    With ``S = C - D``: ``D = S / (n0 - T_given)``, ``tau_b = S / sqrt((n0 - T_given)(n0 - T_outcome))``,
    ``gamma = S / (C + D)``. Gamma leaves out all ties and so overstates where most outcomes are zero.

    Examples
    --------
    >>> satisfaction, income = np.tile([0, 1, 2, 3], 4), np.repeat([0, 1, 2, 3], 4)
    >>> table = [1, 3, 10, 6, 2, 3, 10, 7, 1, 6, 14, 12, 0, 1, 9, 11]
    >>> found = rank_coefficients(np.repeat(satisfaction, table), np.repeat(income, table))
    >>> round(found["tau_b"].estimate, 6), round(found["gamma"].estimate, 6)
    (0.152352, 0.221101)
    """
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
    """Return Spearman's rank correlation with the largest value that the ties allow.

    Parameters
    ----------
    outcome, given : array-like of shape (n,)
        Numbers or booleans.
    level : float
        Confidence level of the interval, 0-1.
    clusters : array-like of shape (n,), optional
        Account of each row, when rows of one account are alike.

    Returns
    -------
    RankAssociation
        With ``attainable``: the correlation of the same ranks when both columns are sorted.

    Notes
    -----
    Pearson's correlation of mid-ranks; the error comes from the influence of each observation on the three rank
    moments, ties included.

    Examples
    --------
    >>> found = spearman([0, 0, 0, 0, 0, 0, 1, 3], [1, 2, 3, 4, 5, 6, 7, 8])
    >>> round(found.estimate, 4), round(found.attainable, 4)
    (0.7638, 0.7638)
    """
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
    """Return the area under the curve: how often somebody with the outcome scored higher than somebody without.

    Parameters
    ----------
    outcome : array-like of shape (n,)
        Booleans.
    score : array-like of shape (n,)
        What is to tell them apart.
    level : float
        Confidence level of the interval, 0-1.
    clusters : array-like of shape (n,), optional
        Account of each row, when rows of one account are alike.

    Returns
    -------
    RankAssociation
        Between 0 and 1; 0.5 is a coin.

    Notes
    -----
    ``AUC = (1 + D(score given outcome)) / 2``.

    Examples
    --------
    >>> auc([False, False, True, True], [1, 2, 2, 3]).estimate
    0.875
    """
    both = somers_d(score, np.asarray(outcome, dtype=bool), level, clusters)
    ends = Interval((1 + both.interval.low) / 2, (1 + both.interval.high) / 2)
    swapped = {"undefined: no variation in the answer": "undefined: everybody has the same outcome"}
    reason = swapped.get(both.reason, both.reason.replace("outcome", "score"))
    return RankAssociation((1 + both.estimate) / 2, both.error / 2, ends, both.n, reason)


def cluster_contributions(outcome: ArrayLike, given: ArrayLike, clusters: ArrayLike) -> NDArray:
    """Return what each cluster adds to concordant minus discordant pairs, for a test that flips clusters.

    Parameters
    ----------
    outcome, given : array-like of shape (n,)
        Numbers or booleans.
    clusters : array-like of shape (n,)
        Account of each row.

    Returns
    -------
    ndarray of shape (clusters,)
        Sums of the products of centred mid-ranks; they sum to zero in expectation without association.

    Examples
    --------
    >>> cluster_contributions([0, 1, 0, 1], [0, 1, 1, 0], ["a", "a", "b", "b"]).tolist()
    [0.125, -0.125]
    """
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
