"""Looking back: what was believed in each quarter, and when the right verdict could first be seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.initiatives.hindsight.realisation import against, case_spread, exact_share
from scrm_helpers.initiatives.ledger.flows import CLOCK, Ledger, filled, last_quarter, newest, read_ledger
from scrm_helpers.initiatives.plan.streams import discount_factors

CLAIM = 0.9  # nine times out of ten you have to look back (post 000)


@dataclass(frozen=True)
class Beliefs:
    """What the ledger said at the end of each quarter since the start of each initiative."""

    names: tuple[str, ...]
    so_far: np.ndarray  # discounted net value that was booked
    expected: np.ndarray  # and that was expected at the horizon
    final: np.ndarray
    ripe: np.ndarray  # past the horizon
    killed: np.ndarray  # stopped before it
    spread: np.ndarray

    @property
    def horizon(self) -> int:
        """Quarters at which the verdict is final."""
        return self.so_far.shape[1] - 1


def beliefs(initiatives: pd.DataFrame, ledger: pd.DataFrame, terms: Terms, horizon: int, hourly_rate: float) -> Beliefs:
    """Replay the ledger quarter by quarter, each time with the vintages known then."""
    day, running = terms.as_of, initiatives.drop(columns=["ended_on"], errors="ignore")
    factor = discount_factors(terms.discount_rate, horizon + 1)

    def read(table: pd.DataFrame, day: pd.Timestamp, *, free: bool = False) -> Ledger:
        return read_ledger(table, ledger, replace(terms, as_of=day), hourly_rate=hourly_rate, free=free)

    def net(then: Ledger) -> np.ndarray:
        grid = (then.benefit() - then.cost("economic"))[:, : horizon + 1]
        return np.pad(grid, ((0, 0), (0, horizon + 1 - grid.shape[1]))) * factor

    today = read(initiatives, day)
    so_far, expected = np.full((2, len(today.ids), horizon + 1), np.nan)
    started = pd.to_datetime(initiatives["started_on"]).dt.to_period("Q")
    for quarter in pd.period_range(started.min(), last_quarter(day), freq="Q"):
        then = read(running, quarter.end_time.normalize(), free=True)
        known, age = net(then), then.booked_until
        at = np.flatnonzero((age >= 0) & (age <= np.minimum(horizon, today.booked_until)))
        so_far[at, age[at]] = known.cumsum(axis=1)[at, age[at]]
        expected[at, age[at]] = known[at].sum(axis=1)
    final = net(read(running, day)).sum(axis=1)
    table = initiatives.set_index(initiatives["initiative_id"].astype(str)).reindex(list(today.ids))
    table = table.reindex(columns=["started_on", "ended_on"]).apply(pd.to_datetime)
    start, end = (table[name].dt.to_period("Q").astype("int64").to_numpy() for name in table)
    rows = newest(filled(ledger), day)
    last = rows[rows["booked"]].groupby("initiative_id")["quarter"].max().astype("int64")
    booked = last.reindex(table.index).to_numpy(dtype=float, na_value=np.nan) - start
    booked = np.where(np.isnan(booked), -1, booked).astype(int)  # nothing booked yet
    ended = np.where(table["ended_on"].notna(), end - start, math.inf)
    killed = (ended < horizon) & (booked < np.minimum(today.booked_until, horizon))
    for place in np.flatnonzero(killed).tolist():
        hoped = max(int(booked[place]) - 1, 0)
        expected[place, hoped + 1 :], so_far[place, booked[place] + 1 :] = np.nan, np.nan
        final[place] = expected[place, hoped]
    spread = pd.Series(case_spread(initiatives), dtype=float).reindex(list(today.ids)).to_numpy()
    return Beliefs(today.names, so_far, expected, final, today.booked_until >= horizon, killed, spread)


HEADS = {
    "n": "Judged",
    "base": "Later successes",
    "hit_cash": "Right, by money back",
    "false_kill_cash": "Successes missed, by money back",
    "hit_forecast": "Right, by forecast",
    "false_kill_forecast": "Successes missed, by forecast",
    "brier": "Brier score, forecast",
}
SINCE = "Quarters since the start"


class LookingBack(Answer):
    """Hit rates by quarter for two rules, and the test of "nine times out of ten"."""

    OFFERS = ("figure", "table")

    unseen: Measure = unknown("successes_unseen_after_one_quarter", "share")
    by_quarter: pd.DataFrame = field(default_factory=pd.DataFrame)
    judged: int = 0
    stopped: int = 0  # of them, before the horizon
    horizon: int = 0
    lost: tuple[str, ...] = ()  # stopped while the last forecast was above zero
    right_for_good: str = ""  # median quarter from which the forecast stayed right

    @property
    def drawable(self) -> bool:
        """Whether an initiative has turned out to pay."""
        return self.unseen.value is not None

    def claimed(self) -> tuple[Claim, ...]:
        tested = f"of those that pay at {self.horizon} quarters, the ones not paid back at the end of quarter 1"
        return (Claim(tested=tested, estimate=self.unseen, chance=Chance(CLAIM, "nine times out of ten (post 000)")),)

    def words(self) -> Words:
        frame, n, one = self.by_quarter, self.unseen.n or 0, "had not" if self.unseen.value else "had"
        text = "Nine times out of ten cannot be tested: no initiative has yet turned out to pay."
        if self.unseen.value is not None:
            before, sure = f" ({self.stopped} of them stopped before)" if self.stopped else "", "nine times out of ten"
            share = f"{numbers.percent(self.unseen.value)}, 95% range {numbers.span(self.unseen, numbers.percent)}"
            hidden = f"{round(self.unseen.value * n)} of {n} had not shown it after one quarter ({share})"
            text = (
                f"Of {numbers.plural(self.judged, 'initiative')} judged at {self.horizon} quarters{before} {n} "
                f"{f'pay; {hidden}' if n > 1 else f'pays and {one} shown it after one quarter'}: "
                f"{against(self.tested(self.unseen.name), sure, 'initiative')}."
            )
        if self.lost:
            text += f" Stopped while the last forecast was above zero: {', '.join(self.lost)}."
        late = round((1 - (self.unseen.value or 0)) * n)
        both = frame[["seen_by_cash", "seen_by_forecast"]].map(numbers.percent).agg(" and ".join, axis=1)
        return Words(
            sentence=text,
            table=frame[[*HEADS]].rename(columns=HEADS).rename_axis(SINCE).reset_index(),
            formats=dict.fromkeys(HEADS.values(), "percent")
            | {SINCE: "count", HEADS["n"]: "count", HEADS["brier"]: "decimal"},
            title=f"Of {n} initiatives that pay, {late or 'none'} had shown it after one quarter"
            if n != 1
            else f"The one initiative that pays {one} shown it after one quarter",
            caption="Would we have known?",
            note=f"n = {numbers.plural(self.judged, 'initiative')} judged at {self.horizon} quarters, {self.stopped} "
            f"of them stopped before; {CLOCK}; each quarter with what was known then; read a hit rate against the "
            "share of later successes, a Brier score against 0.25 for a coin; by forecast the verdict was right for "
            f"good from quarter {self.right_for_good} on (median).",
            alt="Two lines, the share of later successes recognised by money already back and by the forecast: "
            f"{both.iloc[0]} after {frame.index[0]}, {both.iloc[-1]} after {frame.index[-1]} quarters.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        frame = self.by_quarter
        cash, forecast = "money is back already", "forecast for the horizon"
        ax.plot(frame.index, frame["seen_by_cash"], "s-", color=style.ORANGE, markersize=6, label=cash)
        ax.plot(frame.index, frame["seen_by_forecast"], "D--", color=style.BLUE, markersize=6, label=forecast)
        ax.set_xticks(list(frame.index))
        ax.set_ylim(-0.04, 1.06)
        ax.grid(axis="y")
        return style.labelled(ax, "Quarters since the start", "Later successes recognised", percent="y", legend=2)


def look_back(
    initiatives: pd.DataFrame, ledger: pd.DataFrame, terms: Terms, *, horizon: int = 8, hourly_rate: float = 35.0
) -> LookingBack:
    """Compare the verdicts of every quarter, each with what was known then, with the verdict at the horizon.

    Parameters
    ----------
    initiatives, ledger, terms : both tables; day, currency and discount rate
    horizon, hourly_rate : quarters at which the verdict is final; loaded cost of an hour

    Returns
    -------
    LookingBack

    Notes
    -----
    Rules: *cash* (discounted net so far above zero) and *forecast* (expected net at the horizon above zero). Tested on
    the later successes: the share not recognised by cash after one quarter. Judged are initiatives past the horizon,
    or stopped before it, these on the last forecast before their stop.
    """
    return hit_rates(beliefs(initiatives, ledger, terms, horizon, hourly_rate))


def hit_rates(seen: Beliefs, *, quarters: Sequence[int] = (1, 2, 4, 6, 8)) -> LookingBack:
    """Compare what was believed in each quarter with what came."""
    judged = seen.ripe | seen.killed
    final, so_far, expected = (part[judged] for part in (seen.final, seen.so_far, seen.expected))
    ahead = np.sqrt((seen.horizon - np.arange(seen.horizon + 1)) / seen.horizon)  # by which the spread left shrinks
    rows = {}
    for quarter in [q for q in quarters if q <= seen.horizon]:
        known = np.isfinite(so_far[:, quarter]) & np.isfinite(expected[:, quarter])
        row = {"n": float(known.sum())}
        for rule, grid in (("cash", so_far), ("forecast", expected)):
            says, truth = grid[known, quarter] > 0, final[known] > 0
            parts = {"base": truth, f"hit_{rule}": says == truth}
            parts |= {f"seen_by_{rule}": says[truth], f"false_kill_{rule}": ~says[truth]}
            row |= {name: pd.Series(part).mean() for name, part in parts.items()}
        row["brier"] = brier(expected[:, quarter], seen.spread[judged] * ahead[quarter], final)
        rows[quarter] = row
    wrong = np.isfinite(expected) & ((expected > 0) != (final > 0)[:, None])
    first_right = (wrong * np.arange(1, seen.horizon + 2)).max(axis=1)  # stays right
    first = so_far[final > 0, 1]
    first = first[np.isfinite(first)]
    share = replace(LookingBack.unseen, reason="no initiative has yet turned out to pay", n=0)
    if len(first):
        share = exact_share(share.name, int((first <= 0).sum()), len(first))
    return LookingBack(
        population=f"initiatives that pay at {seen.horizon} quarters",
        window=f"quarters 0 to {seen.horizon} since each start",
        unseen=share,
        by_quarter=pd.DataFrame.from_dict(rows, orient="index"),
        judged=int(judged.sum()),
        stopped=int(seen.killed[judged].sum()),
        horizon=seen.horizon,
        lost=tuple(np.array(seen.names)[seen.killed & (seen.final > 0)]),
        right_for_good=numbers.decimal(float(np.median(first_right)), 0) if len(first_right) else "n/a",
    )


def brier(expected: np.ndarray, left: np.ndarray, final: np.ndarray) -> float:
    """Mean squared distance of the forecast chances to pay from what happened; 0.25 is a coin."""
    from scipy.stats import norm

    known = np.isfinite(expected) & (left > 0)
    chance = norm.cdf(expected[known] / left[known])
    return float(((chance - (final[known] > 0)) ** 2).mean()) if known.any() else math.nan
