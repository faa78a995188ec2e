"""How much of the value the best customers hold, and whether they are the same ones next year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PUBLISHED = (
    ("22 packaged-goods categories", 0.73, "Kim, Singh and Winer 2017"),
    ("339 public companies, no packaged goods", 0.67, "McCarthy and Winer 2019"),
    ("of them without subscriptions", 0.68, "McCarthy and Winer 2019"),
    ("of them with subscriptions", 0.59, "McCarthy and Winer 2019"),
    ("brands, one year", 0.60, "Sharp, Romaniuk and Graham"),
)


@dataclass(frozen=True, kw_only=True)
class Concentration(Result):
    """Shares of the best customers, Gini coefficient and the Lorenz curve of one measure of value."""

    OFFERS: ClassVar = ("figure", "table")

    curve: np.ndarray
    gini: float | None
    top_20: float | None
    measure: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the cumulative share of value by share of customers, the best first."""
        axes = style.axes_for(ax)
        people = np.linspace(0, 1, len(self.curve))
        axes.plot(people, people, color=style.GREY, linewidth=0.9, linestyle=":")
        axes.annotate(
            "if all were equal", (0.7, 0.7), xytext=(6, -12), textcoords="offset points", size=8, color=style.GREY
        )
        axes.plot(people, self.curve, color=style.BLUE, linewidth=1.8)
        top = self.top_20 or 0.0
        axes.plot([0.2, 0.2], [0, top], color=style.ORANGE, linewidth=1)
        axes.plot([0.2], [top], marker="o", color=style.ORANGE, markersize=6)
        label = f"the best 20% hold {numbers.percent(self.top_20)}"
        axes.annotate(label, (0.2, top), xytext=(9, -12), textcoords="offset points", size=9, color=style.ORANGE)
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1.02)
        axes.set_xlabel("Customers, by value, highest first")
        axes.set_ylabel(f"Share of all {self.measure}")
        return axes


def gini(values: np.ndarray) -> float:
    """Return the Gini coefficient of values of 0 or more."""
    ordered = np.sort(np.asarray(values, float))
    if not len(ordered) or ordered[0] < 0 or ordered[-1] <= 0:
        raise Refusal(
            "The Gini coefficient needs values of 0 or more and at least one above 0. With losses it is not bounded by "
            "1. Show the whale curve instead."
        )
    n = len(ordered)
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def top_share(values: np.ndarray, share: float = 0.2) -> float:
    """Return what the best customers hold of the sum."""
    ordered = np.sort(np.asarray(values, float))[::-1]
    whole, part = divmod(share * len(ordered), 1)
    edge = part * ordered[int(whole)] if part > 1e-9 and whole < len(ordered) else 0.0
    return float((ordered[: int(whole)].sum() + edge) / ordered.sum())


def concentration_of(
    values: pd.Series, *, measure: str = "sales", draws: int = 400, seed: int = 20260930
) -> Concentration:
    """Measure how much of the value the best customers hold.

    Parameters
    ----------
    values : Series
        One value per customer, in currency; missing ones are left out. Values below 0 count as 0 in the curve, which
        is said; use :func:`whale_curve` for profit.
    measure : str
        What the values are, in words.
    draws, seed : int
        Resamples of the customers behind the ranges, and their seed.

    Returns
    -------
    Concentration
    """
    known = values.dropna().to_numpy(float)
    below = int((known < 0).sum())
    known = np.maximum(known, 0.0)
    if len(known) < 5 or known.sum() <= 0:
        reason = "there are fewer than five customers with a value, or no value at all"
        return Concentration(
            sentence=f"The concentration of {measure} cannot be given: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name=_name(measure, "top_20_share"), value=None, unit="share", reason=reason),),
            drawable=False,
            curve=np.array([]),
            gini=None,
            top_20=None,
            measure=measure,
        )
    ordered = np.sort(known)[::-1]
    curve = np.concatenate([[0.0], np.cumsum(ordered)]) / ordered.sum()
    if len(curve) > 2_001:
        curve = np.interp(np.linspace(0, 1, 2_001), np.linspace(0, 1, len(curve)), curve)
    shares = {share: top_share(known, share) for share in (0.01, 0.1, 0.2)}
    coefficient = gini(known)
    spans = _ranges(known, tuple(shares), draws, seed)
    names = {0.01: "Best 1% of customers", 0.1: "Best 10%", 0.2: "Best 20%"}
    rows = [(names[share], value, *spans[share]) for share, value in shares.items()]
    unequal = f"{numbers.decimal(coefficient)} ({numbers.interval(*spans['gini'], numbers.decimal)})"
    n, note = len(known), f"n = {numbers.plural(len(known), 'customer')}; Gini coefficient {unequal}"
    if below:
        note += f"; {numbers.plural(below, 'customer')} below zero count as zero"
    span = numbers.interval(*spans[0.2], numbers.percent)
    top = shares[0.2]
    compared = (
        "published studies find 59% to 73%, so 80/20 is no law"
        if measure == "sales"
        else "published studies of sales find 59% to 73%, and profit is usually held by fewer"
    )
    return Concentration(
        sentence=f"The best 20% of customers hold {numbers.percent(top)} of {measure} (95% range {span}); {compared}.",
        table=pd.DataFrame(rows, columns=["Of all " + measure, "Share", "95% range low", "95% range high"]),
        title=f"One customer in five holds {numbers.percent(top)} of {measure}",
        caption=f"Spread of {measure} over customers",
        note=note + "; ranges by resampling customers",
        alt=f"Lorenz curve with the best customers first: the best 20% hold {numbers.percent(top)} of {measure}, "
        f"the best 1% {numbers.percent(shares[0.01])}.",
        formats={"Share": "percent", "95% range low": "percent", "95% range high": "percent"},
        measures=(
            Measure(
                name=_name(measure, "top_20_share"), value=top, unit="share", n=n, low=spans[0.2][0], high=spans[0.2][1]
            ),
            Measure(
                name=_name(measure, "gini"),
                value=coefficient,
                unit="ratio",
                n=n,
                low=spans["gini"][0],
                high=spans["gini"][1],
            ),
        ),
        curve=curve,
        gini=coefficient,
        top_20=top,
        measure=measure,
    )


def benchmarks(own: Concentration) -> Result:
    """Show the share of the best 20 % beside what studies have published.

    Parameters
    ----------
    own : Concentration
        From :func:`concentration_of`.

    Returns
    -------
    Result
    """
    rows = [(f"This company, {own.measure}", own.top_20, "these data"), *PUBLISHED]
    return Result(
        sentence="The published shares differ with the length of the window and with whether people who bought nothing "
        "count; compare directions, not decimals.",
        table=pd.DataFrame(rows, columns=["Where", "Best 20% hold", "Source"]),
        caption="The best 20% of customers, here and in the literature",
        formats={"Best 20% hold": "percent"},
    )


def persistence(first: pd.Series, second: pd.Series, *, share: float = 0.2, period: str = "year") -> Result:
    """Ask what last period's best customers hold of this period.

    Parameters
    ----------
    first, second : Series
        Value per customer in two periods, by customer id; somebody missing from a period had no value in it.
    share : float
        Share of the customers of the first period that are the best, 0-1.
    period : str
        What a period is, in words.

    Returns
    -------
    Result
        The best are picked by the first period alone, so the fall of their share is the regression to the mean that a
        ranking always carries.

    Examples
    --------
    >>> a = pd.Series([8.0, 1, 1, 0, 0], index=list("abcde"))
    >>> b = pd.Series([2.0, 4, 2, 2, 0], index=list("abcde"))
    >>> persistence(a, b).sentence
    'The best 20% of customers held 80% in the first year and 20% in the second.'
    """
    first = first.clip(lower=0)
    later = second.reindex(first.index).fillna(0.0).clip(lower=0)
    if first.sum() <= 0 or later.sum() <= 0:
        reason = "one of the two periods has no value"
        return Result(
            sentence=f"Whether the best stay the best cannot be said: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="top_20_share_next_period", value=None, unit="share", reason=reason),),
            drawable=False,
        )
    best = first.sort_values(ascending=False, kind="stable").index[: max(round(share * len(first)), 1)]
    then, now = float(first[best].sum() / first.sum()), float(later[best].sum() / later.sum())
    fresh = top_share(later.to_numpy(), share)
    still = float(later[best].gt(0).mean())
    table = pd.DataFrame(
        {
            "Share held": [f"Best {share:.0%} of the first {period}, then", "The same customers, one period later",
                           f"Best {share:.0%} of the second {period}, picked anew", "Of the first best, still buying"],
            "Figure": [then, now, fresh, still],
        }
    )  # fmt: skip
    return Result(
        sentence=f"The best {share:.0%} of customers held {numbers.percent(then)} in the first {period} and "
        f"{numbers.percent(now)} in the second.",
        table=table,
        caption=f"Do the best customers stay the best? The same people in two {period}s",
        note=f"n = {numbers.plural(len(first), 'customer')} of the first {period}; customers won later are left out",
        formats={"Figure": "percent"},
        measures=(Measure(name="top_20_share_next_period", value=now, unit="share", n=len(first)),),
    )


def _ranges(
    values: np.ndarray, shares: tuple[float, ...], draws: int, seed: int
) -> dict[float | str, tuple[float, float]]:
    """Return 95 % ranges by resampling customers; weights on the sorted values spare a sort per draw."""
    rng = np.random.default_rng(seed)
    ordered = np.sort(values)[::-1]
    n = len(ordered)
    found: dict[float | str, list[float]] = {share: [] for share in shares}
    found["gini"] = []
    for _ in range(min(draws, max(20, 20_000_000 // n))):
        weight = np.bincount(rng.integers(0, n, n), minlength=n)
        people, money = np.cumsum(weight) / n, np.cumsum(weight * ordered)
        if money[-1] <= 0:  # nobody with any value was drawn, so there is nothing to have a share of
            continue
        money = money / money[-1]
        for share in shares:
            found[share].append(float(np.interp(share, people, money)))
        below = np.concatenate([[0.0], money])
        found["gini"].append(float((weight / n) @ (below[1:] + below[:-1]) - 1))
    return {key: (float(np.quantile(drawn, 0.025)), float(np.quantile(drawn, 0.975))) for key, drawn in found.items()}


def _name(measure: str, what: str) -> str:
    return f"{measure.replace(' ', '_').lower()}_{what}"
