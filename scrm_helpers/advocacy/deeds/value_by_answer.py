"""What does each answer bring? Referrals, customers and value per person, as they were and in a model of two parts."""

from dataclasses import field
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.by_answer import Followed, LinkedAnswers, few_followed
from scrm_helpers.advocacy.deeds.funnel import NO_FRIENDS
from scrm_helpers.advocacy.score.nps import against
from scrm_helpers.answers import Chance, Claim, Measure, Terms, Words, numbers, style, unknown
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.stats.chance import mean_bootstrap_t
from scrm_helpers.stats.fits import Estimate, Fit, collapse, difference, logit
from scrm_helpers.stats.intervals import normal_quantile
from scrm_helpers.stats.rank import somers_d

HEADS = {"referrals": "Referrals", "customers_brought": "Customers brought", "value": "Referral value"}
VALUE, LOW, HIGH = (f"Referral value {end}" for end in ("each", "from", "to"))


class WorthByAnswer(Followed):
    """Means per person by stated likelihood."""

    overall: tuple[Measure, ...] = ()  # one per quantity, over everybody
    order: Measure = unknown("somers_d_value", "ratio")
    gap: Measure = unknown("value_highest_minus_lowest_answer", "EUR")
    means: pd.DataFrame = field(default_factory=pd.DataFrame)  # by answer, of each quantity with its range
    min_group: int = 5
    ORDER, ALIKE = "Somers' D of referral value, given the answer", "people bring as much whatever they answer"
    ENDS = "mean value at the highest answer less that at the lowest"
    CLAIMS = (
        against("value_and_answer", ORDER, order, ALIKE),
        against("value_highest_against_lowest", ENDS, gap, ALIKE),
    )

    @property
    def shown(self) -> pd.DataFrame:
        """Mean values, one row per answer that enough people gave."""
        return self.means[self.means[VALUE].notna()]

    @property
    def drawable(self) -> bool:
        """Whether an answer has enough people."""
        return len(self.shown) > 0

    def words(self) -> Words:
        styles = {"People": "count"} | dict.fromkeys(self.means.columns[2:], "decimal")
        level = numbers.percent(self.overall[0].level)
        title, base, ends = self._reading()
        return Words(
            sentence=" ".join(filter(None, (base, f"{title}." if ends else "", ends))),
            parts={"value_and_answer": f"{title}.", "value_highest_against_lowest": ends} if ends else {},
            table=self.means,
            formats=styles | dict.fromkeys((VALUE, LOW, HIGH), "money"),
            title=title,
            caption="Per person, by answer",
            note=f"{self.base} Lines: {level} bootstrap-t range (n/a: it cannot be given); answers given by fewer than "
            f"{self.min_group} people are hidden. Value is attributed to the referrer, not additional.",
            alt=self._described(),
        )

    def _reading(self) -> tuple[str, str, str]:
        """Return title, what people bring on average, and what lies between the ends."""
        whole, ranged = self.overall[-1], self.shown.dropna(subset=[LOW, HIGH])
        if whole.value is None:
            return "Referral value by answer", f"The referral value per person cannot be said: {whole.reason}.", ""
        text = f"People who answered brought {numbers.money(whole.value, whole.unit)} of referral value each"
        if self.gap.value is None:
            return "Referral value by answer", f"{text}; between answers nothing can be compared.", ""
        side = self.tested("value_and_answer").direction
        order = f"Referral value {'rises' if side > 0 else 'falls'} with the answer"
        title = order if side else "No order of referral value by the answer can be shown"
        (high, more), (low, less) = map(self._at, (ranged.iloc[-1], ranged.iloc[0]))
        apart = ("no difference can be shown", "more", "less")[self.tested("value_highest_against_lowest").direction]
        return title, f"{text}.", f"Each brought {more} at an answer of {high}, {less} at {low}: {apart}."

    def _at(self, row: pd.Series) -> tuple[object, str]:
        return row.name, numbers.money(row[VALUE], self.gap.unit)

    def _described(self) -> str:
        if self.shown.empty:
            return "No answer has enough people to be drawn."
        ordered = self.shown.sort_values(VALUE, kind="stable")
        (low, least), (high, most) = self._at(ordered.iloc[0]), self._at(ordered.iloc[-1])
        return (
            f"{numbers.plural(len(ordered), 'point')}, one per answer, of referral value per person with ranges: "
            f"lowest {least} at {low}, highest {most} at {high}."
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=3.2)
        shown = self.shown
        style.ranges(ax, shown.index, shown[LOW], shown[HIGH])
        ranged, value = shown[LOW].notna().to_numpy(), shown[VALUE]
        colours = np.where(shown.index >= 9, style.BLUE, style.BAR_GREY)
        ax.scatter(shown.index[ranged], value[ranged], s=46, color=colours[ranged], zorder=3)
        if not ranged.all():
            look: dict[str, Any] = {"facecolor": "white", "edgecolor": style.BAR_GREY}
            ax.scatter(shown.index[~ranged], value[~ranged], s=46, **look).set(clip_on=False, zorder=3)
            ax.text(0.01, 0.98, "open: too few cases for a range", transform=ax.transAxes, va="top", color=style.GREY)
        ax.set_xticks(range(11))
        ax.set_xlim(-0.5, 10.5)
        ax.set_ylim(bottom=min(0.0, float(np.nanmin(shown[[LOW, VALUE]].to_numpy()))))
        xlabel = "Stated likelihood to recommend, 0 to 10"
        return style.dressed(ax, "Referral value per person", xlabel, lambda tick: numbers.money(tick, self.gap.unit))


def worth_by_answer(linked: LinkedAnswers, terms: Terms, value: pd.Series) -> WorthByAnswer:
    """Compute for each answer the referrals, the customers brought and the referral value per person.

    With many zeros and a long tail the bootstrap-t keeps about 93 % coverage, the percentile bootstrap 79 %.

    Parameters
    ----------
    linked, terms
    value : by person, of the referrals made in the window (``linked.made``): earlier ones would reverse time

    Returns
    -------
    WorthByAnswer
    """
    level, seed = terms.level, terms.seed
    people = linked.people.assign(value=linked.people["customer_id"].map(value).fillna(0.0))
    scores = people["score"].to_numpy(float)
    sizes = people["score"].value_counts().reindex(range(11), fill_value=0)
    hidden = too_small(sizes, terms.min_group) | (sizes == 0)
    unpriced = NO_FRIENDS if people["customers_brought"].any() and not people["value"].any() else ""
    why = {"customers_brought": linked.unknown, "value": linked.unknown or unpriced}
    means: dict[str, Any] = {"Answer": [*map(str, range(11))], "People": sizes.to_numpy()}
    overall = []
    for quantity, head in HEADS.items():
        amounts = people[quantity].to_numpy(float)
        whole = Estimate(level=level, n=len(amounts), reason=why.get(quantity, "") or few_followed(len(amounts)))
        if len(amounts) >= terms.min_group and not why.get(quantity):
            whole = mean_bootstrap_t(amounts, level, seed=seed)
        kind = "attributed" if quantity == "value" else "descriptive"
        unit = terms.currency if quantity == "value" else "ratio"
        overall.append(whole.measure(f"{quantity}_per_person", unit, kind=kind))
        each = [
            Estimate(level=level)
            if hidden[answer] or why.get(quantity)
            else mean_bootstrap_t(amounts[scores == answer], level, seed=seed + 1 + answer)
            for answer in range(11)
        ]
        for end, of in (("each", "value"), ("from", "low"), ("to", "high")):
            means[f"{head} {end}"] = np.array([getattr(one, of) for one in each], float)
    ranged = [one for one in each if one.low is not None]  # of value, which comes last
    gap = Estimate(level=level, reason="fewer than two answers have a range")
    gap = difference(ranged[0], ranged[-1]) if len(ranged) > 1 else gap
    order = Estimate(level=level, n=len(people), reason=why["value"])
    if not order.reason:
        order = somers_d(people["value"], people["score"], level)
    return WorthByAnswer(
        overall=tuple(overall),
        order=order.measure("somers_d_value", "ratio"),
        gap=gap.measure("value_highest_minus_lowest_answer", terms.currency, kind="attributed", p=order.p),
        means=pd.DataFrame(means),
        min_group=terms.min_group,
        **linked.place,
    )


FEW = 20
SHOWN = (0, 5, 7, 8, 9, 10)


class MoneyModel(Followed):
    """Expected referral value per answer in two parts."""

    ABSENT = "How the answer goes with referral value cannot be computed: {reason}."

    ratio: Measure = unknown("value_ratio_answer_10_to_5", "ratio")  # expected value at 10 over that at 5
    lines: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = "EUR"
    SAME, TESTED = Chance(1.0, "the same value at every answer"), "expected value at an answer of 10 over that at 5"
    CLAIMS = (Claim(name="value_at_10_against_5", tested=TESTED, estimate=ratio, chance=SAME),)

    def words(self) -> Words:
        expected = self.lines.set_index("Answer")["Expected value each"]
        middle, high = (numbers.money(expected[answer], self.currency) for answer in ("5", "10"))
        text = f"A person who answers 10 is expected to bring {high} of referral value, one who answers 5 {middle}"
        if self.tested("value_at_10_against_5").verdict != "shown":
            text += "; that they differ cannot be shown."
        else:
            times = numbers.interval(*self.ratio.ends, lambda end: numbers.decimal(end, 1))
            text += f": {numbers.decimal(self.ratio.value, 1)} times ({times})."
        level = numbers.percent(self.ratio.level)
        return Words(
            sentence=text,
            table=self.lines,
            formats=dict.fromkeys(["Expected value each", "Range from", "Range to"], "money"),
            caption="Expected referral value per person, by answer",
            note=f"{self.base} Two-part model; {level} range of both parts together; attributed, not additional.",
        )


def two_part_model(linked: LinkedAnswers, value: pd.Series, terms: Terms) -> MoneyModel:
    """Model referral value as the chance to bring any times the amount brought by those who do.

    Logit, then least squares of the logarithm with Duan's smearing factor ``mean(exp(residual))`` (Duan et al. 1983);
    ranges by the delta method with HC3 (MacKinnon and White 1985), both parts together.

    Parameters
    ----------
    linked, terms
    value : value by person of the referrals made in the window; below zero it counts as nothing brought

    Returns
    -------
    MoneyModel
    """
    from scipy.special import expit

    people, name = linked.people, "value_ratio_answer_10_to_5"
    amount = np.maximum(people["customer_id"].map(value).fillna(0.0).to_numpy(float), 0.0)
    score, some = people["score"].to_numpy(float), amount > 0
    fit = logit(collapse(some.astype(float), score)) if len(people) else Fit(names=(), reason="nobody answered")
    reason = fit.reason
    if not reason and some.sum() < FEW:
        reason = f"only {numbers.plural(int(some.sum()), 'person', 'people')} brought any value; {FEW} are needed"
    if not reason and np.ptp(score[some]) == 0:
        reason = "undefined: all who brought value gave the same answer"
    if reason:
        return MoneyModel(reason=reason, ratio=unknown(name, "ratio", reason, len(people)))
    at = np.array([[1.0, answer] for answer in SHOWN])
    chance, design = expit(at @ fit.parameters), np.column_stack([np.ones(some.sum()), score[some]])
    line, *_ = np.linalg.lstsq(design, np.log(amount[some]), rcond=None)
    rest = np.log(amount[some]) - design @ line
    inverse, smear = np.linalg.inv(design.T @ design), np.exp(rest)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    pulls = design * (rest / np.maximum(1 - leverage, 1e-9))[:, None] @ inverse  # HC3: few people bring anything
    tilt = at - (smear @ design) / smear.sum()  # of the logarithm by the line, smearing in it
    each = pulls @ tilt.T + (smear / smear.mean() - 1)[:, None] / len(rest)
    steep = at * (1 - chance)[:, None]  # the same by the logit
    error = np.sqrt(np.einsum("ij,jk,ik->i", steep, fit.covariance, steep) + (each**2).sum(axis=0))
    curve, z = chance * np.exp(at @ line) * smear.mean(), normal_quantile(terms.level)
    (high, low), factor = (SHOWN.index(answer) for answer in (10, 5)), float(curve[-1] / curve[1])
    apart = steep[high] - steep[low]
    spread = z * float(np.sqrt(apart @ fit.covariance @ apart + ((each[:, high] - each[:, low]) ** 2).sum()))
    ratio = Estimate(value=factor, low=factor * np.exp(-spread), high=factor * np.exp(spread), level=terms.level)
    rows = zip(map(str, SHOWN), curve, curve * np.exp(-z * error), curve * np.exp(z * error), strict=True)
    return MoneyModel(
        ratio=ratio.measure(name, "ratio", n=len(people), kind="attributed"),
        lines=pd.DataFrame(rows, columns=["Answer", "Expected value each", "Range from", "Range to"]),
        currency=terms.currency,
        **linked.place,
    )
