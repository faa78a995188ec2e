"""Both sides of the debate on the Net Promoter Score, cited, with this company's own figure beside them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure

SIDES = {"yes": "for", "partly": "partly for", "no": "against"}


@dataclass(frozen=True, kw_only=True)
class Debate(Answer):
    """Published findings for and against the score, and what this company's data say."""

    findings: pd.DataFrame
    sources: tuple[str, ...]
    own: Measure | None = None  # Somers' D of referring given the answer here; its chapter names it

    @property
    def measures(self) -> tuple[Measure, ...]:
        """None of its own."""
        return ()

    def words(self) -> Words:
        """How many studies speak for and against, and what holds here."""
        counts = self.findings["Side"].value_counts()
        return Words(
            sentence=(
                f"Of {numbers.plural(len(self.findings), 'published study', 'published studies')} named here, "
                f"{counts.get('for', 0)} speak for the score, {counts.get('partly for', 0)} partly and "
                f"{counts.get('against', 0)} against it; they are about firms, not about persons.{_here(self.own)}"
            ),
            table=self.findings,
            caption="Both sides of the debate",
            note=f"Sources: {'; '.join(self.sources)}.",
        )


def score_debate(evidence: pd.DataFrame, own: Measure | None = None) -> Debate:
    """List the published findings for and against the score, and what this company's data say.

    Parameters
    ----------
    evidence : pandas.DataFrame
        ``study``, ``base``, ``finding``, ``supports_nps`` ("yes", "partly", "no"), ``status``, ``source``.
    own : Measure, optional
        Somers' D of referring given the answer here, for the last line.

    Returns
    -------
    Debate

    Raises
    ------
    ValueError
        When a finding is on no known side.
    """
    strange = sorted(set(evidence["supports_nps"]) - set(SIDES))
    if strange:
        raise ValueError(
            f"A finding is for the score (yes), partly for it or against it (no), not {', '.join(strange)}."
        )
    table = pd.DataFrame(
        {
            "Study": evidence["study"],
            "Base": evidence["base"],
            "Finding": evidence["finding"],
            "Side": evidence["supports_nps"].map(SIDES),
        }
    )
    return Debate(findings=table.reset_index(drop=True), sources=tuple(evidence["source"]), own=own)


def _here(own: Measure | None) -> str:
    if own is None:
        return ""
    if own.value is None or own.low is None or own.high is None:
        return f" What holds here cannot be said: {own.reason}."
    figure = f"Somers' D {numbers.decimal(own.value)}, {numbers.interval(own.low, own.high, numbers.decimal)}"
    if own.low > 0:
        return f" Here, person by person, the answer goes with later referrals ({figure})."
    return f" Here, person by person, no connection with later referrals can be shown ({figure})."
