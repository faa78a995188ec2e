"""Pair counts against the plain comparison of everybody with everybody."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.stats.rank import midranks, pair_sums

PAIRS = st.lists(st.tuples(st.integers(0, 10), st.integers(0, 40)), min_size=1, max_size=60)


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_counts_are_those_of_the_double_loop(pairs):
    x, y = np.array(pairs).T
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    net, ordered, differ_x, differ_y = pair_sums(x, y)
    assert np.array_equal(net, signs.sum(axis=1))
    assert np.array_equal(ordered, np.abs(signs).sum(axis=1))
    assert np.array_equal(differ_x, (x[:, None] != x).sum(axis=1))
    assert np.array_equal(differ_y, (y[:, None] != y).sum(axis=1))


def test_distinct_values_without_any_tie_are_counted_the_same_way():
    rng = np.random.default_rng(3)
    x, y = rng.random(500), rng.random(500)
    signs = np.sign(x[:, None] - x) * np.sign(y[:, None] - y)
    assert np.array_equal(pair_sums(x, y)[0], signs.sum(axis=1))


def test_midranks_average_to_one_half():
    grade, tied = midranks([0, 0, 0, 2, 1])
    assert grade.tolist() == pytest.approx([0.3, 0.3, 0.3, 0.9, 0.7])
    assert tied.tolist() == pytest.approx([0.6, 0.6, 0.6, 0.2, 0.2])


def test_missing_values_and_uneven_lists_are_refused():
    with pytest.raises(ValueError, match="leave the pair out"):
        pair_sums([1.0, np.nan], [1, 2])
    with pytest.raises(ValueError, match="broadcast"):
        pair_sums([1, 2, 3], [1, 2])
