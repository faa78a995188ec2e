"""Would the model have been right? Predict from many past days and compare with what came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.history.calibration_split import Orders, Split, origins
from scrm_helpers.value.history.purchases import days_in
from scrm_helpers.value.lifetime.clv import FITTERS
from scrm_helpers.value.lifetime.expected_purchases import predict
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.gammagamma import expected_spend, fit_gammagamma

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_FREQUENT = 7  # customers with so many repeat purchases or more share the last class of the calibration


@dataclass(frozen=True, kw_only=True)
class Backtest(Result):
    """Predicted and actual purchases and money from each past day, and the last split by frequency."""

    OFFERS: ClassVar = ("figure", "table")

    origins: pd.DataFrame
    by_frequency: pd.DataFrame
    ratio: float | None = None

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw predicted over actual purchases by the day predicted from."""
        axes = style.axes_for(ax)
        days = self.origins["Predicted from"]
        ratio = self.origins["Predicted / actual"]
        axes.axhline(1, color=style.GREY, linewidth=0.9)
        axes.axhspan(0.8, 1.25, color=style.PALE_GREY, zorder=0)
        axes.plot(days, ratio, marker="o", color=style.BLUE, linewidth=1.4, markersize=4.5)
        axes.annotate(
            "as predicted", (days.iloc[0], 1), xytext=(0, 3), textcoords="offset points", size=8, color=style.GREY
        )
        low, high = min(0.6, float(ratio.min()) - 0.05), max(1.4, float(ratio.max()) + 0.05)
        axes.set_ylim(low, high)
        axes.set_ylabel("Predicted purchases / actual purchases")
        axes.set_xlabel("Day predicted from (grey band: within a quarter)")
        axes.figure.autofmt_xdate(rotation=0, ha="center")  # type: ignore[union-attr]
        return axes


def rolling_backtest(
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    model: str = "BG/NBD",
    count: int = 12,
    horizon_days: int = 91,
    unit: str = "week",
    value: str = "amount",
    currency: str = "EUR",
) -> Backtest:
    """Fit on what was known on each of several past days and compare the prediction with what came.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount`` and the column `value`.
    as_of : Timestamp
        Last day that counts.
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
        Purchase model to judge.
    count : int
        Days to predict from.
    horizon_days : int
        Days ahead that are predicted.
    unit : str
        Time unit of the fits.
    value : str
        Column with the money of an order.
    currency : str
        ISO code of the money.

    Returns
    -------
    Backtest
        `ratio` is predicted over actual purchases, all origins together.

    Notes
    -----
    Only customers who had bought by the day predicted from are predicted; customers won later are in neither sum.
    The periods overlap when they are longer than the gap between origins, so the ratios are not independent.
    """
    orders = Orders(transactions, value)
    if not len(orders.rows):
        return _nothing(model, horizon_days)
    rows, last = [], None
    for day in origins(orders.rows["ordered_on"].min(), as_of, count, horizon_days):
        split = orders.split(day, day + pd.Timedelta(days=horizon_days), unit)
        fitted = FITTERS[model](split.known)
        if fitted.converged:
            rows.append(_compare(split, fitted, unit))
            last = split, fitted
    if not rows or last is None:
        return _nothing(model, horizon_days)
    table = pd.DataFrame(
        rows,
        columns=["Predicted from", "Customers", "Predicted", "Actual", "Predicted money", "Actual money", "Mean error"],
    )
    table.insert(4, "Predicted / actual", table["Predicted"] / table["Actual"].where(table["Actual"] > 0))
    return _described(table, by_frequency(*last, unit), model, horizon_days, currency)


def by_frequency(split: Split, fitted: ModelFit, unit: str = "week") -> pd.DataFrame:
    """Compare predicted and actual purchases for customers with the same number of repeat purchases before."""
    frame = pd.DataFrame(
        {
            "known": split.known["frequency"].clip(upper=MOST_FREQUENT),
            "predicted": _predicted(split, fitted, unit),
            "actual": split.after["purchases"],
        }
    )
    means = frame.groupby("known").agg(n=("actual", "size"), predicted=("predicted", "mean"), actual=("actual", "mean"))
    labels = [f"{known:.0f}" if known < MOST_FREQUENT else f"{MOST_FREQUENT} or more" for known in means.index]
    return pd.DataFrame(
        {
            "Repeat purchases before": labels,
            "Customers": means["n"].to_numpy(),
            "Predicted per customer": means["predicted"].to_numpy(),
            "Actual per customer": means["actual"].to_numpy(),
        }
    )


def _predicted(split: Split, fitted: ModelFit, unit: str) -> np.ndarray:
    ahead = (split.until - split.cut).days / days_in(unit)
    known = split.known
    return predict(fitted, ahead, *(known[name].to_numpy(float) for name in ("frequency", "recency", "age")))


def _compare(split: Split, fitted: ModelFit, unit: str) -> tuple[object, ...]:
    predicted, actual = _predicted(split, fitted, unit), split.after["purchases"].to_numpy()
    spend = fit_gammagamma(split.known)
    money = np.nan
    if spend.parameters is not None and spend.parameters[1] > 1:
        each = expected_spend(
            spend.parameters, *(split.known[name].to_numpy(float) for name in ("frequency", "mean_spend"))
        )
        money = float((predicted * each).sum())
    error = float(np.abs(predicted - actual).mean())
    return (
        split.cut,
        len(actual),
        float(predicted.sum()),
        float(actual.sum()),
        money,
        float(split.after["total"].sum()),
        error,
    )


def _described(
    table: pd.DataFrame, calibration: pd.DataFrame, model: str, horizon_days: int, currency: str
) -> Backtest:
    predicted, actual = float(table["Predicted"].sum()), float(table["Actual"].sum())
    ratios = table["Predicted / actual"].dropna()
    n = len(table)
    ratio = predicted / actual if actual > 0 else None
    if ratio is None:
        sentence = "Nobody bought in any of the held-out periods, so the prediction cannot be judged."
        measure = Measure(name="backtest_ratio", value=None, unit="ratio", n=n, reason="nobody bought after the cut")
    else:
        side = "too few" if ratio < 1 else "too many"
        off = f"{numbers.percent(abs(ratio - 1))} {side}"
        sentence = (
            f"Predicting {horizon_days} days ahead from {numbers.plural(n, 'past day')}, the {model} model expected "
            f"{numbers.decimal(ratio)} purchases for each that came ({off}); from single days between "
            f"{numbers.decimal(ratios.min())} and {numbers.decimal(ratios.max())}."
        )
        measure = Measure(name="backtest_ratio", value=ratio, unit="ratio", n=n)
    verdict = (
        "no verdict"
        if ratio is None
        else "on the mark"
        if abs(ratio - 1) < 0.05
        else f"{numbers.percent(abs(ratio - 1))} off"
    )
    return Backtest(
        sentence=sentence,
        table=table,
        title=f"Tested on {numbers.plural(n, 'past day')}: the forecast was {verdict} overall",
        caption=f"Predicted and actual purchases in the {horizon_days} days after each day",
        note=f"{model}; customers known on the day; money in {currency}; mean error in purchases per customer",
        alt=f"Line of predicted over actual purchases for {n} days predicted from, between "
        f"{numbers.decimal(ratios.min())} and {numbers.decimal(ratios.max())}; 1 is as predicted.",
        formats={
            "Predicted from": "date",
            "Customers": "count",
            "Predicted": "count",
            "Actual": "count",
            "Predicted / actual": "decimal2",
            "Predicted money": "money",
            "Actual money": "money",
            "Mean error": "decimal2",
        },
        measures=(measure,),
        drawable=bool(len(ratios)),
        origins=table,
        by_frequency=calibration,
        ratio=ratio,
    )


def _nothing(model: str, horizon_days: int) -> Backtest:
    reason = f"the orders cover too short a time, or nobody bought twice, to hold out {horizon_days} days"
    return Backtest(
        sentence=f"The {model} model cannot be tested on the past: {reason}.",
        table=pd.DataFrame(),
        measures=(Measure(name="backtest_ratio", value=None, unit="ratio", reason=reason),),
        drawable=False,
        origins=pd.DataFrame(),
        by_frequency=pd.DataFrame(),
    )
