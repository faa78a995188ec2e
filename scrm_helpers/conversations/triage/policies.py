"""Policies of answering side by side at the same hours: what each would bring by the model that values answers."""

from collections.abc import Callable
from dataclasses import field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Measure, Words, measure_name, numbers, style, unknown
from scrm_helpers.conversations.triage.answer_queue import AnswerQueue, in_order
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT
from scrm_helpers.conversations.triage.value_at_stake import ENDS

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
    currency: str = "EUR"

    def words(self) -> Words:
        write = lambda amount: numbers.money(amount, self.currency)  # noqa: E731
        best, others = self.compared.iloc[-1], self.compared.iloc[:-1].sort_values("Net value", kind="stable")
        named = [
            f"{write(row['Net value'])} by “{row['Policy'].lower()}”" for _, row in others.iloc[[0, -1]].iterrows()
        ]
        return Words(
            sentence=f"In the same hours, answers by expected value would bring {write(best['Net value'])} net, other "
            f"policies from {named[0]} to {named[1]}. The model says so, it was not observed.",
            title="What policies of answering would bring, by the model",
            table=self._shown(write),
            formats={"Messages": "count", **dict.fromkeys(["Net value", BESIDE], "money")},
            caption="Policies of answering in the same hours",
            note="Ranges go from the lowest to the highest effect that is assumed, as stated under the queue.",
            alt=f"Net value of {len(others) + 1} policies with ranges: from {named[0]} to {write(best['Net value'])}.",
        )

    def _shown(self, write: Callable[[float], str]) -> pd.DataFrame:
        """Return the table as it is read: its range in one column."""
        rows = self.compared
        ranges = [f"{write(low)} to {write(high)}" for low, high in rows[["From", "To"]].to_numpy()]
        return pd.DataFrame({**rows[["Policy", "Messages", "Net value"]], "Range": ranges, BESIDE: rows[BESIDE]})

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        for place, (name, _, value, low, high, *_) in enumerate(self.compared.to_numpy().tolist()):
            colour = style.BLUE if name == BEST else style.GREY
            ax.hlines(place, low, high, color=colour, linewidth=2)
            ax.plot(value, place, "o", color=colour)
        style.name_rows(ax, self.compared["Policy"], zero=True)
        style.in_money(ax.xaxis, self.currency)
        ax.set_xlabel("Net value of the answers")
        return ax


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
        gaps = sums[name] - sums[BEST]
        ends = float(gaps.min()), float(gaps.max())
        table.append((name, len(taken[name]), value, low, high, gaps[1], *ends))
        gap = {"value": float(gaps[1]), "low": ends[0], "high": ends[1], "n": len(rows)}
        behind.append(Measure(name=measure_name("policy", name), unit=queue.net.unit, **gap))  # type: ignore[arg-type]
    if len(table) == 1:
        return PoliciesCompared(reason=few, behind=tuple(behind[:-1]))
    return PoliciesCompared(
        population=queue.population,
        window=queue.window,
        behind=tuple(behind[:-1]),  # the last is expected value beside itself
        compared=pd.DataFrame(table, columns=["Policy", "Messages", *MONEY]),
        currency=queue.net.unit,
    )
