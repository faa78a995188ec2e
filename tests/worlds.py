"""Small worlds with known truth: what a method says about them can be checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, logit, ndtr

START = pd.Timestamp("2024-01-01")
SHARES = np.array([2, 1, 2, 2, 3, 6, 6, 10, 22, 22, 24]) / 100  # of answers 0 to 10, as surveys usually show
RESPONSE = np.array([28, 28, 29, 30, 32, 35, 38, 42, 48, 54, 60]) / 100  # who answers, by what they would say
EVERYBODY = SHARES / RESPONSE / (SHARES / RESPONSE).sum()


@dataclass(frozen=True, kw_only=True)
class SurveyWorld:
    """A company of which the connection between answers and referrals is known.

    Parameters
    ----------
    customers, surveys, referrals : pandas.DataFrame
        Tables as a company has them.
    as_of : pandas.Timestamp
        A day on which all windows of 365 days are over.
    """

    customers: pd.DataFrame
    surveys: pd.DataFrame
    referrals: pd.DataFrame
    as_of: pd.Timestamp


def survey_world(
    n: int = 600,
    slope: float = 0.0,
    referring: float = 0.3,
    seed: int = 0,
    response: float = 1.0,
    response_slope: float = 0.0,
    before: bool = False,
) -> SurveyWorld:
    """Simulate customers who answer once and refer in the year after (or before) it.

    Parameters
    ----------
    n : int
        Customers, all invited on one day.
    slope : float
        Change of the logit of referring per point of the answer; 0 is a world without any connection.
    referring : float
        Share who refer at the mean answer, 0-1.
    seed : int
        Seed of the world.
    response : float
        Share who answer at the mean score, 0-1.
    response_slope : float
        Change of the logit of answering per point of what the answer would be.
    before : bool
        Let the referrals precede the answer instead of following it.

    Returns
    -------
    SurveyWorld

    Examples
    --------
    >>> world = survey_world(n=50, seed=1)
    >>> len(world.customers), world.surveys["score"].between(0, 10).all()
    (50, np.True_)
    """
    rng = np.random.default_rng(seed)
    ids = np.array([f"C{number:06d}" for number in range(n)])
    score = rng.choice(11, n, p=SHARES).astype(float)
    centred = score - SHARES @ np.arange(11)
    refers = rng.random(n) < _logistic(referring, slope * centred)
    answers = rng.random(n) < _logistic(response, response_slope * centred)
    answered_on = START + pd.Timedelta(days=400)
    made = np.repeat(ids[refers], rng.geometric(0.7, int(refers.sum())))
    lag = pd.to_timedelta(rng.integers(1, 366, len(made)), unit="D")
    on = answered_on - lag if before else answered_on + lag
    return SurveyWorld(
        customers=pd.DataFrame({"customer_id": ids, "joined_on": START}),
        surveys=pd.DataFrame(
            {
                "customer_id": ids,
                "invited_on": answered_on,
                "responded_on": pd.Series([answered_on] * n).where(answers),
                "score": np.where(answers, score, np.nan),
                "wave": "W1",
            }
        ),
        referrals=pd.DataFrame(
            {
                "referrer_id": made,
                "referred_id": [f"P{number:06d}" for number in range(len(made))],
                "referred_on": on,
                "converted_on": pd.Series(on).where(rng.random(len(made)) < 0.4),
            }
        ),
        as_of=answered_on + pd.Timedelta(days=365),
    )


def _logistic(share: float, line: np.ndarray) -> np.ndarray:
    if share >= 1:
        return np.ones(len(line))
    return 1 / (1 + np.exp(-(np.log(share / (1 - share)) + line)))


@dataclass(frozen=True, kw_only=True)
class WavesWorld:
    """Three waves of a survey that the unhappy answer less often, and the score of everybody."""

    customers: pd.DataFrame
    surveys: pd.DataFrame
    as_of: pd.Timestamp
    truth: float


def waves_world(seed: int = 0, n: int = 2000, response: np.ndarray = RESPONSE, habit: float = 0.0) -> WavesWorld:
    """Simulate people whose mood lasts in part from wave to wave and decides, with a habit of theirs, who answers."""
    rng = np.random.default_rng(seed)
    ids, steps = np.array([f"C{number:06d}" for number in range(n)]), np.cumsum(EVERYBODY)[:-1]
    lasting, own = rng.standard_normal(n), habit * rng.standard_normal(n)
    waves = []
    for wave, share in enumerate((0.4, 0.7, 1.0)):
        mood = np.sqrt(0.6) * lasting + np.sqrt(0.4) * rng.standard_normal(n)
        score = np.searchsorted(steps, ndtr(mood), side="right")
        answers = rng.random(n) < expit(logit(response[score]) + own)
        invited = (np.arange(n) < share * n) & (rng.random(n) < 0.8)
        day = START + pd.Timedelta(days=300 * (wave + 1))
        waves.append(
            pd.DataFrame(
                {
                    "customer_id": ids[invited],
                    "wave": f"W{wave + 1}",
                    "invited_on": day,
                    "score": np.where(answers, score, np.nan)[invited],
                }
            ).assign(responded_on=lambda frame, day=day: frame["score"].mask(frame["score"].notna(), 1).map({1: day}))
        )
    truth = 100 * (EVERYBODY[9:].sum() - EVERYBODY[:7].sum())
    customers = pd.DataFrame({"customer_id": ids, "joined_on": START})
    return WavesWorld(customers=customers, surveys=pd.concat(waves), as_of=START + pd.Timedelta(days=1300), truth=truth)
