"""Who will refer next? The average customer's rate, moved by the person's own record and by the answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.advocacy.score.nps import latest_answers
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.stats.counts import dispersion
from scrm_helpers.stats.fits import maximise

AIC = 2.0  # a parameter must raise twice the log-likelihood by more than this to be kept


@dataclass(frozen=True, kw_only=True)
class ReferralModel:
    """A model of one line: days x average rate x what the own record adds x what the answer adds."""

    rate: float = np.nan  # referrals per day of the average customer
    record_weight: float = np.nan
    answer_constant: float = np.nan
    answer_slope: float = np.nan
    silent_factor: float = np.nan  # factor for a person who never answered
    dispersion: float = np.nan
    reason: str = ""  # why there is no model; empty when there is one

    @property
    def line(self) -> str:
        """The model as one line that a reader can check with a pocket calculator."""
        if self.reason:
            return f"There is no model: {self.reason}."
        start, step = np.exp(self.answer_constant), np.exp(self.answer_slope)
        weight, record = f"{self.record_weight:.2f}", ""
        if self.record_weight:
            seen = f"{self.rate:.5f} x days as a customer"
            record = f" x (1 + {weight} x referrals so far) / (1 + {weight} x {seen})"
        return (
            f"expected referrals = days ahead x {self.rate:.5f}{record} x factor of the answer, which is "
            f"{start:.2f} x {step:.3f}^answer, or {self.silent_factor:.2f} without one"
        )

    def expected(self, history: pd.DataFrame, days: float) -> NDArray:
        """Return the expected number of referrals of each person in the next `days`."""
        if self.reason:
            raise Refusal(f"There is no model: {self.reason}.")
        score = history["score"].to_numpy(float)
        factor = np.exp(self.answer_constant + self.answer_slope * score)
        own = _own_rate(history, self.rate, self.record_weight)
        return days * own * np.where(np.isnan(score), self.silent_factor, factor)

    def ranking(self, history: pd.DataFrame) -> pd.Series:
        """Return what people are ranked by, one number each; without a model nobody comes before anybody."""
        values = np.zeros(len(history)) if self.reason else self.expected(history, 1.0)
        return pd.Series(values, index=history.index)

    def chance(self, history: pd.DataFrame, days: float) -> NDArray:
        """Return the probability that each person refers at least once in the next `days`."""
        mean = self.expected(history, days)
        if self.dispersion < 1e-9:
            return 1 - np.exp(-mean)
        own = self.dispersion / (1 + self.record_weight * history["past"].to_numpy(float))
        return 1 - (1 + own * mean) ** (-1 / own)


def referral_history(
    customers: pd.DataFrame, surveys: pd.DataFrame, referrals: pd.DataFrame, cut: pd.Timestamp, window_days: int = 365
) -> pd.DataFrame:
    """Describe every customer as of a day, and what the customer did in the window after it.

    Parameters
    ----------
    customers : pandas.DataFrame
        ``customer_id``, ``joined_on``.
    surveys : pandas.DataFrame
        The table ``surveys``.
    referrals : pandas.DataFrame
        The table ``referrals``.
    cut : pandas.Timestamp
        The day; everything up to and including it is known, everything after it is future.
    window_days : int
        Length of the future window in days.

    Returns
    -------
    pandas.DataFrame
        Indexed by ``customer_id``, one row per customer who joined before the cut: ``past``, ``days_observed``,
        ``score`` (latest answer so far), ``future`` (referrals in the window).

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    One function splits by date, so that no feature can look ahead.
    """
    known = customers.loc[(customers["joined_on"] < cut).to_numpy(), ["customer_id", "joined_on"]]
    people = known.set_index("customer_id")
    if not people.index.is_unique:
        people = people[~people.index.duplicated()]
    made = referrals.loc[referrals["referrer_id"] != referrals["referred_id"], ["referrer_id", "referred_on"]]
    who = people.index.get_indexer(pd.Index(made["referrer_id"]))
    on = made["referred_on"].to_numpy()
    end = cut + pd.Timedelta(days=window_days)
    before, after = (who >= 0) & (on <= cut), (who >= 0) & (on > cut) & (on <= end)
    answers = latest_answers(surveys, cut).set_index("customer_id")["score"]
    return pd.DataFrame(
        {
            "past": np.bincount(who[before], minlength=len(people)),
            "days_observed": (cut - people["joined_on"]).dt.days.to_numpy(float),
            "score": answers.reindex(people.index).to_numpy(float),
            "future": np.bincount(who[after], minlength=len(people)),
        },
        index=people.index,
    )


def referrals_after(referrals: pd.DataFrame, cut: pd.Timestamp, window_days: int = 365) -> pd.DataFrame:
    """Return the referrals made in the window after a day, self-referrals left out.

    Parameters
    ----------
    referrals : pandas.DataFrame
        The table ``referrals``.
    cut : pandas.Timestamp
        The day; what happened on it is past.
    window_days : int
        Length of the window in days.

    Returns
    -------
    pandas.DataFrame
    """
    made = referrals[referrals["referrer_id"] != referrals["referred_id"]]
    on = made["referred_on"]
    return made[(on > cut) & (on <= cut + pd.Timedelta(days=window_days))]


def fit_referral_model(history: pd.DataFrame, window_days: int = 365) -> ReferralModel:
    """Fit the model of one line on a window that is over.

    Parameters
    ----------
    history : pandas.DataFrame
        From :func:`referral_history`, at a cut whose window is over.
    window_days : int
        Length of that window in days.

    Returns
    -------
    ReferralModel

    Notes
    -----
    Empirical Bayes: with gamma-distributed rates of shape k, the posterior mean rate of somebody with x referrals in t
    days is ``m (1 + x/k) / (1 + m t/k)``. The weight ``1/k`` is not taken from how much people differ in the past but
    from how much of it came back in the window, by Poisson quasi-likelihood; it is kept only where it improves the
    fit. The factor of the answer is fitted on top, for which eleven sums suffice.

    Examples
    --------
    >>> fit_referral_model(pd.DataFrame({"past": [0], "days_observed": [9.0], "score": [7.0], "future": [0]})).reason
    'nobody referred in the window'
    """
    future, score = history["future"].to_numpy(float), history["score"].to_numpy(float)
    if not future.sum():
        return ReferralModel(reason="nobody referred in the window")
    rate = float(future.sum() / (window_days * len(future)))
    weight = _record_weight(history, rate)
    offset = window_days * _own_rate(history, rate, weight)
    silent = np.isnan(score)
    silent_factor = float(future[silent].sum() / offset[silent].sum()) if silent.any() else 1.0
    constant, slope, reason = _answer_factor(score[~silent], future[~silent], offset[~silent])
    if reason:
        return ReferralModel(reason=reason)
    plain = ReferralModel(
        rate=rate,
        record_weight=weight,
        answer_constant=constant,
        answer_slope=slope,
        silent_factor=silent_factor,
        dispersion=0.0,
    )
    mean = np.maximum(plain.expected(history, window_days), 1e-9)
    known = 1 / (1 + weight * history["past"].to_numpy(float))
    return replace(plain, dispersion=dispersion(future, mean, known))


def _own_rate(history: pd.DataFrame, rate: float, weight: float) -> NDArray:
    past, observed = history["past"].to_numpy(float), history["days_observed"].to_numpy(float)
    return rate * (1 + weight * past) / (1 + weight * rate * observed)


def _record_weight(history: pd.DataFrame, rate: float) -> float:
    from scipy.optimize import minimize_scalar

    future = history["future"].to_numpy(float)

    def loss(log_weight: float) -> float:
        own = _own_rate(history, rate, float(np.exp(log_weight)))
        return -float(future @ np.log(own / own.sum()))

    found = minimize_scalar(loss, bounds=(-6.0, 4.0), method="bounded", options={"xatol": 1e-3})
    without = float(future.sum() * np.log(len(future)))
    spread = max(float(future.var() / future.mean()), 1.0)  # counts vary more than Poisson, so evidence weighs less
    return float(np.exp(found.x)) if 2 * (without - found.fun) / spread > AIC else 0.0


def _answer_factor(score: NDArray, future: NDArray, offset: NDArray) -> tuple[float, float, str]:
    codes = score.astype(int)
    made, expected = np.bincount(codes, future, minlength=11), np.bincount(codes, offset, minlength=11)
    answer = np.arange(11.0)
    if not made.sum():
        return 0.0, 0.0, "nobody who answered referred"
    if (expected > 0).sum() < 2:
        return float(np.log(made.sum() / expected.sum())), 0.0, ""
    centre = float(made @ answer / made.sum())
    used = expected > 0

    def likelihood(point: NDArray) -> float:
        line = point[0] + point[1] * (answer[used] - centre)
        return float(made[used] @ line - expected[used] @ np.exp(line))

    start = [float(np.log(made.sum() / expected.sum())), 0.0]
    fit = maximise(likelihood, start, ("constant", "slope"), len(score))
    if not fit.ok:
        return 0.0, 0.0, fit.reason
    return fit["constant"] - fit["slope"] * centre, fit["slope"], ""
