"""A roll-out by lottery: the difference of the arms, adjusted for what was known, of units or of whole clusters."""

import numpy as np

from scrm_helpers.answers import Refusal
from scrm_helpers.initiatives.attribution.panel import Panel
from scrm_helpers.initiatives.attribution.rung import Estimate, Rung, need
from scrm_helpers.initiatives.plan.streams import path_of


def randomised_effect(panel: Panel, *, draws: int = 4999, seed: int = 0) -> Rung:
    """Estimate the effect of a randomised roll-out, with outcomes from before it or without."""
    need(panel, 2, 2, "trial")
    starts = np.unique(panel.begun[panel.treated])
    if len(starts) > 1:
        raise Refusal(
            f"The trial of {panel.label} starts in {len(starts)} different periods. Use the staggered comparison."
        )
    start = int(panel.first[panel.treated][0])
    known = [panel.values[:, :start].mean(axis=1)] if start else []
    known += [] if panel.covariate is None else [panel.covariate]
    before = np.array([one - one.mean() for one in known if np.ptp(one) > 0]).reshape(-1, len(panel.units)).T
    if min(panel.treated.sum(), (~panel.treated).sum()) <= before.shape[1] + 1:
        before = before[:, :0]  # too few to adjust for anything
    after = panel.values[:, start:].mean(axis=1)
    found = _adjusted(after, before, panel)
    rest = after - after.mean()
    rest = rest - before @ np.linalg.lstsq(before, rest, rcond=None)[0]
    each = np.array([_adjusted(values, before, panel).value for values in panel.values[:, start:].T])
    said = ["adjusted for the time before" if start else "outcomes from after the start only"]
    said += ["adjusted for the covariate"] if panel.covariate is not None else []
    said += [f"{len(np.unique(panel.cluster))} clusters"] if panel.cluster is not None else []
    return Rung(
        "Lottery",
        "A",
        found.value,
        *found.ends,
        path=path_of(
            panel.places[start:] - panel.places[start], each, np.full((len(each), len(each)), found.se**2), "A"
        ),
        p_value=max(_drawn_again(rest, panel, draws, seed), found.p if panel.cluster is not None else 0.0),
        test="randomisation",
        remark=f" ({', '.join(said)})",
        error=found.se,
        doubt="in so few units chance alone brings as much",
    )


def _drawn_again(rest: np.ndarray, panel: Panel, draws: int, seed: int) -> float:
    """Share of drawings, of whole clusters where these were drawn, with at least as large a difference of the arms."""
    cluster = np.arange(len(rest)) if panel.cluster is None else np.unique(panel.cluster, return_inverse=True)[1]
    size, treated = np.bincount(cluster), np.bincount(cluster, panel.treated)
    if ((treated > 0) & (treated < size)).any():  # units were drawn within clusters
        cluster, size = np.arange(len(rest)), np.ones(len(rest), dtype=int)
        treated = np.bincount(cluster, panel.treated)
    sums, arm = np.bincount(cluster, rest), treated > 0
    drawn = np.random.default_rng(seed).permuted(np.tile(arm, (draws, 1)), axis=1)
    arms = np.vstack([arm, drawn])
    gaps = np.abs(arms @ sums / (arms @ size) - ~arms @ sums / (~arms @ size))
    return float((gaps >= gaps[0] - 1e-9 * np.abs(rest).max()).mean())


def _adjusted(after: np.ndarray, before: np.ndarray, panel: Panel) -> Estimate:
    """Difference of the arms by least squares (Lin 2013), with errors that the spread or the clusters ask for."""
    from statsmodels.regression.linear_model import OLS

    treated = panel.treated.astype(float)
    crossed = before * treated[:, None] if min(treated.sum(), (1 - treated).sum()) > 2 * before.shape[1] + 2 else ()
    design = np.column_stack([treated, np.ones(len(after)), before, *np.transpose(crossed)])
    model, df = OLS(after, design), len(after) - design.shape[1]
    if panel.cluster is None:
        fit = model.fit(cov_type="HC2")
    else:
        fit, df = model.fit(cov_type="cluster", cov_kwds={"groups": panel.cluster}), len(np.unique(panel.cluster)) - 2
    return Estimate(float(fit.params[0]), float(fit.bse[0]), max(df, 1))
