"""What the six degrees rest on: who speaks how much, who answers whom, which requests stay open for how long."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from scrm_helpers.stats.tree_sums import mean_distance

FIRM = ("employee", "brand")  # who speaks for the company
ROLES = ("customer", "employee", "brand", "partner", "other")
ASKS = r"question|request|help|enquir|inquir|frage|anfrage"  # intents that want an answer
COMPLAINS = r"complain|escalat|beschwerde"
PROMOTES = r"news|promo|offer|advert|campaign|werbung"
MENTION = r"(?:^|\W)@\w"
EMOTION = 0.6  # of a tone between -1 and 1
PATIENT = 0.9  # quantile of the times to an answer in a channel: who waits longer presses
ASKED, LOUD, AT = 1, 2, 4  # marks in a text
FLAGS = {"?": np.uint8(ASKED), "!": np.uint8(LOUD), "@": np.uint8(AT)}
NUMBERS = ("authors", "firm_n", "hub", "imbalance", "third", "reciprocity", "answered", "virality")
MARKS = ("peers", "asks", "pressed", "waits", "moved", "known", "heard", "linked")
BLOCK = 2_000_000  # messages of whole threads, at a time
ANSWERED = 20  # requests of a channel; with fewer those of all channels say what is long


def what_was_said(table: pd.DataFrame, row: np.ndarray) -> dict[str, np.ndarray]:
    """Read texts, tones and intents of the messages: words (0: unknown), asks, moved and what could not be told."""
    n = len(row)
    words, marks = np.zeros(n, np.int32), np.zeros(n, np.uint8)
    if "text" in table:
        words, marks = (found[row] for found in _letters(table["text"]))
        some = np.flatnonzero(marks & AT)
        sure = table["text"].iloc[row[some]].str.contains(MENTION)
        marks[some[~sure.to_numpy(bool)]] -= AT
    heard, known, asks, angry, advert = words > 0, words > 0, marks & ASKED > 0, np.zeros(n, bool), np.zeros(n, bool)
    if "intent" in table:
        code, names = pd.factorize(table["intent"])
        kinds = pd.Series(names, dtype="str").str.lower()
        code = code[row]
        told = code >= 0
        among = [np.append(kinds.str.contains(one).to_numpy(bool), False)[code] for one in (ASKS, COMPLAINS, PROMOTES)]
        asks, angry, advert, known = np.where(told, among[0], asks), among[1], among[2], known | told
    moved = marks & LOUD > 0
    if "sentiment" in table:
        tone = table["sentiment"].to_numpy(float)[row]
        moved = np.where(np.isnan(tone), moved, np.abs(tone) >= EMOTION)
        angry, heard = angry | (tone <= -EMOTION), heard | ~np.isnan(tone)
    return {
        "words": words,
        "asks": asks,
        "angry": angry,
        "advert": advert,
        "moved": moved | (marks & AT > 0),
        "known": known,  # whether it can be told if it asks for something
        "heard": heard,  # whether it can be told if it is moved
    }


def _letters(texts: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Count the words of every text and see which marks it holds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pa.array(texts, pa.large_string())
    words, marks = np.zeros(len(cells), np.int32), np.zeros(len(cells), np.uint8)
    for start in range(0, len(cells), BLOCK):
        part, at = cells.slice(start, BLOCK), slice(start, start + BLOCK)
        words[at] = pc.count_substring_regex(part, r"[^\x00-\x20]+").fill_null(0)
        for sign, flag in FLAGS.items():
            marks[at] |= flag * pc.match_substring(part, sign).fill_null(False).to_numpy(zero_copy_only=False)
    return words, marks


def measure_threads(
    messages: pd.DataFrame, table: pd.DataFrame, opener: np.ndarray, now: float
) -> dict[str, np.ndarray]:
    """Measure every thread: sides, balance, third parties, reciprocity, virality, largest voice, open requests."""
    if not len(table):
        return dict.fromkeys(NUMBERS, np.zeros(0)) | dict.fromkeys(MARKS, np.zeros(0, bool))
    parts = [_measured(*block, now) for block in _blocks(messages, table, opener)]
    measured = {name: np.concatenate([found[name] for found, _ in parts]) for name in parts[0][0]}
    return measured | _patience(pd.concat([asked for _, asked in parts]), len(table))


def _blocks(
    messages: pd.DataFrame, table: pd.DataFrame, opener: np.ndarray
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame, np.ndarray]]:
    """Part whole threads, and number each part as if it were all: millions of messages would take too much room."""
    starts = np.append(table["first"].to_numpy(), len(messages))
    new = np.flatnonzero(np.diff(starts[:-1] // BLOCK, prepend=-1))
    for low, high in pairwise([*new.tolist(), len(table)]):
        first, part = int(starts[low]), messages.iloc[starts[low] : starts[high]]
        parent = part["parent"].to_numpy()
        part = part.assign(thread=part["thread"] - low, parent=np.where(parent >= 0, parent - first, parent))
        yield part, table.iloc[low:high].assign(first=starts[low:high] - first), opener[low:high] - first


def _measured(
    messages: pd.DataFrame, table: pd.DataFrame, opener: np.ndarray, now: float
) -> tuple[dict[str, np.ndarray], pd.DataFrame]:
    """Measure some threads, and find what is asked in them."""
    threads, n, first_thread = len(table), table["n"].to_numpy(), table.index[0]
    thread, firm = messages["thread"].to_numpy(), messages["firm"].to_numpy()
    voice, voices = _voices(messages)
    edges = _edges(messages["parent"].to_numpy(), voice)
    found = {
        "authors": np.bincount(voices["thread"], minlength=threads),
        "firm_n": np.bincount(thread, firm, threads).astype(np.int32),
        "hub": np.maximum.reduceat(voices["n"], voices["start"]) / n,
        **_balance(messages, table, opener, voice, voices["n"]),
        **_dyads(edges, voices, threads),
        "virality": mean_distance(messages["parent"].to_numpy(), opener[thread])[opener],
    }
    for name in ("moved", "known", "heard", "linked"):
        found[name] = np.bincount(thread, messages[name].to_numpy() & (~firm | (name == "linked")), threads) > 0
    requests = _requests(messages, table, voice, edges, now)
    return found, requests.assign(thread=requests["thread"] + first_thread)


def _voices(messages: pd.DataFrame) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Number who speaks in which thread: the voice of every message, and the voices in order of the threads."""
    thread, author = messages["thread"].to_numpy(), messages["author"].to_numpy()
    key = thread.astype(np.int64) * (int(author.max()) + 1) + author
    order = np.argsort(key, kind="stable")
    new = np.append(True, np.diff(key[order]) > 0)
    voice = np.empty(len(key), np.int32)
    voice[order] = np.cumsum(new, dtype=np.int32) - 1
    first = order[new]
    of_thread = thread[first]
    return voice, {
        "thread": of_thread,
        "n": np.bincount(voice),
        "role": messages["role"].to_numpy()[first],
        "start": np.flatnonzero(np.append(True, np.diff(of_thread) > 0)),
    }


def _edges(parent: np.ndarray, voice: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which message answers another voice: its place, who answers, and whom."""
    child = np.flatnonzero(parent >= 0)
    who, whom = voice[child], voice[parent[child]]
    other = who != whom
    return child[other], who[other], whom[other]


def _balance(
    messages: pd.DataFrame, table: pd.DataFrame, opener: np.ndarray, voice: np.ndarray, size: np.ndarray
) -> dict[str, np.ndarray]:
    """How unevenly the sides share the words (messages where a text is missing), and what third parties write."""
    # Sides are firm and customers, with partners where no customer speaks; without the firm opener and others.
    thread, role = messages["thread"].to_numpy(), messages["role"].to_numpy()
    firm, words, threads = messages["firm"].to_numpy(), messages["words"].to_numpy(), len(table)
    silent = np.bincount(thread, words == 0, threads) > 0
    weight = np.where(silent[thread], 1, words)
    partner = role == ROLES.index("partner")
    by_firm, by_partner, whole = (np.bincount(thread, weight * who, threads) for who in (firm, partner, True))
    by_customer = whole - by_firm - by_partner
    by_customer = np.where(by_customer > 0, by_customer, by_partner)
    mine = voice == voice[opener][thread]
    by_opener = np.bincount(thread, weight * mine, threads)
    present = by_firm > 0
    share = np.where(present, by_customer / np.maximum(by_customer + by_firm, 1), by_opener / np.maximum(whole, 1))

    place, never = np.arange(len(thread), dtype=np.int32), np.int32(len(thread))
    start = table["first"].to_numpy()
    first = np.minimum.reduceat(np.where(firm, never, place), start)
    other = np.minimum.reduceat(np.where(mine, never, place), start)
    leads = np.where(present, first, other)
    led = np.where(leads < never, size[voice[np.minimum(leads, never - 1)]], 0)
    two = np.where(present, np.bincount(thread, firm, threads), size[voice[opener]]) + led
    return {"imbalance": np.abs(share - 0.5) * 2, "third": 1 - two / table["n"].to_numpy()}


def _dyads(edges: tuple[np.ndarray, ...], voices: dict[str, np.ndarray], threads: int) -> dict[str, np.ndarray]:
    """Share of pairs who answer each other, whether two customers do, and share of voices that were answered."""
    _, who, whom = edges
    count = len(voices["n"])
    key = np.sort((np.minimum(who, whom).astype(np.int64) * count + np.maximum(who, whom)) * 2 + (who > whom))
    pair = key[np.append(True, np.diff(key) > 0)[: len(key)]] >> 1
    back = np.append(False, np.diff(pair) == 0)[: len(pair)]
    thread = voices["thread"][pair // max(count, 1)]
    customer = np.isin(voices["role"], [ROLES.index("customer"), ROLES.index("other")])
    peers = back & customer[pair // max(count, 1)] & customer[pair % max(count, 1)]
    dyads, mutual = np.bincount(thread[~back], minlength=threads), np.bincount(thread[back], minlength=threads)
    heard = np.bincount(voices["thread"], np.bincount(whom, minlength=count) > 0, threads)
    return {
        "reciprocity": mutual / np.maximum(dyads, 1),
        "peers": np.bincount(thread[peers], minlength=threads) > 0,
        "answered": heard / np.bincount(voices["thread"], minlength=threads),
    }


def _requests(
    messages: pd.DataFrame, table: pd.DataFrame, voice: np.ndarray, edges: tuple[np.ndarray, ...], now: float
) -> pd.DataFrame:
    """Find what is asked: in which thread and channel, how long it waited, whether it waits still or was pressed."""
    thread, days, firm = (messages[name].to_numpy() for name in ("thread", "days", "firm"))
    count = len(thread)
    ask = np.flatnonzero(messages["asks"].to_numpy() & ~firm)
    answer = np.minimum(_next(firm, thread)[ask], _next_of(edges[0], edges[2], ask, voice[ask], count))
    again = _next_of(np.arange(count), voice, ask, voice[ask], count)
    cross = _next(messages["angry"].to_numpy() & ~firm, thread)[ask]
    waits, at = answer >= count, thread[ask]
    wait = np.where(waits, now, days[np.minimum(answer, count - 1)]) - days[ask]
    told = {"thread": at, "channel": table["channel"].cat.codes.to_numpy()[at], "wait": wait, "waits": waits}
    return pd.DataFrame(told | {"pressed": (again < answer) | (cross < answer)})


def _patience(requests: pd.DataFrame, threads: int) -> dict[str, np.ndarray]:
    """Which threads hold a request that waited long for its channel, was repeated, drew complaints, or waits still."""
    names = ("thread", "channel", "wait", "waits", "pressed")
    at, channel, wait, waits, pressed = (requests[name].to_numpy() for name in names)
    long = np.full(int(channel.max(initial=0)) + 1, np.inf)
    if (~waits).sum() >= ANSWERED:
        long[:] = np.quantile(wait[~waits], PATIENT)
    for place in np.flatnonzero(np.bincount(channel)):
        if (known := wait[~waits & (channel == place)]).size >= ANSWERED:
            long[place] = np.quantile(known, PATIENT)
    pressed = pressed | (wait > long[channel])
    return {
        "asks": np.bincount(at, minlength=threads) > 0,
        "pressed": np.bincount(at[pressed], minlength=threads) > 0,
        "waits": np.bincount(at[waits], minlength=threads) > 0,
    }


def _next(which: np.ndarray, thread: np.ndarray) -> np.ndarray:
    """Place of the next such message in the same thread, or the number of messages where there is none."""
    n = len(which)
    place = np.append(np.where(which, np.arange(n), n)[1:], n)
    ahead = np.minimum.accumulate(place[::-1])[::-1]
    return np.where(thread[np.minimum(ahead, n - 1)] == thread, ahead, n)


def _next_of(place: np.ndarray, key: np.ndarray, after: np.ndarray, wanted: np.ndarray, n: int) -> np.ndarray:
    """Next of the places that carry the wanted key, after each place; the number of messages where there is none."""
    line = np.sort(key.astype(np.int64) * n + place)
    found = np.searchsorted(line, wanted.astype(np.int64) * n + after, side="right")
    hit = np.append(line, -1)[found]
    return np.where(hit // n == wanted, hit % n, n)
