"""Stickiness index: which topics a person comes back to more than others do."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd


def stickiness_index(words: pd.DataFrame, categories: Mapping[str, str]) -> pd.DataFrame:
    """Compare each person's share of words of a category with everybody's.

    Parameters
    ----------
    words : DataFrame
        ``person_id``, ``word``, ``count``: how often each person used each word.
    categories : mapping of str to str
        Word to category; other words count in the total only.

    Returns
    -------
    DataFrame
        ``person_id``, ``category``, ``index``: 1 is as often as everybody, 2 twice as often; only categories that
        somebody used.

    Raises
    ------
    ValueError
        When none of the words belongs to a category.

    Notes
    -----
    Lift form of the index of Kumar and others (2013), Marketing Science 32(2); the published formula could not be
    checked.

    Examples
    --------
    >>> said = pd.DataFrame({"person_id": ["a", "a", "b"], "word": ["cone", "price", "price"], "count": [3, 1, 4]})
    >>> stickiness_index(said, {"cone": "ice cream"})["index"].tolist()
    [2.0]
    """
    named = words.assign(category=words["word"].map(dict(categories)))
    known = named[named["category"].notna()]
    if not len(known):
        raise ValueError(
            "None of the words belongs to a category. The index would divide by zero. Give categories for words that "
            "people use."
        )
    total, by_person = words["count"].sum(), words.groupby("person_id")["count"].sum()
    everybody = known.groupby("category")["count"].sum() / total
    own = known.groupby(["person_id", "category"], as_index=False)["count"].sum()
    share = own["count"] / own["person_id"].map(by_person)
    return own.assign(index=share / own["category"].map(everybody))[["person_id", "category", "index"]]
