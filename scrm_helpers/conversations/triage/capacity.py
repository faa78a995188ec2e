"""The hours there are: which messages to answer so that most is gained (a knapsack of 0 and 1)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

EXACT = 400  # messages up to which unequal times are solved to the end
NODES = 20_000  # branches after which the solver gives up, so that every run ends the same way


@dataclass(frozen=True)
class Chosen:
    """Which messages are answered, and what no choice could exceed."""

    taken: NDArray  # of bool
    bound: float  # value of the relaxation in which parts of a message may be answered
    exact: bool  # whether no other choice is worth more


def within_hours(worth: NDArray, hours: NDArray, available: float) -> Chosen:
    """Choose the messages of the highest sum that fit; what is worth nothing is never answered."""
    gains = np.flatnonzero(worth > 0)
    taken = np.zeros(len(worth), bool)
    if not np.isfinite(available) or hours[gains].sum() <= available:
        taken[gains] = True
        return Chosen(taken, float(worth[gains].sum()), True)
    order = gains[np.argsort(-worth[gains] / np.maximum(hours[gains], 1e-12), kind="stable")]
    spent = np.cumsum(hours[order])
    whole = int(np.searchsorted(spent, available * (1 + 1e-12), side="right"))
    left = available - (spent[whole - 1] if whole else 0.0)
    bound = float(worth[order[:whole]].sum() + max(left, 0.0) / hours[order[whole]] * worth[order[whole]])
    if np.ptp(hours[gains]) <= 1e-12:
        taken[order[:whole]] = True
        return Chosen(taken, float(worth[taken].sum()), True)
    if len(gains) <= EXACT and (best := _solved(worth[gains], hours[gains], available)) is not None:
        taken[gains[best]] = True
        return Chosen(taken, float(worth[taken].sum()), True)
    taken[in_order(order, hours, available)] = True
    return Chosen(taken, bound, bool(worth[taken].sum() >= bound * (1 - 1e-12)))


def in_order(order: NDArray, hours: NDArray, available: float) -> NDArray:
    """Take messages in an order while they fit, passing over those that do not."""
    spent = np.cumsum(hours[order])
    first = int(np.searchsorted(spent, available * (1 + 1e-12), side="right"))
    taken, left = list(order[:first]), available - (spent[first - 1] if first else 0.0)
    least = hours[order].min(initial=np.inf)
    for at in order[first:]:
        if left < least:
            break
        if hours[at] <= left:
            taken.append(at)
            left -= hours[at]
    return np.asarray(taken, int)


def _solved(worth: NDArray, hours: NDArray, available: float) -> NDArray | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    limit = LinearConstraint(hours[None, :], ub=available)
    options = {"mip_rel_gap": 0.0, "node_limit": NODES}
    found = milp(-worth, integrality=np.ones(len(worth)), bounds=Bounds(0, 1), constraints=limit, options=options)
    return np.flatnonzero(found.x > 0.5) if found.status == 0 else None
