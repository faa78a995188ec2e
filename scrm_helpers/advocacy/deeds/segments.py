"""Does it hold in every segment? Stated and actual referral by segment, with small groups hidden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.chance import holm
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import Interval, normal_quantile, wilson
from scrm_helpers.stats.rank import RankAssociation, somers_d, spearman

MISSING_SEGMENT = "(missing)"


def by_segment(linked: LinkedAnswers, segments: pd.Series, min_group: int = 5, level: float = 0.95) -> Result:
    """Set the score beside what promoters did, segment by segment.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``; a customer without one stands under "(missing)".
    min_group : int
        A figure is hidden when its own base is smaller; where exactly one would be hidden, the next smallest is
        hidden too, or the total would give it away.
    level : float
        Confidence level of the Wilson ranges, 0-1.

    Returns
    -------
    Result
    """
    people = linked.people.assign(segment=linked.people["customer_id"].map(segments).astype("object"))
    people["segment"] = people["segment"].where(people["segment"].notna(), MISSING_SEGMENT)
    rows = []
    for segment, group in people.groupby("segment", sort=True):
        promoters = group[group["score"] >= PROMOTER_FROM]
        kept = int(promoters["referred"].sum())
        low, high = wilson(kept, len(promoters), level)
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
    return Result(
        sentence=_sentence(table, level),
        table=table,
        caption="Stated and actual referral by segment",
        note=(
            f"{linked.note} A figure is hidden (n/a) when its own base is under {min_group} people, "
            "and a segment is left out when it has fewer answers, with the next one where a single one could be worked "
            "out; fewer than 30 answers are a hint only."
        ),
        formats={
            "Answers": "count",
            "Promoters": "count",
            "NPS": "points",
            "Promoters who referred": "percent",
            "Range from": "percent",
            "Range to": "percent",
        },
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


NOWHERE = Interval(float("nan"), float("nan"))


@dataclass(frozen=True, kw_only=True)
class WithinSegments(Result):
    """Somers' D of referring given the answer: of all, within segments, and between their means."""

    pooled: RankAssociation  # of all people together
    within: float  # mean of the segments' values, weighted by precision; NaN when no segment allows one
    within_interval: Interval  # its interval
    reversed: bool


def within_segments(
    linked: LinkedAnswers, segments: pd.Series, min_group: int = 30, level: float = 0.95
) -> WithinSegments:
    """Measure the association of answer and referring within each segment and between segments.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    segments : pandas.Series
        Segment of each customer, indexed by ``customer_id``.
    min_group : int
        Segments with fewer people are left out of the comparison.
    level : float
        Confidence level, 0-1.

    Returns
    -------
    WithinSegments

    Notes
    -----
    The correlation of segment means says nothing about people (Robinson 1950); the pooled value can turn round within
    segments (Simpson 1951). Segments are judged by p-values after Holm over all segments shown.
    """
    people = linked.people
    name = people["customer_id"].map(segments).astype("object")
    name = name.where(name.notna(), MISSING_SEGMENT)
    groups = {str(key): group for key, group in people.groupby(name, sort=True) if len(group) >= min_group}
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
    between = _between(groups)
    return WithinSegments(
        sentence=_within_sentence(pooled, within, ends, turned, between, len(groups)),
        table=pd.DataFrame(rows, columns=["Group", "People", "Somers' D", "Range from", "Range to", "Reading"]),
        caption="Association of the answer with referring, by segment",
        note=(
            f"{linked.note} Segments with at least {min_group} people; their readings are corrected for "
            f"{numbers.plural(len(groups), 'comparison')} (Holm)."
        ),
        formats={"People": "count"} | dict.fromkeys(["Somers' D", "Range from", "Range to"], "decimal"),
        drawable=False,
        measures=(
            Measure(
                name="somers_d_within_segments",
                value=None if np.isnan(within) else within,
                unit="ratio",
                n=len(people),
                low=None if np.isnan(within) else ends.low,
                high=None if np.isnan(within) else ends.high,
                level=level,
                reason="no segment is large enough or varies" if np.isnan(within) else "",
            ),
        ),
        pooled=pooled,
        within=within,
        within_interval=ends,
        reversed=turned,
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


def _within_sentence(
    pooled: RankAssociation, within: float, ends: Interval, turned: bool, between: float, count: int
) -> str:
    if pooled.reason:
        return f"Whether the answer goes with referring is {pooled.reason}."
    if np.isnan(within):
        return "Whether it holds within segments cannot be said: no segment is large enough or varies."
    figures = f"(Somers' D {numbers.decimal(pooled.estimate)} over all, {numbers.decimal(within)} within segments)"
    if turned:
        return f"The direction turns round within segments {figures}: read the segments, not the total."
    text = f"Within the {numbers.plural(count, 'segment')} it is much the same as over all {figures}."
    if not ends.low <= pooled.estimate <= ends.high:
        text = f"Within segments it differs from that over all {figures}: part of it lies between the segments."
    if not np.isnan(between):
        text += (
            f" Between the means of segments the rank correlation is {numbers.decimal(between)}; that is about "
            "segments "
            "and says nothing about people."
        )
    return text
