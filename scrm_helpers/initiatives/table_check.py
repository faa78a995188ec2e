"""What the initiative tables of a company would make a chapter refuse, said before any chapter runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from scrm_helpers.initiatives.attribution.doubts import panel_doubts, refuse_strange_starts
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.case_rules import circle
from scrm_helpers.initiatives.ledger import read_ledger
from scrm_helpers.initiatives.refused import InitiativeRefused
from scrm_helpers.presentation import numbers


def table_faults(tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp, currency: str) -> list[tuple[str, str]]:
    """Try what the chapters on initiatives will do first, and collect their refusals and doubts.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Tables of the company, checked one by one.
    as_of : pandas.Timestamp
        Day of the report.
    currency : str
        ISO code of the company's money.

    Returns
    -------
    list of (table, sentence)
        Empty when nothing is refused.

    Examples
    --------
    >>> table_faults({}, as_of=pd.Timestamp("2026-09-30"), currency="EUR")
    []
    """
    tried: list[tuple[str, Callable[[], object]]] = []
    if {"initiatives", "initiative_ledger"} <= set(tables):
        both = tables["initiatives"], tables["initiative_ledger"]
        tried.append(("initiative_ledger", lambda: read_ledger(*both, as_of=as_of, currency=currency)))
    panel = tables.get("initiative_panel")
    if panel is not None:
        names = sorted(panel["outcome"].dropna().astype(str).unique())
        tried.append(("initiative_panel", lambda: refuse_strange_starts(panel)))
        tried += [("initiative_panel", partial(read_panel, panel, name)) for name in names]
    found = [] if panel is None else [("initiative_panel", doubt) for doubt in panel_doubts(panel)]
    found += _ledger_and_goals(tables)
    for table, attempt in tried:
        try:
            attempt()
        except InitiativeRefused as refused:
            found.append((table, str(refused)))
    return found


def _ledger_and_goals(tables: Mapping[str, pd.DataFrame]) -> list[tuple[str, str]]:
    found = []
    ledger, goals = tables.get("initiative_ledger"), tables.get("goals")
    if ledger is not None and (twice := int(ledger.duplicated().sum())):
        copies = f"{numbers.plural(twice, 'row')} of the ledger repeat another row word for word; each counts as a flow"
        found.append(("initiative_ledger", f"{copies} of its own. Remove them if they are copies."))
    if goals is not None and "parent" in goals:
        named = goals.dropna(subset=["parent"])
        graph = {str(goal): {str(parent)} for goal, parent in zip(named["goal_id"], named["parent"], strict=True)}
        words = "The goals have parents in a circle ({circle}): none of them is on top. Correct a parent."
        found += [("goals", text) for text in circle(graph, words)]
    return found
