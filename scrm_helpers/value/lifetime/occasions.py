"""From orders to occasions taken or not, and what the BG/BB model says of the coming ones."""

from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Refusal, Words, numbers, style, unknown
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.value.history.purchases import Orders
from scrm_helpers.value.lifetime.purchase_models import predict
from scrm_helpers.value.models.beta_geometric import fit_bgnbd
from scrm_helpers.value.models.discrete_time import expected_occasions, fit_bgbb, p_alive
from scrm_helpers.value.models.fitting import ModelFit
from scrm_helpers.value.models.posterior import laplace_draws

DRAWS, RESAMPLES, SEED = 200, 999, 20260930  # of parameters, of customers, and the start of both
NAIVE = "As often as so far"
FEWEST = 20  # customers below which two models are not compared
MOST_TAKEN = 6  # customers who took so many occasions or more share a class


def taken_classes(taken: np.ndarray, fewest: int) -> tuple[np.ndarray, dict[int, str]]:
    """Class customers by occasions taken; the last class is open and holds so many rows at the fewest."""
    highest = max((k for k in range(MOST_TAKEN + 1) if (taken >= k).sum() >= fewest), default=0)
    labels = {k: str(k) for k in range(highest)}
    open_end = taken.max(initial=0) > highest
    return np.minimum(taken, highest), labels | {highest: f"{highest} or more" if open_end else str(highest)}


class ComingOccasions(Answer):
    """How many of the coming occasions customers are expected to take, and how many are still there."""

    ABSENT = "{reason}."

    coming_occasions: Measure
    by_taken: pd.DataFrame = field(default_factory=pd.DataFrame)  # taken so far, customers, still there, expected each
    what: str = ""  # how many occasions of which length
    model: str = ""
    ahead: int = 0

    def words(self) -> Words:
        n, total = numbers.plural(self.coming_occasions.n or 0, "customer"), self.coming_occasions
        span = f"no range, because {total.no_range}"
        if total.low is not None:
            span = f"95% range {numbers.span(total, numbers.count)}, from the uncertainty of the model"
        there = (self.by_taken["Customers"] * self.by_taken["Still there"]).sum() / self.by_taken["Customers"].sum()
        return Words(
            sentence=f"{n} are expected to take {self.what} {numbers.plural(round(total.value or 0.0), 'time')} "
            f"({span}); {numbers.percent(float(there))} of them are still there.",
            table=self.by_taken,
            caption=f"What customers are expected to take of {self.what}",
            note=f"n = {n}; {self.model}; at most {numbers.plural(self.ahead, 'occasion')} each",
            formats={"Customers": "count", "Still there": "percent", "Expected, each": "decimal2"},
        )


class OccasionCheck(Answer):
    """Held-out occasions, as they came and by each forecast: in sum, and the mean by what was taken before."""

    ABSENT = "The forecast of occasions cannot be tested: {reason}."

    occasions_ratio: Measure = unknown("occasions_ratio", "ratio")
    occasions_bgnbd_ratio: Measure = unknown("occasions_bgnbd_ratio", "ratio")
    forecasts: pd.DataFrame = field(default_factory=pd.DataFrame)  # the table, a row for each forecast
    by_taken: pd.DataFrame = field(default_factory=pd.DataFrame)
    closer: str = ""  # the model that misses less, customer by customer; empty where none can be shown to
    held_out: int = 0
    days: int = 0

    def words(self) -> Words:
        ratio = self.forecasts.set_index("Forecast")["Expected / came"].map(numbers.decimal).to_dict()
        came, n = self.forecasts["Came"].iloc[0], numbers.plural(self.occasions_ratio.n or 0, "customer")
        held = numbers.plural(self.held_out, "occasion")
        verdict = f"the {self.closer} is closer" if self.closer else "no difference between the two models can be shown"
        return Words(
            sentence=f"{n} took the last {held} of {numbers.plural(self.days, 'day')} {numbers.plural(came, 'time')}; "
            f"the BG/BB expected {ratio['BG/BB']} for each time, the BG/NBD {ratio['BG/NBD']}, and a forecast as often "
            f"as so far {ratio[NAIVE]}; customer by customer, {verdict}.",
            table=self.forecasts,
            title=f"Held-out occasions: the BG/BB expected {ratio['BG/BB']} for each that came",
            caption=f"Forecasts of the last {held}",
            note=f"n = {n} known before; range of the actual mean: 95%; typical miss: root of the mean squared miss",
            alt="Points of the mean held-out occasions by occasions taken before, with lines of two models; the BG/BB "
            f"expects {ratio['BG/BB']} and the BG/NBD {ratio['BG/NBD']} for each that came.",
            formats=dict.fromkeys(["Expected", "Came"], "count")
            | dict.fromkeys(["Expected / came", "Most expected of one customer"], "decimal2")
            | {"Typical miss per customer": "decimal3"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        axes, shown = style.axes_for(ax), self.by_taken
        place, half = np.arange(len(shown)), 1.96 * shown["error"].fillna(0.0)
        look: dict[str, Any] = {"color": style.INK, "markersize": 5, "linewidth": 1.1, "capsize": 2}
        axes.errorbar(place, shown["actual"], yerr=half, fmt="o", **look)
        lines = {"BG/BB": (style.BLUE, "-"), "BG/NBD": (style.ORANGE, "--")}
        ends = {name: float(shown[name].iloc[-1]) for name in lines}
        top = max(float((shown["actual"] + half).max()), *ends.values())
        if self.held_out <= 1.5 * top:
            top = max(top, float(self.held_out))
            axes.axhline(self.held_out, color=style.GREY, linewidth=0.9, linestyle=":")
            style.beside(axes, "every held-out occasion", (0, self.held_out), (0, 3), color=style.GREY)
        near = abs(ends["BG/BB"] - ends["BG/NBD"]) <= 0.07 * top
        for apart, name in zip((-6, 6), sorted(ends, key=lambda name: ends[name]), strict=True):
            colour, dash = lines[name]
            axes.plot(place, shown[name], color=colour, linestyle=dash, linewidth=1.6)
            look = {"size": 8.5, "color": colour, "va": "center", "annotation_clip": False}
            style.beside(axes, name, (place[-1], ends[name]), (14, apart if near else 0), **look)
        last = (place[-1], float((shown["actual"] + half).iloc[-1]))
        style.beside(axes, "actual", last, (0, 4), size=8.5, ha="center")
        axes.set_xticks(place, list(shown["label"]))
        axes.set(xlim=(-0.3, len(shown) - 1 + 0.14 * len(shown)), ylim=(0, 1.12 * top))
        return style.labelled(axes, "Occasions taken before, after the first", "Held-out occasions taken, mean")


@dataclass(frozen=True)
class Occasions:
    """Occasions of equal length, the last one ending on the day asked for, and who took which."""

    known: pd.DataFrame
    after: pd.Series  # occasions held out that each customer took
    days: int
    held_out: int

    @cached_property
    def fitted(self) -> ModelFit:
        """The BG/BB model of the known occasions."""
        return fit_bgbb(self.known)

    def coming(self, ahead: int) -> ComingOccasions:
        """Say how many of the coming occasions customers are expected to take, and who is still there."""
        what = f"the next {numbers.plural(ahead, 'occasion')} of {numbers.plural(self.days, 'day')}"
        fitted = self.fitted
        if fitted.parameters is None:
            reason = f"the {fitted.model} model cannot be fitted: {fitted.reason}"
            return ComingOccasions(
                reason=f"What customers take of {what} cannot be said: {reason}",
                coming_occasions=unknown("coming_occasions", "count", reason),
            )
        rows = self.known.groupby(["taken", "last", "offered"]).size().reset_index(name="customers")
        *seen, many = rows.to_numpy(float).T
        expected, low, high = expected_occasions(fitted.parameters, ahead, *seen), None, None
        if fitted.identified:  # the range is that of the expectation, not of one customer's future
            drawn = [many @ expected_occasions(one, ahead, *seen) for one in laplace_draws(fitted, DRAWS, SEED)]
            low, high = np.quantile(drawn, [0.025, 0.975]).tolist()
        group, labels = taken_classes(rows["taken"].to_numpy(), 1)
        each = {"Still there": p_alive(fitted.parameters, *seen), "Expected, each": expected}
        sums = pd.DataFrame({"Customers": many} | {name: many * one for name, one in each.items()}).groupby(group).sum()
        by_taken = sums.assign(**{name: sums[name] / sums["Customers"] for name in each})
        by_taken.insert(0, "Taken so far, after the first", [labels[k] for k in by_taken.index])
        measure = partial(Measure, name="coming_occasions", unit="count", n=int(many.sum()), kind="gross")
        return ComingOccasions(
            coming_occasions=measure(value=float(many @ expected), low=low, high=high, no_range=fitted.no_range),
            by_taken=by_taken,
            what=what,
            model=fitted.model,
            ahead=ahead,
        )

    def checked(self) -> OccasionCheck:
        """Predict the held-out occasions with the BG/BB, with the BG/NBD on the same rows, and without a model."""
        # The BG/NBD reads the rows as continuous time and knows no ceiling of one purchase for each occasion. Whether
        # one is closer is judged by the squared miss per customer, in pairs: bootstrap-t range of the mean difference
        known, after, ahead = self.known, self.after.to_numpy(float), self.held_out
        if len(known) < FEWEST:
            return OccasionCheck(reason=f"fewer than {FEWEST} customers")
        if not after.sum():
            return OccasionCheck(reason="nobody took a held-out occasion")
        taken, last, offered = known[["taken", "last", "offered"]].to_numpy(float).T
        rows = {"frequency": taken, "recency": last, "age": offered, "mean_spend": np.nan}
        discrete, continuous = self.fitted, fit_bgnbd(pd.DataFrame(rows, index=known.index))
        if discrete.parameters is None or continuous.parameters is None:
            reason = (discrete if discrete.parameters is None else continuous).sentence
            return OccasionCheck(reason=reason[0].lower() + reason[1:])
        by_occasions = expected_occasions(discrete.parameters, ahead, taken, last, offered)
        by_time = predict(continuous, float(ahead), taken, last, offered)
        expected = pd.DataFrame({"BG/BB": by_occasions, "BG/NBD": by_time, NAIVE: ahead * taken / offered})
        miss = expected.sub(after, axis=0) ** 2
        apart = mean_bootstrap_t(miss["BG/NBD"] - miss["BG/BB"], draws=RESAMPLES, seed=SEED)
        closer = ""
        if apart.low is not None and apart.high is not None and apart.low * apart.high > 0:
            closer = "BG/BB" if apart.low > 0 else "BG/NBD"
        table = pd.DataFrame({"Expected": expected.sum(), "Came": after.sum()})
        table["Expected / came"] = table["Expected"] / table["Came"]
        table["Typical miss per customer"] = np.sqrt(miss.mean())
        table["Most expected of one customer"] = expected.max()
        group, labels = taken_classes(known["taken"].to_numpy(), FEWEST)
        each = expected.assign(actual=after).groupby(group)
        own, other, _ = table["Expected / came"].tolist()
        ratio = partial(Measure, unit="ratio", n=len(known))
        return OccasionCheck(
            occasions_ratio=ratio(name="occasions_ratio", value=own),
            occasions_bgnbd_ratio=ratio(name="occasions_bgnbd_ratio", value=other),
            forecasts=table.reset_index(names="Forecast"),
            by_taken=each.mean().assign(error=each["actual"].sem(), label=lambda rows: [labels[k] for k in rows.index]),
            closer=closer,
            held_out=ahead,
            days=self.days,
        )


def occasions_taken(transactions: pd.DataFrame, as_of: pd.Timestamp, days: int, held_out: int = 0) -> Occasions:
    """Cut time into occasions and say of each customer which ones were taken.

    Parameters
    ----------
    transactions : ``customer_id``, ``ordered_on``, ``amount``; a full refund takes its occasion back
    as_of, days : last day, and length of an occasion: that of the business (a monthly box, a yearly appeal)
    held_out : number of last occasions that are not known, but counted for comparison

    Returns
    -------
    Occasions
        Customers whose first occasion is the last known one have been offered none since and are left out. Orders
        that span fewer than two known occasions are refused.
    """
    orders, day = Orders.of(transactions), as_of.normalize()
    before, later = (  # what is given back in the held-out time is not known before
        rows.assign(back=(day - rows["ordered_on"]).dt.days // days)[["customer_id", "back"]].drop_duplicates()
        for rows in (orders.kept_rows(day - pd.Timedelta(days=days * held)) for held in (held_out, 0))
    )
    total = int(max(before["back"].max(), later["back"].max())) + 1 if len(before) else 0
    if total - held_out < 2:
        raise Refusal(
            f"The orders span {numbers.plural(total, 'occasion')} of {numbers.plural(days, 'day')}, of which "
            f"{held_out} are held out. Whether a customer comes back cannot be seen in fewer than two. Take shorter "
            "occasions, hold out fewer, or wait."
        )
    final = total - 1 - held_out
    number = (total - 1 - before["back"]).groupby(before["customer_id"])
    known = pd.DataFrame({"first": number.min(), "taken": number.size() - 1, "last": number.max()})
    known["last"] -= known["first"]
    known["offered"] = final - known["first"]
    known = known[known["offered"] > 0]
    after = later["customer_id"][later["back"] < held_out].value_counts()
    after = after.reindex(known.index).fillna(0).astype(int).rename("after")
    return Occasions(known, after, days, held_out)
