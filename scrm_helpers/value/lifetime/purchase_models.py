"""The purchase models by name: fitted, weighed against nobody leaving, and what they expect of many customers."""

from collections.abc import Callable, Iterator
from dataclasses import field
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, counted, numbers, unknown
from scrm_helpers.value.history.order_days import coded
from scrm_helpers.value.history.purchases import DAYS
from scrm_helpers.value.models import beta_geometric, paretonbd
from scrm_helpers.value.models.beta_geometric import NBD, fit_bgnbd, fit_mbgnbd, fit_nbd
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.paretonbd import fit_paretonbd

Predictor = Callable[..., NDArray]
Steps = tuple[NDArray, NDArray]  # ends of times ahead, and what the purchases up to each count
DIRECT = 2_000  # up to so many distinct (x, T) every point is computed; above, T is interpolated
NODES = 20
FITTERS = {"BG/NBD": fit_bgnbd, "MBG/NBD": fit_mbgnbd, "Pareto/NBD": fit_paretonbd}
MODELS: dict[str, tuple[Predictor, Predictor]] = {
    NBD.name: (beta_geometric.stays, beta_geometric.expected_of_stayers),
    "BG/NBD": (beta_geometric.p_alive, beta_geometric.expected_if_alive),
    "MBG/NBD": (partial(beta_geometric.p_alive, modified=1), partial(beta_geometric.expected_if_alive, modified=1)),
    "Pareto/NBD": (paretonbd.p_alive, paretonbd.expected_if_alive),
}


def fit_purchases(history: pd.DataFrame, model: str = "BG/NBD") -> ModelFit:
    """Fit a purchase model; where it is not identified the MBG/NBD, and the NBD where it runs to that limit."""
    # Where nobody can be shown to leave, the parameters of leaving run away, but rates of purchase are known as before
    if model not in FITTERS:
        raise ValueError(f"The purchase model is {model!r}; known are {', '.join(FITTERS)}.")
    first = FITTERS[model](history)
    if first.identified or model == "MBG/NBD":
        return first
    second, third = fit_mbgnbd(history), fit_nbd(history)
    if second.identified or first.reason:
        return second
    needed = np.log(max(third.n, 1))  # of two further parameters, by Schwarz's criterion
    gained = max(fitted.log_likelihood or -np.inf for fitted in (first, second)) - (third.log_likelihood or np.inf)
    return third if third.identified and gained <= needed else first


class LeavingEvidence(Answer):
    """How much better models of leaving fit than the NBD, in which nobody leaves."""

    ABSENT = "Whether customers leave cannot be said: {reason}."

    gain_of_leaving: Measure = unknown("gain_of_leaving", "ratio")
    models: pd.DataFrame = field(default_factory=pd.DataFrame)  # the table, NBD first
    best: int = 0  # its row with the model that gains most beyond what it needs

    def claimed(self) -> Iterator[Claim]:
        needed = None if self.reason else self.models["Needed to be believed"][self.best]
        stay = needed and Chance(0.0, "Schwarz's criterion for further parameters", -needed, needed)
        tested = "models in which customers leave beside one in which everybody stays"
        yield Claim(name="customers_leave", tested=tested, estimate=self.gain_of_leaving, chance=stay)

    def words(self) -> Words:
        best = self.models.to_dict("records")[self.best]
        gain, needed = best["Above nobody leaves"], best["Needed to be believed"]
        shown = self.tested("customers_leave").direction > 0
        return Words(
            sentence=f"{'Customers do leave' if shown else 'That anybody leaves cannot be shown'}: the {best['Model']} "
            f"fits {numbers.decimal(gain, 1)} log-likelihood units better than a model in which everybody stays, where "
            f"{numbers.decimal(needed, 1)} would do.{'' if shown else ' Long silence may be chance.'}",
            table=self.models,
            caption="Models of leaving against the model in which nobody leaves",
            note=f"n = {numbers.plural(self.gain_of_leaving.n or 0, 'customer')}; maximum likelihood of the purchase "
            "times; needed by Schwarz's criterion",
            formats=dict.fromkeys(self.models.columns[1:], "decimal1"),
        )


def evidence_of_leaving(history: pd.DataFrame) -> LeavingEvidence:
    """Compare models of leaving with the NBD, in which nobody leaves.

    A model of leaving is believed when its log-likelihood rises by more than ``k/2 ln n`` for k further parameters
    (Schwarz 1978, Annals of Statistics 6(2)): in a likelihood-ratio test they would be at their limit.

    Parameters
    ----------
    history : ``frequency, recency, age`` by customer id, see `Orders.history`

    Returns
    -------
    LeavingEvidence

    Examples
    --------
    >>> nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9]})
    >>> evidence_of_leaving(nobody).sentence
    'Whether customers leave cannot be said: nobody bought a second time.'
    """
    stays = fit_nbd(history)
    fits = [fitted for fitted in (FITTERS[model](history) for model in ("BG/NBD", "MBG/NBD")) if not fitted.reason]
    if stays.reason or not fits:
        reason = stays.reason or "no model of leaving can be fitted"
        return LeavingEvidence(reason=reason, gain_of_leaving=unknown("gain_of_leaving", "ratio", reason, stays.n))
    tried = [(fitted.model, fitted.log_likelihood, len(fitted.of.parameters)) for fitted in (stays, *fits)]
    table = pd.DataFrame(tried, columns=["Model", "Log-likelihood", "Needed to be believed"])
    above, further = (table[name] - table[name][0] for name in table.columns[1:])
    table.insert(2, "Above nobody leaves", above)
    table["Needed to be believed"] = further / 2 * np.log(stays.n)
    best = 1 + int((above - table["Needed to be believed"])[1:].to_numpy().argmax())
    gain, why = above[best], "a difference of two maxima has none"
    return LeavingEvidence(
        population="customers with an order",
        window="all their orders",
        gain_of_leaving=counted("gain_of_leaving", gain, stays.n, "ratio", why),
        models=table,
        best=best,
    )


def month_steps(months: int, discount_rate: float) -> Steps:
    """Give the end of each coming month in weeks, and the weight of the purchases up to it in the discounted total."""
    number = np.arange(1, months + 1)
    factors = (1 + discount_rate) ** (-number / 12)
    return number * DAYS["month"] / DAYS["week"], factors - np.append(factors[1:], 0.0)


def expected_of_new(model: str, parameters: NDArray | None, weeks: NDArray) -> NDArray:
    """Return the repeat purchases expected of a new customer by so many weeks after the first one."""
    (alive, expected), zero = MODELS[model], np.zeros(1)
    return alive(parameters, zero, zero, zero) * expected(parameters, weeks, zero, zero)


def predict(fit: ModelFit, t: float, x: NDArray, t_x: NDArray, age: NDArray) -> NDArray:
    """Return the purchases expected of each customer in the next `t`."""
    alive, expected = MODELS[fit.model]
    when_alive = over_pairs(expected, fit.parameters, (np.array([t]), np.array([1.0])), x, age)
    return alive(fit.parameters, x, t_x, age) * when_alive(slice(None))[0]


def over_pairs(
    expected: Predictor, parameters: NDArray | None, steps: Steps, x: NDArray, age: NDArray
) -> Callable[[NDArray | slice], NDArray]:
    """Return a function from customer positions to purchases expected if alive, computed once per distinct (x, T)."""
    (x_code, x_values), (t_code, t_values) = coded(x), coded(age)
    code, pairs = coded(x_code * len(t_values) + t_code)
    at_x, at_t = np.divmod(pairs, len(t_values))
    if len(pairs) <= DIRECT:
        values = _both(expected, parameters, steps, x_values[at_x], t_values[at_t])
    else:
        nodes, spread = _chebyshev(t_values)
        corner = _both(expected, parameters, steps, x_values[:, None], nodes[None, :])
        values = np.einsum("vpn,pn->vp", corner[:, at_x], spread[at_t])
    return lambda part: values[:, code[part]]


def _both(expected: Predictor, parameters: NDArray | None, steps: Steps, x: NDArray, age: NDArray) -> NDArray:
    total = 0.0
    for end, weight in zip(*steps, strict=True):
        last = expected(parameters, end, x, age)
        total = total + weight * last
    return np.stack([np.broadcast_to(last, np.shape(total)), total])


def _chebyshev(values: NDArray, count: int = NODES) -> tuple[NDArray, NDArray]:
    """Return Chebyshev nodes over sorted values in their logarithm, and the matrix that carries node values over."""
    low, high = np.log1p(values[0]), np.log1p(values[-1])
    angle = np.cos((np.arange(count) + 0.5) * np.pi / count)
    nodes = np.expm1((low + high) / 2 + (high - low) / 2 * angle)
    place = (2 * np.log1p(values) - low - high) / max(high - low, 1e-300)
    basis = np.polynomial.chebyshev.chebvander(place, count - 1)
    return nodes, basis @ np.linalg.inv(np.polynomial.chebyshev.chebvander(angle, count - 1))


def draws_over_pairs(
    expected: Predictor, draws: NDArray, steps: Steps, x: NDArray, age: NDArray
) -> Callable[[NDArray], NDArray]:
    """Return a function from customer positions to purchases expected if alive under every draw."""
    x_nodes, x_spread, x_code = _axis(x)
    t_nodes, t_spread, t_code = _axis(age)
    corners = np.empty((2, len(draws), len(x_nodes), len(t_nodes)))
    for number, parameters in enumerate(draws):
        corners[:, number] = _both(expected, parameters, steps, x_nodes[:, None], t_nodes[None, :])

    def at(positions: NDArray) -> NDArray:
        xs, ts = x_code[positions], t_code[positions]
        pairs, back = np.unique(xs * len(t_spread) + ts, return_inverse=True)
        left, right = x_spread[pairs // len(t_spread)], t_spread[pairs % len(t_spread)]
        return np.einsum("vdxt,px,pt->vpd", corners, left, right, optimize=True)[:, back]

    return at


def _axis(values: NDArray) -> tuple[NDArray, NDArray, NDArray]:
    """Return nodes, the matrix from nodes to distinct values and the codes; a few values are nodes themselves."""
    code, distinct = coded(values)
    if len(distinct) <= NODES:
        return distinct, np.eye(len(distinct)), code
    return *_chebyshev(distinct, 14), code
