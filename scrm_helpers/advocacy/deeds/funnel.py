"""From saying to doing to bringing: the funnel of a company beside the two that were published."""

from __future__ import annotations

import math
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.intervals import wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INTENDED, REFERRED = "intended to refer", "referred"


def what_totals_allow(published: pd.DataFrame) -> Result:
    """Bound how intending and referring go together in firms of which only the totals were published.

    Parameters
    ----------
    published : pandas.DataFrame
        ``firm``, ``stage``, ``share``, ``status``; verified rows of the stages "intended to refer" and "referred".

    Returns
    -------
    Result
        Per firm the bounds of the share of intenders who referred, and of the correlation phi.

    Notes
    -----
    Frechet bounds. A large gap between the two totals does not show that intention tells nothing: that needs answers
    and referrals of the same people.

    Examples
    --------
    >>> funnel = pd.DataFrame({"firm": ["telecom"] * 2, "stage": ["intended to refer", "referred"],
    ...                        "share": [0.81, 0.30], "status": ["verified"] * 2})
    >>> what_totals_allow(funnel).sentence.split(": ")[0]
    'The published totals do not say whether those who intend are those who refer'
    """
    verified = published[published["status"].str.startswith("verified")]
    shares = verified.pivot(index="firm", columns="stage", values="share").reindex(columns=[INTENDED, REFERRED])
    rows, measures, told = [], [], []
    for firm, (intend, refer) in shares.dropna().iterrows():
        given, phi = referral_given_intent_bounds(intend, refer), phi_bounds(intend, refer)
        rows.append((str(firm).capitalize(), intend, refer, *given, *phi))
        told.append(f"in {firm} between {numbers.percent(given.low)} and {numbers.percent(given.high)} of them did")
        measures.append(
            Measure(
                name=f"largest_phi_{str(firm).replace(' ', '_')}",
                value=phi.high,
                unit="ratio",
                low=phi.low,
                high=phi.high,
                level=1.0,
            )
        )
    columns = ["Firm", "Intended", "Referred", "Of these at least", "Of these at most", "phi at least", "phi at most"]
    styles = dict.fromkeys(columns[1:5], "percent") | dict.fromkeys(columns[5:], "decimal")
    return Result(
        sentence=_bounds_sentence(told),
        table=pd.DataFrame(rows, columns=columns),
        caption="What the published totals allow",
        note="Kumar, Petersen and Leone 2007; bounds hold for certain and are no confidence intervals.",
        formats=styles,
        drawable=False,
        measures=tuple(measures),
    )


def _bounds_sentence(told: list[str]) -> str:
    if not told:
        return "No published totals of intending and referring are at hand."
    return (
        f"The published totals do not say whether those who intend are those who refer: {'; '.join(told)}, and both a "
        "positive and a negative connection fit."
    )


STAGES = ("Say they would", "Refer somebody", "Bring a customer")
PROFITABLE = "Bring a profitable customer"
PUBLISHED_STAGES = {"intended to refer": STAGES[0], "referred": STAGES[1], "brought a new customer": STAGES[2]}


class Bounds(NamedTuple):
    """Lowest and highest value that two shares allow."""

    low: float
    high: float


def referral_given_intent_bounds(intend: float, refer: float) -> Bounds:
    """Bound the share of those who intend that also refer, when only the two shares are known."""
    _check_shares(intend, refer)
    return Bounds(max(0.0, intend + refer - 1) / intend, min(intend, refer) / intend)


def phi_bounds(intend: float, refer: float) -> Bounds:
    """Bound the correlation of intending and referring, when only the two shares are known."""
    _check_shares(intend, refer)
    if not (intend < 1 and 0 < refer < 1):
        raise Refusal("Where everybody or nobody intends or refers, there is no variation and no correlation.")
    spread = math.sqrt(intend * (1 - intend) * refer * (1 - refer))
    both = max(0.0, intend + refer - 1), min(intend, refer)
    return Bounds(*((share - intend * refer) / spread for share in both))


@dataclass(frozen=True, kw_only=True)
class Funnel(Result):
    """Shares of everybody who answered, stage by stage."""

    shares: pd.DataFrame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw this company as bars with ranges and the published firms as marks beside them."""
        ax = style.axes_for(ax, height=3.2)
        places = np.arange(len(self.shares))
        ax.bar(places, self.shares["share"], width=0.46, color=style.BLUE)
        ax.vlines(places, self.shares["low"], self.shares["high"], color="black", linewidth=1.2)
        for place, (share, high) in enumerate(zip(self.shares["share"], self.shares["high"], strict=True)):
            ax.text(place, high + 0.015, numbers.percent(share), ha="center", va="bottom", weight="bold")
        firms = [name for name in self.shares.columns if name not in ("share", "low", "high")]
        for firm, marker in zip(firms, ("D", "s", "^", "v"), strict=False):
            values = self.shares[firm]
            side = 0.32 if marker == "D" else 0.42
            ax.plot(places + side, values, marker, color=style.GREY, markersize=6, label=f"{firm} (published)")
        if firms:
            ax.legend(loc="upper right")
        ax.set_xticks(places, [textwrap.fill(stage, 20) for stage in self.shares.index])
        ax.set_ylim(0, 1)
        ax.yaxis.set_major_formatter(lambda tick, _: numbers.percent(tick, 0))
        ax.set_ylabel("Share of all who answered")
        ax.grid(axis="y")
        return ax


def intention_funnel(
    linked: LinkedAnswers,
    intends_from: int = 8,
    published: pd.DataFrame | None = None,
    level: float = 0.95,
    profit: pd.Series | None = None,
    min_group: int = 5,
) -> Funnel:
    """Compute the share of all who answered that say they would, that refer and that bring a customer.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    intends_from : int
        Lowest answer that counts as an intention, 0-10.
    published : pandas.DataFrame, optional
        Published funnels with ``firm``, ``stage``, ``share`` and ``status``; only verified rows are set beside.
    level : float
        Confidence level of the Wilson ranges, 0-1.
    profit : pandas.Series, optional
        Margin to date of each customer, less what bringing it cost, indexed by ``customer_id``; adds the stage of
        bringing a profitable customer. The published shares of that stage are not verified and not shown beside it.
    min_group : int
        Smallest number of people of whom shares are shown.

    Returns
    -------
    Funnel

    Notes
    -----
    Every stage is a share of everybody who answered, as in Kumar, Petersen and Leone (2007), Harvard Business Review
    85(10); the published shares alone do not tell how many of those who intend also refer.
    """
    people = linked.people
    n = len(people)
    if n < max(min_group, 1):
        reason = f"only {numbers.plural(n, 'person', 'people')} answered long enough ago"
        return Funnel(
            sentence=f"There is no funnel: {reason}.",
            table=pd.DataFrame(),
            drawable=False,
            measures=(Measure(name="share_intending", value=None, unit="share", n=n, reason=reason),),
            shares=pd.DataFrame(),
        )
    intends = people["score"] >= intends_from
    counts = [int(intends.sum()), int(people["referred"].sum()), int(people["brought"].sum())]
    stages, names = [*STAGES], ["share_intending", "share_referring", "share_bringing"]
    if profit is not None:
        worth = linked.made["brought"] & (linked.made["referred_id"].map(profit).fillna(0.0) > 0)
        counts.append(int(people["customer_id"].isin(linked.made.loc[worth, "referrer_id"]).sum()))
        stages.append(PROFITABLE)
        names.append("share_bringing_profit")
    ranges = [wilson(count, n, level) for count in counts]
    shares = pd.DataFrame(
        {"share": [count / n for count in counts], "low": [r.low for r in ranges], "high": [r.high for r in ranges]},
        index=pd.Index(stages, name="Stage"),
    )
    shares = shares.join(_published(published))
    return Funnel(
        sentence=_sentence(people, intends, counts),
        table=shares.reset_index().rename(columns={"share": "Share", "low": "Range from", "high": "Range to"}),
        title=f"{numbers.percent(counts[0] / n)} say they would, {numbers.percent(counts[1] / n)} do",
        caption="From saying to doing to bringing",
        note=f"{linked.note} Intention: an answer of {intends_from} or more; ranges: {numbers.percent(level)} Wilson.",
        alt=_description(counts, n, published is not None),
        formats=dict.fromkeys(["Share", "Range from", "Range to", *shares.columns[3:]], "percent"),
        measures=tuple(
            Measure(name=name, value=count / n, unit="share", n=n, low=r.low, high=r.high, level=level)
            for name, count, r in zip(names, counts, ranges, strict=True)
        ),
        shares=shares,
    )


def _sentence(people: pd.DataFrame, intends: pd.Series, counts: list[int]) -> str:
    n, (intend, refer, bring, *profitable) = len(people), counts
    text = (
        f"Of {numbers.plural(n, 'person', 'people')} who answered, {numbers.percent(intend / n)} say they would "
        f"recommend us, {numbers.percent(refer / n)} referred somebody and {numbers.percent(bring / n)} brought "
        f"a customer{f' ({numbers.percent(profitable[0] / n)} a profitable one)' if profitable else ''}."
    )
    if not intend:
        return text
    kept = int((intends & people["referred"]).sum())
    bounds = referral_given_intent_bounds(intend / n, refer / n)
    return text + (
        f" Of those who say they would, {numbers.percent(kept / intend)} did; the two shares alone would have allowed "
        f"anything from {numbers.percent(bounds.low)} to {numbers.percent(bounds.high)}."
    )


def _description(counts: list[int], n: int, beside: bool) -> str:
    stages = (*STAGES, PROFITABLE)
    bars = ", ".join(
        f"{stage.lower()} {numbers.percent(count / n)}" for stage, count in zip(stages, counts, strict=False)
    )
    return f"{len(counts)} bars: {bars}" + ("; marks show the published firms." if beside else ".")


def _published(published: pd.DataFrame | None) -> pd.DataFrame:
    if published is None:
        return pd.DataFrame(index=pd.Index(STAGES, name="Stage"))
    verified = published[published["status"].str.startswith("verified")]
    known = verified.assign(stage=verified["stage"].map(PUBLISHED_STAGES)).dropna(subset=["stage"])
    table = known.pivot(index="stage", columns="firm", values="share").rename_axis(columns=None)
    return table.rename(columns=str.capitalize)


def _check_shares(intend: float, refer: float) -> None:
    if not (0 < intend <= 1 and 0 <= refer <= 1):
        raise ValueError(f"Shares lie between 0 and 1, and somebody must intend: got {intend} and {refer}.")
