"""Credit along the path: hand-worked values, and Shapley values by their definition."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.credit import cascade_credit, direct_credit, equal_split_credit, path_shapley_credit


def forest_of(edges, **options):
    rows = pd.DataFrame(edges, columns=["referrer_id", "referred_id"])
    return build_forest(rows.assign(referred_on=pd.Timestamp("2026-01-01")), **options)


def test_geometric_credit_on_a_path():
    # A - B - C - D, D worth 80: C gets half of it, B a quarter, A an eighth, an eighth is unclaimed.
    credit = cascade_credit(forest_of([("A", "B"), ("B", "C"), ("C", "D")]), np.array([0, 0, 0, 80.0]))
    assert credit.credited.tolist() == [10, 20, 40, 0]
    assert credit.unclaimed == 10


def test_nothing_passed_on_is_direct_credit():
    forest = forest_of([("A", "B"), ("B", "C"), ("A", "D")])
    values = np.array([1.0, 2.0, 4.0, 8.0])
    assert (
        cascade_credit(forest, values, 0.0).credited.tolist()
        == direct_credit(forest, values).credited.tolist()
        == [10, 4, 0, 0]
    )


def test_split_referrers_share_the_credit():
    # C was referred by A and B; D by C. D is worth 8: C keeps 4, hands 4 up of which A and B keep 1 each.
    forest = forest_of([("A", "C"), ("B", "C"), ("C", "D")], rule="split")
    credit = cascade_credit(forest, np.array([0, 0, 0, 8.0]))
    assert credit.credited.tolist() == [1, 1, 4, 0]
    assert credit.unclaimed == 2
    with pytest.raises(ValueError, match="rule='first'"):
        equal_split_credit(forest, np.zeros(4))


def test_credit_above_one_is_refused():
    with pytest.raises(ValueError, match="from 0 to below 1"):
        cascade_credit(forest_of([("A", "B")]), np.zeros(2), 1.0)
    with pytest.raises(ValueError, match="one value per person"):
        cascade_credit(forest_of([("A", "B")]), np.zeros(3))


def test_a_missing_value_counts_as_none():
    assert direct_credit(forest_of([("A", "B")]), np.array([1.0, np.nan])).credited.tolist() == [0, 0]


def shapley(players, worth):
    """Shapley value by its definition: the mean gain over all orders of arrival."""
    gain = dict.fromkeys(players, 0.0)
    orders = list(permutations(players))
    for order in orders:
        for place, player in enumerate(order):
            gain[player] += worth(set(order[: place + 1])) - worth(set(order[:place]))
    return {player: total / len(orders) for player, total in gain.items()}


@pytest.mark.parametrize("with_buyer", [True, False])
def test_path_credit_is_the_shapley_value_of_the_whole_forest(with_buyer):
    #     A        values B 6, C 12, D 24, E 30 (F outside the tree)
    #    / \
    #   B   C
    #   |   |
    #   D   E
    edges = [("A", "B"), ("A", "C"), ("B", "D"), ("C", "E")]
    value = {"A": 5.0, "B": 6.0, "C": 12.0, "D": 24.0, "E": 30.0}
    above = {"B": "A", "C": "A", "D": "BA", "E": "CA"}

    def worth(present):
        return sum(
            value[buyer] for buyer, path in above.items() if set(path) | ({buyer} if with_buyer else set()) <= present
        )

    expected = shapley("ABCDE", worth)
    forest = forest_of(edges)
    amounts = np.array([value[person] for person in forest.people])
    if with_buyer:  # a buyer also earns a share of the own purchase, which referrers do not claim
        own = amounts / (forest.generation + 1) * (forest.parent >= 0)
        found = path_shapley_credit(forest, amounts).credited + own
    else:
        found = equal_split_credit(forest, amounts).credited
    assert found.tolist() == pytest.approx(list(expected.values()))
