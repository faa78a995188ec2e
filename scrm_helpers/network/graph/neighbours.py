"""Three looks at tied customers: are they alike, do orders follow orders, and what is left among matched moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scrm_helpers.network.graph.tie_graph import TiedOrders

LEAST_TIES = 20
LEAST_MOMENTS = 30


@dataclass(frozen=True)
class Estimate:
    """One number with its interval and test, or the reason why there is none."""

    value: float | None  # estimate and 95 % interval
    low: float | None  # estimate and 95 % interval
    high: float | None  # estimate and 95 % interval
    p: float | None  # two-sided p-value against no relation
    n: int  # ties or moments it rests on
    reason: str = ""  # why the number is missing


def alikeness(ties: TiedOrders, group: np.ndarray, permutations: int = 999, seed: int = 1) -> Estimate:
    """Correlate how often both ends of a tie ordered in their first 180 days, against ties drawn within groups."""
    from scipy.stats import rankdata

    orders = ties.early_orders()
    known = ~(np.isnan(orders[ties.one]) | np.isnan(orders[ties.other]))
    one, other, group = orders[ties.one][known], orders[ties.other][known], group[known]
    n = len(one)
    if n < LEAST_TIES:
        return Estimate(None, None, None, None, n, f"only {n} ties, {LEAST_TIES} are needed")
    first, second = rankdata(one), rankdata(other)
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return Estimate(None, None, None, None, n, "everybody orders equally often")
    found = float(np.corrcoef(first, second)[0, 1])
    rng = np.random.default_rng(seed)
    order = np.argsort(group, kind="stable")
    first, second, group = first[order], second[order], group[order]
    first = (first - first.mean()) / first.std()
    chance = np.empty(permutations)
    for turn in range(permutations):
        shuffled = second[np.lexsort((rng.random(n), group))]
        chance[turn] = (first * (shuffled - second.mean())).mean() / second.std()
    centre = chance.mean()
    p = (1 + np.count_nonzero(np.abs(chance - centre) >= abs(found - centre) - 1e-12)) / (permutations + 1)
    half = 1.96 * np.sqrt((1 + found**2 / 2) / (n - 3))
    middle = np.arctanh(np.clip(found, -0.999999, 0.999999))
    return Estimate(found, float(np.tanh(middle - half)), float(np.tanh(middle + half)), float(p), n)


def following(ties: TiedOrders, window: int = 14, permutations: int = 1999, seed: int = 1) -> Estimate:
    """Compare the orders of a referred customer in the days after an order of the referrer with the days before."""
    tie, moment = _moments(ties)
    other = ties.other[tie]
    inside = (moment - window > ties.joined[other]) & (moment + window <= ties.end)
    tie, moment, other = tie[inside], moment[inside], other[inside]
    n = len(moment)
    if n < LEAST_MOMENTS:
        return Estimate(None, None, None, None, n, f"only {n} orders with both windows, {LEAST_MOMENTS} are needed")
    after = ties.count(other, moment + 1, moment + window)
    before = ties.count(other, moment - window, moment - 1)
    _, cascade = np.unique(ties.cascade[tie], return_inverse=True)
    extra = np.bincount(cascade, weights=after - before)
    size = np.bincount(cascade).astype(float)
    value = float(extra.sum() / n)
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (permutations, len(extra)))
    spread = float(np.sqrt(((extra - value * size) ** 2).sum())) / n
    low, high = (_limit(extra, size, signs, value, side * spread) for side in (-1, 1))
    return Estimate(value, low, high, _turned(extra, size, signs), n)


@dataclass(frozen=True)
class Matched:
    """Orders of referred customers in periods after an order of the referrer, against other periods."""

    naive: float | None
    matched: float | None
    low: float | None  # 95 % interval of the matched ratio, whole cascades resampled, normal on the log scale
    high: float | None  # 95 % interval of the matched ratio, whole cascades resampled, normal on the log scale
    robustness: float | None
    exposed: int  # periods after an order of the referrer that found a match
    reason: str = ""  # why the numbers are missing


def matched_periods(
    ties: TiedOrders, group: np.ndarray, window: int = 14, *, draws: int = 200, seed: int = 1
) -> Matched:
    """Estimate what an order of the referrer goes with, among moments that were alike before it."""
    from scipy.stats import t

    tie, first = _periods(ties, window)
    if not len(tie):
        return Matched(None, None, None, None, None, 0, "no tie was observed long enough")
    one, other = ties.one[tie], ties.other[tie]
    exposed = ties.count(one, first - window, first - 1) > 0
    ordered = ties.count(other, first, first + window - 1) > 0
    recent = np.minimum(ties.count(other, first - 3 * window, first - 1), 2)
    whole = np.minimum(ties.count(other, ties.joined[other], first - 1), 9) // 2
    season = first // 91
    age = np.minimum((first - ties.joined[other]) // 182, 3)
    strata = np.unique(np.stack([group[tie], season, recent, whole, age]), axis=1, return_inverse=True)[1].ravel()
    cell = 2 * strata + exposed
    cells = 2 * (int(strata.max()) + 1)
    naive = _ratio(ordered[exposed], ordered[~exposed])
    ratio, matches, hits = _pooled(cell, ordered, np.ones(len(cell)), cells)
    if ratio is None or matches < LEAST_MOMENTS or hits < 5:
        reason = f"only {matches} periods found a match, with {hits} orders"
        return Matched(naive, None, None, None, None, matches, reason)
    _, cascade = np.unique(ties.cascade[tie], return_inverse=True)
    groups = int(cascade.max()) + 1
    rng = np.random.default_rng(seed)
    logs = []
    for _ in range(draws):
        weight = rng.multinomial(groups, np.full(groups, 1 / groups)).astype(float)[cascade]
        again = _pooled(cell, ordered, weight, cells)[0]
        if again:
            logs.append(np.log(again))
    half = float(t.ppf(0.975, max(groups - 1, 1))) * float(np.std(logs, ddof=1)) if len(logs) > draws // 2 else np.inf
    low, high = float(ratio * np.exp(-half)), float(ratio * np.exp(half))
    return Matched(naive, ratio, low, high, e_value(low, high), matches)


def _pooled(cell: np.ndarray, ordered: np.ndarray, weight: np.ndarray, cells: int) -> tuple[float | None, int, int]:
    """Return the Mantel-Haenszel risk ratio, and the exposed periods and orders in strata with a match."""
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


def _moments(ties: TiedOrders) -> tuple[np.ndarray, np.ndarray]:
    """Return every order of every referrer: the tie and the day."""
    length = ties.start[ties.one + 1] - ties.start[ties.one]
    tie = np.repeat(np.arange(len(ties.one)), length)
    offset = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length, length)
    return tie, ties.day[ties.start[ties.one[tie]] + offset]


def _periods(ties: TiedOrders, window: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut the time in which both were customers, after three windows, into periods: the tie and the first day."""
    begin = np.maximum(ties.joined[ties.one], ties.joined[ties.other]) + 3 * window
    number = np.maximum((ties.end - begin + 1) // window, 0)
    tie = np.repeat(np.arange(len(ties.one)), number)
    place = np.arange(number.sum()) - np.repeat(np.cumsum(number) - number, number)
    return tie, begin[tie] + window * place


def _turned(extra: np.ndarray, size: np.ndarray, signs: np.ndarray) -> float:
    """Return the p-value of the mean of `extra` per `size` against the same with its signs turned."""
    turns = signs @ np.stack([extra, extra * size], axis=1)
    observed = np.abs(_statistic(np.array([extra.sum(), (extra * size).sum()]), extra, size))
    return float((1 + np.count_nonzero(np.abs(_statistic(turns, extra, size)) >= observed - 1e-9)) / (len(signs) + 1))


def _statistic(sums: np.ndarray, extra: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return the mean over its standard error, from the sums of `extra` and of `extra * size` with any signs."""
    total, cross = sums[..., 0], sums[..., 1]
    mean = total / size.sum()
    spread = (extra @ extra) - 2 * mean * cross + mean**2 * (size @ size)
    return total / np.sqrt(np.maximum(spread, 1e-12))


def _limit(extra: np.ndarray, size: np.ndarray, signs: np.ndarray, value: float, step: float) -> float:
    """Find the end of the interval on the side of `step`: the last mean that the test does not reject."""
    if step == 0:
        return value
    inside, outside = value, value + 2 * step
    while _turned(extra - outside * size, size, signs) > 0.05 and abs(outside - value) < 50 * abs(step):
        inside, outside = outside, outside + 2 * step
    for _ in range(12):
        middle = (inside + outside) / 2
        if _turned(extra - middle * size, size, signs) > 0.05:
            inside = middle
        else:
            outside = middle
    return (inside + outside) / 2


def _ratio(one: np.ndarray, other: np.ndarray) -> float | None:
    return float(one.mean() / other.mean()) if len(one) and len(other) and other.any() else None
