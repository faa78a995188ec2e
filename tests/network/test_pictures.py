"""Maps, rankings and contacts: hand-worked numbers, and nothing drawn on top of anything."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from graphs import graph_from_edges
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from scrm_helpers.network import build_forest
from scrm_helpers.network.forest.bringers import referral_value_spread
from scrm_helpers.network.graph.contacts import contact_balance
from scrm_helpers.network.graph.influencers import influential_people
from scrm_helpers.network.pictures.network_map import circles, community_map, disc
from scrm_helpers.network.pictures.trees import largest_cascades

SEEDED = replace(TERMS, seed=1)
SAME_DAY = pd.Series(dtype="datetime64[us]")


def cliques(*sizes, bridges=1):
    rows = []
    for number, size in enumerate(sizes):
        people = [f"G{number}P{place:03}" for place in range(size)]
        rows += [(one, other) for one in people for other in people if one < other]
        if number:
            rows += [(f"G0P{place:03}", people[place]) for place in range(bridges)]
    return graph_from_edges(pd.DataFrame(rows, columns=["source", "target"]))


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(5, 90), min_size=1, max_size=14), seed=st.integers(0, 9))
def test_communities_never_overlap(sizes, seed):
    radius = 0.6 * np.sqrt(np.sort(sizes)[::-1]) + 0.7
    ties = np.random.default_rng(seed).integers(0, 4, (len(sizes), len(sizes))).astype(float)
    place = circles(radius, ties + ties.T, gap=2.0, seed=seed)
    apart = np.sqrt(((place[:, None] - place[None, :]) ** 2).sum(axis=2)) + np.diag(np.full(len(sizes), np.inf))
    assert (apart >= radius[:, None] + radius[None, :] + 1.5).all()


def test_people_stay_inside_their_disc_and_apart():
    points = disc(90)
    assert np.sqrt((points**2).sum(axis=1)).max() <= 0.6 * np.sqrt(90)
    apart = np.sqrt(((points[:, None] - points[None, :]) ** 2).sum(axis=2)) + np.diag(np.full(90, np.inf))
    assert apart.min() > 0.55


def test_the_map_counts_and_its_labels_do_not_collide():
    found = community_map(cliques(14, 9, 7, 5), SEEDED)
    assert found.groups["people"].tolist() == [14, 9, 7, 5]
    assert found.groups["inside"].tolist() == [91, 36, 21, 10]
    assert found.groups["across"].tolist() == [3, 1, 1, 1]
    assert found.measures[2].value == pytest.approx(158 / 161)
    assert len(found.people) == 35
    for drawn in (found, community_map(cliques(14, 9, 7, 5), SEEDED, most_people=10)):
        figure = drawn.plot().figure
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
        assert len(boxes) == 4
        assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
    assert found.alt.startswith("Map of 4 communities as discs sized by people, from 14 down to 5")
    assert community_map(cliques(3), SEEDED).sentence == "There is no map to draw: no community has 5 people or more."


def test_hidden_advocates_are_those_whom_sales_do_not_show():
    # Forty people act on S (spends nothing), X (no customer) and B (big spender); the others spend 10 to 49.
    rows = [(star, f"P{place:02}") for star in ("S", "X", "B") for place in range(40)]
    people = {f"P{place:02}": "customer" for place in range(40)} | {
        "S": "customer",
        "B": "customer",
        "X": "not a customer",
    }
    graph = graph_from_edges(pd.DataFrame(rows, columns=["source", "target"]), people)
    own = pd.Series({f"P{place:02}": 10.0 + place for place in range(40)} | {"S": 0.0, "B": 999.0})
    named = {"S": "s1", "X": "x1", "B": "b1"}
    found = influential_people(graph, own, replace(SEEDED, min_group=4), joined_on=SAME_DAY, names=named)
    assert sorted(found.people.index[:3]) == ["B", "S", "X"]
    assert found.people["hidden"].sum() == 3  # S, X and the tenth's fourth place, a small spender
    assert set(found.table["Who"][:3]) == {"s1", "x1", "b1"}
    assert not found.people.loc["B", "hidden"]
    assert "2 left no more margin in twelve months than the median customer, 1 is no customer." in found.sentence
    found.plot()
    few = influential_people(cliques(5), pd.Series(dtype=float), SEEDED, joined_on=SAME_DAY, names={})
    assert few.held.value is None
    assert (
        few.sentence
        == "Whom people listen to cannot be computed: only 5 people acted on each other, and 50 are needed."
    )


def test_contacts_by_hand():
    rows = pd.DataFrame([("A", "B"), ("B", "A"), ("A", "C"), ("the firm", "A")], columns=["source", "target"])
    graph = graph_from_edges(rows, {"A": "customer", "B": "customer", "C": "not a customer", "the firm": "the firm"})
    found = contact_balance(graph, TERMS, pd.Series({"A": "x", "B": "x", "C": "y"}))
    assert found.firm == (3, 1)
    assert found.firm_index.value == -0.5
    assert found.group_index.value == pytest.approx(-1 / 3)
    assert found.sentence == (
        "75% of 4 ties are between people, without the firm; 67% of those are answered in kind; 67% stay within the "
        "same region (E-I index −0.33), not shown to be more or less than the 33% that regions dealt at random would "
        "give."
    )
    assert found.largest.value == 2  # A and B
    nobody = contact_balance(graph_from_edges(rows.head(0)), TERMS)
    assert nobody.measures[0].reason == "nobody acted on anybody's message or referral"


def test_bringers_by_hand():
    # 20 people with 1 each and 5 with 16 each: the best fifth holds 80 of 100.
    crv = [16.0] * 5 + [1.0] * 20 + [0.0] * 75
    value = pd.DataFrame({"is_customer": [True] * 100, "crv": crv, "referrals_converted": [1.0] * 25 + [0.0] * 75})
    value["joined_on"] = pd.Timestamp("2024-01-01")
    found = referral_value_spread(value, TERMS)
    assert found.measures[4].value == pytest.approx(0.8)
    assert found.sentence.startswith("25 of 100 customers (25%) brought another customer")
    # the same 25 values dealt anew: who gets two of them holds more, so that chance explains the five
    assert found.tested("few_bring_most_of_the_value").verdict == "not shown"
    found.plot()
    few = referral_value_spread(value.iloc[:10], TERMS)
    assert few.measures[4].value is None
    assert not few.drawable


def test_labels_of_the_trees_do_not_collide():
    rows = pd.DataFrame(
        {"referrer_id": [f"S{n % 12}" for n in range(240)], "referred_id": [f"P{n}" for n in range(240)]}
    )
    forest = build_forest(rows.assign(referred_on=pd.Timestamp("2026-01-01")))
    value = pd.Series(123456.0, index=[f"P{n}" for n in range(240)])
    figure = largest_cascades(forest, TERMS, value, number=12).plot().figure
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in figure.axes[0].texts]
    assert not any(one.overlaps(other) for place, one in enumerate(boxes) for other in boxes[:place])
