"""Customer lifetime value: purchases times spend, with the models' uncertainty; and what one customer may really do."""

from dataclasses import field, replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.value.history.order_days import blocks
from scrm_helpers.value.lifetime.purchase_models import MODELS, draws_over_pairs, fit_purchases, month_steps, over_pairs
from scrm_helpers.value.matrix.whale import bring, told_apart
from scrm_helpers.value.models import gammagamma
from scrm_helpers.value.models.beta_geometric import NBD
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import parameter_draws

CHUNK = 20_000
RANGES = ("p_alive", "expected_purchases", "clv")
TERMS = Terms(pd.Timestamp(0))  # a history stands on a day of its own: nothing here asks for another
BELOW = np.array([0.1, 0.25, 0.5, 0.75, 0.9, 0.99])


class LifetimeValue(Answer):
    """Lifetime value of every customer and of all together."""

    ABSENT = "No lifetime value can be given, because {reason}."
    OFFERS = ("figure", "table")

    clv_total: Measure
    further: tuple[Measure, ...] = ()  # the mean, and how many customers are still active
    customers: pd.DataFrame  # by customer: ``p_alive, expected_purchases, expected_spend, clv`` and ends of the ranges
    months: int = 12  # ahead
    discount_rate: float = 0.10
    model: str = ""  # of the purchases
    indistinct: str = ""  # why the purchase model cannot tell people apart

    @cached_property
    def top(self) -> float | None:
        """Share of the value that the most valuable fifth holds; None where people are not told apart."""
        total = self.clv_total.value
        if total is None or total <= 0 or self.indistinct:
            return None
        ordered = np.sort(self.customers["clv"].to_numpy())
        return float(ordered[len(ordered) - max(round(0.2 * len(ordered)), 1) :].sum() / total)

    @property
    def drawable(self) -> bool:
        """Whether people are told apart."""
        return self.top is not None

    def words(self) -> Words:
        clv, currency, n = self.customers["clv"].to_numpy(), self.clv_total.unit, len(self.customers)
        amount, months = numbers.money(self.clv_total.value, currency), self.months
        ahead, best = numbers.plural(months, "month"), numbers.percent(self.top)
        span = f"; no range can be given, because {self.clv_total.no_range}"
        if self.clv_total.low is not None:
            ends = numbers.interval(*self.clv_total.ends, lambda end: numbers.money(end, currency))
            span = f" ({self.clv_total.level:.0%} range {ends}, from the uncertainty of the models)"
        alike = f" The purchase model cannot tell these customers apart ({self.indistinct}): nobody is ranked, listed "
        alike += "or put into a cell by expected value. More repeat purchases or a longer time would change that."
        bars = "Bar chart of ten tenths of the customers ordered by expected value. The first two tenths hold "
        labels, mean = [f"{part:.0%} of customers are below" for part in BELOW], (self.clv_total.value or 0.0) / n
        return Words(
            sentence=f"{numbers.plural(n, 'customer is', 'customers are')} expected to bring {amount} in the next "
            f"{ahead}{span}"
            + ("." if self.top is None else f"; the top 20% hold {best} of it.")
            + (" That anybody leaves cannot be shown, so everybody counts as active." if self.model == NBD.name else "")
            + (alike if self.indistinct and n > 1 else ""),
            table=pd.DataFrame({"Customers": ["Mean", *labels], "Expected value": [mean, *np.quantile(clv, BELOW)]}),
            title=f"The next {ahead}: {amount} expected"
            + ("" if self.top is None else f", {best} of it from one customer in five"),
            caption=f"Expected value per customer in the next {months} months",
            note=f"n = {numbers.plural(n, 'customer')}; {self.model} and Gamma-Gamma; discounted at "
            f"{self.discount_rate:.0%} a year, month by month at its end",
            alt="" if self.top is None else f"{bars}{best} of {amount}.",
            formats={"Expected value": "money"},
        )

    def claimed(self) -> tuple[Claim, ...]:
        name, sentence = "expected_value_of_best_fifth", self.title if self.top is not None else ""
        share = unknown(name, "share", self.reason or self.indistinct or "nothing is expected in sum")
        if self.top is not None:
            share = counted(name, self.top, len(self.customers), "share")
        return (Claim(name=name, tested="what the models expect of each customer", estimate=share, sentence=sentence),)

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax)
        value = np.sort(self.customers["clv"].dropna().to_numpy())[::-1]
        tenths = np.array([part.sum() for part in np.array_split(value, 10)]) / value.sum()
        bars = axes.bar(range(1, 11), tenths, color=[style.BLUE] * 2 + [style.BAR_GREY] * 8, width=0.75)
        axes.bar_label(bars, [numbers.percent(share) for share in tenths], padding=2, fontsize=8)
        axes.set_xticks(range(1, 11))
        axes.set_ylim(min(0.0, float(tenths.min())), 1.12 * float(tenths.max()))
        below = "Tenths of the customers, by expected value, highest first"
        return style.labelled(axes, below, "Share of all expected value", percent="y")


def customer_lifetime_value(
    history: pd.DataFrame,
    purchases: ModelFit,
    spend: ModelFit,
    terms: Terms = TERMS,
    months: int = 12,
    draws: int = 200,
) -> LifetimeValue:
    """Work out what every customer is expected to bring in the coming months, discounted, with its range."""
    names = ["p_alive", "expected_purchases", "expected_spend", "clv"]
    n, currency = len(history), terms.currency
    failed = [f"the {one.model} model cannot be fitted: {one.reason}" for one in (purchases, spend) if one.reason]
    reason = failed[0] if failed else ""
    if spend.parameters is not None and spend.parameters[1] <= 1:
        reason = reason or "spend varies so much between customers that their mean does not exist (q is not above 1)"
    if reason:
        customers = pd.DataFrame(np.nan, index=history.index, columns=names)
        none = unknown("clv_total", currency, reason, n)
        return LifetimeValue(reason=reason, clv_total=none, customers=customers, months=months)
    x, t_x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "recency", "age", "mean_spend"))
    alive, expected = MODELS[purchases.model]
    when_alive = over_pairs(expected, purchases.parameters, month_steps(months, terms.discount_rate), x, age)
    living, (plain, weighted) = alive(purchases.parameters, x, t_x, age), when_alive(slice(None))
    money = gammagamma.expected_spend(spend.parameters, x, mean)  # type: ignore[arg-type]
    columns = living, living * plain, money, living * weighted * money
    customers = pd.DataFrame(dict(zip(names, columns, strict=True)), index=history.index)
    total, active = float(customers["clv"].sum()), float(customers["p_alive"].sum())
    low = high = least = most = None
    if draws and purchases.identified and spend.identified:
        ranges, totals = _ranges(history, purchases, spend, terms, months, draws)
        customers = customers.assign(**ranges)
        (low, high), (least, most) = np.quantile(totals, terms.tails, axis=1).T.tolist()
    indistinct = "" if purchases.identified else purchases.doubt or "its parameters cannot be told apart"
    if not indistinct and not told_apart(customers["clv"]):
        indistinct = "every customer has the same expected value"
    unsure = purchases.doubt or spend.doubt or "no draws were asked for"
    of_all = partial(Measure, n=n, level=terms.level, no_range=unsure)
    money_of_all = partial(of_all, unit=currency, kind="gross")
    there = of_all(name="active_customers_expected", value=active, unit="count", low=least, high=most)
    return LifetimeValue(
        population="customers with an order",
        window=f"the coming {numbers.plural(months, 'month')}",
        clv_total=money_of_all(name="clv_total", value=total, low=low, high=high),
        further=(
            money_of_all(name="clv_mean", value=total / n, low=low and low / n, high=high and high / n),
            replace(there, window="the day of the report"),
        ),
        customers=customers,
        months=months,
        discount_rate=terms.discount_rate,
        model=purchases.model,
        indistinct=indistinct,
    )


def _ranges(
    history: pd.DataFrame, purchases: ModelFit, spend: ModelFit, terms: Terms, months: int, draws: int
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the ends of each customer's ranges, and all value and active customers under each draw, by blocks."""
    x, t_x, age, mean = (history[name].to_numpy(float) for name in ("frequency", "recency", "age", "mean_spend"))
    alive, expected = MODELS[purchases.model]
    of_purchases = parameter_draws(purchases, draws, terms.seed)
    p, q, gamma = parameter_draws(spend, draws, terms.seed + 1).T
    at = draws_over_pairs(expected, of_purchases, month_steps(months, terms.discount_rate), x, age)
    kind = history.groupby(["frequency", "recency", "age"]).ngroup().to_numpy()
    order = np.argsort(kind, kind="stable")
    out = {f"{name}_{end}": np.empty(len(x)) for name in RANGES for end in ("low", "high")}
    totals = np.zeros((2, draws))
    for part in blocks(len(x), CHUNK):
        members = order[part]
        _, first, own = np.unique(kind[members], return_index=True, return_inverse=True)
        rows = members[first]
        living = np.stack([alive(theta, x[rows], t_x[rows], age[rows]) for theta in of_purchases], axis=1)
        plain, weighted = (living * when_alive for when_alive in at(rows))
        share = weighted * p / np.maximum(p * x[rows][:, None] + q - 1, 1e-9)
        steady, slope = (share * gamma).astype(np.float32), (share * x[rows][:, None]).astype(np.float32)
        spent = np.where(x[members] > 0, np.nan_to_num(mean[members]), 0.0).astype(np.float32)
        value = slope[own] * spent[:, None] + steady[own]
        totals += value.sum(axis=0, dtype=np.float64), np.bincount(own) @ living
        each = slice(None)
        for name, drawn, whose in (("p_alive", living, own), ("expected_purchases", plain, own), ("clv", value, each)):
            low, high = np.quantile(drawn, terms.tails, axis=1)
            out[f"{name}_low"][members], out[f"{name}_high"][members] = low[whose], high[whose]
    return out, totals


def lifetime_values(history: pd.DataFrame, terms: Terms = TERMS, draws: int = 200) -> LifetimeValue:
    """Fit purchases and spend and value every customer over the coming year."""
    return customer_lifetime_value(history, fit_purchases(history), fit_gammagamma(history), terms, draws=draws)


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
    ahead, alive = month_steps(months, 0.0)[0][-1], MODELS[purchases.model][0]
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
    ahead, discounted = month_steps(months, 0.0)[0][-1], (1 + terms.discount_rate) ** (-months / 24)
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
