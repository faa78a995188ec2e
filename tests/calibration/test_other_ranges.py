"""The range of contracts that remain, and the level of many looks: measured in simulated worlds."""

import numpy as np
import pandas as pd
from initiatives.test_evidence import panel

from scrm_helpers.answers.terms import Terms
from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.value.lifetime.contracts import project_contracts


def test_range_of_survivors_covers_what_comes():
    rng, inside = np.random.default_rng(8), []
    for _ in range(40):
        leaving = rng.beta(0.9, 3.5, 400)
        leaves = rng.geometric(leaving)
        alive = [int((leaves > t).sum()) for t in range(7)]
        last = project_contracts(alive, 6, Terms(pd.Timestamp(0))).path.iloc[6 + 4]
        futures = (rng.geometric(leaving[leaves > 6], (3, alive[-1])) > 4).sum(axis=1)
        inside += [last["low"] <= there <= last["high"] for there in futures]
    assert np.mean(inside) >= 0.89  # nominal 95 % of 120 futures of 40 cohorts, less three standard errors


def test_corrected_looks_hold_their_level():
    # nominal 5 % for any false finding among four outcomes: 40 panels, exact binomial 99.9 % limit 7
    false = sum(
        bool(gather_evidence(panel({f"o{k}": 0.0 for k in range(4)}, units=40, seed=s), seed=s).shown)
        for s in range(40)
    )
    assert false <= 7
