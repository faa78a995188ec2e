"""Three moves that a value-based segmentation pays for: manage the best, sell to the active, hold those who slip."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.value.matrix.four_cells import told_apart
from scrm_helpers.value.matrix.whale import bring

ACTIVE_FROM = 0.5  # P(alive) from which a customer counts as active
BEST = 0.2  # share of the customers who are the best
MEANING = {
    "Manage": "best fifth by expected value and active: a named contact, first call, no mass mail",
    "Retain": "earned well before, now probably gone: find out why, win back while the margin covers the cost",
    "Sell": "active, expected value above the middle: targeted offers that raise what they buy",
    "Serve at low cost": "the rest: self-service, automated care",
}


@dataclass(frozen=True, kw_only=True)
class Moves(Answer):
    """The move for every customer, and what each group holds."""

    ABSENT = "No moves can be derived: {reason}."

    manage: Measure | None = None
    retain: Measure = unknown("retain_customers", "count")
    assigned: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # by move: ``n``, ``clv``, ``margin`` (currency)
    currency: str = "EUR"

    def words(self) -> Words:
        """What those hold who are to be managed, and what those earned who slip."""
        total, held = self.groups.sum(), self.groups.to_dict("index")
        manage, retain = held["Manage"], held["Retain"]
        if 0 <= manage["clv"] <= total["clv"] and total["clv"] > 0:
            hold = f"hold {numbers.percent(manage['clv'] / total['clv'])} of the expected value"
        else:
            everybody = bring(total["clv"], self.currency)
            hold = f"are expected to {bring(manage['clv'], self.currency)}, all customers to {everybody}"
        if retain["margin"] >= 0:
            earned = numbers.money(retain["margin"], self.currency)
            past = f"who earned {earned} in the past are probably gone: ask why"
        else:
            lost = bring(retain["margin"], self.currency, "brought")
            past = f"who {lost} are probably gone: nothing asks to win them back"
        table = self.groups.reset_index(names="Move")
        table["Who, and what to do"] = list(MEANING.values())
        names = {"n": "Customers", "clv": "Expected value", "margin": "Margin to date"}
        return Words(
            sentence=f"{numbers.plural(manage['n'], 'customer')} to manage {hold}; "
            f"{numbers.plural(retain['n'], 'customer')} {past}.",
            table=table.rename(columns=names),
            caption="Three moves and the rest",
            note=f"n = {numbers.plural(total['n'], 'customer')}; active: P(alive) of {ACTIVE_FROM:.0%} or more; rules, "
            "not effects",
            formats={"Customers": "count", "Expected value": "money", "Margin to date": "money"},
        )


def three_moves(value: pd.DataFrame, *, currency: str = "EUR") -> Moves:
    """Give every customer one of the moves.

    Parameters
    ----------
    value : DataFrame
        The value table with ``person_id``, ``clv``, ``p_alive``, ``margin``; customers without a value are left out.
    currency : str
        ISO code.

    Returns
    -------
    Moves

    Notes
    -----
    Manage: active and among the best by expected value. Retain: not active, but among the better half by margin to
    date. Sell: active and in the better half by expected value. The moves are rules, not estimates of what an action
    would change: that needs a group left alone by chance.

    Examples
    --------
    >>> table = pd.DataFrame({"person_id": list("abcde"), "clv": [9.0, 5, 4, 1, 1],
    ...     "p_alive": [0.9, 0.9, 0.9, 0.1, 0.9], "margin": [50.0, 9, 8, 30, 2]})
    >>> three_moves(table).assigned.tolist()
    ['Manage', 'Sell', 'Serve at low cost', 'Retain', 'Serve at low cost']
    """
    known = value[value["clv"].notna() & value["p_alive"].notna()]
    if not told_apart(known["clv"]):
        return Moves(reason="the purchase model tells nobody from another by expected value")
    rank = known["clv"].rank(ascending=False, method="first")
    active = known["p_alive"] >= ACTIVE_FROM
    conditions = [
        active & (rank <= max(round(BEST * len(known)), 1)),
        ~active & (known["margin"] > known["margin"].median()),
        active & (known["clv"] > known["clv"].median()),
    ]
    *first, rest = MEANING
    assigned = pd.Series(np.select(conditions, first, rest), index=known["person_id"], name="move")
    sums = known.groupby(assigned.to_numpy()).agg(n=("clv", "size"), clv=("clv", "sum"), margin=("margin", "sum"))
    groups = sums.reindex(list(MEANING), fill_value=0).astype({"clv": float, "margin": float})
    manage, retain = (
        Measure(name=f"{move.lower()}_customers", value=float(groups["n"][move]), unit="count", n=len(known))
        for move in ("Manage", "Retain")
    )
    return Moves(manage=manage, retain=retain, assigned=assigned, groups=groups, currency=currency)
