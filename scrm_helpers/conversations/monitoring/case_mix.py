"""What customers write about: service, sales, marketing or product, and whether social is only marketing (post 002)."""

from dataclasses import field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.threads import Threads
from scrm_helpers.conversations.monitoring.volume_by_month import WHO, heard_messages
from scrm_helpers.stats.chance import draw_sums
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import clustered_share

MARKETING = "marketing"
HALF = Chance(0.5, "as much marketing as everything else together")
DRAWS = 2000
SAID = {
    -1: "less than half, so that here social is not only marketing",
    0: "which cannot be told from one half",
    1: "more than half",
}


def entropy(counts: NDArray) -> NDArray:
    """Return the entropy of each row of counts in nats: log k where k functions are equal, 0 where one has all."""
    share = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1)


class FunctionMix(Answer):
    """Shares of the functions that messages of customers belong to, and how mixed they are."""

    ABSENT = "Which functions customers write to cannot be said: {reason}."

    marketing: Measure = unknown("marketing_share", "share")
    mixed: Measure = unknown("function_entropy", "ratio")
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)  # a row a function, the largest first
    silent: float = 0.0  # share of messages without a function

    def claimed(self) -> tuple[Claim, ...]:
        tested = "share of marketing in the messages of customers that name a function, beside one half"
        return (Claim(name=self.marketing.name, tested=tested, estimate=self.marketing, chance=HALF),)

    def words(self) -> Words:
        share, said = self.marketing, SAID[self.tested(self.marketing.name).direction]
        wide = numbers.decimal(float(np.exp(self.mixed.value or 0.0)), 1)
        span = numbers.span(self.mixed, lambda nats: numbers.decimal(float(np.exp(nats)), 1))
        silent = f"; {numbers.percent(self.silent)} name none" if self.silent else ""
        return Words(
            sentence=f"{numbers.percent(share.value)} of what customers write belongs to marketing (95% range "
            f"{numbers.span(share, numbers.percent)}): {said}. The mix is as wide as that of {wide} equal functions "
            f"({span}); {len(self.shares)} occur.",
            title=f"Marketing is {numbers.percent(share.value)} of what customers write",
            table=self.shares,
            formats={"Messages": "count"} | dict.fromkeys(["Share", "Range low", "Range high"], "percent"),
            caption="Messages of customers by function",
            note=f"n = {numbers.count(share.n)} messages of {WHO} that name a function{silent}; entropy "
            f"{numbers.decimal(self.mixed.value)} ({numbers.span(self.mixed, numbers.decimal)}); "
            "ranges over threads and authors",
            alt=f"A bar for the share of each function with its range; marketing {numbers.percent(share.value)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, rows = style.axes_for(ax, 2.6), np.arange(len(self.shares))
        low, share, high = (self.shares[name].to_numpy(float) for name in ("Range low", "Share", "Range high"))
        colours = [style.ORANGE if name == MARKETING else style.BLUE for name in self.shares["Function"]]
        axes.barh(rows, share, color=colours, height=0.6)
        axes.hlines(rows, low, high, color=style.INK, linewidth=1.2)
        for row, end, part in zip(rows, high, share, strict=True):
            style.beside(axes, numbers.percent(part), (end, row), (5, -3), size=9)
        axes.axvline(HALF.value, color=style.GREY, linewidth=0.9, linestyle=":")
        style.name_rows(axes, self.shares["Function"], down=True)
        axes.set_xlim(0, max(float(high.max()) * 1.12, 0.55))
        axes.xaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        axes.set_xlabel("Share of the messages of customers; dotted: one half")
        return axes


def function_mix(interactions: pd.DataFrame, threads: Threads, terms: Terms) -> FunctionMix:
    """Share messages among functions, with the entropy of the mix, and set marketing beside one half.

    Parameters
    ----------
    interactions : pandas.DataFrame, with ``function``
    threads : Threads
    terms : Terms

    Returns
    -------
    FunctionMix

    Notes
    -----
    Range of the entropy by resampling threads, mirrored at the estimate, which is too low in small samples.
    """
    heard = heard_messages(interactions, threads)
    if "function" not in heard or not (known := heard["function"].notna()).any():
        return FunctionMix(reason="no message of a customer names a function (column function)")
    told = heard[known]
    name = told["function"].astype(str).str.lower()
    by_thread = pd.crosstab(told["thread"], name)
    functions = by_thread.sum().sort_values(ascending=False, kind="stable")
    shares = {
        function: clustered_share(name == function, told["author"], told["thread"], level=terms.level)
        for function in dict.fromkeys([*functions.index, MARKETING])
    }
    rows = [
        (each, shares[each].value, shares[each].low, shares[each].high, functions[each]) for each in functions.index
    ]
    mixed = float(entropy(functions.to_numpy(float)))
    drawn = entropy(draw_sums(by_thread.to_numpy(float), DRAWS, terms.seed))
    high, low = 2 * mixed - np.quantile(drawn, [(1 - terms.level) / 2, (1 + terms.level) / 2])
    most, n = float(np.log(len(functions))), len(told)
    mix = Estimate(value=mixed, low=max(float(low), 0.0), high=min(float(high), most), level=terms.level, n=n)
    return FunctionMix(
        population=f"messages of {WHO} that name a function",
        window=f"up to {terms.as_of.date()}",
        marketing=shares[MARKETING].measure("marketing_share", "share"),
        mixed=mix.measure("function_entropy", "ratio"),
        shares=pd.DataFrame(rows, columns=["Function", "Share", "Range low", "Range high", "Messages"]),
        silent=1 - len(told) / len(heard),
    )
