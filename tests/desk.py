"""A small business case with its panel and its ledger, for the tests of a return on initiative."""

import numpy as np
import pandas as pd
from given import on

from scrm_helpers.initiatives.ledger.flows import read_ledger

CASE = """
schema: roinit/1
goals:
  - {id: G, statement: stay, construct: loyalty, metric: {id: kept, unit: share},
     baseline: {value: 0.9, period: 2023Q4, n: 10}, target: {value: 0.95, by: 2027Q4}, owner: me}
initiatives:
  - id: desk
    name: Desk
    start: 2024Q1
    serves: [G]
    costs: [{id: fee, kind: cash, setup: 1000, per_quarter: 100}]
    benefits:
      - {id: kept, kind: money, stream: retained, goal: G, effect: EFFECT, reach: 1000, value: 10}
decision: {rule: go if P(NPV>0 at 8Q) >= 0.7}
"""
RANGE = CASE.replace("EFFECT", "{normal: [0.2, 0.02]}")
MEASURED = CASE.replace("EFFECT", "{design: staggered_did, outcome: kept}")


def panel_of(firsts, effect=0.05, seed=0, initiative="desk"):
    """Units over twelve quarters; the effect is there from the first period of a unit on."""
    rng, names = np.random.default_rng(seed), [str(q) for q in pd.period_range("2023Q4", "2026Q3", freq="Q")]
    rows = []
    for unit, first in enumerate(firsts):
        level = 0.9 + rng.normal(0, 0.01)
        for name in names:
            value = level + rng.normal(0, 0.005) + (effect if first and name >= first else 0.0)
            rows.append(("kept", f"U{unit}", name, value, first, initiative))
    columns = ["outcome", "unit_id", "period", "value", "first_period", "initiative_id"]
    return pd.DataFrame(rows, columns=columns)


def ledger_of(*flows, day="2026-09-30", start="2024-01-01"):
    table = pd.DataFrame({"initiative_id": ["desk"], "started_on": [start], "cost": [1000.0]})
    rows = pd.DataFrame(flows, columns=["quarter", "stream", "amount", "kind"]).assign(initiative_id="desk")
    return read_ledger(table, rows, on(day))
