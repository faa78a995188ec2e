"""The reply lottery: a tenth of the threads that wait is drawn, and the lot decides which of them are answered."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, unknown
from scrm_helpers.conversations.triage.answer_queue import AnswerQueue
from scrm_helpers.conversations.triage.open_messages import UNHAPPY, VENT
from scrm_helpers.stats.intervals import detectable_change

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
