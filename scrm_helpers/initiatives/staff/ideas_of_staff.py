"""The voice of the employee: ideas from staff, how long they wait for a trial, and what staff start of themselves."""

from dataclasses import field, replace

import pandas as pd

from scrm_helpers.answers import Claim, Measure, Words, numbers, style, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger
from scrm_helpers.initiatives.staff.employees import SAME, draw_by_quarter
from scrm_helpers.initiatives.staff.teams import StaffAnswer, change_since, large_teams, quarters_of
from scrm_helpers.stats.chance import ratio_bootstrap_t

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
        table = self.by_quarter.rename_axis("Quarter").reset_index()
        return Words(
            sentence=f"In {last} 100 members of staff handed in {decimal(self.ideas.value)} ideas "
            f"({numbers.span(self.ideas, decimal)}; {moved(self.ideas_change)}), and {wait}.{own}",
            table=table[["Quarter", "Staff", "Ideas", RATE, WAIT]],
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
