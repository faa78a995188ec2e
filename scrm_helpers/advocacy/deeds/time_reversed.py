"""Does the answer tell more of the future than of the past? The same people, with time reversed: one paired test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.association import NO_ORDER, pull_of
from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, referrals_of
from scrm_helpers.advocacy.score.nps import against, in_order
from scrm_helpers.answers import Answer, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import somers_d


class Placebo(Answer):
    """Somers' D of referring given the answer, with referrals after it and before it, among the same people."""

    after: Measure = unknown("somers_d_after_the_answer", "ratio")
    before: Measure = unknown("somers_d_before_the_answer", "ratio")
    gap: Measure = unknown("somers_d_after_minus_before", "ratio")  # of the same people, so one test
    chances: tuple[float | None, ...] = (None, None)  # of as strong an association where there is none
    first: float | None = None  # p of the first test
    shares: tuple[float | None, ...] = (None, None)  # who referred after and before the answer
    window_days: int = 365

    def claimed(self) -> tuple[Claim, ...]:
        what, family = "Somers' D of referring {} the answer, given the answer", "before and after the answer"
        sides = zip(("after", "before"), (self.after, self.before), self.chances, strict=True)
        after, before = (
            against(f"answer_and_referring_{side}", what.format(side), one, NO_ORDER, p, family)
            for side, one, p in sides
        )
        tested = "Somers' D with referrals after the answer less that with those before it, same people; asked only "
        tested += "where one of the two is shown"
        alike = "referrals before and after it go with the answer alike"
        apart = against("answer_tells_more_of_future", tested, self.gap, alike)
        least = min((2 * p for p in self.chances if p is not None), default=None)  # by Holm, of the two
        return (*in_order([after], self.first), before, replace(apart, after=least and min(least, 1.0)))

    def words(self) -> Words:
        columns = ["Referrals made", "People", "Share who referred", "Somers' D", "Range from", "Range to"]
        sides = {"After the answer": self.after, "Before the answer (placebo)": self.before}
        rows = [
            (name, one.n, share, one.value, one.low, one.high)
            for (name, one), share in zip(sides.items(), self.shares, strict=True)
        ]
        parts = self._reading()
        return Words(
            sentence=" ".join(dict.fromkeys(parts.values())),
            parts=parts,
            table=pd.DataFrame(rows, columns=columns),
            formats={"People": "count", "Share who referred": "percent"} | dict.fromkeys(columns[3:], "decimal"),
            caption="The answer against referrals after and before it",
            note=(
                f"n = {numbers.plural(self.after.n or 0, 'person', 'people')} who had been customers for at least "
                f"{self.window_days} days when they answered; {numbers.percent(self.after.level)} ranges."
            ),
        )

    def _reading(self) -> dict[str, str]:
        """Say each claim by its name."""
        sides, which = ("answer_and_referring_after", "answer_and_referring_before"), "answer_tells_more_of_future"
        if self.after.value is None or self.before.value is None:
            return {which: f"Whether the answer runs ahead of the act is {self.after.reason or self.before.reason}."}
        first, second = (numbers.decimal(one.value) for one in (self.after, self.before))
        figures = f"(Somers' D {first} after, {second} in the {self.window_days} days before)"
        after, before = (self.tested(side).direction > 0 for side in sides)
        later, earlier = "referrals that follow it", "referrals made before it"
        told = {
            (True, True): f"The answer goes with {earlier} as well as with those that follow",
            (True, False): f"The answer goes with {later}; with those before it no connection can be shown",
            (False, True): f"The answer goes with {earlier}; with those that follow no connection can be shown",
            (False, False): f"Neither with {later} nor with those before can a connection of the answer be shown",
        }
        apart = ("cannot be told apart", "is closer with what followed", "is closer with what went before")
        side = self.tested(which).direction
        between = f"The two {apart[0]}" if not side else f"The connection {apart[side]}"
        gap = f"{numbers.decimal(self.gap.value)}, {numbers.span(self.gap, numbers.decimal)}"
        return dict.fromkeys(sides, f"{told[after, before]} {figures}.") | {which: f"{between} (difference {gap})."}


def reversed_time_placebo(
    linked: LinkedAnswers, referrals: pd.DataFrame, joined_on: pd.Series, terms: Terms
) -> Placebo:
    """Compare the answer with referrals made before it, in a window of the same length.

    Parameters
    ----------
    linked : LinkedAnswers
    referrals : pandas.DataFrame
    joined_on : pandas.Series
        By id; compared are customers of at least one window before their answer.
    terms : Terms

    Returns
    -------
    Placebo

    Notes
    -----
    A score that announces referrals goes with later ones more; one that follows from enthusiasm goes with both.
    """
    people, window = linked.people.set_index("customer_id"), pd.Timedelta(days=linked.window_days)
    since = people["responded_on"] - joined_on.reindex(people.index).to_numpy()
    whole = people[since >= window]
    made, later = referrals_of(referrals, whole["responded_on"])
    early = made.loc[(later < pd.Timedelta(0)) & (later >= -window), "referrer_id"]
    sides, score = (whole["referred"].to_numpy(bool), whole.index.isin(early)), whole["score"].to_numpy(float)
    after, before = (somers_d(referred, score, terms.level) for referred in sides)
    gap = Estimate(level=terms.level, n=len(whole), reason=after.reason or before.reason)
    if not gap.reason:
        pull, value = pull_of(sides[0], score) - pull_of(sides[1], score), after.estimate - before.estimate
        half = normal_quantile(terms.level) * float(np.sqrt(pull @ pull))
        gap = Estimate(value=value, low=value - half, high=value + half, level=terms.level, n=len(whole))
    return Placebo(
        after=after.measure("somers_d_after_the_answer", terms.level),
        before=before.measure("somers_d_before_the_answer", terms.level),
        gap=gap.measure("somers_d_after_minus_before", "ratio"),
        chances=(after.p, before.p),
        first=linked.order.p,
        shares=tuple(float(referred.mean()) if len(whole) else None for referred in sides),
        window_days=linked.window_days,
        population=f"people who answered and had been customers for {linked.window_days} days or more",
        window=f"{linked.window_days} days before and after the answer",
    )
