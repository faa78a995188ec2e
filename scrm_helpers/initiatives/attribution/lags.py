"""When does a rise in one outcome show in another? Lags within units, of any smooth shape, beside an even fading."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import Panel, read_panel, with_past
from scrm_helpers.initiatives.plan.streams import geometric

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def lag_polynomials(lags: int, degree: int) -> np.ndarray:
    """Return an orthonormal basis of the polynomials up to `degree` over the lags 0 to `lags`.

    >>> lag_polynomials(2, 0).round(3).ravel().tolist()
    [-0.577, -0.577, -0.577]
    """
    return np.linalg.qr(np.vander(np.linspace(-1, 1, lags + 1), degree + 1, increasing=True))[0]


LEAST_UNITS, LEAST_PERIODS = 10, 4
"""Fewest units, and fewest periods left once the lags are cut off, from which a shape is read."""


@dataclass(frozen=True, kw_only=True)
class LagShape(Result):
    """Effect after 0 ... L periods with its covariance, its sum, and the even fading that fits best."""

    OFFERS: ClassVar = ("figure", "table")

    lag_effects: np.ndarray
    covariance: np.ndarray
    long_run: float | None
    carry: float
    fading: np.ndarray
    labels: tuple[str, str] = ("", "")

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the effect at each lag with its 95 % range, and the even fading as a dashed line."""
        ax = style.axes_for(ax, height=2.9)
        lags = np.arange(len(self.lag_effects))
        reach = 1.96 * np.sqrt(np.diag(self.covariance))
        ax.vlines(lags, self.lag_effects - reach, self.lag_effects + reach, color=style.INK, linewidth=1.4)
        ax.plot(lags, self.fading, color=style.GREY, linewidth=1.5, linestyle="--", label="if it faded evenly")
        ax.plot(lags, self.lag_effects, "D", color=style.BLUE, markersize=7, label="any shape, with 95% range")
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.set_xticks(lags)
        ax.set_xlabel("Periods later")
        driver, outcome = self.labels
        ax.set_ylabel(f"{outcome[:1].upper() + outcome[1:]} per unit\nof {driver}")
        ax.legend(loc="upper right")
        return ax


def lag_shape(panel: pd.DataFrame | None, driver: str, outcome: str, *, lags: int = 4) -> LagShape:
    """Estimate how one outcome follows another over the periods after it, within units.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    driver, outcome : str
        Outcomes of the panel: what moves first, and what may follow.
    lags : int
        Last lag, in periods of the panel.

    Returns
    -------
    LagShape
        With the reason in its sentence where the panel is too small or too short.

    Notes
    -----
    ``y[u,t] = unit + period + sum over i = 0..lags of beta[i] x[u,t-i]`` with the betas on a polynomial in i (Almon
    1965) whose degree the Schwarz criterion picks; errors clustered by unit. Beside it the geometric form
    ``beta[i] = b carry**i`` by least squares: no lagged outcome stands on the right, so a short panel does not bias
    it. What moves both within a unit (a roll-out, a price) would look like a lag too: the two go
    together, which is no proof that one causes the other.

    Examples
    --------
    >>> lag_shape(None, "trust", "margin").sentence[:60]
    'When trust shows in margin cannot be said: it takes both out'
    """
    laid = _laid(panel, driver, outcome, lags)
    if isinstance(laid, str):
        return _absent(driver, outcome, laid)
    past, now, unit, base = laid
    degree, q, spread = _degree(past, now, lags)
    effects, left = spread @ (q.T @ now), now - q @ (q.T @ now)
    scores = np.zeros((int(unit.max()) + 1, q.shape[1]))
    np.add.at(scores, unit, q * left[:, None])
    covariance = spread @ (scores.T @ scores) @ spread.T * len(scores) / (len(scores) - 1)
    carry, fading = _even(past, now, lags)
    total, error = float(effects.sum()), float(np.sqrt(covariance.sum()))
    low, high = total - 1.96 * error, total + 1.96 * error
    peak = int(np.abs(effects).argmax())
    title, text = _reading(driver, outcome, effects, (total, low, high), float(fading[0] / fading.sum()))
    reach = 1.96 * np.sqrt(np.diag(covariance))
    return LagShape(
        sentence=text,
        table=pd.DataFrame(
            {
                "Periods later": [*map(str, range(lags + 1)), "all"],
                "Effect": [*effects, total],
                "95% range low": [*(effects - reach), low],
                "95% range high": [*(effects + reach), high],
                "If it faded evenly": [*fading, fading.sum()],
            }
        ),
        formats=dict.fromkeys(["Effect", "95% range low", "95% range high", "If it faded evenly"], "decimal3"),
        title=title,
        caption=f"When {driver} shows in {outcome}",
        note=(
            f"n = {base}; within units, common movements of a period taken out; polynomial of degree {degree} over "
            f"lags 0 to {lags}; errors by unit; even fading leaves {numbers.percent(carry)} from period to "
            f"period. What moves both looks like a lag too."
        ),
        alt=(
            f"Effect of {driver} on {outcome} after 0 to {lags} periods with 95% lines: largest after {peak} "
            f"({numbers.decimal(effects[peak])}); a dashed line falls evenly from {numbers.decimal(fading[0])}."
        ),
        measures=(
            Measure(name="lagged_effect", value=total, unit="ratio", n=len(scores), low=low, high=high),
            Measure(name="lagged_effect_even_fading", value=float(fading.sum()), unit="ratio", n=len(scores)),
        ),
        lag_effects=effects,
        covariance=covariance,
        long_run=total,
        carry=carry,
        fading=fading,
        labels=(driver, outcome),
    )


def _laid(
    panel: pd.DataFrame | None, driver: str, outcome: str, lags: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, str] | str:
    """Past values by lag, present outcome and unit of each row, free of units and periods; or why not."""
    known = set() if panel is None else set(panel["outcome"].dropna().astype(str))
    if panel is None or not {driver, outcome} <= known:
        gone = " and ".join(sorted({driver, outcome} - known))
        return f"it takes both outcomes in the table initiative_panel, and {gone} is not there."
    x, y = (_frame(read_panel(panel, name)) for name in (driver, outcome))
    units, periods = x.index.intersection(y.index), x.columns.intersection(y.columns)
    picked = with_past(periods.to_numpy(), lags)
    seen = len(picked)
    if len(units) < LEAST_UNITS or seen < LEAST_PERIODS:
        return (
            f"{lags} lags take {LEAST_UNITS} units or more over {lags + LEAST_PERIODS} periods; there are "
            f"{len(units)} over {len(periods)}. Shorter records cannot tell a late effect from chance."
        )
    before, after = x.loc[units, periods].to_numpy(), y.loc[units, periods].to_numpy()
    columns = [_free(before[:, picked[:, i]]).ravel() for i in range(lags + 1)]
    past, now = np.column_stack(columns), _free(after[:, picked[:, 0]]).ravel()
    if np.linalg.matrix_rank(past) <= lags or not now.any():
        return f"{driver} or {outcome} hardly varies within units, so its lags cannot be told apart."
    return past, now, np.repeat(np.arange(len(units)), seen), f"{len(units)} units over {seen} periods"


def _frame(panel: Panel) -> pd.DataFrame:
    return pd.DataFrame(panel.values, index=list(panel.units), columns=panel.places)


def _free(grid: np.ndarray) -> np.ndarray:
    """Take the means of units and of periods out."""
    return grid - grid.mean(axis=1, keepdims=True) - grid.mean(axis=0) + grid.mean()


def _degree(past: np.ndarray, now: np.ndarray, lags: int) -> tuple[int, np.ndarray, np.ndarray]:
    """Degree by the Schwarz criterion, with the orthonormal design and the way back to the lags."""
    fits = []
    for degree in range(lags + 1):
        basis = lag_polynomials(lags, degree)
        q, r = np.linalg.qr(past @ basis)
        rest = now - q @ (q.T @ now)
        worth = len(now) * math.log(max(float(rest @ rest), 1e-300)) + (degree + 1) * math.log(len(now))
        fits.append((worth, degree, q, basis @ np.linalg.inv(r)))
    return min(fits, key=lambda fit: fit[:2])[1:]


def _even(past: np.ndarray, now: np.ndarray, lags: int) -> tuple[float, np.ndarray]:
    """Best even fading: the share carried over and the effect at each lag."""
    shares = np.arange(100) / 100
    kernels = np.column_stack([geometric(float(share), lags + 1) for share in shares])
    mixed = past @ kernels
    slopes = (mixed.T @ now) / (mixed**2).sum(axis=0)
    rest = ((now[:, None] - mixed * slopes) ** 2).sum(axis=0)
    best = int(rest.argmin())
    return float(shares[best]), slopes[best] * kernels[:, best]


def _reading(
    driver: str, outcome: str, effects: np.ndarray, total: tuple[float, float, float], at_once: float
) -> tuple[str, str]:
    value, low, high = total
    digits = int(np.clip(1 - np.floor(np.log10(high - low)), 0, 6)) if high > low else 2
    write = lambda number: numbers.decimal(number, digits) if digits < 6 else f"{number:.2g}"  # noqa: E731 - one writer
    ends, within = numbers.interval(low, high, write), numbers.plural(len(effects) - 1, "period")
    if low <= 0 <= high:
        text = (
            f"Within units no lasting link from {driver} to {outcome} can be shown: {write(value)} in all within "
            f"{within}, 95% range {ends}."
        )
        return f"No link from {driver} to later {outcome} can be shown", text
    peak = int(np.abs(effects).argmax())
    when = "in the same period" if peak == 0 else f"{numbers.plural(peak, 'period')} later"
    if abs(effects[peak]) < np.abs(effects).sum() / 2:
        when = "over several periods"
    text = (
        f"One unit more {driver} goes with {write(value)} more {outcome} in all within {within} (95% range {ends}), "
        f"most of it {when}; a rule of even fading would book {numbers.percent(at_once)} of it at once."
    )
    return f"{driver[:1].upper() + driver[1:]} shows in {outcome} {when}", text


def _absent(driver: str, outcome: str, reason: str) -> LagShape:
    names = ("lagged_effect", "lagged_effect_even_fading")
    return LagShape(
        sentence=f"When {driver} shows in {outcome} cannot be said: {reason}",
        table=pd.DataFrame(),
        measures=tuple(Measure(name=name, value=None, unit="ratio", reason=reason) for name in names),
        drawable=False,
        lag_effects=np.array([]),
        covariance=np.empty((0, 0)),
        long_run=None,
        carry=math.nan,
        fading=np.array([]),
    )
