"""The influence graph and its measures against networkx, closed forms and the published oracle."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from given import TERMS
from scipy.sparse import csr_array

from scrm_helpers.network import build_forest
from scrm_helpers.network.graph.contacts import contact_balance
from scrm_helpers.network.graph.tie_graph import (
    FIRM,
    assortativity,
    betweenness,
    closeness_of_ties,
    communities,
    core_numbers,
    group_ties,
    influence_graph,
    pagerank,
    reciprocity,
    strong_components,
    undirected,
    within_and_between,
)


def random_graph(n=80, m=400, seed=1):
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, n, (2, m))
    keep = row != column
    weights = csr_array((rng.integers(1, 5, keep.sum()).astype(float), (row[keep], column[keep])), shape=(n, n))
    weights.sum_duplicates()
    return weights, nx.from_scipy_sparse_array(weights, create_using=nx.DiGraph)


def test_pagerank_equals_networkx():
    weights, graph = random_graph()
    rank = nx.pagerank(graph.reverse(), tol=1e-14, max_iter=1000)
    assert pagerank(weights).tolist() == pytest.approx(list(rank.values()), abs=1e-10)
    assert pagerank(weights).sum() == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_structure_equals_networkx(seed):
    weights, graph = random_graph(60, 150, seed)
    bare = graph.to_undirected()
    assert core_numbers(weights).tolist() == [nx.core_number(bare)[person] for person in range(60)]
    assert betweenness(weights).tolist() == pytest.approx(list(nx.betweenness_centrality(graph).values()), abs=1e-12)
    assert reciprocity(weights) == pytest.approx(nx.overall_reciprocity(graph))
    group = np.arange(60) % 3
    nx.set_node_attributes(graph, dict(enumerate(group.tolist())), "group")
    assert assortativity(group_ties(weights, group)) == pytest.approx(
        nx.attribute_assortativity_coefficient(graph, "group")
    )


def test_sampled_betweenness_comes_near_and_repeats():
    weights, _ = random_graph(200, 900)
    whole, sample = betweenness(weights), betweenness(weights, 120, seed=3)
    assert np.corrcoef(whole, sample)[0, 1] > 0.9
    assert (sample == betweenness(weights, 120, seed=3)).all()


def test_two_cliques_are_two_communities():
    graph = nx.barbell_graph(8, 0)
    weights = nx.to_scipy_sparse_array(graph, dtype=float)
    label, quality = communities(weights, seed=5)
    assert label.tolist() == [0] * 8 + [1] * 8
    assert quality == pytest.approx(nx.community.modularity(graph, [range(8), range(8, 16)]))
    assert communities(weights, seed=5)[0].tolist() == label.tolist()


def test_modularity_equals_networkx_with_weights():
    weights, _ = random_graph()
    label, quality = communities(weights)
    graph = nx.from_scipy_sparse_array(undirected(weights))
    groups = [np.flatnonzero(label == number).tolist() for number in range(label.max() + 1)]
    assert quality == pytest.approx(nx.community.modularity(graph, groups))


def test_a_tie_to_oneself_is_no_tie_and_not_answered():
    graph = nx.gnp_random_graph(40, 0.1, seed=4, directed=True)
    plain = reciprocity(nx.to_scipy_sparse_array(graph, dtype=float))
    graph.add_edges_from((person, person) for person in range(20))
    weights = nx.to_scipy_sparse_array(graph, dtype=float)
    assert reciprocity(weights) == plain == pytest.approx(nx.overall_reciprocity(_without_loops(graph)))
    _shape_equals_networkx(csr_array(weights), graph)


def _without_loops(graph):
    return nx.DiGraph((one, other) for one, other in graph.edges if one != other)


def _shape_equals_networkx(weights, graph):
    plain = _without_loops(graph)
    plain.add_nodes_from(graph)
    clustering, transitivity = closeness_of_ties(weights)
    assert clustering == pytest.approx(nx.average_clustering(plain.to_undirected()), abs=1e-12)
    assert transitivity == pytest.approx(nx.transitivity(plain.to_undirected()), abs=1e-12)
    assert strong_components(weights).tolist() == sorted(map(len, nx.strongly_connected_components(plain)))[::-1]


def test_without_messages_nothing_is_said_of_the_firm():
    rows = pd.DataFrame({"referrer_id": ["A"], "referred_id": ["B"], "referred_on": pd.to_datetime(["2024-01-09"])})
    customers = pd.DataFrame({"customer_id": ["A", "B"]})
    graph = influence_graph(None, build_forest(rows, customers), customers=customers["customer_id"])
    found = contact_balance(graph, TERMS)
    assert found.without_firm.reason == "there is no table interactions"
    assert found.sentence.startswith("1 tie between people is known, all of them by referral")
    assert "without the firm" not in found.title


def test_ties_within_and_between_groups_by_hand():
    # Edges a-b within, a-c and c-b between; a person without a group is left out.
    weights = csr_array([[0, 1, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    ties = group_ties(weights, np.array(["x", "x", "y", None], dtype=object))
    assert within_and_between(ties) == (1, 2)


MESSAGES = pd.DataFrame(
    [
        ("1", "A", "customer", None),
        ("2", "B", "customer", "1"),  # B acted on A
        ("3", "B", "customer", "1"),  # again
        ("4", "brand", "brand", "2"),  # the firm acted on B
        ("5", "E7", "employee", "2"),  # the firm again, no person of it shows
        ("6", "A", "customer", "5"),  # A acted on the firm
        ("7", "A", "customer", "1"),  # to themselves
        ("8", "X", "other", "99"),  # message not there
        ("9", "X", "other", "6"),  # X, no customer, acted on A
    ],
    columns=["interaction_id", "author_id", "author_role", "in_reply_to"],
)


def edges_of(graph):
    links = graph.weights.tocoo()
    return dict(zip(zip(graph.people[links.row], graph.people[links.col], strict=True), links.data, strict=True))


def test_the_graph_counts_who_acted_on_whom_and_the_firm_is_one():
    graph = influence_graph(MESSAGES, customers=pd.Series(["A", "B"]))
    edges = edges_of(graph)
    assert edges == {("A", "B"): 2, ("B", FIRM): 2, (FIRM, "A"): 1, ("A", "X"): 1}
    assert dict(zip(graph.people, graph.role, strict=True)) == {
        "A": "customer",
        "B": "customer",
        "X": "not a customer",
        FIRM: FIRM,
    }
    between = graph.without_firm()
    assert between.people.tolist() == ["A", "B", "X"]
    assert between.weights.sum() == 3


@pytest.mark.parametrize("absent", [["author_id"], ["in_reply_to"], ["author_id", "in_reply_to"]])
def test_messages_that_do_not_say_who_answers_whom_are_left_out_in_a_sentence(absent):
    columns = {"interaction_id": ["1", "2"], "author_id": ["A", "B"], "in_reply_to": [None, "1"]}
    messages = pd.DataFrame(columns).drop(columns=absent)
    referrals = pd.DataFrame(
        {"referrer_id": ["A"], "referred_id": ["B"], "referred_on": pd.to_datetime(["2024-01-09"])}
    )
    customers = pd.DataFrame({"customer_id": ["A", "B"], "joined_on": pd.to_datetime(["2024-01-01", "2024-02-01"])})
    known = customers["customer_id"]
    alone = influence_graph(messages, customers=known)
    referred = influence_graph(messages, build_forest(referrals, customers), customers=known)
    assert (len(alone), len(referred)) == (0, 2)
    assert referred.blind
    for graph in (alone, referred):
        assert "interactions does not say who wrote a message" in contact_balance(graph, TERMS).sentence
    assert (
        "interactions" not in contact_balance(influence_graph(pd.DataFrame(columns), customers=known), TERMS).sentence
    )


def test_referrals_add_edges():
    rows = pd.DataFrame(
        {"referrer_id": ["A", "Y"], "referred_id": ["B", "A"], "referred_on": pd.Timestamp("2026-01-01")}
    )
    customers = pd.DataFrame({"customer_id": ["A", "B"]})
    graph = influence_graph(MESSAGES, build_forest(rows, customers), customers=customers["customer_id"])
    edges = edges_of(graph)
    assert edges["A", "B"] == 3
    assert edges["Y", "A"] == 1
    assert graph.role[graph.people == "Y"] == ["not a customer"]
    alone = influence_graph(None, build_forest(rows, customers), customers=customers["customer_id"])
    assert len(alone) == 3


def test_real_trust_graph_equals_networkx(shared_data):
    """Bitcoin OTC (SNAP): 5,881 people, 35,592 edges; every measure against networkx on the same edges."""
    edges = pd.read_csv(shared_data / "graphs" / "bitcoin_otc.csv")
    people, code = np.unique(edges[["src", "dst"]].to_numpy(), return_inverse=True)
    code = code.reshape(-1, 2)
    n = len(people)
    weights = csr_array((np.ones(len(edges)), (code[:, 0], code[:, 1])), shape=(n, n))
    graph = nx.from_scipy_sparse_array(weights, create_using=nx.DiGraph)
    assert (n, weights.nnz) == (5881, 35592)
    rank = nx.pagerank(graph.reverse(), tol=1e-13, max_iter=500)
    assert pagerank(weights).tolist() == pytest.approx(list(rank.values()), abs=1e-9)
    core = nx.core_number(graph.to_undirected())
    assert core_numbers(weights).tolist() == [core[person] for person in range(n)]
    assert reciprocity(weights) == pytest.approx(nx.overall_reciprocity(graph))
    _shape_equals_networkx(weights, graph)
