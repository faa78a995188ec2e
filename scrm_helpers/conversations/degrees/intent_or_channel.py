"""What customers want or where they say it: which says more of how far it goes, and without social media?"""

from dataclasses import replace
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.conversations.degrees.six_degrees import SOCIAL, Judged
from scrm_helpers.conversations.degrees.threads import UNKNOWN
from scrm_helpers.stats.fits import difference
from scrm_helpers.stats.intervals import clustered_share, normal_quantile

FEWEST = 20  # threads of an intent or a channel that stand for themselves; smaller ones are put together
REST = "other"
SMOOTH = 0.2  # threads of average course lent to each pair of labels, so that one of a single course has an effect too


class IntentOrChannel(Answer):
    """What intent and channel each add to the other, as shares of the deviance, beside what labels by lot add."""

    ABSENT = "Whether intent or channel says more about how social a conversation becomes cannot be told: {reason}."

    intent: Measure = unknown("degree_by_intent", "share")
    channel: Measure = unknown("degree_by_channel", "share")
    more: Measure = unknown("intent_over_channel", "share")
    by_chance: tuple[float, float] = (0.0, 0.0)  # what labels without meaning add
    groups: tuple[int, int] = (0, 0)
    TESTED = "what intent adds to channel less what channel adds to intent, each less what labels by lot add"
    CLAIMS = (Claim(tested=TESTED, estimate=more, chance=Chance(0.0, "both add as much beyond chance")),)

    def words(self) -> Words:
        write = lambda value: numbers.percent(value, 1)  # noqa: E731 - small shares
        adds = f"intent adds {write(self.intent.value)} and channel {write(self.channel.value)}"
        chance = f"labels by lot would add {write(self.by_chance[0])} and {write(self.by_chance[1])}"
        first = {
            1: "What customers want says more about how far a conversation goes than where they say it",
            -1: "Where customers write says more about how far a conversation goes than what they want",
            0: "Whether intent or channel says more about how far a conversation goes cannot be told",
        }[self.tested(self.more.name).direction]
        adding = zip(("Intent", "Channel"), self.groups, (self.intent, self.channel), self.by_chance, strict=True)
        rows = [(name, groups, measure.value, lot) for name, groups, measure, lot in adding]
        return Words(
            sentence=f"{first}: {adds} to what the other explains ({chance}; difference beyond chance "
            f"{write(self.more.value)}, range {numbers.span(self.more, write)}).",
            title=first,
            table=pd.DataFrame(rows, columns=["Label", "Groups", "Adds", "By lot"]),
            formats={"Groups": "count", "Adds": "percent", "By lot": "percent"},
            caption="Share of the deviance that each label adds to the other",
            note=f"{numbers.count(self.more.n)} customers' threads with a known intent; alone, answered, joined, many "
            "to many, from who answers whom only, as requests and tone are intents themselves; proportional odds; "
            "threads of one opener belong together",
            alt="Two bars: what intent and channel each add to what the other explains, marked where chance lies.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=1.8)
        ax.barh([0, 1], [self.intent.value or 0.0, self.channel.value or 0.0], color=style.BLUE, height=0.5)
        for at, lot in enumerate(self.by_chance):
            ax.plot([lot, lot], [at - 0.35, at + 0.35], color=style.ORANGE)
        style.beside(ax, "by lot", (self.by_chance[0], 0.5), (4, -3), color=style.ORANGE)
        style.name_rows(ax, ["Intent", "Channel"], down=True)
        ax.xaxis.set_major_formatter(lambda value, _: numbers.percent(value))
        return style.labelled(ax, "Share of the differences that each explains beyond the other")


def intent_or_channel_model(judged: Judged, terms: Terms) -> IntentOrChannel:
    """Set the drop in deviance that intent brings beside that of channel, each added to the other.

    Parameters
    ----------
    judged, terms

    Returns
    -------
    IntentOrChannel

    Notes
    -----
    Proportional odds; chance and p-values after Rao and Scott (1984) with the threads of one opener as clusters; the
    difference of both drops is that of the two non-nested models, with Vuong's error (1989), summed by opener. The
    claim needs the larger label beyond chance too, at twice its p-value because either may be the larger.

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": [pd.Timestamp("2026-01-01")], "thread_id": ["t"]})
    >>> terms = Terms(pd.Timestamp("2026-03-01"))
    >>> intent_or_channel_model(judge_threads(read_threads(rows, terms.as_of)), terms).reason
    'no conversation that customers opened has a known intent and channel'
    """
    table = judged.table
    table = table[table["inbound"] & (table["intent"] != UNKNOWN) & (table["channel"] != UNKNOWN)]
    if not len(table):
        return IntentOrChannel(reason="no conversation that customers opened has a known intent and channel")
    level = np.select([table["degree"] == 6, (table["third"] > 0) | table["peers"], table["authors"] > 1], [3, 2, 1])
    sizes = {name: table[name].map(table[name].value_counts()).astype(int) for name in ("intent", "channel")}
    labels = pd.DataFrame({name: table[name].astype(str).where(n >= FEWEST, REST) for name, n in sizes.items()})
    coded = labels.assign(level=level).apply(lambda words: pd.factorize(words, sort=True)[0])
    size = tuple((coded.max() + 1).tolist())
    if min(size) < 2:
        return IntentOrChannel(reason="all conversations have one intent, one channel or one course")
    code = np.ravel_multi_index(tuple(coded.to_numpy().T), size)
    cells = pd.DataFrame(np.indices(size).reshape(3, -1).T, columns=coded.columns)
    found = _compared(cells, code, np.unique(table["cluster"], return_inverse=True)[1], size[:2], terms)
    return found or IntentOrChannel(reason="the ordinal model did not converge")


def _compared(
    cells: pd.DataFrame, code: np.ndarray, opener: np.ndarray, groups: tuple[int, int], terms: Terms
) -> IntentOrChannel | None:
    from scipy.sparse import coo_array
    from scipy.stats import chi2, norm

    weight = np.bincount(code, minlength=len(cells)).astype(float)
    levels = np.bincount(cells["level"], weight)
    weight = weight + SMOOTH * (levels / levels.sum())[cells["level"]]
    tried = [_fitted(cells, weight, names) for names in (["intent"], ["channel"], ["intent", "channel"])]
    fits = [fit for fit in tried if fit is not None]
    if len(fits) < len(tried):
        return None
    (by_intent, _), (by_channel, _), (both, model) = fits
    levels = np.bincount(cells["level"], weight)
    null = float(levels @ np.log(levels / levels.sum()))
    by_opener = coo_array((np.ones(len(code)), (opener, code)), shape=(opener.max() + 1, len(cells))).tocsr()
    bread = np.linalg.inv(-model.hessian(model.point))
    meat = by_opener @ model.score_obs(model.point)
    spread = bread @ (meat.T @ meat) @ bread
    deviance = [2 * float(weight @ (both - other)) for other in (by_channel, by_intent)]
    blocks = slice(0, groups[0] - 1), slice(groups[0] - 1, sum(groups) - 2)
    freedom = [groups[0] - 1, groups[1] - 1]
    expected = [float(np.trace(np.linalg.solve(bread[block, block], spread[block, block]))) for block in blocks]
    p = [chi2.sf(drop * free / lot, free) for drop, free, lot in zip(deviance, freedom, expected, strict=True)]
    lead = by_opener @ (by_intent - by_channel)
    more = deviance[0] - deviance[1] - expected[0] + expected[1]
    error = 2 * float(np.sqrt((lead**2).sum()))
    scale, half = -2 * null, normal_quantile(terms.level) * error
    larger = p[0] if more > 0 else p[1]
    p_value = float(min(1.0, max(2 * larger, 2 * norm.sf(abs(more) / error))))
    low, high = ((more + side * half) / scale for side in (-1, 1))
    of: dict[str, Any] = {"n": len(code), "level": terms.level, "no_range": "what chance gives stands beside it"}
    return IntentOrChannel(
        population="threads opened by customers",
        window="all threads that can be judged",
        intent=replace(IntentOrChannel.intent, value=deviance[0] / scale, **of),
        channel=replace(IntentOrChannel.channel, value=deviance[1] / scale, **of),
        more=replace(IntentOrChannel.more, value=more / scale, low=low, high=high, p=p_value, **of),
        by_chance=(expected[0] / scale, expected[1] / scale),
        groups=groups,
    )


def _fitted(cells: pd.DataFrame, weight: np.ndarray, names: list[str]) -> tuple[np.ndarray, Any] | None:
    """Fit the ordinal model of statsmodels on cells with counts, which it does not take; returns their likelihood."""
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    class Counted(OrderedModel):  # type: ignore[misc]
        def loglike(self, params: np.ndarray) -> float:
            """Count each cell as often as it occurs."""
            return float(weight @ self.loglikeobs(params))

    design = np.column_stack([pd.get_dummies(cells[name], drop_first=True).to_numpy(float) for name in names])
    model = Counted(cells["level"].to_numpy(), design, distr="logit")
    found = model.fit(method="bfgs", disp=0, maxiter=500, skip_hessian=True)
    model.point = np.asarray(found.params)
    sound = found.mle_retvals["converged"] and np.isfinite(model.point).all()
    sound = sound and abs(model.point[: design.shape[1]]).max() < 15
    if not sound or (len(names) > 1 and np.linalg.eigvalsh(-model.hessian(model.point))[0] <= 0):
        return None
    return model.loglikeobs(model.point), model


PRIVATE = r"mail|phone|shop|store|branch|letter|chat|counter|visit"  # channels that are no social media


class SocialWithoutMedia(Answer):
    """Share of the threads at degree five or six away from social media, beside that in public."""

    ABSENT = "Whether there is Social CRM without social media cannot be told: {reason}."

    share: Measure = unknown("social_share_without_media", "share")
    public: Measure = unknown("social_share_in_public", "share")
    apart: Measure = unknown("social_share_difference", "share")
    TESTED = "share at degree five or six by e-mail, phone and in the shop less that in public, customers' threads"
    CLAIMS = (Claim(tested=TESTED, estimate=apart, chance=Chance(0.0, "the same share in both")),)

    def words(self) -> Words:
        both = (("E-mail, phone, shop", self.share), ("In public", self.public))
        rows = [(name, one.n, one.value, one.low, one.high) for name, one in both]
        formats = {"Threads": "count"} | dict.fromkeys(["Degree 5 or 6", "From", "To"], "percent")
        side = self.tested(self.apart.name).direction
        beyond = f"{'more' if side > 0 else 'less'} often than in public"
        beyond = beyond if side else "and a difference from public places is not shown"
        there = "There is Social CRM without social media" if self.share.value else "No conversation there is social"
        return Words(
            sentence=f"{there}: by e-mail, phone and in the shop others take part in "
            f"{numbers.percent(self.share.value)} of the conversations ({numbers.span(self.share, numbers.percent)}), "
            f"{beyond} ({numbers.percent(self.public.value)}, {numbers.span(self.public, numbers.percent)}).",
            title=f"By e-mail, phone and in the shop they do in {numbers.percent(self.share.value)} "
            f"({numbers.span(self.share, numbers.percent)}), {beyond}",
            table=pd.DataFrame(rows, columns=["Where", *formats]),
            formats=formats,
            caption="Conversations in which others take part",
            note="Threads that customers opened; what they want differs between channels too; by rule",
        )


def social_without_media(judged: Judged, terms: Terms) -> SocialWithoutMedia:
    """Count the threads at degree five or six by e-mail, phone and in the shop, and in public.

    Parameters
    ----------
    judged, terms

    Returns
    -------
    SocialWithoutMedia

    Examples
    --------
    >>> from scrm_helpers.conversations import judge_threads, read_threads
    >>> rows = pd.DataFrame({"interaction_id": ["a"], "occurred_on": [pd.Timestamp("2026-01-01")], "thread_id": ["t"]})
    >>> social_without_media(judge_threads(read_threads(rows, "2026-03-01")), Terms(pd.Timestamp("2026-03-01"))).reason
    'no thread of customers has a known channel away from social media'
    """
    table = judged.table
    table = table[table["inbound"] & (table["channel"] != UNKNOWN)]
    private = table["channel"].astype(str).str.lower().str.contains(PRIVATE).to_numpy(bool)
    if not private.any():
        return SocialWithoutMedia(reason="no thread of customers has a known channel away from social media")
    social, cluster = (table["degree"] >= SOCIAL).to_numpy(), table["cluster"].to_numpy()
    inside, outside = (clustered_share(social[who], cluster[who], level=terms.level) for who in (private, ~private))
    apart = difference(outside, inside)
    if apart.value is not None and apart.low is not None and apart.high is not None and apart.high > apart.low:
        near = apart.low if apart.value > 0 else apart.high  # the end that decides, on the scale of its own error
        z = normal_quantile(terms.level) * abs(apart.value) / max(abs(apart.value - near), 1e-12)
        apart = replace(apart, p=2 * NormalDist().cdf(-z))
    return SocialWithoutMedia(
        population="threads that customers opened",
        window="all threads that can be judged",
        share=inside.measure("social_share_without_media", "share"),
        public=outside.measure("social_share_in_public", "share"),
        apart=apart.measure("social_share_difference", "share"),
    )
