"""Employees who help of their own will: how many, how lasting, how concentrated; and eNPS with its error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.numbers import listed
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import calendar_places, with_past
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.staff.teams import answered, large_teams
from scrm_helpers.stats.intervals import adjusted_interval, wilson

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Rewards(Result):
    """Rewards at what they cost the employer, beside the hours people gave."""

    cost: pd.Series


def rewards(ledger: Ledger) -> Rewards:
    """Set what rewards cost the employer beside the worth of the hours that people gave."""
    booked = np.arange(ledger.quarters) <= ledger.booked_until[:, None]
    cost = pd.Series((ledger.costs["reward"] * booked).sum(axis=1), index=list(ledger.names))
    given = pd.Series((ledger.costs["volunteered_time"] * booked).sum(axis=1), index=list(ledger.names))
    frame = pd.DataFrame(
        {
            "Initiative": cost.index,
            "Rewards, cost to the employer": cost.to_numpy(),
            "Own hours at the full rate": given.to_numpy(),
        }
    )
    frame = frame[(frame.iloc[:, 1] > 0) | (frame.iloc[:, 2] > 0)]
    total, hours = numbers.money(float(cost.sum()), ledger.currency), numbers.money(float(given.sum()), ledger.currency)
    return Rewards(
        sentence=f"Rewards have cost {total} so far; the hours people gave would have cost {hours} at the full rate."
        if len(frame)
        else "Neither rewards nor own hours are in the ledger.",
        table=frame,
        formats={"Rewards, cost to the employer": "money", "Own hours at the full rate": "money"},
        caption="Rewards and given hours",
        note="Booked quarters, not discounted. What a reward is worth to people is not money here.",
        measures=(Measure(name="reward_cost", value=float(cost.sum()), unit=ledger.currency),),
        cost=cost,
    )


@dataclass(frozen=True, kw_only=True)
class Participation(Result):
    """Share of those offered who took part, quarter by quarter."""

    by_quarter: pd.DataFrame
    rate: float
    persistence: float | None
    top_share: float

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the participation rate by quarter with its 95 % range."""
        ax = style.axes_for(ax)
        place = calendar_places(self.by_quarter.index)
        ax.vlines(place, self.by_quarter["low"], self.by_quarter["high"], color=style.INK, linewidth=1.2)
        ax.plot(place, self.by_quarter["rate"], "o-", color=style.BLUE, markersize=6)
        ax.set_xticks(place, self.by_quarter.index)
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_formatter(lambda value, _: numbers.percent(value, 0))
        ax.set_ylabel("Volunteers among those offered")
        ax.set_xlabel("Quarter; black lines: 95% ranges")
        ax.grid(axis="y")
        return ax


def participation(employees: pd.DataFrame) -> Participation:
    """Measure voluntary participation among those who were offered it.

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees`` with ``offered``, ``volunteered`` and, when known, ``hours``.

    Returns
    -------
    Participation
        `persistence`: of the team-quarters with volunteers, the share that still has some two quarters later;
        `top_share`: share of all hours given by the most active twentieth of teams (at least one).

    Notes
    -----
    The offer is what was done, participation is what people chose: those who volunteer differ from the rest beforehand.
    """
    rows, left = large_teams(answered(employees, "offered", "volunteered"))
    over = rows.loc[rows["volunteered"] > rows["offered"], "team"]
    if len(over) or not rows["offered"].sum() > 0:
        raise Refusal(
            f"More people volunteered than were offered to in {listed(over)}: the share would exceed one. Correct the "
            "counts in the table employees."
            if len(over)
            else "Nobody was offered to take part, so participation has no base. Fill in offered."
        )
    sums = rows.groupby("quarter")[["offered", "volunteered"]].sum()
    ends = [wilson(v, n) for v, n in zip(sums["volunteered"], sums["offered"], strict=True)]
    by_quarter = pd.DataFrame(
        {
            "rate": sums["volunteered"] / sums["offered"],
            "low": [e.low for e in ends],
            "high": [e.high for e in ends],
            "offered": sums["offered"],
        },
        index=sums.index.astype(str),
    )
    wide = rows.pivot_table(index="team", columns="quarter", values="volunteered")
    steps = with_past(calendar_places(wide.columns), 2)
    early, late = wide.to_numpy()[:, steps[:, -1]], wide.to_numpy()[:, steps[:, 0]]
    both = (early > 0) & np.isfinite(late)
    persistence = float((late[both] > 0).mean()) if both.any() else None
    hours = (
        rows.groupby("team")["hours"].sum().sort_values(ascending=False, kind="stable")
        if "hours" in rows
        else pd.Series(dtype=float)
    )
    top = max(1, round(len(hours) / 20))
    top_share = float(hours.iloc[:top].sum() / hours.sum()) if len(hours) and hours.sum() > 0 else math.nan
    first, last = by_quarter.iloc[0], by_quarter.iloc[-1]
    moved = last["low"] > first["high"] or last["high"] < first["low"]
    now = numbers.percent(float(last["rate"]))
    change = (
        f", {'up' if last['rate'] > first['rate'] else 'down'} from {numbers.percent(float(first['rate']))} in "
        f"{by_quarter.index[0]}"
        if moved
        else f"; no change since {by_quarter.index[0]} can be shown"
    )
    stays = (
        f" Of teams with volunteers {numbers.percent(persistence)} still have some two quarters later."
        if persistence is not None
        else ""
    )
    return Participation(
        sentence=(
            f"In {by_quarter.index[-1]} {now} of those offered took part (95% range "
            f"{numbers.interval(last['low'], last['high'], numbers.percent)}){change}.{stays}"
        ),
        table=pd.DataFrame(
            {
                "Quarter": by_quarter.index,
                "Offered": by_quarter["offered"].to_numpy(),
                "Took part": by_quarter["rate"].to_numpy(),
                "95% range low": by_quarter["low"].to_numpy(),
                "95% range high": by_quarter["high"].to_numpy(),
            }
        ),
        formats={"Offered": "count"} | dict.fromkeys(["Took part", "95% range low", "95% range high"], "percent"),
        title=f"{now} of those offered take part",
        caption="Voluntary participation",
        note=(
            f"n = {rows['team'].nunique()} teams{left}; {numbers.percent(top_share)} of all hours come from the most "
            f"active {numbers.plural(top, 'team')}; Wilson ranges."
        ),
        alt=(
            f"Participation by quarter with 95% lines, from {numbers.percent(float(first['rate']))} in "
            f"{by_quarter.index[0]} to {now} in {by_quarter.index[-1]}."
        ),
        measures=(
            Measure(
                name="voluntary_participation",
                value=float(last["rate"]),
                unit="share",
                n=int(last["offered"]),
                low=float(last["low"]),
                high=float(last["high"]),
            ),
        ),
        by_quarter=by_quarter,
        rate=float(last["rate"]),
        persistence=persistence,
        top_share=top_share,
    )


@dataclass(frozen=True, kw_only=True)
class EmployeeScore(Result):
    """Employee Net Promoter Score by quarter, with its error."""

    by_quarter: pd.DataFrame

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the score by quarter with its 95 % range."""
        ax = style.axes_for(ax)
        place = calendar_places(self.by_quarter.index)
        ax.vlines(place, self.by_quarter["low"], self.by_quarter["high"], color=style.INK, linewidth=1.2)
        ax.plot(place, self.by_quarter["score"], "o-", color=style.BLUE, markersize=6)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.set_xticks(place, self.by_quarter.index)
        ax.yaxis.set_major_formatter(lambda value, _: numbers.points(value))
        ax.set_ylabel("Employee Net Promoter Score")
        ax.set_xlabel("Quarter; black lines: 95% ranges")
        ax.grid(axis="y")
        return ax


def employee_score(employees: pd.DataFrame) -> EmployeeScore:
    """Compute the employee Net Promoter Score with its error, which small teams make large.

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees`` with ``enps_promoters``, ``enps_detractors``, ``n``.

    Returns
    -------
    EmployeeScore

    Notes
    -----
    Adjusted Wald interval; the error of one team of twelve is about forty points, so teams are not ranked.
    """
    rows, left = large_teams(answered(employees, "enps_promoters", "enps_detractors"))
    sums = rows.groupby("quarter")[["enps_promoters", "enps_detractors", "n"]].sum()
    found = [adjusted_interval(*values) for values in sums.itertuples(index=False, name=None)]
    by_quarter = pd.DataFrame(
        {
            "score": [100 * (f.value or 0.0) for f in found],
            "low": [100 * (f.low or 0.0) for f in found],
            "high": [100 * (f.high or 0.0) for f in found],
            "n": sums["n"].to_numpy(),
        },
        index=sums.index.astype(str),
    )
    last, first = by_quarter.iloc[-1], by_quarter.iloc[0]
    typical = float(rows["n"].median())
    shares = sums.iloc[-1] / sums.iloc[-1]["n"]
    spread = (
        shares["enps_promoters"]
        + shares["enps_detractors"]
        - (shares["enps_promoters"] - shares["enps_detractors"]) ** 2
    )
    margin = 196 * math.sqrt(float(spread) / typical)
    moved = last["low"] > first["high"] or last["high"] < first["low"]
    return EmployeeScore(
        sentence=(
            f"The employee score is {numbers.points(float(last['score']))} (95% range "
            f"{numbers.interval(last['low'], last['high'], numbers.points)}) in {by_quarter.index[-1]}; "
            f"{'it moved since ' if moved else 'no change can be shown since '}{by_quarter.index[0]}. In a team of "
            f"{typical:.0f} it may be off by {margin:.0f} points, so teams are not ranked."
        ),
        table=by_quarter.rename_axis("Quarter")
        .reset_index()
        .rename(columns={"score": "Score", "low": "95% range low", "high": "95% range high", "n": "Answers"}),
        formats=dict.fromkeys(["Score", "95% range low", "95% range high"], "points") | {"Answers": "count"},
        title=(
            f"Employee score {numbers.points(float(last['score']))}, with a range of {last['high'] - last['low']:.0f} "
            "points"
        ),
        caption="Employee Net Promoter Score",
        note=(
            f"n = {numbers.count(float(last['n']))} answers in {by_quarter.index[-1]} from {rows['team'].nunique()} "
            f"teams{left}; adjusted Wald ranges."
        ),
        alt=(
            f"Score by quarter with 95% lines, from {numbers.points(float(first['score']))} in {by_quarter.index[0]} "
            f"to {numbers.points(float(last['score']))}."
        ),
        measures=(
            Measure(
                name="enps",
                value=float(last["score"]),
                unit="points",
                n=int(last["n"]),
                low=float(last["low"]),
                high=float(last["high"]),
            ),
        ),
        by_quarter=by_quarter,
    )
