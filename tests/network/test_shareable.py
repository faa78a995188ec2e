"""The part of a forest that may leave the house: who is in it, in which order, and what is said of the rest."""

import io

import networkx as nx
import numpy as np
import pandas as pd

from scrm_helpers.network import build_forest
from scrm_helpers.network.pictures.exchange import gexf_text, shareable


def forest(*edges, rule="first"):
    rows = pd.DataFrame([edge.split(">") for edge in edges], columns=["referrer_id", "referred_id"])
    days = pd.Timestamp("2026-01-17") + pd.to_timedelta(np.arange(len(rows)), unit="D")
    return build_forest(rows.assign(referred_on=days), rule=rule)


def backwards(ids):
    """Pseudonyms whose order is the reverse of that of the ids."""
    return [f"{1000 - int(one):04}" for one in ids]


# Cascades of 4, 3 and 2 people.
THREE = forest("1>2", "2>3", "2>4", "5>6", "5>7", "8>9")


def test_large_cascades_come_with_the_same_shape_in_the_order_of_pseudonyms():
    graph, text = shareable(THREE, backwards, min_group=3)
    assert "in 2 cascades" in text
    assert "1 cascade is left out" in text
    assert list(graph) == ["0993", "0994", "0995", "0996", "0997", "0998", "0999"]
    assert set(graph.edges) == {
        ("0999", "0998"),
        ("0998", "0997"),
        ("0998", "0996"),
        ("0995", "0994"),
        ("0995", "0993"),
    }
    assert [known for _, known in graph.nodes(data="generation")] == [1, 1, 0, 2, 2, 1, 0]
    assert {day for *_, day in graph.edges(data="referred_on")} == {"2026-01-01"}


def test_the_largest_cascades_come_first_where_not_all_can_be_drawn():
    assert list(shareable(THREE, backwards, min_group=1, most=5)[0]) == ["0996", "0997", "0998", "0999"]
    # one that is too large for itself does not keep the others out
    assert len(shareable(THREE, backwards, min_group=1, most=3)[0]) == 3
    assert len(shareable(THREE, backwards, min_group=9)[0]) == 0


def test_a_person_with_several_referrers_keeps_those_that_are_in_the_part():
    split = forest("1>3", "2>3", "1>4", "1>5", rule="split")
    graph, _ = shareable(split, backwards, min_group=4)
    assert len(graph) == 4
    assert [share for *_, share in graph.edges(data="weight")] == [1.0, 1.0, 0.5]


def test_the_file_says_what_is_not_in_it():
    graph, text = shareable(THREE, backwards, min_group=3)
    written = gexf_text(graph, text + " <&>")
    assert "7 people in 2 cascades" in written
    assert "1 cascade is left out" in written
    assert "&lt;&amp;&gt;" in written
    assert len(nx.read_gexf(io.BytesIO(written.encode()))) == 7
