"""How far referrals reach, and who brings: cascades by size, and direct referral value by who holds it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.network.forest.cascades import cascade_table
from scrm_helpers.network.forest.referral_forest import Forest

# Upper ends of the size classes (people brought by a cascade); the last class is open.
CLASSES = (1, 2, 5, 10, 20, 50, 100, 1000)
HEADS = {
    "label": "People brought",
    "cascades": "Cascades",
    "cascade_share": "Share of cascades",
    "brought": "Customers brought",
    "brought_share": "Share of customers brought",
}


@dataclass(frozen=True, kw_only=True)
class CascadeReach(Answer):
    """Cascades by size."""

    ABSENT = "{reason}."

    cascades: Measure = unknown("cascades", "count")
    brought: Measure = unknown("customers_brought", "count")
    end_after_one: Measure = unknown("cascades_end_after_one", "share")
    through_others: Measure = unknown("brought_through_others", "share")
    virality: Measure = unknown("mean_structural_virality", "ratio")
    classes: pd.DataFrame = field(default_factory=pd.DataFrame)
    largest_tenth: float = 0.0  # share of the customers brought by the largest tenth of the cascades
    counts: str = "first"  # which of several referrers counts

    def words(self) -> Words:
        short, later = numbers.percent(self.end_after_one.value), numbers.percent(self.through_others.value)
        n = numbers.plural(self.cascades.value or 0, "cascade")
        brought = numbers.plural(self.brought.value or 0, "customer")
        title = f"{short} of the cascades end after one step"
        if (self.end_after_one.value or 0) < 0.5:
            title = f"Most cascades go beyond one step: {later} of the customers brought came through others"
        elif self.largest_tenth > 0.2 and (self.cascades.value or 0) >= 10:
            held = numbers.percent(self.largest_tenth)
            title = f"Most cascades end after one step; the largest tenth bring {held} of the customers"
        bars = [
            f"{row['label']}: {numbers.percent(row['cascade_share'])} of cascades, "
            f"{numbers.percent(row['brought_share'])} of people"
            for row in self.classes.head(5).to_dict("records")
        ]
        return Words(
            sentence=(
                f"{n} brought {brought}; {short} of the cascades end after one step, and {later} of the customers "
                "brought came through somebody who had been brought before."
            ),
            table=self.classes.rename(columns=HEADS),
            formats={name: "percent" if name.startswith("Share") else "count" for name in [*HEADS.values()][1:]},
            title=title,
            caption="Cascades by the number of people they brought",
            note=f"n = {n}, {brought} brought; of several referrers the {self.counts} counts.",
            alt=("Pairs of bars by people brought. " + "; ".join(bars))[:298] + ".",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.2)
        place = np.arange(len(self.classes))
        for column, shift, colour in (("cascade_share", -0.2, style.BAR_GREY), ("brought_share", 0.2, style.BLUE)):
            ax.bar(place + shift, self.classes[column], 0.37, color=colour)
            for where, share in zip(place + shift, self.classes[column], strict=True):
                ax.text(where, share, numbers.percent(share), ha="center", va="bottom", size=8)
        for height, words, ink in (
            (0.97, "grey: share of the cascades", style.GREY),
            (0.88, "blue: share of the people brought", style.BLUE),
        ):
            ax.text(0.99, height, words, ha="right", va="top", color=ink, transform=ax.transAxes)
        ax.set_xticks(place, [f"{row['label']}\n(n = {row['cascades']:,})" for row in self.classes.to_dict("records")])
        ax.set_xlabel("People brought by the cascade (n: cascades)")
        ax.set_ylabel("Share")
        ax.set_ylim(0, max(0.1, 1.12 * float(self.classes[["cascade_share", "brought_share"]].max().max())))
        ax.yaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0))
        ax.tick_params(length=0)
        return ax


def cascade_reach(forest: Forest) -> CascadeReach:
    """Count cascades by size and say how many end after one step.

    Parameters
    ----------
    forest : Forest

    Returns
    -------
    CascadeReach

    Notes
    -----
    Goel, Watts and Goldstein (2012) found in seven domains that most cascades end within one step of their seed.
    Structural virality as in :func:`cascade_table`.

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["B", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> cascade_reach(build_forest(rows)).end_after_one.value
    0.0
    """
    cascades = cascade_table(forest)
    if cascades.empty:
        reason = "Referrals have reached nobody yet: no customer was brought by another person"
        if forest.unseen:
            reason = f"How far referrals reach is not known: {forest.unseen}"
        nothing = Measure(name="cascades", value=None if forest.unseen else 0.0, unit="count", reason=forest.unseen)
        return CascadeReach(reason=reason, cascades=nothing)
    sizes = cascades["people"] - 1  # the largest first
    n, brought = len(cascades), int(sizes.sum())
    short, later = float((cascades["depth"] == 1).mean()), int(np.count_nonzero(forest.generation >= 2)) / brought
    virality = float(cascades["virality"].mean())
    return CascadeReach(
        cascades=Measure(name="cascades", value=float(n), unit="count", n=brought),
        brought=Measure(name="customers_brought", value=float(brought), unit="count", n=forest.rows),
        end_after_one=Measure(name="cascades_end_after_one", value=short, unit="share", n=n),
        through_others=Measure(name="brought_through_others", value=later, unit="share", n=brought),
        virality=Measure(name="mean_structural_virality", value=virality, unit="ratio", n=n),
        classes=_classes(sizes),
        largest_tenth=float(sizes.head(max(1, n // 10)).sum() / brought),
        counts="last" if forest.rule == "last" else "first",
    )


def _classes(brought: pd.Series) -> pd.DataFrame:
    lower = [1, *(end + 1 for end in CLASSES[:-1])]
    labels = [f"{low:,}" if low == high else f"{low:,} to {high:,}" for low, high in zip(lower, CLASSES, strict=True)]
    labels.append(f"over {CLASSES[-1]:,}")
    place = np.searchsorted(CLASSES, brought)
    table = brought.groupby(place).agg(["size", "sum"]).reindex(range(place.max() + 1), fill_value=0)
    return pd.DataFrame(
        {
            "label": labels[: len(table)],
            "cascades": table["size"],
            "cascade_share": table["size"] / table["size"].sum(),
            "brought": table["sum"],
            "brought_share": table["sum"] / table["sum"].sum(),
        }
    )


BEST = (0.05, 0.1, 0.2, 0.5, 1.0)
FEWEST = 25  # people with referral value below which shares of them say nothing, the best fifth of them being five


@dataclass(frozen=True, kw_only=True)
class Bringers(Answer):
    """Concentration of direct referral value (CRV of the first generation) among those who brought somebody."""

    ABSENT = "{reason}."

    customers_who_brought: Measure = unknown("customers_who_brought", "count")
    share_who_brought: Measure = unknown("share_who_brought", "share")
    total: Measure = unknown("direct_referral_value", "EUR")
    outside: Measure = unknown("direct_referral_value_outside", "EUR")  # brought by people who are not customers
    best_fifth: Measure = unknown("best_fifth_share", "share")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # share, people, value, value_share of the best
    min_group: int = 5

    @property
    def drawable(self) -> bool:
        """Whether enough people brought somebody to say how the value is spread."""
        return not self.reason and self.best_fifth.value is not None

    def words(self) -> Words:
        active, customers = self.customers_who_brought.value, self.customers_who_brought.n or 0
        fifth, strangers = numbers.percent(self.best_fifth.value), self.outside.n or 0
        count = numbers.count(strangers) if self.outside.value is not None else f"fewer than {self.min_group}"
        others = f"{count} {'person who is not a customer' if count == '1' else 'people who are not customers'}"
        sentence = (
            f"{numbers.count(active)} of {numbers.plural(customers, 'customer')} "
            f"({numbers.percent(self.share_who_brought.value or 0.0)}) brought another customer; "
            f"{f'together with {others} ' if strangers else ''}they are credited "
            f"{numbers.money(self.total.value, self.total.unit)} of direct referral value"
        )
        heads = {"share": "Best", "people": "People", "value": "Direct referral value", "value_share": "Share of value"}
        best = self.curve[self.curve["share"] < 1]
        bars = [
            f"best {numbers.percent(row['share'], 0)}: {numbers.percent(row['value_share'])}"
            for row in best.to_dict("records")
        ]
        return Words(
            sentence=f"{sentence}, {fifth} of it to the best fifth."
            if self.drawable
            else f"{sentence}; that is too few people to say how it is spread.",
            table=self.curve.rename(columns=heads),
            formats=dict(zip(heads.values(), ("percent", "count", "money", "percent"), strict=True)),
            title=f"The best fifth of those who brought somebody hold {fifth} of the referral value",
            caption="Direct referral value held by the best",
            note=(
                f"n = {numbers.plural(self.total.n or 0, 'person', 'people')} who brought a customer. CRV, attributed: "
                "part of it is also in the own value of those who came."
            ),
            alt=f"Bars of the share of direct referral value held by those who bring the most. {'; '.join(bars)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.6)
        curve = self.curve[self.curve["share"] < 1]
        place, names = np.arange(len(curve)), []
        ax.barh(place, curve["value_share"], 0.62, color=style.BLUE)
        for where, row in zip(place.tolist(), curve.to_dict("records"), strict=True):
            label = f"{numbers.percent(row['value_share'])}  ({numbers.money(row['value'], self.total.unit)})"
            ax.text(row["value_share"] + 0.01, where, label, va="center", size=8.5)
            names.append(
                f"best {numbers.percent(row['share'], 0)} ({numbers.plural(row['people'], 'person', 'people')})"
            )
        ax.set_yticks(place, names)
        ax.invert_yaxis()
        ax.set_xlim(0, max(1.0, float(curve["value_share"].max())) * 1.18)
        ax.xaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0) if share <= 1 else "")
        ax.set_xlabel("Share of the direct referral value")
        ax.tick_params(length=0)
        return ax


def referral_value_spread(value: pd.DataFrame, terms: Terms) -> Bringers:
    """Say how many people brought somebody and how few of them hold most of the referral value.

    Parameters
    ----------
    value : pandas.DataFrame
        The value table with ``crv``, ``referrals_converted`` and ``is_customer``.
    terms : Terms

    Returns
    -------
    Bringers

    Notes
    -----
    Referral value is customer referral value (CRV), first generation (Kumar, Petersen and Leone 2007): attributed,
    part of it is also in the own value of those who came.

    Examples
    --------
    >>> people = pd.DataFrame({"is_customer": [True] * 3, "referrals_converted": [0.0] * 3, "crv": [0.0] * 3})
    >>> referral_value_spread(people, Terms(pd.Timestamp("2026-09-30"))).sentence
    'Nobody has brought a customer by a referral yet, so there is no referral value to share out.'
    """
    customer = value["is_customer"].fillna(False).to_numpy(dtype=bool)
    brought = value["referrals_converted"].fillna(0).to_numpy() > 0
    currency, min_group = terms.currency, terms.min_group
    crv = value["crv"].fillna(0.0).to_numpy()
    n, total = int(brought.sum()), float(crv[brought].sum())
    reason = why = ""
    if len(value) and not value["crv"].notna().any():
        why = "nobody who was referred is found in the table customers; referred_id must be the customer_id of who came"
        reason = f"Whom they brought is not known, so direct referral value is not either: {why}"
    elif not n:
        why = "nobody has brought a customer yet"
        reason = "Nobody has brought a customer by a referral yet, so there is no referral value to share out"
    if reason:
        return Bringers(reason=reason, total=unknown("direct_referral_value", currency, why))
    ranked = np.sort(crv[brought])[::-1]
    heads = [max(1, round(share * n)) for share in BEST]
    curve = pd.DataFrame({"share": BEST, "people": heads, "value": [float(ranked[:head].sum()) for head in heads]})
    curve["value_share"] = curve["value"] / total if total > 0 else np.nan
    customers, active = int(customer.sum()), int((brought & customer).sum())
    few = 0 < n - active < min_group
    spread = total > 0 and n >= max(FEWEST, 5 * min_group)
    curve = curve[curve["people"] >= min_group].reset_index(drop=True) if spread else curve.iloc[-1:]
    fifth = float(curve.loc[curve["share"] == 0.2, "value_share"].sum())
    return Bringers(
        customers_who_brought=Measure(name="customers_who_brought", value=float(active), unit="count", n=customers),
        share_who_brought=Measure(name="share_who_brought", value=active / customers, unit="share", n=customers)
        if customers
        else unknown("share_who_brought", "share", "there are no customers"),
        total=Measure(name="direct_referral_value", value=total, unit=currency, n=n, kind="attributed"),
        outside=Measure(
            name="direct_referral_value_outside",
            value=None if few else float(crv[brought & ~customer].sum()),
            unit=currency,
            n=n - active,
            kind="attributed",
            reason=f"fewer than {min_group} people" if few else "",
        ),
        best_fifth=Measure(name="best_fifth_share", value=fifth, unit="share", n=n)
        if spread
        else unknown("best_fifth_share", "share", "too few people brought a customer"),
        curve=curve,
        min_group=min_group,
    )
