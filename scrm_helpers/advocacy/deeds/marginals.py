"""What do two shares allow? Bounds where only the totals of intending and of referring are known."""

from __future__ import annotations

import pandas as pd

from scrm_helpers.advocacy.deeds.funnel import phi_bounds, referral_given_intent_bounds
from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

INTENDED, REFERRED = "intended to refer", "referred"


def what_totals_allow(published: pd.DataFrame) -> Result:
    """Bound how intending and referring go together in firms of which only the totals were published.

    Parameters
    ----------
    published : pandas.DataFrame
        ``firm``, ``stage``, ``share``, ``status``; verified rows of the stages "intended to refer" and "referred".

    Returns
    -------
    Result
        Per firm the bounds of the share of intenders who referred, and of the correlation phi.

    Notes
    -----
    Frechet bounds. A large gap between the two totals does not show that intention tells nothing: that needs answers
    and referrals of the same people.

    Examples
    --------
    >>> funnel = pd.DataFrame({"firm": ["telecom"] * 2, "stage": ["intended to refer", "referred"],
    ...                        "share": [0.81, 0.30], "status": ["verified"] * 2})
    >>> what_totals_allow(funnel).sentence.split(": ")[0]
    'The published totals do not say whether those who intend are those who refer'
    """
    verified = published[published["status"].str.startswith("verified")]
    shares = verified.pivot(index="firm", columns="stage", values="share").reindex(columns=[INTENDED, REFERRED])
    rows, measures, told = [], [], []
    for firm, (intend, refer) in shares.dropna().iterrows():
        given, phi = referral_given_intent_bounds(intend, refer), phi_bounds(intend, refer)
        rows.append((str(firm).capitalize(), intend, refer, *given, *phi))
        told.append(f"in {firm} between {numbers.percent(given.low)} and {numbers.percent(given.high)} of them did")
        measures.append(
            Measure(
                name=f"largest_phi_{str(firm).replace(' ', '_')}",
                value=phi.high,
                unit="ratio",
                low=phi.low,
                high=phi.high,
                level=1.0,
            )
        )
    columns = ["Firm", "Intended", "Referred", "Of these at least", "Of these at most", "phi at least", "phi at most"]
    styles = dict.fromkeys(columns[1:5], "percent") | dict.fromkeys(columns[5:], "decimal")
    return Result(
        sentence=_sentence(told),
        table=pd.DataFrame(rows, columns=columns),
        caption="What the published totals allow",
        note="Kumar, Petersen and Leone 2007; bounds hold for certain and are no confidence intervals.",
        formats=styles,
        drawable=False,
        measures=tuple(measures),
    )


def _sentence(told: list[str]) -> str:
    if not told:
        return "No published totals of intending and referring are at hand."
    return (
        f"The published totals do not say whether those who intend are those who refer: {'; '.join(told)}, and both a "
        "positive and a negative connection fit."
    )
