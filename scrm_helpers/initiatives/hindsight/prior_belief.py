"""What was believed of each initiative in each quarter: the ledger replayed with the vintages known then."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.hindsight.promised_ranges import case_spread
from scrm_helpers.initiatives.ledger.flows import Ledger, current_rows, read_ledger
from scrm_helpers.initiatives.plan.cash import discount_factors, quarterly_rate


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
