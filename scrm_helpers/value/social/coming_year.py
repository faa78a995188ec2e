"""What people will bring in the coming twelve months: how often by gamma-Poisson counts, how much by what came so far.

Own code beside statsmodels: its negative binomial takes bursts, many deeds at once and none after, for lasting habits.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

MONTHS = 12
YEAR = 31_557_600.0  # seconds
EDGES = np.array([0, 0.25, 0.5, 1, 2, 3, 5, 8, 12, np.inf])  # ages in years between which a rate may change
ENOUGH = 20  # deeds from which a rate, or what one deed brings, can be told
MANY = 1_000  # deeds from which their sum is drawn as a normal one


@dataclass(frozen=True)
class Seen:
    """From which age to which everybody was seen, in years; people of different groups act at different rates."""

    start: np.ndarray
    age: np.ndarray
    group: np.ndarray
    people: pd.Index | None = None

    @classmethod
    def between(cls, people: pd.DataFrame, since: pd.Timestamp, as_of: pd.Timestamp) -> "Seen":
        """See people (``seen_on``, ``is_customer``) from the first day of a record to its last."""
        born = people["seen_on"].fillna(since)
        start, age = (((day - born).dt.total_seconds() / YEAR).clip(lower=0.0).to_numpy() for day in (since, as_of))
        return cls(start, age, people["is_customer"].to_numpy(bool).astype(int), people.index)


def age_at(people: pd.DataFrame, who: pd.Series, when: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the place of each of `who` among people, and how old they were, in years since they were first seen."""
    place = people.index.get_indexer(pd.Index(who))
    since = when.reset_index(drop=True) - people["seen_on"].iloc[place].reset_index(drop=True)
    return place, (since.dt.total_seconds() / YEAR).fillna(0.0).clip(lower=0.0).to_numpy()


@dataclass(frozen=True)
class Deeds:
    """Who did something at which age, and what it brings until the year is over, by the month in which it falls."""

    person: np.ndarray  # place among the people
    age: np.ndarray
    worth: np.ndarray  # (deeds, 12); NaN where a deed was not seen long enough
    size: np.ndarray  # what each deed is worth in all: by this one person's deeds are told from another's


@dataclass(frozen=True)
class ComingYear:
    """What each person is expected to do and to bring in the coming year, and futures of the sums."""

    people: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=["count", "value", "low", "high"]))
    counts: np.ndarray = field(default_factory=lambda: np.zeros(0))  # of everybody, in each future
    values: np.ndarray = field(default_factory=lambda: np.zeros(0))
    reason: str = ""


@dataclass(frozen=True)
class Pace:
    """How often each person is expected to act in the coming year, and how sure that is."""

    expected: np.ndarray
    shape: np.ndarray  # of the gamma in which each person's own rate lies
    bursts: float  # variance of a year's deeds over their mean: 1 where deeds come one by one
    log_error: float  # of the sum, because rates are estimated

    def futures(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draw the sum: a negative binomial with the mean and the variance of all people's together."""
        total = float(self.expected.sum())
        if not total:  # nobody who did it before is known any more
            return np.zeros(draws)
        mean = total * np.exp(rng.normal(0, self.log_error, draws) - self.log_error**2 / 2)
        over = max(self.bursts - 1 + float((self.expected**2 / self.shape).sum()) / total, 1e-9)  # beyond Poisson
        return rng.poisson(rng.gamma(mean / over, over))


def foretell(seen: Seen, done: Deeds, seed: int, draws: int = 999) -> ComingYear:
    """Expect how often each person acts in the coming year and what that brings."""
    from scipy.special import gdtrix

    whole = int(np.isfinite(done.worth).all(axis=1).sum())
    if whole < ENOUGH:
        return ComingYear(reason=f"only {whole} of them were seen for a year, {ENOUGH} are needed")
    rng, n = np.random.default_rng(seed), len(seen.age)
    expected, shape, counts = np.zeros(n), np.ones(n), np.zeros(draws)
    for group in np.unique(seen.group[done.person]):
        mine = np.flatnonzero(seen.group == group)
        place = pd.Index(mine).get_indexer(pd.Index(done.person))
        own = place >= 0
        pace = pace_of(seen.start[mine], seen.age[mine], place[own], done.age[own])
        expected[mine], shape[mine] = pace.expected, pace.shape
        counts += pace.futures(draws, rng)
    each = expected * _own_worth(done, n)
    value = each * float(np.nanmean(done.worth, axis=0).mean())
    low, high = (value * gdtrix(1.0, shape, end) / shape for end in (0.025, 0.975))
    tilt = float(each.sum()) / max(float(expected.sum()), 1e-12)
    ends = {"low": np.minimum(low, high), "high": np.maximum(low, high)}
    people = pd.DataFrame({"count": expected, "value": value, **ends}, index=seen.people)
    return ComingYear(people, counts, tilt * _sums(counts, done.worth, rng))


def pace_of(start: np.ndarray, age: np.ndarray, person: np.ndarray, at: np.ndarray) -> Pace:
    """Fit rates by age, how far people's own rates last from year to year, and how far deeds come in bursts."""
    # Closed-form empirical Bayes: who did more than expected is expected to do more only as far as that has lasted
    edges, n = _edges(start, age, len(at)), len(age)
    seen, ahead, deeds = _within(start, age, edges), _within(age, age + 1, edges), np.zeros((n, len(edges) - 1))
    np.add.at(deeds, (person, np.searchsorted(edges, at, side="right").clip(1, len(edges) - 1) - 1), 1.0)
    total, exposure = deeds.sum(axis=0), seen.sum(axis=0)
    rate = total / np.maximum(exposure, 1e-9)
    longest = max(float((age - start).max()), 0.1)
    step = 1.0 if longest >= 2 else longest / 2  # years back from the last day, or the two halves of a shorter record
    ends = np.maximum(age[:, None] - np.arange(np.ceil(longest / step)) * step, start[:, None])
    mean = _hazard(ends, edges, rate) - _hazard(np.maximum(ends - step, start[:, None]), edges, rate)
    count = np.zeros_like(mean)
    np.add.at(count, (person, ((age[person] - at) / step).astype(int).clip(0, mean.shape[1] - 1)), 1.0)
    off = count - mean
    pairs = ((one.sum(axis=1) ** 2).sum() - (one**2).sum() for one in (off, mean))
    lasting = max(float(next(pairs) / max(next(pairs), 1e-12)), 1e-6)  # variance of own rates over their squared mean
    bursts = max(float(((off**2).sum() - lasting * (mean**2).sum()) / max(mean.sum(), 1e-12)), 1.0)
    weight = bursts / lasting + count.sum(axis=1)
    own = weight / (bursts / lasting + mean.sum(axis=1))
    expected = own * (ahead @ rate)
    slope = (own[:, None] * ahead - (expected * own / weight)[:, None] * seen).sum(axis=0) * rate
    each = ((deeds - seen * rate) / np.maximum(total, 1.0)) @ slope / max(expected.sum(), 1e-12)
    log_error = float(np.sqrt(each @ each))
    return Pace(expected, 1 / (bursts / weight + log_error**2), bursts, log_error)


def _hazard(age: np.ndarray, edges: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Return the deeds that are usual up to an age."""
    knots = np.append(edges[:-1], max(float(age.max(initial=0.0)), edges[-2]) + 1)
    return np.interp(age, knots, np.append(0.0, np.cumsum(rate * np.diff(knots))))


def _edges(start: np.ndarray, age: np.ndarray, deeds: int) -> np.ndarray:
    """Join bands of age until each would hold enough deeds if all ages had one rate."""
    usual = deeds * _within(start, age, EDGES).sum(axis=0) / max(float((age - start).sum()), 1e-9)
    kept, held = [0.0], np.concatenate([[0.0], np.cumsum(usual)])
    last = 0
    for band in range(1, len(EDGES) - 1):
        if held[band] - held[last] >= ENOUGH and held[-1] - held[band] >= ENOUGH:
            kept.append(float(EDGES[band]))
            last = band
    return np.array([*kept, np.inf])


def _within(low: np.ndarray, high: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Return the years from one age to another that fall into each band."""
    return np.diff(np.minimum(high[:, None], edges), axis=1) - np.diff(np.minimum(low[:, None], edges), axis=1)


def _own_worth(done: Deeds, people: int) -> np.ndarray:
    """Return each person's worth of a deed over everybody's, drawn to 1 by how little was seen (Buehlmann, Straub)."""
    number, mean = np.bincount(done.person, minlength=people), float(done.size.mean())
    if mean <= 0:
        return np.ones(people)
    own = np.bincount(done.person, done.size, minlength=people) / np.maximum(number, 1)
    n, acted = number[number > 0], own[number > 0]
    within = float(((done.size - own[done.person]) ** 2).sum()) / max(len(done.size) - len(n), 1)
    between = float(n @ (acted - mean) ** 2 - (len(n) - 1) * within) / max(float(n.sum() - n @ n / n.sum()), 1e-9)
    trust = number / np.maximum(number + within / between, 1e-12) if between > 0 else np.zeros(people)
    return 1 + trust * np.where(number > 0, own / mean - 1, 0.0)


def _sums(counts: np.ndarray, worth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw what so many deeds bring: spread over the months, each like one of those seen, which are a sample too."""
    if len(worth) > MANY:
        each, spread = float(np.nanmean(worth, axis=0).mean()), float(np.nanstd(worth))
        error = counts * spread / np.sqrt(len(worth)) * rng.normal(size=len(counts))
        return counts * each + error + np.sqrt(counts) * spread * rng.normal(size=len(counts))
    weights = rng.exponential(size=(len(counts), len(worth)))
    month = rng.multinomial(counts.astype(int), np.full(MONTHS, 1 / MONTHS))
    total, future = np.zeros(len(counts)), np.arange(len(counts))
    for number, column in zip(month.T, worth.T, strict=True):
        seen = np.flatnonzero(np.isfinite(column))
        chance = np.cumsum(weights[:, seen], axis=1)
        steps = (chance / chance[:, -1:] + future[:, None]).ravel()
        own = np.repeat(future, number)
        picked = np.searchsorted(steps, own + rng.random(len(own))) - own * len(seen)
        total += np.bincount(own, column[seen[np.minimum(picked, len(seen) - 1)]], minlength=len(counts))
    return total
