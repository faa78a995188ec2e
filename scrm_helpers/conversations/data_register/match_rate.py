"""Is Social CRM a house of cards? What is lost where social names do not lead to customer records."""

from dataclasses import field, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style, unknown

RATES = (1.0, 0.9, 0.75, 0.5, 0.25, 0.0)
BEST = 0.1  # the part of the writing customers that is to be found
DRAWS = 400
CURVE = ["Match rate", "Found", "Low", "High"]
FEWEST = 20  # writing customers below which a tenth of them is hardly anybody


class HouseOfCards(Answer):
    """How much of the value of the best customers is still found when fewer social names lead to a customer."""

    ABSENT = "What a weak link between social names and customers costs cannot be simulated: {reason}."

    match_rate: Measure = unknown("social_match_rate", "share")
    lost: Measure = unknown("value_lost_at_match_rate", "EUR")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # match rate, share of the value found, low, high
    best: int = 0  # writing customers to be found
    worth: float = 0.0  # of them, were every name known
    by_lot: float = 0.0  # share of that which a choice by lot finds

    def words(self) -> Words:
        currency, rate = self.lost.unit, numbers.percent(self.match_rate.value)
        money = lambda value: numbers.money(value, currency)  # noqa: E731
        who = f"the top {numbers.count(self.best)} of {numbers.plural(self.lost.n or 0, 'customer')} who write"
        return Words(
            sentence=f"{rate} of the messages from outside the company lead to a customer record. At that rate a "
            f"search for {who} passes over {money(self.lost.value)} of the {money(self.worth)} that they should bring "
            f"({numbers.span(self.lost, money)} in 95 of 100 draws), if names without a record are like those with "
            f"one; without any record it is a choice by lot, which finds {numbers.percent(self.by_lot)} of it.",
            title=f"With {rate} of the social names known, {numbers.percent((self.lost.value or 0) / self.worth)} of "
            "the value of the top customers who write is missed",
            table=self.curve,
            formats=dict.fromkeys(CURVE, "percent"),
            caption="What is found of the best customers' value, by the share of social names that lead to a record",
            note=f"n = {numbers.plural(self.lost.n or 0, 'customer')} who wrote, by expected value of the coming "
            "twelve months; links are lost by lot, person by person; who has none is taken for the mean.",
            alt=f"A line that falls from {numbers.percent(self.curve['Found'].iloc[0])} at full match to "
            f"{numbers.percent(self.curve['Found'].iloc[-1])} without any link.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.8)
        curve = self.curve
        style.band(ax, curve["Match rate"], [curve[name] for name in CURVE[1:]], marker="o")
        ax.axvline(self.match_rate.value or 0.0, color=style.ORANGE, linestyle="--")
        style.beside(ax, "today", (self.match_rate.value or 0.0, self.by_lot), (-4, 0), color=style.ORANGE, ha="right")
        label = "Social names that lead to a customer record"
        return style.labelled(ax, label, "Value of the best found", percent="xy")


def house_of_cards(interactions: pd.DataFrame | None, value: pd.DataFrame, terms: Terms) -> HouseOfCards:
    """Simulate what a lower match rate of social to customer ids costs, on the company's own people.

    Parameters
    ----------
    interactions : pandas.DataFrame, optional, messages, with ``customer_id`` where the author is known
    value : pandas.DataFrame, the value table, one row per person
    terms : Terms, currency and seed

    Returns
    -------
    HouseOfCards

    Notes
    -----
    Each writing customer keeps the link with the probability of the match rate; whoever loses it is taken for the mean.
    Shown is the value of the tenth chosen so over that of the true best tenth, in 400 draws.
    """
    absent = partial(HouseOfCards, lost=unknown("value_lost_at_match_rate", terms.currency))
    if interactions is None:
        return absent(reason="the company folder has no table interactions")
    if "customer_id" not in interactions:
        return absent(reason="interactions has no column customer_id")
    outside = interactions
    if "author_role" in interactions:
        outside = interactions[~interactions["author_role"].isin(["employee", "brand"])]
    writes = value["person_id"].isin(outside["customer_id"]) & value["is_customer"].fillna(False).astype(bool)
    own = value.loc[writes, "cev"].dropna().to_numpy(float)
    if len(own) < FEWEST:
        return absent(reason=f"{numbers.plural(len(own), 'customer')} with a known value wrote, {FEWEST} are needed")
    best = int(np.ceil(BEST * len(own)))
    worth = float(np.sort(own)[-best:].sum())
    if not worth > own.mean() * best > 0:
        return absent(reason="expected value tells nobody apart")
    today = float(outside["customer_id"].isin(value["person_id"]).mean())
    rng = np.random.default_rng(terms.seed)
    luck, order = rng.random((2, DRAWS, len(own)))  # the same at every rate, so that the line falls smoothly

    def found(rate: float) -> np.ndarray:
        seen = np.where(luck < rate, own, own.mean())
        return own[np.lexsort((order, -seen), axis=1)[:, :best]].sum(axis=1) / worth  # by lot among equals

    by_rate = {rate: found(rate) for rate in RATES}
    ends = {rate: np.quantile(draws, [0.025, 0.975]) for rate, draws in by_rate.items()}
    curve = pd.DataFrame([(rate, float(draws.mean()), *ends[rate]) for rate, draws in by_rate.items()], columns=CURVE)
    now = found(today)
    lost, (low, high) = worth * float(1 - now.mean()), worth * np.maximum(1 - np.quantile(now, [0.975, 0.025]), 0.0)
    return HouseOfCards(
        population="customers who wrote",
        window="the coming twelve months; links as of today",
        match_rate=replace(HouseOfCards.match_rate, value=today, n=len(outside), no_range="all messages are counted"),
        lost=replace(HouseOfCards.lost, value=lost, unit=terms.currency, n=len(own), low=low, high=high),
        curve=curve,
        best=best,
        worth=worth,
        by_lot=float(own.mean() * best / worth),
    )
