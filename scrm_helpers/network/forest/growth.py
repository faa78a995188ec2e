"""How fast referral spreads: customers brought per customer, and when customers first refer, by time since joining."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.intervals import normal_quantile

FEWEST = 20  # customers observed so long below which nothing is said of that time
YEAR = 365
MARKS = (30, 90, 180, YEAR, 2 * YEAR, 3 * YEAR, 4 * YEAR, 5 * YEAR)
SINCE = "from joining to the day of the report"
HEADS = ["Days since joining", "Brought per customer", "95% range low", "95% range high", "Customers observed so long"]


class Growth(Answer):
    """The viral coefficient as a curve: customers brought per customer by days since joining, as far as known."""

    ABSENT = "How many customers a customer brings cannot be computed: {reason}."

    population: str = "customers"
    window: str = SINCE
    year: Measure = unknown(f"viral_coefficient_{YEAR}d", "ratio")
    two_years: Measure = unknown(f"viral_coefficient_{2 * YEAR}d", "ratio")
    longest: Measure = unknown("viral_coefficient_longest", "ratio")  # at the end of the curve
    days: Measure = unknown("viral_coefficient_known_days", "days")  # where it ends
    per_seed: Measure = unknown("customers_per_seed", "ratio")
    cycle: Measure = unknown("referral_cycle_days", "days")  # until those who bring somebody within a year first do
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)
    ONE = Chance(1.0, "one customer brought per customer, from where on referral grows by itself")
    TESTED = "customers brought per customer, as long as enough are observed, beside one each"
    MORE = (year.name, two_years.name)
    CLAIMS = (Claim(name="referral_grows_by_itself", tested=TESTED, estimate=longest, chance=ONE, numbers=MORE),)

    def words(self) -> Words:
        def hundred(value: float | None) -> str:
            return numbers.count(None if value is None else 100 * value)

        years = ((YEAR, self.year), (2 * YEAR, self.two_years))
        known = [one for one in years if one[1].value is not None] or [(int(self.days.value or 0), self.longest)]
        said = [f"{hundred(found.value)} within {numbers.count(days)} days (95% range {numbers.span(found, hundred)})"
                for days, found in known]  # fmt: skip
        marks = self.curve[self.curve["days"].isin([*MARKS, self.days.value])]
        parts = [f"{numbers.decimal(row['brought'])} by day {row['days']}" for row in marks.to_dict("records")]
        end, half = f"{numbers.count(self.days.value)} days", numbers.count(self.cycle.value)
        slow = "referral added to growth and did not carry it alone. What they bring after that is not known."
        verdict = (
            f"whether it is one each or more, from where on referral grows by itself, is not shown by {end}.",
            f"more than one each within {end}: referral grows by itself.",
            f"fewer than one each within {end}: {slow}",
        )[self.tested("referral_grows_by_itself").direction]
        rest = f" Of those who bring somebody within a year, half do so within {half} days."
        rest = "" if self.cycle.value is None else rest
        n = numbers.plural(self.longest.n or 0, "customer")
        most, last = known[-1]
        return Words(
            sentence=f"One hundred customers bring {' and '.join(said)}; {verdict} So far there are "
            f"{numbers.decimal(self.per_seed.value)} customers for each who came without a referral.{rest}",
            table=marks.set_axis(HEADS, axis=1),
            formats=dict(zip(HEADS, ("count", "decimal2", "decimal2", "decimal2", "count"), strict=True)),
            title=f"One hundred customers bring {hundred(last.value)} others within {numbers.count(most)} days",
            caption="Customers brought per customer, by time since joining",
            note=f"n = {n}, each counted as long as observed; the curve ends where fewer than {FEWEST} are. Band: 95% "
            "interval, by whole cascades (Nelson-Aalen; Lawless and Nadeau 1995).",
            alt=f"A rising curve of customers brought per customer: {'; '.join(parts)}."[:300],
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        y = "Customers brought per customer"
        ax = risen(style.axes_for(ax, height=2.9), self.curve, "brought", y, numbers.decimal)
        if ax.get_ylim()[1] > 1:
            ax.axhline(1, color=style.ORANGE, linewidth=1, linestyle=(0, (4, 3)))
            ax.text(0, 1, " every customer brings one", color=style.ORANGE, va="bottom", size=8)
        return ax


def risen(ax: style.Axes, curve: pd.DataFrame, column: str, y: str, writer: Callable[[float], str]) -> style.Axes:
    """Draw a rising curve with its band and its last value."""
    style.band(ax, curve["days"], [curve[name] for name in (column, "low", "high")], stepped=True)
    days, last = curve[["days", column]].iloc[-1]
    style.beside(ax, f" {writer(last)}", (days, last), (0, 0), color=style.BLUE, va="center", size=9)
    ax.set(xlim=(0, days * 1.08), ylim=(0, max(float(curve["high"].max()) * 1.1, 0.02)))
    return style.labelled(ax, "Days since joining", y)


@dataclass(frozen=True)
class Arrivals:
    """Who was observed how long, and at which age they brought a customer."""

    observed: np.ndarray  # days from joining to the day of the report, per customer
    owner: np.ndarray  # position of the customer who brought somebody, per customer brought, by age
    age: np.ndarray  # days since the owner joined, ascending
    cascade: np.ndarray  # of each customer: people of one cascade are not independent

    def brought(self, days: int) -> tuple[float, np.ndarray]:
        """Return customers brought per customer by an age, and what each cascade adds to its error."""
        events = int(np.searchsorted(self.age, days, side="right"))
        owner, age, ended = self.owner[:events], self.age[:events], np.sort(self.observed)
        step = 1.0 / (len(ended) - np.searchsorted(ended, age))
        expected = np.append(0.0, np.cumsum(step**2))[np.searchsorted(age, np.minimum(self.observed, days), "right")]
        own = np.bincount(owner, step, minlength=len(self.observed)) - expected
        return float(step.sum()), np.bincount(self.cascade, own, minlength=int(self.cascade.max(initial=0)) + 1)

    def at(self, days: int, level: float) -> tuple[float, float, float, int]:
        """Return customers brought per customer by an age, the ends of its range, and customers observed so long."""
        value, parts = self.brought(days)
        there = int(np.count_nonzero(self.observed >= days))
        if not value:
            return 0.0, 0.0, -float(np.log((1 - level) / 2)) / max(there, 1), there
        wide = float(np.exp(normal_quantile(level) * np.sqrt((parts**2).sum()) / value))
        return value, value / wide, value * wide, there


def arrivals(forest: Forest, customers: pd.DataFrame, as_of: pd.Timestamp) -> Arrivals:
    """Say for every customer how long they are observed, and at which age they brought somebody as first referrer."""
    known = forest.is_customer
    joined = customers.set_index("customer_id")["joined_on"].reindex(forest.people[known]).to_numpy()
    joined = joined.astype("datetime64[D]").astype(np.int64)
    child = np.flatnonzero(known & (forest.parent >= 0) & (forest.parent < len(joined)))
    owner = forest.parent[child]
    observed = np.datetime64(as_of, "D").astype(np.int64) - joined
    age = np.clip(joined[child] - joined[owner], 0, observed[owner])
    order = np.argsort(age, kind="stable")
    return Arrivals(observed, owner[order], age[order], forest.root[known])


def viral_growth(forest: Forest, customers: pd.DataFrame, terms: Terms) -> Growth:
    """Count customers brought per customer by days since joining, everybody as long as observed.

    Parameters
    ----------
    forest, terms
    customers : pandas.DataFrame, ``customer_id``, ``joined_on``

    Returns
    -------
    Growth

    Notes
    -----
    The mean cumulative count ``K(t)``: the sum over ages up to ``t`` of customers brought at that age over customers
    observed to it (Nelson 1988). The robust variance of Lawless and Nadeau (1995) is summed over whole cascades, the
    range taken on the log scale. From 1 on referral grows by itself; below 1 nothing follows about where it ends,
    because people go on bringing others after the longest time observed.

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> people = pd.DataFrame({"customer_id": [f"c{k}" for k in range(60)], "joined_on": pd.Timestamp("2024-01-01")})
    >>> rows = pd.DataFrame({"referrer_id": ["c0", "c1", "c2"], "referred_id": ["c57", "c58", "c59"],
    ...                      "referred_on": pd.Timestamp("2024-01-01")})
    >>> viral_growth(build_forest(rows, people), people, Terms(pd.Timestamp("2026-09-30"))).year.value
    0.05
    """
    found = arrivals(forest, customers, terms.as_of)
    n, level = len(found.observed), terms.level
    end = int(np.sort(found.observed)[-FEWEST]) if n >= FEWEST else -1
    reason = forest.unseen or ("" if end > 0 else f"fewer than {FEWEST} customers are known and observed for a day")
    if reason:
        return Growth(reason=reason)
    days = np.unique([0, *(mark for mark in MARKS if mark <= end), *np.linspace(0, end, 61).astype(int)])
    curve = pd.DataFrame([found.at(int(day), level) for day in days], columns=["brought", "low", "high", "observed"])
    curve.insert(0, "days", days)

    def at(name: str, day: int) -> Measure:
        value, low, high, _ = found.at(day, level) if day <= end else (None,) * 4
        few = f"fewer than {FEWEST} customers are observed for {day} days"
        return Measure(name=name, value=value, unit="ratio", n=n, low=low, high=high, level=level, reason=few)

    seeds, none = int(np.count_nonzero(forest.parent[forest.is_customer] < 0)), "everybody was brought by somebody"
    return Growth(
        year=at(f"viral_coefficient_{YEAR}d", YEAR),
        two_years=at(f"viral_coefficient_{2 * YEAR}d", 2 * YEAR),
        longest=at("viral_coefficient_longest", end),
        days=counted("viral_coefficient_known_days", end, n, "days"),
        per_seed=counted("customers_per_seed", n / seeds if seeds else None, n, "ratio", reason=none),
        cycle=_cycle(found, level),
        curve=curve,
    )


def _cycle(found: Arrivals, level: float) -> Measure:
    """Days until those who bring somebody within a year first do, of customers observed for a year: the middle one."""
    from scipy.stats import quantile_test

    counted = (found.observed[found.owner] >= YEAR) & (found.age <= YEAR)
    first = pd.Series(found.age[counted]).groupby(found.owner[counted]).min().to_numpy(float)
    if len(first) < FEWEST:
        few = f"fewer than {FEWEST} customers brought somebody within a year"
        return unknown("referral_cycle_days", "days", few, len(first))
    middle = float(np.median(first))
    ends = quantile_test(first, q=middle, p=0.5).confidence_interval(level)
    low, high = float(ends.low), float(ends.high)
    return Measure(name="referral_cycle_days", value=middle, unit="days", n=len(first), low=low, high=high, level=level)


class TimeToRefer(Answer):
    """Share of customers who have referred, by days since joining."""

    ABSENT = "When customers first refer cannot be computed: {reason}."

    population: str = "customers"
    window: str = SINCE
    within_year: Measure = unknown("referred_within_year", "share")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # ``days``, ``share``, ``low``, ``high``
    marks: pd.DataFrame = field(default_factory=pd.DataFrame)  # the curve at round numbers of days
    referred: int = 0  # customers who have referred somebody
    median_days: float = 0.0  # half of those who referred did so within these days

    def words(self) -> Words:
        n = numbers.plural(self.within_year.n or 0, "customer")
        title, rest = f"{numbers.count(self.referred)} of {n} have referred somebody", "."
        share = self.within_year.value
        if share is not None:
            title = f"{numbers.percent(share)} of the customers refer somebody within a year of joining"
            rest = (
                f" (95% range {numbers.span(self.within_year, numbers.percent)}), whether or not the person "
                f"comes; of those who have, half did within {numbers.count(self.median_days)} days."
            )
        by_day = [f"{numbers.percent(row['share'])} by day {row['days']}" for row in self.marks.to_dict("records")]
        names = ["Days since joining", "Have referred", "95% range low", "95% range high", "Still observed"]
        return Words(
            sentence=title + rest,
            table=self.marks.set_axis(names, axis=1),
            formats=dict(zip(names, ("count", "percent", "percent", "percent", "count"), strict=True)),
            title=title,
            caption="Customers who have referred, by time since joining",
            note=f"n = {n}, {numbers.count(self.referred)} of whom referred. Band: 95% interval (Kaplan-Meier).",
            alt=f"A rising curve of the share of customers who have referred: {'; '.join(by_day)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = risen(style.axes_for(ax, height=2.9), self.curve, "share", "Have referred somebody", numbers.percent)
        return style.labelled(ax, percent="y")


def time_to_refer(referrals: pd.DataFrame, customers: pd.DataFrame, terms: Terms) -> TimeToRefer:
    """Estimate when customers first refer somebody, whether or not that person comes.

    Parameters
    ----------
    referrals : pandas.DataFrame, ``referrer_id``, ``referred_id``, ``referred_on``; self-referrals do not count
    customers : pandas.DataFrame, ``customer_id``, ``joined_on``
    terms : Terms, day of the report, until which those who have not referred are observed

    Returns
    -------
    TimeToRefer

    Notes
    -----
    Kaplan and Meier (1958), one minus the curve; interval by Greenwood's variance on the log-log scale. The curve ends
    where fewer than 20 customers are still observed. Referrals made before joining count as day 0.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["A"], "joined_on": pd.to_datetime(["2026-01-01"])})
    >>> nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    >>> time_to_refer(nobody, people, Terms(pd.Timestamp("2026-09-30"))).sentence
    'When customers first refer cannot be computed: only 1 customer is known, and 20 are needed.'
    """
    when = terms.as_of
    known = customers[customers["joined_on"] <= when].set_index("customer_id")["joined_on"]
    made = referrals[(referrals["referrer_id"] != referrals["referred_id"]) & (referrals["referred_on"] <= when)]
    first = made.groupby("referrer_id")["referred_on"].min().reindex(known.index)
    referred, n, reason = first.notna().to_numpy(), len(known), ""
    if n < FEWEST:
        reason = f"only {numbers.plural(n, 'customer is', 'customers are')} known, and {FEWEST} are needed"
    elif not referred.any():
        reason = "no customer has referred anybody yet"
    if reason:
        return TimeToRefer(reason=reason, within_year=unknown("referred_within_year", "share", reason, n))
    days = np.maximum((first.fillna(when) - known).dt.days.to_numpy(), 0)
    curve = _kaplan_meier(days, referred)
    marks = pd.DataFrame({"days": [mark for mark in MARKS if mark <= curve["days"].iloc[-1]]})
    at = np.searchsorted(curve["days"], marks["days"], side="right") - 1
    marks[["share", "low", "high"]] = curve[["share", "low", "high"]].to_numpy()[at]
    marks["observed"] = [int((days >= mark).sum()) for mark in marks["days"]]
    within_year = unknown("referred_within_year", "share", "no customer was observed for a year", n)
    if YEAR in marks["days"].tolist():
        value, low, high = marks.loc[marks["days"] == YEAR, ["share", "low", "high"]].to_numpy()[0].tolist()
        within_year = Measure(name="referred_within_year", value=value, unit="share", n=n, low=low, high=high)
    return TimeToRefer(
        within_year=within_year,
        curve=curve,
        marks=marks,
        referred=int(referred.sum()),
        median_days=float(np.median(days[referred])),
    )


def _kaplan_meier(days: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Return the curve at day 0 and at each day with an event, while at least 20 people are still observed."""
    from statsmodels.duration.survfunc import SurvfuncRight

    found = SurvfuncRight(days, event.astype(np.int64))
    shown = found.n_risk >= FEWEST
    still = found.surv_prob[shown]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = normal_quantile(0.95) * found.surv_prob_se[shown] / (still * np.abs(np.log(still)))
        low, high = 1 - still ** np.exp(-error), 1 - still ** np.exp(error)
    ends = {"share": [0.0, *(1 - still)], "low": [0.0, *low], "high": [0.0, *high]}
    curve = pd.DataFrame({"days": [0, *found.surv_times[shown]], **ends})
    # once everybody has referred the formula has no value: the share is not below what it was before, nor above one
    return curve.assign(low=curve["low"].ffill(), high=curve["high"].fillna(1.0))
