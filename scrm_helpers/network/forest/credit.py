"""What the people above are credited with for those they brought, directly and through others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.ancestors import sum_below
from scrm_helpers.network.forest.referral_forest import Forest


@dataclass(frozen=True)
class Credit:
    """Credit of every person, and what nobody is credited with.

    Parameters
    ----------
    credited : ndarray of float, shape (n,)
        Credit per person, in the unit of the value.
    unclaimed : float
        Value of referred people that stays with the firm: ``credited.sum() + unclaimed`` is the value of all
        referred people (attributed, not new money).
    """

    credited: np.ndarray
    unclaimed: float


def direct_credit(forest: Forest, value: np.ndarray) -> Credit:
    """Give the whole value of a referred person to whoever referred them.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.
    value : ndarray of float, shape (n,)
        Value of each person of ``forest.people``; a missing value counts as none.

    Returns
    -------
    Credit
        Nothing is unclaimed.

    Examples
    --------
    >>> direct_credit(_chain(), np.array([0.0, 10.0, 100.0])).credited.tolist()
    [10.0, 100.0, 0.0]
    """
    return Credit(_one_step(forest, _filled(forest, value)), 0.0)


def cascade_credit(forest: Forest, value: np.ndarray, passed_on: float = 0.5) -> Credit:
    """Let every referrer pass a share of the credit on to whoever brought them.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`; under the rule ``"split"`` credit runs along all
        referrers.
    value : ndarray of float, shape (n,)
        Value of each person; a missing value counts as none.
    passed_on : float
        Share passed on at every step, at least 0 (all credit to the direct referrer) and below 1.

    Returns
    -------
    Credit
        At most the whole value of a referred person is credited; what is passed on above the top is unclaimed.

    Raises
    ------
    ValueError
        When `passed_on` is outside [0, 1).

    Notes
    -----
    A person ``g`` steps above is credited ``(1 - passed_on) * passed_on ** (g - 1)`` of the value; over all people
    above this sums to ``1 - passed_on ** depth``, never more than one.

    Examples
    --------
    >>> cascade_credit(_chain(), np.array([0.0, 10.0, 100.0]), passed_on=0.5)
    Credit(credited=array([30., 50.,  0.]), unclaimed=30.0)
    """
    if not 0 <= passed_on < 1:
        raise ValueError(f"passed_on is {passed_on!r}: it is the share of credit handed up, from 0 to below 1.")
    value = _filled(forest, value)
    direct = (1 - passed_on) * _one_step(forest, value)
    credited = direct + _below(forest, direct, passed_on)
    return Credit(credited, float(_referred_value(forest, value) - credited.sum()))


def equal_split_credit(forest: Forest, value: np.ndarray) -> Credit:
    """Share the value of a referred person equally among all people above them.

    Parameters
    ----------
    forest : Forest
        With one referrer each (rule ``"first"`` or ``"last"``).
    value : ndarray of float, shape (n,)
        Value of each person; a missing value counts as none.

    Returns
    -------
    Credit
        Nothing is unclaimed.

    Raises
    ------
    ValueError
        When people have several referrers.

    Notes
    -----
    This is the Shapley value among the referrers of a path when the value needs every one of them.

    Examples
    --------
    >>> equal_split_credit(_chain(), np.array([0.0, 10.0, 100.0])).credited.tolist()
    [60.0, 50.0, 0.0]
    """
    _one_referrer(forest)
    share = _filled(forest, value) / np.maximum(forest.generation, 1)
    return Credit(sum_below(forest.parent, share), 0.0)


def path_shapley_credit(forest: Forest, value: np.ndarray) -> Credit:
    """Share the value of a referred person equally among the people above and that person.

    Parameters
    ----------
    forest : Forest
        With one referrer each (rule ``"first"`` or ``"last"``).
    value : ndarray of float, shape (n,)
        Value of each person; a missing value counts as none.

    Returns
    -------
    Credit
        What the referred people keep for their own purchases is unclaimed by referrers.

    Raises
    ------
    ValueError
        When people have several referrers.

    Notes
    -----
    Shapley value (Shapley 1953) of the game in which the value is there only when the buyer and everybody on the path
    above take part: at depth ``d`` each of the ``d + 1`` players gets the same.

    Examples
    --------
    >>> path_shapley_credit(_chain(), np.array([0.0, 10.0, 60.0])).credited.tolist()
    [25.0, 20.0, 0.0]
    """
    _one_referrer(forest)
    value = _filled(forest, value)
    credited = sum_below(forest.parent, value / (forest.generation + 1.0))
    return Credit(credited, float(_referred_value(forest, value) - credited.sum()))


def _filled(forest: Forest, value: np.ndarray) -> np.ndarray:
    value = np.asarray(value, dtype=np.float64)
    if value.shape != (len(forest),):
        raise ValueError(
            f"There are {len(forest)} people, but {value.size} values. Give one value per person, in order."
        )
    return np.where(np.isnan(value), 0.0, value)


def _referred_value(forest: Forest, value: np.ndarray) -> float:
    return float(value[forest.parent >= 0].sum())


def _one_step(forest: Forest, amount: np.ndarray) -> np.ndarray:
    return np.bincount(forest.referrer, weights=forest.share * amount[forest.child], minlength=len(forest))


def _below(forest: Forest, amount: np.ndarray, keep: float) -> np.ndarray:
    """Sum what is below; with several referrers a person's credit runs up along each, so level by level."""
    if forest.rule != "split":
        return sum_below(forest.parent, amount, keep)
    total = np.zeros(len(forest))
    step = keep * _one_step(forest, amount)
    while step.any():
        total += step
        step = keep * _one_step(forest, step)
    return total


def _one_referrer(forest: Forest) -> None:
    if len(forest.child) and forest.share.min() < 1:
        raise ValueError(
            "Some people have several referrers, so no single path leads up from them and an equal split is not "
            "defined. Build the forest with rule='first' or rule='last', or use cascade_credit."
        )


def _chain() -> Forest:
    """A brought B, B brought C: the forest of the examples."""
    from scrm_helpers.network.forest.referral_forest import build_forest

    days = pd.to_datetime(["2026-01-01", "2026-02-01"])
    return build_forest(pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"], "referred_on": days}))
