"""The whale curve, where profit is made and lost again, and the moves: manage the best, sell to the active, retain."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, counted, numbers, style, unknown

MOST_POINTS = 2_001  # of a curve that is drawn
NO_PROFIT = "there is no profit in sum, so shares of it mean nothing"
NO_COST = "neither the margin of orders nor any cost of customers is known"
SAME = 1e-9  # differences of this share of the largest value are rounding
GROUPS = ("With profit", "At zero", "With loss", "All")


def bring(
    amount: float, currency: str = "EUR", verb: str = "bring", *, cost: str = "cost", they: str = "they", net: str = ""
) -> str:
    """Say what people bring, or by how much they cost more than that."""
    if amount >= 0:
        return f"{verb} {numbers.money(amount, currency)}{net}"
    return f"{cost} {numbers.money(-amount, currency)} more than {they} {verb}"


def told_apart(values: pd.Series) -> bool:
    """Tell whether values differ between people at all: where they do not, nobody is high, low, first or last."""
    known = values.dropna()
    return bool(len(known)) and float(known.max() - known.min()) > SAME * float(known.abs().max())


def running_share(ordered: np.ndarray) -> np.ndarray:
    """Return the running total of amounts as a share of their sum, from zero, with as many points as can be drawn."""
    curve = np.concatenate([[0.0], np.cumsum(ordered)]) / ordered.sum()
    if len(curve) <= MOST_POINTS:
        return curve
    return np.interp(np.linspace(0, 1, MOST_POINTS), np.linspace(0, 1, len(curve)), curve)


class Whale(Answer):
    """Cumulative profit as a share of the total, customers by profit, highest first."""

    ABSENT = "The whale curve cannot be drawn: {reason}."

    peak: Measure = unknown("whale_peak", "share")
    losing: Measure = unknown("customers_with_loss", "share")  # share of the customers who cost more than they bring
    curve: np.ndarray = field(default_factory=lambda: np.array([]))
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # customers and profit, with profit, at zero, with loss
    currency: str = "EUR"
    min_group: int = 5
    after: str = "costs"  # taken off the margin, in words

    TESTED = "each customer's margin and costs"
    CLAIMS = (Claim(name="customers_cost_more_than_they_bring", tested=TESTED, estimate=losing),)

    def words(self) -> Words:
        peak = numbers.percent(self.peak.value)
        groups = self.groups.set_index("Group").to_dict()
        people, profit = groups["Customers"], groups["Profit"]
        losers, part = people["With loss"], numbers.percent(self.losing.value)
        lost = numbers.money(-profit["With loss"], self.currency)
        if not losers:
            sentence = "No customer costs more than they bring: the whale curve never falls."
            title = "Every customer brings at least what they cost"
        elif losers < self.min_group:
            sentence = f"Fewer than {self.min_group} customers cost more than they bring: what they cost is not shown."
            title = "Few customers cost more than they bring"
        else:
            earned = numbers.money(profit["With profit"], self.currency)
            sentence = f"{numbers.plural(losers, 'customer')} ({part}) cost more than they bring: {earned} is earned "
            sentence += f"and {lost} given back, so profit peaks at {peak} of what is kept."
            title = f"{part} of customers give back {lost} of profit"
        return Words(
            sentence=sentence,
            table=self.groups,
            title=title,
            caption="Profit after the cost of serving",
            note=f"n = {numbers.plural(people['All'], 'customer')}; all time; margin after {self.after}",
            alt=f"Curve of running profit with customers by profit, highest first: it peaks at {peak} of the total and "
            "ends at 100%.",
            formats={"Customers": "count", "Profit": "money"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax)
        people, top = np.linspace(0, 1, len(self.curve)), int(np.argmax(self.curve))
        axes.axhline(1, color=style.GREY, linewidth=0.9, linestyle=":")
        axes.plot(people, self.curve, color=style.BLUE, linewidth=1.8)
        axes.fill_between(people[top:], 1, self.curve[top:], color=style.PALE_ORANGE)
        axes.plot(people[top], self.curve[top], marker="o", color=style.ORANGE, markersize=6)
        made, look = f"profit made: {numbers.percent(self.peak.value)}", {"size": 9, "color": style.ORANGE}
        side = "right" if people[top] > 0.8 else "center"
        style.beside(axes, made, (people[top], self.curve[top]), (0, 8), ha=side, **look)
        style.beside(axes, "profit kept: 100%", (0.02, 1), (0, 4), color=style.GREY)
        axes.set(xlim=(0, 1), ylim=(min(0.0, float(self.curve.min())), 1.12 * float(self.curve.max())))
        return style.labelled(axes, "Customers, by profit, highest first", "Profit so far, of the total", percent="xy")


def whale_curve(profit: pd.Series, *, currency: str = "EUR", min_group: int = 5) -> Whale:
    """Order customers by profit and follow the running total.

    Kaplan and Narayanan (2001). Without a positive total the shares mean nothing and are missing.

    Parameters
    ----------
    profit : profit per customer after the cost of serving; losses are negative
    currency, min_group : of the profit; a loss of fewer customers is not shown by itself

    Returns
    -------
    Whale
        `peak` is the sum of all gains over the total: what would be earned without the customers who cost money.

    Examples
    --------
    >>> whale_curve(pd.Series([50.0, 30, 20, 10, 5, 0, -5, -10, -20, -30])).curve.round(2).tolist()
    [0.0, 1.0, 1.6, 2.0, 2.2, 2.3, 2.3, 2.2, 2.0, 1.6, 1.0]
    """
    ordered = np.sort(profit.dropna().to_numpy(float))[::-1]
    n, total = len(ordered), float(ordered.sum())
    reason = profit.attrs.get("unknown", "") or ("" if total > 0 else NO_PROFIT)
    if reason:
        return Whale(reason=reason, peak=unknown("whale_peak", "share", reason, n))
    parts = [ordered[ordered > 0], ordered[ordered == 0], ordered[ordered < 0], ordered]
    lost = None if 0 < len(parts[2]) < min_group else len(parts[2]) / n
    people, profits = map(len, parts), [float(part.sum()) for part in parts]
    groups = pd.DataFrame(zip(GROUPS, people, profits, strict=True), columns=["Group", "Customers", "Profit"])
    return Whale(
        population="customers with an order",
        window="all orders and contacts to date",
        peak=counted("whale_peak", profits[0] / total, n, "share"),
        losing=counted("customers_with_loss", lost, n, "share", reason=f"fewer than {min_group} customers"),
        curve=running_share(ordered),
        groups=groups,
        currency=currency,
        min_group=min_group,
        after=profit.attrs.get("after", "costs"),
    )


COSTLY = {  # contacts that cost, and by which columns they are known: most of what customers write asks for nothing
    "replies": ("each reply by the firm", {"customer_id", "in_reply_to", "author_role"}),
    "requests": ("each question and complaint of a customer", {"customer_id", "intent"}),
}


def profit_by_customer(
    transactions: pd.DataFrame, interactions: pd.DataFrame | None, cost_per_contact: float | None, cost: str = "replies"
) -> pd.Series:
    """Take marketing and contacts that cost off each margin; ``attrs`` say what was taken, or why it is no profit."""
    if cost not in COSTLY:
        raise ValueError(f"Contacts that cost are {' or '.join(COSTLY)}, not {cost!r}.")
    spent = transactions["marketing_cost"].fillna(0.0) if "marketing_cost" in transactions else 0.0
    whose, (each, needed) = transactions["customer_id"], COSTLY[cost]
    profit = (transactions["margin"] - spent).groupby(whose).sum()
    profit.attrs["after"] = "marketing cost; which contacts cost is not known, so service is left out"
    if interactions is None or cost_per_contact is None or not needed <= set(interactions.columns):
        if "amount" in transactions and profit.eq(transactions["amount"].groupby(whose).sum()).all():
            profit.attrs["unknown"] = NO_COST
        return profit
    if cost == "replies":
        by_firm = interactions.loc[interactions["author_role"].isin(["employee", "brand"]), "in_reply_to"]
        asked = interactions.set_index("interaction_id")["customer_id"].reindex(by_firm.dropna())
    else:
        asked = interactions.loc[interactions["intent"].isin(["question", "complaint"]), "customer_id"]
    served = profit - cost_per_contact * asked.value_counts().reindex(profit.index).fillna(0.0)
    served.attrs["after"] = f"marketing cost and {cost_per_contact:g} for {each}"
    return served


ACTIVE_FROM = 0.5  # P(alive) from which a customer counts as active
BEST = 0.2  # share of the customers who are the best
MEANING = {
    "Manage": "best fifth by expected value and active: a named contact, first call, no mass mail",
    "Retain": "earned well before, now probably gone: find out why, win back while the margin covers the cost",
    "Sell": "active, expected value above the middle: targeted offers that raise what they buy",
    "Serve at low cost": "the rest: self-service, automated care",
}


class Moves(Answer):
    """The move for every customer, and what each group holds."""

    ABSENT = "No moves can be derived: {reason}."

    manage: Measure | None = None
    retain: Measure = unknown("retain_customers", "count")
    assigned: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"))
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)  # by move: ``n``, ``clv``, ``margin`` (currency)
    currency: str = "EUR"

    def words(self) -> Words:
        total, held = self.groups.sum(), self.groups.to_dict("index")
        manage, retain = held["Manage"], held["Retain"]
        if 0 <= manage["clv"] <= total["clv"] and total["clv"] > 0:
            hold = f"hold {numbers.percent(manage['clv'] / total['clv'])} of the expected value"
        else:
            everybody = bring(total["clv"], self.currency)
            hold = f"are expected to {bring(manage['clv'], self.currency)}, all customers to {everybody}"
        whom = numbers.plural(retain["n"], "customer")
        if not retain["n"]:
            whom, past = "nobody", "who earned well is probably gone"
        elif retain["margin"] >= 0:
            earned = numbers.money(retain["margin"], self.currency)
            past = f"who earned {earned} in the past are probably gone: ask why"
        else:
            lost = bring(retain["margin"], self.currency, "brought")
            past = f"who {lost} are probably gone: nothing asks to win them back"
        table = self.groups.reset_index(names="Move").assign(**{"Who, and what to do": list(MEANING.values())})
        return Words(
            sentence=f"{numbers.plural(manage['n'], 'customer')} to manage {hold}; {whom} {past}.",
            table=table.rename(columns={"n": "Customers", "clv": "Expected value", "margin": "Margin to date"}),
            caption="Three moves and the rest",
            note=f"n = {numbers.plural(total['n'], 'customer')}; active: P(alive) of {ACTIVE_FROM:.0%} or more; rules, "
            "not effects",
            formats={"Customers": "count", "Expected value": "money", "Margin to date": "money"},
        )


def three_moves(value: pd.DataFrame, *, currency: str = "EUR") -> Moves:
    """Give every customer one of the moves.

    Parameters
    ----------
    value, currency : table with ``person_id``, ``clv``, ``p_alive``, ``margin``; who has no value is left out

    Returns
    -------
    Moves
        Rules, as `MEANING` says them, not estimates of what an action would change: that needs a group left alone by
        chance.

    Examples
    --------
    >>> table = pd.DataFrame({"person_id": list("abcde"), "clv": [9.0, 5, 4, 1, 1],
    ...     "p_alive": [0.9, 0.9, 0.9, 0.1, 0.9], "margin": [50.0, 9, 8, 30, 2]})
    >>> three_moves(table).assigned.tolist()
    ['Manage', 'Sell', 'Serve at low cost', 'Retain', 'Serve at low cost']
    """
    known = value[value["clv"].notna() & value["p_alive"].notna()]
    if not told_apart(known["clv"]):
        return Moves(reason="the purchase model tells nobody from another by expected value")
    active, best = known["p_alive"] >= ACTIVE_FROM, max(round(BEST * len(known)), 1)
    rank, (earning, worth) = known["clv"].rank(ascending=False, method="first"), known[["margin", "clv"]].median()
    ways = [active & (rank <= best), ~active & (known["margin"] > earning), active & (known["clv"] > worth)]
    *first, rest = MEANING
    assigned = pd.Series(np.select(ways, first, rest), index=known["person_id"], name="move")
    sums = known.groupby(assigned.to_numpy()).agg(n=("clv", "size"), clv=("clv", "sum"), margin=("margin", "sum"))
    groups = sums.reindex(list(MEANING), fill_value=0).astype({"clv": float, "margin": float})
    why = "a rule applied to every customer"
    return Moves(
        population="customers with an expected value",
        window="the coming months, by orders to date",
        manage=counted("manage_customers", groups["n"]["Manage"], len(known), no_range=why),
        retain=counted("retain_customers", groups["n"]["Retain"], len(known), no_range=why),
        assigned=assigned,
        groups=groups,
        currency=currency,
    )
