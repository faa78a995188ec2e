"""From a panel to the verdict in 400 worlds of known truth; two minutes."""

import numpy as np
from desk import MEASURED, panel_of

from scrm_helpers.initiatives.attribution.evidence_ladder import gather_evidence
from scrm_helpers.initiatives.plan.streams import ValuationTerms
from scrm_helpers.initiatives.valuation.case_report import report_case

TERMS = ValuationTerms()


def test_from_the_panel_to_the_verdict():
    # the whole way: panel, event study, draws, range; 10 euros a customer, no carry-over, effect .05 from each opening
    text = MEASURED.replace("schema: roinit/1", "schema: roinit/1\ndraws: 2000")
    firsts, held = ["2024Q3"] * 15 + ["2025Q1"] * 15 + [None] * 20, []
    back = 10_000 * 0.05 * (0.5 * (np.arange(9) >= 2) + 0.5 * (np.arange(9) >= 4)) @ TERMS.factors(9)
    cost = np.r_[1000.0, np.full(8, 100.0)] @ TERMS.factors(9)
    for seed in range(400):
        panel = panel_of(firsts, seed=1000 + seed)
        one = report_case(text, gather_evidence(panel), panel=panel).valuation.judgement.roinit
        held.append(one.low <= back / cost - 1 <= one.high)
    assert abs(np.mean(held) - 0.95) <= 0.033, np.mean(held)
