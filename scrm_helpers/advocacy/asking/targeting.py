"""Whom to ask? How much of the later referrals is reached by ranking customers in different ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.resample import ratio_bootstrap_t

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = np.linspace(0, 1, 101)
LOOKS = ((style.BLUE, "-"), (style.ORANGE, (0, (6, 2))), (style.GREY, "--"), (style.GREY, "-."), (style.GREY, ":"))


@dataclass(frozen=True, kw_only=True)
class Targeting(Answer):
    """Share of later referral value reached by contacting the first customers of several rankings."""

    ABSENT = "Rankings cannot be compared: {reason}."
    OFFERS: ClassVar = ("figure", "table")

    named: tuple[Measure, ...] = ()  # one per ranking
    reached: dict[str, Estimate] = field(default_factory=dict)  # share reached with the contacts asked for, by ranking
    gains: dict[str, Estimate] = field(default_factory=dict)  # what the first ranking reaches more than each other one
    curves: pd.DataFrame = field(default_factory=pd.DataFrame)  # by share contacted, one column per ranking, shares
    contacts: int = 0  # contacts asked for
    customers: int = 0
    best: float = 0.0  # share that the best choice in hindsight reaches
    noun: str = "referrals"  # what is reached, in words

    def words(self) -> Words:
        """What the first ranking reaches, and whether it beats the others beyond chance."""
        random, first = self.contacts / self.customers, next(iter(self.reached))
        contacts, at_random = numbers.plural(self.contacts, "contact"), numbers.percent(random)
        text = (
            f"With {contacts} ({at_random} of the customers) the ranking {first} reaches "
            f"{numbers.percent(self.reached[first].value)} of what customers later brought; at random it would be "
            f"{at_random}."
        )
        for name, gain in self.gains.items():
            other, better = numbers.percent(self.reached[name].value), _better(gain)
            text += f" Ranking {name} reaches {'less' if better > 0 else 'more'} ({other})." if better else ""
            text += "" if better else f" Against ranking {name} ({other}) no difference can be shown."
        rows = [
            (name, one.value, one.low, one.high, self.best - (one.value or 0)) for name, one in self.reached.items()
        ]
        rows.append(("at random", random, None, None, self.best - random))
        level = numbers.percent(self.reached[first].level)
        shares = ", ".join(f"{name} {numbers.percent(found.value)}" for name, found in self.reached.items())
        return Words(
            sentence=text,
            table=pd.DataFrame(rows, columns=["Ranking", "Reached", "Range from", "Range to", "Regret"]),
            formats=dict.fromkeys(["Reached", "Range from", "Range to", "Regret"], "percent"),
            title=_title(first, self.gains, self.contacts),
            caption=f"Reached with {contacts}",
            note=(
                f"n = {numbers.plural(self.customers, 'customer')}; rankings from before the window, referrals from "
                f"within it; best possible in hindsight {numbers.percent(self.best)}; {level} bootstrap-t ranges."
            ),
            alt=(
                f"Curves of the share reached against the share contacted; with {at_random} contacted: {shares}, at "
                f"random {at_random}."
            ),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one line per ranking, its reach in the legend, and the contacts asked for as an upright line."""
        ax = style.axes_for(ax, height=3.8)
        share = self.contacts / self.customers
        places = {name: float(np.interp(share, self.curves.index, self.curves[name])) for name in self.curves}
        looks = dict(zip(self.curves, LOOKS, strict=False))
        for name in sorted(places, key=lambda one: -places[one]):
            (colour, dash), reach = looks[name], numbers.percent(places[name], 0)
            width = 1.2 if colour == style.GREY else 2
            ax.plot(self.curves.index, self.curves[name], color=colour, ls=dash, lw=width, label=f"{name}: {reach}")
        ax.axvline(share, color=style.RULE, linewidth=1)
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1.02)
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_formatter(lambda tick, _: numbers.percent(tick, 0))
        ax.grid(axis="y")
        ax.set_xlabel("Share of customers contacted")
        ax.set_ylabel(f"Later {self.noun} reached")
        contacted = f"with {numbers.plural(self.contacts, 'contact')}"
        ax.legend(loc="lower right", title=f"Reached {contacted}", alignment="left", handlelength=3)
        return ax


def targeting_curve(
    outcome: ArrayLike | pd.Series,
    rankings: Mapping[str, ArrayLike | pd.Series],
    contacts: int,
    terms: Terms,
    *,
    noun: str = "referrals",
    draws: int = 2000,
) -> Targeting:
    """Compare rankings by the share of later referrals (or of their value) that the first contacts reach.

    Parameters
    ----------
    outcome : array_like of shape (n,)
        What each customer brought after the day of the ranking: referrals, or their value in currency; not negative.
        Of series the customers of the first ranking count, and a missing outcome is 0.
    rankings : mapping of str to array_like of shape (n,)
        Up to four scores known on that day, best first when high; missing ones rank last. The first is compared with
        each of the others.
    contacts : int
        How many customers can be contacted.
    terms : Terms
        Level and seed.
    noun : str
        What the outcome is, in words: "referrals" or "referral value".
    draws : int
        Bootstrap samples.

    Returns
    -------
    Targeting
        With regret: the share that a ranking misses against the best possible choice made in hindsight.

    Raises
    ------
    Refusal
        When an outcome is negative or missing.
    ValueError
        When the lengths differ, or there are more than four rankings.

    Notes
    -----
    Customers with equal scores are contacted in random order: the curve is its expectation, with no draw. Random
    contacts reach the share contacted. The ranking must be older than the outcome, or the curve is a fraud.

    Examples
    --------
    >>> TERMS = Terms(pd.Timestamp("2026-09-30"))
    >>> found = targeting_curve([0, 3, 0, 1] * 5, {"by record": [0, 2, 0, 1] * 5, "by answer": [9, 9, 8, 8] * 5}
    ...                         , 5, TERMS)
    >>> round(found.reached["by record"].value, 2), round(found.reached["by answer"].value, 2)
    (0.75, 0.38)
    """
    first_rank = next(iter(rankings.values()), None)
    if isinstance(first_rank, pd.Series) and isinstance(outcome, pd.Series):
        outcome = outcome.reindex(first_rank.index, fill_value=0.0)
        rankings = {name: pd.Series(rank).reindex(first_rank.index) for name, rank in rankings.items()}
    amount = np.asarray(outcome, float)
    _check(amount, rankings)
    n, total = len(amount), float(amount.sum())
    taken = min(max(int(contacts), 0), n)
    if not total or not taken:
        reason = "nobody referred afterwards" if n else "there are no customers"
        return Targeting(reason=reason, named=(unknown("reached", "share", reason, 0),))
    chosen = {name: _chosen(np.asarray(rank, float), taken) for name, rank in rankings.items()}
    reached = {
        name: ratio_bootstrap_t(amount * weight, amount, terms.level, draws, terms.seed)
        for name, weight in chosen.items()
    }
    first = next(iter(chosen))
    gains = {
        name: ratio_bootstrap_t(amount * (chosen[first] - weight), amount, terms.level, draws, terms.seed)
        for name, weight in chosen.items()
        if name != first
    }
    curves = pd.DataFrame(
        {name: _curve(np.asarray(rank, float), amount) for name, rank in rankings.items()}, index=GRID
    )
    curves["at random"] = GRID
    return Targeting(
        named=tuple(found.measure(measure_name("reached", name), "share", n=n) for name, found in reached.items()),
        reached=reached,
        gains=gains,
        curves=curves,
        contacts=taken,
        customers=n,
        best=float(np.sort(amount)[::-1][:taken].sum() / total),
        noun=noun,
    )


def _check(amount: NDArray, rankings: Mapping[str, ArrayLike]) -> None:
    if np.isnan(amount).any() or (amount < 0).any():
        raise Refusal("What customers brought must be known and not negative; put 0 for those who brought nothing.")
    if not 1 <= len(rankings) <= len(LOOKS) - 1:
        raise ValueError(
            f"Between one and {len(LOOKS) - 1} rankings can be compared in one picture: {len(rankings)} given."
        )
    for name, rank in rankings.items():
        if len(np.asarray(rank)) != len(amount):
            raise ValueError(f"The ranking {name!r} has {len(np.asarray(rank))} rows for {len(amount)} customers.")


def _groups(rank: NDArray) -> tuple[NDArray, NDArray]:
    """Return for each customer the place of its group of equals, best group first, and the sizes of the groups."""
    score = np.where(np.isnan(rank), -np.inf, rank)
    codes = np.unique(-score, return_inverse=True)[1]
    return codes, np.bincount(codes)


def _chosen(rank: NDArray, taken: int) -> NDArray:
    """Return the chance of each customer to be among the first `taken`."""
    codes, sizes = _groups(rank)
    before = np.cumsum(sizes) - sizes
    return np.clip((taken - before) / sizes, 0, 1)[codes]


def _curve(rank: NDArray, amount: NDArray) -> NDArray:
    codes, sizes = _groups(rank)
    sums = np.bincount(codes, amount)
    contacted = np.concatenate([[0.0], np.cumsum(sizes) / sizes.sum()])
    return np.interp(GRID, contacted, np.concatenate([[0.0], np.cumsum(sums) / sums.sum()]))


def _better(gain: Estimate) -> int:
    """Tell whether the first ranking reaches more (1) or less (-1) beyond chance, or neither (0)."""
    if gain.low is not None and gain.low > 0:
        return 1
    return -1 if gain.high is not None and gain.high < 0 else 0


def _title(first: str, gains: dict[str, Estimate], taken: int) -> str:
    beaten = [name for name, gain in gains.items() if _better(gain) > 0]
    lost = [name for name, gain in gains.items() if _better(gain) < 0]
    if gains and len(beaten) == len(gains):
        return f"With {numbers.plural(taken, 'contact')}, ranking {first} reaches more than any other"
    if lost:
        return f"Ranking {lost[0]} reaches more than ranking {first}"
    if beaten:
        return f"Ranking {first} reaches more than ranking {' or '.join(beaten)}"
    return f"No ranking can be shown to be better than ranking {first}"
