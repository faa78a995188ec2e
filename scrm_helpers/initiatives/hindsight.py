"""Looking back: what was believed in each quarter, and when the right verdict could first be seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.cash import discount_factors, quarterly_rate
from scrm_helpers.initiatives.ledger import Ledger, current_rows, read_ledger
from scrm_helpers.presentation import numbers, style
from scrm_helpers.presentation.result import Measure, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLAIM = 0.9
"""Nine times out of ten you have to look back (post 000)."""


def hit_rate_normal(spread: float, noise: float, quarters: float) -> float:
    """Chance of the right verdict after some quarters when true values are centred normal.

    Parameters
    ----------
    spread : float
        Standard deviation of the true net values.
    noise : float
        Standard deviation of what one quarter shows.
    quarters : float
        Quarters seen.

    Returns
    -------
    float

    Notes
    -----
    ``1/2 + arcsin(s / sqrt(s^2 + noise^2/q)) / pi``.

    Examples
    --------
    >>> [round(hit_rate_normal(1, 2, q), 3) for q in (1, 2, 4, 8, 12)]
    [0.648, 0.696, 0.75, 0.804, 0.833]
    """
    return 0.5 + math.asin(spread / math.sqrt(spread**2 + noise**2 / quarters)) / math.pi


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval of a share.

    >>> [round(end, 3) for end in exact_interval(0, 10)]
    [0.0, 0.308]
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


_FORMATS = {"Quarters since the start": "count", "Judged": "count", "Later successes": "percent"} | {
    f"{what}, by {rule}": "percent" for what in ("Right", "Successes missed") for rule in ("money back", "forecast")
}


@dataclass(frozen=True)
class Beliefs:
    """What the ledger said at the end of each quarter since the start of each initiative.

    `so_far` is the discounted net value booked by then, `expected` the one expected at the horizon with the vintage of
    that quarter; both of shape (initiatives, quarters + 1), missing where the quarter is not over. `final` is the
    net value at the horizon as known today; `ripe` says whether the horizon is over. `killed` were ended before it.
    """

    names: tuple[str, ...]
    so_far: np.ndarray
    expected: np.ndarray
    final: np.ndarray
    ripe: np.ndarray
    killed: np.ndarray


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
        The two tables, see :func:`scrm_helpers.initiatives.ledger.read_ledger`.
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
    return Beliefs(today.names, so_far, expected, final, today.booked_until >= horizon, killed)


@dataclass(frozen=True, kw_only=True)
class LookingBack(Result):
    """Hit rates by quarter for two rules, and the test of "nine times out of ten"."""

    by_quarter: pd.DataFrame
    unseen: float | None
    low: float | None
    high: float | None
    successes: int

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the share of later successes that each rule recognised, by quarter."""
        ax = style.axes_for(ax)
        quarters = self.by_quarter.index
        ax.plot(
            quarters,
            self.by_quarter["seen_by_cash"],
            "s-",
            color=style.ORANGE,
            markersize=6,
            label="money is back already",
        )
        ax.plot(
            quarters,
            self.by_quarter["seen_by_forecast"],
            "D--",
            color=style.BLUE,
            markersize=6,
            label="forecast for the horizon",
        )
        ax.set_ylim(-0.04, 1.06)
        ax.set_xticks(list(quarters))
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_xlabel("Quarters since the start")
        ax.set_ylabel("Later successes recognised")
        ax.grid(axis="y")
        ax.legend(loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, title=None)
        return ax


def look_back(seen: Beliefs, *, quarters: Sequence[int] = (1, 2, 4, 6, 8)) -> LookingBack:
    """Compare the verdicts of every quarter with the verdict at the horizon.

    Parameters
    ----------
    seen : Beliefs
        From :func:`beliefs`.
    quarters : sequence of int
        Quarters to report.

    Returns
    -------
    LookingBack
        Per quarter and rule: hit rate, balanced hit rate, false-kill (a later success called a stop), false-keep,
        Brier score; beside them the base rate, without which a hit rate says nothing.

    Notes
    -----
    Rules: *cash* (discounted net so far above zero, what a quarterly ROI culture asks) and *forecast* (expected net at
    the horizon above zero). The claim is tested on the later successes: the share not recognised by cash after one
    quarter, exact binomial interval. Only initiatives past the horizon, or stopped before it, are judged.
    """
    judged = seen.ripe | seen.killed
    good = seen.final[judged] > 0
    rows = {}
    for quarter in [q for q in quarters if q < seen.so_far.shape[1]]:
        row: dict[str, float] = {"n": 0.0, "base": math.nan}
        for rule, grid in (("cash", seen.so_far), ("forecast", seen.expected)):
            values = grid[judged, quarter]
            known = np.isfinite(values)
            says, truth = values[known] > 0, good[known]
            row |= {"n": float(known.sum()), "base": _share(truth)}
            row |= {
                f"hit_{rule}": _share(says == truth),
                f"seen_by_{rule}": _share(says[truth]),
                f"false_kill_{rule}": _share(~says[truth]),
                f"false_keep_{rule}": _share(says[~truth]),
                f"balanced_{rule}": (_share(says[truth]) + _share(~says[~truth])) / 2,
            }
        rows[quarter] = row
    frame = pd.DataFrame.from_dict(rows, orient="index")
    first = seen.so_far[judged, 1][good]
    first = first[np.isfinite(first)]
    successes, unseen_count = len(first), int((first <= 0).sum())
    if successes == 0:
        unseen, low, high = None, None, None
        text = "Nine times out of ten cannot be tested: no initiative has yet turned out to pay."
    else:
        unseen = unseen_count / successes
        low, high = exact_interval(unseen_count, successes)
        place = (
            "is consistent with"
            if low <= CLAIM <= high
            else "is more often than"
            if low > CLAIM
            else "is less often than"
        )
        text = (
            f"Of {numbers.plural(successes, 'initiative')} that turned out to pay, {unseen_count} had not shown it "
            f"after one quarter ({numbers.percent(unseen)}, 95% range "
            f"{numbers.interval(low, high, numbers.percent)}): that {place} nine times out of ten."
        )
        if high - low > 0.5:
            text += " With so few initiatives the range is wide."
    lost = [name for name, dead, value in zip(seen.names, seen.killed, seen.final, strict=True) if dead and value > 0]
    if lost:
        text += f" Stopped while the last forecast was above zero: {', '.join(lost)}."
    return LookingBack(
        sentence=text,
        table=pd.DataFrame(
            {
                "Quarters since the start": frame.index,
                "Judged": frame["n"].to_numpy(),
                "Later successes": frame["base"].to_numpy(),
                "Right, by money back": frame["hit_cash"].to_numpy(),
                "Successes missed, by money back": frame["false_kill_cash"].to_numpy(),
                "Right, by forecast": frame["hit_forecast"].to_numpy(),
                "Successes missed, by forecast": frame["false_kill_forecast"].to_numpy(),
            }
        ),
        formats=_FORMATS,
        title="Money back comes late: early verdicts miss later successes" if unseen else "Early verdicts were right",
        caption="Would we have known?",
        note=(
            f"n = {numbers.plural(int(judged.sum()), 'initiative')} judged at {seen.so_far.shape[1] - 1} quarters, "
            f"{int(seen.killed[judged].sum())} of them stopped before; each quarter with what was known then; read a "
            "hit rate against the share of later successes."
        ),
        alt=(
            "Two lines, the share of later successes recognised by money already back and by the forecast: "
            f"{_both(frame, 0)} after {frame.index[0]}, {_both(frame, -1)} after {frame.index[-1]} quarters."
        ),
        measures=(
            Measure(
                name="successes_unseen_after_one_quarter",
                value=unseen,
                unit="share",
                n=successes,
                low=low,
                high=high,
                reason="" if unseen is not None else "no initiative has yet turned out to pay",
            ),
        ),
        by_quarter=frame,
        unseen=unseen,
        low=low,
        high=high,
        successes=successes,
        drawable=successes > 0,
    )


def brier(chances: np.ndarray, outcomes: np.ndarray) -> float:
    """Mean squared distance of forecast chances from what happened; 0.25 is a coin.

    >>> brier(np.array([1.0, 0.5]), np.array([True, False]))
    0.125
    """
    return float(((chances - outcomes) ** 2).mean())


def _both(frame: pd.DataFrame, place: int) -> str:
    row = frame.iloc[place]
    return f"{numbers.percent(float(row['seen_by_cash']))} and {numbers.percent(float(row['seen_by_forecast']))}"


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else math.nan


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
