"""The page to look around in: whole, offline, and harmless whatever people are called."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS
from graphs import graph_from_edges

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.network import build_forest
from scrm_helpers.network.pictures.exchange import forest_view, map_view
from scrm_helpers.network.pictures.network_map import community_map

NAMES = {name: f"Person {place}" for place, name in enumerate("ABCDEX", start=1)}


@pytest.fixture
def forest():
    rows = pd.DataFrame({"referrer_id": ["A", "A", "B", "X"], "referred_id": ["B", "C", "D", "E"]})
    customers = pd.DataFrame({"customer_id": list("ABCDE")})
    return build_forest(rows.assign(referred_on=pd.Timestamp("2026-01-01")), customers)


def test_the_page_needs_nothing_from_outside(forest):
    page = forest_view(forest, NAMES).page
    assert not re.findall(r"(?:src|href)\s*=|url\(|@import|https?://|fetch\(|XMLHttp", page)
    assert "default-src 'none'" in page
    assert len(page) < 20_000
    assert forest_view(forest, NAMES).page == page


def test_names_cannot_break_out(forest):
    names = dict.fromkeys("ABCDEX", "</script><img src=x onerror=alert(1)>")
    page = forest_view(forest, names).page
    assert "<img" not in page
    assert page.count("</script>") == 1
    assert "\\u003cimg" in page
    framed = forest_view(forest, names)._repr_html_()
    assert framed.count("<") == 2  # the frame and its end; everything in it is escaped
    assert 'sandbox="allow-scripts"' in framed


def test_ids_do_not_show_unless_asked_for(forest):
    rows = pd.DataFrame(
        {"referrer_id": ["SECRET1"], "referred_id": ["SECRET2"], "referred_on": [pd.Timestamp("2026-01-01")]}
    )
    assert "SECRET" not in forest_view(build_forest(rows), {}).page
    assert "Person 1, generation 0, brought 2" in forest_view(forest, NAMES).page
    assert "not a customer" in forest_view(forest, NAMES).page


def test_the_map_shows_people_only_where_there_are_some():
    pairs = [(f"P{one}", f"P{other}") for one in range(8) for other in range(one)]
    graph = graph_from_edges(pd.DataFrame(pairs, columns=["source", "target"]))
    page = map_view(community_map(graph, TERMS), {}).page
    assert "<h1>Communities</h1>" in page
    assert page.count("community 1") == 16  # eight people, in the drawing and in the list
    page = map_view(community_map(graph, TERMS, most_people=3), {}).page
    assert "Dot: a community" in page
    assert page.count("community 1: 8 people, 28 ties inside") == 2
    with pytest.raises(Refusal, match="no community has 9 people"):
        map_view(community_map(graph, replace(TERMS, min_group=9)), {})


def test_a_forest_without_cascades_is_refused():
    nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    with pytest.raises(Refusal, match="no cascade"):
        forest_view(build_forest(nobody), {})


def test_trees_on_the_page_do_not_overlap(forest):
    import json

    page = forest_view(forest, NAMES).page
    data = json.loads(re.search(r"const data = (\{.*?\});", page).group(1))
    places = set(zip(data["x"], data["y"], strict=True))
    assert len(places) == 6
    assert np.ptp(data["y"]) > 0
