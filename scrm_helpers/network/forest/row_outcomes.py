"""What became of every row of the referrals table."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.network.forest.referral_forest import FLAGS, LEFT_OUT, Forest

# Not a fault: the referral was made, it just brought nobody.
HARMLESS = ("not_converted", "later")


@dataclass(frozen=True, kw_only=True)
class ReferralReceipt(Result):
    """Rows read, credited and left out, by reason."""

    credited: int  # rows that are credited in the forest
    faulty: int  # rows left out because they cannot be right or cannot be credited


def referral_receipt(forest: Forest) -> ReferralReceipt:
    """Account for every row of the referrals: credited, brought nobody, or left out for a reason.

    Parameters
    ----------
    forest : Forest
        From :func:`build_forest`.

    Returns
    -------
    ReferralReceipt

    Examples
    --------
    >>> from scrm_helpers.network.forest.referral_forest import build_forest
    >>> rows = pd.DataFrame({"referrer_id": ["A", "B"], "referred_id": ["A", "C"],
    ...                      "referred_on": pd.to_datetime(["2026-01-01"] * 2)})
    >>> referral_receipt(build_forest(rows)).sentence
    '1 of 2 referrals brought a customer; 1 was left out because the forest cannot credit it.'
    """
    credited, rows = len(forest.child), forest.rows
    faulty = sum(count for reason, count in forest.left_out.items() if reason not in HARMLESS)
    lines = [("read", rows), ("credited: brought a customer", credited)]
    lines += [(f"left out: {words}", forest.left_out.get(reason, 0)) for reason, words in LEFT_OUT.items()]
    lines += [(f"kept, but note: {words}", forest.flags.get(reason, 0)) for reason, words in FLAGS.items()]
    table = pd.DataFrame(lines, columns=["Referrals", "Number"])
    table = table[(table["Number"] > 0) | (table.index < 2)].reset_index(drop=True)
    if not rows:
        sentence = "The table of referrals is empty: nobody is known to have referred anybody."
    elif forest.unseen:
        sentence = f"How many of {numbers.plural(rows, 'referral')} brought a customer is not known: {forest.unseen}."
    else:
        verb, them = ("was", "it") if faulty == 1 else ("were", "them")
        left = f"{numbers.count(faulty)} {verb} left out because the forest cannot credit {them}"
        sentence = f"{numbers.count(credited)} of {numbers.plural(rows, 'referral')} brought a customer; " + (
            f"{left}." if faulty else "every one of those could be credited."
        )
    credit = {"first": "the first", "last": "the last", "split": "each in equal shares"}[forest.rule]
    return ReferralReceipt(
        sentence=sentence,
        table=table,
        caption="What became of every referral",
        note=(
            f"n = {numbers.plural(rows, 'referral')}. Where several people referred the same person, credit goes to "
            f"{credit}."
        ),
        formats={"Number": "count"},
        measures=(
            Measure(name="referrals_read", value=float(rows), unit="count", n=rows),
            Measure(
                name="referrals_credited",
                value=None if forest.unseen else float(credited),
                unit="count",
                n=rows,
                reason=forest.unseen,
            ),
            Measure(name="referrals_faulty", value=float(faulty), unit="count", n=rows),
        ),
        credited=credited,
        faulty=faulty,
    )
