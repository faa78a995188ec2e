"""Customer engagement value in two views: one that ranks people, and one that adds up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.value.matrix.whale import bring


@dataclass(frozen=True, kw_only=True)
class Engagement(Answer):
    """Both views by person, and their sums by part."""

    ABSENT = "What people are worth together cannot be given, because {reason}."
    OFFERS: ClassVar = ("figure", "table")

    ranking: Measure = unknown("cev_ranking_total", "EUR")
    reconciled: Measure = unknown("cev_reconciled_total", "EUR")
    rise: Measure = unknown("people_worth_more_through_others", "count")
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    without_value: int = 0  # people without a lifetime value

    @property
    def currency(self) -> str:
        """ISO code."""
        return self.ranking.unit

    @property
    def drawable(self) -> bool:
        """Whether a part is above zero."""
        return not self.reason and bool(self.parts.to_numpy().max() > 0)

    @property
    def sentence(self) -> str:
        """The reading; or why there is none, and what is known all the same."""
        on_top = float(self.people["on_top"].sum()) if self.reason else 0.0
        more = f" Saved cost, knowledge and support alone come to {numbers.money(on_top, self.currency)}."
        return super().sentence + (more if on_top else "")

    def words(self) -> Words:
        ranking, reconciled = self.ranking.value or 0.0, self.reconciled.value or 0.0
        moved, past = float(self.people["credited"].sum()), float(self.people["on_top"].sum())
        views = [numbers.money(value, self.currency) for value in (ranking, reconciled)]
        ahead = f"are expected to {bring(reconciled, self.currency)} by buying in the coming months"
        order = f"reads {views[0]}: use it to order people, never to add them up."
        text = f"People {ahead}; no part of it is credited to others, so both views agree."
        if moved:
            owed = f"{numbers.money(moved, self.currency)} of it is owed to somebody who referred or moved the buyer"
            if moved < 0:
                loss = f"{bring(moved, self.currency)}, as far as this is credited to others"
                owed = f"those who were referred or moved {loss}"
            text = f"People {ahead}; {owed}. Ranking counts that {'part' if moved > 0 else 'loss'} twice and {order}"
        if past:
            text += (
                f" Saved cost, ideas and help have brought {numbers.money(past, self.currency)} so far: that is "
                "another period and is added to neither."
            )
        if self.without_value:
            text += (
                f" {numbers.plural(self.without_value, 'person', 'people')} of {numbers.count(len(self.people))} "
                f"{'has' if self.without_value == 1 else 'have'} no lifetime value; own purchases of theirs are left "
                "out."
            )
        rows = [*self.parts.itertuples(name=None), ("all of the coming months", ranking, reconciled)]
        rows.append(("so far: saved cost, ideas, help", past, past))
        below = "; parts below zero are in the sums, but not in the bars" if self.parts.to_numpy().min() < 0 else ""
        rise = int(self.rise.value or 0)
        return Words(
            sentence=text,
            table=pd.DataFrame(rows, columns=["Part", "Ranking view", "Reconciled view"]),
            formats={"Ranking view": "money", "Reconciled view": "money"},
            title=f"{numbers.plural(rise, 'person brings', 'people bring')} more through others than by own purchases",
            caption="Engagement value in two views",
            note=(
                "own purchases: lifetime value; saved cost: of acquisition, by referrals, and not in the bars; n = "
                f"{numbers.plural(len(self.people), 'person', 'people')}{below}"
            ),
            alt=(
                f"Two bars of value by part. Ranking view: {views[0]}; reconciled view: {views[1]}; the difference "
                f"of {numbers.money(moved, self.currency)} is credited twice."
            ),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax, height=2.6)
        for row, view in enumerate(("Reconciled view", "Ranking view")):
            left = 0.0
            widths = self.parts[view].clip(lower=0).items()
            for place, ((name, width), colour) in enumerate(zip(widths, (style.BLUE, style.ORANGE), strict=True)):
                axes.barh(row, width, left=left, color=colour, height=0.5, edgecolor="white")
                if view == "Ranking view":
                    up = 4 + 12 * place
                    axes.annotate(str(name), (left, 1.32), (2, up), textcoords="offset points", size=8.5, color=colour)
                left += width
            total = numbers.money(float(self.parts[view].sum()), self.currency)
            axes.annotate(total, (left, row), xytext=(5, 0), textcoords="offset points", va="center", weight="bold")
        axes.set_yticks([0, 1], ["Reconciled view\n(adds up)", "Ranking view\n(credits overlap)"])
        axes.set_ylim(-0.5, 1.75)
        axes.set_xlim(0, 1.14 * max(float(self.parts.clip(lower=0).sum().max()), 1e-9))
        axes.xaxis.set_major_formatter(lambda value, _: numbers.money(value, self.currency))
        axes.set_xlabel(f"Expected in the coming months, {self.currency}")
        axes.tick_params(axis="y", length=0)
        return axes


def bounded_shares(*parts: pd.DataFrame) -> pd.DataFrame:
    """Join shares of people's value that are credited to others, so that nobody gives away more than everything."""
    pairs = pd.concat(parts).groupby(["influencer", "influenced"], as_index=False)["share"].sum()
    total = pairs.groupby("influenced")["share"].transform("sum")
    return pairs.assign(share=pairs["share"] / total.clip(lower=1.0))


def engagement_views(clv: pd.Series, shares: pd.DataFrame, *extra: pd.Series) -> pd.DataFrame:
    """Work out both views of engagement value for every person."""
    if (shares["share"] < 0).any() or (shares.groupby("influenced")["share"].sum() > 1 + 1e-9).any():
        raise Refusal(
            "The shares credited to others must be 0 or more and at most 1 in sum for each person. Otherwise more is "
            "given away than there is. Join them with bounded_shares."
        )
    ids = [*(series.index for series in (clv, *extra)), shares["influencer"], shares["influenced"]]
    people = pd.Index(pd.concat([pd.Series(np.asarray(part)) for part in ids]).dropna().unique()).sort_values()
    own, *rest = (series.reindex(people).fillna(0.0).to_numpy(float) for series in (clv, *extra))
    upper, lower = (people.get_indexer(pd.Index(shares[end])) for end in ("influencer", "influenced"))
    moved = shares["share"].to_numpy(float) * own[lower]
    credited = np.bincount(upper, weights=moved, minlength=len(people))
    given = np.bincount(lower, weights=moved, minlength=len(people))
    on_top = sum(rest, np.zeros(len(people)))
    parts = {"own": own, "credited": credited, "given": given, "on_top": on_top}
    return pd.DataFrame(parts, people.rename("person_id")).assign(
        ranking=own + credited + on_top, reconciled=own - given + credited + on_top
    )


def engagement_value(clv: pd.Series, shares: pd.DataFrame, *extra: pd.Series, currency: str = "EUR") -> Engagement:
    """Compare the view that ranks people with the view that adds up."""
    people = engagement_views(clv, shares, *extra)
    sums = people.sum()
    lacking = int(clv.reindex(people.index).isna().sum())
    if lacking == len(people):
        people[["own", "credited", "given", "ranking", "reconciled"]] = np.nan
        ranked, summed = (unknown(f"cev_{view}_total", currency) for view in ("ranking", "reconciled"))
        reason = "nobody has a lifetime value that could be added up"
        return Engagement(reason=reason, ranking=ranked, reconciled=summed, people=people)
    parts = pd.DataFrame(
        {
            "Ranking view": [sums["own"], sums["credited"]],
            "Reconciled view": [sums["own"] - sums["given"], sums["credited"]],
        },
        index=["own purchases", "credited from others"],
    )
    ranking, reconciled = (float(parts[view].sum()) for view in parts)
    n, rise = len(people), float((people["credited"] > people["own"]).sum())
    return Engagement(
        ranking=Measure(name="cev_ranking_total", value=ranking, unit=currency, n=n, kind="attributed"),
        reconciled=Measure(name="cev_reconciled_total", value=reconciled, unit=currency, n=n, kind="gross"),
        rise=Measure(name="people_worth_more_through_others", value=rise, unit="count", n=n),
        people=people,
        parts=parts,
        without_value=lacking,
    )


@dataclass(frozen=True, kw_only=True)
class Outside(Answer):
    """What people who are no customers bring."""

    brought: Measure
    dimensions: pd.DataFrame

    def words(self) -> Words:
        n = self.brought.n or 0
        text = "Everybody who refers, speaks or has ideas is a customer."
        if self.brought.value is None:
            few = self.brought.reason[:1].upper() + self.brought.reason[1:]
            text = f"{few} who are no customers refer, speak or have ideas."
        elif n:
            text = (
                f"{numbers.plural(n, 'person', 'people')} who are no customers "
                f"{bring(self.brought.value, self.brought.unit)} by referring, influencing, helping and ideas."
            )
        return Words(
            sentence=text,
            table=self.dimensions,
            formats={"People": "count", "They bring": "money", "Everybody brings": "money"},
            caption="People who are no customers",
            note="People outside with any; they have no purchases and no lifetime value, and stay in every total",
        )


def people_outside(value: pd.DataFrame, terms: Terms) -> Outside:
    """Show what people who are no customers bring: they have no lifetime value, and still they count.

    Parameters
    ----------
    value : DataFrame
        The value table.
    terms : Terms
        Currency; what fewer people than the smallest group bring is not shown.

    Returns
    -------
    Outside
    """
    names = {"crv": "Referral value", "civ": "Influence value", "ckv": "Knowledge value", "sdv": "Support value"}
    outside = value[~value["is_customer"].astype(bool)]
    rows = [
        (label, int((outside[name] > 0).sum()), float(outside[name].sum()), float(value[name].sum()))
        for name, label in names.items()
        if value[name].notna().any()
    ]
    table = pd.DataFrame(rows, columns=["Dimension", "People", "They bring", "Everybody brings"])
    few = 0 < len(outside) < terms.min_group
    brought = Measure(
        name="value_of_people_outside",
        value=None if few else float(table["They bring"].sum()),
        unit=terms.currency,
        n=len(outside),
        kind="attributed",
        reason=f"fewer than {terms.min_group} people" if few else "",
    )
    return Outside(brought=brought, dimensions=table)
