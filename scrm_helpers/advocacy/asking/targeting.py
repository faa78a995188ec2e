"""Whom to ask? How much of the later referrals is reached by ranking customers in different ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.resample import ratio_bootstrap_t

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GRID = np.linspace(0, 1, 101)
LOOKS = ((style.BLUE, "-"), (style.ORANGE, (0, (6, 2))), (style.GREY, "--"), (style.GREY, "-."), (style.GREY, ":"))


@dataclass(frozen=True, kw_only=True)
class Targeting(Result):
    """Share of later referral value reached by contacting the first customers of several rankings."""

    OFFERS: ClassVar = ("figure", "table")

    curves: pd.DataFrame  # indexed by the share of customers contacted (0-1), one column per ranking, values 0-1
    reached: dict[str, Estimate]  # share reached with the contacts asked for, by ranking
    contacts: int  # contacts asked for
    noun: str  # what is reached, in words

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw one line per ranking, its reach in the legend, and the contacts asked for as an upright line."""
        ax = style.axes_for(ax, height=3.8)
        share = float(self.curves.attrs["share"])
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
    people: pd.Index | None = None,
    noun: str = "referrals",
    level: float = 0.95,
    draws: int = 2000,
    seed: int = 0,
) -> Targeting:
    """Compare rankings by the share of later referrals (or of their value) that the first contacts reach.

    Parameters
    ----------
    outcome : array_like of shape (n,)
        What each customer brought after the day of the ranking: referrals, or their value in currency; not negative.
    rankings : mapping of str to array_like of shape (n,)
        Up to four scores known on that day, best first when high; missing ones rank last. The first is compared with
        each of the others.
    contacts : int
        How many customers can be contacted.
    people : pandas.Index, optional
        The customers, when outcome and rankings are series indexed by customer: each is brought into this order, a
        missing outcome is 0.
    noun : str
        What the outcome is, in words: "referrals" or "referral value".
    level : float
        Confidence level, 0-1.
    draws : int
        Bootstrap samples.
    seed : int
        Seed of the draws.

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
    >>> found = targeting_curve([0, 3, 0, 1] * 5, {"by record": [0, 2, 0, 1] * 5, "by answer": [9, 9, 8, 8] * 5}, 5)
    >>> round(found.reached["by record"].value, 2), round(found.reached["by answer"].value, 2)
    (0.75, 0.38)
    """
    if people is not None:
        outcome = pd.Series(outcome).reindex(people, fill_value=0.0)
        rankings = {name: pd.Series(rank).reindex(people) for name, rank in rankings.items()}
    amount = np.asarray(outcome, float)
    _check(amount, rankings)
    n, total = len(amount), float(amount.sum())
    taken = min(max(int(contacts), 0), n)
    if not total or not taken:
        return _nothing("nobody referred afterwards" if n else "there are no customers", taken)
    chosen = {name: _chosen(np.asarray(rank, float), taken) for name, rank in rankings.items()}
    reached = {name: ratio_bootstrap_t(amount * weight, amount, level, draws, seed) for name, weight in chosen.items()}
    first = next(iter(chosen))
    gains = {
        name: ratio_bootstrap_t(amount * (chosen[first] - weight), amount, level, draws, seed)
        for name, weight in chosen.items()
        if name != first
    }
    curves = pd.DataFrame(
        {name: _curve(np.asarray(rank, float), amount) for name, rank in rankings.items()}, index=GRID
    )
    curves["at random"] = GRID
    curves.attrs["share"] = taken / n
    best = float(np.sort(amount)[::-1][:taken].sum() / total)
    return Targeting(
        sentence=_sentence(first, reached, gains, taken, n),
        table=_table(reached, best, taken / n),
        title=_title(first, gains, taken),
        caption=f"Reached with {numbers.plural(taken, 'contact')}",
        note=(
            f"n = {numbers.plural(n, 'customer')}; rankings from before the window, referrals from within it; best "
            f"possible in hindsight {numbers.percent(best)}; {numbers.percent(level)} bootstrap-t ranges."
        ),
        alt=(
            f"Curves of the share reached against the share contacted; with {numbers.percent(taken / n)} contacted: "
            + ", ".join(f"{name} {numbers.percent(found.value)}" for name, found in reached.items())
            + f", at random {numbers.percent(taken / n)}."
        ),
        formats=dict.fromkeys(["Reached", "Range from", "Range to", "Regret"], "percent"),
        measures=tuple(
            Measure(
                name=measure_name("reached", name),
                value=found.value,
                unit="share",
                n=n,
                low=found.low,
                high=found.high,
                level=level,
                reason=found.reason,
            )
            for name, found in reached.items()
        ),
        curves=curves,
        reached=reached,
        contacts=taken,
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


def _table(reached: dict[str, Estimate], best: float, random: float) -> pd.DataFrame:
    rows = [(name, one.value, one.low, one.high, best - (one.value or 0.0)) for name, one in reached.items()]
    rows.append(("at random", random, None, None, best - random))
    return pd.DataFrame(rows, columns=["Ranking", "Reached", "Range from", "Range to", "Regret"])


def _sentence(first: str, reached: dict[str, Estimate], gains: dict[str, Estimate], taken: int, n: int) -> str:
    own = reached[first]
    text = (
        f"With {numbers.plural(taken, 'contact')} ({numbers.percent(taken / n)} of the customers) the ranking {first} "
        f"reaches {numbers.percent(own.value)} of what customers later brought; at random it would be "
        f"{numbers.percent(taken / n)}."
    )
    for name, gain in gains.items():
        other = numbers.percent(reached[name].value)
        if gain.low is not None and gain.low > 0:
            text += f" Ranking {name} reaches less ({other})."
        elif gain.high is not None and gain.high < 0:
            text += f" Ranking {name} reaches more ({other})."
        else:
            text += f" Against ranking {name} ({other}) no difference can be shown."
    return text


def _title(first: str, gains: dict[str, Estimate], taken: int) -> str:
    beaten = [name for name, gain in gains.items() if gain.low is not None and gain.low > 0]
    lost = [name for name, gain in gains.items() if gain.high is not None and gain.high < 0]
    if gains and len(beaten) == len(gains):
        return f"With {numbers.plural(taken, 'contact')}, ranking {first} reaches more than any other"
    if lost:
        return f"Ranking {lost[0]} reaches more than ranking {first}"
    if beaten:
        return f"Ranking {first} reaches more than ranking {' or '.join(beaten)}"
    return f"No ranking can be shown to be better than ranking {first}"


def _nothing(reason: str, taken: int) -> Targeting:
    return Targeting(
        sentence=f"Rankings cannot be compared: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="reached", value=None, unit="share", n=0, reason=reason),),
        curves=pd.DataFrame(),
        reached={},
        contacts=taken,
        noun="referrals",
    )
