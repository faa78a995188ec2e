"""Teams, never persons: which are large enough, whether their means differ, and what red tape goes with."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.ledger.flows import as_quarter

SMALLEST_TEAM = 7


def large_teams(employees: pd.DataFrame, smallest: int = SMALLEST_TEAM) -> tuple[pd.DataFrame, str]:
    """Keep the rows of teams with enough answers, and say how many were left out."""
    kept = employees[employees["n"] >= smallest]
    kept = kept.assign(quarter=as_quarter(kept["quarter"]).astype(str))  # text whose order is that of time
    kept = kept.sort_values(["team", "quarter"], kind="stable").reset_index(drop=True)
    if kept.empty:
        raise Refusal(
            f"No team has {smallest} or more answers, so nothing can be shown without showing persons. Merge teams or "
            "wait for more answers."
        )
    gone = len(employees) - len(kept)
    return (
        kept,
        f"; {numbers.plural(gone, 'team and quarter', 'teams and quarters')} with fewer than {smallest} answers left "
        "out"
        if gone
        else "",
    )


def answered(employees: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Keep the rows in which all of some columns are filled."""
    absent = [name for name in columns if name not in employees]
    if absent:
        raise Refusal(f"The table employees has no {' and no '.join(absent)}. Add what was asked or counted.")
    rows = employees.dropna(subset=list(columns))
    if rows.empty:
        raise Refusal(f"The table employees has no row with {' and '.join(columns)}. Fill them in.")
    return rows


def icc(values: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Intraclass correlations ICC(1) and ICC(2) from a one-way analysis of variance."""
    frame = pd.DataFrame({"value": values, "group": groups})
    size, mean = frame.groupby("group")["value"].size(), frame.groupby("group")["value"].mean()
    teams, rows = len(size), len(frame)
    if teams < 2 or rows <= teams:
        return math.nan, math.nan
    between = float((size * (mean - frame["value"].mean()) ** 2).sum() / (teams - 1))
    within = float(((frame["value"] - frame["group"].map(mean)) ** 2).sum() / (rows - teams))
    k = (rows - float((size**2).sum()) / rows) / (teams - 1)
    if between == 0:
        return 0.0, 0.0
    return (between - within) / (between + (k - 1) * within), (between - within) / between


@dataclass(frozen=True, kw_only=True)
class AggregationGate(Result):
    """Whether team means of a measure may be compared at all."""

    icc1: float
    icc2: float
    passed: bool


def aggregation_gate(
    employees: pd.DataFrame, measure: str = "engagement_mean", *, floor: float = 0.6
) -> AggregationGate:
    """Check that a team mean says something about the team and not about the quarter it was taken in.

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees``.
    measure : str
        Column to check.
    floor : float
        Least reliability ICC(2) of a team mean.

    Returns
    -------
    AggregationGate

    Notes
    -----
    The table holds team means, never persons, so the repeated measures are the quarters of a team.
    """
    rows, left = large_teams(answered(employees, measure))
    one, two = icc(rows[measure].to_numpy(dtype=float), rows["team"].to_numpy())
    passed = two >= floor
    words = measure.replace("_mean", "").replace("_", " ")
    return AggregationGate(
        sentence=(
            f"Team means of {words} can be told apart (reliability {numbers.decimal(two)}; {numbers.percent(one)} of "
            "the variance lies between teams)."
            if passed
            else f"Team means of {words} cannot be told apart (reliability {numbers.decimal(two)}, below {floor}): no "
            "team score is shown."
        ),
        table=pd.DataFrame(
            {"Measure": [words], "Between teams, ICC(1)": [one], "Reliability of a team mean, ICC(2)": [two]}
        ),
        formats={"Between teams, ICC(1)": "percent", "Reliability of a team mean, ICC(2)": "decimal"},
        caption="May team means be compared?",
        note=f"n = {rows['team'].nunique()} teams, {rows['quarter'].nunique()} quarters{left}.",
        measures=(
            Measure(
                name=f"reliability_{words.replace(' ', '_')}",
                value=two if two == two else None,
                unit="ratio",
                reason="" if two == two else "too few teams",
            ),
        ),
        icc1=one,
        icc2=two,
        passed=passed,
    )


@dataclass(frozen=True, kw_only=True)
class RedTape(Result):
    """Within-team relation of perceived red tape with participation and the days an idea takes."""

    slope: float
    low: float
    high: float


def red_tape(employees: pd.DataFrame) -> RedTape:
    """Relate red tape to participation within teams: more of it than usual, fewer volunteers than usual?

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees`` with ``red_tape_mean``, ``offered`` and ``volunteered``.

    Returns
    -------
    RedTape

    Notes
    -----
    Deviations from the team's mean and the quarter's mean, so that neither good teams nor good quarters drive it;
    errors clustered by team. A relation, not an effect: nobody drew lots for red tape.
    """
    from scipy.stats import t as student

    rows, left = large_teams(answered(employees, "red_tape_mean", "offered", "volunteered"))
    rows = rows[rows["offered"] > 0]
    y, x = (_within(values, rows) for values in (rows["volunteered"] / rows["offered"], rows["red_tape_mean"]))
    codes, teams = pd.factorize(rows["team"])
    size = float(x @ x)
    if len(teams) < 2 or not size > 1e-12 * len(x):
        raise Refusal(
            "Red tape does not vary within teams, or there are fewer than two of them, so it cannot be related to "
            "participation. Ask in more quarters or teams."
        )
    slope = float(x @ y) / size
    by_team = np.bincount(codes, x * (y - slope * x))
    error = math.sqrt(float(by_team @ by_team) * len(teams) / (len(teams) - 1)) / size
    reach = float(student.ppf(0.975, len(teams) - 1)) * error
    low, high = slope - reach, slope + reach
    write = lambda value: numbers.points(100 * value, 1)  # noqa: E731 - percentage points
    shown = low > 0 or high < 0
    return RedTape(
        sentence=(
            "Where red tape is one point above a team's usual, participation is "
            f"{numbers.decimal(100 * abs(slope), 1)} percentage points {'lower' if slope < 0 else 'higher'} (95% "
            f"range {numbers.interval(low, high, write)}). A relation, not an effect."
            if shown
            else f"No relation of red tape with participation can be shown within teams ({write(slope)} percentage "
            f"points, 95% range {numbers.interval(low, high, write)})."
        ),
        table=pd.DataFrame(
            {
                "Relation": ["Participation per point of red tape"],
                "Slope, percentage points": [100 * slope],
                "95% range low": [100 * low],
                "95% range high": [100 * high],
            }
        ),
        formats=dict.fromkeys(["Slope, percentage points", "95% range low", "95% range high"], "decimal1"),
        caption="Red tape and participation within teams",
        note=f"n = {len(teams)} teams, {len(rows)} team-quarters{left}; errors clustered by team.",
        measures=(Measure(name="red_tape_slope", value=slope, unit="share", n=len(teams), low=low, high=high),),
        slope=slope,
        low=low,
        high=high,
    )


def _within(values: pd.Series, rows: pd.DataFrame) -> np.ndarray:
    team, quarter = values.groupby(rows["team"]).transform("mean"), values.groupby(rows["quarter"]).transform("mean")
    return (values - team - quarter + values.mean()).to_numpy()
