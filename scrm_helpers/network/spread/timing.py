"""How long after joining customers begin to refer, those counted who have not referred yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 20
MARKS = (30, 90, 180, 365, 730)
Z = 1.959963984540054


@dataclass(frozen=True, kw_only=True)
class TimeToRefer(Result):
    """Share of customers who have referred, by days since joining."""

    curve: pd.DataFrame  # ``days``, ``share``, ``low``, ``high``, ``at_risk``

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rising share as steps, with the band of its 95 % interval."""
        ax = style.axes_for(ax, height=2.9)
        curve = self.curve
        ax.fill_between(curve["days"], curve["low"], curve["high"], step="post", color=style.RULE)
        ax.step(curve["days"], curve["share"], where="post", color=style.BLUE, linewidth=1.6)
        last = curve.iloc[-1]
        ax.annotate(
            f" {numbers.percent(last['share'])}", (last["days"], last["share"]), color=style.BLUE, va="center", size=9
        )
        ax.set_xlabel("Days since joining")
        ax.set_ylabel("Have referred somebody")
        ax.set_xlim(0, float(last["days"]) * 1.08)
        ax.set_ylim(0, max(float(curve["high"].max()) * 1.1, 0.02))
        ax.yaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0))
        return ax


def time_to_refer(referrals: pd.DataFrame, customers: pd.DataFrame, as_of: str | pd.Timestamp) -> TimeToRefer:
    """Estimate when customers first refer somebody, whether or not that person comes.

    Parameters
    ----------
    referrals : pandas.DataFrame
        ``referrer_id``, ``referred_id``, ``referred_on``; self-referrals do not count.
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    as_of : str or Timestamp
        Day of the report: customers who have not referred by then are counted as long as they were observed.

    Returns
    -------
    TimeToRefer

    Notes
    -----
    Kaplan and Meier (1958), one minus the curve; interval by Greenwood's variance on the log-log scale. The curve ends
    where fewer than 20 customers are still observed. Referrals made before joining count as day 0.

    Examples
    --------
    >>> people = pd.DataFrame({"customer_id": ["A"], "joined_on": pd.to_datetime(["2026-01-01"])})
    >>> nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": []})
    >>> time_to_refer(nobody, people, "2026-09-30").sentence
    'When customers first refer cannot be computed: only 1 customer is known, and 20 are needed.'
    """
    when = pd.Timestamp(as_of)
    known = customers[customers["joined_on"] <= when].set_index("customer_id")["joined_on"]
    if len(known) < FEWEST:
        plural = numbers.plural(len(known), "customer")
        return _missing(
            f"only {plural} {'is' if len(known) == 1 else 'are'} known, and {FEWEST} are needed", len(known)
        )
    made = referrals[(referrals["referrer_id"] != referrals["referred_id"]) & (referrals["referred_on"] <= when)]
    first = made.groupby("referrer_id")["referred_on"].min().reindex(known.index)
    referred = first.notna().to_numpy()
    days = np.maximum((first.fillna(when) - known).dt.days.to_numpy(), 0)
    if not referred.any():
        return _missing("no customer has referred anybody yet", len(known))
    curve = _kaplan_meier(days, referred)
    return _worded(curve, len(known), int(referred.sum()), days, referred)


def _kaplan_meier(days: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Return the curve at day 0 and at each day with an event, while at least 20 people are still observed."""
    from statsmodels.duration.survfunc import SurvfuncRight

    found = SurvfuncRight(days, event.astype(np.int64))
    shown = found.n_risk >= FEWEST
    still = found.surv_prob[shown]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = Z * found.surv_prob_se[shown] / (still * np.abs(np.log(still)))
        low, high = 1 - still ** np.exp(-error), 1 - still ** np.exp(error)
    curve = pd.DataFrame(
        {
            "days": [0, *found.surv_times[shown]],
            "share": [0.0, *(1 - still)],
            "low": [0.0, *low],
            "high": [0.0, *high],
            "at_risk": [len(days), *found.n_risk[shown]],
        }
    )
    # once everybody has referred the formula has no value: the share is not below what it was before, nor above one
    return curve.assign(low=curve["low"].ffill(), high=curve["high"].fillna(1.0))


def _worded(curve: pd.DataFrame, n: int, events: int, days: np.ndarray, referred: np.ndarray) -> TimeToRefer:
    last = int(curve["days"].iloc[-1])
    marks = [mark for mark in MARKS if mark <= last]
    at = [curve[curve["days"] <= mark].iloc[-1] for mark in marks]
    table = pd.DataFrame(
        {
            "Days since joining": marks,
            "Have referred": [row["share"] for row in at],
            "95% range low": [row["low"] for row in at],
            "95% range high": [row["high"] for row in at],
            "Still observed": [int((days >= mark).sum()) for mark in marks],
        }
    )
    middle = float(np.median(days[referred]))
    year = next((row for mark, row in zip(marks, at, strict=True) if mark == 365), None)
    if year is None:
        sentence = f"{numbers.count(events)} of {numbers.plural(n, 'customer')} have referred somebody."
        measure = Measure(
            name="referred_within_year", value=None, unit="share", n=n, reason="no customer was observed for a year"
        )
    else:
        span = numbers.interval(year["low"], year["high"], numbers.percent)
        sentence = (
            f"{numbers.percent(year['share'])} of the customers refer somebody within a year of joining (95% range "
            f"{span}), whether or not the person comes; of those who have, half did within "
            f"{numbers.count(middle)} days."
        )
        low, high = float(year["low"]), float(year["high"])
        measure = Measure(
            name="referred_within_year", value=float(year["share"]), unit="share", n=n, low=low, high=high
        )
    title = sentence.split(" (95%")[0].split(", whether")[0].rstrip(".")
    return TimeToRefer(
        sentence=sentence,
        table=table,
        title=title,
        caption="Customers who have referred, by time since joining",
        note=(
            f"n = {numbers.plural(n, 'customer')}, {numbers.count(events)} of whom referred. Band: 95% interval "
            "(Kaplan-Meier)."
        ),
        alt=(
            f"A rising curve of the share of customers who have referred: "
            f"{'; '.join(f'{numbers.percent(row.share)} by day {mark}' for mark, row in zip(marks, at, strict=True))}."
        ),
        formats={
            "Days since joining": "count",
            "Have referred": "percent",
            "95% range low": "percent",
            "95% range high": "percent",
            "Still observed": "count",
        },
        measures=(measure,),
        curve=curve,
    )


def _missing(reason: str, n: int) -> TimeToRefer:
    return TimeToRefer(
        sentence=f"When customers first refer cannot be computed: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="referred_within_year", value=None, unit="share", n=n, reason=reason),),
        curve=pd.DataFrame(),
    )
