"""Parts beside each other in simulated companies: false alarms, power, and how near shrunk values come."""

import numpy as np
import pytest
from calibration.conftest import ASKED

from scrm_helpers.answers import Measure
from scrm_helpers.report.batch.parts_compared import compare_parts
from scrm_helpers.stats.intervals import normal_quantile, wilson

WORLDS = ASKED or 200
FALSE = 0.05 + 3 * (0.05 * 0.95 / WORLDS) ** 0.5  # three standard errors above what is promised


def figure(value, low, high, unit):
    return Measure(name="figure", value=float(value), low=float(low), high=float(high), unit=unit, n=100)


def scores(rng, parts, spread=0.0, apart=0.0):
    """Scores of parts that differ by `spread`, the first by `apart` more, with what they truly are."""
    error = rng.uniform(1, 6, parts)
    true = 20 + spread * rng.standard_normal(parts)
    true[0] += apart
    half = normal_quantile(0.95) * error
    value = true + error * rng.standard_normal(parts)
    return {
        f"part {at}": figure(value[at], value[at] - half[at], value[at] + half[at], "points") for at in range(parts)
    }, true


def shares(rng, parts, share=0.12):
    """Shares of one population of which each part is a random split."""
    people = rng.integers(60, 400, parts)
    hits = rng.binomial(people, share)
    ends = [wilson(one, n) for one, n in zip(hits, people, strict=True)]
    return {f"part {at}": figure(hits[at] / people[at], *ends[at], "share") for at in range(parts)}


def amounts(rng, parts):
    """Skewed amounts per person, with the range of a mean on logarithms."""
    made = {}
    for at in range(parts):
        drawn = rng.lognormal(2, 1.2, int(rng.integers(100, 400)))
        factor = np.exp(normal_quantile(0.95) * drawn.std(ddof=1) / len(drawn) ** 0.5 / drawn.mean())
        made[f"part {at}"] = figure(drawn.mean(), drawn.mean() / factor, drawn.mean() * factor, "EUR")
    return made


def compared(**figures):
    return compare_parts(figures, {name: name for name in figures}, "region")


@pytest.mark.parametrize("parts", [2, 6])
def test_a_page_over_random_splits_of_one_company_names_a_part_in_at_most_one_of_twenty(parts):
    rng = np.random.default_rng(20261129 + parts)
    named = differ = with_money = 0
    for _ in range(WORLDS):
        figures = {"a": scores(rng, parts)[0], "b": shares(rng, parts)}
        differ += any(one.differ for one in compared(**figures).values())
        page = compared(**figures, c=amounts(rng, parts))
        named += any(part.differs for one in page.values() for part in one.compared)
        with_money += any(one.differ for one in page.values())
    assert named / WORLDS <= FALSE
    assert 0 < differ / WORLDS <= FALSE
    assert with_money / WORLDS <= max(FALSE, 0.09)  # heavy tails: its ranges hold the mean in 91 to 97 of 100


def test_a_part_that_is_apart_is_found_among_figures_in_which_all_are_alike():
    rng = np.random.default_rng(20261130)
    found = wrong = beside = 0
    for _ in range(WORLDS // 2):
        page = compared(a=scores(rng, 4, apart=20.0)[0], b=shares(rng, 4), c=amounts(rng, 4))
        found += bool(page["a"].parts[0].differs)
        beside += any(part.differs for part in page["a"].parts[1:])
        wrong += any(part.differs for name in "bc" for part in page[name].compared)
    assert found / (WORLDS // 2) > 0.85
    assert beside / (WORLDS // 2) <= FALSE  # those that are alike are not put apart by the one that is not
    assert wrong / (WORLDS // 2) <= FALSE


@pytest.mark.parametrize(("spread", "most"), [(0.0, 0.5), (3.0, 0.75), (10.0, 1.0)])
def test_shrunk_values_are_nearer_to_what_parts_truly_are(spread, most):
    rng = np.random.default_rng(20261201)
    raw = shrunk = 0.0
    for _ in range(WORLDS):
        drawn, true = scores(rng, 5, spread)
        parts = compared(a=drawn)["a"].parts
        raw += np.mean([(part.found.value - one) ** 2 for part, one in zip(parts, true, strict=True)])
        shrunk += np.mean([(part.shrunk - one) ** 2 for part, one in zip(parts, true, strict=True)])
    assert shrunk < most * raw
