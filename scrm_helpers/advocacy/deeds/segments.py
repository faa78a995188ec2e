"""Does it hold in every segment? Stated and actual referral by segment, with small groups hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM
from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.chance import holm
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import Interval, normal_quantile, wilson
from scrm_helpers.stats.rank import RankAssociation, somers_d, spearman

MISSING_SEGMENT = "(missing)"
FORMATS = {
    "Answers": "count",
    "Promoters": "count",
    "NPS": "points",
    "Promoters who referred": "percent",
    "Range from": "percent",
    "Range to": "percent",
}


@dataclass(frozen=True, kw_only=True)
class BySegment(Answer):
    """The score beside what promoters did, segment by segment."""

    segments: pd.DataFrame
    base: str  # who answered, and what is hidden, in words
    level: float

    def words(self) -> Words:
        """Whether promoters of one segment refer more often than those of another, beyond chance."""
        return Words(
            sentence=_sentence(self.segments, self.level),
            table=self.segments,
            formats=FORMATS,
            caption="Stated and actual referral by segment",
            note=self.base,
        )


def by_segment(linked: LinkedAnswers, segments: pd.Series, terms: Terms) -> BySegment:
    """Set the score beside what promoters did, segment by segment.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``; a customer without one stands under "(missing)".
    terms : Terms
        Level of the Wilson ranges. A figure is hidden when its own base is under the smallest group; where exactly one
        would be hidden, the next smallest is hidden too, or the total would give it away.

    Returns
    -------
    BySegment
    """
    min_group = terms.min_group
    people = linked.people.assign(segment=linked.people["customer_id"].map(segments).astype("object"))
    people["segment"] = people["segment"].where(people["segment"].notna(), MISSING_SEGMENT)
    rows = []
    for segment, group in people.groupby("segment", sort=True):
        promoters = group[group["score"] >= PROMOTER_FROM]
        kept = int(promoters["referred"].sum())
        low, high = wilson(kept, len(promoters), terms.level)
        nps = 100 * (len(promoters) - int((group["score"] <= DETRACTOR_TO).sum())) / len(group)
        rows.append((segment, len(group), len(promoters), nps, kept / max(len(promoters), 1), low, high))
    columns = ["Segment", "Answers", "Promoters", "NPS", "Promoters who referred", "Range from", "Range to"]
    table = pd.DataFrame(rows, columns=columns).sort_values(
        "Answers", ascending=False, kind="stable", ignore_index=True
    )
    hidden_score = too_small(table["Answers"], min_group)
    hidden_share = too_small(table["Promoters"], min_group) | (table["Promoters"] == 0) | hidden_score
    table.loc[hidden_score, "NPS"] = np.nan
    table.loc[hidden_share, ["Promoters who referred", "Range from", "Range to"]] = np.nan
    table.loc[hidden_share, "Promoters"] = np.nan
    table = table[~hidden_score].reset_index(drop=True)
    return BySegment(
        segments=table,
        base=(
            f"{linked.note} A figure is hidden (n/a) when its own base is under {min_group} people, "
            "and a segment is left out when it has fewer answers, with the next one where a single one could be worked "
            "out; fewer than 30 answers are a hint only."
        ),
        level=terms.level,
    )


def _sentence(table: pd.DataFrame, level: float) -> str:
    shown = table.dropna(subset=["Promoters who referred"])
    pairs = len(shown) * (len(shown) - 1) / 2
    if not pairs:
        return "No two segments are big enough to be compared."
    ordered = shown.sort_values("Promoters who referred", kind="stable")
    worst, best = ordered.iloc[0], ordered.iloc[-1]
    corrected = 1 - (1 - level) / pairs  # the best and the worst are picked from all pairs
    if not difference(_share(worst, corrected), _share(best, corrected)).excludes(0.0):
        return f"No difference in what promoters do can be shown between the {len(shown)} segments."
    high, low = (numbers.percent(one["Promoters who referred"]) for one in (best, worst))
    return (
        f"Promoters in {best['Segment']} refer more often ({high}) than those in {worst['Segment']} ({low}), "
        f"also when all {numbers.plural(pairs, 'comparison')} are allowed for."
    )


def _share(row: pd.Series, level: float) -> Estimate:
    n, share = float(row["Promoters"]), float(row["Promoters who referred"])
    low, high = wilson(round(share * n), n, level)
    return Estimate(value=share, low=low, high=high, level=level, n=int(n))


LEAST_PEOPLE = 30  # in a segment of which an association is given
NOWHERE = Interval(float("nan"), float("nan"))


@dataclass(frozen=True, kw_only=True)
class WithinSegments(Answer):
    """Somers' D of referring given the answer: of all, within segments, and between their means."""

    within: Measure = unknown("somers_d_within_segments", "ratio")  # mean of the segments, weighted by precision
    pooled: RankAssociation  # of all people together
    turned: bool  # whether the direction turns round within segments
    between: float  # rank correlation of segment means; NaN where there are too few
    lines: pd.DataFrame
    segments: int
    base: str  # who answered, and what counts as a segment, in words

    def words(self) -> Words:
        """Whether it holds within segments."""
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
        From :func:`link_answers`.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``; those with fewer than thirty people are left out.
    terms : Terms
        Level.

    Returns
    -------
    WithinSegments

    Notes
    -----
    The correlation of segment means says nothing about people (Robinson 1950); the pooled value can turn round within
    segments (Simpson 1951). Segments are judged by p-values after Holm over all segments shown.
    """
    people, level = linked.people, terms.level
    name = people["customer_id"].map(segments).astype("object")
    name = name.where(name.notna(), MISSING_SEGMENT)
    groups = {str(key): group for key, group in people.groupby(name, sort=True) if len(group) >= LEAST_PEOPLE}
    found = {key: _order(group, level) for key, group in groups.items()}
    defined = {key: one for key, one in found.items() if not one.reason and one.error > 0}
    pooled = _order(people, level)
    within, ends = _combined(list(defined.values()), level)
    p = holm([_p_value(one) for one in found.values()])
    turned = bool(pooled.interval.low * ends.high < 0 and pooled.interval.high * ends.low < 0)
    turned = turned and pooled.interval.low * pooled.interval.high > 0 and ends.low * ends.high > 0
    rows = [("All together", len(people), pooled.estimate, *pooled.interval, "")]
    rows += [("Within segments", sum(map(len, groups.values())), within, *ends, "")]
    for (key, one), adjusted in zip(found.items(), p, strict=True):
        seen = one.reason or ("beyond chance" if adjusted < 1 - level else "not beyond chance")
        rows.append((f"  {key}", one.n, one.estimate, *one.interval, seen))
    nowhere = np.isnan(within)
    return WithinSegments(
        within=unknown("somers_d_within_segments", "ratio", "no segment is large enough or varies", len(people))
        if nowhere
        else Measure(
            name="somers_d_within_segments",
            value=within,
            unit="ratio",
            n=len(people),
            low=ends.low,
            high=ends.high,
            level=level,
        ),
        pooled=pooled,
        turned=turned,
        between=_between(groups),
        lines=pd.DataFrame(rows, columns=["Group", "People", "Somers' D", "Range from", "Range to", "Reading"]),
        segments=len(groups),
        base=(
            f"{linked.note} Segments with at least {LEAST_PEOPLE} people; their readings are corrected for "
            f"{numbers.plural(len(groups), 'comparison')} (Holm)."
        ),
    )


def _order(people: pd.DataFrame, level: float) -> RankAssociation:
    return somers_d(people["referred"].to_numpy(bool), people["score"].to_numpy(float), level)


def _p_value(one: RankAssociation) -> float:
    from scipy.special import ndtr

    if one.reason or not one.error > 0:
        return float("nan")
    return float(2 * ndtr(-abs(one.estimate) / one.error))


def _combined(found: list[RankAssociation], level: float) -> tuple[float, Interval]:
    if not found:
        return float("nan"), NOWHERE
    weight = np.array([1 / one.error**2 for one in found])
    mean = float(weight @ [one.estimate for one in found] / weight.sum())
    half = normal_quantile(level) / float(np.sqrt(weight.sum()))
    return mean, Interval(mean - half, mean + half)


def _between(groups: dict[str, pd.DataFrame]) -> float:
    """Return the rank correlation of segment means, or NaN where there are fewer than four segments."""
    if len(groups) < 4:
        return float("nan")
    means = pd.DataFrame([(one["referred"].mean(), one["score"].mean()) for one in groups.values()])
    return spearman(means[0], means[1]).estimate
