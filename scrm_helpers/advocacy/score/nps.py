"""The Net Promoter Score with an interval that holds, of everybody who answered and of each segment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.terms import Terms
from scrm_helpers.stats.intervals import adjusted_wald

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROMOTER_FROM, DETRACTOR_TO = 9, 6
GROUPS = ("Detractors (0 to 6)", "Passives (7 and 8)", "Promoters (9 and 10)")


@dataclass(frozen=True, kw_only=True)
class NetPromoterScore(Answer):
    """The score in points and the answers it is made of."""

    ABSENT = "There is no Net Promoter Score: {reason}."

    nps: Measure = unknown("nps", "points")
    counts: tuple[int, int, int] = (0, 0, 0)  # answers of detractors, passives, promoters

    @property
    def shares(self) -> list[float]:
        """Share of each group in all answers."""
        return [count / sum(self.counts) for count in self.counts]

    def words(self) -> Words:
        """Which side prevails, if either does beyond chance."""
        (low, high), score = self.nps.ends, numbers.points(self.nps.value)
        side = "more promoters than detractors" if low > 0 else "more detractors than promoters" if high < 0 else ""
        detractors, passives, promoters = map(numbers.percent, self.shares)
        people = numbers.plural(sum(self.counts), "person", "people")
        return Words(
            sentence=(
                f"The Net Promoter Score is {score} "
                f"({numbers.percent(self.nps.level)} range {numbers.interval(low, high, numbers.points)}): "
                f"{side or 'the range holds zero, so neither promoters nor detractors can be said to prevail'}."
            ),
            table=pd.DataFrame({"Group": GROUPS, "Answers": self.counts, "Share": self.shares}),
            formats={"Answers": "count", "Share": "percent"},
            title=f"Stated: a Net Promoter Score of {score}",
            caption="Answers by group",
            note=f"n = {people}, latest answer of each; adjusted interval of Rocks (2016).",
            alt=f"One bar in three parts: detractors {detractors}, passives {passives}, promoters {promoters}.",
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the three groups as parts of one bar."""
        ax = style.axes_for(ax, height=1.5)
        colours, inks = (style.ORANGE, style.RULE, style.BLUE), ("white", style.INK, "white")
        start = 0.0
        for name, share, colour, ink in zip(GROUPS, self.shares, colours, inks, strict=True):
            ax.barh([0], [share], left=start, color=colour, height=0.5)
            label = f"{name.split(' (')[0]}\n{numbers.percent(share)}"
            if share > 0.08:
                ax.text(start + share / 2, 0, label, color=ink, ha="center", va="center")
            else:
                ax.annotate(label, (start + share / 2, 0.25), xytext=(0, 4), textcoords="offset points", ha="center")
            start += share
        ax.set_xlim(0, 1)
        ax.set_yticks([])
        ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
        ax.set_xlabel("Share of answers")
        ax.spines["left"].set_visible(False)
        return ax


def check_scores(scores: pd.Series) -> None:
    """Refuse answers that are not whole numbers from 0 to 10."""
    known = scores.dropna()
    wrong = known[~known.isin(range(11))]
    if len(wrong):
        raise Refusal(
            f"{numbers.plural(len(wrong), 'answer')} in the column score {'is' if len(wrong) == 1 else 'are'} not a "
            f"whole number from 0 to 10, such as {wrong.iloc[0]:g}. Promoters and detractors are defined on that scale "
            "only, so the score would be wrong: map the answers to 0-10 before, or leave them out."
        )


def latest_answers(surveys: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Keep the latest answer of each person, so that nobody counts twice; of several at one time the lowest.

    Parameters
    ----------
    surveys : pandas.DataFrame
        The table ``surveys``; invitations without a score are no answers.
    as_of : pandas.Timestamp
        Day of the analysis; later answers do not exist yet.

    Returns
    -------
    pandas.DataFrame
        ``customer_id``, ``responded_on``, ``score``; sorted by customer.

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Examples
    --------
    >>> frame = pd.DataFrame({"customer_id": ["A", "A"], "score": [3.0, 9.0],
    ...                       "responded_on": pd.to_datetime(["2026-01-01", "2026-02-01"])})
    >>> latest_answers(frame, pd.Timestamp("2026-03-01"))["score"].tolist()
    [9.0]
    """
    check_scores(surveys["score"])
    answered = surveys[surveys["score"].notna() & (surveys["responded_on"] <= as_of) & surveys["customer_id"].notna()]
    latest = in_order(answered, ["customer_id", "responded_on"]).drop_duplicates("customer_id", keep="last")
    return latest[["customer_id", "responded_on", "score"]].reset_index(drop=True)


def in_order(answers: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Order answers so that the last of each group counts, whatever the order of the rows: at one time the lowest."""
    return answers.sort_values(
        [*keys, "score"], ascending=[True] * len(keys) + [False], na_position="first", kind="stable"
    )


def net_promoter_score(scores: pd.Series, terms: Terms) -> NetPromoterScore:
    """Compute the Net Promoter Score of a list of answers.

    Parameters
    ----------
    scores : pandas.Series of shape (n,)
        Answers from 0 to 10.
    terms : Terms
        Level of the interval, and the smallest number of answers of which a score is shown.

    Returns
    -------
    NetPromoterScore

    Raises
    ------
    Refusal
        When a score is no whole number from 0 to 10.

    Notes
    -----
    ``NPS = 100 (p - d)``; the interval is the adjusted one of Rocks (2016), whose centre lies a little nearer to zero
    than the score itself.

    Examples
    --------
    >>> scores = pd.Series([10] * 50 + [8] * 30 + [3] * 20)
    >>> found = net_promoter_score(scores, Terms(pd.Timestamp("2026-09-30")))
    >>> found.nps.value, round(found.nps.low, 1), round(found.nps.high, 1)
    (30.0, 14.1, 44.2)
    """
    check_scores(scores)
    known = scores.dropna()
    n = len(known)
    promoters, detractors = int((known >= PROMOTER_FROM).sum()), int((known <= DETRACTOR_TO).sum())
    counts = (detractors, n - promoters - detractors, promoters)
    if n < max(terms.min_group, 1):
        reason = f"only {numbers.plural(n, 'person', 'people')} answered" if n else "nobody answered"
        return NetPromoterScore(reason=reason, nps=unknown("nps", "points", reason, n), counts=counts)
    low, high = (100 * end for end in adjusted_wald(promoters, detractors, n, terms.level)[1])
    score = 100 * (promoters - detractors) / n
    nps = Measure(name="nps", value=score, unit="points", n=n, low=low, high=high, level=terms.level)
    return NetPromoterScore(nps=nps, counts=counts)
