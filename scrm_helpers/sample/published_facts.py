"""The published tables in `data/published`, each row with its source and how far it can be trusted."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).resolve().parents[2] / "data" / "published"
"""The kit runs from its own folder; an installed copy without that folder has no published tables."""


def published(name: str) -> pd.DataFrame:
    """A published table, with the columns `status` and `source` in every row.

    Parameters
    ----------
    name : one of the tables below

    Returns
    -------
    pandas.DataFrame
        - ``referral_funnel``: firm, customers_asked, stage, share (of all customers asked, 0-1).
        - ``customer_value_matrix``: cell, rule, measure (CLV, CRV, customers), value, unit.
        - ``telecom_deciles``: decile (1 is the highest CLV), clv, crv, unit.
        - ``campaigns``: firm, measure, value, unit.
        - ``concentration``: study, measure, value (share; more than 1 where others lose money).
        - ``referral_programmes``: study, measure, value, unit.
        - ``intention_and_behaviour``: study, base, measure, value (correlation, d, or share).
        - ``nps_evidence``: study, base, finding, supports_nps (yes, partly, no).
        - ``tei_salesloft``: measure, year (0 is not discounted; missing for totals), value, unit.
        - ``service_profit_chain``: study, link, value, unit.
        - ``support_deflection``: study, measure, value, unit.

        ``status`` begins with "verified", or is "recalled, illustration only".

    Examples
    --------
    >>> funnel = published("referral_funnel")
    >>> funnel.loc[funnel["firm"] == "telecom", "share"].tolist()
    [0.81, 0.3, 0.12, 0.08]
    """
    path = FOLDER / f"{name}.csv"
    if path.is_file():
        return pd.read_csv(path)
    known = ", ".join(sorted(file.stem for file in FOLDER.glob("*.csv")))
    raise ValueError(
        f"There is no published table {name!r} in {FOLDER}. Published figures would be missing beside your own. "
        f"Choose one of: {known or 'none, as the kit does not run from its own folder, where data/published lies'}."
    )
