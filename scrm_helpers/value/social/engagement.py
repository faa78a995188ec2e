"""Customer engagement value in two views: one that ranks people, and one that adds up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.value.matrix.whale import bring

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_SHARES = pd.DataFrame({"influencer": [], "influenced": [], "share": []}).astype({"share": float})


@dataclass(frozen=True, kw_only=True)
class Engagement(Result):
    """Both views by person, and their sums by part."""

    OFFERS: ClassVar = ("figure", "table")

    people: pd.DataFrame
    parts: pd.DataFrame
    currency: str

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both views as bars of own purchases and credit from others, all of the coming months."""
        axes = style.axes_for(ax, height=2.6)
        colours = (style.BLUE, style.ORANGE)
        for row, view in enumerate(("Reconciled view", "Ranking view")):
            left = 0.0
            for name, colour in zip(self.parts.index, colours, strict=True):
                width = max(float(self.parts[view].to_dict()[name]), 0.0)
                axes.barh(row, width, left=left, color=colour, height=0.5, edgecolor="white")
                left += width
            total = numbers.money(float(self.parts[view].sum()), self.currency)
            axes.annotate(total, (left, row), xytext=(5, 0), textcoords="offset points", va="center", weight="bold")
        start = 0.0
        for name, colour in zip(self.parts.index, colours, strict=True):
            width = max(float(self.parts["Ranking view"].to_dict()[name]), 0.0)
            axes.annotate(
                name, (start, 1.32), xytext=(2, 4 + 12 * (list(self.parts.index).index(name) % 2)),
                textcoords="offset points", size=8.5, color=colour,
            )  # fmt: skip
            start += width
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
    ids = [clv.index, *(series.index for series in extra), shares["influencer"], shares["influenced"]]
    people = pd.Index(pd.concat([pd.Series(np.asarray(part)) for part in ids]).dropna().unique()).sort_values()
    own = clv.reindex(people).fillna(0.0).to_numpy(float)
    upper, lower = (people.get_indexer(pd.Index(shares[end])) for end in ("influencer", "influenced"))
    moved = shares["share"].to_numpy(float) * own[lower]
    credited = np.bincount(upper, weights=moved, minlength=len(people))
    given = np.bincount(lower, weights=moved, minlength=len(people))
    on_top = sum((series.reindex(people).fillna(0.0).to_numpy(float) for series in extra), np.zeros(len(people)))
    return pd.DataFrame(
        {
            "own": own,
            "credited": credited,
            "given": given,
            "on_top": on_top,
            "ranking": own + credited + on_top,
            "reconciled": own - given + credited + on_top,
        },
        index=people.rename("person_id"),
    )


def engagement_value(clv: pd.Series, shares: pd.DataFrame, *extra: pd.Series, currency: str = "EUR") -> Engagement:
    """Compare the view that ranks people with the view that adds up."""
    people = engagement_views(clv, shares, *extra)
    sums = people.sum()
    unknown = int(clv.reindex(people.index).isna().sum())
    if unknown == len(people):
        return _unknown(people, float(sums["on_top"]), currency)
    parts = pd.DataFrame(
        {
            "Ranking view": [sums["own"], sums["credited"]],
            "Reconciled view": [sums["own"] - sums["given"], sums["credited"]],
        },
        index=["own purchases", "credited from others"],
    )
    ranking, reconciled = (float(parts[view].sum()) for view in parts)
    moved, rise = float(sums["credited"]), int((people["credited"] > people["own"]).sum())
    ahead = f"are expected to {bring(reconciled, currency)} by buying in the coming months"
    order = f"reads {numbers.money(ranking, currency)}: use it to order people, never to add them up."
    if moved > 0:
        sentence = (
            f"People {ahead}; {numbers.money(moved, currency)} of it is owed to somebody who "
            f"referred or moved the buyer. Ranking counts that part twice and {order}"
        )
    elif moved < 0:
        sentence = (
            f"People {ahead}; those who were referred or moved {bring(moved, currency)}, as far as this is "
            f"credited to others. Ranking counts that loss twice and {order}"
        )
    else:
        sentence = f"People {ahead}; no part of it is credited to others, so both views agree."
    if sums["on_top"]:
        sentence += (
            f" Saved cost, ideas and help have brought {numbers.money(float(sums['on_top']), currency)} so far: that "
            "is another period and is added to neither."
        )
    if unknown:
        have = "has" if unknown == 1 else "have"
        sentence += (
            f" {numbers.plural(unknown, 'person', 'people')} of {numbers.count(len(people))} {have} no lifetime value; "
            "own purchases of theirs are left out."
        )
    table = parts.reset_index(names="Part")
    total = {"Part": "all of the coming months", "Ranking view": ranking, "Reconciled view": reconciled}
    past = {
        "Part": "so far: saved cost, ideas, help",
        "Ranking view": sums["on_top"],
        "Reconciled view": sums["on_top"],
    }
    return Engagement(
        sentence=sentence,
        table=pd.concat([table, pd.DataFrame([total, past])], ignore_index=True),
        title=f"{numbers.plural(rise, 'person brings', 'people bring')} more through others than by own purchases",
        caption="Engagement value in two views",
        note="own purchases: lifetime value; saved cost: of acquisition, by referrals, and not in the bars; n = "
        f"{numbers.plural(len(people), 'person', 'people')}"
        + ("; parts below zero are in the sums, but not in the bars" if parts.to_numpy().min() < 0 else ""),
        alt=f"Two bars of value by part. Ranking view: {numbers.money(ranking, currency)}; reconciled view: "
        f"{numbers.money(reconciled, currency)}; the difference of {numbers.money(moved, currency)} is credited twice.",
        formats={"Ranking view": "money", "Reconciled view": "money"},
        measures=(
            Measure(name="cev_ranking_total", value=ranking, unit=currency, n=len(people), kind="attributed"),
            Measure(name="cev_reconciled_total", value=reconciled, unit=currency, n=len(people), kind="gross"),
            Measure(name="people_worth_more_through_others", value=float(rise), unit="count", n=len(people)),
        ),
        drawable=bool(parts.to_numpy().max() > 0),
        people=people,
        parts=parts,
        currency=currency,
    )


def _unknown(people: pd.DataFrame, on_top: float, currency: str) -> Engagement:
    reason = "nobody has a lifetime value that could be added up"
    names = {
        "cev_ranking_total": currency,
        "cev_reconciled_total": currency,
        "people_worth_more_through_others": "count",
    }
    sentence = f"What people are worth together cannot be given, because {reason}."
    if on_top:
        sentence += f" Saved cost, knowledge and support alone come to {numbers.money(on_top, currency)}."
    blank = ["own", "credited", "given", "ranking", "reconciled"]
    return Engagement(
        sentence=sentence,
        table=pd.DataFrame(),
        measures=tuple(Measure(name=name, value=None, unit=unit, reason=reason) for name, unit in names.items()),
        drawable=False,
        people=people.assign(**dict.fromkeys(blank, np.nan)),
        parts=pd.DataFrame(),
        currency=currency,
    )


def people_outside(value: pd.DataFrame, currency: str = "EUR", min_group: int = 5) -> Result:
    """Show what people who are no customers bring: they have no lifetime value, and still they count.

    Parameters
    ----------
    value : DataFrame
        The value table.
    currency : str
        ISO code.
    min_group : int
        What fewer people bring is not shown.

    Returns
    -------
    Result
    """
    names = {"crv": "Referral value", "civ": "Influence value", "ckv": "Knowledge value", "sdv": "Support value"}
    outside = value[~value["is_customer"].astype(bool)]
    rows = [
        (label, int((outside[name] > 0).sum()), float(outside[name].sum()), float(value[name].sum()))
        for name, label in names.items()
        if value[name].notna().any()
    ]
    table = pd.DataFrame(rows, columns=["Dimension", "People", "They bring", "Everybody brings"])
    brought = float(table["They bring"].sum())
    few = 0 < len(outside) < min_group
    if few:
        sentence = f"Fewer than {min_group} people who are no customers refer, speak or have ideas."
    elif not len(outside):
        sentence = "Everybody who refers, speaks or has ideas is a customer."
    else:
        sentence = (
            f"{numbers.plural(len(outside), 'person', 'people')} who are no customers {bring(brought, currency)} by "
            "referring, influencing, helping and ideas."
        )
    return Result(
        sentence=sentence,
        table=table,
        caption="People who are no customers",
        note="People outside with any; they have no purchases and no lifetime value, and stay in every total",
        formats={"People": "count", "They bring": "money", "Everybody brings": "money"},
        measures=(
            Measure(
                name="value_of_people_outside",
                value=None if few else brought,
                unit=currency,
                n=len(outside),
                kind="attributed",
                reason=f"fewer than {min_group} people" if few else "",
            ),
        ),
    )
