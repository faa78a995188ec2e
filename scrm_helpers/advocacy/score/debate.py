"""Both sides of the debate on the Net Promoter Score, cited, with this company's own figure beside them."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

SIDES = {"yes": "for", "partly": "partly for", "no": "against"}


def score_debate(evidence: pd.DataFrame, own: Measure | None = None) -> Result:
    """List the published findings for and against the score, and what this company's data say.

    Parameters
    ----------
    evidence : pandas.DataFrame
        ``study``, ``base``, ``finding``, ``supports_nps`` ("yes", "partly", "no"), ``status``, ``source``.
    own : Measure, optional
        Somers' D of referring given the answer here, for the last line.

    Returns
    -------
    Result

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
    counts = table["Side"].value_counts()
    text = (
        f"Of {numbers.plural(len(table), 'published study', 'published studies')} named here, "
        f"{counts.get('for', 0)} speak for the score, {counts.get('partly for', 0)} partly and "
        f"{counts.get('against', 0)} against it; they are about firms, not about persons."
    )
    return Result(
        sentence=text + _here(own),
        table=table.reset_index(drop=True),
        caption="Both sides of the debate",
        note="Sources: " + "; ".join(evidence["source"]) + ".",
        drawable=False,
    )


def _here(own: Measure | None) -> str:
    if own is None:
        return ""
    if own.value is None or own.low is None or own.high is None:
        return f" What holds here cannot be said: {own.reason}."
    figure = f"Somers' D {numbers.decimal(own.value)}, {numbers.interval(own.low, own.high, numbers.decimal)}"
    if own.low > 0:
        return f" Here, person by person, the answer goes with later referrals ({figure})."
    return f" Here, person by person, no connection with later referrals can be shown ({figure})."
