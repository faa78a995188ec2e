"""What of a referral forest may leave the house: large cascades, pseudonyms, months instead of days."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.network.forest.referral_forest import Forest


@dataclass(frozen=True)
class Shareable:
    """A part of a forest that can be handed on, and what is not in it."""

    forest: Forest  # the part, with pseudonyms in place of ids and the first day of the month in place of days
    cascades: int  # cascades in it, and cascades of the whole forest that are not
    left_out: int  # cascades in it, and cascades of the whole forest that are not
    description: str  # both in words


def shareable(
    forest: Forest, rename: Callable[[Iterable[str]], Iterable[str]], *, min_group: int = 5, most: int = 50_000
) -> Shareable:
    """Take the largest cascades of a forest and hide who is in them."""
    size = np.bincount(forest.root, minlength=len(forest))
    order = np.argsort(-size, kind="stable")
    order = order[(size[order] >= max(min_group, 2)) & (size[order] <= most)]
    chosen = order[np.cumsum(size[order]) <= most]
    inside = np.isin(forest.root, chosen)
    part = _part(forest, np.flatnonzero(inside), rename)
    left_out = int(np.count_nonzero(size > 1)) - len(chosen)
    return Shareable(part, len(chosen), left_out, _in_words(part, len(chosen), left_out, min_group, most))


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


def _in_words(part: Forest, cascades: int, left_out: int, min_group: int, most: int) -> str:
    text = (
        f"Credited referrals between {numbers.plural(len(part), 'person', 'people')} in "
        f"{numbers.plural(cascades, 'cascade')}; pseudonyms, and the first day of the month in place of the day."
    )
    if left_out:
        text += (
            f" {numbers.plural(left_out, 'cascade')} {'is' if left_out == 1 else 'are'} left out: those of fewer than "
            f"{min_group} people, and what goes beyond {numbers.count(most)} people."
        )
    return text
