"""Few treated units that start together: a weighted mix of the others stands in for them, and placebo runs judge it.

Own weights, although diff-diff has the method: they lie at the optimum, where its synthetic difference in differences
stops before it (effects up to 0.003 apart where the effect is 2.5), and are found in a fraction of its time.
"""

import math

import numpy as np

from scrm_helpers.answers import Refusal, numbers
from scrm_helpers.initiatives.attribution.panel import Panel
from scrm_helpers.initiatives.attribution.rung import LEVEL, Estimate, Rung, need, written_p
from scrm_helpers.initiatives.plan.streams import EffectPath

STAND_IN = "synthetic difference in differences"
PLACEBOS = 99  # runs, where more than one unit was treated


def simplex_weights(
    target: np.ndarray, donors: np.ndarray, ridge: float = 0.0, *, intercept: bool = False
) -> np.ndarray:
    """Find weights >= 0 that sum to one and bring a mix of donors closest to a target."""
    from scipy.optimize import nnls

    if intercept:
        target, donors = target - target.mean(), donors - donors.mean(axis=0)
    scale = float(np.abs(donors).max()) or 1.0
    heavy = 1e4 * scale * np.sqrt(len(target))
    rows = np.vstack([donors, np.sqrt(ridge) * np.eye(donors.shape[1]), np.full((1, donors.shape[1]), heavy)])
    goal = np.concatenate([target, np.zeros(donors.shape[1]), [heavy]])
    found, _ = nnls(rows, goal, maxiter=50 * donors.shape[1])
    return found / found.sum()


def synthetic_gap(values: np.ndarray, treated: np.ndarray, start: int) -> tuple[float, float]:
    """Mean effect after `start` by synthetic difference in differences; beside it the gap to all others less its line.

    The weights follow a drift as far as the noise of the others can, so the line is that of the plain gap.
    """
    own, others = values[treated].mean(axis=0), values[~treated]
    after = values.shape[1] - start
    noise = np.diff(others[:, :start], axis=1).std(ddof=1) if start > 2 else 0.0
    spread = (int(treated.sum()) * after) ** 0.25 * noise
    weights = simplex_weights(own[:start], others[:, :start].T, spread**2 * start, intercept=True)
    level = others[:, start:].mean(axis=1)
    times = simplex_weights(level, others[:, :start], (1e-6 * noise) ** 2 * len(others), intercept=True)
    gap, plain, place = own - weights @ others, own - others.mean(axis=0), np.arange(values.shape[1])
    line = np.polyval(np.polyfit(place[:start], plain[:start], 1), place)
    return float(gap[start:].mean() - times @ gap[:start]), float((plain - line)[start:].mean())


def synthetic_effect(panel: Panel) -> Rung:
    """Estimate the effect on few treated units that start together; placebo runs on the others judge it."""
    need(panel, 1, 5, STAND_IN)
    start = int(panel.first[panel.treated].min())
    if len(set(panel.begun[panel.treated].tolist())) > 1 or start < 3:
        raise Refusal(
            f"The {STAND_IN} of {panel.outcome} needs one common start with at least three periods before it. Use the "
            "staggered comparison, or add earlier periods."
        )
    found = synthetic_gap(panel.values, panel.treated, start)
    others, size = panel.values[~panel.treated], int(panel.treated.sum())
    placebo = np.array([synthetic_gap(others, chosen, start) for chosen in _placebos(len(others), size)])
    chance = float((1 + (np.abs(placebo) >= np.abs(found)).sum(axis=0)).max()) / (1 + len(placebo))
    spread, wider = placebo.std(axis=0, ddof=1).tolist()
    least = 1 / (1 + len(placebo))
    (low, high), wide = (
        Estimate(value, error, len(placebo) - 1).ends for value, error in zip(found, (spread, wider), strict=True)
    )
    doubt = f"of so few units chance alone brings as much (placebo {written_p(chance)})"
    if least > LEVEL:
        doubt = (
            f"with {len(others)} comparison units the smallest possible placebo p is {numbers.decimal(least)}, so "
            "nothing can be shown with so few"
        )
    path, error = EffectPath(np.array([found[0]]), np.array([[spread**2]]), "B-"), max(spread, wider)
    return Rung("Stand-in", "B-", found[0], low, high, path, chance, "placebo in space", "", error, doubt, wide=wide)


def placebo_runs(others: int, treated: int) -> int:
    """How many placebo runs the others allow: each in turn, or as many at once as were treated."""
    return others if treated == 1 or others < 2 * treated else min(PLACEBOS, math.comb(others, treated))


def _placebos(others: int, treated: int) -> np.ndarray:
    """Which of the others are taken for treated in each placebo run."""
    if treated == 1 or others < 2 * treated:
        return np.eye(others, dtype=bool)
    rng, chosen = np.random.default_rng(0), np.arange(others) < treated
    drawn = np.unique(rng.permuted(np.tile(chosen, (20 * PLACEBOS, 1)), axis=1), axis=0)
    return rng.permutation(drawn)[:PLACEBOS]
