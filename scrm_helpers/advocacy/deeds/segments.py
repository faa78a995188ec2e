"""Does it hold in every segment? Stated and actual referral by segment, with small groups hidden."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.by_answer import LinkedAnswers, segment_of
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import holm
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.show import too_small
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import difference
from scrm_helpers.stats.intervals import Interval, normal_quantile, share_estimate, wilson
from scrm_helpers.stats.rank import RankAssociation, somers_d, spearman


@dataclass(frozen=True, kw_only=True)
class BySegment(Answer):
    """The score beside what promoters did, segment by segment."""

    segments: pd.DataFrame
    base: str  # who answered, and what is hidden, in words
    level: float

    def words(self) -> Words:
        return Words(
            sentence=self._reading(),
            table=self.segments,
            formats={"Answers": "count", "Promoters": "count", "NPS": "points"}
            | dict.fromkeys(["Promoters who referred", "Range from", "Range to"], "percent"),
            caption="Stated and actual referral by segment",
            note=self.base,
        )

    def _reading(self) -> str:
        shown = self.segments.dropna(subset=["Promoters who referred"])
        pairs = len(shown) * (len(shown) - 1) / 2
        if not pairs:
            return "No two segments are big enough to be compared."
        ordered = shown.sort_values("Promoters who referred", kind="stable")
        corrected = 1 - (1 - self.level) / pairs  # the best and the worst are picked from all pairs
        sizes, shares = ordered["Promoters"].astype(int), ordered["Promoters who referred"]
        kept = (sizes * shares).round().astype(int)
        last, first = (share_estimate(kept.iloc[at], sizes.iloc[at], corrected) for at in (0, -1))
        if not difference(last, first).excludes(0.0):
            return f"No difference in what promoters do can be shown between the {len(shown)} segments."
        worst, best = ordered["Segment"].iloc[[0, -1]]
        low, high = (numbers.percent(shares.iloc[at]) for at in (0, -1))
        return (
            f"Promoters in {best} refer more often ({high}) than those in {worst} ({low}), "
            f"also when all {numbers.plural(pairs, 'comparison')} are allowed for."
        )


def by_segment(linked: LinkedAnswers, segments: pd.Series, terms: Terms) -> BySegment:
    """Set the score beside what promoters did, segment by segment.

    Parameters
    ----------
    linked : LinkedAnswers
    segments : pandas.Series
        By ``customer_id``.
    terms : Terms

    Returns
    -------
    BySegment
    """
    people = linked.people.assign(segment=segment_of(linked.people["customer_id"], segments))
    rows = []
    for segment, group in people.groupby("segment", sort=True):
        promoters = group[group["score"] >= PROMOTER_FROM]
        kept, size = int(promoters["referred"].sum()), len(promoters)
        nps = 100 * (size - int((group["score"] <= DETRACTOR_TO).sum())) / len(group)
        rows.append((segment, len(group), size, nps, kept / max(size, 1), *wilson(kept, size, terms.level)))
    columns = ["Segment", "Answers", "Promoters", "NPS", "Promoters who referred", "Range from", "Range to"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        "Answers", ascending=False, kind="stable", ignore_index=True
    )
    few = too_small(table["Answers"], terms.min_group)
    hidden = too_small(table["Promoters"], terms.min_group) | (table["Promoters"] == 0) | few
    table.loc[hidden, ["Promoters who referred", "Range from", "Range to"]] = np.nan
    table.loc[hidden, "Promoters"] = np.nan
    return BySegment(
        segments=table[~few].reset_index(drop=True),
        base=(
            f"{linked.note} A figure is hidden (n/a) when its own base is under {terms.min_group} people, "
            "and a segment is left out when it has fewer answers, with the next one where a single one could be worked "
            "out; fewer than 30 answers are a hint only."
        ),
        level=terms.level,
    )


LEAST_PEOPLE = 30  # in a segment of which an association is given


@dataclass(frozen=True, kw_only=True)
class WithinSegments(Answer):
    """Somers' D of referring given the answer: of all, within segments, and between their means."""

    within: Measure = unknown("somers_d_within_segments", "ratio")  # mean of the segments, weighted by precision
    pooled: RankAssociation  # of all people together
    turned: bool  # whether the direction turns round within segments
    between: float  # rank correlation of segment means; NaN where there are fewer than four
    lines: pd.DataFrame
    segments: int
    base: str  # who answered, and what counts as a segment, in words

    def words(self) -> Words:
        styles = {"People": "count"} | dict.fromkeys(["Somers' D", "Range from", "Range to"], "decimal")
        return Words(
            sentence=self._reading(),
            table=self.lines,
            formats=styles,
            caption="Association of the answer with referring, by segment",
            note=self.base,
        )

    def _reading(self) -> str:
        if self.pooled.reason:
            return f"Whether the answer goes with referring is {self.pooled.reason}."
        if self.within.value is None:
            return "Whether it holds within segments cannot be said: no segment is large enough or varies."
        over, inside = numbers.decimal(self.pooled.estimate), numbers.decimal(self.within.value)
        figures = f"(Somers' D {over} over all, {inside} within segments)"
        if self.turned:
            return f"The direction turns round within segments {figures}: read the segments, not the total."
        low, high = self.within.ends
        text = f"Within the {numbers.plural(self.segments, 'segment')} it is much the same as over all {figures}."
        if not low <= self.pooled.estimate <= high:
            text = f"Within segments it differs from that over all {figures}: part of it lies between the segments."
        if not np.isnan(self.between):
            text += (
                f" Between the means of segments the rank correlation is {numbers.decimal(self.between)}; that is "
                "about segments and says nothing about people."
            )
        return text


def within_segments(linked: LinkedAnswers, segments: pd.Series, terms: Terms) -> WithinSegments:
    """Measure the association of answer and referring within each segment and between segments.

    Parameters
    ----------
    linked : LinkedAnswers
    segments : pandas.Series
        By ``customer_id``; those with fewer than thirty people are left out.
    terms : Terms

    Returns
    -------
    WithinSegments

    Notes
    -----
    Segment means say nothing about people (Robinson 1950), and the pooled value can turn round (Simpson 1951).
    """
    people, level = linked.people, terms.level
    by_name = people.groupby(segment_of(people["customer_id"], segments), sort=True)
    groups = {str(name): group for name, group in by_name if len(group) >= LEAST_PEOPLE}
    orders = {name: somers_d(group["referred"], group["score"], level) for name, group in groups.items()}
    pooled = somers_d(people["referred"], people["score"], level)
    within = _combined([one for one in orders.values() if not one.reason and one.error > 0], len(people), level)
    (low, high), (inner_low, inner_high) = pooled.interval, within.interval
    one_sided = low * high > 0 and inner_low * inner_high > 0
    rows = [("All together", len(people), pooled.estimate, *pooled.interval, "")]
    rows += [("Within segments", sum(map(len, groups.values())), within.estimate, *within.interval, "")]
    for (name, one), p in zip(orders.items(), holm([_p_value(one) for one in orders.values()]), strict=True):
        seen = one.reason or ("beyond chance" if p < 1 - level else "not beyond chance")
        rows.append((f"  {name}", one.n, one.estimate, *one.interval, seen))
    means = pd.DataFrame([(group["referred"].mean(), group["score"].mean()) for group in groups.values()])
    return WithinSegments(
        within=within.measure("somers_d_within_segments", level),
        pooled=pooled,
        turned=bool(one_sided and low * inner_high < 0 and high * inner_low < 0),
        between=spearman(means[0], means[1]).estimate if len(groups) > 3 else float("nan"),
        lines=pd.DataFrame(rows, columns=["Group", "People", "Somers' D", "Range from", "Range to", "Reading"]),
        segments=len(groups),
        base=(
            f"{linked.note} Segments with at least {LEAST_PEOPLE} people; their readings are corrected for "
            f"{numbers.plural(len(groups), 'comparison')} (Holm)."
        ),
    )


def _p_value(one: RankAssociation) -> float:
    from scipy.special import ndtr

    return float("nan") if one.reason or not one.error > 0 else float(2 * ndtr(-abs(one.estimate) / one.error))


def _combined(found: list[RankAssociation], n: int, level: float) -> RankAssociation:
    """Return the mean of the segments, weighted by precision."""
    if not found:
        return RankAssociation(n=n, reason="no segment is large enough or varies")
    weight = np.array([1 / one.error**2 for one in found])
    mean = float(weight @ [one.estimate for one in found] / weight.sum())
    half = normal_quantile(level) / float(np.sqrt(weight.sum()))
    return RankAssociation(estimate=mean, interval=Interval(mean - half, mean + half), n=n)
