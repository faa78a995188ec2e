"""Ties between customers who order: are both ends alike, do orders follow orders, what is left among alike moments."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Measure, unknown
from scrm_helpers.network.forest.by_chance import beside_draws
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.intervals import fisher_interval

LEAST_TIES = 20
LEAST_MOMENTS = 30
MOST_SIGNS = 20_000_000  # held at once


@dataclass(frozen=True)
class TiedOrders:
    """Referrer and referred customer of every credited referral, with the days on which everybody ordered."""

    one: np.ndarray  # position of the referrer in the customers table, per tie
    other: np.ndarray  # position of the customer referred
    cascade: np.ndarray  # cascade of the tie: ties of one cascade are not independent
    joined: np.ndarray  # day on which each customer joined, days since 1970
    start: np.ndarray  # where the orders of each customer begin in `day`
    day: np.ndarray  # days of the orders, ascending within each customer
    end: int  # last day observed

    def early_orders(self, days: int = 180) -> np.ndarray:
        """Count the orders in the first `days` days of everybody observed that long; missing for the others."""
        early = self.count(np.arange(len(self.joined)), self.joined, self.joined + days - 1)
        return np.where(self.end - self.joined + 1 >= days, early, np.nan)

    def count(self, person: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Count the orders of each person from day `first` to day `last`, both counted."""
        base = int(self.day.min(initial=0)) - 1
        width = int(max(self.end, self.day.max(initial=0), last.max(initial=0))) - base + 2
        owner = np.repeat(np.arange(len(self.joined)), np.diff(self.start))
        key = owner * width + (self.day - base)
        low = np.searchsorted(key, person * width + np.maximum(first - base, 0))
        return np.searchsorted(key, person * width + np.maximum(last - base, 0), side="right") - low

    def only(self, keep: np.ndarray) -> "TiedOrders":
        """Return the ties for which `keep` is true."""
        return replace(self, one=self.one[keep], other=self.other[keep], cascade=self.cascade[keep])


def tied_orders(
    forest: Forest, customers: pd.DataFrame, transactions: pd.DataFrame, as_of: str | pd.Timestamp
) -> TiedOrders:
    """Collect the orders of everybody and the ties between customers; refunds are no orders."""
    n = len(customers)
    ids = pd.Index(customers["customer_id"])
    end = int(_days(pd.Series([pd.Timestamp(as_of)]))[0])
    bought = transactions[transactions["amount"] > 0]
    who, day = ids.get_indexer(pd.Index(bought["customer_id"])), _days(bought["ordered_on"])
    kept = (who >= 0) & (day <= end)
    who, day = who[kept], day[kept]
    tie = forest.referrer < n
    return TiedOrders(
        one=forest.referrer[tie].astype(np.int64),
        other=forest.child[tie].astype(np.int64),
        cascade=forest.root[forest.child[tie]].astype(np.int64),
        joined=_days(customers["joined_on"]),
        start=np.concatenate([[0], np.cumsum(np.bincount(who, minlength=n))]),
        day=day[np.lexsort((day, who))],
        end=end,
    )


def _days(column: pd.Series) -> np.ndarray:
    return column.to_numpy().astype("datetime64[D]").astype(np.int64)


def alikeness(
    ties: TiedOrders, group: np.ndarray, permutations: int = 999, seed: int = 1
) -> tuple[Measure, Chance | None]:
    """Correlate how often both ends of a tie ordered in their first 180 days, beside other ends dealt within groups."""
    from scipy.stats import rankdata

    orders = ties.early_orders()
    known = ~(np.isnan(orders[ties.one]) | np.isnan(orders[ties.other]))
    one, other, group = orders[ties.one][known], orders[ties.other][known], group[known]
    n = len(one)
    if n < LEAST_TIES:
        return unknown("alike", "ratio", f"only {n} ties, {LEAST_TIES} are needed", n), None
    order = np.argsort(group, kind="stable")
    first, second, group = rankdata(one)[order], rankdata(other)[order], group[order]
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return unknown("alike", "ratio", "everybody orders equally often", n), None
    first, second = ((ranks - ranks.mean()) / ranks.std() for ranks in (first, second))
    found, rng = float((first * second).mean()), np.random.default_rng(seed)
    dealt = (second[np.lexsort((rng.random(n), group))] for _ in range(permutations))
    how = "other ends dealt among people who joined in the same year"
    chance = beside_draws(found, ((first * drawn).mean() for drawn in dealt), how)
    low, high = fisher_interval(found, (1 - found**2) * np.sqrt((1 + found**2 / 2) / (n - 3)))
    return Measure(name="alike", value=found, unit="ratio", n=n, low=low, high=high), chance


def turned_around(window: int) -> Chance:
    """Say what no influence would give."""
    return Chance(0.0, f"time turned around: as many orders in the {window} days before as after")


def following(ties: TiedOrders, window: int = 14, permutations: int = 1999, seed: int = 1) -> tuple[Measure, Chance]:
    """Compare the orders of a referred customer in the days after an order of the referrer with the days before."""
    tie, place = _each(ties.start[ties.one + 1] - ties.start[ties.one])
    moment, other = ties.day[ties.start[ties.one[tie]] + place], ties.other[tie]
    inside = (moment - window > ties.joined[other]) & (moment + window <= ties.end)
    tie, moment, other = tie[inside], moment[inside], other[inside]
    n = len(moment)
    if n < LEAST_MOMENTS:
        reason = f"only {n} orders with both windows, {LEAST_MOMENTS} are needed"
        return unknown("extra_orders", "ratio", reason, n), turned_around(window)
    after = ties.count(other, moment + 1, moment + window)
    before = ties.count(other, moment - window, moment - 1)
    _, cascade = np.unique(ties.cascade[tie], return_inverse=True)
    extra = np.bincount(cascade, weights=after - before)
    size = np.bincount(cascade).astype(float)
    value = float(extra.sum() / n)
    turns = min(permutations, max(199, MOST_SIGNS // len(extra)))
    signs = np.ones((turns + 1, len(extra)))  # the first row leaves every sign as it is
    signs[1:] = np.random.default_rng(seed).choice([-1.0, 1.0], (turns, len(extra)))
    spread = float(np.sqrt(((extra - value * size) ** 2).sum())) / n
    low, high = (_limit(extra, size, signs, value, side * spread) for side in (-1, 1))
    found = Measure(name="extra_orders", value=value, unit="ratio", n=n, low=low, high=high)
    return found, replace(turned_around(window), p=_turned(extra, size, signs))


def _each(number: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """List the items of owners who have so many each: the owner, and the place among those of the owner."""
    owner = np.repeat(np.arange(len(number)), number)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)


def _turned(extra: np.ndarray, size: np.ndarray, signs: np.ndarray) -> float:
    """Return the p-value of the mean of `extra` per `size`, studentised, against the same with its signs turned."""
    total, cross = (signs @ np.stack([extra, extra * size], axis=1)).T
    mean = total / size.sum()
    spread = (extra @ extra) - 2 * mean * cross + mean**2 * (size @ size)
    score = np.abs(total / np.sqrt(np.maximum(spread, 1e-12)))
    return np.count_nonzero(score >= score[0] - 1e-9) / len(signs)


def _limit(extra: np.ndarray, size: np.ndarray, signs: np.ndarray, value: float, step: float) -> float:
    """Find the end of the interval on the side of `step`: the last mean that the test does not reject."""
    if step == 0:
        return value
    inside, outside = value, value + 2 * step
    while _turned(extra - outside * size, size, signs) > 0.05 and abs(outside - value) < 50 * abs(step):
        inside, outside = outside, outside + 2 * step
    for _ in range(12):
        middle = (inside + outside) / 2
        left = _turned(extra - middle * size, size, signs) > 0.05
        inside, outside = (middle, outside) if left else (inside, middle)
    return (inside + outside) / 2


def matched_periods(
    ties: TiedOrders, group: np.ndarray, window: int = 14, *, draws: int = 200, seed: int = 1
) -> tuple[Measure, float | None]:
    """Set orders after an order of the referrer against moments alike before (whole cascades drawn); also unmatched."""
    from scipy.stats import t

    # the time in which both were customers, after three windows, in periods
    begin = np.maximum(ties.joined[ties.one], ties.joined[ties.other]) + 3 * window
    tie, place = _each(np.maximum((ties.end - begin + 1) // window, 0))
    if not len(tie):
        return unknown("matched_ratio", "ratio", "no tie was observed long enough", 0), None
    first, one, other = begin[tie] + window * place, ties.one[tie], ties.other[tie]
    exposed = ties.count(one, first - window, first - 1) > 0
    ordered = ties.count(other, first, first + window - 1) > 0
    recent = np.minimum(ties.count(other, first - 3 * window, first - 1), 2)
    whole = np.minimum(ties.count(other, ties.joined[other], first - 1), 9) // 2
    age = np.minimum((first - ties.joined[other]) // 182, 3)
    alike = np.stack([group[tie], first // 91, recent, whole, age])  # the second is the season
    cell = 2 * np.unique(alike, axis=1, return_inverse=True)[1].ravel() + exposed
    plain, chance = ordered[exposed], ordered[~exposed]
    naive = float(plain.mean() / chance.mean()) if len(plain) and chance.any() else None
    ratio, matches, hits = _pooled(cell, ordered, np.ones(len(cell)))
    if ratio is None or matches < LEAST_MOMENTS or hits < 5:
        reason = f"only {matches} periods found a match, with {hits} orders"
        return unknown("matched_ratio", "ratio", reason, matches), naive
    _, cascade = np.unique(ties.cascade[tie], return_inverse=True)
    groups = int(cascade.max()) + 1
    rng = np.random.default_rng(seed)
    weights = (rng.multinomial(groups, np.full(groups, 1 / groups)).astype(float) for _ in range(draws))
    logs = [np.log(drawn) for weight in weights if (drawn := _pooled(cell, ordered, weight[cascade])[0])]
    half = float(t.ppf(0.975, max(groups - 1, 1))) * float(np.std(logs, ddof=1)) if len(logs) > draws // 2 else np.inf
    low, high = float(ratio * np.exp(-half)), float(ratio * np.exp(half))
    return Measure(name="matched_ratio", value=ratio, unit="ratio", n=matches, low=low, high=high), naive


def _pooled(cell: np.ndarray, ordered: np.ndarray, weight: np.ndarray) -> tuple[float | None, int, int]:
    """Return the Mantel-Haenszel risk ratio, and the exposed periods and orders in strata with a match."""
    cells = 2 * (int(cell.max()) // 2 + 1)  # of each stratum those not exposed, then those exposed
    size = np.bincount(cell, weights=weight, minlength=cells).reshape(-1, 2)
    hit = np.bincount(cell, weights=weight * ordered, minlength=cells).reshape(-1, 2)
    both = (size > 0).all(axis=1)
    size, hit = size[both], hit[both]
    total = size.sum(axis=1)
    up, down = (hit[:, 1] * size[:, 0] / total).sum(), (hit[:, 0] * size[:, 1] / total).sum()
    return (float(up / down) if down > 0 else None), int(size[:, 1].sum()), int(hit[:, 1].sum())


def e_value(low: float, high: float) -> float:
    """Say how strong an unseen common cause must be, as a risk ratio, to move an interval so that it holds one."""
    if low <= 1 <= high:
        return 1.0
    near = low if low > 1 else 1 / high
    return float(near + np.sqrt(near * (near - 1)))
