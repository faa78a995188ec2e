"""Controls for JupyterLab: pick a person and see the tree above and below, and the value that flows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import show
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.cascades import cascade_credit, values_of
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.person import person_in_forest

if TYPE_CHECKING:
    from ipywidgets import VBox

MOST = 500  # people in the list; whoever is further down is found by typing the name


def person_explorer(
    forest: Forest, value: pd.Series, names: Mapping[str, str], terms: Terms, *, passed_on: float = 0.5
) -> VBox:
    """Make the controls: a person, and the share of the credit that every referrer hands up."""
    import ipywidgets as widgets

    credited = cascade_credit(forest, values_of(forest, value), passed_on)
    brought = np.bincount(forest.parent[forest.parent >= 0], minlength=len(forest)) > 0
    heads = np.flatnonzero(brought)
    if not len(heads):
        raise Refusal("There is nobody to pick: no customer was brought by a referral.")
    heads = heads[np.lexsort((heads, -credited[heads]))]
    ids = {names[person]: person for person in forest.people}
    listed = [names[person] for person in forest.people[heads[:MOST]]]
    person = widgets.Combobox(options=listed, value=listed[0], description="Person", ensure_option=False)
    handed_up = widgets.FloatSlider(
        passed_on, min=0.0, max=0.9, step=0.1, description="Handed up", readout_format=".0%"
    )
    page = widgets.HTML()

    def refresh(_: Any = None) -> None:
        chosen = ids.get(person.value.strip())
        if chosen is None:
            page.value = f"<p>{show.escape('Nobody has this name; pick one from the list.')}</p>"
            return
        found = person_in_forest(forest, value, chosen, terms, names=names, passed_on=round(handed_up.value, 1))
        image = f'<img alt="{show.escape(found.alt)}" width="760" src="data:image/png;base64,{show.picture(found)}">'
        rows = show.table_html(found.table.head(30), found.formats, found.caption, terms.currency)
        page.value = f"<p>{show.escape(found.sentence)}</p>{image}{rows}<p>{show.escape(found.note)}</p>"

    person.observe(refresh, "value")
    handed_up.observe(refresh, "value")
    refresh()
    return widgets.VBox([person, handed_up, page])
