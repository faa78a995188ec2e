"""The Net Promoter Score with an interval that holds, and both sides of the debate on it."""

import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Refusal, Terms, Words, numbers, style, unknown
from scrm_helpers.stats.fits import Estimate
from scrm_helpers.stats.intervals import adjusted_interval

PROMOTER_FROM, DETRACTOR_TO = 9, 6
GROUPS = ("Detractors (0 to 6)", "Passives (7 and 8)", "Promoters (9 and 10)")


def against(name: str, tested: str, estimate: Measure, alike: str, family: str = "") -> Claim:
    """Claim that a difference is none by chance: `alike` says when it would be zero."""
    return Claim(name=name, tested=tested, estimate=estimate, chance=Chance(0.0, alike), family=family)


class NetPromoterScore(Answer):
    """The score in points and the answers it is made of."""

    ABSENT = "There is no Net Promoter Score: {reason}."

    nps: Measure = unknown("nps", "points")
    counts: tuple[int, int, int] = (0, 0, 0)  # answers of detractors, passives, promoters
    CLAIMS = (against("promoters_and_detractors", "promoters less detractors", nps, "as many promoters as detractors"),)

    @property
    def shares(self) -> list[float]:
        """Share of each group in all answers."""
        return [count / sum(self.counts) for count in self.counts]

    def words(self) -> Words:
        (low, high), score = self.nps.ends, numbers.points(self.nps.value)
        even = "the range holds zero, so neither promoters nor detractors can be said to prevail"
        told = (even, "more promoters than detractors", "more detractors than promoters")
        side = told[self.tested("promoters_and_detractors").direction]
        detractors, passives, promoters = map(numbers.percent, self.shares)
        people = numbers.plural(sum(self.counts), "person", "people")
        return Words(
            sentence=f"The Net Promoter Score is {score} "
            f"({numbers.percent(self.nps.level)} range {numbers.interval(low, high, numbers.points)}): "
            f"{side}. It counts those who answered; what everybody invited would say is a number of its own.",
            table=pd.DataFrame({"Group": GROUPS, "Answers": self.counts, "Share": self.shares}),
            formats={"Answers": "count", "Share": "percent"},
            title=f"Stated: a Net Promoter Score of {score}",
            caption="Answers by group",
            note=f"n = {people}, latest answer of each; adjusted interval of Rocks (2016).",
            alt=f"One bar in three parts: detractors {detractors}, passives {passives}, promoters {promoters}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=1.5)
        colours, inks = (style.ORANGE, style.RULE, style.BLUE), ("white", style.INK, "white")
        start = 0.0
        for name, share, colour, ink in zip(GROUPS, self.shares, colours, inks, strict=True):
            ax.barh([0], [share], left=start, color=colour, height=0.5)
            label, middle = f"{name.split(' (')[0]}\n{numbers.percent(share)}", start + share / 2
            if share > 0.08:
                ax.text(middle, 0, label, color=ink, ha="center", va="center")
            else:
                style.beside(ax, label, (middle, 0.25), (0, 4), ha="center", size=9)
            start += share
        style.name_rows(ax, [])
        ax.set(xlim=(0, 1), xticks=[0, 0.25, 0.5, 0.75, 1])
        return style.labelled(ax, "Share of answers", percent="x")


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
    """Keep the latest answer of each person, so that nobody counts twice; of several at one time the lowest."""
    latest = last_of_each(answered(surveys, as_of), ["customer_id"], "responded_on")
    return latest[["customer_id", "responded_on", "score"]].reset_index(drop=True)


def answered(surveys: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Keep the answers of known people up to a day, invitations left out."""
    check_scores(surveys["score"])
    return surveys[surveys["score"].notna() & (surveys["responded_on"] <= as_of) & surveys["customer_id"].notna()]


def last_of_each(answers: pd.DataFrame, group: list[str], day: str) -> pd.DataFrame:
    """Keep the last answer of each group, whatever the order of the rows; of several at one time the lowest."""
    falling = [True] * len([*group, day]) + [False]
    ordered = answers.sort_values([*group, day, "score"], ascending=falling, na_position="first", kind="stable")
    return ordered.drop_duplicates(group, keep="last")


def signs(scores: pd.Series) -> NDArray:
    """Return 1 for each promoter, -1 for each detractor and 0 for the others: their mean is the score."""
    check_scores(scores)
    values = scores.to_numpy(float)
    return (values >= PROMOTER_FROM).astype(float) - (values <= DETRACTOR_TO)


def net_score(sides: NDArray, level: float) -> Estimate:
    """Return the score in points of answers that are 1, 0 or -1."""
    return adjusted_interval(int((sides > 0).sum()), int((sides < 0).sum()), len(sides), level).times(100)


def net_promoter_score(scores: pd.Series, terms: Terms) -> NetPromoterScore:
    """Compute the Net Promoter Score of a list of answers.

    ``NPS = 100 (p - d)``; the interval is the adjusted one of Rocks (2016), its centre a little nearer to zero.

    Parameters
    ----------
    scores : answers from 0 to 10
    terms : Terms

    Returns
    -------
    NetPromoterScore

    Examples
    --------
    >>> scores = pd.Series([10] * 50 + [8] * 30 + [3] * 20)
    >>> found = net_promoter_score(scores, Terms(pd.Timestamp("2026-09-30")))
    >>> found.nps.value, round(found.nps.low, 1), round(found.nps.high, 1)
    (30.0, 14.1, 44.2)
    """
    sides = signs(scores.dropna())
    n, promoters, detractors = len(sides), int((sides > 0).sum()), int((sides < 0).sum())
    counts = (detractors, n - promoters - detractors, promoters)
    if n < max(terms.min_group, 1):
        reason = f"only {numbers.plural(n, 'person', 'people')} answered" if n else "nobody answered"
        return NetPromoterScore(reason=reason, nps=unknown("nps", "points", reason, n), counts=counts)
    return NetPromoterScore(
        nps=net_score(sides, terms.level).measure("nps", "points"),
        counts=counts,
        population="people who answered at least once, each by the latest answer",
        window=f"answers up to {terms.as_of:%Y-%m-%d}",
        window_to=terms.as_of.date(),
    )


SIDES = {"yes": "for", "partly": "partly for", "no": "against"}


class Debate(Answer):
    """Published findings for and against the score, and what this company's data say."""

    findings: pd.DataFrame
    sources: tuple[str, ...]
    own: Claim  # whether the answer here goes with referring

    def words(self) -> Words:
        counts, one = self.findings["Side"].value_counts(), self.own.estimate
        figure = f"Somers' D {numbers.decimal(one.value)}, {numbers.interval(one.low, one.high, numbers.decimal)}"
        none = "no connection with later referrals can be shown"
        told = (none, "the answer goes with later referrals", "those who answer higher refer less")[self.own.direction]
        here = f"Here, person by person, {told} ({figure})."
        if self.own.verdict == "cannot say":
            here = f"What holds here cannot be said: {self.own.reason}."
        return Words(
            sentence=f"Of {numbers.plural(len(self.findings), 'published study', 'published studies')} named here, "
            f"{counts.get('for', 0)} speak for the score, {counts.get('partly for', 0)} partly and "
            f"{counts.get('against', 0)} against it; they are about firms, not about persons. {here}",
            table=self.findings,
            caption="Both sides of the debate",
            note=f"Sources: {'; '.join(self.sources)}.",
        )


def score_debate(evidence: pd.DataFrame, order: Answer) -> Debate:
    """List the published findings for and against the score, and what this company's data say.

    Parameters
    ----------
    evidence : ``study``, ``base``, ``finding``, ``supports_nps`` ("yes", "partly", "no"), ``status``, ``source``
    order : AnswerAndReferral

    Returns
    -------
    Debate
    """
    heads = {"study": "Study", "base": "Base", "finding": "Finding", "side": "Side"}
    findings = evidence.assign(side=evidence["supports_nps"].map(SIDES))[[*heads]].rename(columns=heads)
    own = order.tested("answer_and_referring")
    return Debate(findings=findings.reset_index(drop=True), sources=tuple(evidence["source"]), own=own)
