"""Customer lifetime value: discounted purchases times spend, with the uncertainty of both models kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.history.order_days import blocks, coded
from scrm_helpers.value.lifetime.expected_purchases import MODELS, Horizon, draws_over_pairs, horizon, over_pairs
from scrm_helpers.value.matrix.four_cells import told_apart
from scrm_helpers.value.models import gammagamma
from scrm_helpers.value.models.beta_geometric import fit_bgnbd, fit_mbgnbd
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.paretonbd import fit_paretonbd
from scrm_helpers.value.models.posterior import parameter_draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CHUNK = 20_000
RANGES = ("p_alive", "expected_purchases", "clv")


@dataclass(frozen=True, kw_only=True)
class LifetimeValue(Result):
    """Lifetime value of every customer and of all together."""

    OFFERS: ClassVar = ("figure", "table")

    customers: pd.DataFrame
    total: float | None
    total_low: float | None = None
    total_high: float | None = None
    months: int
    currency: str = "EUR"
    indistinct: str = ""  # why the purchase model cannot tell people apart

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw what each tenth of the customers holds of the expected value."""
        axes = style.axes_for(ax)
        value = np.sort(self.customers["clv"].dropna().to_numpy())[::-1]
        tenths = np.array([part.sum() for part in np.array_split(value, 10)]) / value.sum()
        bars = axes.bar(range(1, 11), tenths, color=[style.BLUE] * 2 + [style.BAR_GREY] * 8, width=0.75)
        axes.bar_label(bars, [numbers.percent(share) for share in tenths], padding=2, fontsize=8)
        axes.set_xticks(range(1, 11))
        axes.set_ylim(min(0.0, float(tenths.min())), 1.12 * float(tenths.max()))
        axes.set_xlabel("Tenths of the customers, by expected value, highest first")
        axes.set_ylabel("Share of all expected value")
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
        return axes


def customer_lifetime_value(
    history: pd.DataFrame,
    purchases: ModelFit,
    spend: ModelFit,
    *,
    months: int = 12,
    discount_rate_annual: float = 0.10,
    margin_rate: float = 1.0,
    unit: str = "week",
    draws: int = 200,
    level: float = 0.95,
    seed: int = 20260930,
    currency: str = "EUR",
) -> LifetimeValue:
    """Work out what every customer is expected to bring in the coming months, discounted, with its range."""
    missing = _cannot(purchases, spend)
    if missing:
        return _without(history, missing, months, currency)
    coming = horizon(months, discount_rate_annual, unit)
    x, t_x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "recency", "age", "mean_spend"))
    alive, expected = MODELS[purchases.model]
    when_alive = over_pairs(expected, purchases.parameters, coming.ends, coming.weights, x, age)
    columns = np.empty((4, len(x)))
    for part in blocks(len(x)):
        living = alive(purchases.parameters, x[part], t_x[part], age[part])
        plain, weighted = when_alive(part)
        money = margin_rate * gammagamma.expected_spend(spend.parameters, x[part], mean[part])  # type: ignore[arg-type]
        columns[:, part] = living, living * plain, money, living * weighted * money
    names = ["p_alive", "expected_purchases", "expected_spend", "clv"]
    customers = pd.DataFrame(columns.T, index=history.index, columns=names, copy=False)
    total = float(customers["clv"].sum())
    low = high = None
    if draws and purchases.identified and spend.identified:
        tails = ((1 - level) / 2, (1 + level) / 2)
        ranges, totals = _ranges(history, purchases, spend, coming, margin_rate, draws, tails, seed)
        customers = customers.assign(**ranges)
        low, high = (float(end) for end in np.quantile(totals, tails))
    return _described(customers, total, low, high, months, discount_rate_annual, level, currency, purchases, spend)


def _cannot(purchases: ModelFit, spend: ModelFit) -> str:
    for fitted in (purchases, spend):
        if not fitted.converged:
            return f"the {fitted.model} model cannot be fitted: {fitted.doubt}"
    if spend.parameters is not None and spend.parameters[1] <= 1:
        return "spend varies so much between customers that their mean does not exist (q is not above 1)"
    return ""


def _ranges(
    history: pd.DataFrame,
    purchases: ModelFit,
    spend: ModelFit,
    coming: Horizon,
    margin_rate: float,
    draws: int,
    tails: tuple[float, float],
    seed: int,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the ends of each customer's ranges and the total under each draw, a block of customers at a time."""
    x, t_x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "recency", "age", "mean_spend"))
    alive, expected = MODELS[purchases.model]
    of_purchases = parameter_draws(purchases, draws, seed)
    p, q, gamma = parameter_draws(spend, draws, seed + 1).T
    at = draws_over_pairs(expected, of_purchases, coming.ends, coming.weights, x, age)
    order, row, first = _by_history(x, t_x, age)
    out = {f"{name}_{end}": np.empty(len(x)) for name in RANGES for end in ("low", "high")}
    totals = np.zeros(draws)
    for begin in range(0, len(first), CHUNK):
        rows = first[begin : begin + CHUNK]
        members = order[np.searchsorted(row, begin) : np.searchsorted(row, begin + len(rows))]
        own = row[np.searchsorted(row, begin) : np.searchsorted(row, begin + len(rows))] - begin
        living = np.stack([alive(theta, x[rows], t_x[rows], age[rows]) for theta in of_purchases], axis=1)
        plain, weighted = (living * part for part in at(rows))
        below = np.maximum(p * x[rows][:, None] + q - 1, 1e-9)
        share = margin_rate * weighted * p / below
        steady, slope = (share * gamma).astype(np.float32), (share * x[rows][:, None]).astype(np.float32)
        spent = np.where(x[members] > 0, np.nan_to_num(mean[members]), 0.0).astype(np.float32)
        for name, values in (("p_alive", living), ("expected_purchases", plain)):
            ends = _ends(values, tails)
            out[f"{name}_low"][members], out[f"{name}_high"][members] = ends[0][own], ends[1][own]
        for part in range(0, len(members), CHUNK):
            some = slice(part, part + CHUNK)
            value = slope[own[some]] * spent[some, None] + steady[own[some]]
            totals += value.sum(axis=0, dtype=np.float64)
            out["clv_low"][members[some]], out["clv_high"][members[some]] = _ends(value, tails)
    return out, totals


def _by_history(x: np.ndarray, t_x: np.ndarray, age: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the customers sorted by history, the number of each one's history and a customer of each history."""
    (key, _), *others = (coded(values) for values in (x, t_x, age))
    key = key.astype(np.int64)
    for code, levels in others:
        key *= len(levels)
        key += code
    order = np.argsort(key, kind="stable")
    new = np.concatenate([[True], np.diff(key[order]) != 0])
    return order, np.cumsum(new) - 1, order[new]


def _ends(values: np.ndarray, tails: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the quantiles of each row; a partition at four places is all the sorting they need."""
    last = values.shape[1] - 1
    places = [tail * last for tail in tails]
    wanted = sorted({int(side) for place in places for side in (np.floor(place), np.ceil(place))})
    part = np.partition(values, wanted, axis=1)
    low, high = (
        part[:, int(np.floor(place))] * (1 - place % 1) + part[:, int(np.ceil(place))] * (place % 1) for place in places
    )
    return low, high


def _described(
    customers: pd.DataFrame,
    total: float,
    low: float | None,
    high: float | None,
    months: int,
    rate: float,
    level: float,
    currency: str,
    purchases: ModelFit,
    spend: ModelFit,
) -> LifetimeValue:
    n = len(customers)
    indistinct = "" if purchases.identified else purchases.doubt or "its parameters cannot be told apart"
    if not indistinct and not told_apart(customers["clv"]):
        indistinct = "every customer has the same expected value"
    ordered = np.sort(customers["clv"].to_numpy())
    top = float(ordered[n - max(round(0.2 * n), 1) :].sum() / total) if total > 0 and not indistinct else None
    amount = numbers.money(total, currency)
    are, ahead = "is" if n == 1 else "are", numbers.plural(months, "month")
    sentence = f"{numbers.plural(n, 'customer')} {are} expected to bring {amount} in the next {ahead}"
    if low is not None:
        span = numbers.interval(low, high, lambda end: numbers.money(end, currency))
        sentence += f" ({level:.0%} range {span}, from the uncertainty of the models)"
    else:
        why = purchases.doubt or spend.doubt or "no draws were asked for"
        sentence += f"; no range can be given, because {why}"
    sentence += f"; the top 20% hold {numbers.percent(top)} of it." if top is not None else "."
    if indistinct and n > 1:
        sentence += (
            f" The purchase model cannot tell these customers apart ({indistinct}): nobody is ranked, listed or put "
            "into a cell by expected value. More repeat purchases or a longer time would change that."
        )
    parts = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    place = parts * (n - 1)
    below = place.astype(int)
    quantiles = ordered[below] + (place - below) * (ordered[np.minimum(below + 1, n - 1)] - ordered[below])
    table = pd.DataFrame(
        {
            "Customers": ["Mean", *(f"{part:.0%} of customers are below" for part in parts)],
            "Expected value": [total / n, *quantiles],
        }
    )
    total_measure = Measure(
        name="clv_total", value=total, unit=currency, n=n, low=low, high=high, level=level, kind="gross"
    )
    mean_measure = Measure(
        name="clv_mean",
        value=total / n,
        unit=currency,
        n=n,
        low=None if low is None else low / n,
        high=None if high is None else high / n,
        level=level,
        kind="gross",
    )
    active = Measure(name="active_customers_expected", value=float(customers["p_alive"].sum()), unit="count", n=n)
    title = f"The next {ahead}: {amount} expected"
    title += f", {numbers.percent(top)} of it from one customer in five" if top is not None else ""
    return LifetimeValue(
        sentence=sentence,
        table=table,
        title=title,
        caption=f"Expected value per customer in the next {months} months",
        note=f"n = {numbers.plural(n, 'customer')}; {purchases.model} and Gamma-Gamma; discounted at {rate:.0%} a "
        "year, month by month at its end",
        alt=f"Bar chart of ten tenths of the customers ordered by expected value. The first two tenths hold "
        f"{numbers.percent(top)} of {amount}."
        if top is not None
        else "",
        formats={"Expected value": "money"},
        measures=(total_measure, mean_measure, active),
        customers=customers,
        total=total,
        total_low=low,
        total_high=high,
        months=months,
        currency=currency,
        indistinct=indistinct,
        drawable=top is not None,
    )


def _without(history: pd.DataFrame, reason: str, months: int, currency: str) -> LifetimeValue:
    columns = ["p_alive", "expected_purchases", "expected_spend", "clv"]
    return LifetimeValue(
        sentence=f"No lifetime value can be given, because {reason}.",
        drawable=False,
        table=pd.DataFrame({"Customers": [len(history)], "Expected value": [np.nan]}),
        formats={"Customers": "count", "Expected value": "money"},
        measures=(Measure(name="clv_total", value=None, unit=currency, n=len(history), reason=reason),),
        customers=pd.DataFrame(np.nan, index=history.index, columns=columns),
        total=None,
        months=months,
        currency=currency,
    )


FITTERS = {"BG/NBD": fit_bgnbd, "MBG/NBD": fit_mbgnbd, "Pareto/NBD": fit_paretonbd}


def fit_purchases(history: pd.DataFrame, model: str = "BG/NBD") -> ModelFit:
    """Fit a purchase model, and the MBG/NBD where the BG/NBD cannot be identified but the MBG/NBD can.

    Parameters
    ----------
    history : DataFrame
        See :func:`purchase_history`.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Model to try first.

    Returns
    -------
    ModelFit

    Raises
    ------
    ValueError
        When the model is unknown.
    """
    if model not in FITTERS:
        raise ValueError(f"The purchase model is {model!r}; known are {', '.join(FITTERS)}.")
    first = FITTERS[model](history)
    if first.identified or model == "MBG/NBD":
        return first
    second = fit_mbgnbd(history)
    return second if second.identified or not first.converged else first


def lifetime_values(
    history: pd.DataFrame,
    *,
    model: str = "BG/NBD",
    months: int = 12,
    discount_rate_annual: float = 0.10,
    margin_rate: float = 1.0,
    unit: str = "week",
    draws: int = 200,
    seed: int = 20260930,
    currency: str = "EUR",
) -> LifetimeValue:
    """Fit purchases and spend and value every customer.

    Parameters
    ----------
    history : DataFrame
        See :func:`purchase_history`.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Purchase model to try first.
    months, discount_rate_annual, margin_rate, unit, draws, seed, currency
        See :func:`customer_lifetime_value`.

    Returns
    -------
    LifetimeValue

    Examples
    --------
    >>> nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9], "mean_spend": [None, None]})
    >>> lifetime_values(nobody.astype(float)).sentence
    'No lifetime value can be given, because the MBG/NBD model cannot be fitted: nobody bought a second time.'
    """
    return customer_lifetime_value(
        history,
        fit_purchases(history, model),
        fit_gammagamma(history),
        months=months,
        discount_rate_annual=discount_rate_annual,
        margin_rate=margin_rate,
        unit=unit,
        draws=draws,
        seed=seed,
        currency=currency,
    )
