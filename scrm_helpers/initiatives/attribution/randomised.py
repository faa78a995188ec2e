"""A lottery decided who was treated: the difference, adjusted for the start, with a randomisation test; and its power.

Own least squares with HC2 errors, although statsmodels has them: of two treated units the fit leaves nothing, which the
library divides by nothing, and it warns on the page where all started alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import Panel, Rung, effect_writer, need
from scrm_helpers.initiatives.plan.streams import path_of

POWER_FACTOR = 2.8  # 1.96 + 0.84 standard errors: eighty per cent power at five per cent


@dataclass(frozen=True)
class Power:
    """Smallest effect that shows in four of five trials; None where the panel cannot tell."""

    panel: Panel
    smallest: float | None

    @property
    def sentence(self) -> str:
        """What this roll-out could show at all."""
        outcome = self.panel.outcome
        if self.smallest is None:
            return (
                f"What {outcome} could show cannot be computed because there are fewer than two periods before "
                "treatment, or fewer than two units on one side."
            )
        usual = float(np.median(self.panel.values))
        share = f" ({numbers.percent(self.smallest / abs(usual), 1)} of the usual level)" if usual else ""
        smallest = effect_writer(self.panel.shares, self.smallest / POWER_FACTOR)(self.smallest).lstrip("+")
        return (
            f"{outcome[:1].upper() + outcome[1:]}: this roll-out can show an effect of {smallest}{share} in four of "
            "five trials; a smaller one may well be there and not show."
        )


def panel_power(panel: Panel) -> Power:
    """Compute, from the periods before treatment alone, the smallest effect that this panel can show."""
    treated, others = int(panel.treated.sum()), int((~panel.treated).sum())
    before = int(panel.first[panel.treated].min()) if treated else len(panel.periods)
    after = len(panel.periods) - before
    if min(treated, others) < 2 or before < 2 or after < 1:
        return Power(panel, None)
    early = panel.values[:, :before]
    spread = float(early.std(axis=0, ddof=1).mean())
    alike = float(np.corrcoef(early.T)[np.triu_indices(before, 1)].mean())  # of the same units in two periods
    per_arm = 2 / (1 / treated + 1 / others)
    variance = 2 * spread**2 / per_arm * (1 - alike) * (1 / before + 1 / after)
    return Power(panel, POWER_FACTOR * math.sqrt(variance))


def randomised_effect(panel: Panel, *, draws: int = 4999, seed: int = 0) -> Rung:
    """Estimate the effect of a randomised roll-out."""
    from scipy.stats import t as student

    if not panel.randomised:
        raise Refusal(
            f"The outcome {panel.outcome} is not marked as randomised, so the grade A of a trial cannot be claimed. "
            "Set randomised to true where a lottery decided, or use the staggered comparison."
        )
    need(panel, 2, 2, "trial")
    starts = np.unique(panel.begun[panel.treated])
    if len(starts) > 1:
        raise Refusal(
            f"The trial of {panel.outcome} starts in {len(starts)} different periods. Use the staggered comparison."
        )
    start = int(panel.first[panel.treated][0])
    before, after = panel.values[:, :start].mean(axis=1), panel.values[:, start:].mean(axis=1)
    effect, se = _adjusted(after, before, panel.treated)
    reach = float(student.ppf(0.975, max(len(after) - 4, 1))) * se
    centred = before - before.mean()
    rest = after - centred * (centred @ (after - after.mean())) / (centred @ centred)
    rng = np.random.default_rng(seed)
    observed = abs(_difference(rest, panel.treated))
    reached = sum(abs(_difference(rest, rng.permutation(panel.treated))) >= observed - 1e-12 for _ in range(draws))
    chance = (1 + reached) / (1 + draws)
    each = np.array([_adjusted(values, before, panel.treated)[0] for values in panel.values[:, start:].T])
    return Rung(
        design="Lottery",
        grade="A",
        effect=effect,
        low=effect - reach,
        high=effect + reach,
        path=path_of(panel.places[start:] - starts[0], each, np.full((len(each), len(each)), se**2), "A"),
        p_value=chance,
        test="randomisation",
    )


def _difference(values: np.ndarray, treated: np.ndarray) -> float:
    return float(values[treated].mean() - values[~treated].mean())


def _adjusted(after: np.ndarray, before: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    """Coefficient of treatment and its HC2 error."""
    centred = before - before.mean()
    design = np.column_stack([np.ones(len(after)), treated, centred, treated * centred])
    inverse = np.linalg.pinv(design.T @ design)
    beta = inverse @ design.T @ after
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * ((after - design @ beta) / np.sqrt(np.clip(1 - leverage, 1e-9, None)))[:, None]
    return float(beta[1]), float(np.sqrt((inverse @ (scaled.T @ scaled) @ inverse)[1, 1]))
