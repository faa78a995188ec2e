"""How a term spreads in what customers write (post 003: the rise of "social CRM"): growth by month, and a step.

Own code beside statsmodels, which fits the models: it has no test of an unknown change point in counts.
"""

import re
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.conversations.monitoring.messages_heard import WHO, heard_messages, name_months, whole_months
from scrm_helpers.stats.fits import Estimate

EDGE = 3  # months at either end that a step needs, or a tenth
DRAWS = 999
TWO_YEARS = 24  # months, from which a season of the year can be told from growth


@dataclass(frozen=True)
class Step:
    """A step in monthly counts."""

    months: tuple[int, ...]  # its month, the earliest and the latest that it may be
    factor: Estimate
    fitted: NDArray
    explained: float  # share of what growth and season leave
    chance: Chance  # explained by the best step in simulated months without one


@dataclass(frozen=True)
class Monthly:
    """Counts by month, out of so many; the logarithm of their share is a line, with a season where that can be told."""

    count: NDArray
    out_of: NDArray
    level: float = 0.95
    seed: int = 0

    @property
    def seasonal(self) -> bool:
        """Whether the months are enough to tell a season from growth."""
        return len(self.count) >= TWO_YEARS

    @property
    def places(self) -> NDArray:
        """The months at which a step may lie: away from the ends, with some counts on both sides."""
        edge, before = max(EDGE, len(self.count) // 10), np.cumsum(self.count)
        place = np.arange(edge, len(self.count) - edge + 1)
        return place[(before[place - 1] >= EDGE) & (before[-1] - before[place - 1] >= EDGE)]

    def design(self) -> NDArray:
        """Return constant, month and season."""
        month = np.arange(len(self.count), dtype=float)
        turn = 2 * np.pi * month / 12
        season = [np.sin(turn), np.cos(turn)] if self.seasonal else []
        return np.column_stack([np.ones(len(month)), month - month.mean(), *season])

    def fit(self, design: NDArray, column: int) -> tuple[Estimate, NDArray, float]:
        """Fit a log-linear model: one coefficient as a factor, expected counts and overdispersion."""
        from statsmodels.genmod.families import Poisson
        from statsmodels.genmod.generalized_linear_model import GLM

        found = GLM(self.count, design, family=Poisson(), offset=np.log(self.out_of)).fit(scale="X2", use_t=True)
        low, high = np.exp(found.conf_int(1 - self.level)[column])
        value, n, p = float(np.exp(found.params[column])), len(self.count), float(found.pvalues[column])
        factor = Estimate(value=value, low=float(low), high=float(high), level=self.level, n=n, p=p)
        return factor, found.mu, float(found.scale)

    def growth(self) -> tuple[Estimate, NDArray]:
        """Estimate the factor from one month to the next, and the fitted counts."""
        return self.fit(self.design(), 1)[:2]

    def step(self) -> Step | None:
        """Find the largest step beside growth and season; None where no month can hold one."""
        from scipy.special import xlogy

        design, places = self.design(), self.places
        if not len(places):
            return None
        _, expected, spread = self.fit(design, 1)
        rng = np.random.default_rng(self.seed)
        late = np.arange(len(self.count))[:, None] >= places
        gaps = (self.count - expected) / np.sqrt(expected)
        seen, chance = (
            (found.explained / found.left[..., None]).max(axis=-1)
            for found in (_scores(rows, expected, design, late) for rows in (gaps, self._draw(rng, expected, spread)))
        )
        p = (1 + int((chance >= seen).sum())) / (1 + DRAWS)
        middle, most = map(float, np.quantile(chance, [0.5, self.level]))
        smooth = Chance(middle, "the best step in simulated months of growth and season alone", 0.0, most, p)
        fits = [self.fit(np.column_stack([design, month]), -1) for month in late.T]
        count = self.count
        misfit = np.array([2 * (xlogy(count, count) - xlogy(count, mu) - count + mu).sum() for _, mu, _ in fits])
        at = int(misfit.argmin())
        factor, fitted, spread = fits[at]
        size = np.log(factor.value or 1.0)
        lifted = self._draw(rng, fitted, spread) + np.sqrt(fitted) * size * late[:, at]
        found = _scores(lifted, fitted, design, late)
        best = found.left - found.explained.max(axis=-1)  # what a search leaves; the true month, or size, leaves more
        true_month = found.left - found.explained[:, at]
        true_size = (found.left[:, None] - 2 * size * found.along + size**2 * found.long).min(axis=-1)
        months_room, room = (
            misfit.min() * (1 + float(np.quantile(true / best - 1, self.level))) - misfit
            for true in (true_month, true_size)
        )
        near = np.flatnonzero((months_room >= 0) | (months_room == months_room.max()))
        ends = np.array([self._ends(fits[place], room[place]) for place in np.flatnonzero(room >= min(0, room.max()))])
        low, high = float(ends.min()), float(ends.max())
        months = tuple(int(places[place]) for place in (at, near[0], near[-1]))
        return Step(months, replace(factor, low=low, high=high, p=p), fitted, float(seen), smooth)

    def _ends(self, fit: tuple[Estimate, NDArray, float], room: float) -> tuple[float, float]:
        """Return the smallest and largest factor whose deviance lies within so much of that of the fitted one."""
        from scipy.stats import t

        factor, _, spread = fit
        times = t.ppf((1 + self.level) / 2, len(self.count) - self.design().shape[1] - 1)
        value, high = factor.value or 1.0, factor.high or np.inf
        wide = (high / value) ** (np.sqrt(max(room, 0.0) / spread) / times)
        return value / wide, value * wide

    def _draw(self, rng: np.random.Generator, expected: NDArray, spread: float) -> NDArray:
        """Draw scaled deviations of counts that are as uneven as these."""
        size = (DRAWS, len(expected))
        drawn = rng.poisson(expected, size) if spread <= 1.01 else rng.negative_binomial(
            expected / (spread - 1), 1 / spread, size
        )  # fmt: skip
        return (drawn - expected) / np.sqrt(expected)


class _Scores(NamedTuple):
    """Deviations beside steps at each place: their sum of squares, each step's part of it, products, lengths."""

    left: NDArray
    explained: NDArray
    along: NDArray
    long: NDArray


def _scores(gaps: NDArray, expected: NDArray, design: NDArray, late: NDArray) -> _Scores:
    """Project deviations on a step at each place, beside the design (score test)."""
    weight = np.sqrt(expected)[:, None]
    basis = np.linalg.qr(weight * design)[0]
    steps = weight * late
    steps = steps - basis @ (basis.T @ steps)
    rest = gaps - (gaps @ basis) @ basis.T
    along, long = rest @ steps, (steps**2).sum(axis=0)
    return _Scores(np.maximum((rest**2).sum(axis=-1), 1e-12), along**2 / long, along, long)


MONTHS = 12  # whole months, below which neither growth nor a step is looked for
PEOPLE = 10  # who used the term in some month


class TermTrend(Answer):
    """Monthly share of writers who use a term, its growth and its largest step."""

    ABSENT = "Whether the term spreads cannot be said: {reason}."

    growth: Measure = unknown("term_growth_a_month", "share")
    step: Measure = unknown("term_step", "ratio")
    broken: Measure = unknown("explained_by_a_step", "share")
    chance: Chance | None = None  # of what a step explains
    term: str = ""
    months: pd.DataFrame = field(default_factory=pd.DataFrame)  # users, writers, share fitted without and with a step
    stepped: tuple[str, ...] = ("", "", "")  # month of the step, earliest and latest
    seasonal: bool = False
    FLAT = Chance(0.0, "the same share of writers in every month")
    SMOOTH = Chance(1.0, "growth and season without a step, in simulated months searched as these were")
    TESTED = "share of the month's writers who use the term, {}"
    CLAIMS = (
        Claim(tested=TESTED.format("log-linear in the month"), estimate=growth, chance=FLAT, family="term"),
        Claim(tested=TESTED.format("before and after its largest step"), estimate=step, chance=SMOOTH, family="term"),
        Claim(tested=TESTED.format("beside growth and season alone"), estimate=broken, family="term"),
    )

    def words(self) -> Words:
        write = lambda value: numbers.points(100 * value, 1) + "%"  # noqa: E731
        growth = f"{write(self.growth.value)} a month ({numbers.span(self.growth, write)})"
        grew = f"The share of customers who use “{self.term}” changed by {growth} on average."
        if not self.tested(self.growth.name).direction:
            grew = f"No growth or decline of “{self.term}” can be shown ({growth})."
        at, first, last = self.stepped
        times = f"{numbers.decimal(self.step.value, 1)} times ({numbers.span(self.step, numbers.decimal)})"
        moved = "No step beside growth and season can be shown."
        if self.tested(self.broken.name).direction:
            alone = "Growth and season alone do not give these months, but the size of a step cannot be told"
            moved = f"{alone}: {times}."
        if self.tested(self.step.name).direction:
            when = at if first == last else f"{at} (range {first} to {last})"
            moved = f"From {when} on the share is {times} what growth and season alone would give."
        season = "a season cannot be told from growth in under 24 months"
        season = "a yearly season is allowed for" if self.seasonal else season
        total = self.months[["Users", "Writers"]].sum()
        return Words(
            sentence=f"{grew} {moved}",
            title=f"“{self.term}”: {growth}"
            if self.tested(self.growth.name).direction
            else f"“{self.term}” shows no growth",
            table=self._index().rename_axis("Month").reset_index().astype({"Month": str}),
            formats={"Index": "count", "Users": "count", "Writers": "count", "Fitted": "count"},
            caption=f"Customers who use “{self.term}”, by month; index: 100 is the highest month",
            note=f"n = {numbers.plural(total['Users'], 'time')} that a customer used it in a month, of "
            f"{numbers.count(total['Writers'])}; everybody counts once a month; the index is relative and no volume; "
            f"quasi-Poisson on whole months; {season}",
            alt=f"Index of the share of customers who use the term by month, with the fitted line; {growth}.",
        )

    def _index(self) -> pd.DataFrame:
        share = self.months["Users"] / self.months["Writers"]
        top = share.max() or 1.0
        fitted = self.months["Stepped" if self.tested(self.step.name).direction else "Fitted"]
        return self.months[["Users", "Writers"]].assign(Index=100 * share / top, Fitted=100 * fitted / top)

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, index = style.axes_for(ax), self._index()
        place, names = np.arange(len(index)), index.index.astype(str)
        axes.bar(place, index["Index"], color=style.BAR_GREY, width=0.7)
        if self.tested(self.step.name).direction:
            at, first, last = (list(names).index(month) - 0.5 for month in self.stepped)
            axes.axvspan(first - 0.15, last + 0.15, color=style.PALE_ORANGE, zorder=0)
            axes.axvline(at, color=style.ORANGE, linewidth=1.4)
            style.beside(axes, f"step in {self.stepped[0]}", (at, 104), (-4, 0), color=style.ORANGE, ha="right")
        axes.plot(place, index["Fitted"], color=style.BLUE, linewidth=1.8)
        name_months(axes, index.index)
        axes.set_ylim(0, 115)
        return style.labelled(axes, y="Index, highest month 100")


def term_trend(interactions: pd.DataFrame, threads: Threads, terms: Terms, *, term: str) -> TermTrend:
    """Follow a term in what customers write: growth from month to month, and the month of its largest step.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``text``
    threads, terms
    term : str, a word or phrase, found as whole words in either case

    Returns
    -------
    TermTrend

    Raises
    ------
    Refusal
        When the term is empty.

    Notes
    -----
    Writers of a month who used it are quasi-Poisson, their share log-linear in the month with one yearly wave; the
    step is the largest score of a shift beside them, its test simulated from the model without one, the ranges of its
    size and of its month hold all that are as likely as the best, each by a simulated cut of its own.
    """
    if not term.strip():
        raise Refusal("No term is given. An empty one is in every text. Write a word that customers may use.")
    heard = heard_messages(interactions, threads)
    if "text" not in heard:
        return TermTrend(term=term, reason="the table interactions has no column text")
    told = heard[heard["text"].notna()]
    months = whole_months(told, terms.as_of)
    if len(months) < MONTHS:
        return TermTrend(term=term, reason=f"there are fewer than {MONTHS} whole months of texts")
    uses = told["text"].str.contains(rf"(?<!\w){re.escape(term.strip())}(?!\w)", case=False, regex=True)
    person = pd.DataFrame({"month": told["month"], "author": told["author"], "uses": uses.astype(bool)})
    each = person.groupby(["month", "author"])["uses"].any().groupby("month").agg(["sum", "size"])
    each = each.reindex(months).set_axis(["Users", "Writers"], axis=1)
    each = each[each["Writers"] >= max(terms.min_group, 1)]  # of fewer in a month nothing is shown
    if each["Users"].sum() < PEOPLE or len(each) < MONTHS:
        return TermTrend(term=term, reason=f"fewer than {PEOPLE} customers used “{term}” in any month")
    series = Monthly(each["Users"].to_numpy(float), each["Writers"].to_numpy(float), terms.level, terms.seed)
    factor, fitted = series.growth()
    step = series.step()
    if step is None:
        return TermTrend(term=term, reason=f"too few customers used “{term}” to tell when")
    growth = replace(factor, **{name: getattr(factor, name) - 1 for name in ("value", "low", "high")})
    return TermTrend(
        population=f"{WHO} who wrote in a month",
        window=f"{months[0]} to {months[-1]}",
        growth=growth.measure("term_growth_a_month", "share"),
        step=step.factor.measure("term_step", "ratio"),
        broken=replace(TermTrend.broken, value=step.explained, n=len(each), no_range="read beside simulated months"),
        chance=step.chance,
        term=term,
        months=each.assign(Fitted=fitted / each["Writers"], Stepped=step.fitted / each["Writers"]),
        stepped=tuple(str(each.index[at]) for at in step.months),
        seasonal=series.seasonal,
    )
