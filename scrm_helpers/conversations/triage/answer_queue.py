"""The queue: every open message with what an answer is worth and whether to give one, and other policies beside it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Measure, Terms, Words, measure_name, numbers, style, unknown
from scrm_helpers.conversations.triage import open_messages
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT, ENDS, OPEN_DAYS, VENT, Answering

EXACT = 400  # messages up to which unequal times are solved to the end
NODES = 20_000  # branches after which the solver gives up, so that every run ends the same way


def within_hours(worth: NDArray, hours: NDArray, available: float) -> tuple[NDArray, float]:
    """Choose the messages of the highest sum that fit, those worth nothing never; and say what no choice exceeds."""
    gains, bound = np.flatnonzero(worth > 0), None
    order = gains[np.argsort(-worth[gains] / np.maximum(hours[gains], 1e-12), kind="stable")]
    spent = np.cumsum(hours[order])
    whole = int(np.searchsorted(spent, available * (1 + 1e-12), side="right"))
    if not np.isfinite(available) or hours[gains].sum() <= available:
        chosen = gains
    elif np.ptp(hours[gains]) <= 1e-12:
        chosen = order[:whole]
    elif len(gains) <= EXACT and (best := _solved(worth[gains], hours[gains], available)) is not None:
        chosen = gains[best]
    else:  # bounded by the relaxation in which parts of a message may be answered
        left = max(available - (spent[whole - 1] if whole else 0.0), 0.0)
        bound = float(worth[order[:whole]].sum() + left / hours[order[whole]] * worth[order[whole]])
        chosen = in_order(order, hours, available)
    taken = np.zeros(len(worth), bool)
    taken[chosen] = True
    return taken, float(worth[taken].sum()) if bound is None else bound


def in_order(order: NDArray, hours: NDArray, available: float) -> NDArray:
    """Take messages in an order while they fit, passing over those that do not."""
    spent = np.cumsum(hours[order])
    first = int(np.searchsorted(spent, available * (1 + 1e-12), side="right"))
    taken, left = list(order[:first]), available - (spent[first - 1] if first else 0.0)
    least = hours[order].min(initial=np.inf)
    for at in order[first:]:
        if left < least:
            break
        if hours[at] <= left:
            taken.append(at)
            left -= hours[at]
    return np.asarray(taken, int)


def _solved(worth: NDArray, hours: NDArray, available: float) -> NDArray | None:
    from scipy.optimize import Bounds, LinearConstraint, milp

    limit = LinearConstraint(hours[None, :], ub=available)
    options = {"mip_rel_gap": 0.0, "node_limit": NODES}
    found = milp(-worth, integrality=np.ones(len(worth)), bounds=Bounds(0, 1), constraints=limit, options=options)
    return np.flatnonzero(found.x > 0.5) if found.status == 0 else None


COSTS, BEYOND = "is expected to cost more than it brings", "is worth an answer, but the hours do not reach"
SILENT = "asks for nothing"
BY_LOT = "is left waiting by lot, so that the effect of answering can be measured"
REASONS = (ANSWERED, BOT, open_messages.QUARREL, VENT, SILENT, COSTS, BEYOND, BY_LOT)
NO_VALUE = "expected value tells nobody apart"


class AnswerQueue(Answer):
    """Messages of the last days, one of each author outside, with what becomes of each."""

    ABSENT = "Whom to answer is not known: {reason}."

    waiting: Measure = unknown("open_messages", "count")  # not answered yet, and not by a machine
    to_answer: Measure = unknown("messages_to_answer", "count")
    to_leave: Measure = unknown("messages_to_leave", "count")
    outsiders: Measure = unknown("messages_to_answer_of_non_customers", "count")
    net: Measure = unknown("net_value_of_answers", "EUR")
    bound: Measure = unknown("net_value_bound", "EUR")  # no choice in these hours brings more
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)  # `action`: respond or leave; `left`: why not
    how: Answering = field(default_factory=Answering)
    missing: tuple[str, ...] = ()  # columns of interactions that tell nothing
    fewest: int = 0  # people in a row of the table
    suppressed: int = 0  # people left out because they are not to be contacted

    def without(self, suppressed: Collection[str]) -> AnswerQueue:
        """Leave out people who are not to be contacted; their hours are free for others, who are to be chosen anew."""
        if not suppressed or self.rows.empty:
            return self
        gone = self.rows["person"].isin(suppressed)
        return replace(self, rows=self.rows[~gone].reset_index(drop=True), suppressed=int(gone.sum()))

    def words(self) -> Words:
        hours = self.how.hours
        limit = f"in {numbers.decimal(hours, int(hours % 1 > 0))} hours a week" if hours else "without a limit of hours"
        chosen = "nobody is" if self.to_answer.value == 0 else f"{_many(self.to_answer)} are"
        text = f"{_many(self.waiting)} of {numbers.count(len(self.rows))} who wrote in public wait for an answer; "
        text += f"{chosen} to be answered {limit}"
        text += ", some of them by lot" if (self.rows["arm"] == "answer").any() else ""
        if self.waiting.value == 0:
            text = "Nobody waits for an answer in public"
        if self.net.value is not None:
            write = lambda amount: numbers.money(amount, self.net.unit)  # noqa: E731
            ends = numbers.interval(self.net.low, self.net.high, write)
            by = "what is assumed" if not self.how.measured else "what is assumed and what the lottery leaves open"
            text = f"{text}, which is expected to bring {write(self.net.value)} net ({ends}, by {by})"
        blank = f" {', '.join(self.missing)} of interactions tell nothing." if self.missing else ""
        silent = numbers.plural(self.suppressed, "other is", "others are")
        blank += f" {silent} not to be contacted and left out." if self.suppressed else ""
        return Words(
            sentence=f"{text}.{blank}",
            table=self._counted(),
            formats={"People": "count"},
            caption=f"Authors outside the firm who wrote in public in the last {OPEN_DAYS} days",
            note=f"One row an author, by the latest message that waits. {self.assumed}",
        )

    def _counted(self) -> pd.DataFrame:
        """Count people by what becomes of them; reasons of too few become one, and draw in the next larger."""
        left = self.rows.loc[self.rows["action"] == "leave", "left"].value_counts()
        counts = [(f"Leave: {reason}", int(left[reason])) for reason in REASONS if reason in left]
        by_size = sorted(counts, key=lambda row: row[1])
        fold: list[tuple[str, int]] = []
        while by_size and (by_size[0][1] < self.fewest or 0 < sum(many for _, many in fold) < self.fewest):
            fold.append(by_size.pop(0))
        rows = [("Answer", int((self.rows["action"] == "respond").sum()))]
        rows += [row for row in counts if row not in fold]
        if fold:
            rows.append((fold[0][0] if len(fold) == 1 else "Leave: other reasons", sum(many for _, many in fold)))
        return pd.DataFrame([*rows, ("All", sum(many for _, many in rows))], columns=["What to do", "People"])

    @property
    def assumed(self) -> str:
        """Say what the value of an answer rests on."""
        written = lambda kept: "{1} of it ({0} to {2})".format(*map(numbers.percent, kept))  # noqa: E731
        told = [
            f"where {'something' if asks else 'nothing'} is asked, {written(kept)}, as the reply lottery found"
            + ("" if kept[0] > 0 or kept[2] < 0 else ", which could not show that an answer changes anything")
            for asks, kept in sorted(self.how.measured.items(), reverse=True)
        ]
        if len(told) < 2:
            stated = "for a very happy or unhappy author, none for a neutral one: stated, not measured"
            told.append(f"{'else ' if told else ''}{written(self.how.uplift)} {stated}")
        known = self.how.minutes or self.how.contact_cost is not None
        cost = "" if known else " What an answer costs is not known and counts as nothing."
        return (
            "At stake is what an author is expected to buy, to bring and to move in others, of this the middle of its "
            "range (chapter 05 counts the upper end where no influence is shown). An answer is taken to "
            f"save, {'; '.join(told)}. Its cost and the quarrels it stirs up are taken off.{cost}"
        )


def _many(measure: Measure) -> str:
    return measure.reason if measure.value is None else numbers.plural(measure.value, "person", "people")


def queue_answers(interactions: pd.DataFrame, people: pd.DataFrame, terms: Terms, how: Answering) -> AnswerQueue:
    """Value an answer to every open message, and choose as many as the hours allow."""
    # Where lifetime value tells nobody apart, whoever asks is answered, the longest waiting first.
    if reason := open_messages.why_none(interactions, terms.as_of):
        return AnswerQueue(reason=reason, how=how)
    rows = open_messages.find_open(interactions, terms.as_of)
    worth = open_messages.worth_of_answers(rows, people, how)
    rows = rows.join(worth.round(dict.fromkeys(ENDS, 2)))  # as the action list has it
    if not ("clv" in people and people["clv"].notna().any()):
        rows[[*ENDS]] = np.nan
    missing = tuple(name for name in open_messages.USED if name not in interactions or interactions[name].isna().all())
    return with_lot(AnswerQueue(rows=rows, how=how, missing=missing, fewest=terms.min_group), terms)


def with_lot(queue: AnswerQueue, terms: Terms, arms: pd.Series | None = None) -> AnswerQueue:
    """Choose whom to answer; what a lot decided (`arms` by thread) goes before and takes its hours first."""
    if queue.reason:
        return queue
    rows, hours, worth = queue.rows, queue.rows["hours"].to_numpy(), queue.rows["value"].to_numpy()
    barred, asks = rows["barred"].to_numpy(object), rows["asks"].to_numpy(bool)
    can = (barred == "") | ((barred == VENT) & (False in queue.how.measured))
    arm = np.full(len(rows), "", object)
    if arms is not None and len(arms):
        drawn = rows["thread"].map(arms.to_dict()).astype("object").fillna("").to_numpy()
        arm = np.where(can | (barred == VENT), drawn, "")
    by_lot, free = arm == "answer", can & (arm == "")
    left_over = max((queue.how.hours or np.inf) - hours[by_lot].sum(), 0.0)
    if ranked := not np.isnan(worth).all():
        taken, bound = within_hours(np.where(free, worth, -1.0), hours, left_over)
        taken, bound = taken | by_lot, bound + worth[by_lot].sum()
    else:
        asking = np.flatnonzero(free & asks)
        order = asking[np.argsort(rows["occurred_on"].to_numpy()[asking], kind="stable")]
        taken, bound = by_lot | np.isin(np.arange(len(rows)), in_order(order, hours, left_over)), None
    unreached = np.where(worth > 0 if ranked else asks, BEYOND, COSTS if ranked else SILENT)
    left = np.select([taken, arm != "", can], ["", BY_LOT, unreached], barred)
    rows = rows.assign(arm=arm, left=left, action=np.where(taken, "respond", "leave"))
    chosen, waiting = rows[taken], int((~np.isin(barred, [ANSWERED, BOT])).sum())
    few = f"fewer than {terms.min_group} people are to be answered" if len(chosen) < terms.min_group else ""
    none = (few if len(chosen) else "nobody is to be answered") if ranked else NO_VALUE
    low, value, high = (None, None, None) if none else (float(chosen[end].sum()) for end in ENDS)
    unit, n = terms.currency, len(rows)
    no_range = "the best that the model allows in these hours"
    return replace(
        queue,
        rows=rows,
        population="people outside the firm who wrote in public",
        window=f"{OPEN_DAYS} days to {terms.as_of:%Y-%m-%d}; value: the coming twelve months",
        waiting=_count("open_messages", waiting, n, terms),
        to_answer=_count("messages_to_answer", len(chosen), n, terms, n - len(chosen)),
        to_leave=_count("messages_to_leave", n - len(chosen), n, terms, len(chosen)),
        outsiders=_count("messages_to_answer_of_non_customers", int((~chosen["customer"]).sum()), n, terms),
        net=Measure(name="net_value_of_answers", value=value, unit=unit, low=low, high=high, n=n, reason=none),
        bound=Measure(name="net_value_bound", value=None if none else bound, unit=unit, reason=none, no_range=no_range),
    )


def _count(name: str, value: int, n: int, terms: Terms, beside: int = 0) -> Measure:
    """Count people, unless there are few, or few `beside` them who would be told by the difference."""
    if value and any(0 < one < terms.min_group for one in (value, beside)):
        return unknown(name, "count", f"fewer than {terms.min_group} people", n)
    return Measure(name=name, value=value, unit="count", n=n, no_range="counted, so without a range")


BEST = "Expected value"
# What is answered first under each policy: the highest score.
POLICIES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "First come": lambda rows: -rows["occurred_on"].astype("int64"),
    "Loudest": lambda rows: rows["reach"],
    "Most negative": lambda rows: -rows["sentiment"],
    "Most followers": lambda rows: rows["followers"],
    "Lifetime value": lambda rows: rows["clv"],
    "Profitability times influence": lambda rows: rows["clv"].rank() * rows["influence"].rank(),
    BEST: lambda rows: rows["value"],
}
BESIDE = "Beside expected value"
MONEY = ["Net value", "From", "To", BESIDE, "Beside from", "Beside to"]


def first_answered(rows: pd.DataFrame, policy: str) -> NDArray:
    """Order in which a policy answers; what it knows nothing of comes last."""
    return np.argsort(-POLICIES[policy](rows).to_numpy(float), kind="stable")


class PoliciesCompared(Answer):
    """What each policy of answering would bring in the same hours, by the model."""

    ABSENT = "Policies of answering cannot be compared: {reason}."
    OFFERS = ("figure", "table")

    behind: tuple[Measure, ...] = ()  # each policy less expected value, over the same effects
    compared: pd.DataFrame = field(default_factory=pd.DataFrame)  # expected value comes last

    def words(self) -> Words:
        write = lambda amount: numbers.money(amount, self.behind[0].unit)  # noqa: E731
        rows = self.compared
        best, others = rows.iloc[-1], rows.iloc[:-1].sort_values("Net value", kind="stable")
        ends = others[["Policy", "Net value"]].to_numpy()[[0, -1]]
        named = [f"{write(net)} by “{policy.lower()}”" for policy, net in ends]
        ranges = [f"{write(low)} to {write(high)}" for low, high in rows[["From", "To"]].to_numpy()]
        return Words(
            sentence=f"In the same hours, answers by expected value would bring {write(best['Net value'])} net, other "
            f"policies from {named[0]} to {named[1]}. The model says so, it was not observed.",
            title="What policies of answering would bring, by the model",
            table=pd.DataFrame({**rows[["Policy", "Messages", "Net value"]], "Range": ranges, BESIDE: rows[BESIDE]}),
            formats={"Messages": "count", **dict.fromkeys(["Net value", BESIDE], "money")},
            caption="Policies of answering in the same hours",
            note="Ranges go from the lowest to the highest effect that is assumed, as stated under the queue.",
            alt=f"Net value of {len(others) + 1} policies with ranges: from {named[0]} to {write(best['Net value'])}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        for place, (name, _, *found) in enumerate(self.compared.to_numpy().tolist()):
            style.estimates(ax, place, found[:3], across=True, color=style.BLUE if name == BEST else style.GREY)
        style.name_rows(ax, self.compared["Policy"], zero=True)
        style.in_money(ax.xaxis, self.behind[0].unit)
        return style.labelled(ax, "Net value of the answers")


def compare_policies(queue: AnswerQueue) -> PoliciesCompared:
    """Let each policy answer in the same hours, and sum what its answers are expected to bring.

    Parameters
    ----------
    queue : messages with the value of an answer to each

    Returns
    -------
    PoliciesCompared

    Notes
    -----
    Every policy may answer all that is not answered yet, drawn by lot or written by a machine; only the one by expected
    value leaves out what is not worth it. Differences are over the same messages at the same effect.
    """
    reason = queue.reason or ("nobody waits" if queue.waiting.value == 0 else queue.net.reason)
    if reason:
        none = (unknown(measure_name("policy", name), queue.net.unit, reason) for name in POLICIES if name != BEST)
        return PoliciesCompared(reason=reason, behind=tuple(none))
    rows = queue.rows[~queue.rows["barred"].isin([ANSWERED, BOT]) & (queue.rows["arm"] == "")].reset_index(drop=True)
    own, hours = np.flatnonzero(rows["action"] == "respond"), rows["hours"].to_numpy()
    available = hours[own].sum() if len(own) else queue.how.hours
    taken = {name: in_order(first_answered(rows, name), hours, available) for name in POLICIES} | {BEST: own}
    sums = {name: rows.iloc[chosen][[*ENDS]].sum().to_numpy() for name, chosen in taken.items()}
    table, behind = [], []
    few = f"fewer than {queue.fewest} people would be answered"  # of one message each
    for name, (low, value, high) in sums.items():
        if name != BEST and 0 < len(taken[name]) < queue.fewest:
            behind.append(unknown(measure_name("policy", name), queue.net.unit, few, len(rows)))
            continue
        gaps, n = (sums[name] - sums[BEST]).tolist(), len(rows)
        least, gap, most = min(gaps), gaps[1], max(gaps)
        table.append((name, len(taken[name]), value, low, high, gap, least, most))
        named = measure_name("policy", name)
        behind.append(Measure(name=named, unit=queue.net.unit, value=gap, low=least, high=most, n=n))
    if len(table) == 1:
        return PoliciesCompared(reason=few, behind=tuple(behind[:-1]))
    return PoliciesCompared(
        population=queue.population,
        window=queue.window,
        behind=tuple(behind[:-1]),  # the last is expected value beside itself
        compared=pd.DataFrame(table, columns=["Policy", "Messages", *MONEY]),
    )
