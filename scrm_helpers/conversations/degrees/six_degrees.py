"""Six degrees of social interaction from the customer's side: a rule for each thread, and the continuum behind them.

The degrees are those of post 002, which calls them a continuum: thresholds are choices, to be set beside threads coded
by hand; the continuum is the first factor of five features.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.thread_features import MARKS, NUMBERS
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.stats.intervals import clustered_share
from scrm_helpers.stats.rank import spearman

DEGREES = range(1, 7)
NAMES = ("monologue", "venting", "skewed or dialogue", "social pressure", "others join", "many to many")
KINDS = {  # degree and reason of each kind, in the order in which they are tried
    "many to many": (6, "many voices, most pairs answer each other, none writes half of it"),
    "others join": (5, "the sides share the words, and others join or customers answer each other"),
    "social pressure": (4, "a request that waited long, was repeated or drew complaints before an answer"),
    "dialogue": (3, "two sides in balance and nobody else"),
    "skewed": (3, "two sides speak, one of them most of the words"),
    "venting": (2, "somebody is named or moved, and nobody answers"),
    "waiting": (2, "a request without an answer, not yet old"),
    "broadcast": (1, "the firm speaks, and nobody answers"),
    "monologue": (1, "one voice that asks for nothing"),
}
UNTOLD = {  # why a thread that is all there has no degree
    "links": "who answers whom is not known",
    "asks": "neither text nor intent tells whether something is asked",
    "moved": "neither text nor tone tells whether somebody is moved",
}


@dataclass(frozen=True)
class Thresholds:
    """Where the degrees part; the defaults are those proposed with the rules."""

    balanced: float = 0.5  # imbalance of the words, up to which both sides count as even
    voices: int = 5  # fewest of many to many
    mutual: float = 0.5  # share of pairs who answer each other, from which on it is high
    loudest: float = 0.5  # share of the messages of the largest voice, below which nobody dominates


def customer_degrees(features: pd.DataFrame, at: Thresholds | None = None) -> pd.DataFrame:
    """Give each thread its degree, its kind, or the reason why nothing can be told (degree 0)."""
    at = at or Thresholds()
    have = {name: features[name].to_numpy() for name in features.columns.intersection([*NUMBERS, *MARKS, "n"])}
    inside, many = have["firm_n"] > 0, (have["authors"] >= at.voices) & (have["hub"] < at.loudest)
    two = np.where(inside, have["n"] > have["firm_n"], have["authors"] > 1)
    even = have["imbalance"] <= at.balanced
    told = {
        "many to many": many & (have["reciprocity"] >= at.mutual),
        "others join": two & even & ((have["third"] > 0) | have["peers"]),
        "social pressure": have["pressed"],
        "dialogue": two & even,
        "skewed": two,
        "venting": have["moved"],
        "waiting": have["waits"],
        "broadcast": have["n"] == have["firm_n"],
        "monologue": np.ones(len(features), bool),
    }
    kind = np.select(list(told.values()), range(len(KINDS)))
    degree = np.array([degree for degree, _ in KINDS.values()], np.int8)[kind]
    speaks = have["n"] > have["firm_n"]
    untold = {
        "links": many & ~have["linked"] & (degree < 6),
        "asks": speaks & ~have["known"] & (degree < 5),
        "moved": speaks & ~have["heard"] & (degree < 2),
    }
    reason = np.select(list(untold.values()), range(len(UNTOLD)), len(UNTOLD))
    clear = reason == len(UNTOLD)
    return pd.DataFrame(
        {
            "degree": np.where(clear, degree, 0).astype(np.int8),
            "kind": pd.Categorical.from_codes(np.where(clear, kind, -1).astype(np.int8), pd.Index(KINDS)),
            "untold": pd.Categorical.from_codes(reason.astype(np.int8), pd.Index([*UNTOLD.values(), ""])),
        },
        index=features.index,
    )


@dataclass(frozen=True)
class Judged:
    """Threads with their degree: those that can be judged, and how many cannot, by reason."""

    threads: Threads
    table: pd.DataFrame  # one row a judged thread, with features, degree, kind and cluster
    left_out: Mapping[Hashable, int]

    @property
    def remark(self) -> str:
        """What was left out or set right, in one line for a note."""
        gone = [f"{count:,} {'thread' if count == 1 else 'threads'}: {why}" for why, count in self.left_out.items()]
        left_out = f"left out {', '.join(gone)}" if gone else ""
        return "; ".join(part for part in (left_out, self.threads.remark) if part)


def judge_threads(threads: Threads, thresholds: Thresholds | None = None) -> Judged:
    """Give every thread that is all there its degree, and count the others by reason.

    Parameters
    ----------
    threads, thresholds

    Returns
    -------
    Judged
        Its table has a column ``cluster``: threads of one opener belong together, those that the firm opened do not.

    Examples
    --------
    >>> from scrm_helpers.conversations import read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> judge_threads(read_threads(rows, "2026-03-01")).table["degree"].tolist()
    [1]
    """
    whole = threads.table
    found = pd.concat([whole, customer_degrees(whole, thresholds)], axis=1)
    reason = np.where(found["cut_off"] == "", found["untold"].astype(str), found["cut_off"].astype(str))
    left_out = pd.Series(reason[reason != ""]).value_counts().sort_index()
    kept = found[reason == ""].drop(columns=["cut_off", "untold"])
    cluster = np.where(kept["inbound"], kept["opener"], -1 - np.arange(len(kept)))
    return Judged(threads, kept.assign(cluster=cluster), left_out.to_dict())


SOCIAL = 5  # from here on others take part


class DegreeShares(Answer):
    """Share of the conversations at each degree, in all and by channel."""

    ABSENT = "How social conversations are cannot be told: {reason}."
    OFFERS = ("figure", "table")

    shares: tuple[Measure, ...] = tuple(unknown(f"degree_{degree}_share", "share") for degree in DEGREES)
    social: Measure = unknown("social_share", "share")
    kinds: pd.Series = field(default_factory=lambda: pd.Series(dtype=int))  # threads of each kind
    channels: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row each, see `_by_channel`
    remark: str = ""  # what was left out

    def words(self) -> Words:
        share = [measure.value or 0.0 for measure in self.shares]
        social, span = numbers.percent(self.social.value), numbers.span(self.social, numbers.percent)
        most = int(np.argmax(share))
        kinds = self.kinds[self.kinds > 0]
        each = zip(map(str, kinds.index), kinds, kinds / kinds.sum(), strict=True)
        rows = [(KINDS[kind][0], kind, KINDS[kind][1], n, share_of) for kind, n, share_of in each]
        return Words(
            sentence=f"In {social} ({span}) of {numbers.plural(int(self.kinds.sum()), 'conversation')} others take "
            f"part (degree five or six, by rule); of the six, degree {most + 1} ({NAMES[most]}) is the commonest, "
            f"with {numbers.percent(share[most])} ({numbers.span(self.shares[most], numbers.percent)}).",
            title=f"Others take part in {social} of the conversations (degree five or six)",
            table=pd.DataFrame(rows, columns=["Degree", "Kind", "Why", "Threads", "Share"]).iloc[::-1],
            formats={"Degree": "count", "Threads": "count", "Share": "percent"},
            caption="Conversations by degree and kind, customers' side",
            note="By rule; ranges: threads of one opener belong together" + f"; {self.remark}" * bool(self.remark),
            alt="A bar for each channel: shares of its conversations at degrees one to six, and that of five and six.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        rows = self.channels
        ax = style.axes_for(ax, height=1.4 + 0.4 * len(rows))
        place, done = np.arange(len(rows)), np.zeros(len(rows))
        for degree in DEGREES:
            share, others = rows[degree].to_numpy(float), degree >= SOCIAL
            hue, depth = (style.ORANGE, degree / 6) if others else (style.BLUE, 0.12 + degree / 8)
            ax.barh(place, share, left=done, height=0.7, color=hue, alpha=depth, edgecolor="white")
            for at in np.flatnonzero(share > 0.03).tolist():
                look = {"ha": "center", "va": "center", "color": "white" if degree > 3 else style.INK}
                style.beside(ax, str(degree), (done[at] + share[at] / 2, at), (0, 0), **look)
            done += share
        for at, (social, low, high) in enumerate(rows[["social", "low", "high"]].itertuples(index=False)):
            ends = "" if np.isnan(low) else f" ({numbers.interval(low, high, numbers.percent)})"
            style.beside(ax, f"{numbers.percent(social)}{ends}", (1.02, at), (2, 0), va="center")
        style.name_rows(ax, [f"{name} (n = {numbers.count(n)})" for name, n in rows["n"].items()], down=True)
        ax.set_xlim(0, 1.3)
        style.beside(ax, "five or six", (1.02, -0.42), (2, 0), va="bottom")
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        return style.labelled(ax, "Share of the conversations at each degree, customers' side")


def degree_shares(judged: Judged, terms: Terms) -> DegreeShares:
    """Count the conversations at each degree, with ranges that keep the threads of one opener together.

    Parameters
    ----------
    judged, terms

    Returns
    -------
    DegreeShares

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> degree_shares(judge_threads(read_threads(rows, terms.as_of)), terms).shares[0].value
    1.0
    """
    table = judged.table
    if not len(table):
        why = f"no thread can be judged ({judged.remark})" if judged.remark else "there are no threads"
        return DegreeShares(reason=why)
    degree, cluster = table["degree"].to_numpy(), table["cluster"].to_numpy()
    found = [clustered_share(degree == one, cluster, level=terms.level) for one in DEGREES]
    opened = table["opened_on"]
    return DegreeShares(
        population="threads that can be judged",
        window=f"opened {opened.min().date()} to {opened.max().date()}",
        window_from=opened.min().date(),
        window_to=opened.max().date(),
        shares=tuple(one.measure(f"degree_{place}_share", "share") for place, one in zip(DEGREES, found, strict=True)),
        social=clustered_share(degree >= SOCIAL, cluster, level=terms.level).measure("social_share", "share"),
        kinds=table["kind"].value_counts().reindex(list(KINDS), fill_value=0),
        channels=_by_channel(table, terms),
        remark=judged.remark,
    )


def _by_channel(table: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """Shares of the degrees in each channel, and of five and six together with its range."""
    rows = {}
    for name, part in table.groupby("channel", observed=True):
        if len(part) < terms.min_group:
            continue
        shares = [float((part["degree"] == degree).mean()) for degree in DEGREES]
        found = clustered_share(part["degree"] >= SOCIAL, part["cluster"], level=terms.level)
        rows[str(name)] = [len(part), *shares, found.value, found.low, found.high]
    columns = pd.Index(["n", *DEGREES, "social", "low", "high"])
    found_rows = pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype=float)
    return found_rows.sort_values("social", ascending=False, kind="stable")


SCORED = ("voices answered", "pairs who answer each other", "third parties", "one minus the largest voice", "virality")
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
        said = ", ".join(f"{name} {value:.2f}" for name, value in zip(SCORED, self.loadings, strict=True))
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
    judged, terms

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
    >>> social_score(judge_threads(read_threads(rows, "2026-03-01")), Terms(pd.Timestamp("2026-03-01"))).reason
    'it needs 20 threads that can be judged'
    """
    table = judged.table
    if len(table) < FEWEST:
        return SocialScore(reason=f"it needs {FEWEST} threads that can be judged")
    features = _features(table)
    spread = features.std(axis=0)
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
        agreement=rank.measure("sociality_degree_rank_correlation", "ratio"),
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
