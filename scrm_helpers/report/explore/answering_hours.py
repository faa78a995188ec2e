"""The view of the answer queue: what the hours of a week bring, and what one more would."""

import math
from dataclasses import field

import numpy as np

from scrm_helpers.answers import Answer, Measure, Words, numbers, style, unknown
from scrm_helpers.conversations.triage.answer_queue import BEYOND, AnswerQueue
from scrm_helpers.conversations.triage.answers_planned import plan_answers
from scrm_helpers.conversations.triage.open_messages import ENDS
from scrm_helpers.report.explore.looks import Control, View
from scrm_helpers.report.session import Chapter

STEPS = 40  # positions of the slider


class HoursAnswered(Answer):
    """What is answered in some hours a week, the messages of the highest value per hour first."""

    ABSENT = "What hours of answering bring cannot be said: {reason}."

    net: Measure = unknown("net_value_in_the_hours", "EUR")
    spent: np.ndarray = field(default_factory=lambda: np.zeros(1))  # hours after each message, from none on
    gained: np.ndarray = field(default_factory=lambda: np.zeros(1))  # and what the answers so far are expected to bring
    hours: float = 0.0

    def words(self) -> Words:
        money = lambda amount: numbers.money(amount, self.net.unit)  # noqa: E731
        worth, all_of_it = len(self.spent) - 1, float(self.gained[-1])
        value, hours, needed = self.net.value or 0.0, _hours(self.hours), float(self.spent[-1])
        share, answered = numbers.percent(value / all_of_it), _answered(self.spent, self.hours)
        more = money(float(self.gained[_answered(self.spent, self.hours + 1)]) - value)
        after = f"one more hour would bring {more}" if answered < worth else "more hours would bring nothing"
        return Words(
            sentence=f"In {hours} hours {numbers.count(answered)} of {numbers.plural(worth, 'message')} worth an "
            f"answer are answered, which is expected to bring {money(value)} net "
            f"({numbers.span(self.net, money)}), {share} of what all of them would; {after}.",
            title=f"{hours} hours a week bring {share} of what answering could",
            note=f"n = {numbers.plural(worth, 'message')} that wait and are worth an answer; answers to all take "
            f"{_hours(needed)} hours; the highest value per hour first, no lot drawn; range: what is "
            "assumed of an answer.",
            alt=f"A curve of expected net value over hours, steep at first: {money(value)} at {hours} hours, "
            f"{money(all_of_it)} at most, from {_hours(needed)} hours on.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax)
        end, value = float(self.spent[-1]), self.net.value or 0.0
        ax.plot(self.spent, self.gained, color=style.BLUE, linewidth=2)
        ax.vlines(self.hours, 0, value, color=style.ORANGE, linewidth=1.2)
        ax.plot([self.hours], [value], "D", color=style.ORANGE, markersize=7, zorder=3)
        right = self.hours < end * 0.7
        look = {"ha": "left" if right else "right", "va": "top", "color": style.ORANGE, "size": 9}
        style.beside(ax, numbers.money(value, self.net.unit), (self.hours, value), (8 if right else -8, -6), **look)
        style.in_money(ax.yaxis, self.net.unit)
        ax.set(xlim=(0, max(end, self.hours) * 1.04), ylim=(0, float(self.gained[-1]) * 1.08))
        return style.labelled(ax, "Hours of answering", "Expected net value of the answers")


def _answered(spent: np.ndarray, hours: float) -> int:
    """How many messages are answered in some hours."""
    return int(np.searchsorted(spent, hours * (1 + 1e-9), side="right")) - 1


def _hours(hours: float) -> str:
    return f"{hours:.2f}".rstrip("0").rstrip(".")


def hours_view(chapter: Chapter) -> View:
    """Value an answer to every open message once, and let the hours be chosen.

    Parameters
    ----------
    chapter : Chapter, opened as 06; people without a ground for action are left aside

    Returns
    -------
    View
    """
    queue = plan_answers(*chapter.for_action).queue
    hours = chapter.company.settings.hours
    spent, ends = _by_hour(queue)
    needed = float(spent[-1])
    step = max(math.ceil(needed / STEPS * 4) / 4, 0.25)  # quarters of an hour
    values = [step * place for place in range(math.ceil(needed / step) + 1)] or [0.0]
    start = min(hours or values[len(values) // 2], values[-1])

    def at(hours: float) -> HoursAnswered:
        none = queue.reason or queue.net.reason or ("" if len(spent) > 1 else "no message is worth an answer")
        if none:
            return HoursAnswered(reason=none)
        low, value, high = (float(end[_answered(spent, hours)]) for end in ends)
        name, unit = "net_value_in_the_hours", queue.net.unit
        net = Measure(name=name, value=value, unit=unit, low=low, high=high, n=len(spent) - 1)
        return HoursAnswered(net=net, spent=spent, gained=ends[1], hours=hours)

    return View("What hours of answering bring", [Control("hours", "Hours a week", values, 0.0, _hours).at(start)], at)


def _by_hour(queue: AnswerQueue) -> tuple[np.ndarray, np.ndarray]:
    """Sum hours and value (low, middle, high) over the messages worth an answer, the highest value per hour first."""
    if queue.reason or queue.net.reason:
        return np.zeros(1), np.zeros((3, 1))
    rows = queue.rows[queue.rows["left"].isin(["", BEYOND]) & (queue.rows["value"] > 0)]
    rate = rows["value"].to_numpy() / np.maximum(rows["hours"].to_numpy(), 1e-12)
    rows = rows.iloc[np.argsort(-rate, kind="stable")]
    sums = rows[["hours", *ENDS]].to_numpy(float).cumsum(axis=0).T
    sums = np.column_stack([np.zeros(4), sums])
    return sums[0], sums[1:]
