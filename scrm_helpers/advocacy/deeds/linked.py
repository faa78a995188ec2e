"""Link what each person said to what that person did afterwards, in a window of the same length for everybody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.score.nps import latest_answers
from scrm_helpers.answers import numbers


@dataclass(frozen=True)
class LinkedAnswers:
    """Answers whose window is over, with the referrals that followed."""

    people: pd.DataFrame
    window_days: int  # length of the window after the answer, in days
    too_young: int  # people who answered, but whose window is not over yet
    made: pd.DataFrame

    @property
    def note(self) -> str:
        """Base and window in one line."""
        text = f"n = {numbers.plural(len(self.people), 'person', 'people')}, {self.window_days} days after the answer"
        if self.too_young:
            text += f"; {numbers.count(self.too_young)} answered too recently and are left out"
        return text + "."


def link_answers(
    surveys: pd.DataFrame, referrals: pd.DataFrame, as_of: pd.Timestamp, window_days: int = 365
) -> LinkedAnswers:
    """Count for everybody who answered the referrals made after the answer and inside the window.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys``.
    referrals : pandas.DataFrame
        The table ``referrals``; without ``converted_on`` nobody is counted as brought.
    as_of : pandas.Timestamp
        Day of the analysis, inclusive; an answer counts only when its whole window lies before its end.
    window_days : int
        Length of the window in days, at least 1: from the day after the answer.

    Returns
    -------
    LinkedAnswers

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.
    ValueError
        When the window is shorter than a day.

    Notes
    -----
    The latest answer whose window is over stands for the person. Equal windows keep those who have been customers for
    longer from looking like better referrers, and the order of time keeps a referral from causing the answer.

    Examples
    --------
    >>> surveys = pd.DataFrame({"customer_id": ["A"], "responded_on": [pd.Timestamp("2026-01-01")], "score": [9.0]})
    >>> referrals = pd.DataFrame({"referrer_id": ["A"], "referred_id": ["B"],
    ...                           "referred_on": [pd.Timestamp("2026-02-01")], "converted_on": [pd.NaT]})
    >>> link_answers(surveys, referrals, pd.Timestamp("2026-09-30"), 90).people["referred"].tolist()
    [True]
    """
    if window_days < 1:
        raise ValueError(f"A window of {window_days} days holds no referral: give at least one day.")
    window = pd.Timedelta(days=window_days)
    over = latest_answers(surveys, as_of - window)
    everybody = latest_answers(surveys, as_of)
    people = over.set_index("customer_id")
    made = _after_the_answer(referrals, people["responded_on"], window)
    by_person = made.groupby("referrer_id")
    people["referrals"] = by_person["referred_id"].nunique().reindex(people.index, fill_value=0)
    brought = made[made["brought"]].groupby("referrer_id")["referred_id"].nunique()
    people["customers_brought"] = brought.reindex(people.index, fill_value=0)
    people["referred"] = people["referrals"] > 0
    people["brought"] = people["customers_brought"] > 0
    return LinkedAnswers(
        people=people.reset_index(),
        window_days=window_days,
        too_young=len(everybody) - len(over),
        made=made,
    )


def _after_the_answer(referrals: pd.DataFrame, answered_on: pd.Series, window: pd.Timedelta) -> pd.DataFrame:
    """Keep the referrals that a person made inside the window after the answer, and say which brought a customer."""
    made = referrals[referrals["referrer_id"].isin(answered_on.index)]
    made = made[made["referrer_id"] != made["referred_id"]]
    since = made["referred_on"] - answered_on.reindex(made["referrer_id"]).to_numpy()
    inside = (since > pd.Timedelta(0)) & (since <= window)
    converted = made["converted_on"] if "converted_on" in made else pd.Series(pd.NaT, index=made.index)
    in_time = converted - answered_on.reindex(made["referrer_id"]).to_numpy() <= window
    brought = np.asarray(converted.notna() & in_time, dtype=bool)
    return made.assign(brought=brought)[inside]
