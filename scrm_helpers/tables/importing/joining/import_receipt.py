"""import.json: of each file what was read and left out, of each table what it holds, and how the tables are linked."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import rounded
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.joining.derived_tables import Completed, is_refund, sums
from scrm_helpers.tables.importing.joining.joined_files import Joined, is_written
from scrm_helpers.tables.importing.joining.people_ids import cells_of

FILE = "import.json"
SCHEMA = "import/1"
_PROMOTER_FROM, _DETRACTOR_TO = 9, 6


def receipt(joined: Joined, done: Completed, currency: str) -> dict[str, Any]:
    """The receipt as plain values."""
    return {
        "schema": SCHEMA,
        "files": [_about(file, done.tables) for file in joined.files],
        "tables": _facts(joined, done),
        "linkage": _linkage(joined, done, currency),
    }


def _about(file: ImportedFile, tables: Iterable[str]) -> dict[str, Any]:
    names = ("file", "sha256", "vendor", "why", "encoding", "separator", "header_rows", "rows_read", "rows_kept")
    return {name: getattr(file, name) for name in names} | {
        "left_out": dict(file.left_out),
        "tables": [table for table in tables if table in file.tables and is_written(file)],
        "questions": [{"id": one.id, "text": one.text, "choices": one.choices} for one in file.questions],
        "refused": file.refused,
    }


def _facts(joined: Joined, done: Completed) -> dict[str, Any]:
    facts: dict[str, Callable[[pd.DataFrame], dict[str, Any]]] = {
        "customers": lambda frame: {"rows": len(frame), "derived": done.derived},
        "surveys": lambda frame: _answers(frame) | {"other_scales": dict(joined.other_scales)},
        "transactions": lambda frame: _orders(frame, done),
        "referrals": lambda frame: _referrals(frame, joined.states),
        "interactions": _messages,
        "employees": lambda frame: {"teams": frame["team"].nunique(), "quarters": frame["quarter"].nunique()},
    }
    return {name: count(done.tables[name]) for name, count in facts.items() if name in done.tables}


def _answers(frame: pd.DataFrame) -> dict[str, Any]:
    """Counts over all answers and over the latest of each person, of several at one time the lowest, as in 03."""
    answers = frame.assign(score=pd.to_numeric(frame["score"], errors="coerce")).dropna(subset=["score"])
    order = ["customer_id", "responded_on", "score"]
    latest = answers.sort_values(order, ascending=[True, True, False]).drop_duplicates("customer_id", keep="last")
    return {"rows": len(frame), "all": _score(answers["score"]), "latest": _score(latest["score"])}


def _score(scores: pd.Series) -> dict[str, Any]:
    n, promoters, detractors = len(scores), int((scores >= _PROMOTER_FROM).sum()), int((scores <= _DETRACTOR_TO).sum())
    score = {"n": n, "promoters": promoters, "passives": n - promoters - detractors, "detractors": detractors}
    return score | {"nps": rounded(100 * (promoters - detractors) / n) if n else None}


def _orders(frame: pd.DataFrame, done: Completed) -> dict[str, Any]:
    """Money that came in, went back and stayed."""
    net = done.net
    zero = sum(net.values(), Decimal(0)) * 0  # with as many decimals as the amounts
    days = pd.Series(frame["ordered_on"].unique(), dtype="str").str.slice(0, 10).loc[lambda day: day.ne("")]
    return {
        "orders": int((~is_refund(frame)).sum()),
        "gross": {code: f"{done.gross.get(code, zero):f}" for code in net},
        "refunded": {code: f"{-done.refunded.get(code, zero) + zero:f}" for code in net},
        "net": {code: f"{amount:f}" for code, amount in net.items()},
        "first_day": days.min() if len(days) else None,
        "last_day": days.max() if len(days) else None,
    }


def _referrals(frame: pd.DataFrame, states: Mapping[str, int]) -> dict[str, Any]:
    """Rows and states of all that the programme tells of; the rest of those that count."""
    status = cells_of(frame, "status")
    came = frame["converted_on"].ne("") if "converted_on" in frame else status.eq("converted")
    valid = status.ne("declined")
    return {
        "rows": sum(states.values()),
        "valid": int(valid.sum()),
        "converted": int((valid & (came | status.eq("converted"))).sum()),
        "referrers": frame.loc[valid & frame["referrer_id"].ne(""), "referrer_id"].nunique(),
        "by_status": {word or "unknown": n for word, n in states.items()},
    }


def _messages(frame: pd.DataFrame) -> dict[str, Any]:
    """What has no thread is one by itself; answered are threads in which others and the company wrote."""
    thread = cells_of(frame, "thread_id").where(lambda cells: cells.ne(""), frame["interaction_id"])
    ours = cells_of(frame, "author_role").isin(["employee", "brand"])
    theirs = set(thread[~ours])
    return {
        "messages": len(frame),
        "threads": thread.nunique(),
        "public": int(cells_of(frame, "is_public").eq("yes").sum()),
        "answered": len(theirs & set(thread[ours])),
    }


def files_of(path: Path) -> list[tuple[str, str]]:
    """Name and sha256 of the files of an earlier import that gave rows, from its receipt; none where there is none."""
    try:
        files = json.loads(path.read_text(encoding="utf-8"))["files"]
        return [(str(file["file"]), str(file["sha256"])) for file in files if file["tables"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _linkage(joined: Joined, done: Completed, currency: str) -> list[dict[str, Any]]:
    """Every pair of tables that name people; a row that names two is linked by either."""
    tables = {name: frame for name, frame in done.tables.items() if name != "aliases"}
    named = {name: [one for one in TABLES[name].persons if one in frame] for name, frame in tables.items()}
    named = {name: columns for name, columns in named.items() if columns}
    places = [(name, one) for name, columns in named.items() for one in columns]
    cells = {place: joined.told.apart(tables[place[0]][place[1]]) for place in places}
    told, every = pd.factorize(pd.concat([*(ids for _, ids in cells.values()), pd.Series(dtype="str")]))
    parts = np.split(told, np.cumsum([len(ids) for _, ids in cells.values()])[:-1])
    ids = dict(zip(places, parts, strict=False))
    is_id = np.asarray(every != "", dtype=bool)
    people = {name: np.zeros(len(every), dtype=bool) for name in named}
    for (name, _), codes in ids.items():
        people[name][codes] = is_id[codes]
    total, found = done.net, []
    for first, second in permutations(named, 2):
        n = len(tables[first])
        ends = {one: people[second][ids[first, one]][cells[first, one][0]] for one in named[first]}
        rows = np.logical_or.reduce(list(ends.values())) if n else np.zeros(0, dtype=bool)
        said = list(joined.doubts.get(first, ())) if "customers" in (first, second) else []
        if len(ends) > 1:
            said.append("; ".join(f"{one} of {within.sum():,} of {n:,} rows" for one, within in ends.items()))
        money = None
        if first == "transactions":
            part = total if rows.all() else sums(tables[first][rows], currency)
            money = {code: f"{amount:f}" for code, amount in part.items()}
            left = {code: amount - part.get(code, 0) for code, amount in total.items()}
            nobody = f"belong to nobody in {second}"
            said += [f"orders of {code} {rest:f} {nobody}" for code, rest in sorted(left.items()) if rest]
        linked = int(rows.sum())
        found.append({"from": first, "to": second, "rows": n, "linked": linked, "money": money, "doubts": said})
    return found
