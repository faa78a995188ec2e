"""Where the metric of a goal stands now: read from the company's own tables where one of them holds it."""

import re
from collections.abc import Callable

import pandas as pd

from scrm_helpers.answers import Measure
from scrm_helpers.initiatives.attribution.panel import calendar_places
from scrm_helpers.initiatives.ledger.flows import as_quarter
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import adjusted_interval, share_estimate
from scrm_helpers.tables import Company

_IDLE = {"index", "share", "per", "of", "in", "a", "the", "quarter", "year"}  # words that tell no metric from another


def current_values(goals: pd.DataFrame, company: Company) -> dict[str, Measure]:
    """Read the metric of each goal from the tables, where one of them holds it.

    Parameters
    ----------
    goals, company : table ``goals``, and the company whose tables are read

    Returns
    -------
    dict of str to Measure
        By goal id, with range, and table, people and days as population; without goals whose metric no table holds.

    Notes
    -----
    Known by their words: outcomes of ``initiative_panel``; customers who referred in a year; ideas implemented; staff
    who volunteered of those offered; the Net Promoter Score. In per cent where baseline and target are above one.
    """
    found = {}
    for goal, metric, *aims in goals[["goal_id", "metric", "baseline", "target"]].itertuples(index=False, name=None):
        words = set(re.findall(r"[a-z]+", str(metric).lower())) if pd.notna(metric) else set()
        tables = (
            read(company.table(needs[0]), company)
            for stems, needs, read in _TABLES
            if company.has(*needs) and all(any(word.startswith(stem) for word in words) for stem in stems)
        )
        held = _of_panel(words, company) or next(tables, None)
        if held is not None:
            one, shares, source = held
            one = one.times(100.0) if shares and pd.Series(aims).min() > 1 else one
            if one.value is not None and one.low is not None and one.high is not None:
                found[str(goal)] = one.measure("metric", "", population=source)
    return found


Held = tuple[Estimate, bool, str]  # value with its range, whether a share, where it was read


def _of_panel(words: set[str], company: Company) -> Held | None:
    """An outcome all of whose words are in the metric: the mean over units in the last period."""
    from scipy.stats import t

    panel = company.table("initiative_panel") if company.has("initiative_panel") else pd.DataFrame({"outcome": []})
    own = {str(one): set(re.findall(r"[a-z]+", str(one).lower())) - _IDLE for one in panel["outcome"].dropna().unique()}
    held = [name for name, of in own.items() if of and of <= words]
    if not held:
        return None
    rows = panel[panel["outcome"] == max(held, key=lambda name: (len(own[name]), name))].dropna(subset="value")
    places = calendar_places(rows["period"])
    last = rows[places == places.max()]
    values = last.groupby("unit_id")["value"].mean()
    n, mean = len(values), float(values.mean())
    wide = float(t.ppf(0.975, n - 1) * values.sem()) if n > 1 else None
    found = Estimate(value=mean) if wide is None else Estimate(value=mean, low=mean - wide, high=mean + wide)
    return found, bool(rows["value"].between(0, 1).all()), f"initiative_panel, {n} units, {last['period'].iloc[0]}"


def _referrers(rows: pd.DataFrame, company: Company) -> Held | None:
    """Customers for the whole of the last twelve months, and who of them referred in it."""
    day, people = company.as_of, company.table("customers")
    begun = day - pd.DateOffset(years=1)
    whole = set(people.loc[people["joined_on"] <= begun, "customer_id"])
    inside = (rows["referred_on"] > begun) & (rows["referred_on"] <= day) & (rows["referrer_id"] != rows["referred_id"])
    hits, n = len(whole & set(rows.loc[inside, "referrer_id"])), len(whole)
    source = f"referrals, {n:,} customers of a year or more, twelve months to {day.date()}"
    return (share_estimate(hits, n), True, source) if n else None


def _ideas(rows: pd.DataFrame, company: Company) -> Held | None:
    """Ideas implemented in the last twelve months; an idea of several people counts once."""
    from scipy.stats import chi2

    day, when = company.as_of, rows.get("implemented_on", pd.Series(pd.NaT, index=rows.index))
    count = rows.loc[(when > day - pd.DateOffset(years=1)) & (when <= day), "idea_id"].nunique()
    low, high = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0, float(chi2.ppf(0.975, 2 * count + 2)) / 2
    return Estimate(value=count, low=low, high=high), False, f"ideas, twelve months to {day.date()}"


def _volunteers(rows: pd.DataFrame, _: Company) -> Held | None:
    """Volunteers of those who were offered it, all teams, last quarter."""
    rows = rows.reindex(columns=["quarter", "volunteered", "offered"]).dropna()
    rows = rows.assign(quarter=as_quarter(rows["quarter"]))
    last = rows[rows["quarter"] == rows["quarter"].max()]
    hits, n = last["volunteered"].sum(), last["offered"].sum()
    source = f"employees, {len(last)} teams, {rows['quarter'].max()}"
    return (share_estimate(hits, n), True, source) if n > 0 else None


def _score(rows: pd.DataFrame, company: Company) -> Held | None:
    """Net Promoter Score of the latest answer of each person; of several at one time the lowest."""
    rows = rows[rows["score"].notna() & (rows["responded_on"] <= company.as_of) & rows["customer_id"].notna()]
    latest = rows.sort_values(["responded_on", "score"], ascending=[True, False]).groupby("customer_id")["score"].last()
    score = adjusted_interval((latest >= 9).sum(), (latest <= 6).sum(), len(latest)).times(100)
    return score, False, f"surveys, latest answers of {score.n:,} people to {company.as_of.date()}"


_TABLES: tuple[tuple[tuple[str, ...], tuple[str, ...], Callable[[pd.DataFrame, Company], Held | None]], ...] = (
    (("refer", "year"), ("referrals", "customers"), _referrers),
    (("idea", "implement"), ("ideas",), _ideas),
    (("volunteer", "offer"), ("employees",), _volunteers),
    (("net", "promoter"), ("surveys",), _score),
    (("nps",), ("surveys",), _score),
)
"""Beginnings of words that must all be in a metric, the table that holds it, and how it is read there."""
