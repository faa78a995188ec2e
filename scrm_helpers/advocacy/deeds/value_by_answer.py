"""What does each answer bring? Referrals, customers and referral value per person, answer by answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.advocacy.deeds.linked import LinkedAnswers
from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.small_groups import too_small
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.resample import mean_bootstrap_t

if TYPE_CHECKING:
    from matplotlib.axes import Axes

QUANTITIES = ("referrals", "customers_brought", "value")


@dataclass(frozen=True, kw_only=True)
class WorthByAnswer(Answer):
    """Means per person by stated likelihood."""

    overall: tuple[Measure, ...] = ()  # one per quantity, over everybody
    means: pd.DataFrame = field(default_factory=pd.DataFrame)
    currency: str = ""  # ISO code of the value; empty when there is none
    base: str = ""  # who answered, and what is hidden, in words

    @property
    def main(self) -> str:
        """The quantity that is drawn: value where it is known, referrals otherwise."""
        return "value" if self.currency else "referrals"

    @property
    def shown(self) -> pd.DataFrame:
        """Means of the main quantity, one row per answer."""
        return self.means[self.means["quantity"] == self.main]

    @property
    def drawable(self) -> bool:
        """Whether an answer has enough people."""
        return bool(self.shown["mean"].notna().any())

    def words(self) -> Words:
        """What people bring each, and whether answers differ beyond chance."""
        quantities = [*dict.fromkeys(self.means["quantity"])]
        whole = next(one for one in self.overall if one.name.startswith(self.main))
        return Words(
            sentence=_sentence(self.shown, whole, self.main),
            table=_table(self.means, quantities),
            formats=_formats(quantities),
            title=_title(self.shown, self.main),
            caption="Per person, by answer",
            note=(
                f"{self.base.format(level=numbers.percent(whole.level))} Value is attributed to the referrer, not "
                "additional."
            ),
            alt=_description(self.shown, self.main, self.currency),
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the mean per person at each answer with its range: value where it is known, referrals otherwise."""
        ax = style.axes_for(ax, height=3.2)
        shown = self.shown[self.shown["mean"].notna()]
        ax.vlines(shown["answer"], shown["low"], shown["high"], color="black", linewidth=1.2)
        colours = np.where(shown["answer"] >= 9, style.BLUE, style.BAR_GREY)
        ranged = shown["low"].notna().to_numpy()
        ax.scatter(shown["answer"][ranged], shown["mean"][ranged], s=46, color=colours[ranged], zorder=3)
        if not ranged.all():
            bare = shown[~ranged]
            marks = ax.scatter(bare["answer"], bare["mean"], s=46, facecolor="white", edgecolor=style.BAR_GREY)
            marks.set(clip_on=False, zorder=3)
            ax.text(0.01, 0.98, "open: too few cases for a range", transform=ax.transAxes, va="top", color=style.GREY)
        ax.set_xticks(range(11))
        ax.set_xlim(-0.5, 10.5)
        ax.set_ylim(bottom=min(0.0, float(np.nanmin(shown[["low", "mean"]].to_numpy()))))
        if self.currency:
            ax.yaxis.set_major_formatter(lambda tick, _: numbers.money(tick, self.currency))
        ax.grid(axis="y")
        ax.set_xlabel("Stated likelihood to recommend, 0 to 10")
        ax.set_ylabel("Referral value per person" if self.currency else "Referrals per person")
        return ax


def worth_by_answer(
    linked: LinkedAnswers, terms: Terms, value: pd.Series | None = None, draws: int = 2000
) -> WorthByAnswer:
    """Compute for each answer the referrals, the customers brought and the referral value per person.

    Parameters
    ----------
    linked : LinkedAnswers
        From :func:`link_answers`.
    terms : Terms
        Currency, level and seed of the bootstrap-t ranges. Answers that fewer people than the smallest group gave show
        no means; where a single answer would be hidden, the next smallest is too.
    value : pandas.Series, optional
        Value of the referrals of each person that were made in the window (``linked.made``), indexed by person;
        people who are not in it brought nothing. A value that also holds earlier referrals would reverse time.
    draws : int
        Bootstrap samples.

    Returns
    -------
    WorthByAnswer

    Notes
    -----
    Means of counts and amounts with many zeros and a long tail: the bootstrap-t keeps about 93 % coverage where the
    percentile bootstrap keeps 79 %.
    """
    min_group, level, seed = terms.min_group, terms.level, terms.seed
    people = linked.people
    if value is not None:
        people = people.assign(value=people["customer_id"].map(value).fillna(0.0))
    quantities = [name for name in QUANTITIES if name in people]
    sizes = people["score"].value_counts().reindex(range(11), fill_value=0)
    hidden = too_small(sizes, min_group) | (sizes == 0)
    rows: list[tuple[int, str, int, float | None, float | None, float | None]] = []
    overall: dict[str, Estimate] = {}
    for quantity in quantities:
        amounts, scores = people[quantity].to_numpy(float), people["score"].to_numpy(float)
        overall[quantity] = _overall(amounts, min_group, level, draws, seed)
        for answer in range(11):
            own = amounts[scores == answer]
            found = None if hidden[answer] else mean_bootstrap_t(own, level, draws, seed + 1 + answer)
            ends = (None, None, None) if found is None else (found.value, found.low, found.high)
            rows.append((answer, quantity, len(own), *ends))
    means = pd.DataFrame(rows, columns=["answer", "quantity", "n", "mean", "low", "high"])
    means[["mean", "low", "high"]] = means[["mean", "low", "high"]].astype(float)
    return WorthByAnswer(
        overall=tuple(
            found.measure(f"{name}_per_person", terms.currency, kind="attributed")
            if name == "value"
            else found.measure(f"{name}_per_person", "ratio")
            for name, found in overall.items()
        ),
        means=means,
        currency=terms.currency if value is not None else "",
        base=(
            f"{linked.note} Lines: {{level}} bootstrap-t range (n/a: it cannot be given); answers given by fewer than "
            f"{min_group} people are hidden."
        ),
    )


def _overall(amounts: np.ndarray, min_group: int, level: float, draws: int, seed: int) -> Estimate:
    if len(amounts) >= min_group:
        return mean_bootstrap_t(amounts, level, draws, seed)
    reason = f"only {numbers.plural(len(amounts), 'person', 'people')} answered long enough ago"
    return Estimate(value=None, low=None, high=None, level=level, n=len(amounts), reason=reason)


HEADS = {"referrals": "Referrals", "customers_brought": "Customers brought", "value": "Referral value"}


def _table(means: pd.DataFrame, quantities: list[str]) -> pd.DataFrame:
    first = means[means["quantity"] == quantities[0]]
    columns = {"Answer": first["answer"].astype(str).to_numpy(), "People": first["n"].to_numpy()}
    for quantity in quantities:
        own = means[means["quantity"] == quantity]
        columns[f"{HEADS[quantity]} each"] = own["mean"].to_numpy()
        columns[f"{HEADS[quantity]} from"] = own["low"].to_numpy()
        columns[f"{HEADS[quantity]} to"] = own["high"].to_numpy()
    return pd.DataFrame(columns)


def _formats(quantities: list[str]) -> dict[str, str]:
    styles = {"People": "count"}
    for quantity in quantities:
        for end in ("each", "from", "to"):
            styles[f"{HEADS[quantity]} {end}"] = "money" if quantity == "value" else "decimal"
    return styles


def _write(amount: float, quantity: str, currency: str) -> str:
    return numbers.money(amount, currency) if quantity == "value" else numbers.decimal(amount)


def _sentence(means: pd.DataFrame, overall: Measure, quantity: str) -> str:
    noun, currency = HEADS[quantity].lower(), overall.unit
    if overall.value is None:
        return f"The {noun} per person cannot be computed: {overall.reason}."
    text = f"People who answered brought {_write(overall.value, quantity, currency)} of {noun} each"
    if quantity != "value":
        text = f"People who answered made {_write(overall.value, quantity, currency)} {noun} each"
    shown = means.dropna(subset=["mean", "low", "high"])
    if len(shown) < 2:
        return f"{text}; between answers nothing can be compared."
    top, bottom = shown.iloc[-1], shown.iloc[0]
    if top["low"] > bottom["high"]:
        return (
            f"{text}; those who answered {int(top['answer'])} more "
            f"({_write(top['mean'], quantity, currency)}) than those who answered {int(bottom['answer'])} "
            f"({_write(bottom['mean'], quantity, currency)})."
        )
    return f"{text}; between the highest and the lowest answer no difference can be shown."


def _title(means: pd.DataFrame, quantity: str) -> str:
    shown = means.dropna(subset=["mean", "low", "high"])
    if len(shown) < 2:
        return f"{HEADS[quantity]} by answer"
    top, rest = shown.iloc[-1], shown.iloc[:-1]
    if (rest["high"] < top["low"]).all():
        return f"{HEADS[quantity]} per person is highest at an answer of {int(top['answer'])}"
    if (rest["high"] < top["low"]).any():
        return f"{HEADS[quantity]} per person rises with the answer, but not step by step"
    return f"No difference in {HEADS[quantity].lower()} between the answers can be shown"


def _description(means: pd.DataFrame, quantity: str, currency: str) -> str:
    shown = means.dropna(subset=["mean"])
    if shown.empty:
        return "No answer has enough people to be drawn."
    ordered = shown.sort_values("mean", kind="stable")
    low, high = ordered.iloc[0], ordered.iloc[-1]
    return (
        f"{numbers.plural(len(shown), 'point')}, one per answer, of {HEADS[quantity].lower()} per person with ranges: "
        f"lowest {_write(low['mean'], quantity, currency)} at {int(low['answer'])}, highest "
        f"{_write(high['mean'], quantity, currency)} at {int(high['answer'])}."
    )
