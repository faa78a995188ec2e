"""The initiative ledger: checked rows in, money and scores per initiative and quarter since its start out."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

import numpy as np
import pandas as pd

from scrm_helpers.answers import Measure, Refusal, Terms
from scrm_helpers.answers.measure import Kind
from scrm_helpers.answers.numbers import listed, percent
from scrm_helpers.initiatives.attribution.ladder_of_designs import questions
from scrm_helpers.initiatives.attribution.panel import panel_doubts
from scrm_helpers.initiatives.plan.case_rules import circle_of_goals
from scrm_helpers.initiatives.plan.streams import COST_KINDS, COUNTED, discount_factors
from scrm_helpers.tables import Company
from scrm_helpers.tables.values.periods import MISSING, read_periods

_COMPARISON = re.compile(
    r"(?i)^(?!.*\b(?:no|not|without)\b).*(?:compar|control|\blots?\b|lotter|random|hold-?out|stagger)"
)
DIRECT = ("direct", "direct_margin")  # streams that a quarterly book sees at once
CLOCK = "quarter 0 is that of the start, after one quarter is the end of quarter 1"
BOOKED = "booked sums over all that is there: nothing was sampled, and the ledger states no error of a booking"
LONGEST = 80  # quarters after its start beyond which a flow of an initiative is taken for a slip of the pen


@dataclass(frozen=True)
class Ledger:
    """Flows of all initiatives on one clock: quarter 0 is the calendar quarter in which an initiative started."""

    ids: tuple[str, ...]  # initiatives in order of their start
    names: tuple[str, ...]  # of the same
    streams: Mapping[str, np.ndarray]  # money back, per stream
    costs: Mapping[str, np.ndarray]  # cost per kind in money; volunteered time at the full hourly rate
    scores: Mapping[tuple[str, str], np.ndarray]  # returns in their own units
    booked_until: np.ndarray  # last quarter since start that lies at or before the day of the report
    running: np.ndarray  # whether it has not been ended by the day of the report
    compared: float  # share of the booked benefit that a comparison found; missing where nothing is booked
    terms: Terms

    currency = property(attrgetter("terms.currency"), doc="ISO code of all money.")

    @property
    def kind(self) -> Kind:
        """Whether its benefit is more than would have come anyway."""
        return "incremental" if self.compared == 1 else "gross"

    @property
    def gross_words(self) -> str:
        """How far its benefit is more than would have come anyway, by the column ``method``."""
        if self.compared == 1:
            return "benefit beyond what would have happened anyway, by the comparisons that the ledger names"
        part = f"{percent(self.compared)} of the benefit found by comparison, the rest " if self.compared > 0 else ""
        return f"{part}gross of what would have happened anyway"

    @property
    def reached(self) -> str:
        """How far the initiatives have come since their starts, in words."""
        begun = self.booked_until[self.booked_until >= 0]
        first, last = int(begun.min(initial=99)), int(begun.max(initial=0))
        return f"quarter {last}" if first >= last else f"quarters {first} to {last}, each since its start"

    def fact(self, name: str, value: float, unit: str = "count", n: int | None = None) -> Measure:
        """A number that is booked, over the initiatives of the ledger or `n` of them."""
        n = len(self.ids) if n is None else n
        found = Measure(name=name, value=float(value), unit=unit, n=n, kind=self.kind, no_range=BOOKED)
        return replace(found, population="initiatives of the ledger", window=f"booked: {self.reached}")

    @property
    def rate_words(self) -> str:
        """The discount rate, as read."""
        return f"discounted at {percent(self.terms.discount_rate, 0)} a year"

    @property
    def factors(self) -> np.ndarray:
        """Discount factor of each quarter."""
        return discount_factors(self.terms.discount_rate, self.quarters)

    @property
    def quarters(self) -> int:
        """Length of the time axis, quarter 0 included."""
        return next(iter(self.costs.values())).shape[1]

    @property
    def booked(self) -> np.ndarray:
        """Whether each quarter of each initiative is over."""
        return np.arange(self.quarters) <= self.booked_until[:, None]

    def to_date(self, grid: np.ndarray) -> np.ndarray:
        """Discounted sum of flows over the quarters that are over, per initiative."""
        return (grid * self.booked) @ self.factors

    @property
    def roi_one_quarter(self) -> np.ndarray:
        """Direct benefit over cash cost of quarters 0 and 1, as finance books it; missing where no cash was paid."""
        back, paid = (grid[:, :2].sum(axis=1) for grid in (self.benefit(DIRECT), self.cost("cash")))
        return back / np.where(paid > 0, paid, np.nan) - 1

    def benefit(self, streams: Sequence[str] | None = None) -> np.ndarray:
        """Money back per initiative and quarter, of the named streams or of all."""
        chosen = [self.streams[name] for name in sorted(self.streams) if streams is None or name in streams]
        return np.sum(chosen, axis=0) if chosen else np.zeros((len(self.ids), self.quarters))

    def cost(self, view: str, shadow_share: float = 1.0) -> np.ndarray:
        """Cost per initiative and quarter in one view; `shadow_share` prices a volunteered hour against a paid one."""
        shares = {"volunteered_time": shadow_share}
        return np.sum([self.costs[kind] * shares.get(kind, 1.0) for kind in COUNTED[view]], axis=0)


def read_ledger(
    initiatives: pd.DataFrame, ledger: pd.DataFrame, terms: Terms, *, hourly_rate: float = 35.0, free: bool = False
) -> Ledger:
    """Check the two tables and lay every flow on its quarter since the start of its initiative."""
    # Of several vintages of one flow the newest known that day counts; a forecast counts only for quarters that are not
    # over, and not when it was made before the initiative was ended. An initiative without a cost row in the ledger
    # takes its ``cost`` as a cash cost in quarter 0; in a replay of the past those without any cost are let through
    # (`free`).
    day, currency = terms.as_of, terms.currency
    starts = initiatives.assign(
        started=pd.to_datetime(initiatives["started_on"]).dt.to_period("Q"),
        ended_on=pd.to_datetime(initiatives.reindex(columns=["ended_on"])["ended_on"]),
    )
    starts = starts.sort_values(["started_on", "initiative_id"], kind="stable").reset_index(drop=True)
    last = last_quarter(day).ordinal
    every = filled(ledger, currency)
    _refuse_faults(starts, every, currency, day)
    rows = newest(every, day)
    rows = rows[~_overtaken(rows, starts, last)]
    ids = starts["initiative_id"].astype(str)
    names = starts.get("name", ids).fillna(ids).astype(str)  # of two alike each is written with its id
    row = pd.Series(starts.index, index=ids)[rows["initiative_id"]].to_numpy()
    start = starts["started"].astype("int64").to_numpy()
    since = rows["quarter"].astype("int64").to_numpy() - start[row]
    today = last - start
    width = int(max(since.max(initial=0), today.max(initial=0), 0)) + 1
    benefit, hours = rows["kind"].eq("benefit"), rows["unit"].eq("hours")
    price = np.where(hours & ~benefit, hourly_rate, 1.0)
    rows = rows.assign(row=row, since=since, amount=rows["amount"] * price)

    def laid(part: pd.DataFrame) -> np.ndarray:
        grid = np.zeros((len(starts), width))
        np.add.at(grid, (part["row"].to_numpy(), part["since"].to_numpy()), part["amount"].to_numpy())
        return grid

    costs = {kind: laid(rows[rows["kind"].eq(kind)]) for kind in COST_KINDS}
    total = np.sum(list(costs.values()), axis=0).sum(axis=1)
    stated = starts["cost"].astype(float).to_numpy()
    costs["cash"][total == 0, 0] += stated[total == 0]
    idle = np.where(total == 0, stated, total) <= 0
    if idle.any() and not free:
        raise Refusal(
            f"The table initiatives gives no cost for {listed(starts['initiative_id'][idle])}. A return is value per "
            "unit of cost, so it is undefined. Enter what was paid and the hours of people.",
            table="initiatives",
        )
    in_money, scores = rows[benefit & rows["unit"].eq(currency)], rows[benefit & ~rows["unit"].eq(currency)]
    booked = in_money[in_money["since"] <= today[in_money["row"]]]
    size, method = booked["amount"].abs(), booked["method"].astype("string")
    return Ledger(
        ids=tuple(ids),
        names=tuple(names.where(~names.duplicated(keep=False), names + " (" + ids + ")")),
        streams={str(stream): laid(part) for stream, part in in_money.groupby("stream")},
        costs=costs,
        scores={(str(stream), str(unit)): laid(part) for (stream, unit), part in scores.groupby(["stream", "unit"])},
        booked_until=today,
        running=~(starts["ended_on"] <= day).to_numpy(),
        compared=float(size[method.str.contains(_COMPARISON, na=False)].sum() / (size.sum() or float("nan"))),
        terms=terms,
    )


def last_quarter(day: pd.Timestamp) -> pd.Period:
    """Return the last quarter that is over on a day."""
    return (day + pd.Timedelta(days=1)).to_period("Q") - 1


def filled(ledger: pd.DataFrame, currency: str | None = None) -> pd.DataFrame:
    """All rows with every optional column, quarters as periods and amounts as numbers."""
    given = {"unit": currency, "kind": "benefit", "booked": True, "vintage": None, "method": None}
    rows = ledger.reset_index(drop=True).reindex(columns=[*ledger, *(name for name in given if name not in ledger)])
    for name, value in given.items():
        rows[name] = rows[name].astype(object).where(rows[name].notna(), value)
    rows["quarter"], rows["vintage"] = as_quarter(rows["quarter"]), as_quarter(rows["vintage"])
    rows["amount"] = pd.to_numeric(rows["amount"], errors="coerce").astype(float)
    return rows.astype({"initiative_id": str, "booked": bool})


def newest(rows: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Of each flow the newest vintage known on a day."""
    known = rows["vintage"].where(rows["vintage"].notna() | ~rows["booked"], rows["quarter"])
    rows = rows[known.isna() | (known <= day.to_period("Q"))]
    key = ["initiative_id", "quarter", "stream", "kind"]
    rank = rows["vintage"].astype("int64").where(rows["vintage"].notna(), np.iinfo(np.int64).max)
    newest = rank.groupby([rows[name] for name in key], dropna=False).transform("max")
    return rows[rank == newest].reset_index(drop=True)


def ledger_of(company: Company, *, hourly_rate: float = 35.0) -> Ledger | None:
    """Read the initiative ledger of a company; None when it has none.

    Parameters
    ----------
    company, hourly_rate : whose ledger it is, and the loaded cost of an hour

    Returns
    -------
    Ledger or None
    """
    if not company.has("initiatives", "initiative_ledger"):
        return None
    tables = company.table("initiatives"), company.table("initiative_ledger")
    return read_ledger(*tables, company.terms, hourly_rate=hourly_rate)


def as_quarter(column: pd.Series) -> pd.Series:
    """Read quarters, or the quarter that holds a month or a day; what cannot be read is missing."""
    code, given = pd.factorize(column)
    places = np.append(read_periods(given, "quarter", within=True).places, MISSING)[code]
    return pd.Series(pd.arrays.PeriodArray(places, dtype=pd.PeriodDtype("Q-DEC")), index=column.index)


def _overtaken(rows: pd.DataFrame, starts: pd.DataFrame, last: int) -> pd.Series:
    """Forecasts that time has overtaken: for quarters that are over, or made before the initiative was ended."""
    over = rows["quarter"].astype("int64") <= last
    ends = starts["ended_on"].dt.to_period("Q")
    ended = rows["initiative_id"].map(dict(zip(starts["initiative_id"].astype(str), ends, strict=True)))
    ended = ended.astype(rows["quarter"].dtype)  # all blank, it would come back as dates
    vintage = rows["vintage"].where(rows["vintage"].notna(), rows["quarter"])
    return ~rows["booked"] & (over | (ended.notna() & (rows["quarter"] >= ended) & (vintage < ended)))


def _refuse_faults(starts: pd.DataFrame, rows: pd.DataFrame, currency: str, day: pd.Timestamp) -> None:
    """Refuse what one row alone does not tell, and the contract of the tables lets through."""
    who, benefit, unit = rows["initiative_id"], rows["kind"].eq("benefit"), rows["unit"].astype("string")
    owed = rows[~benefit].groupby(["initiative_id", "kind"])["amount"].sum()
    begun = starts.set_index(starts["initiative_id"].astype(str))["started"][who].astype("int64").to_numpy()
    since = rows["quarter"].astype("int64").to_numpy() - begun
    faults: dict[str, Sequence[str]] = {
        "has rows without a stream": who[rows["stream"].isna()].tolist(),
        f"holds a cost in a unit that is neither {currency} nor hours": who[
            ~benefit & ~unit.isin([currency, "hours"])
        ].tolist(),
        "holds costs that are negative (write what is paid as a positive amount)": owed.index[owed < 0]
        .get_level_values(0)
        .tolist(),
        "holds flows before the quarter in which the initiative started": who[since < 0].tolist(),
        f"holds flows more than {LONGEST} quarters after the start": who[since > LONGEST].tolist(),
    }
    messages = [f"The table initiative_ledger {what}: {listed(where)}." for what, where in faults.items() if where]
    if (pd.to_datetime(starts["started_on"]) > day).all():
        messages.append(f"No initiative had started by {day.date()}.")
    if messages:
        raise Refusal(" ".join(messages) + " A return over such rows would be wrong. Correct them and run again.")


def table_faults(
    tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp, currency: str
) -> list[tuple[str, str, bool]]:
    """Try what the chapters on initiatives will do first, and collect their refusals and doubts."""
    tried: list[tuple[str, Callable[[], object]]] = []
    if {"initiatives", "initiative_ledger"} <= set(tables):
        both = tables["initiatives"], tables["initiative_ledger"]
        tried.append(("initiative_ledger", lambda: read_ledger(*both, Terms(as_of, currency))))
    panel = tables.get("initiative_panel")
    if panel is not None:
        tried += [("initiative_panel", asked.read) for asked in questions(panel) if len(asked.rows)]
    found = [] if panel is None else [("initiative_panel", doubt, False) for doubt in panel_doubts(panel)]
    goals = tables.get("goals", pd.DataFrame())
    if "parent" in goals:
        named = goals.dropna(subset=["parent"]).astype({"goal_id": str, "parent": str})
        parents = dict(zip(named["goal_id"], named["parent"], strict=True))
        found += [("goals", doubt, False) for doubt in circle_of_goals(parents)]
    for table, attempt in tried:
        try:
            attempt()
        except Refusal as refused:
            found.append((refused.table or table, str(refused), True))
    return found
