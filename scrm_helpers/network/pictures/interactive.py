"""One self-contained page to look around in a network: search, hover, zoom; nothing is fetched from anywhere."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.network.forest.cascades import cascade_table
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.network.pictures.network_map import CommunityMap
from scrm_helpers.network.pictures.trees import tree_below

TREES = 30  # on one page
LISTED = 200  # people named in the list below the picture


@dataclass(frozen=True)
class View:
    """A page that shows a network."""

    page: str  # the whole HTML document; save it, mail it, open it without a network

    def save(self, path: str | Path) -> Path:
        """Write the page to a file and return its path."""
        target = Path(path)
        target.write_text(self.page, encoding="utf-8")
        return target

    def _repr_html_(self) -> str:
        """Show the page in JupyterLab, in a frame that may run its script and nothing else."""
        inside = html.escape(self.page, quote=True)
        frame = 'title="Network to look around in" sandbox="allow-scripts" style="width:100%;height:560px;border:0"'
        return f'<iframe {frame} srcdoc="{inside}"></iframe>'


def map_view(drawn: CommunityMap, names: Mapping[str, str] | None = None) -> View:
    """Make a page of a community map: people by community.

    Parameters
    ----------
    drawn : CommunityMap
        From :func:`community_map`, with people.
    names : mapping of str to str, optional
        What to call people (pseudonyms); else they are numbered.

    Returns
    -------
    View

    Raises
    ------
    ValueError
        When the map has too many people to be drawn one by one.
    """
    people = drawn.people
    if people.empty:
        raise ValueError("This map shows communities only: raise most_people in community_map to draw people as well.")
    labels = [
        f"{_name(person, place, names)}, community {group}{', not a customer' if outside else ''}"
        for place, (person, group, outside) in enumerate(
            zip(people.index, people["community"], people["outside"], strict=True)
        )
    ]
    points = people[["x", "y"]].to_numpy() * [1, -1]
    return _view("Communities", "Diamond: not a customer", points, labels, people["outside"].to_numpy(), drawn.lines)


def forest_view(forest: Forest, names: Mapping[str, str] | None = None) -> View:
    """Make a page of the thirty largest cascades as tidy trees, side by side.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.
    names : mapping of str to str, optional
        What to call people (pseudonyms); else they are numbered.

    Returns
    -------
    View

    Raises
    ------
    Refusal
        When there is no cascade.
    """
    roots = cascade_table(forest)["root"].head(TREES).tolist()
    if not roots:
        raise Refusal("There is no cascade to look around in: nobody was brought by a referral.")
    trees = [tree_below(forest, root) for root in roots]
    shapes = [np.stack([tree.across - tree.across.min(), 1.6 * tree.down], axis=1) for tree in trees]
    points = np.concatenate([shape + corner for shape, corner in zip(shapes, _shelves(shapes), strict=True)])
    first = np.cumsum([0, *(len(tree.people) for tree in trees)])  # row of the first person of each tree
    lines = np.concatenate(
        [
            np.stack([tree.parent[1:], np.arange(1, len(tree.people))], axis=1) + start
            for tree, start in zip(trees, first, strict=False)
        ]
    )
    everybody = np.concatenate([tree.people for tree in trees])
    below = np.bincount(lines[:, 0], minlength=len(everybody))
    labels = [
        f"{_name(forest.people[person], place, names)}, generation {forest.generation[person]}, brought {below[place]}"
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


def _name(person: str, place: int, names: Mapping[str, str] | None) -> str:
    return names.get(person, "n/a") if names is not None else f"Person {place + 1}"


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
