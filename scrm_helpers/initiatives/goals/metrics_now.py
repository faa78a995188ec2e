"""Where the metric of a goal stands now: read from the company's own tables where one of them holds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.attribution.panel import calendar_places
from scrm_helpers.initiatives.ledger.flows import as_quarter
from scrm_helpers.stats.intervals import adjusted_wald, wilson

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

_IDLE = {
    "a",
    "among",
    "and",
    "by",
    "for",
    "in",
    "index",
    "of",
    "our",
    "per",
    "quarter",
    "share",
    "the",
    "those",
    "year",
}


@dataclass(frozen=True)
class Reading:
    """A metric as a table gives it, with its 95 % range."""

    value: float
    low: float
    high: float
    source: str  # table, people and days, in words
    share: bool = False

    def scaled(self, aims: list[float]) -> Reading:
        """In per cent where baseline and target are."""
        times = 100.0 if self.share and aims and min(aims) > 1 else 1.0
        return replace(self, value=times * self.value, low=times * self.low, high=times * self.high)


def current_values(goals: pd.DataFrame, company: Company) -> dict[str, Reading]:
    """Read the metric of each goal from the tables, where one of them holds it.

    Parameters
    ----------
    goals : pandas.DataFrame
    company : Company

    Returns
    -------
    dict of str to Reading
        By goal id. A goal whose metric no table holds is not in it.

    Notes
    -----
    Known by their words: outcomes of ``initiative_panel``; customers who referred, in a year; ideas implemented; staff
    who volunteered of those offered; the Net Promoter Score of customers and of employees.
    """
    found = {}
    for goal, metric, *aims in goals[["goal_id", "metric", "baseline", "target"]].itertuples(index=False, name=None):
        words = set(re.findall(r"[a-z]+", str(metric).lower())) if pd.notna(metric) else set()
        reading = _of_panel(words, company) or _of_tables(words, company)
        if reading is not None and np.isfinite([reading.value, reading.low, reading.high]).all():
            found[str(goal)] = reading.scaled([aim for aim in aims if pd.notna(aim)])
    return found


def _of_panel(words: set[str], company: Company) -> Reading | None:
    """An outcome all of whose words are in the metric: the mean over units in the last period."""
    from scipy.stats import t

    panel = company.table("initiative_panel") if company.has("initiative_panel") else pd.DataFrame({"outcome": []})
    names = {
        str(name): set(re.findall(r"[a-z]+", str(name).lower())) - _IDLE for name in panel["outcome"].dropna().unique()
    }
    held = [name for name, own in names.items() if own and own <= words]
    if not held:
        return None
    rows = panel[panel["outcome"] == max(held, key=lambda name: (len(names[name]), name))].dropna(subset="value")
    places = calendar_places(rows["period"])
    last = rows[places == places.max()]
    values = last.groupby("unit_id")["value"].mean()
    n, mean = len(values), float(values.mean())
    wide = float(t.ppf(0.975, n - 1) * values.sem()) if n > 1 else np.inf
    shares = bool(rows["value"].between(0, 1).all())
    return Reading(mean, mean - wide, mean + wide, f"initiative_panel, {n} units, {last['period'].iloc[0]}", shares)


def _of_tables(words: set[str], company: Company) -> Reading | None:
    for asked, table, read in _TABLES:
        known = all(any(word.startswith(stem) for word in words) for stem in asked)
        if known and company.has(table):
            return read(company)
    return None


def _referrers(company: Company) -> Reading | None:
    """Customers for the whole of the last twelve months, and who of them referred in it."""
    day = company.as_of
    begun, rows, people = day - pd.DateOffset(years=1), company.table("referrals"), company.table("customers")
    whole = set(people.loc[people["joined_on"] <= begun, "customer_id"])
    inside = (rows["referred_on"] > begun) & (rows["referred_on"] <= day) & (rows["referrer_id"] != rows["referred_id"])
    hits = len(whole & set(rows.loc[inside, "referrer_id"]))
    return _share(
        hits, len(whole), f"referrals, {len(whole):,} customers of a year or more, twelve months to {day.date()}"
    )


def _ideas(company: Company) -> Reading | None:
    """Ideas implemented in the last twelve months; an idea of several people counts once."""
    from scipy.stats import chi2

    day, rows = company.as_of, company.table("ideas")
    if "implemented_on" not in rows:
        return None
    begun = day - pd.DateOffset(years=1)
    count = rows.loc[(rows["implemented_on"] > begun) & (rows["implemented_on"] <= day), "idea_id"].nunique()
    low, high = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0, chi2.ppf(0.975, 2 * count + 2) / 2
    return Reading(count, float(low), float(high), f"ideas, twelve months to {day.date()}")


def _volunteers(company: Company) -> Reading | None:
    found = _of_staff(company, ["volunteered", "offered"], lambda v, n: (v / n, *wilson(v, n)))
    return None if found is None else replace(found, share=True)


def _employee_score(company: Company) -> Reading | None:
    names = ["enps_promoters", "enps_detractors", "n"]
    return _of_staff(company, names, lambda p, d, n: (100 * (p - d) / n, *(100 * x for x in adjusted_wald(p, d, n))))


def _of_staff(company: Company, names: list[str], figure: Callable[..., tuple[float, float, float]]) -> Reading | None:
    """A figure over all teams in the last quarter; nothing where a column is missing."""
    rows = company.table("employees")
    if not {*names, "quarter"} <= set(rows):
        return None
    rows = rows.assign(quarter=as_quarter(rows["quarter"])).dropna(subset=[*names, "quarter"])
    last = rows[rows["quarter"] == rows["quarter"].max()]
    sums = last[names].sum().tolist()
    if not len(last) or not sums[-1] > 0:
        return None
    return Reading(*figure(*sums), f"employees, {len(last)} teams, {last['quarter'].iloc[0]}")


def _score(company: Company) -> Reading | None:
    """Net Promoter Score of the latest answer of each person; of several at one time the lowest."""
    day, rows = company.as_of, company.table("surveys")
    rows = rows[rows["score"].notna() & (rows["responded_on"] <= day) & rows["customer_id"].notna()]
    order = ["customer_id", "responded_on", "score"]
    latest = rows.sort_values(order, ascending=[True, True, False]).drop_duplicates("customer_id", keep="last")["score"]
    n, sides = len(latest), (int((latest >= 9).sum()), int((latest <= 6).sum()))
    if not n:
        return None
    low, high = (100 * end for end in adjusted_wald(*sides, n))
    return Reading(
        100 * (sides[0] - sides[1]) / n, low, high, f"surveys, latest answers of {n:,} people to {day.date()}"
    )


def _share(hits: float, n: float, source: str) -> Reading | None:
    return Reading(hits / n, *wilson(hits, n), source, share=True) if n else None


_TABLES: tuple[tuple[tuple[str, ...], str, Callable[[Company], Reading | None]], ...] = (
    (("refer", "year"), "referrals", _referrers),
    (("idea", "implement"), "ideas", _ideas),
    (("volunteer", "offer"), "employees", _volunteers),
    (("employee", "promoter"), "employees", _employee_score),
    (("enps",), "employees", _employee_score),
    (("promoter", "score"), "surveys", _score),
    (("nps",), "surveys", _score),
)
"""Beginnings of words that must all be in a metric, the table that holds it, and how it is read there."""
