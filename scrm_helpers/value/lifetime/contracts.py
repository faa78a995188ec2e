"""How long contracts last: survivors of a cohort, projected beside what a constant churn rate would say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.models import sbg
from scrm_helpers.value.models.posterior import parameter_draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALIKE = 50  # alpha + beta above which churn differs so little between contracts that one rate says it all


@dataclass(frozen=True, kw_only=True)
class Projection(Result):
    """Survivors by renewal: ``actual`` (missing where not yet seen), ``expected``, ``low``, ``high``, ``constant``."""

    path: pd.DataFrame
    known: int = 0
    alike: bool = False

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the survivors known and held out, the projection with its range, and constant churn."""
        axes, path = style.axes_for(ax), self.path
        whole = float(path["actual"].iloc[0])
        ahead = path[path["renewal"] >= self.known]
        axes.fill_between(ahead["renewal"], ahead["low"] / whole, ahead["high"] / whole, color=style.RULE)
        curves = (
            ("contracts that differ (sBG)", "expected", style.BLUE, "-"),
            ("constant churn", "constant", style.ORANGE, "--"),
        )[1 if self.alike else 0 :]
        end = path.iloc[-1]
        for label, name, colour, dash in curves:
            fitted, projected = path[name][: self.known + 1], path[name][self.known :].copy()
            projected.iloc[0] = path["actual"].iloc[self.known]
            for piece in (fitted, projected):
                axes.plot(piece.index, piece / whole, color=colour, linestyle=dash, linewidth=1.6)
            axes.annotate(
                label, (end["renewal"], end[name] / whole), xytext=(5, 0), textcoords="offset points", size=8.5,
                color=colour, va="center", annotation_clip=False,
            )  # fmt: skip
        for part, face in ((path[: self.known + 1], style.INK), (path[self.known + 1 :], "white")):
            axes.plot(
                part["renewal"], part["actual"] / whole, "o", color=style.INK, markerfacecolor=face, markersize=4.5
            )
        axes.axvline(self.known + 0.5, color=style.GREY, linewidth=0.9)
        axes.annotate(
            "not used by the fit from here", (self.known + 0.5, 0.97), xytext=(5, 0), textcoords="offset points",
            size=8, va="top", color=style.GREY,
        )  # fmt: skip
        axes.set_xlim(-0.2, float(end["renewal"]) * 1.27)
        axes.set_xticks([renewal for renewal in path["renewal"] if renewal <= end["renewal"]])
        axes.set_ylim(0, 1.03)
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.0f}%")
        axes.set_xlabel("Renewals")
        axes.set_ylabel("Share of the cohort still there")
        return axes


def project_contracts(
    survivors: Sequence[float] | pd.Series,
    known: int,
    ahead: int | None = None,
    *,
    margin: float = 1.0,
    discount_rate_annual: float = 0.10,
    periods_per_year: float = 1,
    currency: str = "EUR",
    draws: int = 500,
    seed: int = 20260930,
) -> Projection:
    """Project how many of a cohort renew, with the shifted-beta-geometric model and with a constant churn rate.

    Parameters
    ----------
    survivors : sequence of float
        Customers of one cohort still there after 0, 1, 2, ... renewals, counts and not shares.
    known : int
        Renewals that the models may see; later ones are held out for comparison.
    ahead : int, optional
        Renewals to project beyond the known ones; as many as are held out, and five at the least, when None.
    margin : float
        Margin of a contract per period, in currency.
    discount_rate_annual : float
        Yearly rate, 0.10 for ten per cent.
    periods_per_year : float
        12 for contracts by the month.
    currency : str
        ISO code.
    draws, seed : int
        Parameter draws behind the ranges, each with a future of the cohort, and their seed.

    Returns
    -------
    Projection
        The range of survivors holds both: how well the model is known, and luck. Where contracts do not differ so
        that it shows, constant churn is projected, with a Beta range. Measures ``contracts_left``,
        ``contracts_left_constant_churn`` and ``residual_contract_value``.

    Raises
    ------
    Refusal
        When the survivors do not belong to one cohort, or fewer than one renewal is known.

    Notes
    -----
    Fader and Hardie (2007), Journal of Interactive Marketing 21(1). The constant rate is the one that fits the known
    renewals best: all who left over all who could have left.
    """
    counted = pd.Series(np.asarray(survivors, float))
    discount_rate = (1 + discount_rate_annual) ** (1 / periods_per_year) - 1
    known = min(known, len(counted) - 1)
    ahead = max(len(counted) - 1 - known, 5) if ahead is None else ahead
    seen = counted[: known + 1]
    fitted = sbg.fit_sbg(seen)
    alike = fitted.parameters is not None and not fitted.identified and fitted.parameters.sum() > ALIKE
    if fitted.parameters is None or not (fitted.identified or alike):
        return _nothing(fitted.doubt, currency)
    renewal = np.arange(known + ahead + 1)
    still, whole = float(seen.iloc[-1]), float(seen.iloc[0])
    refused, offered = whole - still, float(seen.iloc[:-1].sum())
    stays = 1 - refused / offered
    from_now = np.maximum(renewal, known)
    constant = np.where(renewal <= known, whole * stays**renewal, still * stays ** (from_now - known))
    naive = margin * stays / (1 + discount_rate - stays)
    rng = np.random.default_rng(seed)
    if alike:
        rates = rng.beta(offered - refused + 1, refused + 1, draws)[:, None]
        expected, conditional = constant, rates ** (from_now - known)
        worth = [naive, *(margin * rates / (1 + discount_rate - rates)).ravel()]
    else:
        drawn = parameter_draws(fitted, draws, seed)
        share = sbg.survival(fitted.parameters, renewal)
        expected = np.where(renewal <= known, whole * share, still * share / share[known])
        conditional = np.stack([sbg.survival(one, from_now) / sbg.survival(one, np.array([known])) for one in drawn])
        worth = [sbg.residual_value(one, known, margin, discount_rate) for one in (fitted.parameters, *drawn)]
    low, high = np.quantile(_futures(conditional[:, known:], still, rng), [0.025, 0.975], axis=0)
    path = pd.DataFrame(
        {
            "renewal": renewal,
            "actual": counted.reindex(renewal).to_numpy(),
            "expected": expected,
            "low": np.concatenate([np.full(known, np.nan), low]),
            "high": np.concatenate([np.full(known, np.nan), high]),
            "constant": constant,
        }
    )
    return _described(path, known, worth, naive, stays, alike, discount_rate, currency)


def _futures(conditional: np.ndarray, still: float, rng: np.random.Generator) -> np.ndarray:
    """Let a cohort live on under each draw: of those there, each renews with the draw's chance."""
    futures = np.empty_like(conditional)
    futures[:, 0] = still
    for step in range(1, conditional.shape[1]):
        stays = np.minimum(conditional[:, step] / conditional[:, step - 1], 1.0)
        futures[:, step] = rng.binomial(np.round(futures[:, step - 1]).astype(int), stays)
    return futures


def _described(
    path: pd.DataFrame,
    known: int,
    worth: list[float],
    naive: float,
    stays: float,
    alike: bool,
    discount_rate: float,
    currency: str,
) -> Projection:
    end, n = path.iloc[-1], round(float(path["actual"].iloc[0]))
    low, high = (float(each) for each in np.quantile(worth[1:], [0.025, 0.975]))
    if alike:
        title = "These contracts do not differ so that it shows: constant churn describes them"
    elif low <= naive <= high:
        title = "What contracts are worth cannot be told apart from constant churn yet"
    else:
        apart = f"{numbers.percent(abs(worth[0] / naive - 1))} {'more' if worth[0] > naive else 'less'}"
        title = f"Contracts that are still there are worth {apart} than constant churn says"
    span = numbers.interval(low, high, lambda value: numbers.money(value, currency))
    each = f"{numbers.money(worth[0], currency)} from the next renewal on (95% range {span})"
    beside = "" if alike else f"; by constant churn {numbers.money(naive, currency)}"
    shown = path.rename(
        columns={
            "renewal": "Renewals",
            "actual": "Came",
            "expected": "Expected (sBG)",
            "low": "95% range low",
            "high": "95% range high",
            "constant": "Constant churn",
        }
    )
    shown.loc[:known, ["95% range low", "95% range high"]] = np.nan
    return Projection(
        sentence=f"{_renewed(path, known, stays, alike)} A contract that is still there is worth {each}{beside}.",
        table=shown,
        title=title,
        caption="Survivors of the cohort by renewal",
        note=f"n = {numbers.plural(n, 'contract')} of one cohort; discounted at {numbers.percent(discount_rate)} a "
        "period; grey band: 95% range",
        alt=f"Falling curve of the share still there by renewal with its range; it ends at "
        f"{numbers.percent(end['expected'] / n)}, the curve of constant churn at {numbers.percent(end['constant'] / n)}"
        ". Filled points were fitted, hollow ones held out.",
        formats=dict.fromkeys(shown.columns, "count"),
        measures=(
            Measure(
                name="contracts_left", value=float(end["expected"]), unit="count", n=n, low=float(end["low"]),
                high=float(end["high"]),
            ),
            Measure(name="contracts_left_constant_churn", value=float(end["constant"]), unit="count", n=n),
            Measure(
                name="residual_contract_value", value=worth[0], unit=currency, n=n, low=low, high=high, kind="gross"
            ),
        ),
        path=path,
        known=known,
        alike=alike,
    )  # fmt: skip


def _renewed(path: pd.DataFrame, known: int, stays: float, alike: bool) -> str:
    still, end = float(path["actual"].iloc[known]), path.iloc[-1]
    span = numbers.interval(end["low"], end["high"], numbers.count)
    said = (
        f"Of {numbers.plural(still, 'contract')} after {numbers.plural(known, 'renewal')}, "
        f"{numbers.count(end['expected'])} are expected after {numbers.count(end['renewal'])} (95% range {span})"
    )
    if alike:
        said += f" by a constant churn of {numbers.percent(1 - stays)}: contracts do not differ so that it shows."
    else:
        said += f"; a constant churn of {numbers.percent(1 - stays)} would leave {numbers.count(end['constant'])}."
    held = path[(path["renewal"] > known) & path["actual"].notna()]
    if not len(held):
        return said
    inside, final = int(((held["actual"] >= held["low"]) & (held["actual"] <= held["high"])).sum()), held.iloc[-1]
    return (
        f"{said} Of {numbers.plural(len(held), 'renewal')} that the fit did not see, {numbers.count(inside)} lie in "
        f"the range; the last one left {numbers.count(final['actual'])}, expected were "
        + numbers.count(final["expected"])
        + ("." if alike else f", and {numbers.count(final['constant'])} by constant churn.")
    )


def _nothing(reason: str, currency: str) -> Projection:
    units = {"contracts_left": "count", "contracts_left_constant_churn": "count", "residual_contract_value": currency}
    return Projection(
        sentence=f"Renewals cannot be projected: {reason}.",
        table=pd.DataFrame(),
        measures=tuple(Measure(name=name, value=None, unit=unit, reason=reason) for name, unit in units.items()),
        drawable=False,
        path=pd.DataFrame(),
    )
