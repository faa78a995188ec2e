"""Degrees as people read them: which conversations they are to read, whether coders agree, and the shares corrected."""

from string import ascii_uppercase

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.degrees.six_degrees import DEGREES, Judged
from scrm_helpers.conversations.degrees.thread_features import ROLES
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import share_estimate, wilson

MOST_LETTERS = 12_000  # of a conversation in a cell; more would not fit
THREADS, SEED = 240, 2010


def draw_for_coding(judged: Judged, interactions: pd.DataFrame) -> pd.DataFrame:
    """Draw conversations in strata of degree and channel, in an order that tells nothing: ``thread_id, conversation``.

    Parameters
    ----------
    judged : Judged
    interactions : pandas.DataFrame, the table that the threads were read from, with ``text``

    Returns
    -------
    pandas.DataFrame
        Authors stand as their role and a letter. The degree by rule is not among the columns: who reads is not to know.

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": pd.to_datetime(["2026-01-01"]),
    ...                      "thread_id": ["t"], "text": ["So it goes."]})
    >>> draw_for_coding(judge_threads(read_threads(rows, "2026-03-01")), rows)["conversation"].tolist()
    ['2026-01-01, customer A: So it goes.']
    """
    table = judged.table.rename_axis("place").reset_index()
    table = table.iloc[np.argsort(table["thread_id"].astype(str).to_numpy(), kind="stable")]
    table = table.assign(turn=np.random.default_rng(SEED).permutation(len(table)))
    rank = table.groupby(["degree", "channel"], observed=True)["turn"].rank(method="first")
    drawn = table.iloc[np.lexsort((table["turn"], rank))[:THREADS]]
    drawn = drawn.sort_values("turn")
    told = _told(judged, drawn["place"].to_numpy(), interactions)
    return pd.DataFrame({"thread_id": drawn["thread_id"].astype(str).to_numpy(), "conversation": told})


def _told(judged: Judged, drawn: np.ndarray, interactions: pd.DataFrame) -> list[str]:
    """The conversations as people read them, without names."""
    messages = judged.threads.messages
    messages = messages[messages["thread"].isin(drawn)]
    rows = interactions.iloc[messages["row"]]
    texts = rows["text"].fillna("(no text)") if "text" in rows else ["(no text)"] * len(rows)
    voices = messages.groupby("thread")["author"].transform(lambda authors: pd.factorize(authors)[0])
    told = zip(rows["occurred_on"].dt.strftime("%Y-%m-%d"), messages["role"], voices, texts, strict=True)
    letter = dict(enumerate(ascii_uppercase))  # later voices have a number
    lines = [f"{day}, {ROLES[role]} {letter.get(voice, voice)}: {text}" for day, role, voice, text in told]
    whole = pd.Series(lines, messages["thread"], dtype="str").groupby(level=0).agg("\n".join)
    return whole.str[:MOST_LETTERS].reindex(drawn).tolist()


FIRM, TENTATIVE = 0.8, 0.667  # of alpha: what Krippendorff (2004) asks for
FEWEST = 20  # coded threads
DRAWS = 1000
NAMES = tuple(f"degree_{degree}_share_coded" for degree in DEGREES)


class CodedDegrees(Answer):
    """Agreement of the coders, and the shares of the degrees corrected by the coded part."""

    ABSENT = "The degrees are given by rule and not checked by people: {reason}."

    alpha: Measure = unknown("coding_alpha", "ratio")
    hits: Measure = unknown("coding_rule_hits", "share")
    shares: tuple[Measure, ...] = tuple(unknown(name, "share") for name in NAMES)
    by_rule: tuple[float, ...] = ()

    def words(self) -> Words:
        alpha = self.alpha.value
        firm = "cannot be told" if alpha is None else "is firm" if alpha >= FIRM else "is tentative"
        firm = firm if alpha is None or alpha >= TENTATIVE else "is too low to rest on"
        given = zip(DEGREES, self.by_rule, self.shares, strict=True)
        rows = [(degree, rule, one.value, one.low, one.high) for degree, rule, one in given]
        formats = {"Degree": "count", **dict.fromkeys(("By rule", "As people read them", "From", "To"), "percent")}
        said = f"{numbers.decimal(alpha)}, range {numbers.span(self.alpha, numbers.decimal)}"
        return Words(
            sentence=f"People read {numbers.plural(self.hits.n or 0, 'conversation')}: their agreement {firm} "
            f"(Krippendorff's alpha {said if alpha is not None else self.alpha.reason}), and the rule gives their "
            f"degree in {numbers.percent(self.hits.value)}.",
            table=pd.DataFrame(rows, columns=[*formats]),
            formats=formats,
            caption="Share of the conversations at each degree, by rule and corrected by the coded part",
            note="Coded threads stand for those of their degree by rule and channel; if coders differ each counts half",
        )


def coded_degrees(judged: Judged, coding: pd.DataFrame | None, terms: Terms) -> CodedDegrees:
    """Compare coders with each other and with the rule, and correct the shares of the degrees by what they read.

    Parameters
    ----------
    judged, terms
    coding : pandas.DataFrame or None, ``thread_id, coder, degree``, from the sheet that ``scrm coding`` writes

    Returns
    -------
    CodedDegrees

    Notes
    -----
    Krippendorff's alpha for ordered values, range by drawing threads anew; shares weighted by the size of each stratum
    of degree and channel, score range on as many threads as the weights are worth.

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": [pd.Timestamp("2026-01-01")], "thread_id": ["t"]})
    >>> coded_degrees(judge_threads(read_threads(rows, "2026-03-01")), None, Terms(pd.Timestamp("2026-03-01"))).sentence
    'The degrees are given by rule and not checked by people: the company folder has no table coding.'
    """
    if coding is None:
        return CodedDegrees(reason="the company folder has no table coding")
    given = coding[coding["degree"].isin(DEGREES)].drop_duplicates(["thread_id", "coder"])
    wide = given.pivot_table(index="thread_id", columns="coder", values="degree", aggfunc="first")
    table = judged.table.set_index(judged.table["thread_id"].astype(str))
    wide = wide[wide.index.isin(table.index)]
    if len(wide) < FEWEST:
        few = f"{numbers.plural(len(wide), 'thread')} that can be judged is coded, and it needs {FEWEST}"
        return CodedDegrees(reason=few)
    read = np.stack([wide.eq(degree).sum(axis=1).to_numpy(float) for degree in DEGREES], axis=1)
    part, whole = read / read.sum(axis=1, keepdims=True), table.loc[wide.index]
    rule = whole["degree"].to_numpy().astype(int)
    hit = part[np.arange(len(rule)), rule - 1]
    shares = [_corrected(one, part[:, one - 1], whole, judged.table, terms.level) for one in DEGREES]
    return CodedDegrees(
        population="threads that can be judged",
        window="all threads",
        alpha=_alpha(read, terms),
        hits=share_estimate(hit.sum(), len(hit), terms.level).measure("coding_rule_hits", "share"),
        shares=tuple(share.measure(name, "share") for name, share in zip(NAMES, shares, strict=True)),
        by_rule=tuple(float((judged.table["degree"] == degree).mean()) for degree in DEGREES),
    )


def _alpha(read: NDArray, terms: Terms) -> Measure:
    """Krippendorff's alpha of how often each thread (row) was given each degree, with a range over threads."""
    pairs = coincidences(read)
    value, n = float(alpha_of(pairs.sum(axis=0)[None])[0]), int((read.sum(axis=1) > 1).sum())
    if n < FEWEST or not np.isfinite(value):
        why = f"{numbers.plural(n, 'thread')} read twice" if n < FEWEST else "all threads were given one degree"
        return unknown("coding_alpha", "ratio", why, n)
    draws = np.random.default_rng(terms.seed).multinomial(len(pairs), np.full(len(pairs), 1 / len(pairs)), DRAWS)
    drawn = alpha_of((draws @ pairs.reshape(len(pairs), -1)).reshape(DRAWS, *pairs.shape[1:]))
    low, high = np.nanquantile(drawn, terms.tails).tolist()
    return Measure(name="coding_alpha", value=value, unit="ratio", n=n, low=low, high=high, level=terms.level)


def coincidences(read: NDArray) -> NDArray:
    """Pairs of degrees that different coders gave to each thread, each thread weighted by its readings."""
    size = read.sum(axis=1)
    both = read[:, :, None] * read[:, None, :] - read[:, :, None] * np.eye(read.shape[1])
    return np.asarray(both * np.where(size > 1, 1 / np.maximum(size - 1, 1), 0.0)[:, None, None])


def alpha_of(pairs: NDArray) -> NDArray:
    """Krippendorff's alpha for ordered values from coincidence matrices; own, as the package of that name is GPL."""
    count = pairs.sum(axis=2)
    until = np.cumsum(count, axis=1) - count / 2
    distance = (until[:, :, None] - until[:, None, :]) ** 2
    chance = (count[:, :, None] * count[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return 1 - (count.sum(axis=1) - 1) * (pairs * distance).sum(axis=(1, 2)) / chance


def _corrected(wanted: int, part: NDArray, whole: pd.DataFrame, table: pd.DataFrame, level: float) -> Estimate:
    """Share of a degree as people read it: coded threads stand for all of their degree by rule and channel."""
    # Score ranges within each degree by rule, put together by squares (Newcombe); one of which nobody read any keeps
    # the rule's word and may be anything.
    value, below, above = 0.0, 0.0, 0.0
    for degree, rows in table.groupby("degree"):
        coded = (whole["degree"] == degree).to_numpy()
        mean, low, high, share = float(degree == wanted), 0.0, 1.0, len(rows) / len(table)
        if coded.any():
            channel = whole["channel"][coded].astype(str)
            known = channel.map(rows["channel"].astype(str).value_counts()) / channel.map(channel.value_counts())
            weight = known.to_numpy(float)
            mean, worth = float(weight @ part[coded] / weight.sum()), weight.sum() ** 2 / (weight**2).sum()
            low, high = wilson(min(mean, 1.0) * worth, worth, level)
        value += share * mean
        below, above = below + (share * (mean - low)) ** 2, above + (share * (high - mean)) ** 2
    low, high = max(value - below**0.5, 0.0), min(value + above**0.5, 1.0)
    return Estimate(value=value, low=low, high=high, level=level, n=len(whole))
