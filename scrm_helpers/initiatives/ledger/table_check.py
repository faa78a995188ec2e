"""What the initiative tables of a company would make a chapter refuse, said before any chapter runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

import pandas as pd

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.attribution.doubts import panel_doubts, refuse_strange_starts
from scrm_helpers.initiatives.attribution.panel import read_panel
from scrm_helpers.initiatives.ledger.flows import read_ledger
from scrm_helpers.initiatives.plan.case_rules import circle


def table_faults(
    tables: Mapping[str, pd.DataFrame], *, as_of: pd.Timestamp, currency: str
) -> list[tuple[str, str, bool]]:
    """Try what the chapters on initiatives will do first, and collect their refusals and doubts."""
    tried: list[tuple[str, Callable[[], object]]] = []
    if {"initiatives", "initiative_ledger"} <= set(tables):
        both = tables["initiatives"], tables["initiative_ledger"]
        tried.append(("initiative_ledger", lambda: read_ledger(*both, as_of=as_of, currency=currency)))
    panel = tables.get("initiative_panel")
    if panel is not None:
        names = sorted(panel["outcome"].dropna().astype(str).unique())
        tried.append(("initiative_panel", lambda: refuse_strange_starts(panel)))
        tried += [("initiative_panel", partial(read_panel, panel, name)) for name in names]
    found = [] if panel is None else [("initiative_panel", doubt, False) for doubt in panel_doubts(panel)]
    found += [("goals", doubt, False) for doubt in _circles_of_goals(tables.get("goals"))]
    for table, attempt in tried:
        try:
            attempt()
        except Refusal as refused:
            found.append((refused.table or table, str(refused), True))
    return found


def _circles_of_goals(goals: pd.DataFrame | None) -> Iterator[str]:
    if goals is not None and "parent" in goals:
        named = goals.dropna(subset=["parent"])
        graph = {str(goal): {str(parent)} for goal, parent in zip(named["goal_id"], named["parent"], strict=True)}
        yield from circle(
            graph, "The goals have parents in a circle ({circle}): none of them is on top. Correct a parent."
        )
