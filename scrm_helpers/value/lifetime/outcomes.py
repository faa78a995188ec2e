"""What a single customer may really do: chance decides far more than the models' own uncertainty."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, counted, numbers, unknown
from scrm_helpers.value.history.order_days import blocks
from scrm_helpers.value.lifetime.clv import LifetimeValue
from scrm_helpers.value.lifetime.purchase_models import MODELS, month_ends
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.models.beta_geometric import NBD
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import parameter_draws

PARETO = "Pareto/NBD"
NEVER = 1e-12  # a chance of leaving that is none
PLACES = (0.99, 0.9, 0.75, 0.5, 0.25, 0.1)
RATES = 200  # draws of each customer's rates behind the chance to lie above a cut


def outcome_draws(
    history: pd.DataFrame, purchases: ModelFit, spend: ModelFit, months: int, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Simulate what each customer may do in the coming months, chance and parameters together."""
    x, t_x, age, mean = history[["frequency", "recency", "age", "mean_spend"]].to_numpy(float).T[..., None]
    rng, theta = np.random.default_rng(seed), parameter_draws(purchases, draws, seed)
    p, q, gamma = parameter_draws(spend, draws, seed + 1).T
    ahead, alive = month_ends(months)[-1], MODELS[purchases.model][0]
    living = np.stack([alive(row, x[:, 0], t_x[:, 0], age[:, 0]) for row in theta], axis=1)
    rate, leaving = _habits(purchases.model, theta.T, x, age, (len(x), draws), rng)
    if purchases.model == PARETO:
        wanted = rng.poisson(rate * np.minimum(rng.exponential(1 / leaving), ahead))
    else:
        wanted = np.minimum(rng.poisson(rate * ahead), rng.geometric(np.minimum(leaving, 1.0)))
    bought = np.where(rng.random(rate.shape) < living, wanted, 0)
    spent = np.where(x > 0, x * np.nan_to_num(mean), 0.0)
    scale = rng.gamma(p * x + q, 1 / np.maximum(gamma + spent, 1e-12))
    return bought, np.where(bought > 0, rng.gamma(np.maximum(p * bought, 1e-12), 1 / scale), 0.0)


def _habits(
    model: str, theta: np.ndarray, x: np.ndarray, age: np.ndarray, shape: tuple[int, int], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw purchase rates and chances (or rates) of leaving of customers who have not left."""
    r, alpha, *of_leaving = theta
    rate = rng.gamma(r + x, 1 / (alpha + age), shape)
    if model == NBD.name:
        return rate, np.full(shape, NEVER)
    first, second = of_leaving
    if model == PARETO:
        return rate, np.maximum(rng.gamma(first, 1 / (second + age), shape), NEVER)
    return rate, np.maximum(rng.beta(first, second + x + (model == "MBG/NBD"), shape), NEVER)


def chance_above(
    history: pd.DataFrame, purchases: ModelFit, spend: ModelFit, cut: float, terms: Terms, months: int = 12
) -> pd.Series:
    """Return the probability that a customer's own expected value, were his rates known, lies above a cut."""
    if purchases.parameters is None or spend.parameters is None:
        return pd.Series(np.nan, history.index)
    p, q, gamma = spend.parameters
    rng = np.random.default_rng(terms.seed)
    ahead, discounted = month_ends(months)[-1], (1 + terms.discount_rate) ** (-months / 24)
    columns = history[["frequency", "recency", "age", "mean_spend"]].to_numpy(float).T[..., None]
    out = []
    for part in blocks(len(history), 20_000):
        x, t_x, age, mean = columns[:, part]
        spent = np.where(x > 0, np.maximum(x * np.nan_to_num(mean), 0.0), 0.0)
        living = MODELS[purchases.model][0](purchases.parameters, x[:, 0], t_x[:, 0], age[:, 0])
        rate, leaving = _habits(purchases.model, purchases.parameters, x, age, (len(x), RATES), rng)
        scale = rng.gamma(p * x + q, 1 / (gamma + spent), rate.shape)
        if purchases.model == PARETO:
            expected = -rate * np.expm1(-leaving * ahead) / leaving
        else:
            expected = -np.expm1(-rate * leaving * ahead) / leaving
        value = expected * p / scale * discounted
        out.append(living * (value > cut).mean(axis=1) + (1 - living) * (cut < 0))
    return pd.Series(np.concatenate(out), history.index)


class SingleFutures(Answer):
    """What customers at six places of the value ranking are expected to bring, and what one future of each may."""

    ABSENT = "The range of a single future cannot be given: {reason}."

    median_customer_buys_nothing: Measure = unknown("median_customer_buys_nothing", "share")
    places: pd.DataFrame = field(default_factory=pd.DataFrame)  # the table, a row for each place
    months: int = 0
    currency: str = "EUR"
    draws: int = 0

    def words(self) -> Words:
        middle = self.places.to_dict("records")[PLACES.index(0.5)]
        return Words(
            sentence=f"The customer in the middle is expected to {bring(middle['Expected'], self.currency)}, but buys "
            f"nothing at all with a chance of {numbers.percent(middle['Buys nothing'])}, and in one future of twenty "
            f"brings {numbers.money(middle['Single future, 5% high'], self.currency)} or more: use values for groups "
            "and rankings, not as a forecast of one person.",
            table=self.places,
            caption=f"How sure is the value of one customer? The next {self.months} months",
            note=f"{numbers.count(self.draws)} simulated futures per customer; single futures are before discounting",
            formats=dict.fromkeys(self.places.columns[1:], "money") | {"Buys nothing": "percent"},
        )


def single_customers(
    history: pd.DataFrame, worth: LifetimeValue, purchases: ModelFit, spend: ModelFit, *, draws: int = 4_000, seed: int
) -> SingleFutures:
    """Show for customers at six places of the value ranking how wide a single future is.

    Parameters
    ----------
    history : purchase history with money in margin
    worth, purchases, spend
    draws, seed : simulated futures per customer, and the seed

    Returns
    -------
    SingleFutures
        No customer is named: the rows are places in the ranking.
    """
    if reason := purchases.doubt or spend.doubt or worth.indistinct or (worth.reason and "there is no lifetime value"):
        return SingleFutures(reason=reason)
    ranked = worth.customers["clv"].sort_values(kind="stable")
    chosen = [ranked.index[round(place * (len(ranked) - 1))] for place in PLACES]
    bought, money = outcome_draws(history.loc[chosen], purchases, spend, worth.months, draws, seed)
    low, high = np.quantile(money, [0.05, 0.95], axis=1)
    nothing = (bought == 0).mean(axis=1)
    heads = {"clv": "Expected", "clv_low": "Expected, 95% range low", "clv_high": "Expected, 95% range high"}
    places = worth.customers.loc[chosen, [*heads]].rename(columns=heads).reset_index(drop=True)
    places.insert(0, "Place in the ranking", [f"{place:.0%} are worth less" for place in PLACES])
    places["Buys nothing"], places["Single future, 5% low"], places["Single future, 5% high"] = nothing, low, high
    name, middle, why = "median_customer_buys_nothing", nothing[PLACES.index(0.5)], "a share of simulated futures"
    return SingleFutures(
        population="the customer in the middle by expected value",
        window=f"the next {numbers.plural(worth.months, 'month')}",
        median_customer_buys_nothing=counted(name, middle, len(ranked), "share", why),
        places=places,
        months=worth.months,
        currency=worth.clv_total.unit,
        draws=draws,
    )
