"""How long contracts last: survivors of a cohort, projected beside what a constant churn rate would say."""

from collections.abc import Sequence
from dataclasses import field
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Terms, Words, numbers, style, unknown
from scrm_helpers.value.lifetime.occasions import Occasions
from scrm_helpers.value.lifetime.without_model import margin_multiple
from scrm_helpers.value.models.discrete_time import fit_sbg, residual_value, survival
from scrm_helpers.value.models.posterior import parameter_draws

FEWEST = 20  # customers of a cohort below which nothing is counted
CAME_BACK = 0.05  # of those who skipped; above, skipping is no end of a contract
WORTH = "residual_contract_value"
DRAWS, SEED = 500, 20260930  # of parameters behind the ranges, each with a future of the cohort
ALIKE = 50  # alpha + beta above which churn differs so little between contracts that one rate says it all


class Cohort(Answer):
    """Survivors after 0, 1, 2, ... renewals; missing where the orders show no contracts."""

    ABSENT = "No cohort of contracts can be counted from these orders: {reason}."

    survivors: pd.Series | None = None
    days: int = 0  # length of a period

    def words(self) -> Words:
        alive = [] if self.survivors is None else self.survivors.tolist()
        renewals = numbers.plural(len(alive) - 1, "renewal")
        return Words(
            sentence=f"The orders look like contracts: {numbers.plural(alive[0], 'customer')} of one cohort, of "
            f"whom {numbers.count(alive[-1])} are there after {renewals} of {numbers.plural(self.days, 'day')}.",
            table=pd.DataFrame({"Renewals": range(len(alive)), "Customers still there": alive}),
            caption="Survivors of the cohort",
            formats={"Renewals": "count", "Customers still there": "count"},
        )

    def or_listed(self, text: str) -> pd.Series:
        """Take the survivors from a list of counts parted by commas, or those of the orders where it is empty."""
        if text.strip():
            try:
                return pd.Series([float(part) for part in text.split(",")])
            except ValueError:
                raise Refusal(
                    f"The survivors {text!r} are not a list of numbers. They are counted and not guessed. Give the "
                    "customers still there after 0, 1, 2 renewals and so on, parted by commas."
                ) from None
        if self.survivors is None:
            raise Refusal(f"{self.sentence} Give the survivors of a cohort as a list.")
        return self.survivors


def cohort_of_orders(occasions: Occasions, renewals: int) -> Cohort:
    """Count the survivors of a cohort from orders that stand for payments of a contract, if they look like that.

    Parameters
    ----------
    occasions, renewals : one for each period of the contract; so many must have been offered to be in the cohort

    Returns
    -------
    Cohort
        Without survivors where many who skipped an occasion came back: they had no contract that ended.
    """
    seen = occasions.known[occasions.known["offered"] >= renewals]
    skipped = seen[seen["taken"] < seen["offered"]]
    back = int((skipped["taken"] < skipped["last"]).sum())
    length = numbers.plural(occasions.days, "day")
    if len(seen) < FEWEST:
        have = numbers.plural(len(seen), "customer has", "customers have")
        return Cohort(reason=f"only {have} been offered {numbers.plural(renewals, 'renewal')} of {length}")
    if back > CAME_BACK * len(skipped):
        return Cohort(
            reason=f"{numbers.percent(back / len(skipped))} of the customers who skipped one of their occasions of "
            f"{length} bought again later, so no order says that somebody has left"
        )
    run = seen["last"].clip(upper=renewals).to_numpy()
    alive = pd.Series([int((run >= k).sum()) for k in range(renewals + 1)], name="survivors")
    return Cohort(survivors=alive, days=occasions.days)


class Projection(Answer):
    """Survivors by renewal: ``actual`` (missing where not yet seen), ``expected``, ``low``, ``high``, ``constant``."""

    ABSENT = "Renewals cannot be projected: {reason}."

    contracts_left: Measure = unknown("contracts_left", "count")
    contracts_left_constant_churn: Measure = unknown("contracts_left_constant_churn", "count")
    residual_contract_value: Measure
    path: pd.DataFrame = field(default_factory=pd.DataFrame)
    known: int = 0
    alike: bool = False  # contracts do not differ so that it shows
    stays: float = 0.0  # share that renews by constant churn
    naive: float = 0.0  # value of a contract by constant churn
    discount_rate: float = 0.0  # per period

    def words(self) -> Words:
        worth, end = self.residual_contract_value, self.path.iloc[-1]
        value, n = worth.value or 0.0, worth.n or 0
        low, high = worth.ends
        money = partial(numbers.money, currency=worth.unit)
        apart = f"{numbers.percent(abs(value / self.naive - 1))} {'more' if value > self.naive else 'less'}"
        title = f"Contracts that are still there are worth {apart} than constant churn says"
        if self.alike:
            title = "These contracts do not differ so that it shows: constant churn describes them"
        elif low <= self.naive <= high:
            title = "What contracts are worth cannot be told apart from constant churn yet"
        each = f"{money(value)} from the next renewal on (95% range {numbers.interval(low, high, money)})"
        beside = "" if self.alike else f"; by constant churn {money(self.naive)}"
        named = {"renewal": "Renewals", "actual": "Came", "expected": "Expected (sBG)", "constant": "Constant churn"}
        ranged = {"low": "95% range low", "high": "95% range high"}
        shown = self.path.rename(columns=named | ranged)
        shown.loc[: self.known, list(ranged.values())] = np.nan
        return Words(
            sentence=f"{self._renewed()} A contract that is still there is worth {each}{beside}.",
            table=shown,
            title=title,
            caption="Survivors of the cohort by renewal",
            note=f"n = {numbers.plural(n, 'contract')} of one cohort; discounted at "
            f"{numbers.percent(self.discount_rate)} a period; grey band: 95% range",
            alt="Falling curve of the share still there by renewal with its range; it ends at "
            f"{numbers.percent(end['expected'] / n)}, the curve of constant churn at "
            f"{numbers.percent(end['constant'] / n)}. Filled points were fitted, hollow ones held out.",
            formats=dict.fromkeys(shown.columns, "count"),
        )

    def _renewed(self) -> str:
        path, known, churn = self.path, self.known, numbers.percent(1 - self.stays)
        still, end = float(path["actual"].iloc[known]), path.iloc[-1]
        span = numbers.interval(end["low"], end["high"], numbers.count)
        left, after = numbers.count(end["expected"]), numbers.count(end["renewal"])
        said = f"Of {numbers.plural(still, 'contract')} after {numbers.plural(known, 'renewal')}, {left} are expected "
        said += f"after {after} (95% range {span})"
        if self.alike:
            said += f" by a constant churn of {churn}: contracts do not differ so that it shows."
        else:
            said += f"; a constant churn of {churn} would leave {numbers.count(end['constant'])}."
        held = path[(path["renewal"] > known) & path["actual"].notna()]
        if not len(held):
            return said
        inside, final = held["actual"].between(held["low"], held["high"]).sum(), held.iloc[-1]
        churned = "" if self.alike else f", and {numbers.count(final['constant'])} by constant churn"
        return (
            f"{said} Of {numbers.plural(len(held), 'renewal')} that the fit did not see, {numbers.count(inside)} lie "
            f"in the range; the last one left {numbers.count(final['actual'])}, expected were "
            f"{numbers.count(final['expected'])}{churned}."
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, path = style.axes_for(ax), self.path
        whole = float(path["actual"].iloc[0])
        ahead = path[path["renewal"] >= self.known]
        axes.fill_between(ahead["renewal"], ahead["low"] / whole, ahead["high"] / whole, color=style.RULE)
        curves = [("constant churn", "constant", style.ORANGE, "--")]
        if not self.alike:
            curves.insert(0, ("contracts that differ (sBG)", "expected", style.BLUE, "-"))
        end = path.iloc[-1]
        for label, name, colour, dash in curves:
            fitted, projected = path[name][: self.known + 1], path[name][self.known :].copy()
            projected.iloc[0] = path["actual"].iloc[self.known]
            for piece in (fitted, projected):
                axes.plot(piece.index, piece / whole, color=colour, linestyle=dash, linewidth=1.6)
            look = {"size": 8.5, "color": colour, "va": "center", "annotation_clip": False}
            style.beside(axes, label, (end["renewal"], end[name] / whole), (5, 0), **look)
        for part, face in ((path[: self.known + 1], style.INK), (path[self.known + 1 :], "white")):
            axes.plot(part["renewal"], part["actual"] / whole, "o", color=style.INK, markerfacecolor=face, ms=4.5)
        axes.axvline(self.known + 0.5, color=style.GREY, linewidth=0.9)
        said = "not used by the fit from here"
        style.beside(axes, said, (self.known + 0.5, 0.97), (5, 0), va="top", color=style.GREY)
        axes.set_xlim(-0.2, float(end["renewal"]) * 1.27)
        axes.set_xticks([renewal for renewal in path["renewal"] if renewal <= end["renewal"]])
        axes.set_ylim(0, 1.03)
        return style.labelled(axes, "Renewals", "Share of the cohort still there", percent="y")


def project_contracts(
    survivors: Sequence[float] | pd.Series, known: int, terms: Terms, margin: float = 1.0, periods_a_year: float = 1
) -> Projection:
    """Project how many of a cohort renew, with the shifted-beta-geometric model and with a constant churn rate.

    Fader and Hardie (2007), Journal of Interactive Marketing 21(1). Constant churn: all who left over all who could.

    Parameters
    ----------
    survivors : customers of one cohort still there after 0, 1, 2, ... renewals, counts and not shares
    known : renewals that the models may see; later ones are held out for comparison
    terms : currency and yearly discount rate
    margin, periods_a_year : what a contract leaves in a period; 12 for contracts by the month

    Returns
    -------
    Projection
        The range of survivors holds both: how well the model is known, and luck. Where contracts do not differ so
        that it shows, constant churn is projected, with a Beta range. Survivors of no single cohort are refused.
    """
    counted = pd.Series(np.asarray(survivors, float))
    known = min(known, len(counted) - 1)
    ahead = max(len(counted) - 1 - known, 5)  # as many as are held out, and five at the least
    seen = counted[: known + 1]
    fitted = fit_sbg(seen)
    alike = fitted.parameters is not None and not fitted.identified and fitted.parameters.sum() > ALIKE
    if fitted.parameters is None or not (fitted.identified or alike):
        return Projection(reason=fitted.doubt, residual_contract_value=unknown(WORTH, terms.currency))
    renewal = np.arange(known + ahead + 1)
    still, whole = float(seen.iloc[-1]), float(seen.iloc[0])
    refused, offered = whole - still, float(seen.iloc[:-1].sum())
    stays = 1 - refused / offered
    from_now = np.maximum(renewal, known)
    constant = np.where(renewal <= known, whole * stays**renewal, still * stays ** (from_now - known))
    rate = (1 + terms.discount_rate) ** (1 / periods_a_year) - 1
    naive = margin * margin_multiple(stays, rate)
    rng = np.random.default_rng(SEED)
    if alike:
        rates = rng.beta(offered - refused + 1, refused + 1, DRAWS)
        expected, conditional = constant, rates[:, None] ** (from_now - known)
        worth = [naive, *(margin * margin_multiple(rates, rate))]
    else:
        drawn = parameter_draws(fitted, DRAWS, SEED)
        share = survival(fitted.parameters, renewal)
        expected = np.where(renewal <= known, whole * share, still * share / share[known])
        conditional = np.stack([survival(one, from_now) / survival(one, np.array([known])) for one in drawn])
        worth = [residual_value(one, known, margin, rate) for one in (fitted.parameters, *drawn)]
    low, high = np.quantile(_futures(conditional[:, known:], still, rng), [0.025, 0.975], axis=0)
    path = pd.DataFrame({"renewal": renewal, "actual": counted.reindex(renewal), "expected": expected})
    path["low"], path["high"] = (pd.Series(end, renewal[known:]) for end in (low, high))  # what is known has no range
    least, most = np.quantile(worth[1:], [0.025, 0.975]).tolist()
    count, money = (partial(Measure, unit=unit, n=round(whole)) for unit in ("count", terms.currency))
    return Projection(
        contracts_left=count(name="contracts_left", value=expected[-1], low=low[-1], high=high[-1]),
        contracts_left_constant_churn=count(name="contracts_left_constant_churn", value=constant[-1]),
        residual_contract_value=money(name=WORTH, value=worth[0], low=least, high=most, kind="gross"),
        path=path.assign(constant=constant),
        known=known,
        alike=bool(alike),
        stays=stays,
        naive=naive,
        discount_rate=rate,
    )


def _futures(conditional: np.ndarray, still: float, rng: np.random.Generator) -> np.ndarray:
    """Let a cohort live on under each draw: of those there, each renews with the draw's chance."""
    futures = np.empty_like(conditional)
    futures[:, 0] = still
    for step in range(1, conditional.shape[1]):
        stays = np.minimum(conditional[:, step] / conditional[:, step - 1], 1.0)
        futures[:, step] = rng.binomial(np.round(futures[:, step - 1]).astype(int), stays)
    return futures
