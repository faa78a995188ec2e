"""The initiative ledger: checked rows in, money and scores per initiative and quarter since its start out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import panel_doubts, read_panel, refuse_strange_starts
from scrm_helpers.initiatives.plan.case_rules import circle
from scrm_helpers.initiatives.plan.streams import COST_KINDS, COUNTED
from scrm_helpers.tables.contract.accepted_words import read_currency, unclear
from scrm_helpers.tables.values.periods import MISSING, read_periods

KINDS = ("benefit", *COST_KINDS)
DIRECT = ("direct", "direct_margin")  # streams that a quarterly book sees at once
LONGEST = 80
"""Quarters after its start beyond which a flow of an initiative is taken for a slip of the pen."""


@dataclass(frozen=True)
class Ledger:
    """Flows of all initiatives on one clock: quarter 0 is the calendar quarter in which an initiative started."""

    ids: tuple[str, ...]  # initiatives in order of their start
    names: tuple[str, ...]  # initiatives in order of their start
    streams: Mapping[str, np.ndarray]  # money back, per stream
    costs: Mapping[str, np.ndarray]  # cost per kind in money; volunteered time at the full hourly rate
    scores: Mapping[tuple[str, str], np.ndarray]  # returns in their own units
    booked_until: np.ndarray  # last quarter since start that lies at or before the day of the report
    known_until: np.ndarray  # last quarter since start with a booked or expected flow, never less than `booked_until`
    currency: str  # ISO code of all money

    @property
    def quarters(self) -> int:
        """Length of the time axis, quarter 0 included."""
        return next(iter(self.costs.values())).shape[1]

    def benefit(self, streams: Sequence[str] | None = None) -> np.ndarray:
        """Money back per initiative and quarter, of the named streams or of all."""
        chosen = [self.streams[name] for name in sorted(self.streams) if streams is None or name in streams]
        return np.sum(chosen, axis=0) if chosen else np.zeros((len(self.ids), self.quarters))

    def cost(self, view: str, shadow_share: float = 1.0) -> np.ndarray:
        """Cost per initiative and quarter in one view; `shadow_share` prices a volunteered hour against a paid one."""
        if view not in COUNTED:
            raise Refusal(f"The cost view {view!r} is unknown; choose one of {', '.join(COUNTED)}.")
        total = np.sum([self.costs[kind] for kind in COUNTED[view] if kind != "volunteered_time"], axis=0)
        return total + shadow_share * self.costs["volunteered_time"] if view == "shadow" else total


def read_ledger(
    initiatives: pd.DataFrame,
    ledger: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    hourly_rate: float = 35.0,
    currency: str = "EUR",
    free: bool = False,
) -> Ledger:
    """Check the two tables and lay every flow on its quarter since the start of its initiative.

    Parameters
    ----------
    initiatives : pandas.DataFrame
        Columns ``initiative_id``, ``started_on``, ``cost`` and, when known, ``name``, ``ended_on``.
    ledger : pandas.DataFrame
        Columns ``initiative_id``, ``quarter`` (``2026Q1`` or a date), ``stream``, ``amount``; optional ``unit``,
        ``kind``, ``vintage``, ``booked``. Costs are positive amounts; ``kind`` says that they are costs.
    as_of : timestamp or str
        Day of the report. Of several vintages of one flow the newest known that day counts; a forecast counts only for
        quarters that are not over, and not when it was made before the initiative was ended.
    hourly_rate : float
        Loaded cost of an hour, in `currency`.
    currency : str
        ISO code of the money in the ledger.
    free : bool
        Whether initiatives without any cost yet are let through, as in a replay of the past.

    Returns
    -------
    Ledger

    Raises
    ------
    Refusal
        With every fault: unknown initiatives, amounts that are no number, flows before the start, dates out of order,
        unknown kinds, no cost at all.

    Notes
    -----
    An initiative without a cost row in the ledger takes its ``cost`` as a cash cost in quarter 0; one with cost rows
    does not, so that nothing is counted twice.

    Examples
    --------
    >>> initiatives = pd.DataFrame({"initiative_id": ["a"], "started_on": ["2026-01-05"], "cost": [100.0]})
    >>> rows = pd.DataFrame({"initiative_id": ["a"], "quarter": ["2026Q2"], "stream": ["direct"], "amount": [60.0]})
    >>> read_ledger(initiatives, rows, as_of="2026-06-30").benefit()
    array([[ 0., 60.]])
    """
    day = pd.Timestamp(as_of)
    starts = initiatives.assign(started=pd.to_datetime(initiatives["started_on"]).dt.to_period("Q"))
    starts = starts.sort_values(["started_on", "initiative_id"], kind="stable").reset_index(drop=True)
    last = (day + pd.Timedelta(days=1)).to_period("Q").ordinal - 1
    every = _filled(ledger, currency)
    place = pd.Series(starts.index, index=starts["initiative_id"].astype(str))
    _refuse_faults(starts, every, place, currency, day)
    rows = _newest(every, day)
    rows = rows[~_overtaken(rows, starts, last)]
    row = place[rows["initiative_id"]].to_numpy()
    start = starts["started"].astype("int64").to_numpy()
    since = rows["quarter"].astype("int64").to_numpy() - start[row]
    today = last - start
    width = int(max(since.max(initial=0), today.max(initial=0), 0)) + 1
    known = np.maximum(today, 0)
    np.maximum.at(known, row, since)

    def laid(chosen: pd.Series, factor: np.ndarray | float = 1.0) -> np.ndarray:
        grid = np.zeros((len(starts), width))
        pick = chosen.to_numpy()
        np.add.at(grid, (row[pick], since[pick]), (rows["amount"].to_numpy() * factor)[pick])
        return grid

    money = rows["unit"].eq(currency)
    benefit = rows["kind"].eq("benefit")
    price = np.where(rows["unit"].eq("hours"), hourly_rate, 1.0)
    costs = {kind: laid(rows["kind"].eq(kind), price) for kind in COST_KINDS}
    without = np.sum(list(costs.values()), axis=0).sum(axis=1) == 0
    costs["cash"][without, 0] += starts.loc[without, "cost"].to_numpy(dtype=float)
    idle = np.sum(list(costs.values()), axis=0).sum(axis=1) <= 0
    if idle.any() and not free:
        raise Refusal(
            f"The table initiatives gives no cost for {listed(starts['initiative_id'][idle])}. A return is value per "
            "unit of cost, so it is undefined. Enter what was paid and the hours of people.",
            table="initiatives",
        )
    return Ledger(
        ids=tuple(starts["initiative_id"].astype(str)),
        names=tuple(_names(starts)),
        streams={
            name: laid(benefit & money & rows["stream"].eq(name))
            for name in sorted(set(rows["stream"][benefit & money]))
        },
        costs=costs,
        scores={
            (stream, unit): laid(benefit & rows["stream"].eq(stream) & rows["unit"].eq(unit))
            for stream, unit in sorted(
                set(zip(rows["stream"][benefit & ~money], rows["unit"][benefit & ~money], strict=True))
            )
        },
        booked_until=today,
        known_until=known,
        currency=currency,
    )


def current_rows(ledger: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Fill the optional columns and keep, of each flow, the newest vintage known on `day`."""
    return _newest(_filled(ledger), day)


def _filled(ledger: pd.DataFrame, currency: str | None = None) -> pd.DataFrame:
    """All rows with every optional column, quarters as periods and amounts as numbers."""
    rows = ledger.copy().reset_index(drop=True)
    rows["initiative_id"] = rows["initiative_id"].astype(str)
    for column, value in (("unit", currency), ("kind", "benefit"), ("vintage", None), ("booked", True)):
        rows[column] = (rows[column] if column in rows else pd.Series([value] * len(rows))).astype(object)
    rows["kind"] = rows["kind"].where(rows["kind"].notna(), "benefit")
    rows["booked"] = rows["booked"].where(rows["booked"].notna(), True).astype(bool)
    rows["quarter"] = as_quarter(rows["quarter"])
    rows["vintage"] = as_quarter(rows["vintage"])
    rows["amount"] = pd.to_numeric(rows["amount"], errors="coerce").astype(float)
    if currency is not None:
        rows["unit"] = rows["unit"].where(rows["unit"].notna(), currency)
    return rows


def _newest(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Of each flow the newest vintage known on a day."""
    known = rows["vintage"].where(rows["vintage"].notna() | ~rows["booked"], rows["quarter"])
    rows = rows[known.isna() | (known <= day.to_period("Q"))]
    key = ["initiative_id", "quarter", "stream", "kind"]
    rank = rows["vintage"].astype("int64").where(rows["vintage"].notna(), np.iinfo(np.int64).max)
    newest = rank.groupby([rows[name] for name in key], dropna=False).transform("max")
    return rows[rank == newest].reset_index(drop=True)


def as_quarter(column: pd.Series) -> pd.Series:
    """Read quarters, or the quarter that holds a month or a day; what cannot be read is missing.

    >>> [str(q) for q in as_quarter(pd.Series(["Q1 2026", "2026-05-02", None]))]
    ['2026Q1', '2026Q2', 'NaT']
    """
    code, given = pd.factorize(column)
    places = np.append(read_periods(given, "quarter", within=True).places, MISSING)[code]
    since_1970 = pd.arrays.PeriodArray(places, dtype=pd.PeriodDtype("Q-DEC"))
    return pd.Series(since_1970, index=column.index)


def _overtaken(rows: pd.DataFrame, starts: pd.DataFrame, last: int) -> pd.Series:
    """Forecasts that time has overtaken: for quarters that are over, or made before the initiative was ended."""
    ahead = ~rows["booked"]
    over = rows["quarter"].astype("int64") <= last
    if "ended_on" not in starts:
        return ahead & over
    ends = pd.to_datetime(starts["ended_on"]).dt.to_period("Q")
    ended = rows["initiative_id"].map(dict(zip(starts["initiative_id"].astype(str), ends, strict=True)))
    ended = ended.astype(rows["quarter"].dtype)  # all blank, it would come back as dates
    vintage = rows["vintage"].where(rows["vintage"].notna(), rows["quarter"])
    return ahead & (over | (ended.notna() & (rows["quarter"] >= ended) & (vintage < ended)))


def _refuse_faults(
    starts: pd.DataFrame, rows: pd.DataFrame, place: pd.Series, currency: str, day: pd.Timestamp
) -> None:
    ids = starts["initiative_id"].astype(str)
    known = rows["initiative_id"].isin(place.index)
    begun = starts.set_index(ids)["started"]
    faults = [
        ("names an initiative that the table initiatives does not have", rows["initiative_id"][~known]),
        ("holds an amount that is missing or infinite", rows["initiative_id"][~np.isfinite(rows["amount"])]),
        ("has rows without a stream", rows["initiative_id"][rows["stream"].isna()]),
        ("holds a quarter that cannot be read (write 2026Q1)", rows["initiative_id"][rows["quarter"].isna()]),
        (f"holds a kind that is none of {', '.join(KINDS)}", rows["initiative_id"][~rows["kind"].isin(KINDS)]),
    ]
    duplicate = ids[ids.duplicated()]
    undated = ids[starts["started"].isna()]
    benefit, unit = rows["kind"].eq("benefit"), rows["unit"].astype("string")
    odd = ~benefit & ~unit.isin([currency, "hours"])
    money = unit.isin([name for name in unit.dropna().unique() if read_currency(name) or unclear(name)])
    foreign = benefit & money & unit.ne(currency)
    faults.append((f"holds a cost in a unit that is neither {currency} nor hours", rows["initiative_id"][odd]))
    faults.append((f"holds money that is not in {currency} (convert it first)", rows["initiative_id"][foreign]))
    if not duplicate.empty or not undated.empty:
        raise Refusal(
            f"The table initiatives lists {listed([*duplicate, *undated])} twice or without a start. Quarters are "
            "counted from the start, so one date is needed. Keep one dated row per initiative.",
            table="initiatives",
        )
    if "ended_on" in starts:
        turned = ids[pd.to_datetime(starts["ended_on"]) < pd.to_datetime(starts["started_on"])]
        faults.append(("has initiatives that end before they start", turned))
    owed = rows[~benefit].groupby(["initiative_id", "kind"])["amount"].sum()
    below = owed.index[owed < 0].get_level_values(0)
    faults.append(("holds costs that are negative (write what is paid as a positive amount)", below))
    if known.all() and rows["quarter"].notna().all():
        since = rows["quarter"].astype("int64").to_numpy() - begun[rows["initiative_id"]].astype("int64").to_numpy()
        faults.append(
            ("holds flows before the quarter in which the initiative started", rows["initiative_id"][since < 0])
        )
        late = rows["initiative_id"][since > LONGEST]
        faults.append((f"holds flows more than {LONGEST} quarters after the start of the initiative", late))
    messages = [f"The table initiative_ledger {what}: {listed(where)}." for what, where in faults if len(where)]
    if (pd.to_datetime(starts["started_on"]) > day).all():
        messages.append(f"No initiative had started by {day.date()}.")
    if messages:
        raise Refusal(" ".join(messages) + " A return over such rows would be wrong. Correct them and run again.")


def _names(starts: pd.DataFrame) -> list[str]:
    """Names as given; of two alike, each with its id."""
    ids = starts["initiative_id"].astype(str)
    if "name" not in starts:
        return ids.tolist()
    names = starts["name"].where(starts["name"].notna(), ids).astype(str)
    return names.where(~names.duplicated(keep=False), names + " (" + ids + ")").tolist()


def table_faults(
    tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp, currency: str
) -> list[tuple[str, str, bool]]:
    """Try what the chapters on initiatives will do first, and collect their refusals and doubts."""
    tried: list[tuple[str, Callable[[], object]]] = []
    if {"initiatives", "initiative_ledger"} <= set(tables):
        both = tables["initiatives"], tables["initiative_ledger"]
        tried.append(("initiative_ledger", lambda: read_ledger(*both, as_of=as_of, currency=currency)))
    panel = tables.get("initiative_panel")
    if panel is not None:
        names = sorted(panel["outcome"].dropna().astype(str).unique())
        tried.append(("initiative_panel", lambda: refuse_strange_starts(panel)))
        tried += [("initiative_panel", partial(read_panel, panel, name)) for name in names]
    found = [] if panel is None else [("initiative_panel", doubt, False) for doubt in panel_doubts(panel)]
    found += [("goals", doubt, False) for doubt in _circles_of_goals(tables.get("goals"))]
    for table, attempt in tried:
        try:
            attempt()
        except Refusal as refused:
            found.append((refused.table or table, str(refused), True))
    return found


def _circles_of_goals(goals: pd.DataFrame | None) -> Iterator[str]:
    if goals is not None and "parent" in goals:
        named = goals.dropna(subset=["parent"])
        graph = {str(goal): {str(parent)} for goal, parent in zip(named["goal_id"], named["parent"], strict=True)}
        yield from circle(
            graph, "The goals have parents in a circle ({circle}): none of them is on top. Correct a parent."
        )
