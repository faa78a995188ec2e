"""The network handed on: a self-contained page to look around in, and the part of a forest for Gephi (GEXF)."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.network.forest.reach import cascade_table
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.network_map import CommunityMap, strongest
from scrm_helpers.network.pictures.trees import tree_below

if TYPE_CHECKING:
    import networkx as nx

TREES = 30  # on one page
LISTED = 200  # people named in the list below the picture


@dataclass(frozen=True)
class View:
    """A page that shows a network."""

    page: str  # the whole HTML document; save it, mail it, open it without a network

    def _repr_html_(self) -> str:
        """Show the page in JupyterLab, in a frame that may run its script and nothing else."""
        frame = 'title="Network to look around in" sandbox="allow-scripts" style="width:100%;height:560px;border:0"'
        return f'<iframe {frame} srcdoc="{html.escape(self.page, quote=True)}"></iframe>'


def map_view(drawn: CommunityMap, names: Mapping[str, str]) -> View:
    """Make a page of a community map: people by community, or communities where there are too many people.

    Parameters
    ----------
    drawn : CommunityMap
    names : mapping of str to str, what to call people (pseudonyms)

    Returns
    -------
    View

    Raises
    ------
    Refusal
        When there is no map to draw.
    """
    if drawn.reason:
        raise Refusal(drawn.sentence)
    people, groups = drawn.people, drawn.groups
    if people.empty:
        labels = [
            f"community {group}: {numbers.plural(count, 'person', 'people')}, {numbers.count(inside)} ties inside"
            for group, count, inside in zip(groups["community"], groups["people"], groups["inside"], strict=True)
        ]
        lines = np.array(strongest(drawn.ties), dtype=int).reshape(-1, 2)
        key = "Dot: a community; lines: the two strongest ties of each"
        return _view("Communities", key, groups[["x", "y"]].to_numpy() * [1, -1], labels, np.zeros(0), lines)
    labels = [
        f"{names.get(person, 'n/a')}, community {group}{', not a customer' if outside else ''}"
        for person, group, outside in zip(people.index, people["community"], people["outside"], strict=True)
    ]
    points = people[["x", "y"]].to_numpy() * [1, -1]
    return _view("Communities", "Diamond: not a customer", points, labels, people["outside"].to_numpy(), drawn.lines)


def forest_view(forest: Forest, names: Mapping[str, str]) -> View:
    """Make a page of the thirty largest cascades as tidy trees, side by side.

    Parameters
    ----------
    forest
    names : mapping of str to str, what to call people (pseudonyms)

    Returns
    -------
    View
    """
    roots = cascade_table(forest)["root"].head(TREES).tolist()
    if not roots:
        raise Refusal("There is no cascade to look around in: nobody was brought by a referral.")
    trees = [tree_below(forest, root) for root in roots]
    shapes = [np.stack([tree.across - tree.across.min(), 1.6 * tree.down], axis=1) for tree in trees]
    points = np.concatenate([shape + corner for shape, corner in zip(shapes, _shelves(shapes), strict=True)])
    first = np.cumsum([0, *(len(tree.people) for tree in trees)])  # row of the first person of each tree
    ties = [np.stack([tree.parent[1:], np.arange(1, len(tree.people))], axis=1) for tree in trees]
    lines = np.concatenate([tie + start for tie, start in zip(ties, first, strict=False)])
    everybody = np.concatenate([tree.people for tree in trees])
    below = np.bincount(lines[:, 0], minlength=len(everybody))
    labels = [
        f"{names.get(forest.people[person], 'n/a')}, generation {forest.generation[person]}, brought {below[place]}"
        f"{'' if forest.is_customer[person] else ', not a customer'}"
        for place, person in enumerate(everybody.tolist())
    ]
    began = forest.generation[everybody] == 0
    return _view("Referral trees", "Diamond: began the cascade", points, labels, began, lines)


def _shelves(shapes: list[np.ndarray], aspect: float = 2.0) -> list[tuple[float, float]]:
    """Return the upper left corner of each shape: from left to right in rows, like books on shelves."""
    sizes = [(float(np.ptp(shape[:, 0])) + 2, float(np.ptp(shape[:, 1])) + 3) for shape in shapes]
    area = sum(width * height for width, height in sizes)
    wide = max((aspect * area) ** 0.5, *(width for width, _ in sizes))
    corners, left, top, high = [], 0.0, 0.0, 0.0
    for width, height in sizes:
        if left and left + width > wide:
            left, top, high = 0.0, top + high, 0.0
        corners.append((left, top))
        left, high = left + width, max(high, height)
    return corners


def _view(title: str, key: str, points: np.ndarray, labels: list[str], marked: np.ndarray, lines: np.ndarray) -> View:
    from jinja2 import Environment

    data = {
        "x": np.round(points[:, 0], 2).tolist(),
        "y": np.round(points[:, 1], 2).tolist(),
        "label": labels,
        "marked": np.flatnonzero(marked).tolist(),
        "lines": lines.ravel().tolist(),
    }
    # "<" as an escape keeps a name from closing the script it stands in
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    template = files("scrm_helpers.network.pictures").joinpath("view.html.j2").read_text(encoding="utf-8")
    page = Environment(autoescape=True).from_string(template)
    return View(page.render(title=title, key=key, people=labels[:LISTED], more=len(labels) - LISTED, data=text))


def shareable(
    forest: Forest, rename: Callable[[Iterable[str]], Iterable[str]], *, min_group: int = 5, most: int = 50_000
) -> tuple[nx.DiGraph, str]:
    """Take the largest cascades of a forest under pseudonyms, in their order; also say what is left out."""
    import networkx as nx

    size = np.bincount(forest.root, minlength=len(forest))
    order = np.argsort(-size, kind="stable")
    order = order[(size[order] >= max(min_group, 2)) & (size[order] <= most)]
    chosen = order[np.cumsum(size[order]) <= most]
    inside = np.isin(forest.root, chosen)
    name = pd.Series(list(rename(forest.people[inside])), np.flatnonzero(inside), dtype="str")
    people = pd.DataFrame({"generation": forest.generation[inside], "is_customer": forest.is_customer[inside]}, name)
    ties = inside[forest.child] & inside[forest.referrer]
    month = pd.Series(forest.referred_on[ties].astype("datetime64[M]").astype("datetime64[us]"))
    links = pd.DataFrame(
        {
            "source": name[forest.referrer[ties]].to_numpy(),
            "target": name[forest.child[ties]].to_numpy(),
            "weight": forest.share[ties],
            "referred_on": month.dt.strftime("%Y-%m-%d"),
        }
    ).sort_values(["target", "source"])
    graph = nx.DiGraph()
    graph.add_nodes_from(people.sort_index().to_dict("index").items())
    known = links[["weight", "referred_on"]].to_dict("records")
    graph.add_edges_from(zip(links["source"], links["target"], known, strict=True))
    who, cascades = numbers.plural(len(graph), "person", "people"), numbers.plural(len(chosen), "cascade")
    hidden = "pseudonyms, and the first day of the month in place of the day"
    text = f"Credited referrals between {who} in {cascades}; {hidden}."
    if left_out := int(np.count_nonzero(size > 1)) - len(chosen):
        text += f" {numbers.plural(left_out, 'cascade is', 'cascades are')} left out: those of fewer than {min_group} "
        text += f"people, and what goes beyond {numbers.count(most)} people."
    return graph, text


def gexf_text(graph: nx.DiGraph, description: str = "") -> str:
    """Write GEXF for Gephi, the description in place of the day that networkx stamps: the same text every time."""
    import networkx as nx

    meta = f"\n  <meta>\n    <description>{html.escape(description)}</description>\n  </meta>" if description else ""
    stamp = re.compile(r'\s*<meta lastmodifieddate="[^"]*">.*?</meta>', flags=re.DOTALL)
    return stamp.sub(lambda _: meta, "\n".join(nx.generate_gexf(graph)), count=1) + "\n"
