"""Referral value in sum: its parts, its range, what nobody observes, and the last twelve months like for like."""

from dataclasses import field, replace
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.answers.answer import PLACE
from scrm_helpers.stats.chance import mean_bootstrap_t, ratio_bootstrap_t
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social import referral_value
from scrm_helpers.value.social.coming_year import MONTHS
from scrm_helpers.value.social.referral_value import NO_REFERRALS, ReferralFlows, Switches, referral_value_per_person

FEWEST = 20  # referrers, or trees of them, below which a bootstrap-t range of the mean cannot be trusted
MOST_IN_ONE_TREE = 0.5
NOBODY_CAME = "nobody came"
PUBLISHED = referral_value.PUBLISHED
POINTS = {
    "as published (used here)": PUBLISHED,
    "acquisition cost saved counts for type two only": Switches(credit_acquisition_type1=False),
    "reward charged for type two as well": Switches(charge_reward_on_type2=True),
    "net of what the customers brought cost to acquire": Switches(charge_acquisition=True),
    "two generations, half handed up": Switches(generations=2),
    "three generations, half handed up each time": Switches(generations=3),
    "young referrals count with what they have shown": Switches(correct_exposure=False),
}


class SwitchEffects(Answer):
    """Referral value under each debatable point of the formula, one at a time."""

    ABSENT = "What the points of the formula decide cannot be said: {reason}."

    moved: Measure = unknown("referral_value_moved_by_formula", "EUR")  # by the point that moves it most
    points: pd.DataFrame = field(default_factory=pd.DataFrame)

    TESTED = "referral value with each debatable point of the formula decided otherwise, one at a time"
    CLAIMS = (Claim(name="point_of_formula_that_moves_most", tested=TESTED, estimate=moved),)

    def words(self) -> Words:
        totals = self.points["All"].to_numpy()
        most = int(abs(totals - totals[0]).argmax())
        text = "None of the debatable points of the formula changes referral value on these data."
        if totals[most] != totals[0]:
            there, here = (numbers.money(total, self.moved.unit) for total in totals[[most, 0]])
            text = f"The debatable point of the formula that moves referral value most is “{[*POINTS][most]}”: "
            text += f"{there} instead of {here}."
        return Words(
            sentence=text,
            table=self.points,
            formats=dict.fromkeys([*map(str, self.points)][1:], "money"),
            caption="Referral value under each debatable point of the formula, one at a time",
            note=f"n = {numbers.plural(self.moved.n or 0, 'converted referral')}; ranges by people, with more than one "
            "generation by whole trees of referrals",
        )


def switch_effects(flows: ReferralFlows | None, customers: int, terms: Terms, draws: int = 999) -> SwitchEffects:
    """Sum referral value under each debatable point; ranges resample people, or whole trees of more generations."""
    if flows is None or flows.unknown or not len(flows.rows):
        known = flows is None or not flows.unknown
        return SwitchEffects(reason="no converted referral is known" if known else "referral value is not known")
    totals = [referral_summary(flows, customers, terms, switches, draws).total for switches in POINTS.values()]
    ends = {"All": "value", "95% range low": "low", "95% range high": "high"}
    points = pd.DataFrame({name: [getattr(one, end) for one in totals] for name, end in ends.items()}, dtype=float)
    points.insert(0, "The formula", [*POINTS])
    off = points["All"] - points["All"][0]
    most, why = off[off.abs().idxmax()], "a choice of the formula, no sample"
    return SwitchEffects(
        moved=counted(SwitchEffects.moved.name, most, len(flows.rows), terms.currency, why, kind="attributed"),
        points=points,
        population="everybody who brought somebody",
        window="all referrals so far, each with the first year of who came",
    )


class ReferralSummary(Answer):
    """Referral value by person, and the sum of each part."""

    ABSENT = "{reason}."
    OFFERS = ("figure", "table")

    total: Measure = unknown("crv_total", "EUR")
    nobody: Measure = unknown("people_who_brought_nobody", "share")
    by_person: pd.DataFrame = field(default_factory=pd.DataFrame)
    parts: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    net: float = 0.0  # of what the customers brought cost to acquire
    extremes: tuple[float, float] = (0.0, 0.0)  # the total if a quarter, or three, of the referrals were type one
    referrals: int = 0  # converted ones

    def words(self) -> Words:
        total, crv, currency = self.total.value or 0.0, self.by_person["crv"].to_numpy(float), self.total.unit
        share, nobody = (numbers.percent(one) for one in (1 - (self.nobody.value or 0.0), self.nobody.value))
        worth = f"worth {numbers.money(total, currency)}" if total >= 0 else f"who {bring(total, currency, 'brought')}"
        written = numbers.span(self.total, lambda end: numbers.money(end, currency))
        if self.total.low is not None:
            written = f"95% range {'of the net ' if total < 0 else ''}{written}"
        net = f", {numbers.money(self.net, currency)} net of what they cost to acquire" if self.net != total else ""
        lines = self.parts.rename(lambda name: str(name).capitalize()).to_dict() | {
            "All": total,
            "All, net of what the customers brought cost to acquire": self.net,
            "of it not shown yet by young referrals": float(self.by_person["expected_rest"].sum()),
            "All, if a quarter were type one": self.extremes[0],
            "All, if three quarters were": self.extremes[1],
        }
        bars = ", ".join(f"{name} {numbers.money(float(value), currency)}" for name, value in self.parts.items())
        return Words(
            sentence=f"{numbers.plural(len(crv), 'person', 'people')} brought in customers {worth} in their first year "
            f"({written}){net}; {nobody} of all people brought nobody.",
            table=pd.DataFrame(lines.items(), columns=["Part", "Value"]),
            formats={"Value": "money"},
            title=f"{share} of people brought in {numbers.money(total, currency)} of value"
            if total >= 0
            else f"The customers whom {share} of people brought in {worth.removeprefix('who ')}",
            caption="Customer referral value, by part",
            note=f"n = {numbers.plural(self.referrals, 'converted referral')}, attributed; type one: not without a "
            "referral",
            alt=f"Bars of the parts of referral value: {bars}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax, height=2.9)
        shown = self.parts[::-1]
        colours = [style.ORANGE if value < 0 else style.BLUE for value in shown]
        bars = axes.barh([name.capitalize() for name in shown.index], shown.to_numpy(), color=colours, height=0.62)
        axes.bar_label(bars, [numbers.money(value, self.total.unit) for value in shown], padding=4, fontsize=8.5)
        axes.axvline(0, color=style.INK, linewidth=0.8)
        room = 0.2 * float(shown.abs().max())
        axes.set_xlim(min(0.0, float(shown.min()) - room), float(shown.max()) + room)
        axes.xaxis.set_major_formatter(lambda value, _: numbers.money(value, self.total.unit))
        axes.tick_params(axis="y", length=0)
        return style.labelled(axes, f"First year of the customers who were brought in, {self.total.unit}")


def referral_summary(
    flows: ReferralFlows | None, customers: int, terms: Terms, switches: Switches = PUBLISHED, draws: int = 999
) -> ReferralSummary:
    """Sum referral value over people, with its parts, its range and its sensitivity to the type of referrals."""
    if flows is None or flows.unknown or not len(flows.rows):
        known = "Referral value is not known" if flows and flows.unknown else "There is no referral value"
        why = NO_REFERRALS if flows is None else flows.unknown or "no referral has become a customer"
        return ReferralSummary(reason=f"{known}: {why}", total=unknown("crv_total", terms.currency, why))
    rate, net_of_cost = terms.discount_rate, replace(switches, charge_acquisition=True)
    by_person = referral_value_per_person(flows, rate, switches)
    crv = by_person["crv"].to_numpy(float)
    total, n = float(crv.sum()), max(customers, len(crv))
    found = _range(flows, by_person["crv"], n, draws, terms.seed, switches.generations).times(n)
    parts = by_person[list(referral_value.COMPONENTS)].sum()
    if switches.generations > 1:
        parts["handed up by deeper generations"] = total - float(parts.sum())
    other = (flows.with_type1(0.25), switches), (flows.with_type1(0.75), switches), (flows, net_of_cost)
    quarter, three_quarters, net = (float(referral_value_per_person(made, rate, so)["crv"].sum()) for made, so in other)
    return ReferralSummary(
        total=replace(found, value=total, n=n).measure("crv_total", terms.currency, kind="attributed"),
        nobody=counted("people_who_brought_nobody", 1 - len(crv) / n, n, "share", "a count of all"),
        population="everybody known on the day of the report",
        window="all referrals so far, each with the first year of who came",
        by_person=by_person,
        parts=parts,
        net=net,
        extremes=(quarter, three_quarters),
        referrals=len(flows.rows),
    )


def _range(flows: ReferralFlows, worth: pd.Series, n: int, draws: int, seed: int, generations: int) -> Estimate:
    """Return the range of the mean over all people; over whole trees where more than one generation counts."""
    value, people = np.pad(worth.to_numpy(float), (0, n - len(worth))), np.ones(n)
    if generations > 1:
        value, people = referral_value.tree_sums(flows, worth, n)
    size, among = np.abs(value), "trees of referrals" if generations > 1 else "referrers"
    if not size.any():
        return Estimate(reason="what they brought does not differ")
    if (size > 0).sum() < FEWEST:
        return Estimate(reason=f"too few {among}")
    if generations > 1 and size.max() > MOST_IN_ONE_TREE * size.sum():
        return Estimate(reason=f"one tree of referrals holds {numbers.percent(size.max() / size.sum())} of the value")
    return ratio_bootstrap_t(value, people, draws=draws, seed=seed)


class YearsMargin(Answer):
    """What everybody bought in the last twelve months."""

    margin: Measure = unknown("margin_12m", "EUR")
    word: str = "margin"  # or sales, where no margin is known

    def words(self) -> Words:
        who = numbers.plural(self.margin.n or 0, "person", "people")
        bought = numbers.money(self.margin.value, self.margin.unit)
        return Words(
            sentence=f"Of {who} known, those who ordered in the last twelve months brought {bought} of {self.word}."
        )


class LastYear(YearsMargin):
    """Referral value and margin of the last twelve months, and the one as a share of the other."""

    value: Measure = unknown("referral_value_12m", "EUR")
    share: Measure = unknown("referral_share_of_margin_12m", "share")
    gross: float = 0.0  # referral value before marketing cost, as the margin is
    rest: float = 0.0  # of the referral value, not shown yet
    conversions: int = 0

    def words(self) -> Words:
        amounts = (self.margin.value, self.value.value, self.rest, self.gross)
        bought, worth, rest, gross = (numbers.money(amount, self.value.unit) for amount in amounts)
        if self.value.value is None:
            text = f"In the last twelve months everybody together brought {bought} of {self.word}; what referrals "
            text += f"brought cannot be said: {self.value.reason}."
        elif not self.conversions:
            text = "No referral brought a customer in the last twelve months; everybody together brought "
            text += f"{bought} of {self.word}."
        else:
            share = f"{numbers.percent(self.share.value)} ({numbers.interval(*self.share.ends, numbers.percent)})"
            text = f"{numbers.plural(self.conversions, 'customer')} who came by a referral in the last twelve months "
            text += f"are worth {worth} in their first year, of which {rest} is not shown yet; before marketing cost "
            text += f"that is {gross}, or {share} of the {bought} of {self.word} of the same months."
        return Words(
            sentence=text,
            note="share: referral value of the conversions of twelve months, before marketing cost, over the "
            f"{self.word} of the same twelve months, before marketing cost; a part of the {self.word} is in both, so "
            "never add them",
        )


def like_for_like(flows: ReferralFlows | None, margin: pd.Series, terms: Terms, word: str = "margin") -> LastYear:
    """Set the referral value of the last twelve months' conversions beside the margin of the same months."""
    bought = years_margin(margin, terms, word)
    made = partial(LastYear, **{name: getattr(bought, name) for name in (*PLACE, "margin", "word")})
    n, since = len(margin), terms.as_of - pd.DateOffset(months=MONTHS)
    untold = NO_REFERRALS if flows is None else flows.unknown
    if flows is None or untold:
        value = unknown("referral_value_12m", terms.currency, untold)
        return made(value=value, share=unknown("referral_share_of_margin_12m", "share", untold))
    year = flows.since(since)
    if not len(year.rows):
        share = unknown("referral_share_of_margin_12m", "share", "no referral brought a customer in these months")
        return made(value=counted("referral_value_12m", 0.0, n, terms.currency, NOBODY_CAME), share=share)
    rate, unmarketed = terms.discount_rate, replace(year, marketing=np.zeros_like(year.marketing))
    each, gross = (referral_value_per_person(one, rate) for one in (year, unmarketed))
    over = margin.index.union(each.index)
    brought, before = (one["crv"].reindex(over).fillna(0.0) for one in (each, gross))
    spread = mean_bootstrap_t(brought, terms.level, 999, terms.seed)
    found = ratio_bootstrap_t(before, margin.reindex(over).fillna(0.0), terms.level, 999, terms.seed)
    return made(
        value=spread.times(len(over)).measure("referral_value_12m", terms.currency, kind="attributed"),
        share=found.measure("referral_share_of_margin_12m", "share"),
        gross=float(before.sum()),
        rest=float(each["expected_rest"].sum()),
        conversions=len(year.rows),
    )


def years_margin(margin: pd.Series, terms: Terms, word: str = "margin") -> YearsMargin:
    """Sum the margin of the last twelve months over everybody."""
    return YearsMargin(
        word=word,
        population="everybody known on the day of the report",
        window="the last twelve months",
        window_from=(terms.as_of - pd.DateOffset(months=MONTHS) + pd.Timedelta(days=1)).date(),
        window_to=terms.as_of.date(),
        margin=counted(
            "margin_12m", margin.sum(), len(margin), terms.currency, "all orders, not a sample", kind="gross"
        ),
    )
