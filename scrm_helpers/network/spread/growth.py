"""Does referral grow by itself: customers brought per customer, by generation, all given the same time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.resample import percentile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 20  # people of a generation below which its coefficient is not given
MANY = 2000  # cascades from which on the normal interval is as good as resampling
Z = 1.959963984540054
DAY = 86_400_000_000.0  # microseconds
HEADS = {
    "generation": "Generation",
    "people": "Customers",
    "brought": "Brought so far",
    "ripe": "With the whole window",
    "brought_in_window": "Brought in the window",
    "coefficient": "Per customer",
    "low": "95% range low",
    "high": "95% range high",
}


@dataclass(frozen=True, kw_only=True)
class Growth(Answer):
    """The viral coefficient, customers brought per customer within a window, of all and by generation."""

    ABSENT = "How many customers a customer brings cannot be computed: {reason}."

    coefficient: Measure = unknown("viral_coefficient", "ratio")
    cycle: Measure = unknown("referral_cycle_days", "days")  # until those who bring somebody first do
    generations: pd.DataFrame = field(default_factory=pd.DataFrame)
    window_days: int = 365

    @property
    def drawable(self) -> bool:
        """Whether one generation is large enough: many small ones can be only together."""
        return not self.reason and bool(self.generations["coefficient"].notna().any())

    def words(self) -> Words:
        """How many customers a hundred bring, and what that says of growth."""
        low, high = self.coefficient.ends
        hundred = [numbers.count(100 * share) for share in (self.coefficient.value or 0.0, low, high)]
        window = f"{self.window_days} days"
        verdict = (
            "referral grows by itself."
            if low >= 1
            else "whether referral grows by itself cannot be said."
            if high >= 1
            else f"that adds to growth. Whether referral would go on by itself cannot be said from {window}, because "
            "customers go on bringing others after them."
        )
        if self.cycle.value is not None:
            days = numbers.count(self.cycle.value)
            verdict += f" Those who bring somebody do so first after {days} days (median)."
        shown = self.generations[self.generations["people"] > 0]
        table = shown.assign(generation=[_name(number) for number in shown["generation"]])[[*HEADS]]
        bars = [
            f"{_name(row['generation'])} {numbers.decimal(row['coefficient'])}, range {numbers.decimal(row['low'])} to "
            f"{numbers.decimal(row['high'])}"
            for row in shown[shown["coefficient"].notna()].head(5).to_dict("records")
        ]
        counts, shares = [*HEADS.values()][1:5], [*HEADS.values()][5:]
        return Words(
            sentence=(
                f"One hundred customers bring {hundred[0]} others within {window} (95% range {hundred[1]} to "
                f"{hundred[2]}): {verdict}"
            ),
            table=table.rename(columns=HEADS),
            formats=dict.fromkeys(counts, "count") | dict.fromkeys(shares, "decimal2"),
            title=f"One hundred customers bring {hundred[0]} others within {window}",
            caption="Customers brought per customer, by generation",
            note=(
                f"n = {numbers.plural(self.coefficient.n or 0, 'customer')} who joined {window} ago or earlier; "
                f"generations with fewer than {FEWEST} of them are not drawn. Lines: 95% intervals, by whole cascades."
            ),
            alt=f"Bars of customers brought per customer: {'; '.join(bars)}.",
        )

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
    forest: Forest, customers: pd.DataFrame, terms: Terms, *, window_days: int = 365, draws: int = 2000
) -> Growth:
    """Count customers brought per customer within the same time for everybody, generation by generation.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    terms : Terms
        Day of the report and seed. Customers who joined less than `window_days` before that day are not counted: their
        time is not over.
    window_days : int
        Days after joining within which a referred customer must have joined.
    draws : int
        Number of resamples of the interval.

    Returns
    -------
    Growth

    Notes
    -----
    The coefficient ``K`` is a mean over people with the whole window, so recent generations are not understated. People
    go on bringing others after the window: from 1 on referral grows by itself, but below 1 nothing follows about where
    it ends. The interval resamples whole cascades (bootstrap, studentised; the normal interval from 2,000 cascades on),
    because people of one cascade are alike.
    """
    joined = customers.set_index("customer_id")["joined_on"].reindex(forest.people).to_numpy().astype("datetime64[us]")
    below = np.flatnonzero(forest.parent >= 0)
    above = forest.parent[below]
    days = (joined[below] - joined[above]).astype(np.float64) / DAY
    ripe = (np.datetime64(terms.as_of, "us") - joined).astype(np.float64) / DAY >= window_days
    counted = ripe[above] & (days >= 0) & (days <= window_days)
    brought = np.bincount(above[counted], minlength=len(forest)).astype(float)
    soonest = np.full(len(forest), np.inf)
    np.minimum.at(soonest, above[counted], days[counted])
    rng = np.random.default_rng(terms.seed)
    rows = []
    for generation in range(int(forest.generation.max(initial=0)) + 1):
        people = (forest.generation == generation) & forest.is_customer
        rows.append({"generation": generation} | _row(forest, people, ripe, brought, rng, draws))
    table = pd.DataFrame(rows)
    whole = _row(forest, forest.is_customer, ripe, brought, rng, draws)
    cycle = soonest[np.isfinite(soonest)]
    k, ripe_people = whole["coefficient"], int(whole["ripe"])
    if forest.unseen or np.isnan(k):
        few = f"only {numbers.plural(ripe_people, 'customer')} joined {window_days} days ago or earlier"
        reason = forest.unseen or few
        coefficient = unknown("viral_coefficient", "ratio", reason, ripe_people)
        return Growth(reason=reason, coefficient=coefficient, generations=table)
    few = f"fewer than {FEWEST} customers brought somebody within the window"
    return Growth(
        coefficient=Measure(
            name="viral_coefficient", value=k, unit="ratio", n=ripe_people, low=whole["low"], high=whole["high"]
        ),
        cycle=Measure(name="referral_cycle_days", value=float(np.median(cycle)), unit="days", n=len(cycle))
        if len(cycle) >= FEWEST
        else unknown("referral_cycle_days", "days", few, len(cycle)),
        generations=table,
        window_days=window_days,
    )


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
