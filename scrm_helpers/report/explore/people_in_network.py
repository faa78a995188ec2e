"""The view of one person in the network: who is above and below, as deep as wanted, and the credit that flows up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.network.forest.reach import cascade_credit, values_of
from scrm_helpers.network.pictures.person import PersonInForest, Shown, person_in_forest
from scrm_helpers.report.explore.view import NAME, Control, View

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.answers import Terms
    from scrm_helpers.network.forest.referral_forest import Forest

MOST = 500  # people in the list; whoever is further down is found by typing the name
DEEPEST = 12  # generations that can be told apart
ROWS = 30


def person_view(forest: Forest, value: pd.Series, names: Mapping[str, str], terms: Terms) -> View:
    """Let a person be picked by pseudonym, the generations that are drawn, and the share of the credit handed up.

    Parameters
    ----------
    forest : Forest
        With one referrer each.
    value : pandas.Series of float
        Value of each person, indexed by person id.
    names : mapping of str to str
        Pseudonyms of everybody in the forest.
    terms : Terms

    Returns
    -------
    View
    """
    credited = cascade_credit(forest, values_of(forest, value))
    heads = np.unique(forest.parent[forest.parent >= 0])
    if not len(heads):
        raise Refusal("There is nobody to pick: no customer was brought by a referral.")
    heads = heads[np.lexsort((heads, -credited[heads]))]
    ids = {names[person]: person for person in forest.people}
    listed = [names[person] for person in forest.people[heads[:MOST]]]
    value = value.reindex(forest.people)  # once, not at every move
    deepest = int(min(max(forest.generation.max(), 1), DEEPEST))

    def at(person: str, depth: int, handed_up: float) -> PersonInForest:
        chosen = ids.get(person.strip())
        if chosen is None:
            raise Refusal("Nobody has this name; pick one from the list.")
        return person_in_forest(forest, value, chosen, terms, names, Shown(handed_up, depth))

    controls = [
        Control("person", "Person", listed, listed[0], kind=NAME),
        Control("depth", "Generations drawn", range(1, deepest + 1), min(3, deepest)),
        Control("handed_up", "Credit handed up", [tenth / 10 for tenth in range(10)], 0.5, numbers.percent),
    ]
    return View("One person in the network", controls, at, rows=ROWS)
