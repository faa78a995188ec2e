"""How old are the data? The newest row of each table beside the age that the register promises."""

from collections.abc import Mapping
from dataclasses import field

import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, unknown
from scrm_helpers.conversations.data_register.feasibility import days_of, hours_of
from scrm_helpers.conversations.data_register.ownership import TODAY
from scrm_helpers.tables.contract.data_classes import in_force

AGES, GAP = "Days since the newest row", "Longest gap before (days)"
PROMISED = "Promised age (days)"
OWN = ("lotteries", "coding")  # made by the kit and its owner when they wish, not by customers
FEWEST = 9  # gaps between days with rows that show a rhythm


class Freshness(Answer):
    """Age of the newest row of each table, beside its usual gap and the age that the register promises."""

    ABSENT = "How old the data are cannot be said: {reason}."

    population: str = "tables with rows on ten days or more"
    window: str = TODAY
    stale: Measure = unknown("tables_stale", "count")
    by_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    names: tuple[str, ...] = ()  # of the stale ones

    def words(self) -> Words:
        n, late = self.stale.n or 0, int(self.stale.value or 0)
        text = f"None of {numbers.plural(n, 'table')} is older than its longest gap so far and its promised age allow."
        if late:
            text = (
                f"{numbers.plural(late, 'table')} of {n} {'is' if late == 1 else 'are'} older than the longest gap so "
                f"far and the promised age allow: {numbers.listed(self.names)}. What happened since is unknown, not "
                "zero."
            )
        return Words(
            sentence=text,
            table=self.by_table,
            formats={AGES: "count", GAP: "count", PROMISED: "decimal1"},
            caption="How old the tables are on the day of the report",
            note="A gap lies between two days with rows; the promised age is the latency in the data register.",
        )


def freshness(register: pd.DataFrame | None, tables: Mapping[str, pd.DataFrame], as_of: pd.Timestamp) -> Freshness:
    """Set the age of each table beside its usual rhythm and the age that the data register promises.

    Parameters
    ----------
    register : pandas.DataFrame, optional
        The table ``data_register``; None where the company keeps none, and then no age is promised.
    tables : mapping of str to pandas.DataFrame, what the company holds
    as_of : pandas.Timestamp, day of the analysis

    Returns
    -------
    Freshness

    Examples
    --------
    >>> orders = pd.DataFrame({"ordered_on": pd.date_range("2026-01-01", periods=20)})
    >>> freshness(None, {"transactions": orders}, pd.Timestamp("2026-09-30")).stale.value
    1.0
    """
    promised: dict[str, float] = {}
    if register is not None and "latency" in register:
        for name, said in in_force(register, as_of)[["table", "latency"]].itertuples(index=False):
            if (age := hours_of(said)) is not None:
                promised[name] = max(age / 24, promised.get(name, 0.0))
    rows = []
    for name, frame in sorted(tables.items()):
        if name in OWN:
            continue
        days = days_of(name, frame)
        gaps = days.dt.normalize().drop_duplicates().sort_values().diff().dt.days.dropna()
        if len(gaps) < FEWEST:
            continue
        longest = float(gaps.max())
        age = max((as_of - days.max().normalize()).days, 0)
        rows.append((name, float(age), longest, promised.get(name), age > 1 + longest + promised.get(name, 0.0)))
    if not rows:
        return Freshness(reason=f"no table has rows on more than {FEWEST} days")
    table = pd.DataFrame(rows, columns=["Table", AGES, GAP, PROMISED, "late"])
    late = tuple(table.loc[table["late"], "Table"])
    return Freshness(
        stale=counted("tables_stale", len(late), len(table)),
        by_table=table.drop(columns="late"),
        names=late,
    )
