"""Few treated units: a weighted mix of the others stands in for them, or their mean is carried forward as one series.

Own weights, although diff-diff has the method: they lie at the optimum, where its synthetic difference in differences
stops before it (effects up to 0.003 apart where the effect is 2.5), and are found in a fraction of its time. Own
forecast of the one series, although statsmodels has the local level (a test holds both side by side): it needs no state
space, three rounds at each placebo start are 3 to 40 times as fast, and a control that stood still at first is no
warning on the page.
"""

import numpy as np

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.panel import Panel, Rung, need
from scrm_helpers.initiatives.plan.streams import EffectPath
from scrm_helpers.tables.values.periods import COUNT

STAND_IN = "synthetic difference in differences"
LEAST_BEFORE = 8  # periods before the start from which one series is carried forward
# Periods before the start from which a single series may carry grade C.
ENOUGH = {"year": 20, "half-year": 20, "quarter": 20, "month": 36, "week": 52, "day": 60, COUNT: 60}
LEVEL_SD = 0.01  # of the level's step beforehand, in standard deviations of the series: as in R CausalImpact


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


def synthetic_gap(values: np.ndarray, treated: np.ndarray, start: int) -> float:
    """Mean effect after `start` by synthetic difference in differences: the others and the periods are weighted."""
    own, others = values[treated].mean(axis=0), values[~treated]
    after = values.shape[1] - start
    noise = np.diff(others[:, :start], axis=1).std(ddof=1) if start > 2 else 0.0
    spread = (int(treated.sum()) * after) ** 0.25 * noise
    weights = simplex_weights(own[:start], others[:, :start].T, spread**2 * start, intercept=True)
    level = others[:, start:].mean(axis=1)
    times = simplex_weights(level, others[:, :start], (1e-6 * noise) ** 2 * len(others), intercept=True)
    gap = own - weights @ others
    return float(gap[start:].mean() - times @ gap[:start])


def synthetic_effect(panel: Panel) -> Rung:
    """Estimate the effect on few treated units that start together; placebo runs on the others judge it."""
    need(panel, 1, 5, STAND_IN)
    start = int(panel.first[panel.treated].min())
    if len(set(panel.begun[panel.treated].tolist())) > 1 or start < 3:
        raise Refusal(
            f"The {STAND_IN} of {panel.outcome} needs one common start with at least three periods before it. Use the "
            "staggered comparison, or add earlier periods."
        )
    effect = synthetic_gap(panel.values, panel.treated, start)
    others = panel.values[~panel.treated]
    placebo = np.array([synthetic_gap(others, np.arange(len(others)) == one, start) for one in range(len(others))])
    chance = (1 + int((np.abs(placebo) >= abs(effect)).sum())) / (1 + len(placebo))
    spread = float(placebo.std(ddof=1))
    return Rung(
        design="Stand-in",
        grade="B-",
        effect=effect,
        low=effect - 1.96 * spread,
        high=effect + 1.96 * spread,
        path=EffectPath(np.array([effect]), np.array([[spread**2]]), "B-"),
        p_value=chance,
        test="placebo in space",
    )


def level_forecast(
    target: np.ndarray, controls: np.ndarray, noise: float, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Forecast a local level with regression: generalised least squares under noise plus a random walk."""
    start = len(target)
    index = np.arange(1, start + 1, dtype=float)
    covariance = noise * np.eye(start) + step * np.minimum.outer(index, index)
    design = np.column_stack([np.ones(len(controls)), controls])
    root = np.linalg.cholesky(covariance)
    x, y = np.linalg.solve(root, design[:start]), np.linalg.solve(root, target)
    beta = np.linalg.lstsq(x, y, rcond=None)[0]
    level = step * index @ np.linalg.solve(covariance, target - design[:start] @ beta)
    return design[start:] @ beta + level, y - x @ beta


def counterfactual(outcome: np.ndarray, controls: np.ndarray, start: int) -> np.ndarray:
    """Predict the series after `start` from what went before; the noise follows from what the fit leaves."""
    centre, spread = outcome[:start].mean(), outcome[:start].std(ddof=1) or 1.0
    scale = controls[:start].std(axis=0, ddof=1)
    scaled = (controls - controls[:start].mean(axis=0)) / np.where(scale > 0, scale, 1.0)
    target = (outcome[:start] - centre) / spread
    noise, free = 1.0, max(start - controls.shape[1] - 1, 1)
    for _ in range(3):
        _, left = level_forecast(target, scaled, noise, LEVEL_SD**2)
        noise = max(noise * float(left @ left) / free, 1e-9)
    return centre + spread * level_forecast(target, scaled, noise, LEVEL_SD**2)[0]


def interrupted_series(values: np.ndarray, others: np.ndarray, start: int, unit: str) -> Rung:
    """Estimate the average effect after the start of one series; placebo starts in the past set its range."""
    from scipy.stats import t as student

    effect = float((values[start:] - counterfactual(values, others, start)).mean())
    after = len(values) - start
    placebo = _placebo(values[:start], others[:start], after)
    sd = _spread(values[:start], others[:start], after, placebo)
    reach = float(student.ppf(0.975, max(start - others.shape[1] - 4, 3))) * sd
    carried = others.shape[1] and start >= ENOUGH[unit] and len(placebo) > 2
    return Rung(
        design="One series",
        grade="C" if carried else "D",
        effect=effect,
        low=effect - reach,
        high=effect + reach,
        path=EffectPath(np.array([effect]), np.array([[sd**2]]), "C") if carried else None,
        remark=f"{numbers.plural(len(placebo), 'placebo start')} in the past set the range",
    )


def _spread(values: np.ndarray, others: np.ndarray, after: int, placebo: np.ndarray) -> float:
    """Error of the mean effect: placebo starts joined with autocorrelated noise."""
    half = len(values) // 2
    left = np.concatenate(
        [
            values[half:] - counterfactual(values, others, half),
            values[:half] - counterfactual(values[::-1], others[::-1], len(values) - half)[::-1],
        ]
    )
    count = len(left)
    rho = float(np.corrcoef(left[1:], left[:-1])[0, 1])
    rho = float(np.clip(rho + (1 + 3 * rho) / count, 0.0, 0.9))
    noise = float(np.sqrt((left**2).mean()))
    model = noise * np.sqrt((1 + rho) / (1 - rho) * (1 / after + 1 / len(values)))
    return float(np.hypot(model, np.sqrt((placebo**2).mean()))) if len(placebo) else model


def _placebo(values: np.ndarray, others: np.ndarray, after: int) -> np.ndarray:
    """Mean effects at earlier starts, each over as many periods as really follow where the past allows."""
    first = max(LEAST_BEFORE, len(values) // 2)
    length = min(after, max(len(values) // 4, 1))
    last = len(values) - length
    starts = np.unique(np.linspace(first, last, min(12, max(last - first + 1, 0))).astype(int)) if last >= first else ()
    ends = [(start, start + length) for start in starts]
    return np.array([(values[s:e] - counterfactual(values[:e], others[:e], s)).mean() for s, e in ends])
