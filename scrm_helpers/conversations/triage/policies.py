"""Policies of answering side by side at the same hours: what each would bring by the model that values answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.conversations.triage.answer_queue import AnswerQueue
from scrm_helpers.conversations.triage.capacity import in_order
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT
from scrm_helpers.conversations.triage.value_at_stake import ENDS

# What is answered first under each policy: the highest score.
POLICIES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "First come": lambda rows: -rows["occurred_on"].astype("int64").astype(float),
    "Loudest": lambda rows: rows["reach"].astype(float),
    "Most negative": lambda rows: -rows["sentiment"],
    "Most followers": lambda rows: rows["followers"],
    "Lifetime value": lambda rows: rows["clv"],
    "Profitability times influence": lambda rows: rows["clv"].rank() * rows["influence"].rank(),
    "Expected value": lambda rows: rows["value"],
}
BEST = "Expected value"


def first_answered(rows: pd.DataFrame, policy: str) -> NDArray:
    """Order in which a policy answers; what it knows nothing of comes last."""
    score = POLICIES[policy](rows).to_numpy(float)
    return np.argsort(np.where(np.isnan(score), np.inf, -score), kind="stable")


@dataclass(frozen=True, kw_only=True)
class PoliciesCompared(Answer):
    """What each policy of answering would bring in the same hours, by the model."""

    ABSENT = "Policies of answering cannot be compared: {reason}."
    OFFERS = ("figure", "table")

    nets: tuple[Measure, ...] = ()
    behind: tuple[Measure, ...] = ()  # each policy less expected value, over the same effects
    compared: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = "EUR"
    assumed: str = ""

    def words(self) -> Words:
        write = lambda amount: numbers.money(amount, self.currency)  # noqa: E731
        best = self.compared.iloc[-1]
        others = self.compared.iloc[:-1].sort_values("value", kind="stable")
        second = others.iloc[-1]
        table = self.compared.set_axis(
            ["Policy", "Messages", "Net value", "From", "To", "Less than expected value", "Gap from", "Gap to"], axis=1
        )
        return Words(
            sentence=(
                f"In the same hours, answering by expected value would bring {write(best['value'])} net by the model; "
                f"“{second['policy'].lower()}”, the best of the other policies, {write(second['value'])}, and "
                f"“{others.iloc[0]['policy'].lower()}” {write(others.iloc[0]['value'])}. This is what the assumptions "
                "imply, not an effect that was observed."
            ),
            title="What policies of answering would bring, by the model",
            table=table,
            formats={"Messages": "count", **dict.fromkeys(table.columns[2:], "money")},
            caption="Policies of answering in the same hours",
            note=f"Ranges: from the lowest to the highest effect that is assumed. {self.assumed}",
            alt=(
                f"Net value of {len(table)} policies with ranges, by the model: from {write(others.iloc[0]['value'])} "
                f"({others.iloc[0]['policy'].lower()}) to {write(best['value'])} (expected value)."
            ),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        for place, row in enumerate(self.compared.itertuples()):
            colour = style.BLUE if row.policy == BEST else style.GREY
            ax.hlines(place, row.low, row.high, color=colour, linewidth=2)
            ax.plot(row.value, place, "o", color=colour)
        style.name_rows(ax, self.compared["policy"], zero=True)
        style.in_money(ax.xaxis, self.currency)
        ax.set_xlabel("Net value of the answers, with the range of what is assumed")
        return ax


def compare_policies(queue: AnswerQueue) -> PoliciesCompared:
    """Let each policy answer in the same hours, and sum what its answers are expected to bring.

    Parameters
    ----------
    queue : open messages with their values

    Returns
    -------
    PoliciesCompared

    Notes
    -----
    Every policy may answer all that is not answered yet and not by a machine; only the one by expected value leaves
    out what is not worth it. Differences are over the same messages at the same effect: low, middle and high.
    """
    rows = queue.rows
    reason = queue.reason or ("nobody waits" if not queue.waiting.value else queue.net.reason)
    if reason:
        return PoliciesCompared(reason=reason)
    rows = rows[~rows["barred"].isin([ANSWERED, BOT])].reset_index(drop=True)
    hours, currency = rows["hours"].to_numpy(), queue.net.unit
    available = queue.how.hours or float(rows.loc[rows["action"] == "respond", "hours"].sum())
    taken = {name: in_order(first_answered(rows, name), hours, available) for name in POLICIES}
    taken[BEST] = np.flatnonzero(rows["action"] == "respond")
    sums = {name: rows.iloc[chosen][[*ENDS]].sum().to_numpy() for name, chosen in taken.items()}
    table, nets, behind = [], [], []
    for name, (low, value, high) in sums.items():
        gaps = np.array([low, value, high]) - sums[BEST]
        table.append((name, len(taken[name]), value, low, high, gaps[1], gaps.min(), gaps.max()))
        short = measure_name("policy", name)
        nets.append(Measure(name=f"{short}_net", value=value, low=low, high=high, unit=currency, n=len(rows)))
        ends = {"low": float(gaps.min()), "high": float(gaps.max())}
        if name != BEST:
            behind.append(Measure(name=f"{short}_gap", value=float(gaps[1]), unit=currency, n=len(rows), **ends))
    names = ["policy", "messages", "value", "low", "high", "gap", "gap_low", "gap_high"]
    return PoliciesCompared(
        population=queue.population,
        window=queue.window,
        nets=tuple(nets),
        behind=tuple(behind),
        compared=pd.DataFrame(table, columns=names),
        currency=currency,
        assumed=queue.assumed,
    )
