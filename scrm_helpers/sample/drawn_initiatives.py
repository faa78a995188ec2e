"""The goals, the initiatives table and its ledger, worked out from the business cases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.sample.drawn_stores import COHORTS, NEVER, STORES, helpdesk_money, helpdesk_trust
from scrm_helpers.sample.world import first_day, quarter_names
from scrm_helpers.tables.contract.declarations import TABLES

HORIZON = 12
HOURLY_RATE = 35.0  # loaded cost of a paid hour in euros


@dataclass(frozen=True)
class Initiative:
    """What an initiative costs and brings, by quarters since its start; `starts` counts back from the last quarter."""

    id: str
    name: str
    owner: str
    team: str
    goal: str
    stage: str
    starts: int
    setup: float
    per_quarter: float
    streams: dict[str, list[float]]
    paid_hours: float = 0.0
    volunteered_hours: float = 0.0
    rewards: float = 0.0
    scores: dict[str, list[float]] = field(default_factory=dict)
    optimism: float = 1.0
    stopped_after: int | None = None


def _ramp(level: float, delay: int, steps: int = 3) -> list[float]:
    """Nothing for `delay` quarters, then a rise to `level` within `steps` quarters."""
    return [round(level * min(1.0, max(0.0, (q - delay + 1) / steps)), 2) for q in range(HORIZON)]


INITIATIVES = (
    Initiative(
        "helpdesk", "Voluntary expert helpdesk", "Head of Service", "Service", "G2", "running", 10, 24000, 1500,
        helpdesk_money(HORIZON), paid_hours=60, volunteered_hours=310, rewards=400,
        scores={"trust": helpdesk_trust(HORIZON)}, optimism=0.8,
    ),
    Initiative(
        "referral-thanks", "Thank both sides of a referral", "Head of Marketing", "Marketing", "G3", "running", 8, 9000,
        900, {"referral": _ramp(6400, 1, 3), "direct": _ramp(900, 0, 2)}, rewards=1800, optimism=1.1,
    ),
    Initiative(
        "idea-forum", "Idea forum", "Head of Product", "Product", "G4", "running", 11, 16000, 1200,
        {"ideas": [0, 0, 0, 0, 0, 0, 2500, 4000, 31000, 12000, 14000, 11000], "deflection": _ramp(600, 1, 2)},
        paid_hours=40, rewards=300, optimism=0.5,
    ),
    Initiative(
        "autumn-discount", "Autumn discount", "Head of Sales", "Sales", "G2", "finished", 7, 8000, 0,
        {"direct": [15500, -4800, -3900, -2100, -1200, -800, -400, 0, 0, 0, 0, 0]}, optimism=1.6,
    ),
    Initiative(
        "staff-recognition", "Fewer approvals, more recognition", "Head of People", "People", "G5", "running", 9, 6000,
        1100, {"employee": _ramp(5200, 4, 3), "retained": _ramp(900, 5, 3)}, paid_hours=30, rewards=1400,
        scores={"engagement": [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 4.5, 5.0, 5.0, 5.0, 5.0, 5.0]}, optimism=0.9,
    ),
    Initiative(
        "partner-portal", "Partner portal", "Head of Partners", "Partners", "G3", "stopped", 6, 15000, 2200,
        {"referral": _ramp(8200, 3, 3), "direct": _ramp(1500, 2, 3)}, paid_hours=50, optimism=1.0, stopped_after=2,
    ),
    Initiative(
        "loyalty-app", "Loyalty app", "Head of Digital", "Digital", "G2", "running", 7, 62000, 5200,
        {"direct": _ramp(1900, 0, 3), "retained": _ramp(800, 2, 3)}, paid_hours=120, optimism=5.5,
    ),
    Initiative(
        "fast-reply", "Reply within the hour", "Head of Service", "Service", "G1", "running", 3, 7000, 2600,
        {"retained": _ramp(5600, 1, 3), "deflection": _ramp(700, 0, 2)}, paid_hours=90,
        scores={"trust": [0.1, 0.3, 0.5, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]}, optimism=1.0,
    ),
)  # fmt: skip


def true_net(item: Initiative) -> float:
    """Undiscounted benefit less cash and rewards over the whole horizon, had the initiative run on."""
    return sum(map(sum, item.streams.values())) - item.setup - (item.per_quarter + item.rewards) * HORIZON


# numbers that the helpdesk drew before it followed its roll-out: passed over, so that the others keep their figures
DRAWN_BEFORE = 36


def helpdesk_truth() -> dict[str, object]:
    """What the helpdesk truly costs, brings and returns, quarter 0 being the one in which it is set up."""
    desk = INITIATIVES[0]
    money = helpdesk_money(HORIZON + 1)
    quarters = np.arange(HORIZON + 1)
    factor = 1.10 ** (-quarters / 4)
    cost = desk.per_quarter + desk.rewards + desk.paid_hours * HOURLY_RATE + desk.setup * (quarters == 0)
    back, out = (np.cumsum(flow * factor) for flow in (np.sum(list(money.values()), axis=0), cost))
    return {
        "quarter_0_is_quarters_before_the_last": desk.starts,
        "stores_open_from_quarter": {str(cohort - 1): (STORES - NEVER) // len(COHORTS) for cohort in COHORTS},
        "money_by_quarter": money,
        "roinit_economic_10_percent": {f"{h}q": round(float(back[h] / out[h] - 1), 6) for h in (1, 2, 4, 8, 12)},
    }


Flow = tuple[str, float, str, str, str]  # stream, amount, unit, kind, method
HEADS = (
    "initiative_id", "name", "owner", "team", "goal_id", "started_on", "ended_on", "stage", "cost",
    "case_p10", "case_p50", "case_p90",
)  # fmt: skip
COLUMNS = ("initiative_id", "quarter", "stream", "amount", "unit", "kind", "vintage", "booked", "method")


def initiative_tables(rng: np.random.Generator, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """`initiatives` and `initiative_ledger`; the newest vintage of each flow is the best knowledge of it."""
    quarters = quarter_names(as_of, max(item.starts for item in INITIATIVES), HORIZON)
    now = max(item.starts for item in INITIATIVES)
    own = {"helpdesk": rng.spawn(1)[0]}
    rng.standard_normal(DRAWN_BEFORE)
    flows = [row for item in INITIATIVES for row in _flows(own.get(item.id, rng), item, quarters, now)]
    ledger = pd.DataFrame(flows, columns=COLUMNS).astype({"booked": "boolean"})
    cost = ledger[ledger["booked"] & ledger["kind"].isin(["cash", "reward"])].groupby("initiative_id")["amount"].sum()
    initiatives = pd.DataFrame([_row(item, quarters, now, float(cost[item.id])) for item in INITIATIVES], columns=HEADS)
    for column in ("started_on", "ended_on"):
        initiatives[column] = pd.to_datetime(initiatives[column]).astype("datetime64[us]")
    return {"initiatives": initiatives, "initiative_ledger": ledger}


def _row(item: Initiative, quarters: list[str], now: int, cost: float) -> tuple[object, ...]:
    start = now - item.starts
    last = 0 if item.stage == "finished" else item.stopped_after
    case = item.optimism * sum(map(sum, item.streams.values()))
    days = first_day(quarters[start]), None if last is None else first_day(quarters[start + last + 1])
    tenths = (round(share * case, -2) for share in (0.5, 1.0, 1.5))
    return item.id, item.name, item.owner, item.team, item.goal, *days, item.stage, round(cost, 2), *tenths


def _flows(rng: np.random.Generator, item: Initiative, quarters: list[str], now: int) -> Iterator[tuple[object, ...]]:
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
                flow = stream, round(amount, 2), unit, kind
                yield item.id, quarters[quarter], *flow, quarters[vintage], booked, method


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
            yield stream, goes_on * (learnt + (1 - learnt) * item.optimism) * path[later], "EUR", "benefit", "forecast"


GOALS = (
    ("G1", "Customers trust us to help them get the job done", "trust", "trust index 0-100", 61.0, 66.0, "2027-12-31",
     "Head of Service", 3.0, None, "Helpdesk by volunteers; reply within the hour", 72000.0),
    ("G2", "Customers stay", "loyalty", "retained per quarter", 0.9, 0.93, "2027-12-31", "Chief Financial Officer", 3.0,
     "G1", "Helpdesk in the stores", 41000.0),
    ("G3", "Customers bring customers", "advocacy", "customers who referred in a year", 0.3, 0.36, "2027-06-30",
     "Head of Marketing", 2.0, None, "Thank both sides of a referral", 26000.0),
    ("G4", "Customers improve the product with us", "cocreation", "ideas implemented per year", 2.0, 8.0, "2027-06-30",
     "Head of Product", 2.0, None, "Idea forum with quarterly answers", 30000.0),
    ("G5", "Staff want to help and are allowed to", "employee", "volunteers among those offered", 0.04, 0.12,
     "2026-12-31", "Head of People", 2.0, None, "Remove approvals; recognise helpers", 19000.0),
    ("G6", "Be everywhere our customers talk", "trust", "places with a profile", 3.0, 9.0, "2026-12-31",
     "Head of Digital", 1.0, None, None, None),
)  # fmt: skip


def standing(tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> dict[str, float]:
    """Where each goal stands by the tables of the company: the last quarter, or the last 365 days."""
    panel, staff, ideas = (tables[name] for name in ("initiative_panel", "employees", "ideas"))
    last = panel[panel["period"] == panel["period"].max()].groupby("outcome")["value"].mean()
    people = staff[staff["quarter"] == staff["quarter"].max()][["volunteered", "offered"]].sum()
    year = as_of - pd.Timedelta(days=365)
    recent = tables["referrals"].query("referred_on > @year")["referrer_id"]
    return {
        "G1": round(last["trust index"], 1),
        "G2": round(last["retained share"], 3),
        "G3": round(tables["customers"].query("joined_on <= @year")["customer_id"].isin(recent).mean(), 3),
        "G4": float(ideas.loc[ideas["implemented_on"] > year, "idea_id"].nunique()),
        "G5": round(people["volunteered"] / people["offered"], 3),
    }


def goal_table(tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> pd.DataFrame:
    """Six goals; G6 has no teeth: no plan, no cost, and nobody measures where it stands."""
    columns = TABLES["goals"].columns
    table = pd.DataFrame(GOALS, columns=[column.name for column in columns if column.name != "current"])
    table.insert(columns.index(TABLES["goals"].column("current")), "current", 0.0)
    table["current"] = table["goal_id"].map(standing(tables, as_of))
    table["due_on"] = pd.to_datetime(table["due_on"]).astype("datetime64[us]")
    return table.astype({column.name: "str" for column in columns if column.kind in ("id", "text")})
