"""What has no price of its own: hours that people gave, above all at the start ($5 shrub, $10 hole), and scores."""

from dataclasses import field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers, style, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.stats.rank import spearman

GAINED, WORTH = "Gained, summed over quarters", "Break-even worth of one unit"
_VIEWS = {
    "Cash": ("cash", 0.0),
    "Cash and paid hours": ("economic", 0.0),
    "and own hours at half": ("shadow", 0.5),
    "and own hours in full": ("shadow", 1.0),
}


class CostViews(Answer):
    """Net value to date of each initiative in four views of cost."""

    decided: Measure  # verdicts that the price of an hour decides
    net: pd.DataFrame
    turned: tuple[str, ...]
    own: pd.Series  # cost of the hours that people gave, at the full rate
    ledger: Ledger

    def words(self) -> Words:
        turned, many = self.turned, numbers.plural(len(self.net), "initiative")
        most = str(self.own.sort_index().idxmax())
        own = numbers.money(self.own[most], self.ledger.currency)
        rate = f"the full rate the hours people gave to “{most}” would add {own} of cost."
        text = f"No verdict depends on how hours are priced; at {rate}"
        if not self.own[most]:
            text = "Nobody's own hours are in the ledger, so the shadow view equals the economic one."
        elif turned:
            verb = "pays" if len(turned) == 1 else "pay"
            text = f"Whether {numbers.quoted(turned)} {verb} depends on what an hour is held to cost. At {rate}"
        title = f"The price of an hour decides {len(turned)} of {many}"
        return Words(
            sentence=text,
            table=self.net.reset_index(),
            formats=dict.fromkeys(_VIEWS, "money"),
            title=title if turned else "No verdict depends on the price of an hour",
            caption="Net value to date in four views of cost",
            note=f"n = {many}; booked quarters; {self.ledger.gross_words}; {self.ledger.rate_words}; own hours: "
            "volunteered time at half of, or the full, hourly rate.",
            alt=f"For each of {many} the net value to date in cash, with paid hours and with own hours; {len(turned)} "
            "of the lines cross zero.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        net = self.net.sort_values("Cash", kind="stable")
        ax = style.axes_for(ax, height=1.2 + 0.36 * len(net))
        cash, paid, own = "Cash", "Cash and paid hours", "and own hours in full"
        marks: dict[str, dict[str, Any]] = {
            cash: {"marker": "o", "color": "white", "markeredgecolor": style.GREY, "label": "cash"},
            paid: {"marker": "D", "color": style.BLUE, "label": "cash and paid hours"},
            own: {"marker": "s", "color": style.ORANGE, "label": "cash, paid and own hours in full"},
        }
        places = np.arange(len(net))
        ends = np.stack([net.min(axis=1), net.max(axis=1)])
        ax.plot(ends, np.stack([places, places]), color=style.RULE, linewidth=2, zorder=1)
        for view, look in marks.items():
            shown = np.full(len(net), True) if view != own else (net[own] != net[paid]).to_numpy()
            zorder = 3 if view == cash else 2
            ax.plot(net.loc[shown, view], places[shown], linestyle="none", markersize=7, zorder=zorder, **look)
        style.name_rows(ax, net.index, zero=True)
        style.in_money(ax.xaxis, self.ledger.currency)
        ax.margins(x=0.06, y=0.08)
        return style.labelled(ax, "Discounted net value to date", legend=3)


def cost_views(ledger: Ledger) -> CostViews:
    """Value every initiative under four answers to "what does an hour cost?".

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    CostViews

    Notes
    -----
    Economic cost = cash + paid hours at the loaded rate; shadow cost adds volunteered hours at a share of that rate.

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import Terms, read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [50.0]})
    >>> hours = initiatives.assign(quarter="2025Q1", stream="own", amount=2.0, unit="hours", kind="volunteered_time")
    >>> cost_views(read_ledger(initiatives, hours, Terms(pd.Timestamp("2025-03-31")))).net.iloc[0].tolist()
    [0.0, 0.0, -35.0, -70.0]
    """
    names = pd.Index(ledger.names, name="Initiative")
    flows = {label: ledger.benefit() - ledger.cost(*view) for label, view in _VIEWS.items()}
    net = pd.DataFrame({label: ledger.to_date(grid) for label, grid in flows.items()}, index=names)
    turned = tuple(sorted(names[(net.max(axis=1) > 0) & (net.min(axis=1) <= 0)]))
    return CostViews(
        decided=ledger.fact("verdicts_decided_by_hours", len(turned)),
        net=net,
        turned=turned,
        own=pd.Series(ledger.to_date(ledger.costs["volunteered_time"]), index=names),
        ledger=ledger,
    )


class BreakEvenWeights(Answer):
    """What a unit of each score must be worth; scores stay apart from money."""

    needed: Measure
    scores: pd.DataFrame
    ledger: Ledger

    def words(self) -> Words:
        needed = self.scores.dropna(subset=WORTH).sort_values(WORTH, kind="stable")
        text = "Every initiative with a score pays in money alone or gained nothing on it: no score has to be given a "
        text += "price."
        if self.scores.empty:
            text = "No score is in the ledger, so no break-even worth can be computed."
        elif len(needed):
            first, verb = needed.iloc[0], "needs" if len(needed) == 1 else "need"
            pairs = numbers.plural(len(needed), "initiative and score", "pairs of initiative and score")
            text = (
                f"“{first['Initiative']}” pays if one unit of {first['Score']}, held for one quarter, is worth at "
                f"least {numbers.money(first[WORTH], self.ledger.currency)}; {pairs} {verb} such a belief."
            )
        return Words(
            sentence=text,
            table=self.scores,
            formats={GAINED: "decimal1", WORTH: "money"},
            caption="What a score must be worth",
            note="Scores are never added to money; they are as booked. Shortfall, booked quarters: "
            f"{self.ledger.gross_words}; {self.ledger.rate_words}.",
        )


def break_even_weights(ledger: Ledger) -> BreakEvenWeights:
    """Say, for each initiative and score, what one unit must be worth to you for the initiative to have paid.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    BreakEvenWeights

    Examples
    --------
    >>> from scrm_helpers.initiatives.ledger.flows import Terms, read_ledger
    >>> initiatives = pd.DataFrame({"initiative_id": ["desk"], "started_on": ["2025-01-01"], "cost": [100.0]})
    >>> rows = initiatives.assign(quarter="2025Q2", stream="trust", amount=5.0, unit="points")
    >>> read = read_ledger(initiatives, rows, Terms(pd.Timestamp("2025-06-30"), discount_rate=0.0))
    >>> break_even_weights(read).scores["Break-even worth of one unit"].tolist()
    [20.0]
    """
    shortfall = ledger.to_date(ledger.cost("economic") - ledger.benefit())
    rows: list[tuple[str, str, float, float | None, str]] = []
    for (stream, unit), grid in sorted(ledger.scores.items()):
        discounted, summed = ledger.to_date(grid), (grid * ledger.booked).sum(axis=1)
        for place in np.flatnonzero((grid * ledger.booked).any(axis=1)):
            gained = float(discounted[place])
            weight, words = None, "cannot pay through this score: it did not rise"
            if gained > 0 >= shortfall[place]:
                words = "pays in money alone"
            elif gained > 0:
                weight = float(shortfall[place]) / gained
                words = f"pays if one unit for one quarter is worth {numbers.money(weight, ledger.currency)}"
            rows.append((ledger.names[place], f"{stream} ({unit})", float(summed[place]), weight, words))
    table = pd.DataFrame(rows, columns=["Initiative", "Score", GAINED, WORTH, "Reading"]).astype({WORTH: float})
    return BreakEvenWeights(
        needed=ledger.fact("scores_needing_a_belief", table[WORTH].notna().sum(), n=len(table)),
        scores=table,
        ledger=ledger,
    )


HOLE = 2.0  # dollars of hole for a dollar of shrub (post 002)
FEWEST = 5  # initiatives below which no order of them says anything


class Preparation(Answer):
    """Hours put into the start of each initiative over what was bought then, beside its return so far."""

    ABSENT = "Whether preparation pays cannot be said: {reason}."

    ratio: Measure = unknown("preparation_ratio", "ratio")  # of all initiatives together
    goes_with: Measure = unknown("preparation_and_return", "ratio")  # Spearman's correlation
    currency: str = "EUR"
    deep: int = 0  # initiatives that prepared as the post asks
    by_initiative: pd.DataFrame = field(default_factory=pd.DataFrame)
    TESTED = "rank correlation of preparation over purchase in the starting quarter with the return so far"
    CLAIMS = (Claim(tested=TESTED, estimate=goes_with, chance=Chance(0.0, "returns drawn anew among the initiatives")),)

    def words(self) -> Words:
        n, money = self.goes_with.n or 0, partial(numbers.money, currency=self.currency)
        claim = self.tested(self.goes_with.name)
        read = {1: "more preparation went with a higher return", -1: "more preparation went with a lower return"}.get(
            claim.direction, f"whether it goes with the return cannot be shown with {numbers.plural(n, 'initiative')}"
        )
        ends = numbers.span(self.goes_with, numbers.decimal)
        rank = f"rank correlation {numbers.decimal(self.goes_with.value)}, 95% range {ends}"
        rank = rank if self.goes_with.value is not None else self.goes_with.reason
        reached = numbers.count(self.deep) if self.deep else "none"
        return Words(
            sentence=f"In their starting quarter {numbers.plural(self.ratio.n or 0, 'initiative')} put "
            f"{money(self.ratio.value)} of hours beside each {money(1)} of purchases; a plant of $5 in a hole of $10 "
            f"would be {money(HOLE)}, which {reached} of them reached. {read[0].upper()}{read[1:]} ({rank}).",
            table=self.by_initiative,
            formats={"Preparation over purchase": "decimal", "Return so far": "percent"},
            caption="Preparation and return, initiative by initiative",
            note="Preparation: paid and volunteered hours of the starting quarter at the hourly rate; purchase: cash "
            "of the same quarter. Return: net over cost, to the day of the report. One cannot tell what led to what.",
        )


def preparation_ratio(ledger: Ledger | None) -> Preparation:
    """Set the hours put into the start of each initiative beside what was bought, and its return beside that.

    Parameters
    ----------
    ledger : Ledger, optional, from :func:`read_ledger`; None where the company keeps none

    Returns
    -------
    Preparation

    Notes
    -----
    Spearman's correlation with its asymptotic range; its p-value from permutations (exact for up to seven initiatives).
    """
    if ledger is None:
        return Preparation(reason="the company folder has no initiatives with a ledger")
    hours = ledger.costs["paid_time"][:, 0] + ledger.costs["volunteered_time"][:, 0]
    cash = ledger.costs["cash"][:, 0]
    cost = ledger.to_date(ledger.cost("economic"))
    able = (cash > 0) & (cost > 0) & (ledger.booked_until >= 1)
    if not able.any():
        return Preparation(reason="no initiative bought anything in its starting quarter")
    ratio = hours[able] / cash[able]
    gain = ledger.to_date(ledger.benefit())[able] / cost[able] - 1
    table = pd.DataFrame(
        {"Initiative": np.array(ledger.names)[able], "Preparation over purchase": ratio, "Return so far": gain}
    ).sort_values("Preparation over purchase", ascending=False, ignore_index=True)
    whole = ledger.fact("preparation_ratio", float(hours[able].sum() / cash[able].sum()), "ratio", int(able.sum()))
    return Preparation(
        population="initiatives that bought something when they started",
        window="starting quarter; returns to the day of the report",
        ratio=replace(whole, window="the starting quarter of each initiative"),
        goes_with=_order(ratio, gain),
        currency=ledger.currency,
        deep=int((ratio >= HOLE).sum()),
        by_initiative=table,
    )


def _order(ratio: np.ndarray, gain: np.ndarray) -> Measure:
    """Rank correlation of two series with its p-value, or why there is none."""
    from scipy.stats import permutation_test, rankdata

    name, n = "preparation_and_return", len(ratio)
    if n < FEWEST:
        return unknown(name, "ratio", f"fewer than {FEWEST} initiatives can be ordered", n)
    found = spearman(gain, ratio).measure(name, "ratio")
    if found.value is None:
        return found
    ranks, others = rankdata(gain), rankdata(ratio)
    centred = others - others.mean()  # of ranks that change places, only the products with the others change
    test = permutation_test(
        (ranks,), lambda drawn, axis: (drawn * centred).sum(axis), permutation_type="pairings", rng=0, n_resamples=9_999
    )
    return replace(found, p=float(test.pvalue))
