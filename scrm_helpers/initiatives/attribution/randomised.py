"""A lottery decided who was treated: the difference, adjusted for the start, with a randomisation test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure, measure_name
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import Panel, between, effect_measure, effect_writer, need
from scrm_helpers.initiatives.plan.streams import EffectPath, path_of

POWER_FACTOR = 2.8
"""1.96 + 0.84: eighty per cent power at five per cent."""


def smallest_effect(se: float) -> float:
    """Smallest effect that shows in four of five trials: ``2.8 SE``.

    >>> smallest_effect(1.0)
    2.8
    """
    return POWER_FACTOR * se


@dataclass(frozen=True, kw_only=True)
class Power(Result):
    """Smallest effect that the design of a panel can show."""

    smallest: float | None
    sigma: float
    rho: float


def panel_power(panel: Panel) -> Power:
    """Compute, from the periods before treatment alone, the smallest effect that this panel can show."""
    treated, others = int(panel.treated.sum()), int((~panel.treated).sum())
    before = int(panel.first[panel.treated].min()) if treated else len(panel.periods)
    after = len(panel.periods) - before
    usual = float(np.median(panel.values))
    if min(treated, others) < 2 or before < 2 or after < 1:
        reason = "there are fewer than two periods before treatment, or fewer than two units on one side"
        return Power(
            sentence=f"What {panel.outcome} could show cannot be computed because {reason}.",
            table=pd.DataFrame({"Figure": [], "Value": []}),
            note=f"n = {panel.base}.",
            measures=(Measure(name=_name(panel), value=None, unit="outcome", reason=reason),),
            smallest=None,
            sigma=math.nan,
            rho=math.nan,
        )
    early = panel.values[:, :before]
    sigma = float(early.std(axis=0, ddof=1).mean())
    rho = float(np.corrcoef(early.T)[np.triu_indices(before, 1)].mean())
    per_arm = 2 / (1 / treated + 1 / others)
    smallest = smallest_effect(math.sqrt(2 * sigma**2 / per_arm * (1 - rho) * (1 / before + 1 / after)))
    write = effect_writer(panel, smallest / POWER_FACTOR)
    share = f" ({numbers.percent(smallest / abs(usual), 1)} of the usual level)" if usual else ""
    rows = {
        "Smallest effect that shows": write(smallest),
        "Usual level": numbers.decimal(usual, 3),
        "Spread between units": numbers.decimal(sigma, 3),
        "Correlation between periods": numbers.decimal(rho, 2),
    }
    return Power(
        sentence=(
            f"{panel.outcome[:1].upper() + panel.outcome[1:]}: this roll-out can show an effect of "
            f"{write(smallest).lstrip('+')}{share} in four of five trials; a smaller one may well be there and not "
            "show."
        ),
        table=pd.DataFrame({"Figure": list(rows), "Value": list(rows.values())}),
        caption=f"What the roll-out can show: {panel.outcome}",
        note=f"n = {panel.base}; from the {before} periods before treatment; 80% power at 5%.",
        measures=(Measure(name=_name(panel), value=smallest, unit="outcome", n=len(panel.units)),),
        smallest=smallest,
        sigma=sigma,
        rho=rho,
    )


def _name(panel: Panel) -> str:
    return measure_name("smallest_effect", panel.outcome)


@dataclass(frozen=True, kw_only=True)
class RandomisedEffect(Result):
    """Effect in a randomised trial; `difference` is unadjusted, `att` adjusted for the periods before."""

    att: float
    se: float
    low: float
    high: float
    difference: float
    p_value: float
    grade: str
    path: EffectPath
    outcome: str


def randomised_effect(panel: Panel, *, level: float = 0.95, draws: int = 4999, seed: int = 0) -> RandomisedEffect:
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
    since = panel.places[start:] - panel.begun[panel.treated][0]
    before, after = panel.values[:, :start].mean(axis=1), panel.values[:, start:].mean(axis=1)
    treated = panel.treated.astype(float)
    att, se, freedom = _adjusted(after, before, treated)
    reach = float(student.ppf((1 + level) / 2, freedom)) * se
    rng = np.random.default_rng(seed)
    centred = before - before.mean()
    rest = after - centred * (centred @ (after - after.mean())) / (centred @ centred)
    observed = abs(_difference(rest, panel.treated))
    reached = sum(abs(_difference(rest, rng.permutation(panel.treated))) >= observed - 1e-12 for _ in range(draws))
    chance = (1 + reached) / (1 + draws)
    low, high = att - reach, att + reach
    shown = chance < 1 - level
    plain = _difference(after, panel.treated)
    write = effect_writer(panel, se)
    each = np.array([_adjusted(panel.values[:, t], before, treated)[0] for t in range(start, len(panel.periods))])
    return RandomisedEffect(
        sentence=(
            f"The lottery shows an effect of {write(att)} on {panel.outcome} ({numbers.percent(level, 0)} range "
            f"{between(low, high, write)}; randomisation p = {numbers.decimal(chance, 4)}; grade A)."
            if shown
            else f"No effect on {panel.outcome} can be shown: {write(att)}, {numbers.percent(level, 0)} range "
            f"{between(low, high, write)}; randomisation p = {numbers.decimal(chance, 4)} (grade A)."
        ),
        table=pd.DataFrame(
            {
                "Estimate": ["Plain difference after the start", "Adjusted for the periods before"],
                "Effect": [plain, att],
                "95% range low": [np.nan, low],
                "95% range high": [np.nan, high],
            }
        ),
        formats=dict.fromkeys(["Effect", "95% range low", "95% range high"], "decimal4"),
        caption=f"Randomised trial: {panel.outcome}",
        note=f"n = {panel.base}; {numbers.count(draws)} reassignments.",
        measures=(effect_measure("trial", panel, att, low, high, level),),
        att=att,
        se=se,
        low=low,
        high=high,
        difference=plain,
        p_value=chance,
        grade="A",
        path=path_of(since, each, np.full((len(each), len(each)), se**2), "A"),
        outcome=panel.outcome,
    )


def _difference(values: np.ndarray, treated: np.ndarray) -> float:
    return float(values[treated].mean() - values[~treated].mean())


def _adjusted(after: np.ndarray, before: np.ndarray, treated: np.ndarray) -> tuple[float, float, int]:
    """Coefficient of treatment, its HC2 error and the degrees of freedom."""
    centred = before - before.mean()
    design = np.column_stack([np.ones(len(after)), treated, centred, treated * centred])
    inverse = np.linalg.pinv(design.T @ design)
    rest = after - design @ (inverse @ design.T @ after)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    scaled = design * (rest / np.sqrt(np.clip(1 - leverage, 1e-9, None)))[:, None]
    covariance = inverse @ (scaled.T @ scaled) @ inverse
    return float((inverse @ design.T @ after)[1]), float(np.sqrt(covariance[1, 1])), max(len(after) - 4, 1)
