"""Outcomes over time: did one move between two waves, and when does a rise in one show in another?"""

import math
from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, measure_name, numbers, style, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, in_step, read_panel
from scrm_helpers.initiatives.attribution.rung import Estimate, between, effect_writer
from scrm_helpers.initiatives.plan.streams import geometric

LEAST_PERIODS = 4  # left once the lags are cut off, from which a shape is read
A_RULE = "a rule set beside the estimate, not an estimate"
_IN_A_YEAR = {"year": 1, "half-year": 2, "quarter": 4, "month": 12, "week": 52, "day": 365}


class WaveChange(Answer):
    """Change of a measure between two waves, with its interval."""

    ABSENT = "{reason}."

    effects: tuple[Measure, ...] = ()  # the change, where there are two waves
    outcome: str = ""
    shares: bool = False
    error: float = math.nan  # standard error of the change
    waves: tuple[str, str] = ("", "")
    means: tuple[float, float] = (math.nan, math.nan)

    def claimed(self) -> tuple[Claim, ...]:
        tested = f"{self.outcome} in {self.waves[1]} beside {self.waves[0]}, unit by unit"
        same = Chance(0.0, "no change")
        return tuple(Claim(name=f"{one.name}_moved", tested=tested, estimate=one, chance=same) for one in self.effects)

    def words(self) -> Words:
        (found,), (first, last) = self.effects, self.waves
        change, (low, high), write = found.value or 0.0, found.ends, effect_writer(self.shares, self.error)
        name, ends = self.outcome[:1].upper() + self.outcome[1:], between(low, high, write)
        heads = [first, last, "Change", "95% range low", "95% range high"]
        return Words(
            sentence=(
                f"{name} changed by {write(change)} from {first} to {last} (95% range {ends})."
                if self.tested(f"{found.name}_moved").verdict == "shown"
                else f"No change of {self.outcome} from {first} to {last} can be shown ({write(change)}, 95% range "
                f"{ends})."
            ),
            table=pd.DataFrame([(self.outcome, *self.means, change, low, high)], columns=["Measure", *heads]),
            formats=dict.fromkeys(heads, "decimal3"),
            caption=f"{name} between two waves",
            note=f"n = {found.n} units measured in both waves; paired t interval; the same instrument is assumed.",
        )


def latest_wave(panel: pd.DataFrame | None, outcome: str) -> WaveChange:
    """Compare the last wave of an outcome with the one a year before, or say what is missing.

    Parameters
    ----------
    panel, outcome : table ``initiative_panel`` or None, and one of its outcomes

    Returns
    -------
    WaveChange
    """
    if panel is None or outcome not in set(panel["outcome"].astype(str)):
        missing = f"no table initiative_panel with {outcome}, so the change of {outcome} cannot be shown"
        return WaveChange(reason=f"This company has {missing}")
    try:
        read = read_panel(panel, outcome)
        if len(read.units) < 2 or len(read.periods) < 2:
            raise Refusal(
                f"Two waves of {outcome} take two units or more that were measured in every period; there are "
                f"{len(read.units)} over {len(read.periods)}. Fill the gaps or leave single periods out."
            )
    except Refusal as refused:
        return WaveChange(reason=f"The change of {outcome} cannot be shown. {refused}")
    year_before = read.places[-1] - _IN_A_YEAR.get(read.granularity, 4)
    early = int(np.abs(read.places[:-1] - year_before).argmin())  # over a hole, the wave next to it
    gaps = read.values[:, -1] - read.values[:, early]
    found = Estimate(float(gaps.mean()), float(gaps.std(ddof=1) / math.sqrt(len(gaps))), len(gaps) - 1)
    (low, high), name = found.ends, measure_name("wave", outcome)
    return WaveChange(
        effects=(Measure(name=name, value=found.value, unit="outcome", n=len(gaps), low=low, high=high),),
        population=f"{numbers.plural(len(gaps), 'unit')} measured in both waves",
        window=f"{read.periods[early]} and {read.periods[-1]}",
        outcome=outcome,
        shares=read.shares,
        error=found.se,
        waves=(read.periods[early], read.periods[-1]),
        means=(float(read.values[:, early].mean()), float(read.values[:, -1].mean())),
    )


class LagShape(Answer):
    """Effect after 0 ... L periods with its covariance, its sum, and the even fading that fits best."""

    ABSENT = "{reason}."
    OFFERS = ("figure", "table")

    total: Measure = unknown("lagged_effect", "ratio")
    total_even: Measure = unknown("lagged_effect_even_fading", "ratio")
    lag_effects: np.ndarray = field(default_factory=lambda: np.empty(0))
    covariance: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    carry: float = math.nan  # what even fading leaves from period to period
    fading: np.ndarray = field(default_factory=lambda: np.empty(0))
    degree: int = 0  # of the polynomial over the lags
    labels: tuple[str, str] = ("", "")  # what moves first, and what follows

    def claimed(self) -> tuple[Claim, ...]:
        driver, outcome = self.labels
        tested = f"{outcome} after a rise in {driver}, within units" if driver else "a later link between two outcomes"
        return (Claim(name="lagged_link", tested=tested, estimate=self.total, chance=Chance(0.0, "no link")),)

    @property
    def reach(self) -> np.ndarray:
        """From each effect to the ends of its 95 % range."""
        return Estimate(0.0, 1.0, (self.total.n or 2) - 1).ends[1] * np.sqrt(np.diag(self.covariance))

    def words(self) -> Words:
        (driver, outcome), effects, fading, total = self.labels, self.lag_effects, self.fading, self.total.value
        (low, high), lags = self.total.ends, len(effects) - 1
        digits = int(np.clip(1 - np.floor(np.log10(high - low)), 0, 6)) if high > low else 2
        write = lambda value: numbers.decimal(value, digits) if digits < 6 else f"{value:.2g}"  # noqa: E731
        ends = numbers.interval(low, high, write)
        at_once = numbers.percent(float(fading[0] / fading.sum()))
        shown = self.tested("lagged_link").verdict == "shown"
        within, peak = f"within {numbers.plural(lags, 'period')}", int(np.abs(effects).argmax())
        when = f"{numbers.plural(peak, 'period')} later" if peak else "in the same period"
        if abs(effects[peak]) < np.abs(effects).sum() / 2:
            when = "over several periods"
        text = (
            f"One unit more {driver} goes with {write(total)} more {outcome} in all {within} (95% range "
            f"{ends}), most of it {when}; a rule of even fading would book {at_once} of it at once."
        )
        if not shown:
            text = f"Within units no lasting link from {driver} to {outcome} can be shown: "
            text += f"{write(total)} in all {within}, 95% range {ends}."
        return Words(
            sentence=text,
            table=pd.DataFrame(
                {
                    "Periods later": [*map(str, range(lags + 1)), "all"],
                    "Effect": [*effects, total],
                    "95% range low": [*(effects - self.reach), low],
                    "95% range high": [*(effects + self.reach), high],
                    "If it faded evenly": [*fading, fading.sum()],
                }
            ),
            formats=dict.fromkeys(["Effect", "95% range low", "95% range high", "If it faded evenly"], "decimal3"),
            title=f"{driver[:1].upper() + driver[1:]} shows in {outcome} {when}"
            if shown
            else f"No link from {driver} to later {outcome} can be shown",
            caption=f"When {driver} shows in {outcome}",
            note=f"n = {self.population}; within units, common movements of a period taken out; polynomial of degree "
            f"{self.degree} over lags 0 to {lags}; errors by unit; even fading leaves {numbers.percent(self.carry)} "
            "from period to period. What moves both looks like a lag too.",
            alt=f"Effect of {driver} on {outcome} after 0 to {lags} periods with 95% lines: largest after {peak} "
            f"({numbers.decimal(effects[peak])}); a dashed line falls evenly from {numbers.decimal(fading[0])}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.9)
        lags = np.arange(len(self.lag_effects))
        found = self.lag_effects, self.lag_effects - self.reach, self.lag_effects + self.reach
        ax.plot(lags, self.fading, color=style.GREY, linewidth=1.5, linestyle="--", label="if it faded evenly")
        style.estimates(ax, lags, found, "D", label="any shape, with 95% range")
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.set_xticks(lags)
        driver, outcome = self.labels
        ax.legend(loc="upper right")
        return style.labelled(ax, "Periods later", f"{outcome[:1].upper() + outcome[1:]} per unit\nof {driver}")


def lag_shape(panel: pd.DataFrame | None, driver: str, outcome: str, *, lags: int = 4) -> LagShape:
    """Estimate how one outcome follows another over the periods after it, within units.

    Parameters
    ----------
    panel : pandas.DataFrame or None, table ``initiative_panel``
    driver, outcome : str, outcomes of the panel: what moves first, and what may follow
    lags : int, last lag, in periods of the panel

    Returns
    -------
    LagShape

    Notes
    -----
    ``y[u,t] = unit + period + sum over i = 0..lags of beta[i] x[u,t-i]`` with the betas on a polynomial in i (Almon
    1965) whose degree the Schwarz criterion picks; errors clustered by unit. Beside it the geometric form
    ``beta[i] = b carry**i`` by least squares: no lagged outcome stands on the right, so a short panel does not bias
    it.

    Examples
    --------
    >>> lag_shape(None, "trust", "margin").sentence[:60]
    'When trust shows in margin cannot be said: it takes both out'
    """
    try:
        x, y = in_step(panel, (driver, outcome), lags, LEAST_PERIODS)
        past, now = x.reshape(-1, lags + 1), y[..., 0].ravel()
        if np.linalg.matrix_rank(past) <= lags or not now.any():
            raise Refusal(f"{driver} or {outcome} hardly varies within units, so its lags cannot be told apart.")
    except Refusal as refused:
        total, even = (unknown(one.name, "ratio", str(refused)) for one in (LagShape.total, LagShape.total_even))
        said = f"When {driver} shows in {outcome} cannot be said: {refused}"
        return LagShape(reason=said, total=total, total_even=even)
    units, unit = len(x), np.repeat(np.arange(len(x)), x.shape[1])
    periods = () if panel is None else read_panel(panel, outcome).periods
    powers = np.vander(np.linspace(-1, 1, lags + 1), increasing=True)
    bases = [np.linalg.qr(powers[:, : degree + 1])[0] for degree in range(lags + 1)]
    fits = [clustered(now, past @ basis, unit) for basis in bases]
    degree = int(np.argmin([fit.bic for fit, _ in fits]))
    (fit, covariance), basis = fits[degree], bases[degree]
    effects, covariance = basis @ fit.params, basis @ covariance @ basis.T
    carried = np.arange(100) / 100  # of even fading the share that fits best
    kernels = np.column_stack([geometric(float(share), lags + 1) for share in carried])
    mixed = past @ kernels
    slopes = (mixed.T @ now) / (mixed**2).sum(axis=0)
    best = int(((now[:, None] - mixed * slopes) ** 2).sum(axis=0).argmin())
    fading = slopes[best] * kernels[:, best]
    value = Estimate(float(effects.sum()), float(np.sqrt(covariance.sum())), units - 1)
    low, high = value.ends
    return LagShape(
        total=replace(LagShape.total, value=value.value, n=units, low=low, high=high),
        total_even=replace(LagShape.total_even, value=float(fading.sum()), n=units, no_range=A_RULE),
        lag_effects=effects,
        covariance=covariance,
        carry=float(carried[best]),
        fading=fading,
        degree=degree,
        labels=(driver, outcome),
        population=f"{units} units over {len(now) // units} periods",
        window=f"{periods[0]} to {periods[-1]}",
    )
