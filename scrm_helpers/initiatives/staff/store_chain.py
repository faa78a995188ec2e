"""What the chapters on employees and goals need from several tables, and the sentence where one of them is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.ledger.flows import Ledger, as_quarter, read_ledger
from scrm_helpers.initiatives.staff.collaboration import moderation
from scrm_helpers.initiatives.staff.employees import employee_score, participation, rewards
from scrm_helpers.initiatives.staff.loyalty import wave_change
from scrm_helpers.initiatives.staff.mediation import mediated_effect, service_chain
from scrm_helpers.initiatives.staff.teams import aggregation_gate, answered, icc, large_teams, red_tape


class Settings(Protocol):
    """The settings that are read here."""

    currency: str


class Tables(Protocol):
    """A company: its tables, its settings and its day."""

    @property
    def settings(self) -> Settings:
        """Settings of the company."""

    @property
    def as_of(self) -> pd.Timestamp:
        """Day of the report."""

    def has(self, name: str) -> bool:
        """Whether a table is there."""

    def table(self, name: str) -> pd.DataFrame:
        """Return a table."""


_ASKED: dict[Callable[[pd.DataFrame], Result], tuple[str, str, str]] = {
    participation: ("Participation", "voluntary_participation", "share"),
    employee_score: ("The employee score", "enps", "points"),
    aggregation_gate: ("Whether teams can be compared", "reliability_engagement", "ratio"),
    red_tape: ("Red tape beside participation", "red_tape_slope", "share"),
}


def ask_staff(question: Callable[[pd.DataFrame], Result], employees: pd.DataFrame) -> Result:
    """Ask one question of the table ``employees``, or say why it cannot be answered.

    Parameters
    ----------
    question : callable
        `participation`, `employee_score`, `aggregation_gate` or `red_tape`.
    employees : pandas.DataFrame
        The table.

    Returns
    -------
    Result
    """
    what, name, unit = _ASKED[question]
    try:
        return question(employees)
    except Refusal as refused:
        missing = Measure(name=name, value=None, unit=unit, reason=str(refused))
        return replace(_refused(what, refused), measures=(missing,))


def ledger_of(company: Tables, *, hourly_rate: float = 35.0) -> Ledger | None:
    """Read the initiative ledger of a company; None when it has none.

    Parameters
    ----------
    company : Company
        The company.
    hourly_rate : float
        Loaded cost of an hour.

    Returns
    -------
    Ledger or None
    """
    if not (company.has("initiatives") and company.has("initiative_ledger")):
        return None
    return read_ledger(
        company.table("initiatives"),
        company.table("initiative_ledger"),
        as_of=company.as_of,
        hourly_rate=hourly_rate,
        currency=company.settings.currency,
    )


def goals_served(company: Tables) -> dict[str, str]:
    """Return the goal of each initiative that names one.

    Parameters
    ----------
    company : Company
        With or without the table ``initiatives``.

    Returns
    -------
    dict of str to str
        Goal id by initiative id.
    """
    if not company.has("initiatives"):
        return {}
    table = company.table("initiatives")
    named = table.dropna(subset=["goal_id"]) if "goal_id" in table else table.iloc[:0].assign(goal_id="")
    return dict(zip(named["initiative_id"].astype(str), named["goal_id"].astype(str), strict=True))


def rewards_of(company: Tables, *, hourly_rate: float = 35.0) -> Result:
    """Show rewards at employer cost beside given hours, or say why they cannot be shown.

    Parameters
    ----------
    company : Company
        The company.
    hourly_rate : float
        Loaded cost of an hour.

    Returns
    -------
    Result
    """
    ledger = ledger_of(company, hourly_rate=hourly_rate)
    return _absent("rewards", "initiative_ledger") if ledger is None else rewards(ledger)


def staff_chain(employees: pd.DataFrame, panel: pd.DataFrame | None, *, mediator: str, outcome: str) -> Result:
    """Test the chain from engagement of a store's staff through one outcome to another.

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees`` with ``store``.
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    mediator, outcome : str
        Outcomes of the panel.

    Returns
    -------
    Result
    """
    rows = _staff_by_store(employees, panel, mediator, outcome)
    if rows is None:
        return _absent("the chain from staff to customers", f"initiative_panel with {mediator} and {outcome}, by store")
    try:
        return service_chain(rows, "engagement", mediator, outcome)
    except Refusal as refused:
        return _refused("The chain from staff to customers", refused)


def one_level_chain(employees: pd.DataFrame, panel: pd.DataFrame | None, *, mediator: str, outcome: str) -> Result:
    """Show what an analysis on one level would have said of the same chain, and why it misleads.

    Parameters
    ----------
    employees : pandas.DataFrame
        Table ``employees`` with ``store``.
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    mediator, outcome : str
        Outcomes of the panel.

    Returns
    -------
    Result

    Notes
    -----
    Every store and quarter is taken for a stranger to all others, in one and the same quarter: the half with the more
    engaged staff against the other half. What lies between stores (a rich town, a new building) and what happens
    within them are mixed, and cause and effect share a day.
    """
    rows = _staff_by_store(employees, panel, mediator, outcome)
    if rows is None:
        return _absent("the chain on one level", f"initiative_panel with {mediator} and {outcome}, by store")
    cause = "the more engaged half"
    rows[cause] = (rows["engagement"] > rows["engagement"].median()).astype(float)
    found = mediated_effect(rows, cause, mediator, outcome, draws=300)
    if found.acme is None:
        return found
    between = icc(rows[outcome].to_numpy(), rows["unit_id"].to_numpy())[0]
    return replace(
        found,
        sentence=(
            f"On one level one would have read: {found.sentence[:1].lower()}{found.sentence[1:]} But "
            f"{numbers.percent(between)} of the differences in {outcome} lie between stores, whatever their staff do "
            "in a quarter, and rows of one store are no strangers to one another: read the chain within stores."
        ),
        caption="The same chain on one level: a warning",
        note=found.note.replace("persons", "stores and quarters"),
        measures=(
            *(replace(one, name=f"one_level_{one.name}") for one in found.measures),
            Measure(name="outcome_between_stores", value=between, unit="share", n=len(rows)),
        ),
    )


def collaboration_condition(panel: pd.DataFrame | None, *, social: str, together: str, outcome: str) -> Result:
    """Test collaboration as a condition for social activity to pay, or say what is missing.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    social, together, outcome : str
        Outcomes of the panel: social activity, collaboration, and what both are for.

    Returns
    -------
    Result
    """
    wide = _wide(panel, (social, together, outcome))
    if wide is None:
        return _absent("collaboration as a condition", f"initiative_panel with {social}, {together} and {outcome}")
    try:
        return moderation(wide, social, together, outcome)
    except Refusal as refused:
        return _refused("Collaboration as a condition", refused)


def latest_wave(panel: pd.DataFrame | None, outcome: str) -> Result:
    """Compare the last wave of an outcome with the one a year before, or say what is missing.

    Parameters
    ----------
    panel : pandas.DataFrame or None
        Table ``initiative_panel``.
    outcome : str
        Outcome of the panel.

    Returns
    -------
    Result
    """
    if panel is None or outcome not in set(panel["outcome"].astype(str)):
        return _absent(f"the change of {outcome}", f"initiative_panel with {outcome}")
    try:
        return wave_change(read_panel(panel, outcome))
    except Refusal as refused:
        return _refused(f"The change of {outcome}", refused)


def _staff_by_store(
    employees: pd.DataFrame, panel: pd.DataFrame | None, mediator: str, outcome: str
) -> pd.DataFrame | None:
    """Engagement of the staff of each store and quarter beside two outcomes of the panel; None where one is missing."""
    wide = _wide(panel, (mediator, outcome))
    if wide is None or not {"store", "engagement_mean"} <= set(employees):
        return None
    kept, _ = large_teams(answered(employees, "store", "engagement_mean"))
    weighted = (
        kept.assign(weight=kept["n"] * kept["engagement_mean"]).groupby(["store", "quarter"])[["weight", "n"]].sum()
    )
    staff = (weighted["weight"] / weighted["n"]).rename("engagement").reset_index()
    staff = staff.rename(columns={"store": "unit_id", "quarter": "period"}).astype({"period": str, "unit_id": str})
    staff["period"] = as_quarter(staff["period"]).astype(str)
    return wide.merge(staff, on=["unit_id", "period"])


def _wide(panel: pd.DataFrame | None, outcomes: tuple[str, ...]) -> pd.DataFrame | None:
    if panel is None or not set(outcomes) <= set(panel["outcome"].astype(str)):
        return None
    rows = panel[panel["outcome"].isin(outcomes)].astype({"unit_id": str, "period": str})
    quarter = as_quarter(rows["period"])
    rows["period"] = quarter.astype(str) if quarter.notna().all() else rows["period"]
    return rows.pivot_table(index=["unit_id", "period"], columns="outcome", values="value").dropna().reset_index()


def _absent(what: str, table: str) -> Result:
    empty = pd.DataFrame({"Figure": [], "Value": []})
    return Result(
        sentence=f"This company has no table {table}, so {what} cannot be shown.", table=empty, drawable=False
    )


def _refused(what: str, refused: Refusal) -> Result:
    empty = pd.DataFrame({"Figure": [], "Value": []})
    return Result(sentence=f"{what} cannot be shown. {refused}", table=empty, drawable=False)
