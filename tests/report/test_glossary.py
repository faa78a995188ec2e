"""The words of the trade: each computed where it says, linked at its first use and nowhere else."""

import re
from importlib import import_module

import pytest
from bs4 import BeautifulSoup

from scrm_helpers.report.page.glossary import TERMS, definitions, link_terms


@pytest.mark.parametrize("place", sorted({term.computed for term in TERMS} - {""}))
def test_what_computes_a_term_is_there(place):
    module, _, name = place.rpartition(".")
    assert callable(getattr(import_module(f"scrm_helpers.{module}"), name))


def test_each_term_is_explained_once_in_the_order_of_the_alphabet():
    soup = BeautifulSoup(definitions(), "html.parser")
    names = [term.get_text() for term in soup.find_all("dt")]
    assert names == sorted(set(names), key=str.lower)
    assert len({term["id"] for term in soup.find_all("dt")}) == len(TERMS)


def test_the_first_use_is_linked_and_the_words_stay_as_they_are():
    text = (
        '<h2>CLV and NPS</h2><p class="scrm-sentence">The NPS is +22; <a href="#x">CRV</a> beside CLV, NPS and ROI.</p>'
        '<div class="prose"><p><code>CRV</code> is CRV (95% range 1 to 2), lifetime value, no CRVs.</p></div>'
    )
    soup = BeautifulSoup(text, "html.parser")
    link_terms(soup)
    assert soup.get_text() == BeautifulSoup(text, "html.parser").get_text()
    assert [link.get_text() for link in soup.select("a.term")] == ["NPS", "CLV", "ROI", "CRV", "95% range"]
    places = {place["id"] for place in BeautifulSoup(definitions(), "html.parser").select("dt")}
    assert all(link["href"].removeprefix("#") in places for link in soup.select("a.term"))
    assert not re.search(r"<a[^>]*><a", str(soup))
