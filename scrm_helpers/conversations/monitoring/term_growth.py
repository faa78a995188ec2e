"""How a term spreads in what customers write (post 003: the rise of "social CRM"): growth by month, and a step."""

import re
from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.conversations.monitoring.change_point import Monthly
from scrm_helpers.conversations.monitoring.volume_by_month import WHO, heard_messages, name_months, whole_months

MONTHS = 12  # whole months, below which neither growth nor a step is looked for
PEOPLE = 10  # who used the term in some month


class TermTrend(Answer):
    """Monthly share of writers who use a term, its growth and its largest step."""

    ABSENT = "Whether the term spreads cannot be said: {reason}."

    growth: Measure = unknown("term_growth_a_month", "share")
    step: Measure = unknown("term_step", "ratio")
    p_values: tuple[float, float] | None = None  # of growth and step
    term: str = ""
    months: pd.DataFrame = field(default_factory=pd.DataFrame)  # users, writers, share fitted without and with a step
    stepped: tuple[str, ...] = ("", "", "")  # month of the step, earliest and latest
    seasonal: bool = False

    def claimed(self) -> tuple[Claim, ...]:
        growth, step = self.p_values or (None, None)
        flat = Chance(0.0, "the same share of writers in every month")
        smooth = Chance(1.0, "growth and season without a step, in simulated months searched as these were")
        about = "share of the month's writers who use the term"
        return (
            Claim(name=self.growth.name, tested=f"{about}, log-linear in the month", estimate=self.growth, chance=flat,
                  p=growth, family="term"),
            Claim(name=self.step.name, tested=f"{about}, before and after its largest step", estimate=self.step,
                  chance=smooth, p=step, family="term"),
        )  # fmt: skip

    def words(self) -> Words:
        write = lambda value: numbers.points(100 * value, 1) + "%"  # noqa: E731
        growth = f"{write(self.growth.value)} a month ({numbers.span(self.growth, write)})"
        grew = f"The share of customers who use “{self.term}” changed by {growth} on average."
        if not self.tested(self.growth.name).direction:
            grew = f"No growth or decline of “{self.term}” can be shown ({growth})."
        at, first, last = self.stepped
        times = f"{numbers.decimal(self.step.value, 1)} times ({numbers.span(self.step, numbers.decimal)})"
        moved = "No step beside growth and season can be shown."
        if self.tested(self.step.name).direction:
            when = at if first == last else f"{at} (range {first} to {last})"
            moved = f"From {when} on the share is {times} what growth and season alone would give."
        season = (
            "a yearly season is allowed for"
            if self.seasonal
            else "a season cannot be told from growth in under 24 months"
        )
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
        axes.set_ylabel("Index, highest month 100")
        return axes


def term_trend(interactions: pd.DataFrame, threads: Threads, terms: Terms, *, term: str) -> TermTrend:
    """Follow a term in what customers write: growth from month to month, and the month of its largest step.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``text``
    threads : Threads
    terms : Terms
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
    factor, p, fitted = series.growth()
    step = series.step()
    if step is None:
        return TermTrend(term=term, reason=f"too few customers used “{term}” to tell when")
    growth = replace(factor, **{name: getattr(factor, name) - 1 for name in ("value", "low", "high")})
    return TermTrend(
        population=f"{WHO} who wrote in a month",
        window=f"{months[0]} to {months[-1]}",
        growth=growth.measure("term_growth_a_month", "share"),
        step=step.factor.measure("term_step", "ratio"),
        p_values=(p, step.p),
        term=term,
        months=each.assign(Fitted=fitted / each["Writers"], Stepped=step.fitted / each["Writers"]),
        stepped=tuple(str(each.index[at]) for at in step.months),
        seasonal=series.seasonal,
    )
