"""Does it hold in every segment? Stated and actual referral by segment, with small groups hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM
from scrm_helpers.answers import numbers
from scrm_helpers.answers.result import Result
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.estimate import Estimate, difference
from scrm_helpers.stats.intervals import wilson

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
