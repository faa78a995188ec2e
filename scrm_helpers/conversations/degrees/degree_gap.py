"""Both sides beside each other: how the business keeps each place in each quarter, and whether the gap closes."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.six_degrees import DEGREES, Judged
from scrm_helpers.conversations.degrees.threads import Threads

PLACES = {  # degree and reason of each kind, in the order in which they are tried
    "community": (6, "customers talk with one another, and the firm is one voice among many"),
    "fingers crossed": (5, "open and left alone: the firm seldom speaks"),
    "answering": (5, "open, and whoever writes is answered, but few others take part"),
    "comment nicely": (4, "open, but much of what customers write is removed"),
    "pretending": (3, "customers write; hardly anybody is answered, or mostly with advertising"),
    "broadcast with bait": (2, "the firm speaks behind a form, and nobody answers"),
    "broadcast": (1, "the firm speaks, and nobody answers"),
}


@dataclass(frozen=True)
class Practice:
    """Where the degrees of a place part."""

    near_none: float = 0.1  # share of customers' threads answered, from which on the firm is present
    present: float = 0.5  # the same, below which it seldom speaks; and of its messages, from which on they advertise
    joined: float = 0.25  # share of the threads in which others take part, from which on customers talk to each other
    removed: float = 0.1  # share of customers' messages removed, from which on comments are held back
    gated: float = 0.5  # share of the firm's own threads behind a form


def business_degrees(threads: Threads, interactions: pd.DataFrame, fewest: int, at: Practice) -> pd.DataFrame:
    """Judge each channel in each quarter: threads, degree (0 where it is not known) and kind."""
    table, messages = threads.table, threads.messages
    by_place = table.groupby(["channel", table["opened_on"].dt.to_period("Q").rename("quarter")], observed=True)
    place, found = by_place.ngroup().to_numpy(), by_place.size().reset_index(name="threads")
    count, thread = len(found), messages["thread"].to_numpy()
    firm, advert = messages["firm"].to_numpy(), messages["advert"].to_numpy()
    inbound, talks = table["inbound"].to_numpy(), (table["n"] > table["firm_n"]).to_numpy()
    answered = inbound & (table["firm_n"] > 0).to_numpy()
    joined = ((table["third"] > 0) | table["peers"]).to_numpy()
    told = interactions.reindex(columns=["gated", "deleted"]).astype("Int8").fillna(-1).iloc[messages["row"]]
    gate, removed = told.to_numpy(np.int8).T  # yes, no or unknown (1, 0, -1) of every message

    def share(which: np.ndarray, among: np.ndarray) -> np.ndarray:
        at_place = place if len(which) == len(place) else place[thread]
        of = np.bincount(at_place, among, count)
        return np.divide(np.bincount(at_place, which & among, count), of, out=np.zeros(count), where=of > 0)

    reply, voice = share(answered, inbound), share(firm, np.ones(len(thread), bool))
    advertises = share(advert, firm & inbound[thread]) >= at.present
    open_ = np.bincount(place, talks, count) > 0
    held = share(removed == 1, ~firm & (removed >= 0)) >= at.removed
    peers, speaks = share(joined, talks) >= at.joined, (reply >= at.near_none) & ~advertises
    first = table["first"].to_numpy()
    kinds = {
        "community": open_ & ~held & peers & speaks & (voice < at.present),
        "fingers crossed": open_ & ~held & (peers | speaks) & (reply < at.present),
        "answering": open_ & ~held & speaks,
        "comment nicely": open_ & held,
        "pretending": open_,
        "broadcast with bait": share(gate[first] == 1, ~inbound & (gate[first] >= 0)) >= at.gated,
        "broadcast": np.ones(count, bool),
    }
    kind = np.select(list(kinds.values()), range(len(PLACES)))
    degree = np.array([degree for degree, _ in PLACES.values()])[kind]
    known = np.where(open_, share(removed >= 0, ~firm) > 0, share(gate[first] >= 0, ~inbound) > 0)
    found["degree"], found["kind"] = np.where(known, degree, 0), np.where(known, np.array(list(PLACES))[kind], "")
    return found[found["threads"] >= fewest].astype({"channel": str}).reset_index(drop=True)


FEWEST = 6  # quarters, with fewer no range is shown
MOST = 8  # quarters in the picture, the latest


class DegreeGap(Answer):
    """Degrees of both sides by quarter, their gap, and its trend."""

    ABSENT = "Whether the business is as social as its customers cannot be told: {reason}."
    OFFERS = ("figure", "table")

    business: Measure = unknown("business_degree_mean", "ratio")
    gap: Measure = unknown("degree_gap", "ratio")
    trend: Measure = unknown("degree_gap_trend", "ratio")
    quarters: pd.DataFrame = field(default_factory=pd.DataFrame)  # gap, c1 … c6, b1 … b6 (shares of the threads)
    kinds: pd.DataFrame = field(default_factory=pd.DataFrame)  # places of the latest quarter
    unknown_places: int = 0
    CLAIMS = tuple(
        Claim(tested=tested, estimate=one, chance=Chance(0.0, even), family="degree gap")
        for one, tested, even in (
            (gap, "degree of the business less that of its customers", "both sides are equally social"),
            (trend, "change of that difference a quarter", "the gap stays"),
        )
    )

    def words(self) -> Words:
        write = lambda value: numbers.points(value, 1)  # noqa: E731 - degrees, signed
        gap, trend = (self.tested(one.name).direction for one in (self.gap, self.trend))
        beside = {1: "more social than", -1: "less social than", 0: "not shown to be more or less social than"}[gap]
        closing = "whether the gap closes cannot be told"
        if trend:
            slow = numbers.decimal(abs(self.trend.value or 0.0), 2)
            closes = gap and trend == -gap
            closing = f"the gap {'closes' if closes else 'widens' if gap else 'moves'} by {slow} a quarter"
        ours, ahead = self.business.value or 0.0, self.gap.value or 0.0
        table = self.kinds.astype({"quarter": "str"}).assign(why=[PLACES[kind][1] for kind in self.kinds["kind"]])
        table = table[["channel", "quarter", "degree", "kind", "why", "threads"]].rename(columns=str.capitalize)
        left = numbers.plural(self.unknown_places, "place")
        return Words(
            sentence=f"The business is {beside} its customers: its mean degree is {numbers.decimal(ours, 1)}, theirs "
            f"{numbers.decimal(ours - ahead, 1)}, a difference of {write(ahead)} (95% range "
            f"{numbers.span(self.gap, write)}, {numbers.plural(len(self.quarters), 'quarter')}); {closing}.",
            title=f"The business is {beside} its customers; {closing}",
            table=table,
            formats={"Degree": "count", "Threads": "count"},
            caption="How the business keeps each place, in the latest quarter of each",
            note=(
                "A place is a channel in a quarter, weighted by its threads; ranges: quarters are the sample"
                + (f"; {left} left out: whether messages were removed or gated is not known" if left[0] != "0" else "")
            ),
            alt="Butterfly by quarter: shares of threads at degrees one to six, customers to the left, business right.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        rows = self.quarters.tail(MOST)
        ax = style.axes_for(ax, height=1.2 + 0.34 * len(rows))
        for side, sign, hue in (("c", -1, style.BLUE), ("b", 1, style.ORANGE)):
            done = np.zeros(len(rows))
            for degree in DEGREES:
                share = rows[f"{side}{degree}"].to_numpy()
                place, ink = np.arange(len(rows)), "white" if degree > 4 else style.INK
                ax.barh(place, sign * share, left=sign * done, color=hue, alpha=degree / 6, edgecolor="white")
                for at in np.flatnonzero(share > 0.06).tolist():
                    middle = sign * (done[at] + share[at] / 2)
                    ax.text(middle, at, str(degree), ha="center", va="center", size=8, color=ink)
                done += share
        for row, gap in enumerate(rows["gap"]):
            style.beside(ax, f"gap {numbers.points(gap, 1)}", (1.02, row), (2, 0), va="center")
        style.name_rows(ax, rows.index.astype(str), zero=True, down=True)
        ax.set_xlim(-1, 1.25)
        ax.set_xticks([-1, -0.5, 0, 0.5, 1], ["100%", "50%", "customers | business", "50%", "100%"])
        return ax


def degree_gap_by_quarter(
    judged: Judged, interactions: pd.DataFrame, terms: Terms, practice: Practice | None = None
) -> DegreeGap:
    """Set the degree at which the business keeps its places beside that of its customers' threads, by quarter.

    Parameters
    ----------
    judged, terms, practice
    interactions : the table that the threads were read from, with ``deleted`` and ``gated`` where these are known

    Returns
    -------
    DegreeGap

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": [pd.Timestamp("2026-01-01")], "thread_id": ["t"]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> degree_gap_by_quarter(judge_threads(read_threads(rows, terms.as_of)), rows, terms).reason
    'the table interactions has no column author_role, so who speaks for the business is not known'
    """
    if missing := next((name for name in ("author_role", "deleted") if name in judged.threads.absent), ""):
        why = {"author_role": "who speaks for the business", "deleted": "whether comments are removed"}[missing]
        return DegreeGap(reason=f"the table interactions has no column {missing}, so {why} is not known")
    places = business_degrees(judged.threads, interactions, terms.min_group, practice or Practice())
    known = places[places["degree"] > 0]
    business, theirs = _shares(known["quarter"], known["degree"], known["threads"]), judged.table
    customers = _shares(theirs["opened_on"].dt.to_period("Q"), theirs["degree"], np.ones(len(theirs)))
    both = customers.add_prefix("c").join(business.add_prefix("b"), how="inner")
    if not len(both):
        return DegreeGap(reason=f"no channel has {terms.min_group} threads in a quarter of which enough is known")
    mean = {side: both[[f"{side}{degree}" for degree in DEGREES]].to_numpy() @ np.array(DEGREES) for side in "cb"}
    gap, when = mean["b"] - mean["c"], np.array([quarter.ordinal for quarter in both.index], float)
    start, end = both.index[0].start_time.date(), both.index[-1].end_time.date()
    return DegreeGap(
        business=_line("business_degree_mean", mean["b"], None, terms),
        gap=_line("degree_gap", gap, None, terms),
        trend=_line("degree_gap_trend", gap, when, terms),
        population="threads that can be judged, and channels with enough of them",
        window=f"threads opened {start} to {end}",
        window_from=start,
        window_to=min(end, terms.as_of.date()),
        quarters=both.assign(gap=gap),
        kinds=known.sort_values("quarter").drop_duplicates("channel", keep="last").sort_values("degree"),
        unknown_places=len(places) - len(known),
    )


def _shares(quarter: pd.Series, degree: pd.Series, weight: pd.Series | np.ndarray) -> pd.DataFrame:
    wide = pd.crosstab(quarter, degree.astype(int), values=weight, aggfunc="sum", normalize="index")
    return wide.reindex(columns=list(DEGREES), fill_value=0.0)


def _line(name: str, values: np.ndarray, when: np.ndarray | None, terms: Terms) -> Measure:
    """Mean of the quarters, or their slope, with the t range and p-value of ordinary least squares."""
    from statsmodels.regression.linear_model import OLS
    from statsmodels.tools import add_constant

    n, value = len(values), float(values.mean()) if when is None else None
    few = f"{numbers.plural(n, 'quarter')}, and a range needs {FEWEST}"
    found = Measure(name=name, value=value, unit="ratio", n=n, reason=few)
    if n < FEWEST:
        return found
    fit = OLS(values, np.ones(n) if when is None else add_constant(when - when.mean())).fit()
    low, high = fit.conf_int(1 - terms.level)[-1].tolist()
    found = replace(found, value=float(fit.params[-1]), no_range="the same in every quarter")
    return replace(found, low=low, high=high, level=terms.level, p=float(fit.pvalues[-1])) if high > low else found
