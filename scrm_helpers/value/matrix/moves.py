"""Three moves that a value-based segmentation pays for: manage the best, sell to the active, hold those who slip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.matrix.four_cells import told_apart
from scrm_helpers.value.matrix.whale import bring

MOVES = ("Manage", "Retain", "Sell", "Serve at low cost")
MEANING = {
    "Manage": "best fifth by expected value and active: a named contact, first call, no mass mail",
    "Retain": "earned well before, now probably gone: find out why, win back while the margin covers the cost",
    "Sell": "active, expected value above the middle: targeted offers that raise what they buy",
    "Serve at low cost": "the rest: self-service, automated care",
}


@dataclass(frozen=True, kw_only=True)
class Moves(Result):
    """The move for every customer, and what each group holds."""

    assigned: pd.Series


def three_moves(
    value: pd.DataFrame,
    *,
    active_above: float = 0.5,
    best_share: float = 0.2,
    currency: str = "EUR",
) -> Moves:
    """Give every customer one of the moves.

    Parameters
    ----------
    value : DataFrame
        The value table with ``person_id``, ``clv``, ``p_alive``, ``margin``; customers without a value are left out.
    active_above : float
        P(alive) from which a customer counts as active, 0-1.
    best_share : float
        Share of the customers who are the best, 0-1.
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
        reason = "the purchase model tells nobody from another by expected value"
        return Moves(
            sentence=f"No moves can be derived: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="retain_customers", value=None, unit="count", reason=reason),),
            drawable=False,
            assigned=pd.Series(dtype="str"),
        )
    rank = known["clv"].rank(ascending=False, method="first")
    active = known["p_alive"] >= active_above
    conditions = [
        active & (rank <= max(round(best_share * len(known)), 1)),
        ~active & (known["margin"] > known["margin"].median()),
        active & (known["clv"] > known["clv"].median()),
    ]
    assigned = pd.Series(np.select(conditions, list(MOVES[:3]), MOVES[3]), index=known["person_id"], name="move")
    groups = known.assign(move=assigned.to_numpy()).groupby("move")
    sums = groups.agg(n=("clv", "size"), clv=("clv", "sum"), margin=("margin", "sum")).reindex(MOVES, fill_value=0)
    table = pd.DataFrame(
        {
            "Move": MOVES,
            "Customers": sums["n"].to_numpy(int),
            "Expected value": sums["clv"].to_numpy(float),
            "Margin to date": sums["margin"].to_numpy(float),
            "Who, and what to do": [MEANING[move] for move in MOVES],
        }
    )
    held = sums.to_dict("index")
    retain, manage = held["Retain"], held["Manage"]
    total = float(known["clv"].sum())
    if 0 <= manage["clv"] <= total and total > 0:
        hold = f"hold {numbers.percent(manage['clv'] / total)} of the expected value"
    else:
        hold = f"are expected to {bring(manage['clv'], currency)}, all customers to {bring(total, currency)}"
    if retain["margin"] >= 0:
        past = f"who earned {numbers.money(retain['margin'], currency)} in the past are probably gone: ask why"
    else:
        past = f"who {bring(retain['margin'], currency, 'brought')} are probably gone: nothing asks to win them back"
    return Moves(
        sentence=f"{numbers.plural(manage['n'], 'customer')} to manage {hold}; "
        f"{numbers.plural(retain['n'], 'customer')} {past}.",
        table=table,
        caption="Three moves and the rest",
        note=f"n = {numbers.plural(len(known), 'customer')}; active: P(alive) of {active_above:.0%} or more; "
        "rules, not effects",
        formats={"Customers": "count", "Expected value": "money", "Margin to date": "money"},
        measures=(
            Measure(name="manage_customers", value=float(manage["n"]), unit="count", n=len(known)),
            Measure(name="retain_customers", value=float(retain["n"]), unit="count", n=len(known)),
        ),
        assigned=assigned,
    )
