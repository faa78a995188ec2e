"""When customers first refer somebody, whether or not that person comes."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.network.forest.growth import FEWEST, MARKS, SINCE, YEAR, risen
from scrm_helpers.stats.intervals import normal_quantile


class TimeToRefer(Answer):
    """Share of customers who have referred, by days since joining."""

    ABSENT = "When customers first refer cannot be computed: {reason}."

    population: str = "customers"
    window: str = SINCE
    within_year: Measure = unknown("referred_within_year", "share")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # ``days``, ``share``, ``low``, ``high``
    marks: pd.DataFrame = field(default_factory=pd.DataFrame)  # the curve at round numbers of days
    referred: int = 0  # customers who have referred somebody
    median_days: float = 0.0  # half of those who referred did so within these days

    def words(self) -> Words:
        n = numbers.plural(self.within_year.n or 0, "customer")
        title, rest = f"{numbers.count(self.referred)} of {n} have referred somebody", "."
        if self.within_year.value is not None:
            title = (
                f"{numbers.percent(self.within_year.value)} of the customers refer somebody within a year of joining"
            )
            rest = (
                f" (95% range {numbers.span(self.within_year, numbers.percent)}), whether or not the person "
                f"comes; of those who have, half did within {numbers.count(self.median_days)} days."
            )
        by_day = [f"{numbers.percent(row['share'])} by day {row['days']}" for row in self.marks.to_dict("records")]
        names = ["Days since joining", "Have referred", "95% range low", "95% range high", "Still observed"]
        return Words(
            sentence=title + rest,
            table=self.marks.set_axis(names, axis=1),
            formats=dict(zip(names, ("count", "percent", "percent", "percent", "count"), strict=True)),
            title=title,
            caption="Customers who have referred, by time since joining",
            note=f"n = {n}, {numbers.count(self.referred)} of whom referred. Band: 95% interval (Kaplan-Meier).",
            alt=f"A rising curve of the share of customers who have referred: {'; '.join(by_day)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = risen(style.axes_for(ax, height=2.9), self.curve, "share", numbers.percent)
        ax.set_ylabel("Have referred somebody")
        ax.yaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0))
        return ax


def time_to_refer(referrals: pd.DataFrame, customers: pd.DataFrame, terms: Terms) -> TimeToRefer:
    """Estimate when customers first refer somebody, whether or not that person comes.

    Parameters
    ----------
    referrals : pandas.DataFrame, ``referrer_id``, ``referred_id``, ``referred_on``; self-referrals do not count
    customers : pandas.DataFrame, ``customer_id``, ``joined_on``
    terms : Terms, day of the report, until which those who have not referred are observed

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
    >>> nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    >>> time_to_refer(nobody, people, Terms(pd.Timestamp("2026-09-30"))).sentence
    'When customers first refer cannot be computed: only 1 customer is known, and 20 are needed.'
    """
    when = terms.as_of
    known = customers[customers["joined_on"] <= when].set_index("customer_id")["joined_on"]
    made = referrals[(referrals["referrer_id"] != referrals["referred_id"]) & (referrals["referred_on"] <= when)]
    first = made.groupby("referrer_id")["referred_on"].min().reindex(known.index)
    referred, n, reason = first.notna().to_numpy(), len(known), ""
    if n < FEWEST:
        verb = "is" if n == 1 else "are"
        reason = f"only {numbers.plural(n, 'customer')} {verb} known, and {FEWEST} are needed"
    elif not referred.any():
        reason = "no customer has referred anybody yet"
    if reason:
        return TimeToRefer(reason=reason, within_year=unknown("referred_within_year", "share", reason, n))
    days = np.maximum((first.fillna(when) - known).dt.days.to_numpy(), 0)
    curve = _kaplan_meier(days, referred)
    marks = pd.DataFrame({"days": [mark for mark in MARKS if mark <= curve["days"].iloc[-1]]})
    at = np.searchsorted(curve["days"], marks["days"], side="right") - 1
    marks[["share", "low", "high"]] = curve[["share", "low", "high"]].to_numpy()[at]
    marks["observed"] = [int((days >= mark).sum()) for mark in marks["days"]]
    within_year = unknown("referred_within_year", "share", "no customer was observed for a year", n)
    if YEAR in marks["days"].tolist():
        value, low, high = marks.loc[marks["days"] == YEAR, ["share", "low", "high"]].to_numpy()[0].tolist()
        within_year = Measure(name="referred_within_year", value=value, unit="share", n=n, low=low, high=high)
    return TimeToRefer(
        within_year=within_year,
        curve=curve,
        marks=marks,
        referred=int(referred.sum()),
        median_days=float(np.median(days[referred])),
    )


def _kaplan_meier(days: np.ndarray, event: np.ndarray) -> pd.DataFrame:
    """Return the curve at day 0 and at each day with an event, while at least 20 people are still observed."""
    from statsmodels.duration.survfunc import SurvfuncRight

    found = SurvfuncRight(days, event.astype(np.int64))
    shown = found.n_risk >= FEWEST
    still = found.surv_prob[shown]
    with np.errstate(divide="ignore", invalid="ignore"):
        error = normal_quantile(0.95) * found.surv_prob_se[shown] / (still * np.abs(np.log(still)))
        low, high = 1 - still ** np.exp(-error), 1 - still ** np.exp(error)
    curve = pd.DataFrame(
        {"days": [0, *found.surv_times[shown]], "share": [0.0, *(1 - still)], "low": [0.0, *low], "high": [0.0, *high]}
    )
    # once everybody has referred the formula has no value: the share is not below what it was before, nor above one
    return curve.assign(low=curve["low"].ffill(), high=curve["high"].fillna(1.0))
