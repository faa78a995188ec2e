"""What a reply lottery found: do fewer authors complain again, or more buy, where the lot had their thread answered?"""

import math
from dataclasses import field, replace
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.triage import open_messages
from scrm_helpers.conversations.triage.answer_queue import POLICIES, first_answered
from scrm_helpers.conversations.triage.open_messages import OPEN_DAYS, UNHAPPY, Answering, Range

BOUGHT, AGAIN = "bought", "complained"
ANSWER = "answer"


def follow_units(
    lotteries: pd.DataFrame,
    interactions: pd.DataFrame,
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    outcome: str,
    days: int,
) -> pd.DataFrame:
    """Return one row an author at the first draw, where the days after it are over."""
    drawn = lotteries[(lotteries["kind"] == "reply") & (lotteries["drawn_on"] + pd.Timedelta(days=days) <= as_of)]
    drawn = drawn.sort_values("drawn_on", kind="stable").drop_duplicates("unit_id")
    drawn = drawn[drawn["probability"].between(0, 1, inclusive="neither")]
    names = ["thread_id", "author_role", "customer_id", "author_id", "interaction_id", "occurred_on", "sentiment"]
    messages = interactions.reindex(columns=[*names, "intent", "text", "reach"]).assign(person=open_messages.author_of)
    rows = messages.merge(drawn[["unit_id", "arm", "probability", "drawn_on"]], left_on="thread_id", right_on="unit_id")
    gap = (rows["occurred_on"].dt.normalize() - rows["drawn_on"]).dt.days
    replied = rows.loc[~open_messages.is_outside(rows) & gap.between(0, days), "thread_id"]
    outside = open_messages.is_outside(rows) & (rows["author_role"].eq("customer") | (outcome != BOUGHT))
    units = rows[outside & gap.between(1 - OPEN_DAYS, 0)].sort_values(["drawn_on", "occurred_on"], kind="stable")
    asks = open_messages.asks_for(units)
    units = units.assign(asks=asks.groupby([units["thread_id"], units["person"]]).transform("max"))
    asked = asks.groupby(units["thread_id"]).transform("max")
    units = units[units["asks"] | ~asked]  # where somebody asks, the others only join in
    first = units.groupby("person")["drawn_on"].transform("min") == units["drawn_on"]
    units = units[first].drop_duplicates("person", keep="last").reset_index(drop=True)
    arm, known = units["arm"] == ANSWER, units["probability"].astype(float)
    bought = transactions.loc[transactions["amount"] > 0, ["customer_id", "ordered_on", "amount"]]
    orders = _beside(units, bought.set_axis(["person", "when", "size"], axis=1))
    events = orders
    if outcome != BOUGHT:
        angry = (messages["sentiment"].astype(float) < UNHAPPY) | open_messages.complains(messages)
        events = _beside(units, messages.loc[angry, ["person", "occurred_on"]].set_axis(["person", "when"], axis=1))
    year = orders[orders["gap"].between(-364, 0)].groupby("person")["size"].sum()
    after, before = (
        units["person"].isin(events.loc[events["gap"].between(*ends), "person"]).astype(float)
        for ends in ((1, days), (1 - days, 0))
    )
    units = units.assign(
        thread=units["thread_id"],
        p=known.where(arm, 1 - known),
        arm=arm,
        outcome=after,
        before=before,
        answered=units["thread_id"].isin(replied),
        sentiment=units["sentiment"].astype(float).fillna(0.0),
        reach=units["reach"].astype(float).fillna(0.0),
        clv=units["person"].map(year).astype(float).fillna(0.0),
    )
    effect = Answering().effect(units["sentiment"], units["asks"])[1]
    return units.assign(followers=units["reach"], influence=units["reach"], value=effect * units["clv"])


def _beside(units: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Put what people did beside their day of the draw: `gap` in days."""
    both = events.merge(units[["person", "drawn_on"]], on="person")
    return both.assign(gap=(both["when"].dt.normalize() - both["drawn_on"]).dt.days)


FEWEST = 20  # authors and threads in each arm, below which nothing is estimated
LOST = (0.1, 0.3, 0.5)  # share of the value that goes with an author who complains again: stated
EFFECT, UPLIFT = "reply_effect", "reply_uplift"
ASKING, SILENT = "reply_effect_where_asked", "reply_effect_where_not"
WHERE = {EFFECT: "", ASKING: "where something was asked", SILENT: "where nothing was asked"}


class RepliesEvaluated(Answer):
    """Effect of being drawn to be answered, whether the answer was given or not, on what authors did afterwards."""

    ABSENT = "What answering does is not known: {reason}."

    effect: Measure = unknown(EFFECT, "share")  # doubly robust
    weighted: Measure = unknown("reply_effect_ipw", "share")  # inverse propensity
    uplift: Measure = unknown(UPLIFT, "ratio")  # relative to those who waited
    asking: Measure = unknown(ASKING, "share")  # the effect by what was said in the thread
    silent: Measure = unknown(SILENT, "share")
    answered: tuple[float, float] = (0.0, 0.0)  # share of authors answered, where the lot said answer, and wait
    people: tuple[int, int] = (0, 0)
    policies: pd.DataFrame = field(default_factory=pd.DataFrame)
    kept: dict[bool, Range] = field(default_factory=dict)  # share of value that answers keep, by asking or not
    outcome: str = AGAIN
    days: int = 30

    def claimed(self) -> tuple[Claim, ...]:
        same = Chance(0.0, "the same share in both, as the lot alone decided")
        tested = f"share of authors who {self.did}, threads answered by lot beside threads that waited"
        more: dict[str, Any] = {"tested": tested, "chance": same, "family": "reply lottery", "grade": "randomised"}
        effects = (self.effect, self.asking, self.silent)
        return tuple(Claim(name=self._claim(one), estimate=one, **more) for one in effects)

    @property
    def did(self) -> str:
        """The outcome in words."""
        return f"{'bought' if self.outcome == BOUGHT else 'complained again'} within {self.days} days"

    def _claim(self, one: Measure) -> str:
        """Name of a claim: what is good of one outcome is bad of the other."""
        return f"{one.name}_on_{'buying' if self.outcome == BOUGHT else 'complaining'}"

    def _read(self, one: Measure, direction: int = 0) -> str:
        write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
        size = f"{write(one.value or 0.0)} percentage points (95% range {numbers.span(one, write)})"
        where = f" {WHERE[one.name]}".rstrip()
        if direction:
            return f"{'More' if direction > 0 else 'Fewer'} authors {self.did} if answered{where}: {size}."
        return f"No effect of answering on the share of authors who {self.did} can be shown{where}: {size}."

    def words(self) -> Words:
        read = {
            self._claim(one): self._read(one, self.tested(self._claim(one)).direction)
            for one in (self.effect, self.asking, self.silent)
            if one.value is not None
        }
        kept = [numbers.percent(share) for share in self.answered]
        return Words(
            sentence=" ".join(read.values())
            + f" {kept[0]} of the authors to be answered were answered, and {kept[1]} of those to wait.",
            title=read.get(self._claim(self.effect), "").partition(": ")[0],
            parts=read,
            table=self.policies,
            formats=dict.fromkeys(self.policies.columns[1:], "percent"),
            caption=f"Share of authors who {self.did}, had each policy answered the half that it puts first",
            note=f"{numbers.plural(self.people[0], 'author')} to be answered, {numbers.count(self.people[1])} to "
            "wait, counted by what the lot said, each at the first draw; errors by thread. Effect: doubly robust; "
            "policies: inverse propensity, by what was known on the day, value by the year's orders before it.",
        )


def evaluate_reply_lottery(
    lotteries: pd.DataFrame,
    interactions: pd.DataFrame,
    transactions: pd.DataFrame,
    terms: Terms,
    outcome: str = AGAIN,
    days: int = 30,
) -> RepliesEvaluated:
    """Estimate what answering did, by what the lot said and not by who was answered; also by what was asked."""
    units = follow_units(lotteries, interactions, transactions, terms.as_of, outcome, days)
    whole = judge_units(units, terms, outcome, days)
    if whole.reason:
        return whole
    parts = {asks: judge_units(units[units["asks"] == asks], terms, outcome, days) for asks in (True, False)}
    asking, silent = (
        replace(part.effect, name=name, reason=part.reason)
        for name, part in zip((ASKING, SILENT), parts.values(), strict=True)
    )
    kept = {asks: kept for asks, part in parts.items() if (kept := _kept(part)) is not None}
    return replace(whole, asking=asking, silent=silent, kept=kept)


def _kept(part: RepliesEvaluated) -> Range | None:
    """Share of the value at stake that answers keep: as much more buying, or as fewer complain who would be lost."""
    if part.outcome == BOUGHT:
        low, high = part.uplift.ends
        low *= part.days / 365 if low > 0 else 1.0  # at least as if it had ended with the days that were seen
        return None if part.uplift.value is None else (low, part.uplift.value, high)
    if part.effect.value is None:
        return None
    high, low = (-end for end in part.effect.ends)
    return min(low * LOST[0], low * LOST[2]), -part.effect.value * LOST[1], max(high * LOST[0], high * LOST[2])


def judge_units(units: pd.DataFrame, terms: Terms, outcome: str = AGAIN, days: int = 30) -> RepliesEvaluated:
    """Compare the arms of those who were followed."""
    # Doubly robust (Robins, Rotnitzky and Zhao 1994): mean of m1 - m0 + A(Y - m1)/p - (1 - A)(Y - m0)/(1 - p), with m
    # linear in the outcome before the draw, tone and request.
    arm = units["arm"].to_numpy(bool)
    threads = units.groupby("arm")["thread"].nunique().reindex([True, False], fill_value=0)
    reason = f"fewer than {FEWEST} threads of an arm can be followed for {days} days" if threads.min() < FEWEST else ""
    if reason or not 0 < units["outcome"].mean() < 1:
        return RepliesEvaluated(reason=reason or "all authors did the same", outcome=outcome, days=days)
    p, y = units["p"].to_numpy(float), units["outcome"].to_numpy(float)
    chance = np.where(arm, p, 1 - p)
    one, none = (_predicted(units, chosen) for chosen in (arm, ~arm))
    score = one - none + np.where(arm, (y - one) / p, -(y - none) / (1 - p))
    apart = partial(_ranged, thread=pd.factorize(units["thread"])[0], level=terms.level)
    effect = apart(EFFECT, *_mean(score, np.ones(len(y))))
    (with_it, its), (without, theirs) = (_mean(y, chosen / chance) for chosen in (arm, ~arm))
    # Where few did so the spread within an arm may be zero by luck; as if there were no effect both arms share it.
    same = (y - _mean(y, 1 / chance)[0]) * (arm / (arm / chance).sum() - ~arm / (~arm / chance).sum()) / chance
    by_lot = apart(EFFECT, with_it - without, same)
    uplift = unknown(UPLIFT, "ratio", "nobody did so in one of the arms")
    if min(with_it, without) > 0:  # its range is even on the scale of logarithms
        logs = apart(UPLIFT, math.log(with_it / without), its / with_it - theirs / without)
        ends: dict[str, Any] = {name: math.expm1(getattr(logs, name)) for name in ("value", "low", "high")}
        uplift = replace(logs, unit="ratio", p=None, **ends)
    kept, rows = units.groupby("arm")["answered"].mean(), []
    for name in ("Answer all", "Answer none", *POLICIES):
        wanted = np.full(len(y), name == "Answer all")
        if name in POLICIES:
            wanted[first_answered(units, name)[: len(y) // 2]] = True
        share = apart(name, *_mean(y, (wanted == arm) / chance))
        rows.append((name, share.value, max(share.ends[0], 0.0), min(share.ends[1], 1.0)))
    return RepliesEvaluated(
        population=f"{'customers' if outcome == BOUGHT else 'people'} who wrote in threads that were drawn",
        window=f"{days} days after each draw, to {terms.as_of:%Y-%m-%d}",
        effect=replace(effect, p=max(effect.p or 0.0, by_lot.p or 0.0)),
        weighted=apart("reply_effect_ipw", with_it - without, its - theirs),
        uplift=uplift,
        answered=(float(kept[True]), float(kept[False])),
        people=(int(arm.sum()), int((~arm).sum())),
        policies=pd.DataFrame(rows, columns=["Policy", "Share", "From", "To"]),
        outcome=outcome,
        days=days,
    )


def _predicted(units: pd.DataFrame, chosen: NDArray) -> NDArray:
    """What the outcome would be in an arm, linear in what was known before, fitted in that arm."""
    own = units[["before", "sentiment", "asks"]].to_numpy(float)
    design = np.column_stack([np.ones(len(own)), own])
    return design @ np.linalg.lstsq(design[chosen], units["outcome"].to_numpy(float)[chosen], rcond=None)[0]


def _mean(y: NDArray, weight: NDArray) -> tuple[float, NDArray]:
    """Weighted mean, and what each row adds to it."""
    value = float((weight * y).sum() / weight.sum())
    return value, weight * (y - value) / weight.sum()


def _ranged(name: str, value: float, parts: NDArray, *, thread: NDArray, level: float) -> Measure:
    """Range and p-value with errors by thread: those of statsmodels, in a hundredth of the time."""
    from scipy.special import stdtr, stdtrit

    sums = np.bincount(thread, parts)
    free = len(sums) - 1
    error = math.sqrt((sums**2).sum() * len(sums) / free)
    half = float(stdtrit(free, (1 + level) / 2)) * error
    kept: dict[str, Any] = {"unit": "share", "n": len(thread), "level": level, "kind": "incremental"}
    p = float(2 * stdtr(free, -abs(value) / error)) if error else 1.0
    return Measure(name=name, value=value, low=value - half, high=value + half, p=p, **kept)
