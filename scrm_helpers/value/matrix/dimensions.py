"""Who is most valuable depends on the dimension: overlap of the lists, how ranks agree, whom nobody beats on all."""

from collections.abc import Iterator
from dataclasses import field
from itertools import combinations

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, counted, measure_name, numbers, style, unknown
from scrm_helpers.stats.chance import age_groups, beside_chance
from scrm_helpers.stats.intervals import fisher_interval
from scrm_helpers.value.matrix.whale import told_apart

PART, CHANCE = "Also best by own value", "By chance, same age"
COLUMNS = ["List", "People on it", PART, CHANCE, "Chance from", "Chance to"]
LABELS = {"crv": "referral value", "civ": "influence value", "ckv": "knowledge value", "sdv": "support value"}
DIMENSIONS = {"clv": "own value", **LABELS}
WINDOW = "own value of the coming months; the others to date"
WEAK = 0.3  # rank correlation below which two lists name mostly other people


class Overlap(Answer):
    """Share of each list that is also on the list by own value."""

    ABSENT = "The lists cannot be compared: {reason}."

    shares: tuple[Measure, ...] = (unknown("overlap_referral_value", "share"),)
    overlaps: pd.DataFrame = field(default_factory=pd.DataFrame)
    share: float = 0.2  # of the customers that are the best
    n: int = 0

    def claimed(self) -> Iterator[Claim]:
        tested = "who is on the list by own value and on this one, beside chance among customers of the same age"
        for measure, row in zip(self.shares, self.overlaps.to_dict("records") or [{}], strict=True):
            name, chance = f"misses_{measure.name.removeprefix('overlap_')}", None
            if row.get(CHANCE, np.nan) >= 0:
                chance = Chance(row[CHANCE], "values shuffled within age", row["Chance from"], row["Chance to"])
            yield Claim(name=name, tested=tested, estimate=measure, chance=chance)

    def words(self) -> Words:
        title, sentence = self._missed()
        written = self.overlaps[[PART, CHANCE]].map(numbers.percent)
        lists = (self.overlaps["List"] + " " + written[PART] + ", by chance " + written[CHANCE]).tolist()
        return Words(
            sentence=sentence,
            table=self.overlaps,
            title=title,
            caption=f"The best by each dimension and the best {self.share:.0%} by own lifetime value",
            note=f"n = {numbers.plural(self.n, 'customer')}; orange: 95% of shuffles among customers of "
            f"the same age, {numbers.plural(len(lists), 'list')} together; n/a: too few people on the list",
            alt=f"Bars of the share of each list that is also among the best by own value: {', '.join(lists)}.",
            formats={"People on it": "count"} | dict.fromkeys(COLUMNS[2:], "percent"),
        )

    def _missed(self) -> tuple[str, str]:
        """Claim that a list by own value misses people only where it misses more than chance gives at one age."""
        known = self.overlaps.dropna(subset=CHANCE)
        if known.empty:
            few = "Whether a list by own value misses more people than chance would cannot be said"
            return few, f"{few}: too few people are on the other lists."
        shown = {claim.estimate.name for claim in self._claims if claim.direction < 0}  # missed more than chance would
        rows = known.to_dict("records")
        row = min(rows, key=lambda one: (_overlap(one["List"]) not in shown, one[PART] - one[CHANCE]))
        missed = f"{numbers.percent(1 - row[PART])} of the best by {row['List']} are not among the best "
        missed += f"{self.share:.0%} by own value"
        chance = Chance(1 - row[CHANCE], "", 1 - row["Chance to"], 1 - row["Chance from"])
        among = f"chance among customers of the same age would miss {chance.written(numbers.percent)}"
        if _overlap(row["List"]) in shown:
            title = f"A list by own value misses more of the best by {row['List']} than chance would"
            return title, f"{missed}; {among}."
        title = "That a list by own value misses more of the others than chance does cannot be shown"
        return title, f"{missed}, but {among}: that the list misses more is not shown."

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax, height=0.9 + 0.5 * len(self.overlaps))
        shown = self.overlaps[::-1]
        axes.barh(shown["List"], shown[PART], color=style.BLUE, height=0.6)
        for row, (part, end) in enumerate(zip(shown[PART], shown[[PART, "Chance to"]].max(axis=1), strict=True)):
            style.beside(axes, numbers.percent(part), (end, row), (4, 0), va="center", size=9)
        axes.hlines(np.arange(len(shown)), shown["Chance from"], shown["Chance to"], color=style.ORANGE, linewidth=2)
        axes.annotate(
            "orange: by chance, customers of the same age", (0.99, 1.0), xycoords="axes fraction", size=8,
            color=style.ORANGE, ha="right", va="bottom",
        )  # fmt: skip
        far = 1.25 * float(shown[[PART, "Chance to"]].max().max())
        axes.set(ylim=(-0.6, len(shown) - 0.2), xlim=(0, min(1.0, max(2 * self.share, far))))
        axes.xaxis.set_major_formatter(lambda part, _: f"{100 * part:.0f}%")
        axes.set_xlabel(f"Of the best by this dimension, also among the best {self.share:.0%} by own value")
        axes.tick_params(axis="y", length=0)
        return axes


def _overlap(label: str) -> str:
    return f"overlap_{label.replace(' ', '_')}"


def overlap_at(value: pd.DataFrame, share: float = 0.2, min_group: int = 5) -> Overlap:
    """Ask how many of the best by each dimension are also the best by own lifetime value.

    Parameters
    ----------
    value : the value table; with ``joined_on`` beside chance among customers of one age
    share : share of the customers on the list by own value, 0-1; the other lists are as long, if so many have any value
    min_group : lists of fewer people are not shown

    Returns
    -------
    Overlap
    """
    customers = value[value["is_customer"].astype(bool) & value["clv"].notna()]
    if not told_apart(customers["clv"]):  # a list by a value that is the same for everybody is no list
        same = "own value is the same for everybody"
        return Overlap(reason=same if len(customers) else "nobody's own value is known")
    longest = max(round(share * len(customers)), 1)
    best = customers["clv"].nlargest(longest).index
    others = [name for name in LABELS if name in customers and (customers[name] > 0).sum() >= min_group]
    rows = []
    for name in others:
        listed = customers.loc[customers[name] > 0, name].nlargest(longest).index
        chance = None
        if "joined_on" in customers:
            own, other = (pd.Series(customers.index.isin(people), customers.index) for people in (best, listed))
            chance = beside_chance(own, other, customers["joined_on"], looks=len(others))
        among = (np.nan,) * 3 if chance is None else (chance[1].value, chance[1].low, chance[1].high)
        rows.append((LABELS[name], len(listed), len(listed.intersection(best)) / len(listed), *among))
    if not rows:
        return Overlap(reason=f"fewer than {min_group} customers are known to have any other value")
    return Overlap(
        population=f"customers; the best {share:.0%} by each value",
        window=WINDOW,
        shares=tuple(counted(_overlap(label), part, size, "share") for label, size, part, *_ in rows),
        overlaps=pd.DataFrame(rows, columns=COLUMNS),
        share=share,
        n=len(customers),
    )


class DimensionsTogether(Answer):
    """Rank correlations between the dimensions of value."""

    ABSENT = "Whether the dimensions of value go together cannot be said: {reason}."
    OFFERS = ("figure", "table")

    strongest: Measure = unknown("strongest_rank_correlation", "ratio")
    closest: str = ""  # the pair with the strongest correlation
    pairs: pd.DataFrame = field(default_factory=pd.DataFrame)
    correlations: pd.DataFrame = field(default_factory=pd.DataFrame)  # square, one row and column per dimension
    by_age: bool = False  # ranks among customers of the same age

    def claimed(self) -> Iterator[Claim]:
        if self.pairs.empty:
            yield Claim(name="go_together", tested="ranks by each two dimensions of value", estimate=self.strongest)
        for pair, r, low, high in self.pairs.to_numpy().tolist():
            tested = f"ranks by {pair}{', within age' if self.by_age else ''}; ranges for all pairs together"
            name, n = measure_name("together", pair), self.strongest.n
            measure = Measure(name=name, value=r, unit="ratio", n=n, low=low, high=high)
            yield Claim(tested=tested, estimate=measure, chance=Chance(0.0, "no relation"))

    def words(self) -> Words:
        r, n = self.strongest.value or 0.0, self.strongest.n or 0
        sides = [claim.direction for claim in self._claims]
        weak, written = self.pairs.iloc[:, 2:].abs().to_numpy().max() < WEAK, numbers.decimal(r)
        title = "No two dimensions of value can be shown to go together or against each other"
        sentence = f"{title}."
        if any(sides):
            how = "go together most" if r > 0 else "run against each other most"
            title = f"{self.closest.capitalize()} {how}: rank correlation {written}"
            most = f"{self.closest} ({written}, {numbers.span(self.strongest, numbers.decimal)})"
            sentence = f"Of {numbers.plural(len(self.pairs), 'pair')} of dimensions {sides.count(1) or 'none'} can be "
            sentence += f"shown to go together and {sides.count(-1) or 'none'} to run against each other; "
            sentence += f"the strongest relation is that of {most}."
            sentence += " None is close enough for one list to stand for another." if weak else ""
        if weak:
            title = f"Each dimension names other people: no rank correlation beyond {numbers.decimal(WEAK, 1)}"
        return Words(
            sentence=sentence,
            table=self.pairs,
            title=title,
            caption="Rank correlations between the dimensions of value",
            note=f"n = {numbers.plural(n, 'customer')}; Spearman"
            f"{', ranks among customers of the same age' if self.by_age else ''}; "
            f"{numbers.percent(self.strongest.level)} ranges for all pairs together.",
            alt=f"Heatmap of {numbers.plural(len(self.pairs), 'rank correlation')} between {len(self.correlations)} "
            f"dimensions of value; the strongest is {written}, between {self.closest}.",
            formats=dict.fromkeys(["Rank correlation", "Range from", "Range to"], "decimal"),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        import seaborn as sns

        lower = self.correlations.iloc[1:, :-1]
        hidden = np.triu(np.ones(lower.shape, dtype=bool), k=1)
        written = lower.map(numbers.decimal)
        ax = style.axes_for(ax, height=1.2 + 0.5 * len(lower))
        colours = sns.light_palette(style.BLUE, as_cmap=True)
        sns.heatmap(
            lower.abs(), mask=hidden, annot=written, fmt="", cmap=colours, vmin=0, vmax=1, cbar=False, ax=ax,
            linewidths=2, linecolor="white",
        )  # fmt: skip
        ax.tick_params(length=0)
        ax.set_yticks(ax.get_yticks(), lower.index, rotation=0)
        return ax


def dimensions_together(value: pd.DataFrame) -> DimensionsTogether:
    """Correlate the dimensions of value by rank, over the customers.

    Spearman's coefficient with ties; its error is ``sqrt((1 + r^2 / 2) / (n - 3))`` on Fisher's scale (Bonett and
    Wright 2000, Psychometrika 65(1)), at a level divided by the number of pairs (Bonferroni).

    Parameters
    ----------
    value : the value table; with ``joined_on`` people are ranked among customers who had as much time for everything

    Returns
    -------
    DimensionsTogether
    """
    name = "strongest_rank_correlation"
    customers = value[value["is_customer"].astype(bool)]
    known = [name for name in DIMENSIONS if name in customers and customers[name].min() < customers[name].max()]
    n = int(customers[known].notna().all(axis=1).sum()) if known else 0
    if len(known) < 2 or n < 5:
        few = f"only {numbers.plural(n, 'customer has', 'customers have')} them all"
        reason = "fewer than two dimensions vary" if len(known) < 2 else few
        return DimensionsTogether(reason=reason, strongest=unknown(name, "ratio", reason, n))
    complete = customers.dropna(subset=known)
    ages = age_groups(complete["joined_on"]) if "joined_on" in complete else np.zeros(n, dtype=int)
    ranks = complete[known].groupby(ages).rank()
    centred = ranks - ranks.groupby(ages).transform("mean")
    found = centred.corr().fillna(0.0)
    rows, free, together = [], max(n - int(ages.max()), 4), list(combinations(known, 2))
    for first, second in together:  # all ranges together at 95 %
        r = float(found.loc[first, second])  # type: ignore[arg-type]
        error = (1 - r**2) * np.sqrt((1 + r**2 / 2) / (free - 3))
        ends = fisher_interval(r, error, 1 - 0.05 / len(together))
        rows.append((f"{DIMENSIONS[first]} and {DIMENSIONS[second]}", r, *ends))
    pairs = pd.DataFrame(rows, columns=["Pair", "Rank correlation", "Range from", "Range to"])
    closest, r, low, high = pairs.iloc[int(pairs["Rank correlation"].abs().to_numpy().argmax())]
    return DimensionsTogether(
        population="customers who have every value",
        window=WINDOW,
        strongest=Measure(name=name, value=float(r), unit="ratio", n=n, low=float(low), high=float(high)),
        closest=closest,
        pairs=pairs,
        correlations=found.rename(index=DIMENSIONS, columns=DIMENSIONS),
        by_age=bool(ages.any()),
    )


class ValuableSet(Answer):
    """Size of the Pareto front, and how many of it are also the best by own value."""

    ABSENT = "Who is beaten by nobody cannot be said, because {reason}."

    front: Measure = unknown("pareto_front_people", "count")
    own: float = 0.0  # share of as long a list by own value that is on the front
    fewest: int = 0  # people of whom something may be told
    dimensions: tuple[str, ...] = ()

    CLAIMS = (Claim(name="beaten_by_nobody", tested="everybody on all dimensions of value", estimate=front),)

    def words(self) -> Words:
        front = int(self.front.value or 0)
        lists = {"Nobody beats them on all dimensions": front, "Best by own value, among them": round(self.own * front)}
        few = 0 < lists["Best by own value, among them"] < self.fewest
        return Words(
            sentence=f"{numbers.plural(front, 'person is', 'people are')} beaten by nobody on all of "
            f"{len(self.dimensions)} dimensions"
            + ("." if few else f"; {numbers.percent(self.own)} of as long a list by own value are among them."),
            table=pd.DataFrame(list(lists.items())[: 1 if few else 2], columns=["List", "People"]),
            caption="The most valuable people are a set, not a list",
            note=f"Dimensions: {', '.join(self.dimensions)}; n = "
            f"{numbers.plural(self.front.n or 0, 'person', 'people')}",
            formats={"People": "count"},
        )


def pareto_front(values: np.ndarray) -> np.ndarray:
    """Find the rows that no other row beats or equals on all columns with one better."""
    left = np.nan_to_num(np.asarray(values, float))
    place, front = np.arange(len(left)), np.zeros(len(left), bool)
    while len(left):
        top = left[np.argmax(left.sum(axis=1))]
        equal = (left == top).all(axis=1)
        front[place[equal]] = True
        stay = ~equal & (left > top).any(axis=1)
        left, place = left[stay], place[stay]
    return front


def valuable_set(value: pd.DataFrame, *, min_group: int) -> ValuableSet:
    """Describe the people who are most valuable on some mix of dimensions.

    Parameters
    ----------
    value, min_group : the value table, and people of whom something may be told

    Returns
    -------
    ValuableSet
    """
    names = [name for name in DIMENSIONS if name in value and value[name].notna().any()]
    if "clv" not in names or len(names) < 2:
        alone = "own purchases are the only dimension known, so those of the highest own value are the most valuable"
        reason = alone if names == ["clv"] else "nobody's own value is known"
        return ValuableSet(reason=reason, front=unknown("pareto_front_people", "count", reason, len(value)))
    values = value[names].fillna(0.0).to_numpy(float)
    front = pareto_front(values)
    return ValuableSet(
        population="people of the value table",
        window=WINDOW,
        front=counted("pareto_front_people", front.sum(), len(value)),
        own=float(front[np.argsort(-values[:, 0], kind="stable")[: front.sum()]].mean()),
        fewest=min_group,
        dimensions=tuple(DIMENSIONS[name] for name in names),
    )
