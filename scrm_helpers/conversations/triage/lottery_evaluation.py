"""What a reply lottery found: do authors whose thread the lot had answered buy more, or are fewer unhappy again?"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import Chance, Claim
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.terms import Terms
from scrm_helpers.conversations.triage.logged_units import BOUGHT, follow_units
from scrm_helpers.conversations.triage.policies import POLICIES, first_answered
from scrm_helpers.conversations.triage.value_at_stake import Answering
from scrm_helpers.stats.intervals import normal_quantile

FEWEST = 20  # authors in each arm, below which nothing is estimated
EFFECT, UPLIFT, CHANGES = "reply_effect", "reply_uplift", "answering_changes_what_authors_do"


@dataclass(frozen=True, kw_only=True)
class RepliesEvaluated(Answer):
    """Effect of being drawn to be answered, whether the answer was given or not, on what authors did afterwards."""

    ABSENT = "What answering does is not known: {reason}."

    effect: Measure = unknown(EFFECT, "share")  # doubly robust
    weighted: Measure = unknown("reply_effect_ipw", "share")  # inverse propensity
    uplift: Measure = unknown(UPLIFT, "ratio")  # relative to those who waited
    answered: tuple[float, float] = (0.0, 0.0)  # share of authors answered, where the lot said answer, and wait
    people: tuple[int, int] = (0, 0)
    policies: pd.DataFrame = field(default_factory=pd.DataFrame)
    p_value: float | None = None
    outcome: str = BOUGHT
    days: int = 60

    def claimed(self) -> tuple[Claim, ...]:
        tested = f"share of authors who {self.did}, threads answered by lot beside threads that waited"
        same = Chance(0.0, "the same share in both, as the lot alone decided")
        more: dict[str, Any] = {"grade": "randomised", "numbers": (self.weighted.name,)}
        return (Claim(name=CHANGES, tested=tested, estimate=self.effect, chance=same, p=self.p_value, **more),)

    @property
    def did(self) -> str:
        """The outcome in words."""
        return f"{'bought' if self.outcome == BOUGHT else 'were unhappy again'} within {self.days} days"

    def words(self) -> Words:
        write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
        size = f"{write(self.effect.value or 0.0)} percentage points (95% range {numbers.span(self.effect, write)})"
        shown = self.tested(CHANGES).direction
        kept = [numbers.percent(share) for share in self.answered]
        more = "More" if shown > 0 else "Fewer"
        return Words(
            sentence=(
                f"{more} authors {self.did} where the lot had their thread answered: {size}."
                if shown
                else f"No effect of answering on the share of authors who {self.did} can be shown: {size}."
            )
            + f" Of the authors to be answered {kept[0]} were, of those to wait {kept[1]}.",
            table=self.policies,
            formats=dict.fromkeys(self.policies.columns[1:], "percent"),
            caption=f"Share of authors who {self.did}, had each policy answered the half that it puts first",
            note=(
                f"{numbers.plural(self.people[0], 'author')} to be answered, {numbers.count(self.people[1])} to wait, "
                "counted by what the lot said, each at the first draw; errors by thread. Effect: doubly robust; "
                "policies: inverse propensity, by what was known on the day, value by the year's orders before it."
            ),
        )

    def after(self, how: Answering) -> Answering:
        """Put the effect that was found, if it is one on buying, in the place of the one that was stated."""
        if self.uplift.value is None or self.outcome != BOUGHT:
            return how
        low, high = self.uplift.ends
        low *= self.days / 365 if low > 0 else 1.0  # at least as if it had ended with the days that were seen
        return replace(how, measured=(low, self.uplift.value, high))


def evaluate_reply_lottery(
    lotteries: pd.DataFrame,
    interactions: pd.DataFrame,
    transactions: pd.DataFrame,
    terms: Terms,
    outcome: str = BOUGHT,
    days: int = 60,
) -> RepliesEvaluated:
    """Estimate what answering did, by what the lot said and not by who was answered.

    Doubly robust (Robins, Rotnitzky and Zhao 1994): mean of m1 - m0 + A(Y - m1)/p - (1 - A)(Y - m0)/(1 - p), with m
    linear in the outcome before the draw, tone and request.
    """
    units = follow_units(lotteries, interactions, transactions, terms.as_of, outcome, days)
    arm = units["arm"].to_numpy(bool)
    sizes = int(arm.sum()), int((~arm).sum())
    reason = f"fewer than {FEWEST} authors of an arm can be followed for {days} days" if min(sizes) < FEWEST else ""
    if reason or not 0 < units["outcome"].mean() < 1:
        return RepliesEvaluated(reason=reason or "all authors did the same", outcome=outcome, days=days)
    p, y = units["p"].to_numpy(float), units["outcome"].to_numpy(float)
    chance = np.where(arm, p, 1 - p)
    one, none = (_predicted(units, chosen) for chosen in (arm, ~arm))
    score = one - none + np.where(arm, (y - one) / p, -(y - none) / (1 - p))
    alone, arms = np.ones((len(y), 1)), np.column_stack([arm, ~arm]).astype(float)
    _, effect, p_value = _fitted(units, score, alone, np.ones(len(y)), terms.level)
    _, weighted, _ = _fitted(units, y, np.column_stack([arm, alone]).astype(float), 1 / chance, terms.level)
    kept, rows = units.groupby("arm")["answered"].mean(), []
    for name in ("Answer all", "Answer none", *POLICIES):
        wanted = np.full(len(y), name == "Answer all")
        if name in POLICIES:
            wanted[first_answered(units, name)[: len(y) // 2]] = True
        share = _fitted(units, y, alone, (wanted == arm) / chance, terms.level)[1]
        rows.append((name, share.value, max(share.ends[0], 0.0), min(share.ends[1], 1.0)))
    return RepliesEvaluated(
        population=f"{'customers' if outcome == BOUGHT else 'people'} who wrote in threads that were drawn",
        window=f"{days} days after each draw, to {terms.as_of:%Y-%m-%d}",
        effect=effect,
        weighted=replace(weighted, name="reply_effect_ipw"),
        uplift=_relative(_fitted(units, y, arms, 1 / chance, terms.level)[0], terms.level),
        answered=(float(kept[True]), float(kept[False])),
        people=sizes,
        policies=pd.DataFrame(rows, columns=["Policy", "Share", "From", "To"]),
        p_value=p_value,
        outcome=outcome,
        days=days,
    )


def _predicted(units: pd.DataFrame, chosen: NDArray) -> NDArray:
    """What the outcome would be in an arm, linear in what was known before, fitted in that arm."""
    own = units[["before", "sentiment", "asks"]].to_numpy(float)
    design = np.column_stack([np.ones(len(own)), own])
    found = np.linalg.lstsq(design[chosen], units["outcome"].to_numpy(float)[chosen], rcond=None)[0]
    return design @ found


def _fitted(
    units: pd.DataFrame, y: NDArray, design: NDArray, weights: NDArray, level: float
) -> tuple[Any, Measure, float]:
    """Weighted regression with errors by thread: the fit, and its first coefficient with range and p-value."""
    import statsmodels.api as sm

    kinds = {"groups": pd.factorize(units["thread"])[0]}
    found = sm.WLS(y, design, weights=weights).fit(cov_type="cluster", cov_kwds=kinds, use_t=True)
    low, high = found.conf_int(1 - level)[0].tolist()
    value = float(found.params[0])
    kept: dict[str, Any] = {"unit": "share", "n": len(y), "level": level, "kind": "incremental"}
    return found, Measure(name=EFFECT, value=value, low=low, high=high, **kept), float(found.pvalues[0])


def _relative(arms: Any, level: float) -> Measure:
    """Relative effect from the means of both arms, its range on the scale of logarithms."""
    if min(arms.params) <= 0:
        return unknown(UPLIFT, "ratio", "nobody did so in one of the arms")
    slope = np.array([1, -1]) / arms.params
    error, ratio = float(np.sqrt(slope @ arms.cov_params() @ slope)), float(arms.params[0] / arms.params[1])
    return Measure(
        name=UPLIFT,
        value=ratio - 1,
        low=ratio * np.exp(-normal_quantile(level) * error) - 1,
        high=ratio * np.exp(normal_quantile(level) * error) - 1,
        unit="ratio",
        n=int(arms.nobs),
        kind="incremental",
    )
