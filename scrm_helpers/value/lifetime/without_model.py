"""Lifetime values without a purchase model: worked out by hand, or brought by the company and said to be."""

from typing import TypeVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import share_estimate
from scrm_helpers.stats.rank import spearman
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.matrix.whale import bring

FEWEST = 5  # customers in each of the two years below which no range is given
DRAWS = 2_000  # of customers, behind the range
Share = TypeVar("Share", float, np.ndarray)
NAME = "simple_value_per_customer"
BEFORE = "customers who bought in the year before the last"
FEW_YEARS = f"fewer than {FEWEST} customers in one of the two years"


class SimpleValue(Answer):
    """Value of an active customer by hand arithmetic."""

    ABSENT = "No value can be worked out by hand: {reason}."

    retention: Measure | None = None  # of the customers active in the year before the last
    simple_value_per_customer: Measure
    margin: float = 0.0  # of an active customer in the last year
    stayed: int = 0  # customers active in both years
    terms: Terms

    def words(self) -> Words:
        worth, currency, rate = self.simple_value_per_customer, self.terms.currency, self.terms.discount_rate
        stay, value, active = self.retention or worth, worth.value or 0.0, worth.n or 0
        span = f"no range: {FEW_YEARS}"
        if worth.low is not None:
            span = f"95% range {numbers.interval(worth.low, worth.high, lambda end: numbers.money(end, currency))}"
        is_worth = f"{'is worth' if value >= 0 else 'costs'} {numbers.money(abs(value), currency)}"
        leaves = bring(self.margin, currency, "leaves", cost="costs", they="it")
        lines = {
            "Customers active in the last year": numbers.count(active),
            "m: margin per active customer in the last year": numbers.money(self.margin, currency),
            "Customers active in the year before": numbers.count(stay.n),
            "of them active in the last year as well": numbers.count(self.stayed),
            "p: retention": numbers.percent(stay.value),
            "r: discount rate a year": numbers.percent(rate),
            "Value of an active customer: m × p / (1 + r − p)": numbers.money(value, currency),
            "All active customers": numbers.money(value * active, currency),
        }
        return Words(
            sentence=f"By hand: in a year an active customer {leaves}; {numbers.percent(stay.value)} come back the "
            f"next year, which {is_worth} from next year on ({span}).",
            table=pd.DataFrame({"Step": list(lines), "Figure": list(lines.values())}),
            caption="The arithmetic, line by line",
            note=f"Years ending {self.terms.as_of:%Y-%m-%d}; first margin after one year; everybody has the same "
            "margin and retention",
        )


def margin_multiple(retention: Share, discount_rate: float) -> Share:
    """Return the value, in margins, of a constant margin that is kept with a constant chance, first a period ahead."""
    return retention / (1 + discount_rate - retention)


def simple_lifetime_value(transactions: pd.DataFrame, terms: Terms) -> SimpleValue:
    """Value an active customer by last year's margin and retention.

    Retention is the share of the customers active in the year before the last who bought in the last year as well.
    The range draws mean margin from its standard error and retention from its Beta posterior (uniform prior); where
    all or none came back it is stretched to the value, as Brown, Cai and DasGupta (2001), Statistical Science 16(2),
    do at the ends.

    Parameters
    ----------
    transactions, terms : ``customer_id``, ``ordered_on``, ``amount`` and ``margin``; day, currency, discount rate

    Returns
    -------
    SimpleValue
    """
    rate = terms.discount_rate
    recent = Orders.of(transactions, "margin").kept_rows(terms.as_of)  # who gave everything back was not active
    year_ago, two_ago = (terms.as_of - pd.DateOffset(years=years) for years in (1, 2))
    last = recent[recent["ordered_on"] > year_ago]
    before = recent[(recent["ordered_on"] > two_ago) & (recent["ordered_on"] <= year_ago)]
    active, earlier = last["customer_id"].unique(), pd.Series(before["customer_id"].unique())
    stayed = int(earlier.isin(active).sum())
    reason = ""
    if not len(earlier) or not len(active):
        reason = "nobody bought in each of the last two years, so retention cannot be counted"
    elif stayed / len(earlier) >= 1 + rate:
        reason = "everybody came back and nothing is discounted, so the sum has no end"
    if reason:
        return SimpleValue(reason=reason, simple_value_per_customer=unknown(NAME, terms.currency, reason), terms=terms)
    retention = stayed / len(earlier)
    per_customer = last.groupby("customer_id")["margin"].sum()
    margin, error = float(per_customer.mean()), float(per_customer.std(ddof=1) / np.sqrt(len(per_customer)))
    worth, low, high = margin * margin_multiple(retention, rate), None, None
    if min(len(active), len(earlier)) >= FEWEST:
        rng = np.random.default_rng(terms.seed)
        stays = rng.beta(stayed + 1, len(earlier) - stayed + 1, DRAWS)
        drawn = rng.normal(margin, error, DRAWS) * margin_multiple(stays, rate)
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
        if retention in (0.0, 1.0):
            low, high = min(low, worth), max(high, worth)
    return SimpleValue(
        population="customers who bought in one of the last two years",
        window=f"two years up to {terms.as_of:%Y-%m-%d}",
        window_to=terms.as_of.date(),
        retention=share_estimate(stayed, len(earlier), terms.level).measure("retention", "share", population=BEFORE),
        simple_value_per_customer=Estimate(value=worth, low=low, high=high, n=len(active), reason=FEW_YEARS).measure(
            NAME, terms.currency
        ),
        margin=margin,
        stayed=stayed,
        terms=terms,
    )


def brings_values(customers: pd.DataFrame) -> bool:
    """Tell whether the table customers has lifetime values of its own."""
    return "clv" in customers and bool(customers["clv"].notna().any())


def imported_values(customers: pd.DataFrame, modelled: pd.Series, currency: str = "EUR") -> str:
    """Say which lifetime values rank people in the chapters, and how far imported ones agree with the models."""
    said = "".join(imported_note(customers, currency))
    if not said:
        return "The table customers brings no lifetime values (column clv), so those of the models count everywhere."
    given = customers.set_index("customer_id")["clv"].astype(float).dropna()
    both = given.index.intersection(modelled.dropna().index)
    found = spearman(modelled[both], given[both])
    if found.reason:
        return said
    total = numbers.money(modelled[both].sum(), currency)
    span = numbers.interval(found.low, found.high, numbers.decimal)
    order = f"in an order with a rank correlation of {numbers.decimal(found.value)} ({span})"
    return f"{said} The models of this chapter give {total} for the same customers, {order}."


def imported_note(customers: pd.DataFrame, currency: str = "EUR") -> list[str]:
    """Say that lifetime values are imported; no sentence where they are not."""
    if not brings_values(customers):
        return []
    given = customers["clv"].astype(float)
    have, total = numbers.count(int(given.notna().sum())), numbers.money(float(given.sum()), currency)
    said = (
        f"Lifetime values are imported: the column clv of the table customers, for {have} of "
        f"{numbers.plural(len(given), 'customer')}, {total} in sum; they are taken as they are, without a range, so "
        "that how sure a cell is counts referral value alone."
    )
    return [said]
