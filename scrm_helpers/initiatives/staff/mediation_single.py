"""How much of a treatment's effect runs through a mediator, among persons who are not nested in units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

_PARTS = {"acme": "Through the mediator (ACME)", "ade": "Direct (ADE)", "total": "Total"}


@dataclass(frozen=True, kw_only=True)
class Mediated(Result):
    """Mediated (`acme`), direct (`ade`) and total effect: estimate and 95 % range each, None where not computed."""

    acme: tuple[float, float, float] | None
    ade: tuple[float, float, float] | None
    total: tuple[float, float, float] | None


def mediated_effect(
    frame: pd.DataFrame,
    cause: str,
    mediator: str,
    outcome: str,
    *,
    controls: Sequence[str] = (),
    draws: int = 1000,
    seed: int = 0,
) -> Mediated:
    """Split the effect of a treatment into what runs through a mediator and what does not."""
    import statsmodels.api as sm
    from statsmodels.stats.mediation import Mediation

    names = [cause, mediator, outcome, *controls]
    rows = frame[names].dropna()
    held = pd.get_dummies(rows[list(controls)], drop_first=True, dtype=float) if controls else rows[[]]
    before = sm.add_constant(pd.concat([rows[[cause]], held], axis=1).astype(float), has_constant="add")
    reason = _obstacle(rows, before, cause, mediator, outcome)
    if reason:
        return _absent(reason)
    after = before.assign(**{mediator: rows[mediator].astype(float)})
    y = rows[outcome].to_numpy(dtype=float)
    if np.isin(y, (0, 1)).all():
        last = sm.GLM(y, after.to_numpy(), family=sm.families.Binomial(link=sm.families.links.Probit()))
    else:
        last = sm.OLS(y, after.to_numpy())
    first = sm.OLS(rows[mediator].to_numpy(dtype=float), before.to_numpy())
    fitted = Mediation(last, first, [1, 1], after.shape[1] - 1).fit(
        method="bootstrap", n_rep=draws, rng=np.random.default_rng(seed)
    )
    drawn = {"acme": fitted.ACME_avg, "ade": fitted.ADE_avg, "total": fitted.total_effect}
    parts = {
        name: (float(d.mean()), float(np.quantile(d, 0.025)), float(np.quantile(d, 0.975))) for name, d in drawn.items()
    }
    value, low, high = parts["acme"]
    ends = numbers.interval(low, high, numbers.decimal)
    whole = numbers.decimal(parts["total"][0])
    return Mediated(
        sentence=(
            f"Of a total effect of {whole} on {outcome}, {numbers.decimal(value)} runs through {mediator} (95% range "
            f"{ends}), if nothing unseen moves both."
            if low > 0 or high < 0
            else f"No effect of {cause} on {outcome} through {mediator} can be shown: {numbers.decimal(value)} (95% "
            f"range {ends})."
        ),
        table=pd.DataFrame(
            [(_PARTS[name], *found) for name, found in parts.items()],
            columns=["Effect", "Estimate", "95% range low", "95% range high"],
        ),
        formats=dict.fromkeys(["Estimate", "95% range low", "95% range high"], "decimal3"),
        caption=f"What runs through {mediator}",
        note=(
            f"n = {len(rows)} persons, {len(frame) - len(rows)} left out for gaps; {numbers.count(draws)} bootstrap "
            f"samples, seed {seed}; no unseen common cause of {mediator} and {outcome} is assumed, not tested."
        ),
        measures=tuple(
            Measure(name=f"mediation_{name}", value=found[0], unit="outcome", n=len(rows), low=found[1], high=found[2])
            for name, found in parts.items()
        ),
        drawable=False,
        acme=parts["acme"],
        ade=parts["ade"],
        total=parts["total"],
    )


def _obstacle(rows: pd.DataFrame, before: pd.DataFrame, cause: str, mediator: str, outcome: str) -> str:
    """Why the models cannot be fitted, or an empty text."""
    if not rows[cause].isin([0, 1]).all():
        return f"{cause} must be 0 or 1 for everybody: the effect compares treated with untreated."
    least = 10 * (before.shape[1] + 1)
    if len(rows) < least or rows[cause].sum() < 10 or (1 - rows[cause]).sum() < 10:
        return f"it takes {least} or more persons and ten on each side of {cause}; there are {len(rows)} without gaps."
    still = [name for name in (mediator, outcome) if rows[name].nunique() < 2]
    if still:
        return f"{' and '.join(still)} never varies, so there is nothing to explain."
    middle = rows[mediator].astype(float)
    after = np.column_stack([before, (middle - middle.mean()) / middle.std()])
    if np.linalg.matrix_rank(after) < after.shape[1]:
        return f"{cause}, {mediator} and the controls repeat one another, so their effects cannot be told apart."
    return ""


def _absent(reason: str) -> Mediated:
    return Mediated(
        sentence=f"What runs through the mediator cannot be computed: {reason}",
        table=pd.DataFrame(),
        measures=tuple(Measure(name=f"mediation_{n}", value=None, unit="outcome", reason=reason) for n in _PARTS),
        drawable=False,
        acme=None,
        ade=None,
        total=None,
    )
