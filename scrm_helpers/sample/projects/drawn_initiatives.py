"""The initiatives table and its ledger, worked out from the business cases."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from scrm_helpers.sample.projects.drawn_cases import HORIZON, HOURLY_RATE, INITIATIVES, Initiative
from scrm_helpers.sample.quarters import first_day, quarter_names

Flow = tuple[str, float, str, str, str]
"""Stream, amount, unit, kind, method."""


def initiative_tables(rng: np.random.Generator, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """`initiatives` and `initiative_ledger`; the newest vintage of each flow is the best knowledge of it."""
    quarters = quarter_names(as_of, max(item.starts for item in INITIATIVES), HORIZON)
    now = max(item.starts for item in INITIATIVES)
    flows = [row for item in INITIATIVES for row in _flows(rng, item, quarters, now)]
    ledger = pd.DataFrame(flows).astype({"booked": "boolean"})
    paid = ledger[ledger["booked"] & ledger["kind"].isin(["cash", "reward"])]
    cost = paid.groupby("initiative_id")["amount"].sum()
    initiatives = pd.DataFrame([_row(item, quarters, now, float(cost[item.id])) for item in INITIATIVES])
    for column in ("started_on", "ended_on"):
        initiatives[column] = pd.to_datetime(initiatives[column]).astype("datetime64[us]")
    return {"initiatives": initiatives, "initiative_ledger": ledger}


def _row(item: Initiative, quarters: list[str], now: int, cost: float) -> dict[str, object]:
    start = now - item.starts
    ended = None
    if item.stopped_after is not None:
        ended = first_day(quarters[start + item.stopped_after + 1])
    elif item.stage == "finished":
        ended = first_day(quarters[start + 1])
    case = item.optimism * sum(map(sum, item.streams.values()))
    return {
        "initiative_id": item.id,
        "name": item.name,
        "owner": item.owner,
        "team": item.team,
        "goal_id": item.goal,
        "started_on": first_day(quarters[start]),
        "ended_on": ended,
        "stage": item.stage,
        "cost": round(cost, 2),
        "case_p10": round(0.5 * case, -2),
        "case_p50": round(case, -2),
        "case_p90": round(1.5 * case, -2),
    }


def _flows(rng: np.random.Generator, item: Initiative, quarters: list[str], now: int) -> Iterator[dict[str, object]]:
    """Every quarter books its flows and looks ahead to the end of the horizon."""
    start = now - item.starts
    last = now if item.stopped_after is None else start + item.stopped_after
    for vintage in range(start, min(start + HORIZON, last + 1)):
        age = vintage - start
        stopped = item.stopped_after == age
        for quarter in range(vintage, start + HORIZON):
            booked = quarter == vintage
            flows = _booked(rng, item, age) if booked else _expected(item, age, quarter - start, stopped)
            for stream, amount, unit, kind, method in flows:
                yield {
                    "initiative_id": item.id,
                    "quarter": quarters[quarter],
                    "stream": stream,
                    "amount": round(amount, 2),
                    "unit": unit,
                    "kind": kind,
                    "vintage": quarters[vintage],
                    "booked": booked,
                    "method": method,
                }


def _booked(rng: np.random.Generator, item: Initiative, age: int) -> Iterator[Flow]:
    yield "cost", item.per_quarter + (item.setup if age == 0 else 0.0), "EUR", "cash", "invoices"
    if item.rewards:
        yield "cost", item.rewards, "EUR", "reward", "cost to the employer"
    if item.paid_hours:
        yield "cost", item.paid_hours * HOURLY_RATE, "EUR", "paid_time", f"hours at {HOURLY_RATE:.0f} EUR"
    if item.volunteered_hours:
        yield "cost", item.volunteered_hours * min(1.0, 0.3 + 0.1 * age), "hours", "volunteered_time", "helpdesk log"
    for stream, path in item.streams.items():
        if path[age]:
            yield stream, path[age] * rng.normal(1.0, 0.08), "EUR", "benefit", "comparison group"
    for score, steps in item.scores.items():
        yield score, steps[age] + rng.normal(0, 0.1), "points", "benefit", "quarterly survey"


def _expected(item: Initiative, age: int, later: int, stopped: bool) -> Iterator[Flow]:
    """What the team expects of a later quarter: belief moves from the business case to the truth in two years."""
    learnt = min(1.0, (age + 1) / 8)
    goes_on = 0.0 if stopped else 1.0
    planned = {"cash": item.per_quarter, "reward": item.rewards, "paid_time": item.paid_hours * HOURLY_RATE}
    for kind, amount in planned.items():
        if amount:
            yield "cost", goes_on * amount, "EUR", kind, "budget"
    for stream, path in item.streams.items():
        if path[later]:
            belief = learnt + (1 - learnt) * item.optimism
            yield stream, goes_on * belief * path[later], "EUR", "benefit", "forecast"
