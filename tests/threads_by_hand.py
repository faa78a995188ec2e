"""Threads measured one by one with networkx and plain loops: what the kit must give for any table, slowly."""

import networkx as nx
import numpy as np
import pandas as pd

FIRM = {"employee", "brand"}
ASKS = {"question", "request"}


def messages(rows):
    """A table of interactions from tuples: id, day, thread, answered, author, role, text, intent, tone."""
    names = "interaction_id occurred_on thread_id in_reply_to author_id author_role text intent sentiment"
    table = pd.DataFrame(list(rows), columns=names.split())
    table["occurred_on"] = pd.to_datetime("2026-01-01") + pd.to_timedelta(table["occurred_on"].astype(float), unit="D")
    table["sentiment"] = table["sentiment"].astype(float)
    text = table.columns.difference(["occurred_on", "sentiment"])
    return table.astype(dict.fromkeys(text, "str")).assign(channel="forum")


def opened(thread):
    """The messages of one thread in order, each with the one it answers: the first where the table names none."""
    rows = thread.sort_values(["occurred_on", "interaction_id"]).to_dict("records")
    known = {row["interaction_id"] for row in rows}
    first = next(row for row in rows if row["in_reply_to"] not in known)
    for row in rows:
        own = row["in_reply_to"] if row["in_reply_to"] in known else first["interaction_id"]
        row["parent"] = None if row is first else own
        row["day"] = row["occurred_on"].value / 864e11
    return rows, first


def author_graph(rows):
    """Who answered whom, without those who answer themselves."""
    by = {row["interaction_id"]: row["author_id"] for row in rows}
    pairs = [(row["author_id"], by[row["parent"]]) for row in rows if row["parent"] is not None]
    graph = nx.DiGraph([(one, other) for one, other in pairs if one != other])
    graph.add_nodes_from(by.values())
    return graph


def reciprocity(graph):
    """Share of the pairs with an answer that answer each other."""
    pairs = graph.to_undirected().number_of_edges()
    return sum(graph.has_edge(*edge[::-1]) for edge in graph.edges) / 2 / pairs if pairs else 0.0


def virality(rows):
    """Mean distance between two messages along the replies."""
    tree = nx.Graph([(row["interaction_id"], row["parent"]) for row in rows if row["parent"] is not None])
    n = len(rows)
    return nx.wiener_index(tree) * 2 / n / (n - 1) if n > 1 else 0.0


def requests(rows, now):
    """Every request with its wait, whether it was answered, and whether it was repeated or drew a complaint before."""
    by = {row["interaction_id"]: row["author_id"] for row in rows}
    found = []
    for at, row in enumerate(rows):
        if row["author_role"] in FIRM or row["intent"] not in ASKS:
            continue
        later = list(enumerate(rows))[at + 1 :]
        answers = [
            place
            for place, other in later
            if other["author_role"] in FIRM
            or (other["parent"] and by[other["parent"]] == row["author_id"] != other["author_id"])
        ]
        end = answers[0] if answers else len(rows)
        before = [other for place, other in later if place < end and other["author_role"] not in FIRM]
        again = any(other["author_id"] == row["author_id"] for other in before)
        angry = any(other["intent"] == "complaint" or other["sentiment"] <= -0.6 for other in before)
        found.append(((rows[end]["day"] if answers else now) - row["day"], bool(answers), again or angry))
    return found


def degree(rows, first, asked, long):
    """The degree of one thread by the rules, from the sixth down."""
    firm = [row["author_role"] in FIRM for row in rows]
    authors = pd.Series([row["author_id"] for row in rows]).value_counts()
    graph = author_graph(rows)
    texts = [len(str(row["text"]).split()) if isinstance(row["text"], str) else 0 for row in rows]
    weight = np.array(texts if min(texts) else [1] * len(rows), float)
    partner = np.array([row["author_role"] == "partner" for row in rows])
    mine = np.array([row["author_id"] == first["author_id"] for row in rows])
    if any(firm):
        theirs = ~np.array(firm) & ~partner if (~np.array(firm) & ~partner).any() else partner
        share = weight[theirs].sum() / max(weight[theirs].sum() + weight[firm].sum(), 1)
        lead = next((row["author_id"] for row, inside in zip(rows, firm, strict=True) if not inside), None)
        third = sum(not inside and row["author_id"] != lead for row, inside in zip(rows, firm, strict=True))
        two = not all(firm)
    else:
        share = weight[mine].sum() / weight.sum()
        lead = next((row["author_id"] for row in rows if row["author_id"] != first["author_id"]), None)
        third = sum(row["author_id"] not in (first["author_id"], lead) for row in rows)
        two = len(authors) > 1
    customers = {row["author_id"] for row in rows if row["author_role"] in {"customer", "other"}}
    peers = any(graph.has_edge(*edge[::-1]) for edge in graph.edges if set(edge) <= customers)
    if len(authors) >= 5 and reciprocity(graph) >= 0.5 and authors.iloc[0] / len(rows) < 0.5:
        return 6
    if two and abs(share - 0.5) * 2 <= 0.5 and (third or peers):
        return 5
    if any(pressed or wait > long for wait, _, pressed in asked):
        return 4
    if two:
        return 3
    theirs = [row for row, inside in zip(rows, firm, strict=True) if not inside]
    if any(abs(row["sentiment"]) >= 0.6 or "@" in str(row["text"]) for row in theirs):
        return 2
    return 2 if any(not answered for _, answered, _ in asked) else 1


def by_hand(table, as_of):
    """Measure every thread of a table: n, authors, reciprocity, virality and degree, by thread."""
    now = (pd.Timestamp(as_of) + pd.Timedelta(days=1)).value / 864e11
    threads = {name: opened(part) for name, part in table.groupby("thread_id")}
    asked = {name: requests(rows, now) for name, (rows, _) in threads.items()}
    waits = [wait for found in asked.values() for wait, answered, _ in found if answered]
    long = np.quantile(waits, 0.9) if len(waits) >= 20 else np.inf
    found = {}
    for name, (rows, first) in threads.items():
        graph = author_graph(rows)
        level = degree(rows, first, asked[name], long)
        found[name] = (len(rows), len(graph), reciprocity(graph), virality(rows), level)
    return pd.DataFrame.from_dict(found, orient="index", columns=["n", "authors", "reciprocity", "virality", "degree"])
