"""From rows of text to numbers: who wrote, in which thread, answering what, with every fault of the links counted."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.stats.tree_sums import climb
from scrm_helpers.tables.values.identity import rows_of, within_rings

NONE = -1  # in place of a message, an author or a thread
FIRM = ("employee", "brand")  # who speaks for the company
ROLES = ("customer", "employee", "brand", "partner", "other")
FAULTS = {  # what is wrong in the links and was set right, in the words of the note
    "later": "after the day of the report, left out",
    "undated": "without a day, left out",
    "missing": "answer a message that is not in the table",
    "circle": "answer one another in a circle, of which the earliest link was cut",
    "elsewhere": "answer a message of another thread, which was cut",
    "early": "stand before the message they answer",
    "nameless": "have no author, taken as one person a thread",
    "roleless": "have no known role, taken as customers'",
}


@dataclass
class Links:
    """One entry a message, in the order of the table; `parent` and `depth` within its thread."""

    row: np.ndarray  # place in the table
    when: np.ndarray  # microseconds
    thread: np.ndarray
    author: np.ndarray
    role: np.ndarray  # place in `ROLES`
    parent: np.ndarray
    depth: np.ndarray
    orphan: np.ndarray  # whether it answers a message that is not there
    faults: dict[str, int] = field(default_factory=dict)


def link_messages(table: pd.DataFrame, as_of: pd.Timestamp) -> Links:
    """Number authors and threads and find for every message the one it answers."""
    when = pd.to_datetime(table["occurred_on"]).to_numpy().astype("datetime64[us]").view(np.int64)
    undated = np.isnat(when.view("datetime64[us]"))
    end = np.datetime64(pd.Timestamp(as_of).normalize() + pd.Timedelta(days=1), "us").astype(np.int64)
    later = ~undated & (when >= end)
    faults = {"later": int(later.sum()), "undated": int(undated.sum())}
    row = np.arange(len(table))
    if len(row) and (undated.any() or later.any()):
        row = np.flatnonzero(~undated & ~later)
        table, when = table.iloc[row], when[row]
    parent, orphan = _answered(table)
    faults["missing"] = int(orphan.sum())
    root, depth, endless = climb(parent)
    if len(endless):
        faults["circle"] = _cut_circles(parent, endless, when)
        root, depth, _ = climb(parent)
    thread, whole = _threads(table, root)
    if not whole and (stray := (parent >= 0) & (thread != thread[parent])).any():
        faults["elsewhere"] = int(stray.sum())
        parent[stray] = NONE
        depth = climb(parent)[1]
    faults["early"] = int(np.count_nonzero((parent >= 0) & (when < when[parent])))
    role, faults["roleless"] = _roles(table)
    author, faults["nameless"] = _authors(table, thread, role)
    return Links(row, when, thread, author, role, parent, depth, orphan, {k: n for k, n in faults.items() if n})


def _answered(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    if "in_reply_to" not in table or "interaction_id" not in table:
        return np.full(len(table), NONE, np.int32), np.zeros(len(table), bool)
    parent = np.array(rows_of(table["in_reply_to"], table["interaction_id"]), dtype=np.int32)
    return parent, (parent < 0) & table["in_reply_to"].notna().to_numpy()


def _cut_circles(parent: np.ndarray, endless: np.ndarray, when: np.ndarray) -> int:
    """Cut the earliest link of every circle of replies, so that each tree has a first message."""
    inside, ring = within_rings(endless, np.arange(len(parent)), parent, len(parent))
    order = np.lexsort((inside, when[inside], ring))
    first = inside[order[np.concatenate([[True], np.diff(ring[order]) > 0])]]
    parent[first] = NONE
    return len(first)


def _threads(table: pd.DataFrame, root: np.ndarray) -> tuple[np.ndarray, bool]:
    """Number the threads as the table names them, else by the tree of replies; whether no link can leave its thread."""
    if "thread_id" not in table:
        return np.unique(root, return_inverse=True)[1].astype(np.int32), True
    named = pd.factorize(table["thread_id"])[0]
    if (named >= 0).all():
        return named.astype(np.int32), False
    top = named[root]
    code = np.where(named >= 0, named, np.where(top >= 0, top, named.max(initial=NONE) + 1 + root))
    return np.unique(code, return_inverse=True)[1].astype(np.int32), False


def _roles(table: pd.DataFrame) -> tuple[np.ndarray, int]:
    if "author_role" not in table:
        return np.zeros(len(table), np.int8), len(table)
    code, names = pd.factorize(table["author_role"])
    known = pd.Index(ROLES).get_indexer(pd.Index(names).astype(str).str.lower())
    role = np.append(known, NONE)[code]
    return np.where(role < 0, 0, role).astype(np.int8), int((role < 0).sum())


def _authors(table: pd.DataFrame, thread: np.ndarray, role: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the authors; a customer may be named as such only, and who has no name is one person a thread and role."""
    blank = pd.Series(pd.NA, table.index, dtype="str")
    name, customer = table.get("author_id", blank), table.get("customer_id", blank)
    author = pd.factorize(name.where(name.notna() | (role != 0), customer) if name.hasnans else name)[0]
    if not (unnamed := author < 0).any():
        return author.astype(np.int32), 0
    stand_in = np.unique(thread[unnamed].astype(np.int64) * len(ROLES) + role[unnamed], return_inverse=True)[1]
    author[unnamed] = author.max(initial=NONE) + 1 + stand_in
    return author.astype(np.int32), int(unnamed.sum())
