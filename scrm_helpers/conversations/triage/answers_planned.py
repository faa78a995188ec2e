"""One plan of answers for a company: what the last lottery found, the queue, and a new lottery where one is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.conversations.triage.answer_queue import AnswerQueue, queue_answers, with_lot
from scrm_helpers.conversations.triage.lottery_evaluation import AGAIN, RepliesEvaluated, evaluate_reply_lottery
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT
from scrm_helpers.conversations.triage.reply_lottery import ReplyLottery, arms_of, draw_reply_lottery
from scrm_helpers.conversations.triage.value_at_stake import ENDS, answering
from scrm_helpers.tables import Company

DRAWN = "is answered by lot, so that the effect of answering can be measured"


@dataclass(frozen=True)
class AnswersPlanned:
    """What the notebook shows and the action list takes."""

    queue: AnswerQueue  # with the arms of the lot
    lottery: ReplyLottery
    replies: RepliesEvaluated

    @property
    def actions(self) -> pd.DataFrame:
        """Rows of the action list: whom to respond to and whom to leave, why, and what an answer is expected to add."""
        if self.queue.reason:
            return pd.DataFrame()
        rows, currency = self.queue.rows, self.queue.net.unit
        worth = [f"is worth an answer: {numbers.money(net, currency)} net expected" for net in rows["value"]]
        done = np.select([rows["arm"] == "answer", rows["value"].isna()], [DRAWN, "waits for an answer"], worth)
        who = np.where(rows["customer"], "", "; not a customer, counts with influence")
        parts = zip(rows["intent"].astype("object").fillna("message"), rows["occurred_on"], strict=True)
        told = np.where(rows["left"] == "", done, rows["left"]).astype(object) + who.astype(object)
        reasons = [f"{kind} of {day:%Y-%m-%d} {why}" for (kind, day), why in zip(parts, told, strict=True)]
        found = rows[["action", "channel", "arm"]].assign(person_id=rows["person"], reason=reasons)
        found[["value_low", "value", "value_high"]] = rows[[*ENDS]].where(~rows["barred"].isin([ANSWERED, BOT]))
        return found.assign(consent="not needed in public")


def plan_answers(company: Company, people: pd.DataFrame, given: Mapping[str, Any] | None = None) -> AnswersPlanned:
    """Plan whom to answer: net value of each answer, as many as the hours allow, and what a reply lottery decided.

    Parameters
    ----------
    company : checked company
    people : value table
    given : parameters of chapter 06 by name; those that are not given have their defaults

    Returns
    -------
    AnswersPlanned

    Notes
    -----
    Net value = effect x (lifetime value + referrals to come + influence on others) - cost - increase of escalation x
    the same. The effect is stated, U-shaped in tone and zero at neutral, until the table lotteries tells it. Most net
    value in the hours is a knapsack of 0 and 1: exact for equal times or few messages, else greedy beside its bound.
    """
    chosen, terms = dict(given or {}), company.terms
    outcome, days = chosen.get("reply_outcome", AGAIN), int(chosen.get("reply_days", 30))
    how, none = answering(company.settings, chosen), company.missing("interactions")
    if none:
        return AnswersPlanned(AnswerQueue(reason=none), ReplyLottery(reason=none), RepliesEvaluated(reason=none))
    messages = company.table("interactions")
    before, why = None, company.missing("lotteries")
    replies = RepliesEvaluated(reason=f"{why}, which a reply lottery fills" if why else "")
    if not why:
        before = company.table("lotteries")
        replies = evaluate_reply_lottery(before, messages, company.transactions, terms, outcome, days)
    queue = queue_answers(messages, people, terms, replace(how, measured=replies.kept)).without(company.suppressed)
    lottery = draw_reply_lottery(queue, terms, before)
    arms = arms_of(before, lottery.drawn if how.lottery_share else None)
    return AnswersPlanned(with_lot(queue, terms, arms), lottery, replies)
