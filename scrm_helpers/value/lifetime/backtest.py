"""Would the model have been right? Its forecasts from past days and week by week, against what came."""

from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, counted, numbers, style, unknown
from scrm_helpers.stats.chance import ratio_bootstrap_t
from scrm_helpers.value.history.order_days import dates_of
from scrm_helpers.value.history.purchases import DAYS, Orders, origins
from scrm_helpers.value.lifetime.purchase_models import FITTERS, expected_of_new, predict
from scrm_helpers.value.models.fitting import Z95, ModelFit
from scrm_helpers.value.models.gammagamma import expected_spend, fit_gammagamma

RESAMPLES = 999  # of the customers, behind the range of the ratio
STEP = 1e-3  # in a log-parameter, for the slope of a sum
MOST_FREQUENT = 7  # customers with so many repeat purchases or more share the last class of the calibration
LARGE = 10  # customers of a class from which on a gap is told
CLASS, EXPECTED, CAME = "Repeat purchases before", "Predicted per customer", "Actual per customer"


class Calibration(Answer):
    """Predicted and actual purchases of the last held-out period by what was known before."""

    ABSENT = "{reason}."

    classes: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        people = self.classes["Customers"]
        told = self.classes[people >= min(LARGE, people.max())]  # what one or two did is no finding
        worst = told.to_dict("records")[int((told[EXPECTED] - told[CAME]).abs().to_numpy().argmax())]
        return Words(
            sentence=f"Of classes by earlier repeat purchases, the largest gap is at {worst[CLASS]}: "
            f"{numbers.decimal(worst[EXPECTED])} purchases were predicted for each, {numbers.decimal(worst[CAME])} "
            f"came (n = {numbers.count(worst['Customers'])}).",
            table=self.classes,
            caption="Purchases in the last held-out period by repeat purchases before it",
            note=f"n = {numbers.plural(self.classes['Customers'].sum(), 'customer')}",
            formats={"Customers": "count", EXPECTED: "decimal2", CAME: "decimal2"},
        )


class Backtest(Answer):
    """Predicted and actual purchases and money from each past day, and the last split by frequency."""

    ABSENT = "{reason}."
    OFFERS = ("figure", "table")

    ratio: Measure = unknown("backtest_ratio", "ratio")  # predicted over actual purchases, all days together
    origins: pd.DataFrame = field(default_factory=pd.DataFrame)
    calibration: Calibration  # of the last held-out period
    model: str = ""
    horizon_days: int = 91
    currency: str = "EUR"
    TESTED = "purchases that the model expected beside those that came, customer by customer"
    RIGHT = Chance(1.0, "a forecast that is right in sum")
    CLAIMS = (Claim(name="forecast_off", tested=TESTED, estimate=ratio, chance=RIGHT),)

    @property
    def drawable(self) -> bool:
        """Whether anybody bought after any of the days."""
        return not self.reason and bool(self.origins["Predicted / actual"].notna().any())

    def words(self) -> Words:
        ratios, ratio = self.origins["Predicted / actual"], self.ratio.value
        days = numbers.plural(len(ratios), "past day")
        between = f"between {numbers.decimal(ratios.min())} and {numbers.decimal(ratios.max())}"
        sentence, verdict = "Nobody bought in any of the held-out periods, so the prediction cannot be judged.", ""
        if ratio is not None:
            side = self.tested("forecast_off").direction
            verdict = f"{numbers.percent(abs(ratio - 1))} too {'many' if side > 0 else 'few'} purchases"
            verdict = verdict if side else "no miss can be shown"
            wide = numbers.span(self.ratio, numbers.decimal)
            sentence = f"Predicting {self.horizon_days} days ahead from {days}, the {self.model} model expected "
            sentence += f"{numbers.decimal(ratio)} purchases for each that came ({wide}): {verdict}; from single days "
            sentence += f"{between}."
        return Words(
            sentence=sentence,
            table=self.origins,
            title=f"The forecast, tested on {days}: {verdict or 'nothing to judge it by'}",
            caption=f"Predicted and actual purchases in the {self.horizon_days} days after each day",
            note=f"{self.model}; customers known on the day; money in {self.currency}; mean error in purchases per "
            "customer",
            alt=f"Line of predicted over actual purchases for {len(ratios)} days predicted from, {between}; 1 is as "
            "predicted.",
            formats={"Predicted from": "date", "Predicted / actual": "decimal2", "Mean error": "decimal2"}
            | dict.fromkeys(["Customers", "Predicted", "Actual"], "count")
            | dict.fromkeys(["Predicted money", "Actual money"], "money"),
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax)
        days, ratio = self.origins["Predicted from"], self.origins["Predicted / actual"]
        axes.axhline(1, color=style.GREY, linewidth=0.9)
        axes.axhspan(0.8, 1.25, color=style.PALE_GREY, zorder=0)
        axes.plot(days, ratio, marker="o", color=style.BLUE, linewidth=1.4, markersize=4.5)
        style.beside(axes, "as predicted", (days.iloc[0], 1), (0, 3), color=style.GREY)
        axes.set_ylim(min(0.6, float(ratio.min()) - 0.05), max(1.4, float(ratio.max()) + 0.05))
        axes.figure.autofmt_xdate(rotation=0, ha="center")  # type: ignore[union-attr]
        below = "Day predicted from (grey band: within a quarter)"
        return style.labelled(axes, below, "Predicted purchases / actual purchases")


def rolling_backtest(
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    model: str = "BG/NBD",
    count: int = 12,
    horizon_days: int = 91,
    currency: str = "EUR",
) -> Backtest:
    """Fit on what was known on each of several past days and compare the prediction with what came.

    Parameters
    ----------
    transactions : ``customer_id``, ``ordered_on``, ``amount``
    as_of, currency
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}
    count, horizon_days : days to predict from, and days ahead of each that are predicted

    Returns
    -------
    Backtest
        Of customers who had bought by the day predicted from; those won later are in neither sum. Periods that are
        longer than the gap between origins overlap, so their ratios are not independent.
    """
    orders, rows, last, sums, unsure = Orders.of(transactions), [], None, [], 0.0
    for day in origins(transactions["ordered_on"].min(), as_of, count, horizon_days) if len(transactions) else []:
        known, after = orders.split(day, day + pd.Timedelta(days=horizon_days))
        fitted = FITTERS[model](known)
        if not fitted.reason:
            before = known[["frequency", "recency", "age"]].to_numpy(float).T
            last = known, after, predict(fitted, horizon_days / DAYS["week"], *before)
            unsure += _error_of_sum(fitted, horizon_days / DAYS["week"], before, last[2])
            rows.append({"Predicted from": day, **_compare(*last)})
            sums.append(pd.DataFrame({"expected": last[2], "came": after["purchases"]}, known.index))
    if last is None:
        why = f"the orders cover too short a time, or nobody bought twice, to hold out {horizon_days} days"
        reason = f"The {model} model cannot be tested on the past: {why}"
        ratio = unknown("backtest_ratio", "ratio", why)
        return Backtest(reason=reason, ratio=ratio, calibration=Calibration(reason=reason))
    table = pd.DataFrame(rows)
    table.insert(4, "Predicted / actual", table["Predicted"] / table["Actual"].where(table["Actual"] > 0))
    return Backtest(
        population="customers known on the day that was predicted from",
        window=f"the {horizon_days} days after each of {numbers.plural(len(table), 'day')}",
        ratio=_ratio(pd.concat(sums), unsure),
        origins=table,
        calibration=Calibration(classes=_by_frequency(*last)),
        model=model,
        horizon_days=horizon_days,
        currency=currency,
    )


def _error_of_sum(fitted: ModelFit, ahead: float, before: np.ndarray, predicted: np.ndarray) -> float:
    """Return the standard error of the sum predicted, from the covariance of the parameters' logarithms."""
    if fitted.parameters is None or fitted.covariance is None:
        return np.nan
    moved = fitted.parameters * np.exp(STEP * np.eye(len(fitted.parameters)))
    slope = [predict(replace(fitted, parameters=one), ahead, *before).sum() - predicted.sum() for one in moved]
    return float(np.sqrt(slope @ fitted.covariance @ slope)) / STEP


def _ratio(each: pd.DataFrame, unsure: float) -> Measure:
    """Divide what was expected by what came; the range holds both the chance in what came and the models' error."""
    sums = each.groupby(level=0).sum()  # one row a customer: the periods overlap, and so do errors of the models
    apart, n, name = ratio_bootstrap_t(sums["expected"], sums["came"], draws=RESAMPLES), len(sums), "backtest_ratio"
    if apart.value is None:
        return unknown(name, "ratio", "nobody bought after the cut", n)
    low, high, why = None, None, apart.reason or "on one of the days the model is not identified"
    if np.isfinite(unsure) and apart.low and apart.high and apart.low > 0:
        far = np.hypot(np.log(np.array([apart.low, apart.high]) / apart.value), Z95 * unsure / sums["expected"].sum())
        low, high = (apart.value * np.exp([-far[0], far[1]])).tolist()
    return Measure(name=name, value=apart.value, unit="ratio", n=n, low=low, high=high, no_range=why)


def _by_frequency(known: pd.DataFrame, after: pd.DataFrame, predicted: np.ndarray) -> pd.DataFrame:
    """Compare predicted and actual purchases for customers with the same number of repeat purchases before."""
    frame = pd.DataFrame({"predicted": predicted, "actual": after["purchases"]})
    heads = {"Customers": ("actual", "size"), EXPECTED: ("predicted", "mean"), CAME: ("actual", "mean")}
    means = frame.groupby(known["frequency"].clip(upper=MOST_FREQUENT)).agg(**heads)
    labels = [f"{known:.0f}" if known < MOST_FREQUENT else f"{MOST_FREQUENT} or more" for known in means.index]
    means.insert(0, CLASS, labels)
    return means.reset_index(drop=True)


def _compare(known: pd.DataFrame, after: pd.DataFrame, predicted: np.ndarray) -> dict[str, float]:
    """Set what was predicted of all customers, in purchases and money, beside what they did."""
    actual, spend = after["purchases"].to_numpy(), fit_gammagamma(known)
    money = np.nan
    if spend.parameters is not None and spend.parameters[1] > 1:
        each = expected_spend(spend.parameters, *known[["frequency", "mean_spend"]].to_numpy(float).T)
        money = float((predicted * each).sum())
    return {
        "Customers": len(actual),
        "Predicted": float(predicted.sum()),
        "Actual": float(actual.sum()),
        "Predicted money": money,
        "Actual money": float(after["total"].sum()),
        "Mean error": float(np.abs(predicted - actual).mean()),
    }


class Tracking(Answer):
    """Cumulative repeat purchases by week, actual and expected, of the customers known at the cut."""

    ABSENT = "{reason}."

    error: Measure = unknown("tracking_error", "share")
    weeks: pd.DataFrame = field(default_factory=pd.DataFrame)
    cut: pd.Timestamp | None = None
    model: str = ""
    TESTED = "the curve of new customers' repeat purchases beside those that came; one curve tests nothing"
    CLAIMS = (Claim(name="end_of_the_curve", tested=TESTED, estimate=error),)

    def words(self) -> Words:
        day, actual, expected = self.weeks.iloc[-1]
        off, came = self.error.value, numbers.count(actual)
        verdict = "nobody bought again, so the curve cannot be judged"
        if off is not None:
            verdict = f"it ends {numbers.percent(abs(off))} {'below' if off < 0 else 'above'} what came"
        return Words(
            sentence=f"The {self.model} curve, fitted up to {self.cut:%Y-%m-%d}, expects {numbers.count(expected)} "
            f"repeat purchases by {day:%Y-%m-%d}; {came} came: {verdict}.",
            table=self.weeks,
            title=f"Repeat purchases against the expectation: {verdict}",
            caption="Cumulative repeat purchases by week",
            note=f"n = {numbers.plural(self.error.n or 0, 'customer')} known at the cut; {self.model}",
            alt="Two rising curves of repeat purchases so far, actual and expected, with the cut marked; at the end "
            f"{came} actual and {numbers.count(expected)} expected.",
            formats={"Day": "date", "Actual": "count", "Expected": "count"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes = style.axes_for(ax)
        days, cut = self.weeks["Day"], self.cut
        last, top = self.weeks.iloc[-1], float(self.weeks[["Actual", "Expected"]].max().max())
        axes.plot(days, self.weeks["Actual"], color=style.INK, linewidth=1.8)
        axes.plot(days, self.weeks["Expected"], color=style.ORANGE, linewidth=1.6, linestyle="--")
        axes.axvline(cut, color=style.GREY, linewidth=0.9)  # type: ignore[arg-type]
        style.beside(axes, "held out from here", (cut, 0.03 * top), (5, 0))
        higher = "Actual" if last["Actual"] >= last["Expected"] else "Expected"
        for name, colour in (("Actual", style.INK), ("Expected", style.ORANGE)):
            offset, look = (4, 5 if name == higher else -10), {"color": colour, "annotation_clip": False}
            style.beside(axes, name.lower(), (last["Day"], last[name]), offset, size=8.5, **look)
        axes.set_xlim(days.iloc[0], last["Day"] + (last["Day"] - days.iloc[0]) * 0.08)
        axes.set_ylim(0, 1.08 * top)
        axes.yaxis.set_major_formatter(lambda value, _: numbers.count(value))
        return style.labelled(axes, y="Repeat purchases so far")


def track_purchases(
    transactions: pd.DataFrame, as_of: pd.Timestamp, *, holdout_days: int, model: str = "BG/NBD"
) -> Tracking:
    """Follow repeat purchases week by week beside what the model, fitted up to a cut, expected.

    Parameters
    ----------
    transactions : ``customer_id``, ``ordered_on``, ``amount``
    as_of : Timestamp
    holdout_days : days at the end that the model does not see
    model : {"BG/NBD", "MBG/NBD", "Pareto/NBD"}

    Returns
    -------
    Tracking
        The expectation is that of new customers by their first day, summed; it has seen nobody's behaviour.
    """
    orders, cut = Orders.of(transactions), (as_of - pd.Timedelta(days=holdout_days)).normalize()
    known, kept = orders.history(cut), orders.kept(as_of)
    fitted, name, n = FITTERS[model](known), "tracking_error", len(known)
    if fitted.reason:
        return Tracking(reason=fitted.sentence, error=unknown(name, "share", fitted.reason))
    births = known["first_on"].to_numpy().astype("datetime64[D]").astype(np.int64)
    last = np.datetime64(as_of, "D").astype(np.int64)
    ends = np.arange(int(births.min()) + 7, last + 1, 7)
    who = known.index.get_indexer(orders.people)[kept.code]
    again = (who >= 0) & (kept.day > births[who])
    bought = pd.DataFrame({"who": who[again], "day": kept.day[again]}).drop_duplicates()["day"]
    actual = np.searchsorted(np.sort(bought), ends, side="right")
    weeks = pd.DataFrame({"Day": dates_of(ends), "Actual": actual, "Expected": expected_so_far(fitted, births, ends)})
    came = float(actual[-1])
    off = (float(weeks["Expected"].iloc[-1]) - came) / came if came > 0 else None
    error = counted(name, off, n, "share", "it is one curve of all customers together", reason="nobody bought again")
    return Tracking(
        population=f"customers known on {cut:%Y-%m-%d}",
        window=f"from each one's first order up to {as_of:%Y-%m-%d}",
        window_to=as_of.date(),
        error=error,
        weeks=weeks,
        cut=cut,
        model=model,
    )


def expected_so_far(fitted: ModelFit, births: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the repeat purchases that new customers were expected to make by each day."""
    born, count = np.unique(births, return_counts=True)
    ages = np.maximum(ends[:, None] - born[None, :], 0)
    distinct, back = np.unique(ages, return_inverse=True)
    new = expected_of_new(fitted.model, fitted.parameters, distinct / DAYS["week"])
    return new[back.reshape(ages.shape)] @ count
