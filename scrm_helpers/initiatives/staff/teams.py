"""Teams, never persons: which are large enough, whether their means differ, and what red tape goes with."""

import math
from collections.abc import Callable
from dataclasses import fields, replace
from functools import wraps
from typing import Any, ClassVar, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Words, numbers, unknown
from scrm_helpers.initiatives.attribution.panel import clustered, slope_of
from scrm_helpers.initiatives.ledger.flows import as_quarter

SMALLEST_TEAM = 7
LEAST_TEAMS = 6  # below it a difference between teams decides
LEAST_RELIABLE = 0.6  # ICC(2) of a team mean from which teams are compared


Given = ParamSpec("Given")
Asked = TypeVar("Asked", bound="StaffAnswer")


class StaffAnswer(Answer):
    """An answer about staff: its reason is a whole sentence."""

    ABSENT = "{reason}."
    WHAT: ClassVar[str] = ""  # cannot be shown where a question is refused

    base: str = ""  # how many teams or units, and what was left out, in words

    @classmethod
    def or_why(cls: type[Asked], question: Callable[Given, Asked]) -> Callable[Given, Asked]:
        """Let a question that is refused be answered by the reason, which its first number takes over."""

        @wraps(question)
        def asked(*given: Given.args, **named: Given.kwargs) -> Asked:
            try:
                return question(*given, **named)
            except Refusal as refused:
                first = next(((one.name, one.default) for one in fields(cls) if isinstance(one.default, Measure)), None)
                bare: dict[str, Any] = {first[0]: replace(first[1], reason=str(refused))} if first else {}
                return cls(reason=f"{cls.WHAT} cannot be shown. {refused}", **bare)

        return asked


def without_table(table: str, what: str) -> str:
    """Why something cannot be shown of a company that lacks a table."""
    return f"This company has no table {table}, so {what} cannot be shown"


def large_teams(employees: pd.DataFrame, *columns: str) -> tuple[pd.DataFrame, str]:
    """Keep the rows of teams with enough answers in which some columns are filled, and say how many were left out."""
    absent = [name for name in columns if name not in employees]
    if absent:
        raise Refusal(f"The table employees has no {' and no '.join(absent)}. Add what was asked or counted.")
    employees = employees.dropna(subset=list(columns))
    if employees.empty:
        raise Refusal(f"The table employees has no row with {' and '.join(columns)}. Fill them in.")
    kept = employees[employees["n"] >= SMALLEST_TEAM]
    kept = kept.assign(quarter=as_quarter(kept["quarter"]).astype(str))  # text whose order is that of time
    kept = kept.sort_values(["team", "quarter"], kind="stable").reset_index(drop=True)
    if kept.empty:
        raise Refusal(
            f"No team has {SMALLEST_TEAM} or more answers, so nothing can be shown without showing persons. Merge "
            "teams or wait for more answers."
        )
    gone = numbers.plural(len(employees) - len(kept), "team and quarter", "teams and quarters")
    small = f"; {gone} with fewer than {SMALLEST_TEAM} answers left out"
    return kept, small if len(kept) < len(employees) else ""


def demeaned(values: np.ndarray, units: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Take unit and period means out, in turns until they are gone; one turn is enough for a full panel."""
    left = values.astype(float)
    for _ in range(50):
        before = left
        for codes in (units, periods):
            left = left - (np.bincount(codes, left) / np.bincount(codes))[codes]
        if np.abs(left - before).max() < 1e-12 * max(1.0, float(np.abs(values).max())):
            break
    return left


def mean_of(name: str, unit: str, values: np.ndarray) -> Measure:
    """The mean of one figure for each unit with its 95 % range, and the chance of it where the truth is zero."""
    from scipy.stats import ttest_1samp

    n, value = len(values), float(values.mean())
    if not np.ptp(values) > 0:
        return unknown(name, unit, "it is the same in all units", n)
    found = ttest_1samp(values, 0.0)
    low, high = map(float, found.confidence_interval())
    return Measure(name=name, value=value, unit=unit, n=n, low=low, high=high, p=float(found.pvalue))


def change_since(name: str, unit: str, rows: pd.DataFrame, top: pd.Series, bottom: pd.Series) -> Measure:
    """How far a ratio of sums moved from the first quarter to the last, with teams as the sample, and its p-value."""
    quarters, codes = sorted(rows["quarter"].unique()), pd.factorize(rows["team"])[0]
    ends = rows["quarter"].isin([quarters[0], quarters[-1]]).to_numpy() & (bottom > 0).to_numpy()
    n = len(np.unique(codes[ends]))
    if len(quarters) < 2 or n < LEAST_TEAMS:
        why = f"it takes two quarters and {LEAST_TEAMS} teams; there are {len(quarters)} and {n}"
        return unknown(name, unit, why, n)
    weight = np.sqrt(bottom[ends].to_numpy(dtype=float))  # weighted rows: the slope is the difference of the two ratios
    last = rows["quarter"].eq(quarters[-1])[ends].to_numpy(dtype=float)
    fitted = clustered(top[ends] / weight, np.column_stack([weight, weight * last]), codes[ends])
    return slope_of(name, unit, fitted, [0, 1], n)


def icc(values: np.ndarray, groups: np.ndarray) -> tuple[float, float]:
    """Intraclass correlations ICC(1) and ICC(2) from a one-way analysis of variance."""
    by_group = pd.Series(values).groupby(groups)
    size, teams, rows = by_group.size(), by_group.ngroups, len(values)
    if teams < 2 or rows <= teams:
        return math.nan, math.nan
    between = float((size * (by_group.mean() - values.mean()) ** 2).sum() / (teams - 1))
    within = float(((values - by_group.transform("mean")) ** 2).sum() / (rows - teams))
    k = (rows - float((size**2).sum()) / rows) / (teams - 1)
    if between == 0:
        return 0.0, 0.0
    return (between - within) / (between + (k - 1) * within), (between - within) / between


class AggregationGate(StaffAnswer):
    """Whether team means of engagement may be compared at all."""

    WHAT = "Whether teams can be compared"

    reliability: Measure = unknown("reliability_engagement", "ratio")  # ICC(2)
    between: float = math.nan  # share of the variance that lies between teams, ICC(1)
    TESTED = "variance of engagement between teams beside that between the quarters of a team"
    CLAIMS = (Claim(tested=TESTED, estimate=reliability, chance=Chance(0.0, "all teams are alike")),)

    @property
    def passed(self) -> bool:
        """Whether a team mean is reliable enough to be compared."""
        reliable = (self.reliability.value or 0.0) >= LEAST_RELIABLE
        return reliable and self.tested(self.reliability.name).direction > 0

    def words(self) -> Words:
        reliability = numbers.decimal(self.reliability.value)
        formats = {"Between teams, ICC(1)": "percent", "Reliability of a team mean, ICC(2)": "decimal"}
        line = ("engagement", self.between, self.reliability.value)
        return Words(
            sentence=(
                f"Team means of engagement can be told apart (reliability {reliability}; "
                f"{numbers.percent(self.between)} of the variance lies between teams)."
                if self.passed
                else f"Team means of engagement cannot be told apart (reliability {reliability}, 95% range "
                f"{numbers.span(self.reliability, numbers.decimal)}; it takes {LEAST_RELIABLE}): no team score is "
                "shown."
            ),
            table=pd.DataFrame([line], columns=["Measure", *formats]).astype(dict.fromkeys(formats, float)),
            formats=formats,
            caption="May team means be compared?",
            note=f"n = {self.base}.",
        )


@AggregationGate.or_why
def aggregation_gate(employees: pd.DataFrame) -> AggregationGate:
    """Check that a team mean says something about the team and not about the quarter it was taken in.

    Parameters
    ----------
    employees : pandas.DataFrame, table ``employees`` with ``engagement_mean``

    Returns
    -------
    AggregationGate
    """
    from scipy.stats import f

    rows, left = large_teams(employees, "engagement_mean")
    between, reliability = icc(rows["engagement_mean"].to_numpy(dtype=float), rows["team"].to_numpy())
    name, teams, left_over = "reliability_engagement", rows["team"].nunique(), len(rows) - rows["team"].nunique()
    found = unknown(name, "ratio", "too few teams", teams)
    if math.isfinite(reliability):
        ratio = 1 / (1 - reliability) if reliability < 1 else math.inf
        law = f(teams - 1, left_over)
        low, high = (float(1 - law.ppf(edge) / ratio) for edge in (0.975, 0.025))
        found = replace(found, value=reliability, low=low, high=high, p=float(law.sf(ratio)))
    return AggregationGate(
        population="teams large enough to be shown",
        window=quarters_of(rows),
        reliability=found,
        between=between,
        base=f"{rows['team'].nunique()} teams, {rows['quarter'].nunique()} quarters{left}",
    )


class RedTape(StaffAnswer):
    """Within-team relation of perceived red tape with participation."""

    WHAT = "Red tape beside participation"

    slope: Measure = unknown("red_tape_slope", "share")
    TESTED = "participation beside red tape, both against the usual of the team and of the quarter"
    CLAIMS = (Claim(tested=TESTED, estimate=slope, chance=Chance(0.0, "no relation within teams"), grade="D"),)

    def words(self) -> Words:
        in_points = [100 * part for part in (self.slope.value or 0.0, *self.slope.ends)]
        write = lambda value: numbers.points(value, 1)  # noqa: E731 - percentage points
        ends = numbers.interval(in_points[1], in_points[2], write)
        heads = ["Slope, percentage points", "95% range low", "95% range high"]
        return Words(
            sentence=(
                "Where red tape is one point above a team's usual, participation is "
                f"{numbers.decimal(abs(in_points[0]), 1)} percentage points "
                f"{'lower' if in_points[0] < 0 else 'higher'} (95% range {ends}). A relation, not an effect."
                if self.tested(self.slope.name).direction
                else f"No relation of red tape with participation can be shown within teams ({write(in_points[0])} "
                f"percentage points, 95% range {ends})."
            ),
            table=pd.DataFrame([("Participation per point of red tape", *in_points)], columns=["Relation", *heads]),
            formats=dict.fromkeys(heads, "decimal1"),
            caption="Red tape and participation within teams",
            note=f"n = {self.base}; mean of the teams' own slopes, teams as the sample.",
        )


@RedTape.or_why
def red_tape(employees: pd.DataFrame) -> RedTape:
    """Relate red tape to participation within teams: more of it than usual, fewer volunteers than usual?

    Parameters
    ----------
    employees : pandas.DataFrame, table ``employees`` with ``red_tape_mean``, ``offered`` and ``volunteered``

    Returns
    -------
    RedTape

    Notes
    -----
    Deviations from the team's mean and the quarter's mean; mean of the teams' slopes (Ibragimov and Mueller 2010).
    """
    rows, left = large_teams(employees, "red_tape_mean", "offered", "volunteered")
    rows = rows[rows["offered"] > 0]
    (codes, teams), quarters = pd.factorize(rows["team"]), pd.factorize(rows["quarter"])[0]
    pair = (rows["volunteered"] / rows["offered"], rows["red_tape_mean"])
    y, x = (demeaned(values.to_numpy(dtype=float), codes, quarters) for values in pair)
    size = np.bincount(codes, x * x)
    told = size > 0.01 * np.median(size)  # a team in which red tape hardly moved says nothing
    if told.sum() < LEAST_TEAMS or not x @ x > 1e-12 * len(x):
        raise Refusal(
            f"Red tape varies within fewer than {LEAST_TEAMS} teams, so it cannot be related to participation. Ask in "
            "more quarters or teams."
        )
    return RedTape(
        population="teams large enough to be shown",
        window=quarters_of(rows),
        slope=mean_of("red_tape_slope", "share", np.bincount(codes, x * y)[told] / size[told]),
        base=f"{len(teams)} teams, {len(rows)} team-quarters{left}",
    )


def quarters_of(rows: pd.DataFrame) -> str:
    """First and last quarter, in words."""
    return f"{rows['quarter'].min()} to {rows['quarter'].max()}"
