"""Does it hold in every segment? Stated and actual referral by segment, with small groups hidden."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.association import NO_ORDER, pull_of
from scrm_helpers.advocacy.deeds.by_answer import Followed, LinkedAnswers
from scrm_helpers.advocacy.score.nps import DETRACTOR_TO, PROMOTER_FROM, against
from scrm_helpers.answers import Claim, Measure, Terms, Words, measure_name, numbers, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.stats.intervals import normal_quantile, share_estimate, wilson
from scrm_helpers.stats.rank import moved_by, pair_sums, somers_d, spearman


class BySegment(Followed):
    """The score beside what promoters did, segment by segment."""

    segments: pd.DataFrame
    min_group: int
    gap: Measure = unknown("promoters_referring_between_segments", "share")  # highest less lowest, p of all together

    def words(self) -> Words:
        return Words(
            sentence=self._reading(),
            table=self.segments,
            formats={"Answers": "count", "Promoters": "count", "NPS": "points"}
            | dict.fromkeys(["Promoters who referred", "Range from", "Range to"], "percent"),
            caption="Stated and actual referral by segment",
            note=f"{self.base} A figure is hidden (n/a) when its own base is under {self.min_group} people, and a "
            "segment is left out when it has fewer answers, with the next one where a single one could be worked out; "
            "fewer than 30 answers are a hint only.",
        )

    def claimed(self) -> tuple[Claim, ...]:
        tested = "share of the promoters who referred: all segments together, and the highest less the lowest"
        alike = "promoters refer as often in every segment"
        return (against("promoters_of_segments", tested, self.gap, alike),)

    def _reading(self) -> str:
        shown = self.segments.dropna(subset=["Promoters who referred"])
        if self.gap.value is None:
            return f"Segments cannot be compared: {self.gap.reason}."
        if self.tested("promoters_of_segments").verdict != "shown":
            return f"No difference in what promoters do can be shown between the {len(shown)} segments."
        ordered = shown.sort_values("Promoters who referred", kind="stable")
        (worst, best), shares = ordered["Segment"].iloc[[0, -1]], ordered["Promoters who referred"]
        n, (low, high) = len(shown), (numbers.percent(shares.iloc[at]) for at in (0, -1))
        return f"What promoters do differs between the {n} segments: in {best} {high} referred, in {worst} {low}."


def segment_of(people: pd.Series, segments: pd.Series) -> pd.Series:
    """Return the segment of each person, by name where there is none."""
    named = people.map(segments).astype("object")
    return named.where(named.notna(), "(missing)")


def by_segment(linked: LinkedAnswers, segments: pd.Series, terms: Terms) -> BySegment:
    """Set the score beside what promoters did, segment by segment.

    Parameters
    ----------
    linked, terms
    segments : by ``customer_id``

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
    table = pd.DataFrame(rows, columns=columns)
    table = table.sort_values("Answers", ascending=False, kind="stable", ignore_index=True)
    few = too_small(table["Answers"], terms.min_group)
    hidden = too_small(table["Promoters"], terms.min_group) | (table["Promoters"] == 0) | few
    table.loc[hidden, ["Promoters who referred", "Range from", "Range to"]] = np.nan
    table.loc[hidden, "Promoters"] = np.nan
    seen = table[~hidden].sort_values("Promoters who referred", kind="stable")
    sizes = seen["Promoters"].to_numpy(int)
    kept = (sizes * seen["Promoters who referred"]).round().to_numpy(int)
    gap = Estimate(level=terms.level, reason="no two of them have enough promoters")
    if len(seen) > 1:
        worst, best = (share_estimate(int(kept[at]), int(sizes[at]), terms.level) for at in (0, -1))
        gap = difference(worst, best)
        if 0 < kept.sum() < sizes.sum():
            from scipy.stats import chi2_contingency

            gap = replace(gap, p=float(chi2_contingency([kept, sizes - kept], correction=False).pvalue))
    return BySegment(
        segments=table[~few].reset_index(drop=True),
        min_group=terms.min_group,
        gap=gap.measure("promoters_referring_between_segments", "share", n=int(sizes.sum())),
        **linked.place,
    )


LEAST_PEOPLE = 30  # in a segment of which an association is given


class WithinSegments(Followed):
    """Somers' D of referring given the answer: of all, within segments, and between their means."""

    within: Measure = unknown("somers_d_within_segments", "ratio")  # pairs of one segment only
    pooled: Estimate  # of all people together
    gap: Measure = unknown("somers_d_between_segments", "ratio")  # of all less within; the same people, so one test
    between: float | None  # rank correlation of segment means; none where there are fewer than four
    orders: Mapping[str, Measure]  # by segment

    def claimed(self) -> tuple[Claim, ...]:
        what = "Somers' D of referring given the answer"
        pairs, apart = f"{what}, pairs of one segment only", f"{what}: of all people less within segments"
        alike = "within segments it is as over all"
        found = [against("answer_and_referring_within_segments", pairs, self.within, NO_ORDER)]
        for name, one in self.orders.items():
            asked = measure_name("answer_and_referring_in", name, self.orders)
            found.append(against(asked, f"{what}, in {name}", one, NO_ORDER, "segments"))
        return (*self.asked_after(*found), against("order_differs_within_segments", apart, self.gap, alike))

    def words(self) -> Words:
        rows = [("All together", self.pooled.n, self.pooled.value, self.pooled.low, self.pooled.high, "")]
        sizes = sum(one.n or 0 for one in self.orders.values())
        rows.append(("Within segments", sizes, self.within.value or np.nan, *self.within.ends, ""))
        for name, one in self.orders.items():
            shown = self.tested(measure_name("answer_and_referring_in", name, self.orders)).verdict == "shown"
            reading = one.reason or ("beyond chance" if shown else "not beyond chance")
            rows.append((f"  {name}", one.n or 0, one.value, one.low, one.high, reading))
        columns = ["Group", "People", "Somers' D", "Range from", "Range to", "Reading"]
        order, differs = self._reading()
        return Words(
            sentence=f"{order} {differs}".rstrip(),
            parts={"answer_and_referring_within_segments": order, "order_differs_within_segments": differs},
            table=pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(columns[2:5], float)),
            formats={"People": "count"} | dict.fromkeys(columns[2:5], "decimal"),
            caption="Association of the answer with referring, by segment",
            note=f"{self.base} Segments with at least {LEAST_PEOPLE} people; their readings are corrected for "
            f"{numbers.plural(len(self.orders), 'comparison')} (Holm).",
        )

    def _reading(self) -> tuple[str, str]:
        """Say what holds within segments, and what lies between them."""
        if self.pooled.reason:
            return f"Whether the answer goes with referring is {self.pooled.reason}.", ""
        if self.within.value is None:
            return "Whether it holds within segments cannot be said: no segment is large enough or varies.", ""
        over, inside = numbers.decimal(self.pooled.value), numbers.decimal(self.within.value)
        figures = f"(Somers' D {over} over all, {inside} within segments)"
        order, differs = map(self.tested, ("answer_and_referring_within_segments", "order_differs_within_segments"))
        ends, level = (self.pooled.low or 0.0, self.pooled.high or 0.0), numbers.plural(len(self.orders), "segment")
        if order.direction and differs.direction and all(order.direction * end < 0 for end in ends):
            return f"The direction turns round within segments {figures}: read the segments, not the total.", ""
        found = f"those who answer higher refer {'more' if order.direction > 0 else 'less'} often"
        found = found if order.direction else "no order can be shown"
        text = "That this differs from the order over all cannot be shown."
        if differs.direction:
            text = "It differs from the order over all, part of which lies between the segments."
        if self.between is not None:
            text += f" Between the means of segments the rank correlation is {numbers.decimal(self.between)}; that is "
            text += "about segments and says nothing about people."
        return f"Within the {level} {found} {figures}.", text


def within_segments(linked: LinkedAnswers, segments: pd.Series, terms: Terms) -> WithinSegments:
    """Measure the association of answer and referring within each segment and between segments.

    Segment means say nothing about people (Robinson 1950), and the pooled value can turn round (Simpson 1951).

    Parameters
    ----------
    linked, terms
    segments : by ``customer_id``; those with fewer than thirty people are left out

    Returns
    -------
    WithinSegments
    """
    people, level = linked.people, terms.level
    by_name = people.groupby(segment_of(people["customer_id"], segments), sort=True)
    groups = {str(name): group for name, group in by_name if len(group) >= LEAST_PEOPLE}
    orders = {
        name: somers_d(one["referred"], one["score"], level).measure(measure_name("somers_d_in", name, groups), "ratio")
        for name, one in groups.items()
    }
    pooled = somers_d(people["referred"], people["score"], level)
    within = Estimate(level=level, n=len(people), reason="no segment is large enough or varies")
    gap = Estimate(level=level, n=len(people), reason=pooled.reason or within.reason)
    if any(not one.reason for one in orders.values()):
        inside = np.concatenate([group.index for group in groups.values()])
        sums = [pair_sums(group["score"], group["referred"]) for group in groups.values()]
        net, differ = (np.concatenate([part[at] for part in sums]) for at in (0, 2))
        mean = float(net.sum() / differ.sum())
        pull = 2 * (net - mean * differ) / differ.sum()
        within = moved_by(mean, pull, level)
        apart = pd.Series(pull_of(people["referred"], people["score"]), index=people.index)
        apart[inside] -= pull
        value, half = (pooled.value or 0.0) - mean, normal_quantile(level) * float((apart**2).sum()) ** 0.5
        gap = Estimate(value=value, low=value - half, high=value + half, level=level, n=len(people))
    means = pd.DataFrame([(group["referred"].mean(), group["score"].mean()) for group in groups.values()])
    return WithinSegments(
        within=within.measure("somers_d_within_segments", "ratio"),
        pooled=pooled,
        gap=gap.measure("somers_d_between_segments", "ratio"),
        between=spearman(means[0], means[1]).value if len(groups) > 3 else None,
        orders=orders,
        **linked.place,
    )
