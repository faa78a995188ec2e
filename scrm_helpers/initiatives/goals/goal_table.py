"""Goals with teeth: where the metric of each stands by the tables that hold it, and how far each is reached."""

import math
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import field, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, counted, measure_name, numbers, style, unknown
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


TEETH = {
    "metric": "a metric",
    "baseline": "a baseline",
    "target": "a target",
    "due_on": "a date",
    "owner": "an owner",
    "plan": "an action",
    "cost": "a cost",
}
SUMMED = "over all goals there are: nothing is estimated"
LEVELS_FROM = (0.5, 1.0, 1.25, 1.5)
"""Attainment from which each step of the scale -2 ... +2 of goal attainment scaling begins; 0 is the target."""


def goal_attainment_score(levels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Goal attainment scaling: one score over several goals, 50 when all targets are just met."""
    x = np.asarray(levels, dtype=float)
    w = np.ones_like(x) if weights is None else np.asarray(weights, dtype=float)
    return float(50 + 10 * (w @ x) / math.sqrt(0.7 * (w**2).sum() + 0.3 * w.sum() ** 2))


class GoalProgress(Answer):
    """Attainment of each goal, the score over all of them, and how many have teeth."""

    OFFERS = ("figure", "table")

    complete: Measure = unknown("strategy_completeness", "share")  # goals that have teeth
    score: Measure = unknown("goal_attainment_score", "points")
    goals: pd.DataFrame = field(default_factory=pd.DataFrame)
    attained: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # of goals that can be measured
    expected: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))  # by now, of the same goals
    steps: tuple[Measure, ...] = ()  # attainment of each of them, by name, with the range of its metric
    missing: tuple[str, ...] = ()  # what each goal without teeth lacks, in words
    unheld: tuple[str, ...] = ()  # goals whose metric no table holds, with the metric
    otherwise: tuple[str, ...] = ()  # goals of which the tables say something else than was stated

    @property
    def drawable(self) -> bool:
        """Whether a goal can be measured."""
        return len(self.attained) > 0

    def claimed(self) -> tuple[Claim, ...]:
        found = []
        for step, due in zip(self.steps, self.expected, strict=True):
            wanted = Chance(1.0, "the target") if np.isnan(due) else Chance(float(due), "where it should be by now")
            tested = f"way from baseline to target beside {wanted.how}"
            found.append(Claim(tested=tested, estimate=step, chance=wanted, family="goals"))
        return tuple(found)

    @property
    def behind(self) -> list[str]:
        """Goals that are behind by more than the error of their figure."""
        names = [str(name).split()[0] for name in self.attained.index]
        return [one for one, step in zip(names, self.steps, strict=True) if self.tested(step.name).direction < 0]

    def words(self) -> Words:
        names, n = [str(name).split()[0] for name in self.attained.index], self.complete.n or 0
        paced, behind = bool(np.isfinite(self.expected).any()), ", ".join(self.behind)
        reached, judged = int((self.attained >= 1).sum()), numbers.plural(len(names), "goal")
        bars = ", ".join(f"{one} {numbers.percent(share, 0)}" for one, share in zip(names, self.attained, strict=True))
        text = f"No goal of {n} can be measured: {'; '.join(self.missing)}."
        if names:
            have = "has" if reached <= 1 else "have"
            late = f"behind {'the pace' if paced else 'it'} by more than the error of the figure: {behind or 'none'}"
            text = f"{reached or 'None'} of {judged} that can be measured {have} reached the target; {late}."
            text += f" Without teeth: {'; '.join(self.missing)}." if self.missing else ""
        text += f" The tables say otherwise than was stated: {'; '.join(self.otherwise)}." if self.otherwise else ""
        text += f" No table holds the metric of {', '.join(self.unheld)}." if self.unheld else ""
        return Words(
            sentence=text,
            table=self.goals,
            formats=dict.fromkeys(["Baseline", "Now", "Target"], "decimal3")
            | {"Due": "date", "Attained": "percent", "Cost of all actions": "money"},
            title=f"{len(self.behind)} of {judged} behind their pace" if paced else f"{reached} of {judged} reached",
            caption="Goals: baseline, now, target",
            note=f"n = {numbers.plural(n, 'goal')}, {numbers.count((self.complete.value or 0) * n)} with teeth; score "
            f"over all goals {numbers.decimal(self.score.value, 1)} (50: every target just met). A figure that is "
            "only stated has no error, so nothing is shown by it. Attainment says where a metric stands, not why.",
            alt=f"One bar per goal from baseline (0%) to target (100%): {bars}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        shown = self.attained.iloc[::-1]
        ax = style.axes_for(ax, height=1.1 + 0.4 * len(shown))
        low, behind = min(0.0, float(shown.min())), self.behind
        for place, (name, due) in enumerate(self.expected[shown.index].items()):
            share, ahead = float(shown.iloc[place]), np.isnan(due) or str(name).split()[0] not in behind
            ax.barh(place, share, color=style.BLUE if ahead else style.ORANGE, height=0.55)
            words = f"{numbers.percent(share, 0)}{'' if ahead else ', behind'}"
            inside = share > 0.3
            end, side, colour = (-6, "right", "white") if inside else (6, "left", style.INK)
            at = (share if inside else max(share, 0), place)
            ax.annotate(words, at, xytext=(end, 0), textcoords="offset points", ha=side, va="center", color=colour)
            if np.isfinite(due):
                ax.plot([due, due], [place - 0.36, place + 0.36], color=style.INK, linewidth=2)
        ax.axvline(1, color=style.GREY, linewidth=1, linestyle="--")
        style.name_rows(ax, shown.index, zero=True)
        ax.set_xlim(low * 1.1, max(1.15, float(shown.max()) * 1.2))
        pace = "black mark: where it should be by now; " if np.isfinite(self.expected).any() else ""
        return style.labelled(ax, f"Way from baseline to target; {pace}dashed: target", percent="x")


def goal_progress(
    goals: pd.DataFrame,
    now: Mapping[str, Measure],
    *,
    as_of: pd.Timestamp | str,
    since: str | None = None,
    show_owners: bool = False,
) -> GoalProgress:
    """Measure every goal against its own baseline and target, and name those that cannot be measured.

    Parameters
    ----------
    goals, as_of : table ``goals``, and the day
    now : mapping of str to Measure, where the metric of a goal stands by the tables: see :func:`current_values`
    since : str, optional, day of the baselines, from which the pace is judged
    show_owners : bool, whether owners are named

    Returns
    -------
    GoalProgress

    Notes
    -----
    A goal has teeth when it has metric, baseline, target, date, owner, action and cost (post 002).
    """
    rows = goals.sort_values("goal_id", kind="stable").reset_index(drop=True)
    rows = rows.reindex(columns=[*rows, *(name for name in (*TEETH, "current", "weight") if name not in rows)])
    has = rows[[*TEETH]].notna()
    lacks = [", ".join(words for name, words in TEETH.items() if not row[name]) for row in has.to_dict("records")]
    ids, stated = rows["goal_id"].astype(str), rows["current"].astype(float)
    read = ids.map({goal: one.value for goal, one in now.items()}).astype(float)
    rows["current"] = read.fillna(stated)
    still = has["baseline"] & has["target"] & (rows["baseline"] == rows["target"])
    measured = rows[has["baseline"] & has["target"] & rows["current"].notna() & ~still]
    baseline, target, stands = (measured[name].astype(float) for name in ("baseline", "target", "current"))
    attained = (stands - baseline) / (target - baseline)  # below 0 where it went backwards
    short = [textwrap.shorten(str(text), 52, placeholder=" ...") for text in measured["statement"]]
    names = measured["goal_id"].astype(str) + " " + pd.Series(short, index=measured.index, dtype=object)
    expected = pd.Series(np.nan, index=measured.index)
    if since is not None:
        begun = pd.Timestamp(since)
        expected = (pd.Timestamp(as_of) - begun) / (pd.to_datetime(measured["due_on"]) - begun)
    expected = expected.astype(float).clip(0, 1)
    weight = measured["weight"].astype(float).fillna(1.0)
    levels, why = np.searchsorted(LEVELS_FROM, attained, "right") - 2, "no goal that carries weight can be measured"
    value = goal_attainment_score(levels, weight.tolist()) if weight.any() else None
    missing = [f"{goal} has a target that equals its baseline" for goal in rows.loc[still, "goal_id"]]
    missing += [f"{goal} lacks {what}" for goal, what in zip(rows["goal_id"], lacks, strict=True) if what]
    whole = float(has.all(axis=1).mean())
    unheld = (rows["metric"].notna() & read.isna()).to_numpy()
    apart = [
        f"{goal} {found:.3g}, stated {was:.3g}"
        for goal, was, found in zip(ids, stated, read, strict=True)
        if not np.isnan(found) and not _same(was, found)
    ]
    ways = zip(ids[measured.index], attained, zip(baseline, target, strict=True), expected.fillna(1.0), strict=True)
    return GoalProgress(
        population="goals of the company",
        window=f"as of {pd.Timestamp(as_of).date()}",
        steps=tuple(_step(goal, ids, value, way, now.get(goal), wanted) for goal, value, way, wanted in ways),
        unheld=tuple(ids[unheld] + " (" + rows.loc[unheld, "metric"] + ")"),
        otherwise=tuple(apart),
        complete=Measure(name="strategy_completeness", value=whole, unit="share", n=len(rows), no_range=SUMMED),
        score=counted("goal_attainment_score", value, len(measured), "points", SUMMED, reason=why),
        goals=pd.DataFrame(
            {
                "Goal": rows["goal_id"].astype(str) + " " + rows["statement"].astype(str),
                "Owner": rows["owner"] if show_owners else np.where(has["owner"], "named", "none"),
                "Baseline": rows["baseline"].astype(float),
                "Now": rows["current"].astype(float),
                "Now by": [
                    now[goal].population if goal in now else "nowhere" if np.isnan(was) else "as stated"
                    for goal, was in zip(ids, stated, strict=True)
                ],
                "Target": rows["target"].astype(float),
                "Due": rows["due_on"],
                "Attained": attained.reindex(rows.index),
                "Cost of all actions": rows["cost"].astype(float),
                "Lacks": [what or "nothing" for what in lacks],
            }
        ),
        attained=attained.set_axis(names),
        expected=expected.set_axis(names),
        missing=tuple(missing),
    )


def _same(stated: float, found: float) -> bool:
    """Whether a figure is as stated, to the digits stated."""
    if np.isnan(stated):
        return True
    digits = max(len(f"{stated:g}".partition(".")[2]), 2 if abs(stated) < 1 else 0)
    return abs(stated - found) <= 0.5000001 * 10**-digits


def _step(
    goal: str, among: pd.Series, value: float, way: tuple[float, float], read: Measure | None, wanted: float
) -> Measure:
    """How far a goal has come, with the range of its metric and a p-value beside what is wanted; else neither."""
    from scipy.stats import norm

    name, (start, end) = measure_name("attained", goal, among), way
    found = Measure(name=name, value=float(value), unit="share", no_range="as stated in the table goals")
    if read is None:
        return found
    low, high = sorted((edge - start) / (end - start) for edge in read.ends)
    error = (high - low) / (2 * float(norm.ppf(0.975)))
    p = float(2 * norm.sf(abs(value - wanted) / error)) if error > 0 else float(value == wanted)
    return replace(found, low=low, high=high, population=read.population, p=p)
