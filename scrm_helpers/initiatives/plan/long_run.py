"""Does an outcome follow its drivers in the long run, and how fast does it return to them?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Measure, Result
from scrm_helpers.initiatives.refused import InitiativeRefused


@dataclass(frozen=True, kw_only=True)
class LongRun(Result):
    """Speed of adjustment, long-run effects and the bounds test for a lasting relation."""

    speed: float
    effects: pd.Series
    bounds: float
    p_value: float


def error_correction(outcome: pd.Series, drivers: pd.DataFrame, lags: int, driver_lags: Mapping[str, int]) -> LongRun:
    """Fit an error-correction model and test for a long-run relation.

    Parameters
    ----------
    outcome : pandas.Series
        The outcome in time order.
    drivers : pandas.DataFrame
        Drivers over the same periods.
    lags : int
        Lags of the outcome.
    driver_lags : mapping of str to int
        Lags of each driver.

    Returns
    -------
    LongRun
        `speed`: share of a deviation that is made up per period (negative); `bounds`: F of the bounds test;
        `p_value` its upper bound.

    Raises
    ------
    InitiativeRefused
        When there are fewer than ten periods per estimated number, or gaps.

    Notes
    -----
    Unrestricted error-correction form of an ARDL model, restricted constant (case 2 of Pesaran, Shin and Smith 2001).
    """
    from statsmodels.tsa.ardl import UECM

    columns = [name for name in drivers.columns if name in driver_lags]
    count = 1 + lags + sum(driver_lags[name] + 1 for name in columns)
    if (
        len(outcome) != len(drivers)
        or outcome.isna().any()
        or drivers[columns].isna().any().any()
        or len(outcome) < 3 * count
    ):
        raise InitiativeRefused(
            f"The long run needs gap-free series of one length with at least {3 * count} periods for {count} numbers "
            f"to be estimated; there are {len(outcome)}. Use fewer lags or a longer series."
        )
    fitted = UECM(outcome, lags, drivers[columns], {name: driver_lags[name] for name in columns}).fit()
    speed = float(fitted.params.iloc[1])
    effects = pd.Series({name: -float(fitted.params[f"{name}.L1"]) / speed for name in columns})
    test = fitted.bounds_test(case=2)
    chance = float(test.pvalue["upper"])
    shown = chance < 0.05 and speed < 0
    said = f"bounds F {numbers.decimal(float(test.statistic))}, p at most {numbers.decimal(chance, 3)}"
    listed = ", ".join(f"{name} {numbers.decimal(value)}" for name, value in effects.items())
    return LongRun(
        sentence=(
            f"There is a lasting relation ({said}): per unit in the long run {listed}; {numbers.percent(-speed)} of a "
            "deviation is made up each period."
            if shown
            else f"No lasting relation can be shown ({said})."
        ),
        table=pd.DataFrame({"Driver": effects.index, "Long-run effect": effects.to_numpy()}),
        formats={"Long-run effect": "decimal3"},
        caption="The long run",
        note=f"n = {len(outcome)} periods; error-correction form with {lags} lags of the outcome.",
        measures=(Measure(name="adjustment_speed", value=speed, unit="ratio", n=len(outcome)),),
        speed=speed,
        effects=effects,
        bounds=float(test.statistic),
        p_value=chance,
    )
