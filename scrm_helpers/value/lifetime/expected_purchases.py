"""Expected purchases over a horizon, discounted, for many customers and many parameter draws at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scrm_helpers.value.history.order_days import blocks, coded
from scrm_helpers.value.history.purchases import DAYS, days_in
from scrm_helpers.value.models import beta_geometric, paretonbd
from scrm_helpers.value.models.fitting import ModelFit

Predictor = Callable[..., np.ndarray]
DIRECT = 2_000  # up to so many distinct (x, T) every point is computed; above, T is interpolated
TABLE = 5_000_000  # up to so many possible (x, T) all are held in a table
NODES = 20


def _modified(function: Predictor) -> Predictor:
    return lambda *arguments: function(*arguments, modified=1)


MODELS: dict[str, tuple[Predictor, Predictor]] = {
    "BG/NBD": (beta_geometric.p_alive, beta_geometric.expected_if_alive),
    "MBG/NBD": (_modified(beta_geometric.p_alive), _modified(beta_geometric.expected_if_alive)),
    "Pareto/NBD": (paretonbd.p_alive, paretonbd.expected_if_alive),
}


@dataclass(frozen=True)
class Horizon:
    """Ends of the coming months in the history's time unit, and the discount factor at each end."""

    ends: np.ndarray
    factors: np.ndarray

    @property
    def weights(self) -> np.ndarray:
        """Weights of the cumulative purchases at each end, whose sum is the discounted total."""
        return self.factors - np.append(self.factors[1:], 0.0)


def horizon(months: int, discount_rate_annual: float, unit: str) -> Horizon:
    """Cut the coming months and discount each at its end."""
    if months < 1:
        raise ValueError(f"The horizon is {months} months; it must be 1 or more for anything to be expected.")
    number = np.arange(1, months + 1)
    return Horizon(number * DAYS["month"] / days_in(unit), (1 + discount_rate_annual) ** (-number / 12))


def predict(fit: ModelFit, t: float, x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> np.ndarray:
    """Return the purchases expected of each customer in the next `t`."""
    alive, expected = MODELS[fit.model]
    when_alive = over_pairs(expected, fit.parameters, np.array([t]), np.array([1.0]), x, age)
    return alive(fit.parameters, x, t_x, age) * when_alive(slice(None))[0]


def over_pairs(
    expected: Predictor,
    parameters: np.ndarray | None,
    ends: np.ndarray,
    weights: np.ndarray,
    x: np.ndarray,
    age: np.ndarray,
) -> Callable[[np.ndarray | slice], np.ndarray]:
    """Return a function from customer positions to purchases expected if alive, computed once per distinct (x, T)."""
    x_code, x_values = coded(x)
    t_code, t_values = coded(age)

    def cell(part: np.ndarray | slice) -> np.ndarray:
        return x_code[part].astype(np.int64) * len(t_values) + t_code[part]

    present = np.zeros(min(len(x_values) * len(t_values), TABLE + 1), bool)
    if len(present) <= TABLE:
        for part in blocks(len(x)):
            present[cell(part)] = True
        if present.sum() <= DIRECT:
            at_x, at_t = np.divmod(np.flatnonzero(present), len(t_values))
            values = np.zeros((2, len(present)))
            values[:, present] = _both(expected, parameters, ends, weights, x_values[at_x], t_values[at_t])
            return lambda part: values[:, cell(part)]
    nodes, spread = _chebyshev(t_values)
    corner = _both(expected, parameters, ends, weights, x_values[:, None], nodes[None, :])
    if len(present) <= TABLE:
        values = (corner @ spread.T).reshape(2, -1)
        return lambda part: values[:, cell(part)]
    return lambda part: np.einsum("vpn,pn->vp", corner[:, x_code[part]], spread[t_code[part]])


def _both(
    expected: Predictor,
    parameters: np.ndarray | None,
    ends: np.ndarray,
    weights: np.ndarray,
    x: np.ndarray,
    age: np.ndarray,
) -> np.ndarray:
    total = 0.0
    for end, weight in zip(ends, weights, strict=True):
        last = expected(parameters, end, x, age)
        total = total + weight * last
    return np.stack([np.broadcast_to(last, np.shape(total)), total])


def _chebyshev(values: np.ndarray, count: int = NODES) -> tuple[np.ndarray, np.ndarray]:
    """Return Chebyshev nodes over sorted values in their logarithm, and the matrix that carries node values over."""
    low, high = np.log1p(values[0]), np.log1p(values[-1])
    angle = np.cos((np.arange(count) + 0.5) * np.pi / count)
    nodes = np.expm1((low + high) / 2 + (high - low) / 2 * angle)
    place = (2 * np.log1p(values) - low - high) / max(high - low, 1e-300)
    basis = np.polynomial.chebyshev.chebvander(place, count - 1)
    to_coefficients = np.linalg.inv(np.polynomial.chebyshev.chebvander(angle, count - 1))
    return nodes, basis @ to_coefficients


def draws_over_pairs(
    expected: Predictor, draws: np.ndarray, ends: np.ndarray, weights: np.ndarray, x: np.ndarray, age: np.ndarray
) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function from customer positions to purchases expected if alive under every draw."""
    x_nodes, x_spread, x_code = _axis(x)
    t_nodes, t_spread, t_code = _axis(age)
    corners = np.empty((2, len(draws), len(x_nodes), len(t_nodes)))
    for number, parameters in enumerate(draws):
        corners[:, number] = _both(expected, parameters, ends, weights, x_nodes[:, None], t_nodes[None, :])

    def at(positions: np.ndarray) -> np.ndarray:
        xs, ts = x_code[positions], t_code[positions]
        cell = xs * len(t_spread) + ts
        pairs, back = np.unique(cell, return_inverse=True)
        left, right = x_spread[pairs // len(t_spread)], t_spread[pairs % len(t_spread)]
        values = np.einsum("vdxt,px,pt->vpd", corners, left, right, optimize=True)
        return values[:, back]

    return at


def _axis(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return nodes, the matrix from nodes to distinct values and the codes; a few values are nodes themselves."""
    code, distinct = coded(values)
    if len(distinct) <= NODES:
        return distinct, np.eye(len(distinct)), code
    return *_chebyshev(distinct, 14), code
