"""Does referral grow by itself: customers brought per customer, by generation, all given the same time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.resample import percentile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 20  # people of a generation below which its coefficient is not given
MANY = 2000  # cascades from which on the normal interval is as good as resampling
Z = 1.959963984540054
DAY = 86_400_000_000.0  # microseconds


@dataclass(frozen=True, kw_only=True)
class Growth(Result):
    """The viral coefficient by generation."""

    generations: pd.DataFrame
    coefficient: float | None  # customers brought per customer within the window, all generations
    cycle_days: float | None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the coefficient of each generation with its interval; at 1 every customer would replace themselves."""
        shown = self.generations[self.generations["coefficient"].notna()]
        ax = style.axes_for(ax, height=0.9 + 0.45 * len(shown))
        place = np.arange(len(shown))
        ax.barh(place, shown["coefficient"], 0.55, color=style.BLUE)
        ax.hlines(place, shown["low"], shown["high"], color="black", linewidth=1.2)
        for where, row in zip(place.tolist(), shown.to_dict("records"), strict=True):
            ax.text(row["high"], where, f"  {numbers.decimal(row['coefficient'])}", va="center", size=8.5)
        labels = [f"{_name(row['generation'])} (n = {row['ripe']:,})" for row in shown.to_dict("records")]
        ax.set_yticks(place, labels)
        ax.invert_yaxis()
        ax.set_xlabel("Customers brought per customer")
        right = 1.15 * (float(shown["high"].max()) or 1.0)
        ax.set_xlim(0, right)
        if right > 1:
            ax.axvline(1, color=style.ORANGE, linewidth=1, linestyle=(0, (4, 3)))
            ax.text(1, -0.45, " every customer brings one", color=style.ORANGE, va="bottom", size=8)
        ax.tick_params(length=0)
        return ax


def viral_growth(
    forest: Forest,
    customers: pd.DataFrame,
    as_of: str | pd.Timestamp,
    *,
    window_days: int = 365,
    seed: int = 1,
    draws: int = 2000,
) -> Growth:
    """Count customers brought per customer within the same time for everybody, generation by generation.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    as_of : str or Timestamp
        Day of the report. Customers who joined less than `window_days` before are not counted: their time is not over.
    window_days : int
        Days after joining within which a referred customer must have joined.
    seed, draws : int
        Seed and number of resamples of the interval.

    Returns
    -------
    Growth

    Notes
    -----
    The coefficient ``K`` is a mean over people with the whole window, so recent generations are not understated. People
    go on bringing others after the window: from 1 on referral grows by itself, but below 1 nothing follows about where
    it ends. The interval resamples
    whole cascades (bootstrap, studentised; the normal interval from 2,000 cascades on), because people of one
    cascade are alike.
    """
    when = pd.Timestamp(as_of)
    joined = customers.set_index("customer_id")["joined_on"].reindex(forest.people).to_numpy().astype("datetime64[us]")
    below = np.flatnonzero(forest.parent >= 0)
    above = forest.parent[below]
    days = (joined[below] - joined[above]).astype(np.float64) / DAY
    ripe = (np.datetime64(when, "us") - joined).astype(np.float64) / DAY >= window_days
    counted = ripe[above] & (days >= 0) & (days <= window_days)
    brought = np.bincount(above[counted], minlength=len(forest)).astype(float)
    soonest = np.full(len(forest), np.inf)
    np.minimum.at(soonest, above[counted], days[counted])
    rng = np.random.default_rng(seed)
    rows = []
    for generation in range(int(forest.generation.max(initial=0)) + 1):
        people = (forest.generation == generation) & forest.is_customer
        rows.append({"generation": generation} | _row(forest, people, ripe, brought, rng, draws))
    table = pd.DataFrame(rows)
    whole = _row(forest, forest.is_customer, ripe, brought, rng, draws)
    cycle = soonest[np.isfinite(soonest)]
    cycle_days = float(np.median(cycle)) if len(cycle) >= FEWEST else None
    if forest.unseen:
        whole["coefficient"] = np.nan
    return _worded(table, whole, cycle_days, len(cycle), window_days, forest.unseen)


def _row(
    forest: Forest, people: np.ndarray, ripe: np.ndarray, brought: np.ndarray, rng: np.random.Generator, draws: int
) -> dict[str, float]:
    counted = np.flatnonzero(people & ripe)
    children = np.bincount(forest.parent[forest.parent >= 0], minlength=len(forest))
    row: dict[str, float] = {
        "people": int(people.sum()),
        "brought": int(children[people].sum()),
        "ripe": len(counted),
        "brought_in_window": int(brought[counted].sum()),
    }
    if len(counted) < FEWEST:
        return row | dict.fromkeys(("coefficient", "low", "high"), np.nan)
    low, high = _interval(forest.root[counted], brought[counted], rng, draws)
    return row | {"coefficient": float(brought[counted].mean()), "low": low, "high": high}


def _interval(cascade: np.ndarray, brought: np.ndarray, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """Return the studentised bootstrap interval of a mean, whole cascades drawn."""
    _, group = np.unique(cascade, return_inverse=True)
    total, size = np.bincount(group, weights=brought), np.bincount(group).astype(float)
    mean = total.sum() / size.sum()
    error = _error(total, size, mean)
    if error == 0:
        return mean, mean
    if len(size) >= MANY:
        return max(0.0, mean - Z * error), mean + Z * error
    count = rng.multinomial(len(size), np.full(len(size), 1 / len(size)), size=draws).astype(float)
    means = count @ total / (count @ size)
    spread = np.sqrt(np.maximum(_spread(count, total, size, means), 0)) / (count @ size)
    ratio = np.sort((means - mean)[spread > 0] / spread[spread > 0])
    lower, upper = percentile(ratio) or (-Z, Z)
    return max(0.0, mean - upper * error), mean - lower * error


def _error(total: np.ndarray, size: np.ndarray, mean: float) -> float:
    return float(np.sqrt(((total - mean * size) ** 2).sum()) / size.sum())


def _spread(count: np.ndarray, total: np.ndarray, size: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return count @ total**2 - 2 * mean * (count @ (total * size)) + mean**2 * (count @ size**2)


def _name(generation: int) -> str:
    return "came by themselves" if generation == 0 else f"generation {generation}"


def _worded(
    table: pd.DataFrame, whole: dict[str, float], cycle_days: float | None, cycles: int, window: int, unseen: str
) -> Growth:
    ripe = int(whole["ripe"])
    if np.isnan(whole["coefficient"]):
        reason = unseen or f"only {numbers.plural(ripe, 'customer')} joined {window} days ago or earlier"
        return Growth(
            sentence=f"How many customers a customer brings cannot be computed: {reason}.",
            table=pd.DataFrame(),
            drawable=False,
            measures=(Measure(name="viral_coefficient", value=None, unit="ratio", n=ripe, reason=reason),),
            generations=table,
            coefficient=None,
            cycle_days=None,
        )
    k, low, high = whole["coefficient"], whole["low"], whole["high"]
    per_hundred = [numbers.count(100 * share) for share in (k, low, high)]
    sentence = (
        f"One hundred customers bring {per_hundred[0]} others within {window} days (95% range {per_hundred[1]} to "
        f"{per_hundred[2]}): "
    )
    if low >= 1:
        sentence += "referral grows by itself."
    elif high >= 1:
        sentence += "whether referral grows by itself cannot be said."
    else:
        sentence += (
            f"that adds to growth. Whether referral would go on by itself cannot be said from {window} days, because "
            "customers go on bringing others after them."
        )
    if cycle_days is not None:
        sentence += f" Those who bring somebody do so first after {numbers.count(cycle_days)} days (median)."
    shown = table[table["people"] > 0]
    reason = f"fewer than {FEWEST} customers brought somebody within the window"
    return Growth(
        sentence=sentence,
        table=pd.DataFrame(
            {
                "Generation": [_name(number) for number in shown["generation"]],
                "Customers": shown["people"],
                "Brought so far": shown["brought"],
                "With the whole window": shown["ripe"],
                "Brought in the window": shown["brought_in_window"],
                "Per customer": shown["coefficient"],
                "95% range low": shown["low"],
                "95% range high": shown["high"],
            }
        ),
        title=f"One hundred customers bring {per_hundred[0]} others within {window} days",
        caption="Customers brought per customer, by generation",
        note=(
            f"n = {numbers.plural(ripe, 'customer')} who joined {window} days ago or earlier; generations with fewer "
            f"than {FEWEST} of them are not drawn. Lines: 95% intervals, by whole cascades."
        ),
        alt=_alt(shown),
        drawable=bool(shown["coefficient"].notna().any()),  # many small generations can be large enough together
        formats={
            "Customers": "count",
            "Brought so far": "count",
            "With the whole window": "count",
            "Brought in the window": "count",
            "Per customer": "decimal2",
            "95% range low": "decimal2",
            "95% range high": "decimal2",
        },
        measures=(
            Measure(name="viral_coefficient", value=k, unit="ratio", n=ripe, low=low, high=high),
            Measure(name="referral_cycle_days", value=cycle_days, unit="days", n=cycles)
            if cycle_days is not None
            else Measure(name="referral_cycle_days", value=None, unit="days", n=cycles, reason=reason),
        ),
        generations=table,
        coefficient=k,
        cycle_days=cycle_days,
    )


def _alt(shown: pd.DataFrame) -> str:
    given = shown[shown["coefficient"].notna()].head(5)
    parts = [
        f"{_name(row['generation'])} {numbers.decimal(row['coefficient'])}, range {numbers.decimal(row['low'])} to "
        f"{numbers.decimal(row['high'])}"
        for row in given.to_dict("records")
    ]
    return f"Bars of customers brought per customer: {'; '.join(parts)}."
