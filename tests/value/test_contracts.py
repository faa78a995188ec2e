"""Contracts: the published cohort and its later years, coverage of the range, and orders that are no contracts."""

import pandas as pd
import pytest

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.lifetime.contracts import Cohort, cohort_of_orders, project_contracts
from scrm_helpers.value.lifetime.occasions import occasions_taken

# Fader and Hardie (2007), high end: seven years fitted, five later ones held out
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
END = pd.Timestamp("2026-06-30")
TERMS = Terms(END)


def test_published_cohort_and_the_years_that_came():
    told = project_contracts(HIGH_END, 7, TERMS, 100.0)
    left, naive, worth = told.measures
    # S(12) / S(7) of the published fit, alpha .668 and beta 3.806: .377999 / .488915 of 491 contracts
    assert left.value == pytest.approx(379.6, abs=0.1)
    assert left.low < 394 < left.high
    # constant churn: 509 of 4,926 renewals were refused, so .896671 ** 5 of 491 are left
    assert naive.value == pytest.approx(491 * (1 - 509 / 4926) ** 5)
    assert worth.low < worth.value < worth.high
    assert "5 lie in the range" in told.sentence
    assert "% more than constant churn" in told.title


def test_the_future_does_not_reach_the_fit():
    told, other = (project_contracts(HIGH_END[:8] + later, 7, TERMS) for later in (HIGH_END[8:], [1, 1, 1]))
    assert told.path["expected"].equals(other.path["expected"])
    assert "that the fit did not see" not in project_contracts(HIGH_END[:8], 7, TERMS).sentence


def test_contracts_that_do_not_differ_have_constant_churn():
    # 1,000 contracts, of whom exactly a fifth leaves at each renewal
    told = project_contracts([1000, 800, 640, 512], 3, TERMS, 10.0)
    left, naive, worth = told.measures
    assert left.value == pytest.approx(naive.value) == pytest.approx(512 * 0.8**5)
    assert worth.value == pytest.approx(10 * 0.8 / (1.1 - 0.8))
    assert worth.low < worth.value < worth.high
    monthly = project_contracts([1000, 800, 640, 512], 3, TERMS, 10.0, 12)
    assert monthly.measures[2].value == pytest.approx(10 * 0.8 / (1.1 ** (1 / 12) - 0.8))
    assert "do not differ so that it shows" in told.sentence
    assert "constant churn describes them" in told.title


def test_half_leave_at_once_and_half_never_is_not_constant_churn():
    told = project_contracts([100, 50, 50, 50], 3, TERMS)
    assert told.measures[0].value is None
    assert "identify" in told.sentence


@pytest.mark.parametrize(
    ("survivors", "reason"), [([100, 100, 100], "nobody has left yet"), ([10, 0], "everybody left")]
)
def test_what_cannot_be_projected_is_said(survivors, reason):
    told = project_contracts(survivors, 5, TERMS)
    assert reason in told.sentence
    assert {measure.value for measure in told.measures} == {None}
    assert not told.drawable


def test_survivors_that_grow_are_refused():
    with pytest.raises(Refusal, match="never grow"):
        project_contracts([10, 12, 9], 2, TERMS)


def orders_of(lasting):
    """Customers who all began seven periods ago and paid for so many periods in a row after the first."""
    rows = [(f"c{k}", period) for k, many in enumerate(lasting) for period in range(many + 1)]
    frame = pd.DataFrame(rows, columns=["customer_id", "period"])
    when = END - pd.to_timedelta((7 - frame["period"]) * 30 + 12, unit="D")
    return frame.assign(ordered_on=when, amount=9.0)


def test_payments_in_a_row_are_contracts():
    counted = cohort_of_orders(occasions_taken(orders_of([0, 1, 1, 3, 7, 7] * 4), END, 30), 4)
    assert counted.survivors.tolist() == [24, 20, 12, 12, 8]
    assert counted.or_listed("") is counted.survivors
    assert "8 are there after 4 renewals" in counted.sentence


def test_customers_who_skip_and_come_back_have_no_contract():
    skips = orders_of([7] * 25)
    skips = skips[~((skips["customer_id"] < "c2") & (skips["period"] == 3))]
    told = cohort_of_orders(occasions_taken(skips, END, 30), 4)
    assert told.survivors is None
    assert "100% of the customers who skipped" in told.sentence
    with pytest.raises(Refusal, match="as a list"):
        told.or_listed(" ")
    with pytest.raises(Refusal, match="not a list of numbers"):
        Cohort(reason="there is none").or_listed("many")
    assert (
        "only 0 customers have been offered 9 renewals" in cohort_of_orders(occasions_taken(skips, END, 30), 9).sentence
    )
