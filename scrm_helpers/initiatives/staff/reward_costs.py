"""What rewards cost the employer, beside the hours that people gave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.ledger.flows import Ledger


@dataclass(frozen=True, kw_only=True)
class Rewards(Result):
    """Rewards at what they cost the employer, beside the hours people gave."""

    cost: pd.Series


def rewards(ledger: Ledger) -> Rewards:
    """Set what rewards cost the employer beside the worth of the hours that people gave."""
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    cost = pd.Series((ledger.costs["reward"] * booked).sum(axis=1), index=list(ledger.names))
    given = pd.Series((ledger.costs["volunteered_time"] * booked).sum(axis=1), index=list(ledger.names))
    frame = pd.DataFrame(
        {
            "Initiative": cost.index,
            "Rewards, cost to the employer": cost.to_numpy(),
            "Own hours at the full rate": given.to_numpy(),
        }
    )
    frame = frame[(frame.iloc[:, 1] > 0) | (frame.iloc[:, 2] > 0)]
    total, hours = numbers.money(float(cost.sum()), ledger.currency), numbers.money(float(given.sum()), ledger.currency)
    return Rewards(
        sentence=f"Rewards have cost {total} so far; the hours people gave would have cost {hours} at the full rate."
        if len(frame)
        else "Neither rewards nor own hours are in the ledger.",
        table=frame,
        formats={"Rewards, cost to the employer": "money", "Own hours at the full rate": "money"},
        caption="Rewards and given hours",
        note="Booked quarters, not discounted. What a reward is worth to people is not money here.",
        measures=(Measure(name="reward_cost", value=float(cost.sum()), unit=ledger.currency),),
        cost=cost,
    )
