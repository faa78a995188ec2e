"""From orders to occasions taken or not, and what the BG/BB model says of the coming ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.resample import mean_bootstrap_t
from scrm_helpers.value.lifetime.expected_purchases import predict
from scrm_helpers.value.models import bgbb
from scrm_helpers.value.models.beta_geometric import fit_bgnbd
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import laplace_draws

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_TAKEN = 6  # customers who took so many occasions or more share a class


@dataclass(frozen=True)
class Occasions:
    """Occasions of equal length, the last one ending on `as_of`, and who took which."""

    known: pd.DataFrame
    after: pd.Series
    days: int
    held_out: int


def occasions_taken(transactions: pd.DataFrame, as_of: pd.Timestamp, days: int, held_out: int = 0) -> Occasions:
    """Cut time into occasions and say of each customer which ones were taken.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on``, ``amount``; refunds take no occasion, orders after `as_of` are not looked at.
    as_of : Timestamp
        Last day of the last occasion.
    days : int
        Length of an occasion in days: use that of the business (a monthly box, a yearly appeal).
    held_out : int
        Number of last occasions that are not known, but counted for comparison.

    Returns
    -------
    Occasions
        Customers whose first occasion is the last known one have been offered none since and are left out.

    Raises
    ------
    Refusal
        When the orders span fewer than two known occasions.

    Examples
    --------
    >>> orders = pd.DataFrame({"customer_id": ["a", "a", "a", "b"], "amount": 1.0,
    ...     "ordered_on": pd.to_datetime(["2026-01-05", "2026-03-05", "2026-04-25", "2026-02-05"])})
    >>> seen = occasions_taken(orders, pd.Timestamp("2026-04-30"), days=30, held_out=1)
    >>> seen.known.loc["a"].to_dict(), seen.after.tolist()
    ({'first': 0, 'taken': 1, 'last': 2, 'offered': 2}, [1, 0])
    """
    bought = transactions[(transactions["amount"] >= 0) & (transactions["ordered_on"] < as_of + pd.Timedelta(days=1))]
    back = (as_of.normalize() - bought["ordered_on"].dt.normalize()).dt.days // days
    total = int(back.max()) + 1 if len(back) else 0
    if total - held_out < 2:
        raise Refusal(
            f"The orders span {numbers.plural(total, 'occasion')} of {numbers.plural(days, 'day')}, of which "
            f"{held_out} are held out. Whether a customer comes back cannot be seen in fewer than two. Take shorter "
            "occasions, hold out fewer, or wait."
        )
    pairs = pd.DataFrame({"customer_id": bought["customer_id"], "number": total - 1 - back}).drop_duplicates()
    final = total - 1 - held_out
    by_customer = pairs[pairs["number"] <= final].groupby("customer_id")["number"]
    known = pd.DataFrame({"first": by_customer.min(), "taken": by_customer.size() - 1, "last": by_customer.max()})
    known["last"] -= known["first"]
    known["offered"] = final - known["first"]
    known = known[known["offered"] > 0]
    later = pairs[pairs["number"] > final].groupby("customer_id").size()
    after = later.reindex(known.index).fillna(0).astype(int).rename("after")
    return Occasions(known, after, days, held_out)


def taken_classes(taken: np.ndarray, fewest: int) -> tuple[np.ndarray, dict[int, str]]:
    """Class customers by occasions taken; the last class is open and holds so many rows at the fewest."""
    highest = max((k for k in range(MOST_TAKEN + 1) if (taken >= k).sum() >= fewest), default=0)
    labels = {k: str(k) for k in range(highest)}
    open_end = taken.max(initial=0) > highest
    return np.minimum(taken, highest), labels | {highest: f"{highest} or more" if open_end else str(highest)}


def coming_occasions(
    occasions: Occasions, fitted: ModelFit, ahead: int, *, draws: int = 200, seed: int = 20260930
) -> Result:
    """Say how many of the coming occasions customers are expected to take, and who is still there.

    Parameters
    ----------
    occasions : Occasions
        From :func:`occasions_taken`.
    fitted : ModelFit
        The BG/BB model fitted to ``occasions.known``.
    ahead : int
        Number of coming occasions.
    draws, seed : int
        Parameter draws behind the ranges, and their seed.

    Returns
    -------
    Result
        The ranges are those of the expectation, not of one customer's future; without a fit nothing is given.
    """
    what = f"the next {numbers.plural(ahead, 'occasion')} of {numbers.plural(occasions.days, 'day')}"
    if fitted.parameters is None:
        reason = f"the {fitted.model} model cannot be fitted: {fitted.doubt}"
        return Result(
            sentence=f"What customers take of {what} cannot be said: {reason}.",
            table=pd.DataFrame(),
            measures=(Measure(name="coming_occasions", value=None, unit="count", reason=reason),),
            drawable=False,
        )
    rows = occasions.known.groupby(["taken", "last", "offered"]).size().reset_index(name="customers")
    seen = tuple(rows[name].to_numpy(float) for name in ("taken", "last", "offered"))
    many = rows["customers"].to_numpy(float)
    n, there = int(many.sum()), bgbb.p_alive(fitted.parameters, *seen)
    expected = bgbb.expected_occasions(fitted.parameters, ahead, *seen)
    total, low, high = float(many @ expected), None, None
    span = f"no range, because {fitted.doubt}"
    if fitted.identified:
        drawn = [many @ bgbb.expected_occasions(one, ahead, *seen) for one in laplace_draws(fitted, draws, seed)]
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
        span = f"95% range {numbers.interval(low, high, numbers.count)}, from the uncertainty of the model"
    group, labels = taken_classes(rows["taken"].to_numpy(), 1)
    grouped = pd.DataFrame({"taken": group, "n": many, "there": many * there, "next": many * expected})
    table = grouped.groupby("taken").sum().reset_index()
    table["there"] /= table["n"]
    table["next"] /= table["n"]
    times = numbers.plural(round(total), "time")
    return Result(
        sentence=f"{numbers.plural(n, 'customer')} are expected to take {what} {times} ({span}); "
        f"{numbers.percent(float(many @ there) / n)} of them are still there.",
        table=table.assign(taken=[labels[k] for k in table["taken"]]).rename(
            columns={
                "taken": "Taken so far, after the first",
                "n": "Customers",
                "there": "Still there",
                "next": "Expected, each",
            }
        ),
        caption=f"What customers are expected to take of {what}",
        note=f"n = {numbers.plural(n, 'customer')}; {fitted.model}; at most {numbers.plural(ahead, 'occasion')} each",
        formats={"Customers": "count", "Still there": "percent", "Expected, each": "decimal2"},
        measures=(Measure(name="coming_occasions", value=total, unit="count", n=n, low=low, high=high, kind="gross"),),
        drawable=False,
    )


NAIVE = "As often as so far"
FEWEST = 20  # customers below which two models are not compared


@dataclass(frozen=True, kw_only=True)
class OccasionCheck(Result):
    """Mean held-out occasions by what was taken before, actual and by each forecast."""

    by_taken: pd.DataFrame
    held_out: int = 0

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw actual occasions with their ranges, and both models as lines."""
        axes = style.axes_for(ax)
        shown = self.by_taken
        place = np.arange(len(shown))
        half = 1.96 * shown["error"].fillna(0.0)
        axes.errorbar(
            place, shown["actual"], yerr=half, fmt="o", color=style.INK, markersize=5, linewidth=1.1, capsize=2
        )
        lines = {"BG/BB": (style.BLUE, "-"), "BG/NBD": (style.ORANGE, "--")}
        ends = {name: float(shown[name].iloc[-1]) for name in lines if name in shown}
        top = max(float((shown["actual"] + half).max()), *ends.values())
        if self.held_out <= 1.5 * top:
            top = max(top, float(self.held_out))
            axes.axhline(self.held_out, color=style.GREY, linewidth=0.9, linestyle=":")
            axes.annotate(
                "every held-out occasion", (0, self.held_out), xytext=(0, 3), textcoords="offset points", size=8,
                color=style.GREY,
            )  # fmt: skip
        for rank, name in enumerate(sorted(ends, key=lambda name: ends[name])):
            colour, dash = lines[name]
            axes.plot(place, shown[name], color=colour, linestyle=dash, linewidth=1.6)
            apart = 0 if len(ends) == 1 or abs(ends["BG/BB"] - ends["BG/NBD"]) > 0.07 * top else (-6, 6)[rank]
            axes.annotate(
                name, (place[-1], ends[name]), xytext=(14, apart), textcoords="offset points", size=8.5, color=colour,
                va="center", annotation_clip=False,
            )  # fmt: skip
        last = (place[-1], float((shown["actual"] + half).iloc[-1]))
        axes.annotate("actual", last, xytext=(0, 4), textcoords="offset points", size=8.5, ha="center")
        axes.set_xticks(place, list(shown["label"]))
        axes.set_xlim(-0.3, len(shown) - 1 + 0.14 * len(shown))
        axes.set_ylim(0, 1.12 * top)
        axes.set_xlabel("Occasions taken before, after the first")
        axes.set_ylabel("Held-out occasions taken, mean")
        return axes


def check_occasions(occasions: Occasions, *, draws: int = 999, seed: int = 20260930) -> OccasionCheck:
    """Predict the held-out occasions with the BG/BB, with the BG/NBD on the same rows, and without a model.

    Parameters
    ----------
    occasions : Occasions
        From :func:`occasions_taken`, with occasions held out.
    draws, seed : int
        Resamples of customers behind the range of the difference, and their seed.

    Returns
    -------
    OccasionCheck
        Measures ``occasions_ratio`` (BG/BB over actual) and ``occasions_bgnbd_ratio``.

    Notes
    -----
    Both models see the same rows: how many occasions were taken, the last one, and how many there were. The BG/NBD
    reads them as continuous time and knows no ceiling of one purchase for each occasion. Whether one is closer is
    judged by the squared miss per customer, in pairs, with a bootstrap-t range of the mean difference.
    """
    known, after = occasions.known, occasions.after.to_numpy(float)
    if not after.sum() or len(known) < FEWEST:
        reason = "nobody took a held-out occasion" if len(known) >= FEWEST else f"fewer than {FEWEST} customers"
        return _nothing(reason)
    taken, last, offered = (known[name].to_numpy(float) for name in ("taken", "last", "offered"))
    forecasts = {NAIVE: occasions.held_out * taken / offered}
    discrete = bgbb.fit_bgbb(known)
    if discrete.parameters is not None:
        forecasts["BG/BB"] = bgbb.expected_occasions(discrete.parameters, occasions.held_out, taken, last, offered)
    rows = {"frequency": taken, "recency": last, "age": offered, "mean_spend": np.nan}
    continuous = fit_bgnbd(pd.DataFrame(rows, index=known.index))
    if continuous.parameters is not None:
        forecasts["BG/NBD"] = predict(continuous, float(occasions.held_out), taken, last, offered)
    if len(forecasts) < 3:
        return _nothing(discrete.sentence if discrete.parameters is None else continuous.sentence)
    return _described(occasions, forecasts, after, draws, seed)


def _described(
    occasions: Occasions, forecasts: dict[str, np.ndarray], after: np.ndarray, draws: int, seed: int
) -> OccasionCheck:
    n, actual = len(after), float(after.sum())
    order = ("BG/BB", "BG/NBD", NAIVE)
    ratio = {name: float(forecasts[name].sum()) / actual for name in order}
    miss = {name: (forecasts[name] - after) ** 2 for name in order}
    apart = mean_bootstrap_t(miss["BG/NBD"] - miss["BG/BB"], draws=draws, seed=seed)
    if apart.low is not None and apart.high is not None and apart.low * apart.high > 0:
        closer = "BG/BB" if apart.low > 0 else "BG/NBD"
        verdict = f"customer by customer, the {closer} is closer"
    else:
        verdict = "customer by customer, no difference between the two models can be shown"
    table = pd.DataFrame(
        {
            "Forecast": order,
            "Expected": [float(forecasts[name].sum()) for name in order],
            "Came": actual,
            "Expected / came": [ratio[name] for name in order],
            "Typical miss per customer": [float(np.sqrt(miss[name].mean())) for name in order],
            "Most expected of one customer": [float(forecasts[name].max()) for name in order],
        }
    )
    group, labels = taken_classes(occasions.known["taken"].to_numpy(), FEWEST)
    each = pd.DataFrame({"group": group, "actual": after, **{name: forecasts[name] for name in order}})
    by_taken = each.groupby("group").mean().reset_index()
    by_taken["error"] = each.groupby("group")["actual"].sem().to_numpy()
    by_taken["label"] = [labels[k] for k in by_taken["group"]]
    first = f"{numbers.decimal(ratio['BG/BB'])} for each time, the BG/NBD {numbers.decimal(ratio['BG/NBD'])}"
    held = numbers.plural(occasions.held_out, "occasion")
    return OccasionCheck(
        sentence=f"{numbers.plural(n, 'customer')} took the last {held} of {numbers.plural(occasions.days, 'day')} "
        f"{numbers.plural(actual, 'time')}; the BG/BB expected {first}, and a forecast as often as so far "
        f"{numbers.decimal(ratio[NAIVE])}; {verdict}.",
        table=table,
        title=f"Held-out occasions: the BG/BB expected {numbers.decimal(ratio['BG/BB'])} for each that came",
        caption=f"Forecasts of the last {held}",
        note=f"n = {numbers.plural(n, 'customer')} known before; range of the actual mean: 95%; typical miss: root of "
        "the mean squared miss",
        alt=f"Points of the mean held-out occasions by occasions taken before, with lines of two models; the BG/BB "
        f"expects {numbers.decimal(ratio['BG/BB'])} and the BG/NBD {numbers.decimal(ratio['BG/NBD'])} for each that "
        "came.",
        formats={
            "Expected": "count",
            "Came": "count",
            "Expected / came": "decimal2",
            "Typical miss per customer": "decimal3",
            "Most expected of one customer": "decimal2",
        },
        measures=(
            Measure(name="occasions_ratio", value=ratio["BG/BB"], unit="ratio", n=n),
            Measure(name="occasions_bgnbd_ratio", value=ratio["BG/NBD"], unit="ratio", n=n),
        ),
        by_taken=by_taken,
        held_out=occasions.held_out,
    )


def _nothing(reason: str) -> OccasionCheck:
    said = reason.rstrip(".")
    return OccasionCheck(
        sentence=f"The forecast of occasions cannot be tested: {said[0].lower() + said[1:]}.",
        table=pd.DataFrame(),
        measures=tuple(
            Measure(name=name, value=None, unit="ratio", reason=reason)
            for name in ("occasions_ratio", "occasions_bgnbd_ratio")
        ),
        drawable=False,
        by_taken=pd.DataFrame(),
    )
