"""From saying to doing to bringing: the funnel of a company beside the two that were published."""

import math
import textwrap
from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.by_answer import Followed, LinkedAnswers, few_followed
from scrm_helpers.advocacy.score.nps import against
from scrm_helpers.answers import Answer, Claim, Measure, Refusal, Terms, Words, numbers, style, unknown
from scrm_helpers.stats.intervals import adjusted_interval, share_estimate

NO_FRIENDS = "none of the customers they brought has an order under the id in referrals, so it is unknown and not zero"
INTENDED, REFERRED = "intended to refer", "referred"
LEAST, MOST = "Of these at least", "Of these at most"
STAGES = ("Say they would", "Refer somebody", "Bring a customer", "Bring a profitable customer")
PUBLISHED_STAGES = {INTENDED: STAGES[0], REFERRED: STAGES[1], "brought a new customer": STAGES[2]}


def referral_given_intent_bounds(intend: float, refer: float) -> tuple[float, float]:
    """Bound the share of those who intend that also refer, when only the two shares are known."""
    return max(0.0, intend + refer - 1) / intend, min(intend, refer) / intend


def phi_bounds(intend: float, refer: float) -> tuple[float, float]:
    """Bound the correlation of intending and referring, when only the two shares are known."""
    if not (intend < 1 and 0 < refer < 1):
        raise Refusal("Where everybody or nobody intends or refers, there is no variation and no correlation.")
    spread = math.sqrt(intend * (1 - intend) * refer * (1 - refer))
    least, most = max(0.0, intend + refer - 1), min(intend, refer)
    return (least - intend * refer) / spread, (most - intend * refer) / spread


class TotalsAllow(Answer):
    """Per firm the bounds of the share of intenders who referred, and of the correlation phi."""

    largest: tuple[Measure, ...] = ()
    bounds: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        told = []
        for row in self.bounds.to_dict("records"):
            least, most = numbers.percent(row[LEAST]), numbers.percent(row[MOST])
            told.append(f"in {row['Firm'].lower()} between {least} and {most} of them did")
        columns, text = [*map(str, self.bounds)], "No published totals of intending and referring are at hand."
        if told:
            text = "The published totals do not say whether those who intend are those who refer: "
            text += f"{'; '.join(told)}, and both a positive and a negative connection fit."
        return Words(
            sentence=text,
            table=self.bounds,
            formats=dict.fromkeys(columns[1:5], "percent") | dict.fromkeys(columns[5:], "decimal"),
            caption="What the published totals allow",
            note="Kumar, Petersen and Leone 2007; bounds hold for certain and are no confidence intervals.",
        )


def what_totals_allow(published: pd.DataFrame) -> TotalsAllow:
    """Bound how intending and referring go together in firms of which only the totals were published.

    Frechet bounds.

    Parameters
    ----------
    published : pandas.DataFrame
        ``firm``, ``stage``, ``share``, ``status``; verified rows of the stages "intended to refer" and "referred".

    Returns
    -------
    TotalsAllow

    Examples
    --------
    >>> funnel = pd.DataFrame({"firm": ["telecom"] * 2, "stage": ["intended to refer", "referred"],
    ...                        "share": [0.81, 0.30], "status": ["verified"] * 2})
    >>> what_totals_allow(funnel).sentence.split(": ")[0]
    'The published totals do not say whether those who intend are those who refer'
    """
    verified = published[published["status"].str.startswith("verified")]
    shares = verified.pivot(index="firm", columns="stage", values="share").reindex(columns=[INTENDED, REFERRED])
    rows, measures = [], []
    for firm, (intend, refer) in shares.dropna().iterrows():
        low, high = phi_bounds(intend, refer)
        rows.append((str(firm).capitalize(), intend, refer, *referral_given_intent_bounds(intend, refer), low, high))
        name = f"largest_phi_{str(firm).replace(' ', '_')}"
        measures.append(Measure(name=name, value=high, unit="ratio", low=low, high=high, level=1.0))
    columns = ["Firm", "Intended", "Referred", LEAST, MOST, "phi at least", "phi at most"]
    return TotalsAllow(largest=tuple(measures), bounds=pd.DataFrame(rows, columns=columns))


class Funnel(Followed):
    """Shares of everybody who answered, stage by stage."""

    ABSENT = "There is no funnel: {reason}."

    stages: tuple[Measure, ...] = ()
    shares: pd.DataFrame = field(default_factory=pd.DataFrame)  # by stage: share, range, published firms
    kept: Measure = unknown("share_referring_of_intending", "share")
    gap: Measure = unknown("intending_minus_referring", "share")  # of the same people, so one test
    intends_from: int = 0  # lowest answer that counts as an intention

    def claimed(self) -> tuple[Claim, ...]:
        tested, alike = "share who say they would less share who referred", "as many refer as say they would"
        return (against("more_say_than_do", tested, self.gap, alike),)

    def words(self) -> Words:
        intend, refer = (stage.value or 0.0 for stage in self.stages[:2])
        shares = [numbers.percent(stage.value) for stage in self.stages]
        who = numbers.plural(self.stages[0].n or 0, "person", "people")
        text = f"Of {who} who answered, {shares[0]} say they would recommend us and {shares[1]} referred somebody"
        text += "" if self.tested("more_say_than_do").direction else ", a difference that cannot be shown"
        bringing, profit = self.stages[2:]
        text += f"; how many brought a customer cannot be said: {bringing.reason}." if bringing.value is None else ""
        if bringing.value is not None:
            known = f"{shares[3]} a profitable one"
            known = known if profit.value is not None else f"how many a profitable one cannot be said: {profit.reason}"
            text += f", and {shares[2]} brought a customer ({known})."
        if self.kept.value is not None:
            bounds = referral_given_intent_bounds(intend, refer)
            text += f" Of those who say they would, {numbers.percent(self.kept.value)} did; the two shares alone would "
            text += f"have allowed anything from {numbers.interval(*bounds, numbers.percent)}."
        bars = ", ".join(f"{stage.lower()} {share}" for stage, share in zip(self.shares.index, shares, strict=True))
        beside = "; marks show the published firms." if len(self.shares.columns) > 3 else "."
        return Words(
            sentence=text,
            table=self.shares.reset_index(),
            formats=dict.fromkeys(map(str, self.shares), "percent"),
            title=f"{shares[0]} say they would, {shares[1]} do",
            caption="From saying to doing to bringing",
            note=f"{self.base} Intention: an answer of {self.intends_from} or more; ranges: "
            f"{numbers.percent(self.stages[0].level)} Wilson.",
            alt=f"{len(shares)} bars: {bars}{beside}",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.2)
        shares = self.shares.dropna(subset=["Share"])
        places = np.arange(len(shares))
        style.columns(ax, shares["Share"], shares["Range from"], shares["Range to"], width=0.46)
        for firm, marker in zip(shares.columns[3:], ("D", "s", "^", "v"), strict=False):
            side = places + (0.32 if marker == "D" else 0.42)
            ax.plot(side, shares[firm], marker, color=style.GREY, markersize=6, label=f"{firm} (published)")
        if len(shares.columns) > 3:
            ax.legend(loc="upper right")
        ax.set_xticks(places, [textwrap.fill(stage, 20) for stage in shares.index])
        ax.set_ylim(0, 1)
        return style.dressed(ax, "Share of all who answered")


def intention_funnel(
    linked: LinkedAnswers, terms: Terms, intends_from: int, published: pd.DataFrame, profit: pd.Series
) -> Funnel:
    """Compute the share of all who answered that say they would, that refer and that bring a customer.

    Every stage is a share of everybody who answered: Kumar, Petersen and Leone (2007), Harvard Business Review 85(10).

    Parameters
    ----------
    linked, terms
    intends_from : lowest answer that counts as an intention, 0-10
    published : as in :func:`what_totals_allow`
    profit : margin to date by id; the published shares of profitable ones are not verified and not shown

    Returns
    -------
    Funnel
    """
    people, level = linked.people, terms.level
    n = len(people)
    if n < max(terms.min_group, 1):
        return Funnel(reason=few_followed(n), stages=(unknown("share_intending", "share", n=n),))
    intends = people["score"] >= intends_from
    friends = linked.made.loc[linked.made["brought"], "referred_id"]
    worth = linked.made["brought"] & (linked.made["referred_id"].map(profit).fillna(0.0) > 0)
    strangers = NO_FRIENDS if len(friends) and not friends.isin(profit.index).any() else ""
    why = {"share_bringing": linked.unknown, "share_bringing_profit": linked.unknown or strangers}
    reached = {
        "share_intending": intends,
        "share_referring": people["referred"],
        "share_bringing": people["brought"],
        "share_bringing_profit": people["customer_id"].isin(linked.made.loc[worth, "referrer_id"]),
    }
    stages = [
        unknown(name, "share", why[name], n)
        if why.get(name)
        else share_estimate(int(one.sum()), n, level).measure(name, "share")
        for name, one in reached.items()
    ]
    kept = share_estimate(int((intends & people["referred"]).sum()), int(intends.sum()), level, "nobody says so")
    only = int((intends & ~people["referred"]).sum()), int((~intends & people["referred"]).sum())
    heads, index = ["Share", "Range from", "Range to"], pd.Index(STAGES, name="Stage")
    shares = pd.DataFrame([(one.value, one.low, one.high) for one in stages], columns=heads, index=index, dtype=float)
    verified = published[published["status"].str.startswith("verified")]
    known = verified.assign(stage=verified["stage"].map(PUBLISHED_STAGES)).dropna(subset=["stage"])
    beside = known.pivot(index="stage", columns="firm", values="share").rename_axis(columns=None)
    return Funnel(
        stages=tuple(stages),
        shares=shares.join(beside.rename(columns=str.capitalize)),
        kept=kept.measure("share_referring_of_intending", "share"),
        gap=adjusted_interval(*only, n, level).measure("intending_minus_referring", "share"),
        intends_from=intends_from,
        **linked.place,
    )
