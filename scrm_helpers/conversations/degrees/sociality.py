"""The continuum behind the six degrees: one score of how social a conversation is, the first of five features."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.degrees.six_degrees import KINDS, Judged
from scrm_helpers.stats.rank import spearman

FEATURES = (
    "voices answered",
    "pairs who answer each other",
    "third parties",
    "one minus the largest voice",
    "virality",
)
FEWEST = 20  # threads


class SocialScore(Answer):
    """The first factor: what it carries, whether it goes with the degrees, and where each kind stands on it."""

    ABSENT = "There is no score behind the degrees: {reason}."

    carried: Measure = unknown("sociality_factor_share", "share")
    agreement: Measure = unknown("sociality_degree_rank_correlation", "ratio")
    loadings: tuple[float, ...] = ()
    kinds: pd.DataFrame = field(default_factory=pd.DataFrame)  # threads and mean place among all, by kind

    def words(self) -> Words:
        rank, kinds = self.agreement, self.kinds
        said = ", ".join(f"{name} {value:.2f}" for name, value in zip(FEATURES, self.loadings, strict=True))
        rows = [(KINDS[kind][0], str(kind), n, place) for kind, n, place in kinds.itertuples()]
        table = pd.DataFrame(rows, columns=["Degree", "Kind", "Threads", "Mean place on the score"])
        return Words(
            sentence=f"One score carries {numbers.percent(self.carried.value)} of what tells conversations apart; its "
            f"rank correlation with the degrees given by rule is {numbers.decimal(rank.value)} "
            f"({numbers.span(rank, numbers.decimal)}).",
            table=table.sort_values("Mean place on the score", ascending=False, kind="stable"),
            formats={"Degree": "count", "Threads": "count", "Mean place on the score": "percent"},
            caption="Where each kind stands on the continuum: the mean share of threads that are less social",
            note=f"First principal component of standardised features; loadings: {said}",
        )


def social_score(judged: Judged, terms: Terms) -> SocialScore:
    """Score every thread on the first factor of reply rate, reciprocity, third parties, largest voice and virality.

    Parameters
    ----------
    judged : Judged
    terms : Terms

    Returns
    -------
    SocialScore

    Notes
    -----
    Structural virality (Goel and others 2016) is set between a star (0) and a chain (1) of as many messages.

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": [pd.Timestamp("2026-01-01")], "thread_id": ["t"]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> social_score(judge_threads(read_threads(rows, terms.as_of)), terms).reason
    'it needs 20 threads that can be judged'
    """
    table = judged.table
    features = _features(table)
    spread = features.std(axis=0)
    if len(table) < FEWEST:
        return SocialScore(reason=f"it needs {FEWEST} threads that can be judged")
    if (spread > 0).sum() < 2:
        return SocialScore(reason="the conversations do not differ")
    standard = (features - features.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    values, vectors = np.linalg.eigh(standard.T @ standard / len(table))
    first = vectors[:, -1] * np.sign(vectors[:, -1].sum())
    score = np.round(standard @ first, 9)
    place = pd.Series(score).rank(pct=True).to_numpy() - 0.5 / len(table)
    kinds = pd.DataFrame({"kind": table["kind"].to_numpy(), "place": place}).groupby("kind", observed=True)["place"]
    how, carried = "the factor is that of all threads that can be judged", float(values[-1] / values.sum())
    rank = spearman(score, table["degree"].to_numpy(), terms.level)
    return SocialScore(
        population="threads that can be judged",
        window="all threads",
        carried=Measure(name="sociality_factor_share", value=carried, unit="share", n=len(table), no_range=how),
        agreement=rank.measure("sociality_degree_rank_correlation", terms.level),
        loadings=tuple(map(float, first)),
        kinds=pd.DataFrame({"n": kinds.size(), "place": kinds.mean()}),
    )


def _features(table: pd.DataFrame) -> np.ndarray:
    """The five features of each thread, all of them higher where more people take part."""
    n = table["n"].to_numpy(float)
    star = 2 - 2 / np.maximum(n, 1)
    chain = (n + 1) / 3
    viral = np.divide(table["virality"] - star, chain - star, out=np.zeros(len(n)), where=n > 3)
    columns = (table["answered"], table["reciprocity"], table["third"], 1 - table["hub"], viral)
    return np.column_stack([np.asarray(column, float) for column in columns]).reshape(len(n), 5)
