"""Customer engagement value in two views: one that ranks people, and one that adds up."""

from collections.abc import Iterator, Mapping
from dataclasses import field
from functools import partial
from operator import attrgetter

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.stats.chance import age_groups
from scrm_helpers.value.matrix.whale import bring

PARTS = ("own purchases", "credited from others", "new: customers they will win, ideas, help")
RANGES = "its parts have ranges of their own; how they move together is not known"


class Engagement(Answer):
    """Both views of the coming twelve months by person, and their sums by part; the past stands apart."""

    ABSENT = "What people are worth together cannot be given, because {reason}."
    OFFERS = ("figure", "table")

    ranking: Measure = unknown("cev_ranking_total", "EUR")
    reconciled: Measure = unknown("cev_reconciled_total", "EUR")
    rise: Measure = unknown("people_worth_more_through_others", "count")
    by_chance: Chance | None = None  # how many would be, if credits changed hands among people of one age
    people: pd.DataFrame = field(default_factory=pd.DataFrame)
    parts: pd.DataFrame = field(default_factory=pd.DataFrame)
    new: Mapping[str, float] = field(default_factory=dict)  # what is expected beside purchases of those who are there
    past: Mapping[str, Measure] = field(default_factory=dict)  # so far, of all years
    left_out: Mapping[str, str] = field(default_factory=dict)  # what cannot be foretold, and why
    without_value: int = 0  # people without a lifetime value

    currency = property(attrgetter("ranking.unit"), doc="ISO code.")

    @property
    def drawable(self) -> bool:
        """Whether a part is above zero."""
        return not self.reason and bool(self.parts.to_numpy().max() > 0)

    @property
    def sentence(self) -> str:
        """The reading; or why there is none, and what is known all the same."""
        alone = sum(self.new.values()) if self.reason else 0.0
        more = f" {', '.join(self.new).capitalize()} alone come to {numbers.money(alone, self.currency)} in them."
        return super().sentence + (more if alone else "")

    def claimed(self) -> Iterator[Claim]:
        if self.reason or self.people["credited"].any():
            tested = "people credited with more from others than they are expected to buy"
            sentence = "" if self.reason else self._rise()
            yield Claim(tested=tested, estimate=self.rise, chance=self.by_chance, sentence=sentence)

    def _rise(self) -> str:
        people = numbers.plural(self.rise.value or 0.0, "person is", "people are")
        text = f"{people} credited with more through others than own purchases are expected to bring"
        if (chance := self.by_chance) is None:
            return text
        verdict = "no difference is shown"
        if chance.exceeded_by(self.rise):
            verdict = f"{'more' if (self.rise.value or 0.0) > chance.value else 'fewer'} than chance gives"
        return f"{text}; chance among people of one age would give {chance.written(numbers.count)}: {verdict}"

    def words(self) -> Words:
        ranking, reconciled = self.ranking.value or 0.0, self.reconciled.value or 0.0
        moved, own = (float(self.people[name].sum()) for name in ("credited", "own"))
        views = [numbers.money(value, self.currency) for value in (ranking, reconciled)]
        listed = {"own purchases": own} | dict(self.new)
        said = ", ".join(f"{numbers.money(amount, self.currency)} by {name}" for name, amount in listed.items())
        ahead = f"are expected to {bring(reconciled, self.currency)} in the coming twelve months ({said})"
        order = f"reads {views[0]}: use it to order people, never to add them up."
        dark = bool(self.left_out) and not moved  # then it is not known whether anything is owed to others
        text = f"People {ahead}; no part of it is credited to others, so both views agree."
        if dark:
            text = f"People {ahead}; whether any of it is owed to others is not known, so both views are the same."
        if moved:
            owed = f"{numbers.money(moved, self.currency)} of the purchases is owed to somebody who referred or moved "
            owed += "the buyer"
            if moved < 0:
                owed = f"those who were referred or moved {bring(moved, self.currency)}, as far as this is credited to "
                owed += "others"
            text = f"People {ahead}; {owed}. Ranking counts that {'part' if moved > 0 else 'loss'} twice and {order}"
        money = {name: numbers.money(one.value, self.currency) for name, one in self.past.items() if one.value}
        if money:
            text += f" In the past, and in neither: {', '.join(f'{name} {amount}' for name, amount in money.items())}."
        if self.left_out:
            text += " Left out: " + "; ".join(f"{name} ({why})" for name, why in self.left_out.items()) + "."
        text += f" {self._rise()}." if moved else ""
        if self.without_value:
            have = "has" if self.without_value == 1 else "have"
            text += f" {numbers.plural(self.without_value, 'person', 'people')} of {numbers.count(len(self.people))} "
            text += f"{have} no lifetime value; own purchases of theirs are left out."
        bought, credit = self.parts[:2].itertuples(name=None)
        rows = [
            bought,
            (PARTS[1], None, None) if dark else credit,
            *((name, one, one) for name, one in self.new.items()),
        ]
        rows.append(("all of the coming twelve months", ranking, reconciled))
        rows += [(f"past: {name} so far", one.value, one.value) for name, one in self.past.items()]
        below = "; parts below zero are in the sums, but not in the bars" if self.parts.to_numpy().min() < 0 else ""
        return Words(
            sentence=text,
            table=pd.DataFrame(rows, columns=["Part", "Ranking view", "Reconciled view"]),
            formats={"Ranking view": "money", "Reconciled view": "money"},
            title=f"The coming twelve months: {views[1]} expected of the people known",
            caption="Engagement value of the coming twelve months in two views",
            note="margin before marketing cost, discounted monthly, in all parts; ideas that wait count as if decided "
            f"in them; n = {numbers.plural(len(self.people), 'person', 'people')}{below}",
            alt=f"Two bars of value by part. Ranking view: {views[0]}; reconciled view: {views[1]}"
            + (f"; the difference of {numbers.money(moved, self.currency)} is credited twice." if moved else "."),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax, height=2.8)
        for row, view in enumerate(("Reconciled view", "Ranking view")):
            left = 0.0
            widths = self.parts[view].clip(lower=0).items()
            colours = (style.BLUE, style.ORANGE, style.GREY)
            for (name, width), colour in zip(widths, colours, strict=True):
                label = str(name) if view == "Ranking view" and width else None
                axes.barh(row, width, left=left, color=colour, height=0.5, edgecolor="white", label=label)
                left += width
            total = numbers.money(float(self.parts[view].sum()), self.currency)
            style.beside(axes, total, (left, row), (5, 0), va="center", weight="bold", size=None)
        axes.set_yticks([0, 1], ["Reconciled view\n(adds up)", "Ranking view\n(credits overlap)"])
        axes.set(ylim=(-0.5, 1.5), xlim=(0, 1.14 * max(float(self.parts.clip(lower=0).sum().max()), 1e-9)))
        axes.xaxis.set_major_formatter(lambda value, _: numbers.money(value, self.currency))
        axes.tick_params(axis="y", length=0)
        return style.labelled(axes, f"Expected in the coming twelve months, {self.currency}", legend=3)


def bounded_shares(*parts: pd.DataFrame) -> pd.DataFrame:
    """Join shares of people's value that are credited to others, so that nobody gives away more than everything."""
    pairs = pd.concat(parts).groupby(["influencer", "influenced"], as_index=False)["share"].sum()
    return pairs.assign(share=pairs["share"] / pairs.groupby("influenced")["share"].transform("sum").clip(lower=1.0))


def engagement_views(clv: pd.Series, shares: pd.DataFrame, *extra: pd.Series) -> pd.DataFrame:
    """Work out both views of engagement value for every person; of nobody is more credited to others than there is."""
    ids = [*(series.index for series in (clv, *extra)), shares["influencer"], shares["influenced"]]
    people = pd.Index(pd.concat([pd.Series(np.asarray(part)) for part in ids]).dropna().unique()).sort_values()
    own, *rest = (series.reindex(people).fillna(0.0).to_numpy(float) for series in (clv, *extra))
    upper, lower = (people.get_indexer(pd.Index(shares[end])) for end in ("influencer", "influenced"))
    moved = shares["share"].to_numpy(float) * own[lower]
    credited = np.bincount(upper, weights=moved, minlength=len(people))
    given = np.bincount(lower, weights=moved, minlength=len(people))
    new = sum(rest, np.zeros(len(people)))
    parts = {"own": own, "credited": credited, "given": given, "new": new}
    views = {"ranking": own + credited + new, "reconciled": own - given + credited + new}
    return pd.DataFrame(parts | views, people.rename("person_id"))


def engagement_value(
    clv: pd.Series,
    shares: pd.DataFrame,
    terms: Terms,
    coming: Mapping[str, tuple[pd.Series, str]],
    past: Mapping[str, Measure],
    seen_on: pd.Series | None = None,
) -> Engagement:
    """Compare the view that ranks people with the view that adds up; `coming` is by part, or why it is not known."""
    known = {name: part for name, (part, reason) in coming.items() if not reason}
    left_out = {name: reason for name, (_, reason) in coming.items() if reason}
    people, currency = engagement_views(clv, shares, *known.values()), terms.currency
    sums, new = people.sum(), {name: float(part.sum()) for name, part in known.items()}
    lacking = int(clv.reindex(people.index).isna().sum())
    made = partial(Engagement, population="everybody known", window="the coming twelve months")
    if lacking == len(people):
        people[["own", "credited", "given", "ranking", "reconciled"]] = np.nan
        ranked, summed = (unknown(f"cev_{view}_total", currency) for view in ("ranking", "reconciled"))
        reason = "nobody has a lifetime value that could be added up"
        return made(reason=reason, ranking=ranked, reconciled=summed, people=people, new=new)
    parts = pd.DataFrame({"Ranking view": sums[["own", "credited", "new"]]}).set_axis([*PARTS], axis=0)
    parts["Reconciled view"] = parts["Ranking view"] - [sums["given"], 0.0, 0.0]
    n, rise, chance = len(people), (people["credited"] > people["own"]).sum(), None
    if seen_on is not None and sums["credited"]:
        chance = risen_by_chance(people, seen_on.reindex(people.index))
    sums = parts.sum()
    ranking = counted("cev_ranking_total", sums["Ranking view"], n, currency, RANGES, kind="attributed")
    reconciled = counted("cev_reconciled_total", sums["Reconciled view"], n, currency, RANGES, kind="gross")
    return made(
        ranking=ranking,
        reconciled=reconciled,
        rise=counted(
            "people_worth_more_through_others",
            None if left_out and not len(shares) else rise,
            n,
            no_range="chance has the range",
            reason="whether anything is owed to others is not known",
        ),
        by_chance=chance,
        people=people,
        parts=parts,
        new=new,
        past=past,
        left_out=left_out,
        without_value=lacking,
    )


def risen_by_chance(people: pd.DataFrame, seen_on: pd.Series) -> Chance:
    """Count who would be credited with more than own purchases if credits changed hands among people of one age."""
    # Mean and variance over all such changes are exact (Hoeffding 1951)
    mean = variance = 0.0
    group, (own, credited) = age_groups(seen_on), people[["own", "credited"]].to_numpy().T
    order, sizes = np.argsort(group, kind="stable"), np.bincount(group)
    first = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[sizes > 0]):
        alike = order[first[sizes == size][:, None] + np.arange(size)]
        above = (credited[alike][:, None, :] > own[alike][:, :, None]).astype(np.float32)
        mean += float(above.sum()) / size
        off = above - above.mean(axis=1, keepdims=True) - above.mean(axis=2, keepdims=True)
        variance += float(((off + above.mean(axis=(1, 2), keepdims=True)) ** 2).sum()) / max(size - 1, 1)
    wide = 1.96 * np.sqrt(variance) + 0.5  # counts are whole
    return Chance(mean, "credits dealt anew among people of the same age", max(mean - wide, 0.0), mean + wide)


class Outside(Answer):
    """What people who are no customers bring."""

    brought: Measure
    dimensions: pd.DataFrame

    def words(self) -> Words:
        n = self.brought.n or 0
        text = "Everybody whom these tables name is a customer."
        if self.brought.value is None:
            few = self.brought.reason[:1].upper() + self.brought.reason[1:]
            text = f"{few} who are no customers refer, speak or have ideas."
        elif n:
            text = f"{numbers.plural(n, 'person', 'people')} who are no customers are expected to "
            text += bring(self.brought.value, self.brought.unit)
            text += " in the coming twelve months by referring, influencing, helping and ideas."
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
    value, terms : the value table; what fewer people than the smallest group bring is not shown

    Returns
    -------
    Outside
    """
    names = {"crv_next": "Referral value", "civ": "Influence value", "ckv_next": "Ideas that wait", "sdv_next": "Help"}
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
        no_range="its parts have ranges of their own",
        population="people who are no customers",
        window="the coming twelve months",
    )
    return Outside(brought=brought, dimensions=table)
