"""One plan of answers for a company: what the last lottery found, the queue, and a new lottery where one is wanted."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.triage.answer_queue import AnswerQueue, queue_answers, with_lot
from scrm_helpers.conversations.triage.lottery_evaluation import AGAIN, RepliesEvaluated, evaluate_reply_lottery
from scrm_helpers.conversations.triage.open_messages import ANSWERED, BOT, ENDS, UNHAPPY, VENT, answering
from scrm_helpers.stats.intervals import detectable_change
from scrm_helpers.tables import Company

ANSWER, WAIT = "answer", "wait"
TENTH = 0.1  # of the threads, where no other share is given
WORTH_KNOWING = 0.1  # a difference of shares that a company would want to know of
SIZE = "a size of a test, not an estimate"


class ReplyLottery(Answer):
    """Threads drawn, half to be answered and half to wait, and what such a lot can tell."""

    ABSENT = "No reply lottery can be drawn: {reason}."
    OFFERS = ("sentence",)

    threads: Measure = unknown("reply_lottery_threads", "count")
    tells: Measure = unknown("reply_lottery_detectable", "share")  # difference that is found four times in five
    needed: Measure = unknown("reply_lottery_needed", "count")  # threads for a difference of `WORTH_KNOWING`
    drawn: pd.DataFrame = field(default_factory=pd.DataFrame)  # as the table lotteries has it
    asked_for: bool = False  # whether the run was told to draw

    def words(self) -> Words:
        is_, least, many = "is" if self.asked_for else "could be", self.tells.value, self.threads.value or 0
        goal = f"a difference of {100 * WORTH_KNOWING:.0f} points takes {numbers.count(self.needed.value)}"
        tells = f"would find a difference of {100 * (least or 0):.0f} points or more in four of five lotteries; {goal}"
        if least is None:
            tells = f"is too few to tell anything: {goal}"
        todo = "lotteries.csv belongs into the company folder" if self.asked_for else "-P lottery_share=0.1 draws it"
        return Words(
            sentence=(
                "What answers change is seen in the share of authors who complain again or buy. A reply lottery over "
                f"{numbers.plural(many, 'open thread')}, half of them left waiting, {is_} drawn; that "
                f"{tells} threads, of several weeks together. It is drawn by thread, without quarrels and machines: "
                f"{todo}."
            )
        )


def draw_reply_lottery(queue: AnswerQueue, terms: Terms, earlier: pd.DataFrame | None = None) -> ReplyLottery:
    """Draw threads that wait in strata of tone and request, and let the lot decide which are answered."""
    # In random order within strata, thread k is drawn where floor(k s + u) rises; arms take turns from a random start,
    # so that each thread drawn is answered with probability one half. What was drawn before is not drawn again.
    if queue.reason:
        return ReplyLottery(reason=queue.reason)
    share = queue.how.lottery_share or TENTH
    known = () if earlier is None else earlier.loc[earlier["kind"] == "reply", "unit_id"]
    rows = queue.rows[queue.rows["barred"].isin(["", VENT]) & ~queue.rows["thread"].isin(known)]
    threads = rows.sort_values("thread", kind="stable").drop_duplicates("thread")
    sides = [threads["sentiment"] < UNHAPPY, threads["sentiment"] > -UNHAPPY]
    tone = pd.Series(np.select(sides, ["unhappy", "happy"], "neutral"), threads.index)
    threads = threads.assign(stratum=tone + np.where(threads["asks"], ", asks", ", asks nothing"))
    rng = np.random.default_rng([terms.seed, int(f"{terms.as_of:%Y%m%d}")])
    threads = threads.iloc[rng.permutation(len(threads))].sort_values("stratum", kind="stable")
    chosen = threads[np.diff(np.floor(np.arange(len(threads) + 1) * share + rng.random())) > 0]
    n = len(chosen)
    if n < 2:
        return ReplyLottery(reason=f"{numbers.plural(len(threads), 'open thread')} are too few to draw from")
    least = detectable_change(n / 2, variance=0.25)
    needed = 2 * np.ceil((detectable_change(1, variance=0.25) / WORTH_KNOWING) ** 2)
    drawn = pd.DataFrame(
        {
            "lottery_id": f"reply-{terms.as_of:%Y-%m-%d}",
            "kind": "reply",
            "unit_id": chosen["thread"].astype("str").to_numpy(),
            "arm": np.where((np.arange(n) + rng.integers(2)) % 2 == 0, ANSWER, WAIT),
            "probability": 0.5,
            "stratum": chosen["stratum"].to_numpy(),
            "drawn_on": terms.as_of,
            "seed": terms.seed,
        }
    )
    return ReplyLottery(
        population="threads in which somebody outside waits for an answer in public",
        window=queue.window,
        threads=Measure(name="reply_lottery_threads", value=n, unit="count", n=len(threads), no_range=SIZE),
        tells=unknown("reply_lottery_detectable", "share", "the lot is too small to tell anything", n)
        if least >= 1
        else Measure(name="reply_lottery_detectable", value=least, unit="share", n=n, no_range=SIZE),
        needed=Measure(name="reply_lottery_needed", value=needed, unit="count", no_range=SIZE),
        drawn=drawn,
        asked_for=bool(queue.how.lottery_share),
    )


def arms_of(*lotteries: pd.DataFrame | None) -> pd.Series:
    """Which arm the lot gave to each thread, for the queue."""
    drawn = [table[table["kind"] == "reply"] for table in lotteries if table is not None and len(table)]
    if not drawn:
        return pd.Series(dtype=object)
    arms = pd.concat(drawn).drop_duplicates("unit_id", keep="last").set_index("unit_id")["arm"].astype("object")
    return arms.where(arms == ANSWER, WAIT)


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
    chosen, terms = given or {}, company.terms
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
