"""Do groups of customers differ? The models fitted again for each segment, channel and cohort."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.chance import holm
from scrm_helpers.value.lifetime.clv import FITTERS
from scrm_helpers.value.lifetime.expected_purchases import MODELS, horizon
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import parameter_draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST_REPEATS = 50  # repeat buyers below which a group's models say little
COHORT = "first order in"


@dataclass(frozen=True, kw_only=True)
class GroupRefits(Result):
    """By group: ``grouping``, ``group``, ``n``, ``value`` of a new customer, ``low``, ``high``, ``p`` (Holm)."""

    OFFERS: ClassVar = ("figure", "table")

    groups: pd.DataFrame
    everybody: float | None = None
    currency: str = "EUR"
    months: int = 12

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the value of a new customer of each group with its range, and that of everybody."""
        shown = self.groups[self.groups["value"].notna()]
        axes = style.axes_for(ax, height=1.1 + 0.27 * (len(shown) + shown["grouping"].nunique()))
        row, ticks, labels = 0, [], []
        for _, part in shown.groupby("grouping", sort=False):
            for group in part.to_dict("records"):
                differs = group["p"] < 0.05
                colour = style.ORANGE if differs else style.BLUE
                axes.plot([group["low"], group["high"]], [row, row], color=style.INK, linewidth=1.2)
                axes.plot(group["value"], row, "D" if differs else "o", color=colour, markersize=5.5)
                if differs:
                    axes.annotate(
                        "differs", (group["high"], row), xytext=(5, 0), textcoords="offset points", size=8,
                        va="center", color=style.ORANGE,
                    )  # fmt: skip
                ticks.append(row)
                labels.append(f"{group['grouping']}: {group['group']}")
                row += 1
            row += 1
        if self.everybody is not None:
            axes.axvline(self.everybody, color=style.GREY, linewidth=0.9, linestyle="--")
            axes.annotate(
                "everybody", (self.everybody, -0.75), xytext=(4, 0), textcoords="offset points", size=8,
                color=style.GREY, va="center",
            )  # fmt: skip
        axes.set_yticks(ticks, labels)
        axes.set_ylim(row - 1.3, -1.2)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: numbers.money(value, self.currency))
        axes.set_xlabel(f"Expected of a new customer in {self.months} months after the first order, {self.currency}")
        return axes


def refit_by_group(
    history: pd.DataFrame,
    customers: pd.DataFrame,
    columns: tuple[str, ...] = ("segment", "acquisition_channel"),
    *,
    model: str = "BG/NBD",
    months: int = 12,
    discount_rate_annual: float = 0.10,
    unit: str = "week",
    draws: int = 500,
    seed: int = 20260930,
    currency: str = "EUR",
) -> GroupRefits:
    """Fit purchases and spend again for each group, and compare what a new customer of it is expected to bring.

    Parameters
    ----------
    history : DataFrame
        Purchase history by customer id with money in margin; with ``first_on`` the year of the first order is a
        grouping of its own.
    customers : DataFrame
        ``customer_id`` and the `columns`, as far as they are there.
    columns : tuple of str
        Columns that group customers.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Purchase model.
    months : int
        Months after the first order.
    discount_rate_annual : float
        Yearly rate.
    unit : str
        Time unit of `history`.
    draws, seed : int
        Parameter draws behind the ranges, and their seed.
    currency : str
        ISO code.

    Returns
    -------
    GroupRefits
        Groups with fewer than 50 repeat buyers are named, not fitted. Measure ``groups_that_differ``.

    Notes
    -----
    Each group is compared with all other customers, fitted the same way: the difference of the logarithms over its
    standard error from the draws; p-values by Holm over all groups of all groupings together. A new customer's value
    is that of the repeat purchases after the first order, so that groups of different age can be compared.
    """
    groupings = _groupings(history, customers, columns)
    pooled = _value_of_new(history, model, months, discount_rate_annual, unit, draws, seed)
    rows = []
    for grouping, label in groupings.items():
        for group in sorted(label.dropna().unique()):
            inside = (label == group).to_numpy()
            fits = [
                _value_of_new(part, model, months, discount_rate_annual, unit, draws, seed + offset)
                for offset, part in enumerate((history[inside], history[~inside]))
            ]
            rows.append((grouping, str(group), int(inside.sum()), *_compared(*fits)))
    names = ["grouping", "group", "n", "purchases", "value", "low", "high", "p"]
    found = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:], float))
    found["p"] = holm(found["p"].to_numpy(float)) if len(found) else found["p"]
    return _described(found, pooled, months, currency)


def _groupings(history: pd.DataFrame, customers: pd.DataFrame, columns: tuple[str, ...]) -> dict[str, pd.Series]:
    known = customers.set_index("customer_id")
    found = {name.replace("_", " "): known[name].reindex(history.index) for name in columns if name in known}
    if "first_on" in history:
        found[COHORT] = history["first_on"].dt.year
    return {name: label for name, label in found.items() if len(label.dropna().unique()) > 1}


@dataclass(frozen=True)
class _NewCustomer:
    purchases: float = float("nan")
    value: float = float("nan")
    drawn: np.ndarray | None = None


def _value_of_new(
    history: pd.DataFrame, model: str, months: int, rate: float, unit: str, draws: int, seed: int
) -> _NewCustomer:
    """Return what a new customer is expected to buy and bring, with draws of the latter; nothing where unknown."""
    if (history["frequency"] > 0).sum() < FEWEST_REPEATS:
        return _NewCustomer()
    buying, spending = FITTERS[model](history), fit_gammagamma(history)
    if not (buying.identified and spending.identified) or _mean_spend(spending.parameters) is None:
        return _NewCustomer()
    coming = horizon(months, rate, unit)
    plain, worth = _expected(buying, buying.parameters, coming.ends, coming.weights)
    both = zip(parameter_draws(buying, draws, seed), parameter_draws(spending, draws, seed + 1), strict=True)
    drawn = [
        _expected(buying, rates, coming.ends, coming.weights)[1] * (_mean_spend(money) or np.nan)
        for rates, money in both
    ]
    return _NewCustomer(plain, worth * (_mean_spend(spending.parameters) or np.nan), np.array(drawn))


def _expected(
    fitted: ModelFit, parameters: np.ndarray | None, ends: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    alive, expected = MODELS[fitted.model]
    zero = np.zeros(1)
    curve = (alive(parameters, zero, zero, zero) * expected(parameters, ends, zero, zero)).ravel()
    return float(curve[-1]), float(curve @ weights)


def _mean_spend(parameters: np.ndarray | None) -> float | None:
    if parameters is None or parameters[1] <= 1:
        return None
    p, q, gamma = parameters
    return float(p * gamma / (q - 1))


def _compared(own: _NewCustomer, others: _NewCustomer) -> tuple[float, float, float, float, float]:
    """Return purchases, value, its range, and the p-value of the difference from all others."""
    from scipy.special import ndtr

    if own.drawn is None:
        return (float("nan"),) * 5
    low, high = np.nanquantile(own.drawn, [0.025, 0.975])
    p_value = float("nan")
    if others.drawn is not None:
        error = np.sqrt(np.nanvar(np.log(own.drawn)) + np.nanvar(np.log(others.drawn)))
        p_value = float(2 * ndtr(-abs(np.log(own.value / others.value)) / error))
    return own.purchases, own.value, float(low), float(high), p_value


def _described(found: pd.DataFrame, pooled: _NewCustomer, months: int, currency: str) -> GroupRefits:
    fitted = found[found["value"].notna()]
    left_out = [f"{row['grouping']} {row['group']}" for row in found[found["value"].isna()].to_dict("records")]
    tested = int(fitted["p"].notna().sum())
    if not tested:
        reason = "no grouping of customers has two groups with enough repeat buyers"
        return GroupRefits(
            sentence=f"Whether groups of customers differ cannot be said: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="groups_that_differ", value=None, unit="count", reason=reason),),
            drawable=False,
            groups=found,
        )
    differ = fitted[fitted["p"] < 0.05].sort_values("p", kind="stable").to_dict("records")
    if differ:
        named = "; ".join(
            f"{row['grouping']} {row['group']} {numbers.money(row['value'], currency)} "
            f"({numbers.interval(row['low'], row['high'], lambda end: numbers.money(end, currency))})"
            for row in differ[:3]
        )
        sentence = (
            f"Of {numbers.plural(tested, 'group')}, {numbers.count(len(differ))} can be shown to differ from all other "
            f"customers in what a new customer brings in {numbers.plural(months, 'month')}: {named}."
        )
        title = f"{numbers.count(len(differ))} of {numbers.plural(tested, 'group')} can be shown to differ"
    else:
        sentence = (
            f"No difference between groups of customers can be shown: none of {numbers.plural(tested, 'group')} stands "
            "apart from all other customers once the number of comparisons is counted."
        )
        title = f"None of {numbers.plural(tested, 'group')} can be shown to differ from all other customers"
    table = found.assign(grouping=found["grouping"] + ": " + found["group"]).drop(columns="group")
    table = table.rename(
        columns={
            "grouping": "Group",
            "n": "Customers",
            "purchases": "Repeat purchases, new customer",
            "value": "Value, new customer",
            "low": "95% range low",
            "high": "95% range high",
            "p": "p (Holm)",
        }
    )
    money = ["Value, new customer", "95% range low", "95% range high"]
    return GroupRefits(
        sentence=sentence,
        table=table,
        title=title,
        caption="The models fitted again for each group",
        note=f"A new customer in {numbers.plural(months, 'month')} after the first order, discounted; p: against all "
        f"other customers, by Holm over {numbers.plural(tested, 'comparison')}"
        + (f"; too few repeat buyers or too short a time: {', '.join(left_out)}" if left_out else ""),
        alt=f"Value of a new customer by group with its range, beside that of everybody; {len(differ)} of "
        f"{numbers.plural(tested, 'group')} can be shown to differ.",
        formats=dict.fromkeys(money, "money")
        | {"Customers": "count", "Repeat purchases, new customer": "decimal2", "p (Holm)": "decimal3"},
        measures=(Measure(name="groups_that_differ", value=float(len(differ)), unit="count", n=tested),),
        groups=found,
        everybody=None if pooled.drawn is None else pooled.value,
        currency=currency,
        months=months,
    )
