"""How fast referral spreads: customers brought per customer, and the time until customers first refer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.referral_forest import Forest
from scrm_helpers.stats.chance import percentile

FEWEST = 20  # customers below which neither a coefficient nor a point of the curve is given
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
            table=shown.assign(generation=shown["generation"].map(_name))[[*HEADS]].rename(columns=HEADS),
            formats=dict.fromkeys(counts, "count") | dict.fromkeys(shares, "decimal2"),
            title=f"One hundred customers bring {hundred[0]} others within {window}",
            caption="Customers brought per customer, by generation",
            note=(
                f"n = {numbers.plural(self.coefficient.n or 0, 'customer')} who joined {window} ago or earlier; "
                f"generations with fewer than {FEWEST} of them are not drawn. Lines: 95% intervals, by whole "
                "cascades."
            ),
            alt=f"Bars of customers brought per customer: {'; '.join(bars)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        shown = self.generations[self.generations["coefficient"].notna()]
        ax = style.axes_for(ax, height=0.9 + 0.45 * len(shown))
        place = np.arange(len(shown))
        ax.barh(place, shown["coefficient"], 0.55, color=style.BLUE)
        ax.hlines(place, shown["low"], shown["high"], color="black", linewidth=1.2)
        for where, row in zip(place.tolist(), shown.to_dict("records"), strict=True):
            ax.text(row["high"], where, f"  {numbers.decimal(row['coefficient'])}", va="center", size=8.5)
        ax.set_yticks(place, [f"{_name(row['generation'])} (n = {row['ripe']:,})" for row in shown.to_dict("records")])
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
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    terms : Terms
        Day of the report and seed; who joined less than `window_days` before that day is not counted.
    window_days : int
        Days after joining within which a referred customer must have joined.
    draws : int

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
    people = pd.DataFrame(
        {
            "root": forest.root,
            "generation": forest.generation,
            "ripe": (np.datetime64(terms.as_of, "us") - joined).astype(np.float64) / DAY >= window_days,
            "brought": np.bincount(above, minlength=len(forest)),
        }
    )
    counted = people["ripe"].to_numpy()[above] & (days >= 0) & (days <= window_days)
    people["in_window"] = np.bincount(above[counted], minlength=len(forest)).astype(float)
    cycle = pd.Series(days[counted]).groupby(above[counted]).min()
    people = people[forest.is_customer]
    rng = np.random.default_rng(terms.seed)
    levels = range(int(forest.generation.max(initial=0)) + 1)
    rows = [{"generation": level} | _row(people[people["generation"] == level], rng, draws) for level in levels]
    whole, table = _row(people, rng, draws), pd.DataFrame(rows)
    k, ripe = whole["coefficient"], int(whole["ripe"])
    if forest.unseen or np.isnan(k):
        few = f"only {numbers.plural(ripe, 'customer')} joined {window_days} days ago or earlier"
        reason = forest.unseen or few
        return Growth(reason=reason, coefficient=unknown("viral_coefficient", "ratio", reason, ripe), generations=table)
    few = f"fewer than {FEWEST} customers brought somebody within the window"
    return Growth(
        coefficient=Measure(
            name="viral_coefficient", value=k, unit="ratio", n=ripe, low=whole["low"], high=whole["high"]
        ),
        cycle=Measure(name="referral_cycle_days", value=float(cycle.median()), unit="days", n=len(cycle))
        if len(cycle) >= FEWEST
        else unknown("referral_cycle_days", "days", few, len(cycle)),
        generations=table,
        window_days=window_days,
    )


def _row(people: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict[str, float]:
    """Sum up some people: how many, how many they brought, and the coefficient of those with the whole window."""
    ripe = people[people["ripe"]]
    low, high = _interval(ripe["root"], ripe["in_window"], rng, draws) if len(ripe) >= FEWEST else (np.nan, np.nan)
    return {
        "people": len(people),
        "brought": int(people["brought"].sum()),
        "ripe": len(ripe),
        "brought_in_window": int(ripe["in_window"].sum()),
        "coefficient": float(ripe["in_window"].mean()) if len(ripe) >= FEWEST else np.nan,
        "low": low,
        "high": high,
    }


def _interval(cascade: pd.Series, brought: pd.Series, rng: np.random.Generator, draws: int) -> tuple[float, float]:
    """Return the studentised bootstrap interval of a mean, whole cascades drawn."""
    _, group = np.unique(cascade, return_inverse=True)
    total, size = np.bincount(group, weights=brought), np.bincount(group).astype(float)
    mean = total.sum() / size.sum()
    error = float(np.sqrt(((total - mean * size) ** 2).sum()) / size.sum())
    if error == 0:
        return mean, mean
    if len(size) >= MANY:
        return max(0.0, mean - Z * error), mean + Z * error
    count = rng.multinomial(len(size), np.full(len(size), 1 / len(size)), size=draws).astype(float)
    means = count @ total / (count @ size)
    spread = count @ total**2 - 2 * means * (count @ (total * size)) + means**2 * (count @ size**2)
    errors = np.sqrt(np.maximum(spread, 0)) / (count @ size)
    ratio = np.sort((means - mean)[errors > 0] / errors[errors > 0])
    lower, upper = percentile(ratio) or (-Z, Z)
    return max(0.0, mean - upper * error), mean - lower * error


def _name(generation: int) -> str:
    return "came by themselves" if generation == 0 else f"generation {generation}"


YEAR = 365
MARKS = (30, 90, 180, YEAR, 730)


@dataclass(frozen=True, kw_only=True)
class TimeToRefer(Answer):
    """Share of customers who have referred, by days since joining."""

    ABSENT = "When customers first refer cannot be computed: {reason}."

    within_year: Measure = unknown("referred_within_year", "share")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # ``days``, ``share``, ``low``, ``high``
    marks: pd.DataFrame = field(default_factory=pd.DataFrame)  # the curve at round numbers of days
    referred: int = 0  # customers who have referred somebody
    median_days: float = 0.0  # half of those who referred did so within these days

    def words(self) -> Words:
        n = numbers.plural(self.within_year.n or 0, "customer")
        title, rest = f"{numbers.count(self.referred)} of {n} have referred somebody", "."
        if self.within_year.value is not None:
            title = (
                f"{numbers.percent(self.within_year.value)} of the customers refer somebody within a year of joining"
            )
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
        ax = style.axes_for(ax, height=2.9)
        curve = self.curve
        ax.fill_between(curve["days"], curve["low"], curve["high"], step="post", color=style.RULE)
        ax.step(curve["days"], curve["share"], where="post", color=style.BLUE, linewidth=1.6)
        days, share = curve[["days", "share"]].iloc[-1]
        ax.annotate(f" {numbers.percent(share)}", (days, share), color=style.BLUE, va="center", size=9)
        ax.set_xlabel("Days since joining")
        ax.set_ylabel("Have referred somebody")
        ax.set_xlim(0, days * 1.08)
        ax.set_ylim(0, max(float(curve["high"].max()) * 1.1, 0.02))
        ax.yaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0))
        return ax


def time_to_refer(referrals: pd.DataFrame, customers: pd.DataFrame, terms: Terms) -> TimeToRefer:
    """Estimate when customers first refer somebody, whether or not that person comes.

    Parameters
    ----------
    referrals : pandas.DataFrame
        ``referrer_id``, ``referred_id``, ``referred_on``; self-referrals do not count.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    terms : Terms
        Day of the report, until which those who have not referred are observed.

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
        verb = "is" if n == 1 else "are"
        reason = f"only {numbers.plural(n, 'customer')} {verb} known, and {FEWEST} are needed"
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
        error = Z * found.surv_prob_se[shown] / (still * np.abs(np.log(still)))
        low, high = 1 - still ** np.exp(-error), 1 - still ** np.exp(error)
    curve = pd.DataFrame(
        {"days": [0, *found.surv_times[shown]], "share": [0.0, *(1 - still)], "low": [0.0, *low], "high": [0.0, *high]}
    )
    # once everybody has referred the formula has no value: the share is not below what it was before, nor above one
    return curve.assign(low=curve["low"].ffill(), high=curve["high"].fillna(1.0))
