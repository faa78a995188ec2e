"""Are the ranges right? The draws behind them beside a Markov chain on the exact posterior."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import metropolis_draws, parameter_draws

CLOSE = 0.12  # of the width of a range: a shift of an end that nobody would act on
FEWEST_ACCEPTED = 0.2


def check_ranges(*fits: ModelFit, steps: int = 1_500, draws: int = 4_000, seed: int = 20260930) -> Result:
    """Compare the draws that the ranges of lifetime values use with a Metropolis chain.

    Parameters
    ----------
    *fits : ModelFit
        Fitted models; those without standard errors have no ranges to check and are left out.
    steps : int
        Length of each chain.
    draws, seed : int
        Draws that are checked, and the seed of both.

    Returns
    -------
    Result
        Measure ``range_shift``: the largest difference between the ends of the 95 % ranges of a parameter's logarithm,
        over the width of the range. Two chains of this length differ by about 0.05 from each other.
    """
    rows, accepted, models = [], [], []
    for number, fitted in enumerate(one for one in fits if one.identified and one.objective is not None):
        drawn = np.log(parameter_draws(fitted, draws, seed + number))
        chain, share = metropolis_draws(fitted, steps, seed + number)
        ends = [np.quantile(values, [0.025, 0.975], axis=0) for values in (drawn, np.log(chain))]
        shift = np.abs(ends[0] - ends[1]).max(axis=0) / (ends[1][1] - ends[1][0])
        columns = zip(fitted.names, *np.exp(ends[0]), *np.exp(ends[1]), shift, strict=True)
        rows += [(fitted.model, *column) for column in columns]
        accepted.append(share)
        models.append(fitted.model)
    if not rows:
        reason = "no model has standard errors"
        return Result(
            sentence=f"There are no ranges to check: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="range_shift", value=None, unit="share", reason=reason),),
            drawable=False,
        )
    names = ["Model", "Parameter", "Draws, low", "Draws, high", "Chain, low", "Chain, high", "Shift of an end"]
    table = pd.DataFrame(rows, columns=names)
    worst = float(table["Shift of an end"].max())
    moved = f"the ends of the ranges differ by at most {numbers.percent(worst)} of their width"
    if min(accepted) < FEWEST_ACCEPTED:
        verdict = "too few steps were accepted for the chain to judge the ranges"
    elif worst <= CLOSE:
        verdict = f"it confirms the ranges: {moved}"
    else:
        verdict = f"the ranges are rough: {moved}"
    return Result(
        sentence=f"A Markov chain of {numbers.count(steps)} steps for each model "
        f"({numbers.percent(min(accepted))} of its proposals accepted at the least) draws from the exact posterior; "
        f"{verdict}.",
        table=table,
        caption="95% ranges of the parameters, by the draws that are used and by the chain",
        note=f"{' and '.join(models)}; flat prior on the logarithms; shift of an end: over the width of the range, of "
        "the logarithms",
        formats=dict.fromkeys(names[2:6], "decimal3") | {"Shift of an end": "percent"},
        measures=(Measure(name="range_shift", value=worst, unit="share", n=steps),),
        drawable=False,
    )
