"""Do groups of customers differ? The models fitted again for each segment, channel and cohort."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.answers.claim import holm
from scrm_helpers.answers.measure import measure_name
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.value.lifetime.purchase_models import FITTERS, expected_of_new, month_steps
from scrm_helpers.value.models.fitting import Z95
from scrm_helpers.value.models.gammagamma import fit_gammagamma
from scrm_helpers.value.models.posterior import parameter_draws

FEWEST_REPEATS = 50  # repeat buyers below which a group's models say little
COLUMNS, COHORT = ("segment", "acquisition_channel"), "first order in"  # that group customers
MONTHS, DRAWS = 12, 500  # after the first order; behind each range
Worth = tuple[float, float, np.ndarray]  # purchases and value of a new customer, and draws of the value
HEADS = {
    "grouping": "Group",
    "n": "Customers",
    "purchases": "Repeat purchases, new customer",
    "value": "Value, new customer",
    "low": "95% range low",
    "high": "95% range high",
    "p": "p (Holm)",
}


class GroupRefits(Answer):
    """By group: ``grouping``, ``group``, ``n``, ``value`` of a new customer, ``low``, ``high``, ``p`` (Holm)."""

    ABSENT = "Whether groups of customers differ cannot be said: {reason}."
    OFFERS = ("figure", "table")

    differing: Measure = unknown("groups_that_differ", "count")
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    everybody: float | None = None
    currency: str = "EUR"
    fewest: int = 5  # customers of whom a group may be shown

    @property
    def _large(self) -> pd.DataFrame:
        """Groups that may be shown: each grouping is a partition of its own."""
        small = self.groups.groupby("grouping")["n"].transform(too_small, fewest=self.fewest).astype(bool)
        return self.groups[~small]

    def claimed(self) -> Iterator[Claim]:
        groups = [] if self.groups.empty else self._large.to_dict("records")
        names = [f"{row['grouping']} {row['group']}" for row in groups]
        for name, row in zip(names, groups, strict=True):
            apart = _apart(row, measure_name("new_customers_differ", name, names), self.reason)
            tested = f"new customers of {name} beside those of all other customers, both fitted alone"
            same = Chance(1.0, "the groups do not differ")
            yield Claim(tested=tested, estimate=apart, chance=same, family="groups of new customers")

    def words(self) -> Words:
        tested, months = self.differing.n or 0, numbers.plural(MONTHS, "month")
        of_groups, found = numbers.plural(tested, "group"), numbers.count(self.differing.value)
        large, money = self._large, partial(numbers.money, currency=self.currency)
        groups = large.assign(grouping=large["grouping"] + " " + large["group"])
        left_out = ", ".join(groups["grouping"][groups["value"].isna()])
        named = "; ".join(
            f"{row['grouping']} {money(row['value'])} ({numbers.interval(row['low'], row['high'], money)})"
            for row in groups[groups["p"] < 0.05].sort_values("p", kind="stable")[:3].to_dict("records")
        )
        sentence = (
            f"Of {of_groups}, {found} can be shown to differ from all other customers in what a new customer brings in "
            f"{months}: {named}."
            if named
            else f"No difference between groups of customers can be shown: none of {of_groups} stands apart from all "
            "other customers once the number of comparisons is counted."
        )
        differ = f"{found if named else 'None'} of {of_groups} can be shown to differ"
        return Words(
            sentence=sentence,
            table=large.assign(grouping=large["grouping"] + ": " + large["group"])[list(HEADS)].rename(columns=HEADS),
            title=differ if named else f"{differ} from all other customers",
            caption="The models fitted again for each group",
            note=f"A new customer in {months} after the first order, discounted; p: against all other customers, by "
            f"Holm over {numbers.plural(tested, 'comparison')}"
            + (f"; too few repeat buyers or too short a time: {left_out}" if left_out else ""),
            alt="Value of a new customer by group with its range, beside that of everybody; "
            f"{found} of {of_groups} can be shown to differ.",
            formats=dict.fromkeys([HEADS["value"], HEADS["low"], HEADS["high"]], "money")
            | {"Customers": "count", HEADS["purchases"]: "decimal2", HEADS["p"]: "decimal3"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        shown = self._large[self._large["value"].notna()]
        axes = style.axes_for(ax, height=1.1 + 0.27 * (len(shown) + shown["grouping"].nunique()))
        rows = np.arange(len(shown)) + pd.factorize(shown["grouping"])[0]  # a gap between groupings
        for row, group in zip(rows.tolist(), shown.to_dict("records"), strict=True):
            mark, colour = ("D", style.ORANGE) if group["p"] < 0.05 else ("o", style.BLUE)
            found = group["value"], group["low"], group["high"]
            style.estimates(axes, row, found, mark, across=True, color=colour, markersize=5.5)
            if mark == "D":
                style.beside(axes, "differs", (group["high"], row), (5, 0), va="center", color=style.ORANGE)
        if self.everybody is not None:
            axes.axvline(self.everybody, color=style.GREY, linewidth=0.9, linestyle="--")
            style.beside(axes, "everybody", (self.everybody, -0.75), (4, 0), color=style.GREY, va="center")
        axes.set_yticks(rows, shown["grouping"] + ": " + shown["group"])
        axes.set_ylim(rows.max(initial=-2) + 0.7, -1.2)
        axes.tick_params(axis="y", length=0)
        axes.set_xlim(left=0)
        axes.xaxis.set_major_formatter(lambda value, _: numbers.money(value, self.currency))
        of_new = f"Expected of a new customer in {MONTHS} months after the first order, {self.currency}"
        return style.labelled(axes, of_new)


def _apart(row: Mapping[Hashable, Any], name: str, reason: str) -> Measure:
    """What a new customer of the group brings, over what one of all others does."""
    if np.isnan(row["ratio"]):
        return unknown(name, "ratio", reason or "too few repeat buyers in it or outside", row["n"])
    wide = np.exp(Z95 * row["error"])
    low, high = row["ratio"] / wide, row["ratio"] * wide
    return Measure(name=name, value=row["ratio"], unit="ratio", n=row["n"], low=low, high=high, p=row["raw"])


def refit_by_group(
    history: pd.DataFrame, customers: pd.DataFrame, terms: Terms, *, model: str = "BG/NBD"
) -> GroupRefits:
    """Fit purchases and spend again for each group, and compare what a new customer of it is expected to bring.

    Each group is compared with all other customers, fitted the same way: the difference of the logarithms over its
    standard error from the draws; p-values by Holm over all groups of all groupings together. A new customer's value
    is that of the repeat purchases after the first order, so that groups of different age can be compared.

    Parameters
    ----------
    history : purchase history by customer id, money in margin; the year of ``first_on`` is a grouping of its own
    customers, terms : ``customer_id`` and, as far as they are there, ``segment`` and ``acquisition_channel``; the terms
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}

    Returns
    -------
    GroupRefits
        Groups with fewer than 50 repeat buyers are named, not fitted.
    """
    rows = []
    known = customers.set_index("customer_id")
    groupings = {name.replace("_", " "): known[name].reindex(history.index) for name in COLUMNS if name in known}
    groupings |= {COHORT: history["first_on"].dt.year} if "first_on" in history else {}
    for grouping, label in groupings.items():
        names = sorted(label.dropna().unique())
        for group in names if len(names) > 1 else ():
            inside = (label == group).to_numpy()
            own = _value_of_new(history[inside], model, terms)
            others = _value_of_new(history[~inside], model, replace(terms, seed=terms.seed + 1))
            rows.append((grouping, str(group), int(inside.sum()), *_compared(own, others)))
    names = ["grouping", "group", "n", "purchases", "value", "low", "high", "ratio", "error", "raw"]
    found = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[3:], float))
    found["p"] = holm(found["raw"])
    tested, pooled = int(found["p"].notna().sum()), _value_of_new(history, model, terms)
    made = partial(GroupRefits, groups=found, currency=terms.currency, fewest=terms.min_group)
    if not tested:
        return made(reason="no grouping of customers has two groups with enough repeat buyers")
    differ, why = (found["p"] < 0.05).sum(), "a count of tests, corrected together"
    return made(
        population="customers with an order, by group",
        window=f"the {MONTHS} months after a first order",
        differing=counted("groups_that_differ", differ, tested, no_range=why),
        everybody=None if pooled is None else pooled[1],
    )


def _value_of_new(history: pd.DataFrame, model: str, terms: Terms) -> Worth | None:
    """Return what a new customer is expected to buy and bring, with draws of the latter; None where it is unknown."""
    if (history["frequency"] > 0).sum() < FEWEST_REPEATS:
        return None
    buying, spending = FITTERS[model](history), fit_gammagamma(history)
    if not (buying.identified and spending.identified) or not np.isfinite(_mean_spend(spending.parameters)):
        return None
    ends, weights = month_steps(MONTHS, terms.discount_rate)
    curve = partial(expected_of_new, model, weeks=ends)
    plain = curve(buying.parameters)
    buys, spends = parameter_draws(buying, DRAWS, terms.seed), parameter_draws(spending, DRAWS, terms.seed + 1)
    drawn = [float(curve(one) @ weights) * _mean_spend(money) for one, money in zip(buys, spends, strict=True)]
    return float(plain[-1]), float(plain @ weights) * _mean_spend(spending.parameters), np.array(drawn)


def _mean_spend(parameters: np.ndarray | None) -> float:
    """Return the mean of a Gamma-Gamma, which has none where q is 1 or less."""
    if parameters is None or parameters[1] <= 1:
        return float("nan")
    p, q, gamma = parameters
    return float(p * gamma / (q - 1))


def _compared(own: Worth | None, others: Worth | None) -> tuple[float | None, ...]:
    """Return purchases, value, its range, its ratio to all others', the error of that in logarithms, and its p."""
    from scipy.special import ndtr

    if own is None:
        return (None,) * 7
    purchases, value, drawn = own
    alone = purchases, value, *np.nanquantile(drawn, [0.025, 0.975]).tolist()
    if others is None:
        return *alone, None, None, None
    ratio, error = value / others[1], float(np.sqrt(np.nanvar(np.log(drawn)) + np.nanvar(np.log(others[2]))))
    return *alone, ratio, error, float(2 * ndtr(-abs(np.log(ratio)) / error))
