"""Plant a $5 shrub in a $10 hole: does preparation, beside what was bought, go with success?"""

from dataclasses import field, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger

HOLE = 2.0  # dollars of hole for a dollar of shrub (post 002)
FEWEST = 5  # initiatives below which no order of them says anything


class Preparation(Answer):
    """Hours put into the start of each initiative over what was bought then, beside its return so far."""

    ABSENT = "Whether preparation pays cannot be said: {reason}."

    ratio: Measure = unknown("preparation_ratio", "ratio")  # of all initiatives together
    goes_with: Measure = unknown("preparation_and_return", "ratio")  # Spearman's correlation
    currency: str = "EUR"
    deep: int = 0  # initiatives that prepared as the post asks
    by_initiative: pd.DataFrame = field(default_factory=pd.DataFrame)
    TESTED = "rank correlation of preparation over purchase in the starting quarter with the return so far"
    CLAIMS = (Claim(tested=TESTED, estimate=goes_with, chance=Chance(0.0, "returns drawn anew among the initiatives")),)

    def words(self) -> Words:
        n, money = self.goes_with.n or 0, partial(numbers.money, currency=self.currency)
        claim = self.tested(self.goes_with.name)
        read = {1: "more preparation went with a higher return", -1: "more preparation went with a lower return"}.get(
            claim.direction, f"whether it goes with the return cannot be shown with {numbers.plural(n, 'initiative')}"
        )
        ends = numbers.span(self.goes_with, numbers.decimal)
        rank = f"rank correlation {numbers.decimal(self.goes_with.value)}, 95% range {ends}"
        rank = rank if self.goes_with.value is not None else self.goes_with.reason
        reached = numbers.count(self.deep) if self.deep else "none"
        return Words(
            sentence=f"In their starting quarter {numbers.plural(self.ratio.n or 0, 'initiative')} put "
            f"{money(self.ratio.value)} of hours beside each {money(1)} of purchases; a plant of $5 in a hole of $10 "
            f"would be {money(HOLE)}, which {reached} of them reached. {read[0].upper()}{read[1:]} ({rank}).",
            table=self.by_initiative,
            formats={"Preparation over purchase": "decimal", "Return so far": "percent"},
            caption="Preparation and return, initiative by initiative",
            note="Preparation: paid and volunteered hours of the starting quarter at the hourly rate; purchase: cash "
            "of the same quarter. Return: net over cost, to the day of the report. One cannot tell what led to what.",
        )


def preparation_ratio(ledger: Ledger | None) -> Preparation:
    """Set the hours put into the start of each initiative beside what was bought, and its return beside that.

    Parameters
    ----------
    ledger : Ledger, optional, from :func:`read_ledger`; None where the company keeps none

    Returns
    -------
    Preparation

    Notes
    -----
    Spearman's correlation with its asymptotic range; its p-value from permutations (exact for up to seven initiatives).
    """
    if ledger is None:
        return Preparation(reason="the company folder has no initiatives with a ledger")
    hours = ledger.costs["paid_time"][:, 0] + ledger.costs["volunteered_time"][:, 0]
    cash = ledger.costs["cash"][:, 0]
    cost = ledger.to_date(ledger.cost("economic"))
    able = (cash > 0) & (cost > 0) & (ledger.booked_until >= 1)
    if not able.any():
        return Preparation(reason="no initiative bought anything in its starting quarter")
    ratio = hours[able] / cash[able]
    gain = ledger.to_date(ledger.benefit())[able] / cost[able] - 1
    table = pd.DataFrame(
        {"Initiative": np.array(ledger.names)[able], "Preparation over purchase": ratio, "Return so far": gain}
    ).sort_values("Preparation over purchase", ascending=False, ignore_index=True)
    whole = ledger.fact("preparation_ratio", float(hours[able].sum() / cash[able].sum()), "ratio", int(able.sum()))
    return Preparation(
        population="initiatives that bought something when they started",
        window="starting quarter; returns to the day of the report",
        ratio=replace(whole, window="the starting quarter of each initiative"),
        goes_with=_order(ratio, gain),
        currency=ledger.currency,
        deep=int((ratio >= HOLE).sum()),
        by_initiative=table,
    )


def _order(ratio: np.ndarray, gain: np.ndarray) -> Measure:
    """Rank correlation of two series with its p-value, or why there is none."""
    from scipy.stats import permutation_test, rankdata

    from scrm_helpers.stats.rank import spearman

    name, n = "preparation_and_return", len(ratio)
    if n < FEWEST:
        return unknown(name, "ratio", f"fewer than {FEWEST} initiatives can be ordered", n)
    found = spearman(gain, ratio).measure(name, "ratio")
    if found.value is None:
        return found
    ranks, others = rankdata(gain), rankdata(ratio)
    centred = others - others.mean()  # of ranks that change places, only the products with the others change
    test = permutation_test(
        (ranks,), lambda drawn, axis: (drawn * centred).sum(axis), permutation_type="pairings", rng=0, n_resamples=9_999
    )
    return replace(found, p=float(test.pvalue))
