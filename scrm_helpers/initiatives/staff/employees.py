"""Employees who help of their own will: how many, how lasting; eNPS with its error; rewards; ideas and their wait."""

import math
from dataclasses import field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, Measure, Refusal, Words, numbers, style, unknown
from scrm_helpers.answers.numbers import listed
from scrm_helpers.initiatives.attribution.panel import calendar_places, with_past
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.staff.teams import StaffAnswer, change_since, large_teams, quarters_of, without_table
from scrm_helpers.stats.chance import ratio_bootstrap_t
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import adjusted_interval, share_estimate

_COST, _HOURS = "Rewards, cost to the employer", "Own hours at the full rate"


class Rewards(StaffAnswer):
    """Rewards at what they cost the employer, beside the hours people gave."""

    effects: tuple[Measure, ...] = ()  # what rewards cost, where there is a ledger
    hours: float = 0.0  # worth of all given hours
    by_initiative: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        (cost,) = self.effects
        total, hours = (numbers.money(value, cost.unit) for value in (cost.value, self.hours))
        text = f"Rewards have cost {total} so far; the hours people gave would have cost {hours} at the full rate."
        return Words(
            sentence=text if len(self.by_initiative) else "Neither rewards nor own hours are in the ledger.",
            table=self.by_initiative,
            formats={_COST: "money", _HOURS: "money"},
            caption="Rewards and given hours",
            note="Booked quarters, not discounted. What a reward is worth to people is not money here.",
        )


def rewards(ledger: Ledger | None) -> Rewards:
    """Set what rewards cost the employer beside the worth of the hours that people gave.

    Parameters
    ----------
    ledger : Ledger or None, flows by initiative and quarter, or None when the company has no ledger

    Returns
    -------
    Rewards
    """
    if ledger is None:
        return Rewards(reason=without_table("initiative_ledger", "rewards"))
    cost, given = ((ledger.costs[kind] * ledger.booked).sum(axis=1) for kind in ("reward", "volunteered_time"))
    return Rewards(
        effects=(ledger.fact("reward_cost", cost.sum(), ledger.currency),),
        hours=float(given.sum()),
        by_initiative=pd.DataFrame({"Initiative": ledger.names, _COST: cost, _HOURS: given})[(cost > 0) | (given > 0)],
    )


SAME = Chance(0.0, "no change")


def _by_quarter(name: str, found: list[Estimate], quarters: pd.Index) -> pd.DataFrame:
    """Lay out a figure by quarter with its range."""
    ends = [(one.value, one.low, one.high) for one in found]
    return pd.DataFrame(ends, columns=[name, "low", "high"], index=quarters, dtype=float)


def draw_by_quarter(by_quarter: pd.DataFrame, column: str, ax: style.Axes | None) -> style.Axes:
    """Draw a figure by quarter with its 95 % range."""
    ax = style.axes_for(ax)
    place = calendar_places(by_quarter.index)
    style.estimates(ax, place, by_quarter[[column, "low", "high"]].to_numpy().T, "o-", markersize=6)
    ax.set_xticks(place, by_quarter.index)
    ax.grid(axis="y")
    return style.labelled(ax, "Quarter; black lines: 95% ranges")


class Participation(StaffAnswer):
    """Share of those offered who took part, quarter by quarter."""

    WHAT = "Participation"

    rate: Measure = unknown("voluntary_participation", "share")  # in the last quarter
    by_quarter: pd.DataFrame = field(default_factory=pd.DataFrame)
    persistence: float | None = None  # of team-quarters with volunteers, the share that has some two quarters later
    change: Measure = unknown("participation_change", "share")  # since the first quarter
    TESTED = "share of those offered who took part, last quarter less first"
    CLAIMS = (Claim(tested=TESTED, estimate=change, chance=SAME),)

    def words(self) -> Words:
        quarters, rates = self.by_quarter.index, self.by_quarter["rate"]
        begun, now = (numbers.percent(float(rates.iloc[place])) for place in (0, -1))
        change = f"; no change since {quarters[0]} can be shown"
        if side := self.tested(self.change.name).direction:
            change = f", {'up' if side > 0 else 'down'} from {begun} in {quarters[0]}"
        stays = f" Of teams with volunteers {numbers.percent(self.persistence)} still have some two quarters later."
        names = {"offered": "Offered", "rate": "Took part", "low": "95% range low", "high": "95% range high"}
        return Words(
            sentence=(
                f"In {quarters[-1]} {now} of those offered took part (95% range "
                f"{numbers.interval(*self.rate.ends, numbers.percent)}){change}."
                f"{'' if self.persistence is None else stays}"
            ),
            table=self.by_quarter[list(names)].rename(columns=names).rename_axis("Quarter").reset_index(),
            formats={"Offered": "count"} | dict.fromkeys(["Took part", "95% range low", "95% range high"], "percent"),
            title=f"{now} of those offered take part",
            caption="Voluntary participation",
            note=f"n = {self.base}; Wilson ranges; change with teams as the sample.",
            alt=f"Participation by quarter with 95% lines, from {begun} in {quarters[0]} to {now} in {quarters[-1]}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = draw_by_quarter(self.by_quarter, "rate", ax)
        ax.set_ylim(bottom=0)
        return style.labelled(ax, y="Volunteers among those offered", percent="y")


@Participation.or_why
def participation(employees: pd.DataFrame) -> Participation:
    """Measure voluntary participation among those who were offered it.

    Parameters
    ----------
    employees : pandas.DataFrame, table ``employees`` with ``offered`` and ``volunteered``

    Returns
    -------
    Participation
    """
    rows, left = large_teams(employees, "offered", "volunteered")
    over = rows.loc[rows["volunteered"] > rows["offered"], "team"]
    if len(over) or not rows["offered"].sum() > 0:
        raise Refusal(
            f"More people volunteered than were offered to in {listed(over)}: the share would exceed one. Correct the "
            "counts in the table employees."
            if len(over)
            else "Nobody was offered to take part, so participation has no base. Fill in offered."
        )
    sums = rows.groupby("quarter")[["volunteered", "offered"]].sum().astype(int)
    found = [share_estimate(*pair) for pair in sums.itertuples(index=False, name=None)]
    wide = rows.pivot_table(index="team", columns="quarter", values="volunteered")
    steps = with_past(calendar_places(wide.columns), 2)
    early, late = wide.to_numpy()[:, steps[:, -1]], wide.to_numpy()[:, steps[:, 0]]
    both = (early > 0) & np.isfinite(late)
    return Participation(
        population="staff who were offered it, in teams large enough to be shown",
        window=quarters_of(rows),
        change=change_since("participation_change", "share", rows, rows["volunteered"], rows["offered"]),
        rate=found[-1].measure("voluntary_participation", "share"),
        by_quarter=_by_quarter("rate", found, sums.index).assign(offered=sums["offered"]),
        persistence=float((late[both] > 0).mean()) if both.any() else None,
        base=f"{rows['team'].nunique()} teams{left}",
    )


class EmployeeScore(StaffAnswer):
    """Employee Net Promoter Score by quarter, with its error."""

    WHAT = "The employee score"

    score: Measure = unknown("enps", "points")  # in the last quarter
    by_quarter: pd.DataFrame = field(default_factory=pd.DataFrame)
    team_size: float = math.nan  # of the usual team
    team_error: float = math.nan  # by how many points the score of such a team may be off
    change: Measure = unknown("enps_change", "points")  # since the first quarter
    CLAIMS = (Claim(tested="employee score, last quarter less first", estimate=change, chance=SAME),)

    def words(self) -> Words:
        quarters, (low, high) = self.by_quarter.index, self.score.ends
        moved = self.tested(self.change.name).direction
        begun, now = (numbers.points(float(self.by_quarter["score"].iloc[place])) for place in (0, -1))
        names = {"score": "Score", "low": "95% range low", "high": "95% range high", "n": "Answers"}
        return Words(
            sentence=f"The employee score is {now} (95% range {numbers.interval(low, high, numbers.points)}) in "
            f"{quarters[-1]}; {('no change can be shown', 'up', 'down')[moved]} since {quarters[0]}. In a team of "
            f"{self.team_size:.0f} it may be off by {self.team_error:.0f} points, so teams are not ranked.",
            table=self.by_quarter.rename_axis("Quarter").reset_index().rename(columns=names),
            formats=dict.fromkeys(["Score", "95% range low", "95% range high"], "points") | {"Answers": "count"},
            title=f"Employee score {now}, with a range of {high - low:.0f} points",
            caption="Employee Net Promoter Score",
            note=f"n = {numbers.count(self.score.n)} answers in {quarters[-1]} from {self.base}; adjusted Wald "
            "ranges; change with teams as the sample.",
            alt=f"Score by quarter with 95% lines, from {begun} in {quarters[0]} to {now}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = draw_by_quarter(self.by_quarter, "score", ax)
        ax.axhline(0, color=style.INK, linewidth=0.8)
        ax.yaxis.set_major_formatter(lambda value, _: numbers.points(value))
        return style.labelled(ax, y="Employee Net Promoter Score")


@EmployeeScore.or_why
def employee_score(employees: pd.DataFrame) -> EmployeeScore:
    """Compute the employee Net Promoter Score with its error, which small teams make large.

    Parameters
    ----------
    employees : pandas.DataFrame, table ``employees`` with ``enps_promoters``, ``enps_detractors``, ``n``

    Returns
    -------
    EmployeeScore
    """
    rows, left = large_teams(employees, "enps_promoters", "enps_detractors")
    sums = rows.groupby("quarter")[["enps_promoters", "enps_detractors", "n"]].sum()
    found = [adjusted_interval(*values).times(100) for values in sums.itertuples(index=False, name=None)]
    promoters, detractors = sums.iloc[-1][["enps_promoters", "enps_detractors"]] / sums.iloc[-1]["n"]
    size = float(rows["n"].median())
    spread = float(promoters + detractors - (promoters - detractors) ** 2)
    sides = 100 * (rows["enps_promoters"] - rows["enps_detractors"])
    return EmployeeScore(
        population="staff who answered, in teams large enough to be shown",
        window=quarters_of(rows),
        change=change_since("enps_change", "points", rows, sides, rows["n"]),
        score=found[-1].measure("enps", "points"),
        by_quarter=_by_quarter("score", found, sums.index).assign(n=sums["n"]),
        team_size=size,
        team_error=196 * math.sqrt(spread / size),
        base=f"{rows['team'].nunique()} teams{left}",
    )


VOICE = "voice_of_the_employee"  # family of tests
RATE, WAIT = "Ideas per 100 staff", "Days to a trial"


class EmployeeVoice(StaffAnswer):
    """Ideas per head and the days from submission to trial, by quarter, and the share of hours given freely."""

    WHAT = "The voice of the employee"

    ideas: Measure = unknown("ideas_per_100_staff", "ratio")  # in the last quarter
    days: Measure = unknown("days_from_idea_to_trial", "days")
    self_started: Measure = unknown("self_started_hours", "share")
    ideas_change: Measure = unknown("ideas_per_100_staff_change", "ratio")  # since the first quarter
    days_change: Measure = unknown("days_from_idea_to_trial_change", "days")
    by_quarter: pd.DataFrame = field(default_factory=pd.DataFrame)
    TESTED = "{}, last quarter less first, with teams as the sample"
    CLAIMS = (
        Claim(tested=TESTED.format("ideas per head"), estimate=ideas_change, chance=SAME, family=VOICE),
        Claim(tested=TESTED.format("days from submission to trial"), estimate=days_change, chance=SAME, family=VOICE),
    )

    def words(self) -> Words:
        last, decimal = self.by_quarter.index[-1], lambda value: numbers.decimal(value, 1)
        first = self.by_quarter.index[0]

        def moved(change: Measure) -> str:
            side = self.tested(change.name).direction
            if not side:
                return f"no change since {first} can be shown"
            return f"{'up' if side > 0 else 'down'} by {decimal(abs(change.value or 0.0))} since {first}"

        own = f" Of the hours that initiatives took, {numbers.percent(self.self_started.value)} were given freely."
        if self.self_started.value is None:
            own = f" What share of the hours staff start of themselves is not known: {self.self_started.reason}."
        wait = "how long they wait for a trial is not known"
        if self.days.value is not None:
            wait = f"they waited {decimal(self.days.value)} days for a trial ({numbers.span(self.days, decimal)})"
            wait += f"; {moved(self.days_change)}"
        return Words(
            sentence=f"In {last} 100 members of staff handed in {decimal(self.ideas.value)} ideas "
            f"({numbers.span(self.ideas, decimal)}; {moved(self.ideas_change)}), and {wait}.{own}",
            table=self.by_quarter.rename_axis("Quarter").reset_index()[["Quarter", "Staff", "Ideas", RATE, WAIT]],
            formats={"Staff": "count", "Ideas": "count", RATE: "decimal", WAIT: "decimal"},
            title=f"100 members of staff hand in {decimal(self.ideas.value)} ideas a quarter",
            caption="Ideas of the staff",
            note=f"n = {self.base}; ranges and changes with teams as the sample; days weighted by ideas.",
            alt=f"Ideas per 100 staff by quarter with 95% lines, {decimal(self.ideas.value)} in {last}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = draw_by_quarter(self.by_quarter, RATE, ax)
        ax.set_ylim(bottom=0)
        return style.labelled(ax, y=RATE)


@EmployeeVoice.or_why
def employee_voice(employees: pd.DataFrame, ledger: Ledger | None = None) -> EmployeeVoice:
    """Measure the ideas of the staff, the days until they are tried, and the hours given freely.

    Parameters
    ----------
    employees : pandas.DataFrame, teams by quarter, with ``n``, ``ideas`` and, where known, ``idea_days``
    ledger : Ledger, optional, paid and volunteered hours of initiatives

    Returns
    -------
    EmployeeVoice

    Notes
    -----
    "Putting red tape in employees' way ... will definitely not result in any kind of passion" (post 002). Bootstrap-t
    ranges over teams.
    """
    rows, left = large_teams(employees, "ideas")
    if "idea_days" not in rows:
        rows = rows.assign(idea_days=float("nan"))
    tried = rows["ideas"].where(rows["idea_days"].notna(), 0)
    rows = rows.assign(days=rows["idea_days"].fillna(0.0) * tried, tried=tried)
    found = {}
    for quarter, part in rows.groupby("quarter"):
        rate = ratio_bootstrap_t(100 * part["ideas"], part["n"], clusters=part["team"])
        days = float(part["days"].sum() / part["tried"].sum()) if part["tried"].sum() else float("nan")
        found[quarter] = (int(part["n"].sum()), int(part["ideas"].sum()), rate.value, rate.low, rate.high, days)
    heads = ["Staff", "Ideas", RATE, "low", "high", WAIT]
    by_quarter = pd.DataFrame.from_dict(found, orient="index", columns=heads, dtype=float)
    last = rows[rows["quarter"] == by_quarter.index[-1]]  # whose rate was found last
    own = unknown("self_started_hours", "share", "the company folder has no initiatives with a ledger")
    if ledger is not None:
        paid, free = (float(ledger.costs[kind].sum()) for kind in ("paid_time", "volunteered_time"))
        own = replace(own, reason="the ledger holds no hours")
        own = ledger.fact(own.name, free / (paid + free), "share") if paid + free > 0 else own
    tried = last[last["tried"] > 0]
    wait = unknown("days_from_idea_to_trial", "days", "no idea of the last quarter has been tried")
    if len(tried):
        wait = ratio_bootstrap_t(tried["days"], tried["tried"], clusters=tried["team"]).measure(wait.name, "days")
    return EmployeeVoice(
        population="staff of teams large enough to be shown",
        window=quarters_of(rows),
        ideas=rate.measure("ideas_per_100_staff", "ratio"),
        days=wait,
        self_started=own,
        ideas_change=change_since("ideas_per_100_staff_change", "ratio", rows, 100 * rows["ideas"], rows["n"]),
        days_change=change_since("days_from_idea_to_trial_change", "days", rows, rows["days"], rows["tried"]),
        by_quarter=by_quarter,
        base=f"{rows['team'].nunique()} teams{left}",
    )
