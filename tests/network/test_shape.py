"""Shapes of cascades against closed forms and networkx."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from given import TERMS
from hypothesis import given, settings
from hypothesis import strategies as st

from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.reach import cascade_reach, cascade_sizes, cascade_table
from scrm_helpers.network.pictures.trees import largest_cascades, members, tidy_tree
from scrm_helpers.stats.tree_sums import climb, sum_below

NO_VALUE = pd.Series(dtype=float)


def people_of(forest):
    return pd.DataFrame({"customer_id": forest.people, "joined_on": pd.Timestamp("2025-01-01")})


def forest_of(parent):
    rows = [(f"P{above:04}", f"P{person:04}") for person, above in enumerate(parent) if above >= 0]
    frame = pd.DataFrame(rows, columns=["referrer_id", "referred_id"]).astype("str")
    people = pd.DataFrame({"customer_id": [f"P{person:04}" for person in range(len(parent))]})
    return build_forest(frame.assign(referred_on=pd.Timestamp("2026-01-01")), people)


@pytest.mark.parametrize("n", [2, 3, 10, 57])
def test_star_and_chain_have_their_closed_forms(n):
    star = cascade_table(forest_of([-1] + [0] * (n - 1))).iloc[0]
    chain = cascade_table(forest_of(list(range(-1, n - 1)))).iloc[0]
    assert star["virality"] == pytest.approx(2 - 2 / n, abs=1e-12)  # METHODS 5.3: 1.8 for ten people
    assert chain["virality"] == pytest.approx((n + 1) / 3, abs=1e-12)  # 3.6667 for ten people
    assert (star["depth"], star["breadth"]) == (1, n - 1)
    assert (chain["depth"], chain["breadth"]) == (n - 1, 1)


forests = st.integers(2, 60).flatmap(
    lambda n: st.tuples(*[st.integers(-1, max(person - 1, -1)) for person in range(n)])
)


@settings(max_examples=60, deadline=None)
@given(parent=forests)
def test_every_cascade_equals_networkx(parent):
    forest = forest_of(parent)
    graph = nx.DiGraph((above, person) for person, above in enumerate(parent) if above >= 0)
    table = cascade_table(forest).set_index("root")
    assert set(table.index) == {person for person, above in enumerate(parent) if above < 0 and graph.has_node(person)}
    for root, row in table.iterrows():
        tree = graph.subgraph(nx.descendants(graph, root) | {root})
        steps = nx.single_source_shortest_path_length(tree, root)
        assert row["people"] == len(tree)
        assert row["depth"] == max(steps.values())
        assert row["breadth"] == max(np.bincount(list(steps.values())))
        assert row["virality"] == pytest.approx(nx.average_shortest_path_length(tree.to_undirected()))
    sizes = [len(nx.descendants(graph, person)) if graph.has_node(person) else 0 for person in range(len(parent))]
    assert cascade_sizes(forest).tolist() == sizes


@settings(max_examples=60, deadline=None)
@given(parent=forests, keep=st.floats(0, 1))
def test_sums_upwards_equal_a_walk(parent, keep):
    amount = np.arange(1.0, len(parent) + 1)
    expected = np.zeros(len(parent))
    for person in range(len(parent)):
        above, share = parent[person], keep
        while above >= 0:
            expected[above] += share * amount[person]
            above, share = parent[above], share * keep
    assert sum_below(np.array(parent), amount, keep) == pytest.approx(expected)


def test_a_long_chain_and_a_cycle():
    n = 5000
    chain = np.arange(-1, n - 1)
    root, steps, endless = climb(chain)
    assert (root == 0).all()
    assert steps.tolist() == list(range(n))
    assert not len(endless)
    # 0 -> 1 -> 2 -> 0 is a ring, 3 hangs below it, 4 is free.
    assert sorted(climb(np.array([2, 0, 1, 0, -1]))[2].tolist()) == [0, 1, 2, 3]


@settings(max_examples=40, deadline=None)
@given(parent=forests)
def test_tidy_trees_never_put_two_people_of_a_generation_in_one_place(parent):
    forest = forest_of(parent)
    for root in np.flatnonzero(forest.parent < 0)[:5]:
        people = members(forest, root)
        place = {person: row for row, person in enumerate(people.tolist())}
        above = np.array([-1, *(place[forest.parent[person]] for person in people[1:].tolist())])
        across, down = tidy_tree(above)
        assert down.tolist() == forest.generation[people].tolist()
        for level in range(down.max() + 1):
            line = np.sort(across[down == level])
            assert (np.diff(line) >= 1 - 1e-9).all()
        for person in range(len(people)):
            children = across[above == person]
            if len(children):
                assert across[person] == pytest.approx((children.min() + children.max()) / 2)


def test_reach_says_how_far_cascades_go():
    # A star of four, a chain of three: half of the cascades end after one step, one of five came through others.
    forest = forest_of([-1, 0, 0, 0, -1, 4, 5])
    reach = cascade_reach(forest, people_of(forest), replace(TERMS, min_group=2))
    assert reach.end_after_one.value == 0.5
    assert "1 in" not in reach.sentence
    assert reach.sentence.startswith("2 cascades brought 5 customers; 50% of the cascades end after one step, and 20%")
    assert reach.table["Customers"].sum() == 5
    assert reach.title == "50% of the cascades end after one step"
    assert reach.tested("few_cascades_bring_most").reason.startswith("it takes 10 cascades")
    assert cascade_reach(forest, people_of(forest), TERMS).table.empty  # three and two are too few to be shown
    nobody = forest_of([-1, -1])
    assert cascade_reach(nobody, people_of(nobody), TERMS).sentence.startswith("Referrals have reached nobody yet")


def test_one_who_brings_many_is_beyond_chance_and_everybody_alike_is_not():
    star = forest_of([*[-1] * 40, *[0] * 15, *range(1, 11)])
    people = people_of(star)
    people.loc[40:, "joined_on"] = pd.Timestamp("2026-01-01")
    found = cascade_reach(star, people, TERMS)
    assert found.largest_tenth.value == 15 / 25
    assert found.tested("few_cascades_bring_most").direction == 1
    assert found.title == "Most cascades end after one step"
    alike = forest_of([*[-1] * 40, *range(25)])
    assert cascade_reach(alike, people, TERMS).largest_tenth.value is None  # two cascades brought two people
    even = cascade_reach(alike, people, replace(TERMS, min_group=2))
    assert even.tested("few_cascades_bring_most").direction == -1  # all bring one: chance would let some bring two
    assert ", less than the" in even.sentence


def test_the_largest_cascades_are_drawn_in_order():
    small = forest_of([-1, 0, 0, 0, -1, 4, 5])
    largest = largest_cascades(small, replace(TERMS, min_group=3), NO_VALUE)
    assert "no cascade has 5 people or more" in largest_cascades(small, TERMS, NO_VALUE).sentence
    assert largest.table["People"].tolist() == [4, 3]
    assert len(largest.plot().figure.axes[0].child_axes) == 2
    with pytest.raises(ValueError, match="between 1 and 12"):
        largest_cascades(forest_of([-1, 0]), TERMS, NO_VALUE, number=99)
