"""How much of the value the best customers hold, beside chance, and whether they are the same ones next year."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers, style, unknown
from scrm_helpers.stats.chance import SIDES, beside_chance, ratio_bootstrap_t
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.matrix.whale import running_share

YEAR = 365


def top_share(values: np.ndarray, share: float = 0.2) -> float:
    """Return what the best customers hold of the sum."""
    ordered = np.sort(np.asarray(values, float))[::-1]
    whole, part = divmod(share * len(ordered), 1)
    edge = part * ordered[int(whole)] if part > 1e-9 and whole < len(ordered) else 0.0
    return float((ordered[: int(whole)].sum() + edge) / ordered.sum())


@dataclass(frozen=True)
class FirstYear:
    """The first year of everybody who had one: each customer's money in it, and the amounts of all orders in it."""

    values: pd.Series
    amounts: np.ndarray
    buyers: int  # customers with an order in it


def first_year(transactions: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp) -> FirstYear:
    """Give everybody as much time: what was bought in the first year after joining, by customers who had one."""
    joined = customers.set_index("customer_id")["joined_on"].dt.normalize()
    joined = joined[joined + pd.Timedelta(days=YEAR) <= as_of]
    kept = Orders.of(transactions).kept_rows(as_of)
    since = (kept["ordered_on"] - joined.reindex(kept["customer_id"]).to_numpy()).dt.days
    kept = kept[since < YEAR]  # an order before joining belongs to it
    values = kept.groupby("customer_id")["amount"].sum().reindex(joined.index, fill_value=0.0)
    return FirstYear(values, kept["amount"].to_numpy(float), kept["customer_id"].nunique())


def held_by_chance(equal: FirstYear, draws: int, seed: int) -> Chance:
    """Leave every buyer one order, as without it they were none; the further ones find a buyer by chance."""
    rng, n, amounts = np.random.default_rng(seed), equal.buyers, np.maximum(equal.amounts, 0.0)
    whose, held = np.arange(len(amounts)), []
    for _ in range(min(draws, max(20, 20_000_000 // len(amounts)))):
        whose[n:] = rng.integers(0, n, len(amounts) - n)
        held.append(top_share(np.bincount(whose, rng.permutation(amounts), len(equal.values))))
    low, high = np.quantile(held, [0.025, 0.975])
    how = "an order for every buyer, the further ones given to buyers by chance"
    return Chance(float(np.mean(held)), how, float(low), float(high))


PUBLISHED = (
    ("22 packaged-goods categories", 0.73, "Kim, Singh and Winer 2017"),
    ("339 public companies, no packaged goods", 0.67, "McCarthy and Winer 2019"),
    ("of them without subscriptions", 0.68, "McCarthy and Winer 2019"),
    ("of them with subscriptions", 0.59, "McCarthy and Winer 2019"),
    ("brands, one year", 0.60, "Sharp, Romaniuk and Graham"),
)
FEWEST = 5  # customers with a value
BEST = {0.01: "Best 1% of customers", 0.1: "Best 10%", 0.2: "Best 20%"}


class Concentration(Answer):
    """Shares of the best customers, Gini coefficient and the Lorenz curve of one measure of value."""

    ABSENT = "{reason}."
    OFFERS = ("figure", "table")

    top_20: Measure = unknown("top_20_share", "share")
    gini: Measure | None = None
    first_year: Measure | None = None  # what the best fifth held of the first year after joining
    chance: Chance | None = None  # what they would have held of it had every order found its customer by chance
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)  # of the best 1, 10 and 20 %, with ranges
    curve: np.ndarray = field(default_factory=lambda: np.array([]))
    measure: str = "sales"  # what the values are
    below: int = 0  # customers below zero, who count as zero

    @property
    def beside_published(self) -> Words:
        """The share of the best 20 % beside what studies have published."""
        rows = [(f"This company, {self.measure}", self.top_20.value, "these data"), *PUBLISHED]
        return Words(
            sentence="The published shares differ with the length of the window and with whether people who bought "
            "nothing count; compare directions, not decimals.",
            table=pd.DataFrame(rows, columns=["Where", "Best 20% hold", "Source"]),
            caption="The best 20% of customers, here and in the literature",
            formats={"Best 20% hold": "percent"},
        )

    @property
    def _name(self) -> str:
        return f"{self.measure.replace(' ', '_').lower()}_held_by_best_fifth"

    def claimed(self) -> tuple[Claim, ...]:
        tested = "each customer's first year after joining" if self.chance else "what each customer brought to date"
        return (Claim(name=self._name, tested=tested, estimate=self.first_year or self.top_20, chance=self.chance),)

    def _equal(self) -> str:
        """Say what the best hold where everybody had as much time, beside what chance alone would give them."""
        year, chance = self.first_year, self.chance
        if year is None or chance is None:
            return ""
        who = numbers.plural(year.n or 0, "customer has", "customers have")
        held = f"{numbers.percent(year.value)} ({numbers.span(year, numbers.percent)})"
        return (
            f" In the first year after joining, which {who} behind them, the best 20% held {held}; had every order "
            f"after a buyer's first found its customer by chance, {chance.written(numbers.percent)}: "
            f"{SIDES[self.tested(self._name).direction]}."
        )

    def words(self) -> Words:
        top, best = numbers.percent(self.top_20.value), numbers.percent(self.shares["Share"].iloc[0])
        span = numbers.span(self.top_20, numbers.percent)
        unequal = self.gini and f"{numbers.decimal(self.gini.value)} ({numbers.span(self.gini, numbers.decimal)})"
        below = "; customers below zero count as zero" if self.below else ""  # of how many another place tells
        compared = "published studies find 59% to 73%, so 80/20 is no law"
        if self.measure != "sales":
            compared = "published studies of sales find 59% to 73%, and profit is usually held by fewer"
        return Words(
            sentence=f"The best 20% of customers hold {top} of {self.measure} to date (95% range {span}); {compared}."
            + self._equal(),
            table=self.shares,
            title=f"One customer in five holds {top} of {self.measure} to date"
            + (f", {numbers.percent(self.first_year.value)} where all had a year" if self.first_year else ""),
            caption=f"Spread of {self.measure} over customers",
            note=f"n = {numbers.plural(self.top_20.n or 0, 'customer')}; Gini coefficient {unequal}{below}; ranges by "
            "resampling customers",
            alt=f"Lorenz curve with the best customers first: the best 20% hold {top} of {self.measure}, the best 1% "
            f"{best}.",
            formats=dict.fromkeys(["Share", "95% range low", "95% range high"], "percent"),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax)
        people = np.linspace(0, 1, len(self.curve))
        axes.plot(people, people, color=style.GREY, linewidth=0.9, linestyle=":")
        style.beside(axes, "if all were equal", (0.7, 0.7), (6, -12), color=style.GREY)
        axes.plot(people, self.curve, color=style.BLUE, linewidth=1.8)
        top = self.top_20.value or 0.0
        axes.plot([0.2, 0.2], [0, top], color=style.ORANGE, linewidth=1)
        axes.plot([0.2], [top], marker="o", color=style.ORANGE, markersize=6)
        label = f"the best 20% hold {numbers.percent(top)}"
        style.beside(axes, label, (0.2, top), (9, -12), size=9, color=style.ORANGE)
        axes.set(xlim=(0, 1), ylim=(0, 1.02))
        return style.labelled(axes, "Customers, by value, highest first", f"Share of all {self.measure}", percent="xy")


def gini(values: np.ndarray) -> float:
    """Return the Gini coefficient of values of 0 or more, of which one is above."""
    ordered = np.sort(np.asarray(values, float))
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def concentration_of(
    values: pd.Series, *, measure: str = "sales", equal: FirstYear | None = None, draws: int = 400, seed: int = 20260930
) -> Concentration:
    """Measure how much of the value the best customers hold.

    Parameters
    ----------
    values : one value per customer, in currency; those below 0 count as 0 in the curve, which is said
    measure : what the values are, in words
    equal : the same with as much time for everybody, set beside what chance would give
    draws, seed : resamples of the customers behind the ranges

    Returns
    -------
    Concentration
    """
    known = values.dropna().to_numpy(float)
    held = np.sort(np.maximum(known, 0.0))[::-1]
    n, names = len(held), [f"{measure.replace(' ', '_').lower()}_{what}" for what in ("top_20_share", "gini")]
    few = "there are fewer than five customers with a value, or no value at all"
    why = values.attrs.get("unknown", "") or (few if n < FEWEST or held.sum() <= 0 else "")
    if why:
        reason = f"The concentration of {measure} cannot be given: {why}"
        return Concentration(reason=reason, top_20=unknown(names[0], "share", why), measure=measure)
    *shares, unequal = ranges_of_shares(held, draws, seed)
    rows = [(BEST[share], top_share(held, share), *span) for share, span in zip(BEST, shares, strict=True)]
    _, top, low, high = rows[-1]
    year = chance = None
    if equal is not None and equal.amounts.sum() > 0 and len(equal.values) >= FEWEST:
        held_then = np.sort(np.maximum(equal.values.to_numpy(float), 0.0))[::-1]
        ends = ranges_of_shares(held_then, draws, seed)[-2]
        year = Measure(
            name=f"{names[0]}_first_year", value=top_share(held_then), unit="share", n=len(held_then), low=ends[0],
            high=ends[1], population="customers who joined a year ago or before", window="each one's first year",
        )  # fmt: skip
        chance = held_by_chance(equal, draws, seed)
    return Concentration(
        population="customers",
        window="all orders to date",
        top_20=Measure(name=names[0], value=top, unit="share", n=n, low=low, high=high),
        first_year=year,
        chance=chance,
        gini=Measure(name=names[1], value=gini(held), unit="ratio", n=n, low=unequal[0], high=unequal[1]),
        shares=pd.DataFrame(rows, columns=["Of all " + measure, "Share", "95% range low", "95% range high"]),
        curve=running_share(held),
        measure=measure,
        below=int((known < 0).sum()),
    )


def ranges_of_shares(ordered: np.ndarray, draws: int, seed: int) -> list[tuple[float, float]]:
    """Return 95 % ranges of what the best hold, and of the Gini coefficient, by resampling customers."""
    # Weights on the sorted values spare a sort per draw, which scipy's bootstrap would need
    rng = np.random.default_rng(seed)
    n, found = len(ordered), []
    for _ in range(min(draws, max(20, 20_000_000 // n))):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)
        people, money = np.cumsum(weight) / n, np.cumsum(weight * ordered)
        if money[-1] <= 0:  # nobody with any value was drawn, so there is nothing to have a share of
            continue
        money = money / money[-1]
        below = np.concatenate([[0.0], money])
        found.append([*np.interp(list(BEST), people, money), (weight / n) @ (below[1:] + below[:-1]) - 1])
    low, high = np.quantile(found, [0.025, 0.975], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


class Persistence(Answer):
    """What last year's best customers hold of this year."""

    ABSENT = "Whether the best stay the best cannot be said: {reason}."

    now: Measure = unknown("top_20_share_next_period", "share")
    then: float = 0.0  # what they held in the first year
    fresh: float = 0.0  # what the best of the second year hold
    still: float = 0.0  # share of the first best who still buy
    chance: Chance | None = None  # what as many customers of the same age would hold

    TESTED = "the best fifth of one year beside other customers of the same age, in the next year"
    CLAIMS = (Claim(name="best_stay_best", tested=TESTED, estimate=now),)

    def words(self) -> Words:
        beside = ""
        if self.chance is not None:
            side = SIDES[self.tested("best_stay_best").direction]
            beside = f"; as many of the same age would by chance hold {numbers.percent(self.chance.value)}: {side}"
        rows = {
            "Best 20% of the first year, then": self.then,
            "The same customers, one period later": self.now.value,
            "Best 20% of the second year, picked anew": self.fresh,
            "Of the first best, still buying": self.still,
        }
        return Words(
            sentence=f"The best 20% of those who bought in the first year held {numbers.percent(self.then)} in it and "
            f"{numbers.percent(self.now.value)} in the second{beside}.",
            table=pd.DataFrame({"Share held": list(rows), "Figure": list(rows.values())}),
            caption="Do the best customers stay the best? The same people in two years",
            note=f"n = {numbers.plural(self.now.n or 0, 'customer')} of the first year; customers won later are left "
            "out",
            formats={"Figure": "percent"},
        )


def persistence(transactions: pd.DataFrame, as_of: pd.Timestamp) -> Persistence:
    """Ask what the best customers of the year before last hold of the last year.

    Parameters
    ----------
    transactions, as_of : ``customer_id``, ``ordered_on``, ``amount``; last day of the two years

    Returns
    -------
    Persistence

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": list("aabbcde"), "amount": [8.0, 2, 1, 4, 1, 2, 2],
    ...     "ordered_on": pd.to_datetime(["2025-06-01", "2026-06-01"] * 2 + ["2025-06-01"] * 3)})
    >>> persistence(orders, pd.Timestamp("2026-12-31")).sentence
    'The best 20% of those who bought in the first year held 57% in it and 33% in the second.'
    """
    kept, year, end = Orders.of(transactions).kept_rows(as_of), pd.DateOffset(years=1), pd.Timestamp(as_of)
    when = kept["ordered_on"]
    years = (kept[(when > last - year) & (when <= last)] for last in (end - year, end))
    first, second = (rows.groupby("customer_id")["amount"].sum() for rows in years)
    first = first.clip(lower=0)  # alone picks the best: the fall of their share is the regression a ranking carries
    later = second.reindex(first.index).fillna(0.0).clip(lower=0)
    if first.sum() <= 0 or later.sum() <= 0:
        return Persistence(reason="one of the two periods has no value")
    best = first.nlargest(max(round(0.2 * len(first)), 1)).index
    among = pd.Series(first.index.isin(best), first.index)
    held = ratio_bootstrap_t(later * among, later)
    alike = beside_chance(among, later, kept.groupby("customer_id")["ordered_on"].min().reindex(first.index))
    return Persistence(
        population="customers who bought in the first of two years",
        window=f"the two years up to {end:%Y-%m-%d}",
        window_to=end.date(),
        now=held.measure("top_20_share_next_period", "share"),
        chance=alike[1] if alike else None,
        then=float(first[best].sum() / first.sum()),
        fresh=top_share(later.to_numpy()),
        still=float(later[best].gt(0).mean()),
    )
