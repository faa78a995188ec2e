"""What forecasts were worth: booked benefit over the first forecast of the same quarters."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.initiatives.hindsight.promised_ranges import case_spread
from scrm_helpers.initiatives.ledger.flows import Ledger, as_quarter, current_rows, read_ledger
from scrm_helpers.initiatives.plan.valuation_terms import discount_factors, quarterly_rate


@dataclass(frozen=True)
class Beliefs:
    """What the ledger said at the end of each quarter since the start of each initiative."""

    names: tuple[str, ...]
    so_far: np.ndarray
    expected: np.ndarray
    final: np.ndarray
    ripe: np.ndarray
    killed: np.ndarray
    spread: np.ndarray

    def left(self) -> np.ndarray:
        """Standard deviation still ahead in each quarter: it shrinks with the root of the quarters left."""
        horizon = self.so_far.shape[1] - 1
        return self.spread[:, None] * np.sqrt((horizon - np.arange(horizon + 1)) / horizon)


def beliefs(
    initiatives: pd.DataFrame,
    ledger: pd.DataFrame,
    *,
    as_of: pd.Timestamp | str,
    horizon: int = 8,
    discount_rate_annual: float = 0.10,
    view: str = "economic",
    hourly_rate: float = 35.0,
    currency: str = "EUR",
) -> Beliefs:
    """Replay the ledger quarter by quarter, each time with the vintages known then.

    Parameters
    ----------
    initiatives, ledger : pandas.DataFrame
        The two tables, see :func:`read_ledger`.
    as_of : timestamp or str
        Day of the report.
    horizon : int
        Quarters at which the verdict is final.
    discount_rate_annual, view, hourly_rate, currency
        As in the valuation.

    Returns
    -------
    Beliefs

    Notes
    -----
    Nothing that was learned later enters an earlier quarter. Initiatives that were stopped stay in, judged on the last
    forecast before the quarter of their stop, because what they would have become was never seen.
    """
    day = pd.Timestamp(as_of)
    today = read_ledger(initiatives, ledger, as_of=day, hourly_rate=hourly_rate, currency=currency)
    factor = discount_factors(quarterly_rate(discount_rate_annual), horizon + 1)
    size = (len(today.ids), horizon + 1)
    so_far, expected = np.full(size, np.nan), np.full(size, np.nan)
    running = initiatives.drop(columns=["ended_on"], errors="ignore")
    for quarter in _quarter_ends(initiatives, day):
        then = read_ledger(running, ledger, as_of=quarter, hourly_rate=hourly_rate, currency=currency, free=True)
        net = _padded(then, view, horizon) * factor
        for place in range(len(today.ids)):
            age = int(then.booked_until[place])
            if 0 <= age <= min(horizon, int(today.booked_until[place])):
                so_far[place, age] = net[place, : age + 1].sum()
                expected[place, age] = net[place].sum()
    final = (
        _padded(read_ledger(running, ledger, as_of=day, hourly_rate=hourly_rate, currency=currency), view, horizon)
        @ factor
    )
    ended = _ended_after(initiatives, today.ids)
    booked = _last_booked(current_rows(ledger, day), today.ids, initiatives)
    killed = (ended < horizon) & (booked < np.minimum(today.booked_until, horizon))
    for place in np.flatnonzero(killed).tolist():
        hoped = max(int(booked[place]) - 1, 0)
        expected[place, hoped + 1 :], so_far[place, int(booked[place]) + 1 :] = np.nan, np.nan
        final[place] = expected[place, hoped]
    spread = pd.Series(case_spread(initiatives), dtype=float).reindex(list(today.ids)).to_numpy()
    return Beliefs(today.names, so_far, expected, final, today.booked_until >= horizon, killed, spread)


def _padded(ledger: Ledger, view: str, horizon: int) -> np.ndarray:
    net = (ledger.benefit() - ledger.cost(view))[:, : horizon + 1]
    return np.pad(net, ((0, 0), (0, horizon + 1 - net.shape[1])))


def _quarter_ends(initiatives: pd.DataFrame, day: pd.Timestamp) -> list[pd.Timestamp]:
    first = pd.to_datetime(initiatives["started_on"]).min().to_period("Q")
    last = (day + pd.Timedelta(days=1)).to_period("Q") - 1
    return [quarter.end_time.normalize() for quarter in pd.period_range(first, last, freq="Q")]


def _ended_after(initiatives: pd.DataFrame, ids: tuple[str, ...]) -> np.ndarray:
    """Quarters between start and end; infinite while running."""
    table = initiatives.set_index(initiatives["initiative_id"].astype(str)).reindex(list(ids))
    if "ended_on" not in table:
        return np.full(len(ids), math.inf)
    start, end = (pd.to_datetime(table[name]).dt.to_period("Q") for name in ("started_on", "ended_on"))
    return np.where(end.notna(), end.astype("int64") - start.astype("int64"), math.inf)


def _last_booked(ledger: pd.DataFrame, ids: tuple[str, ...], initiatives: pd.DataFrame) -> np.ndarray:
    """Last quarter since the start with a booked row, of the rows known on the day of the report."""
    rows = ledger[ledger["booked"]]
    last = rows["quarter"].astype("int64").groupby(rows["initiative_id"]).max()
    start = pd.to_datetime(initiatives["started_on"]).dt.to_period("Q").astype("int64")
    begun = dict(zip(initiatives["initiative_id"].astype(str), start, strict=True))
    return np.array([last.get(one, begun[one] - 1) - begun[one] for one in ids])


@dataclass(frozen=True, kw_only=True)
class Realisation(Answer):
    """Booked benefit over first forecast, per stream and pooled."""

    ABSENT = "Realised against forecast cannot be computed because {reason}."

    pooled: Measure = unknown("realisation", "ratio")
    streams: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"Stream": [], "Realised": []}))
    initiatives: int = 0

    def words(self) -> Words:
        """By what a new case should be multiplied."""
        pooled = self.pooled.value or 0.0
        return Words(
            sentence=(
                f"Initiatives brought {numbers.percent(pooled, 0)} of what their first forecasts promised for the same "
                f"quarters, {numbers.percent(abs(pooled - 1), 0)} {'more' if pooled > 1 else 'less'}; multiply the "
                f"benefit of a new case by {numbers.decimal(pooled)} until it has its own record."
            ),
            table=self.streams,
            formats={"Initiatives": "count", "First forecast": "money", "Booked": "money"}
            | dict.fromkeys(["Realised", "Realised, drawn to the mean"], "percent"),
            caption="What forecasts were worth",
            note=(
                f"n = {numbers.count(self.pooled.n)} quarters of {self.initiatives} initiatives; first forecast of "
                "each quarter; stopped initiatives kept."
            ),
        )


def realisation_ratio(ledger: pd.DataFrame, *, as_of: pd.Timestamp | str, currency: str = "EUR") -> Realisation:
    """Compare what came in with what the first forecast had promised, over the same quarters.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Table ``initiative_ledger``; without ``booked`` and ``vintage`` nothing tells a first forecast, and it says so.
    as_of : timestamp or str
        Day of the report.
    currency : str
        ISO code; only money is compared.

    Returns
    -------
    Realisation
        `ratios` by stream, shrunk towards the pooled ratio by the number of initiatives behind them.

    Notes
    -----
    Ratio of sums, never a mean of ratios; shrunk with the weight ``n / (n + 2)``. The pooled ratio is the default
    correction for the optimism of a new case.
    """
    absent = [name for name in ("booked", "vintage") if name not in ledger]
    if absent:
        return _cannot_say(
            f"the ledger has no column {' and '.join(absent)}, so nothing tells which forecast of a quarter was the "
            "first"
        )
    day = pd.Timestamp(as_of)
    rows = ledger.assign(quarter=as_quarter(ledger["quarter"]), vintage=as_quarter(ledger["vintage"]))
    kind, unit = (
        rows.get("kind", pd.Series("benefit", index=rows.index)),
        rows.get("unit", pd.Series(currency, index=rows.index)),
    )
    rows = rows[(kind.fillna("benefit") == "benefit") & (unit.fillna(currency) == currency)]
    rows = rows[rows["quarter"] <= (day + pd.Timedelta(days=1)).to_period("Q") - 1]
    key = ["initiative_id", "stream", "quarter"]
    stands = rows["booked"].fillna(True).astype(bool)
    booked = rows[stands].groupby(key)["amount"].sum()
    forecasts = rows[~stands].sort_values("vintage", kind="stable")
    first = forecasts.drop_duplicates(key).set_index(key)["amount"]
    both = pd.concat([booked.rename("booked"), first.rename("first")], axis=1).dropna()
    sums = both.groupby("stream").sum()
    backing = both.reset_index().groupby("stream")["initiative_id"].nunique()
    if both.empty or sums["first"].sum() <= 0:
        return _cannot_say("no quarter has both a first forecast and a booking")
    pooled = float(sums["booked"].sum() / sums["first"].sum())
    raw = sums["booked"] / sums["first"].where(sums["first"] > 0)
    weight = backing / (backing + 2)
    shrunk = (weight * raw + (1 - weight) * pooled).where(raw.notna(), pooled)
    return Realisation(
        pooled=Measure(name="realisation", value=pooled, unit="ratio", n=len(both)),
        streams=pd.DataFrame(
            {
                "Stream": sums.index,
                "Initiatives": backing.to_numpy(),
                "First forecast": sums["first"].to_numpy(),
                "Booked": sums["booked"].to_numpy(),
                "Realised": raw.to_numpy(),
                "Realised, drawn to the mean": shrunk.to_numpy(),
            }
        ),
        initiatives=both.index.get_level_values("initiative_id").nunique(),
    )


def _cannot_say(reason: str) -> Realisation:
    return Realisation(reason=reason, pooled=unknown("realisation", "ratio", reason))
