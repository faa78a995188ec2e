"""Two pictures of fit: sales over time against what the model expected, and purchases by what was known before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.history.calibration_split import Orders
from scrm_helpers.value.history.purchases import days_in
from scrm_helpers.value.holdout.backtest import Backtest
from scrm_helpers.value.lifetime.clv import FITTERS
from scrm_helpers.value.lifetime.expected_purchases import MODELS
from scrm_helpers.value.models.fitting import ModelFit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Tracking(Result):
    """Cumulative repeat purchases by week, actual and expected, of the customers known at the cut."""

    weeks: pd.DataFrame
    cut: pd.Timestamp | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw both curves with the cut between what was fitted and what was held out."""
        axes = style.axes_for(ax)
        weeks = self.weeks
        axes.plot(weeks["Day"], weeks["Actual"], color=style.INK, linewidth=1.8)
        axes.plot(weeks["Day"], weeks["Expected"], color=style.ORANGE, linewidth=1.6, linestyle="--")
        axes.axvline(
            self.cut,  # type: ignore[arg-type]
            color=style.GREY,
            linewidth=0.9,
        )
        top = float(weeks[["Actual", "Expected"]].max().max())
        axes.annotate("held out from here", (self.cut, 0.03 * top), xytext=(5, 0), textcoords="offset points", size=8)
        upper, lower = (
            ("Actual", "Expected") if weeks["Actual"].iloc[-1] >= weeks["Expected"].iloc[-1] else ("Expected", "Actual")
        )
        ends = {upper: 5, lower: -10}
        for name, colour in (("Actual", style.INK), ("Expected", style.ORANGE)):
            axes.annotate(
                name.lower(), (weeks["Day"].iloc[-1], weeks[name].iloc[-1]), xytext=(4, ends[name]),
                textcoords="offset points", size=8.5, color=colour, annotation_clip=False,
            )  # fmt: skip
        axes.set_ylim(0, 1.08 * top)
        axes.set_xlim(
            weeks["Day"].iloc[0], weeks["Day"].iloc[-1] + (weeks["Day"].iloc[-1] - weeks["Day"].iloc[0]) * 0.08
        )
        axes.set_ylabel("Repeat purchases so far")
        axes.yaxis.set_major_formatter(lambda value, _: numbers.count(value))
        return axes


def track_purchases(
    transactions: pd.DataFrame, as_of: pd.Timestamp, *, holdout_days: int, model: str = "BG/NBD", unit: str = "week"
) -> Tracking:
    """Follow repeat purchases week by week beside what the model, fitted up to a cut, expected.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount``.
    as_of : Timestamp
        Last day that counts.
    holdout_days : int
        Days at the end that the model does not see.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Purchase model.
    unit : str
        Time unit of the fit.

    Returns
    -------
    Tracking
        The expectation is that of new customers by the day they first bought, summed; it has seen nobody's behaviour.
    """
    orders = Orders(transactions)
    split = orders.split(as_of - pd.Timedelta(days=holdout_days), as_of, unit)
    fitted = FITTERS[model](split.known)
    if not fitted.converged:
        measure = Measure(name="tracking_error", value=None, unit="share", reason=fitted.reason)
        return Tracking(
            sentence=fitted.sentence, table=pd.DataFrame(), measures=(measure,), drawable=False, weeks=pd.DataFrame()
        )
    births = split.known["first_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    last = int(np.datetime64(as_of, "D").astype(np.int64))
    ends = np.arange(int(births.min()) + 7, last + 1, 7)
    known = pd.Index(split.known.index).get_indexer(orders.people)[orders.code]
    day = orders.rows["ordered_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    seen = (known >= 0) & (day <= last) & (orders.rows["amount"] >= 0).to_numpy()
    distinct = np.unique((known[seen].astype(np.int64) << 20) | day[seen]) & ((1 << 20) - 1)
    actual = np.searchsorted(np.sort(distinct), ends, side="right") - np.searchsorted(
        np.sort(births), ends, side="right"
    )
    weeks = pd.DataFrame(
        {
            "Day": ends.astype("datetime64[D]").astype("datetime64[us]"),
            "Actual": actual,
            "Expected": expected_so_far(fitted, births, ends, unit),
        }
    )
    return _described(weeks, split.cut, model, len(split.known))


def expected_so_far(fitted: ModelFit, births: np.ndarray, ends: np.ndarray, unit: str) -> np.ndarray:
    """Return the repeat purchases that new customers were expected to make by each day."""
    alive, expected = MODELS[fitted.model]
    born, count = np.unique(births, return_counts=True)
    ages = np.maximum(ends[:, None] - born[None, :], 0)
    distinct, back = np.unique(ages, return_inverse=True)
    zero = np.zeros(1)
    new = alive(fitted.parameters, zero, zero, zero) * expected(fitted.parameters, distinct / days_in(unit), zero, zero)
    return new[back.reshape(ages.shape)] @ count


def calibration(tested: Backtest) -> Result:
    """Show predicted and actual purchases of the last held-out period by what was known before.

    Parameters
    ----------
    tested : Backtest
        From :func:`rolling_backtest`.

    Returns
    -------
    Result
    """
    table = tested.by_frequency
    if not len(table):
        return Result(sentence=tested.sentence, table=table, drawable=False)
    gap = (table["Predicted per customer"] - table["Actual per customer"]).abs()
    worst = table.to_dict("records")[int(gap.to_numpy().argmax())]
    return Result(
        sentence=f"By earlier repeat purchases, the largest gap is at {worst['Repeat purchases before']}: "
        f"{numbers.decimal(worst['Predicted per customer'])} purchases were predicted for each, "
        f"{numbers.decimal(worst['Actual per customer'])} came (n = {numbers.count(worst['Customers'])}).",
        table=table,
        caption="Purchases in the last held-out period by repeat purchases before it",
        note=f"n = {numbers.plural(table['Customers'].sum(), 'customer')}",
        formats={"Customers": "count", "Predicted per customer": "decimal2", "Actual per customer": "decimal2"},
    )


def _described(weeks: pd.DataFrame, cut: pd.Timestamp, model: str, n: int) -> Tracking:
    actual, expected = float(weeks["Actual"].iloc[-1]), float(weeks["Expected"].iloc[-1])
    off = (expected - actual) / actual if actual > 0 else None
    measure = Measure(
        name="tracking_error", value=off, unit="share", n=n, reason="" if off is not None else "nobody bought again"
    )
    if off is None:
        verdict = "nobody bought again, so the curve cannot be judged"
    else:
        side = "below" if off < 0 else "above"
        verdict = f"it ends {numbers.percent(abs(off))} {side} what came"
    return Tracking(
        sentence=f"The {model} curve, fitted up to {cut:%Y-%m-%d}, expects {numbers.count(expected)} repeat purchases "
        f"by {weeks['Day'].iloc[-1]:%Y-%m-%d}; {numbers.count(actual)} came: {verdict}.",
        table=weeks,
        title=f"Repeat purchases against the expectation: {verdict}",
        caption="Cumulative repeat purchases by week",
        note=f"n = {numbers.plural(n, 'customer')} known at the cut; {model}",
        alt=f"Two rising curves of repeat purchases so far, actual and expected, with the cut marked; at the end "
        f"{numbers.count(actual)} actual and {numbers.count(expected)} expected.",
        formats={"Day": "date", "Actual": "count", "Expected": "count"},
        measures=(measure,),
        weeks=weeks,
        cut=cut,
    )
