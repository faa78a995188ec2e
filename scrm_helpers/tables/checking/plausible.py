"""Whether values can be meant: columns beside each other, and sizes beside the rest."""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column

_KEPT = "Check these rows at their source; they are kept."
_IN_ORDER = {  # table and columns of one row of which none is above (later than) the next; what, why, and what to do
    ("surveys", "invited_on", "responded_on"): ("answered before the invitation", "Waves may be mixed up.", _KEPT),
    ("referrals", "referred_on", "converted_on"): (
        "converted before they were referred", "The order of events is impossible; time to convert is wrong.", _KEPT),
    ("ideas", "submitted_on", "implemented_on"): (
        "went live before they were handed in", "The time from an idea to its use would be negative.", _KEPT),
    ("initiatives", "started_on", "ended_on"): (
        "end before they start", "Duration and discounting would be wrong.", "Correct started_on or ended_on."),
    ("initiatives", "case_p10", "case_p50", "case_p90"): (
        "whose {low} is above {high}", "The business case would have its low and high ends exchanged.",
        "Put the low estimate first."),
}  # fmt: skip
ALIKE = {"initiatives": ("cost", "case_p10", "case_p50", "case_p90"), "goals": ("baseline", "target", "current")}
"""Columns of one row that measure the same thing: none is 200 times the middle of the others."""
_MOST = 200
_BESIDE_ORDERS = {  # money of one row that is never more than so many times its own order and a usual one, and why
    ("transactions", "margin"): (10, "Value is made from margins: one such order can outweigh all others."),
    ("transactions", "marketing_cost"): (10, "Marketing is taken off the margin of the customer."),
    ("referrals", "reward_cost"): (50, "Rewards are taken off the referral value."),
    ("customers", "acquisition_cost"): (200, "The cost of winning customers is set against their value."),
}
FEWEST = 12
_MOST_APART = 50
_TAIL = (5, 50)
_CHANCE = 1e-4  # of a step this long in a Pareto tail, whose mean step is known from as many values only
_CENT = 0.01
_FEW, _SOME = 20, 20_000


def apart(values: np.ndarray, least_factor: float = 20.0) -> tuple[float, float] | None:
    """Return the largest ordinary size and the factor by which the next one exceeds it; None when none stands apart."""
    sizes = np.abs(values)
    sizes = sizes[(sizes > 0) & np.isfinite(sizes)]
    if len(sizes) < FEWEST:
        return None
    reach = min(max(1, len(sizes) // 100), _MOST_APART)
    tail = int(np.clip(len(sizes) // 10, *_TAIL))
    n = reach + tail + 1
    logs = np.log(np.sort(np.partition(sizes, -n)[-n:])[::-1])
    steps = logs[:reach] - logs[1 : reach + 1]
    place = int(steps.argmax())
    rest = logs[place + 1 : place + 2 + tail]
    longest = tail * (_CHANCE ** (-1 / tail) - 1) * float((rest[:-1] - rest[-1]).mean())
    if steps[place] <= max(np.log(least_factor), longest):
        return None
    return round(float(np.exp(rest[0])), 9), round(float(np.exp(steps[place])), 9)


def check_plausible(drafts: Mapping[str, Draft]) -> None:
    """Run all rules about what values have to do with each other; findings go into the drafts."""
    sizes = np.abs(numbers(drafts["transactions"], "amount")) if "transactions" in drafts else np.empty(0)
    sizes = sizes[sizes > 0]
    order = float(np.median(sizes)) if len(sizes) else float("nan")  # the usual one
    for draft in drafts.values():
        _in_order(draft)
        _people(draft)
        found = _beside_orders(draft, order) | _alike(draft)
        if draft.declared.name == "transactions" and draft.has("margin"):
            found["margin"] = _margin_and_amount(draft, found.get("margin", np.zeros(len(draft.frame), dtype=bool)))
        for column in draft.declared.columns:
            bounded = column.low is not None and column.high is not None
            if column.kind in NUMERIC and draft.has(column.name) and not bounded:
                _sizes(draft, column, ~found.get(column.name, np.zeros(len(draft.frame), dtype=bool)))


def numbers(draft: Draft, column: str) -> np.ndarray:
    """Values of the kept rows of a column as floats; missing where the row is left out."""
    values = draft.frame[column].to_numpy(dtype="float64", na_value=np.nan)
    return values if draft.keep.all() else np.where(draft.keep, values, np.nan)


def _in_order(draft: Draft) -> None:
    for (table, *columns), (what, why, todo) in _IN_ORDER.items():
        there = [name for name in columns if draft.has(name)]
        for low, high in pairwise(there if table == draft.declared.name else []):
            first, second, of_days = draft.frame[low], draft.frame[high], draft.declared.column(low).kind == "date"
            if of_days:
                first, second = first.dt.normalize(), second.dt.normalize()
            said = f"{{rows}} {what.format(low=low, high=high)}, such as {{example}}."
            act = draft.warn if todo == _KEPT else draft.find
            act(first > second, said, why, todo, high if of_days else low)


def _people(draft: Draft) -> None:
    """Teams with more answers than people, and means over nobody."""
    answers = [name for name in ("enps_promoters", "enps_detractors") if draft.has(name)]
    if draft.declared.name == "employees" and answers:
        given = np.sum([np.nan_to_num(numbers(draft, name)) for name in answers], axis=0)
        what = "{rows} with more promoters and detractors than people, such as {example}."
        draft.find(given > numbers(draft, "n"), what, "Employee scores would be wrong.", "Correct the counts.", "n")
    if draft.declared.name in ("employees", "initiative_panel") and draft.has("n"):
        what = "{rows} about nobody: n is 0, such as {example}."
        why = "A mean or share over nobody is no number, and the row still counts in the figures."
        draft.warn(numbers(draft, "n") == 0, what, why, "Remove the rows, or correct n.", "n")


def _beside_orders(draft: Draft, order: float) -> dict[str, np.ndarray]:
    """Money that is far above its own order and a usual one; the rows found, by column."""
    found = {}
    for (table, column), (most, why) in _BESIDE_ORDERS.items():
        if table != draft.declared.name or not draft.has(column) or np.isnan(order):
            continue
        limit, beside = most * order, "a usual order"
        if table == "transactions":
            limit = most * np.maximum(np.abs(numbers(draft, "amount")), order)
            beside = "both its order's amount and a usual order"
        found[column] = numbers(draft, column) > limit
        what = f"{{rows}} whose {{column}} is more than {most:g} times {beside} ({order:,.2f}), such as {{example}}."
        todo = "Correct the values, or write the column in the same unit as the amounts (cents, thousands, another "
        todo += "currency or a decimal mark that was lost are usual causes)."
        act = draft.find if column == "margin" else draft.warn
        act(found[column], what, why, todo, column)
    return found


def _alike(draft: Draft) -> dict[str, np.ndarray]:
    """Values of one row that measure the same thing and are of quite another size; the rows found, by column."""
    found = {}
    there = [name for name in ALIKE.get(draft.declared.name, ()) if draft.has(name)]
    sizes = pd.DataFrame({name: np.abs(numbers(draft, name)) for name in there}).replace(0, np.nan)
    for name in there if len(there) > 1 else []:
        found[name] = (sizes[name] > _MOST * sizes.drop(columns=name).median(axis=1)).to_numpy()
        others = ", ".join(other for other in there if other != name)
        what = f"{{rows}} whose {{column}} is more than {_MOST} times what stands beside it ({others}), such as "
        why = "They measure the same thing; one of them may be in another unit, or have lost its decimal mark."
        draft.warn(found[name], f"{what}{{example}}.", why, "Nothing, if it is meant; else correct the values.", name)
    return found


def _margin_and_amount(orders: Draft, far: np.ndarray) -> np.ndarray:
    """The margin of an order is a part of its amount, and grows with it; the rows found, those far above included."""
    amount, margin = numbers(orders, "amount"), numbers(orders, "margin")
    sale = (amount > 0) & ~np.isnan(margin)
    if _looks_like_a_rate(orders, amount, margin, sale):
        return sale
    above = (margin > amount + _CENT) & sale & ~far
    sales = int(sale.sum())
    exchanged = sales >= _FEW and above.sum() > sales / 2
    what = "{rows} whose margin is above the amount, such as {example}"
    why = "A margin is what is left of the amount; value of customers would be too high."
    if exchanged:
        what += f" (of {sales:,} sales: the columns are exchanged, or in two units)"
        orders.find(above, f"{what}.", why, "Correct the columns.", "margin")
    else:
        todo = "Nothing, if somebody else paid too; else correct the margins."
        orders.warn(above, f"{what}.", why, todo, "margin")
    refunds, turned = (amount < 0) & ~np.isnan(margin), (amount < 0) & (margin > _CENT)
    losses = bool((margin[sale] < 0).any())  # a sale that made a loss gives margin back when it is refunded
    unsigned = turned.sum() > max(refunds.sum() / 2, 2)
    what = "{rows} with an amount below zero and a margin above zero, such as {example}."
    why = "A refund takes margin back: written without its minus, the value of these customers is too high."
    todo = "Write the margin of a refund with a minus, as its amount."
    orders.warn(turned & (unsigned or not losses), what, why, todo, "margin")
    return above | far


def _looks_like_a_rate(orders: Draft, amount: np.ndarray, margin: np.ndarray, sale: np.ndarray) -> bool:
    amounts, margins = amount[sale], margin[sale]
    if len(margins) < 3 or not margins.any():
        return False
    least, most = float(margins.min()), float(margins.max())
    largest, step = max(most, -least), max(len(margins) // _SOME, 1)
    amounts, margins = amounts[::step], margins[::step]  # the middle and the ranks are as clear from some
    usual, part = float(np.median(amounts)), float(np.median(margins / amounts))
    told = f"The smallest is {least:g}, the largest {most:g}; a usual order is {usual:,.2f}."
    why = "Taken as money, it makes every customer worth almost nothing."
    one_rate = "Where one rate holds for all orders, leave the column out and put into company.yaml: `margin_rate:"
    if largest <= 1 and usual >= 20 * largest and not _grows(amounts, margins):
        what = "The margin of all {n} sales looks like a rate (a share of the amount), not like money."
        todo = f"Write the margin as money (amount times rate). {one_rate} {np.median(margins):g}`"
        orders.find(sale, f"{what} {told}", why, todo, "margin")
    elif len(margins) >= _FEW and least >= 0 and 1 < largest <= 100 and _steadier(amounts, margins):
        what = "The margin of all {n} sales looks like a rate in per cent, not like money: it does not grow with the "
        why = "Taken as money, small orders would be worth too much and large ones too little."
        todo = f"Nothing, if it is money; else write amount times rate. {one_rate} {np.median(margins) / 100:g}`"
        orders.warn(sale, f"{what}amount. {told}", why, todo, "margin")
    elif 0 < part < _CENT:
        what = f"The margin of a usual one of {{n}} sales is {part:.2%} of its amount (less than 1%). {told}"
        why = f"They may be in another unit than the amounts, or be rates. {why}"
        todo = "Nothing, if margins are that thin; else write them as money in the unit of the amounts."
        orders.warn(sale, what, why, todo, "margin")
    else:
        return False
    return True


def _grows(amounts: np.ndarray, margins: np.ndarray) -> bool:
    """Whether larger orders have larger margins (rank correlation above 0.3)."""
    if np.ptp(amounts) == 0 or np.ptp(margins) == 0:
        return False
    return float(pd.Series(amounts).rank().corr(pd.Series(margins).rank())) > 0.3


def _steadier(amounts: np.ndarray, margins: np.ndarray) -> bool:
    """Whether margins neither grow with the amounts nor spread half as much."""
    spread = [np.subtract(*np.percentile(x, [75, 25])) / max(float(np.median(x)), _CENT) for x in (margins, amounts)]
    return bool(spread[1] > 0 and spread[0] < spread[1] / 2 and not _grows(amounts, margins))


def _sizes(draft: Draft, column: Column, unsaid: np.ndarray) -> None:
    """Values that stand far apart from the rest of their column, within one unit of measurement."""
    values, units = numbers(draft, column.name), {"": np.ones(len(draft.frame), dtype=bool)}
    if column.unit_in and draft.has(column.unit_in):
        codes, names = pd.factorize(draft.frame[column.unit_in])
        units = {f" in {name}": codes == place for place, name in enumerate(names)}
    for unit, rows in units.items():
        if (stands := apart(values[rows])) is None:
            continue
        largest, factor = stands
        large = (np.abs(values) > largest * (1 + 1e-9)) & unsaid & rows
        what = f"{{rows}} whose {{column}}{unit} is far from the rest, such as {{example}}: the next largest is "
        what += f"{largest:,.10g}, smaller by a factor of {factor:,.0f} (from 20 on, and beyond the steps between the "
        what += "other large values, it is said)."
        todo = "Nothing, if it is meant; else correct it (a lost decimal mark, another unit and a number typed into "
        todo += "the wrong column are usual causes)."
        draft.warn(large, what, "One such value can make up most of a sum or mean.", todo, column.name)
