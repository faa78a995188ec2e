"""Out to what people know: networkx graphs, and GEXF for Gephi of the part of a forest that may be handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.network.forest.referral_forest import Forest

if TYPE_CHECKING:
    import networkx as nx


@dataclass(frozen=True)
class Shareable:
    """A part of a forest that can be handed on, and what is not in it."""

    forest: Forest  # the part, with pseudonyms in place of ids and the first day of the month in place of days
    cascades: int  # cascades in it
    description: str  # what is in it and what is left out


def shareable(
    forest: Forest, rename: Callable[[Iterable[str]], Iterable[str]], *, min_group: int = 5, most: int = 50_000
) -> Shareable:
    """Take the largest cascades of a forest and hide who is in them."""
    size = np.bincount(forest.root, minlength=len(forest))
    order = np.argsort(-size, kind="stable")
    order = order[(size[order] >= max(min_group, 2)) & (size[order] <= most)]
    chosen = order[np.cumsum(size[order]) <= most]
    part = _part(forest, np.flatnonzero(np.isin(forest.root, chosen)), rename)
    text = (
        f"Credited referrals between {numbers.plural(len(part), 'person', 'people')} in "
        f"{numbers.plural(len(chosen), 'cascade')}; pseudonyms, and the first day of the month in place of the day."
    )
    if left_out := int(np.count_nonzero(size > 1)) - len(chosen):
        text += (
            f" {numbers.plural(left_out, 'cascade')} {'is' if left_out == 1 else 'are'} left out: those of fewer than "
            f"{min_group} people, and what goes beyond {numbers.count(most)} people."
        )
    return Shareable(part, len(chosen), text)


def _part(forest: Forest, kept: np.ndarray, rename: Callable[[Iterable[str]], Iterable[str]]) -> Forest:
    people = pd.Index(list(rename(forest.people[kept])), dtype="str", name=forest.people.name)
    by_name = np.argsort(people.to_numpy(dtype=object), kind="stable")
    kept = kept[by_name]
    place = np.full(len(forest) + 1, -1)  # the last entry stands for nobody
    place[kept] = np.arange(len(kept))
    ties = np.flatnonzero((place[forest.child] >= 0) & (place[forest.referrer] >= 0))
    ties = ties[np.lexsort((place[forest.referrer[ties]], place[forest.child[ties]]))]
    return Forest(
        people=people[by_name],
        is_customer=forest.is_customer[kept],
        parent=place[forest.parent[kept]],
        root=place[forest.root[kept]],
        generation=forest.generation[kept],
        child=place[forest.child[ties]],
        referrer=place[forest.referrer[ties]],
        share=forest.share[ties],
        referred_on=forest.referred_on[ties].astype("datetime64[M]").astype("datetime64[us]"),
        rule=forest.rule,
        left_out={},
        flags={},
        rows=len(ties),
    )


def to_networkx(forest: Forest) -> nx.DiGraph:
    """Turn a forest into a networkx graph with the same people and edges, from who refers to who came."""
    import networkx as nx

    people = pd.DataFrame({"generation": forest.generation, "is_customer": forest.is_customer}, index=forest.people)
    known = {"weight": forest.share, "referred_on": pd.Series(forest.referred_on).dt.strftime("%Y-%m-%d")}
    source, target = forest.people[forest.referrer], forest.people[forest.child]
    graph = nx.DiGraph()
    graph.add_nodes_from(people.to_dict("index").items())
    graph.add_edges_from(zip(source, target, pd.DataFrame(known).to_dict("records"), strict=True))
    return graph


def write_gexf(forest: Forest, path: Path, *, description: str = "") -> Path:
    """Write GEXF for Gephi; the same forest gives the same bytes."""
    import networkx as nx

    text = "\n".join(nx.generate_gexf(to_networkx(forest)))
    path.write_text(_described(text, description) + "\n", encoding="utf-8")
    return path


def _described(text: str, description: str) -> str:
    """Put the description where networkx stamps the day of writing: the kit never asks the clock."""
    import html
    import re

    meta = f"\n  <meta>\n    <description>{html.escape(description)}</description>\n  </meta>" if description else ""
    return re.sub(r'\s*<meta lastmodifieddate="[^"]*">.*?</meta>', lambda _: meta, text, count=1, flags=re.DOTALL)
