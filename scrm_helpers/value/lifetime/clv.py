"""Customer lifetime value: discounted purchases times spend, with the uncertainty of both models kept."""

from dataclasses import replace
from functools import cached_property, partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.value.history.order_days import blocks
from scrm_helpers.value.lifetime.purchase_models import MODELS, draws_over_pairs, fit_purchases, month_steps, over_pairs
from scrm_helpers.value.matrix.whale import told_apart
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
