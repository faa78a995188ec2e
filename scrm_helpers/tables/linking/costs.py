"""An initiative of which nobody knows a cost has no return: it is left out with its flows, and the others stay."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.accepted_words import LEDGER_KIND
from scrm_helpers.tables.contract.messages import listed, quoted

_BENEFIT = LEDGER_KIND.words[0]


def leave_out_uncosted(drafts: Mapping[str, Draft]) -> None:
    """Leave out initiatives whose cost stands neither in `initiatives` nor in the ledger, with their flows."""
    if not {"initiatives", "initiative_ledger"} <= set(drafts):
        return
    draft, ledger = drafts["initiatives"], drafts["initiative_ledger"]
    rows = ledger.kept()
    paid: pd.Series | list[str] = (
        rows["initiative_id"][rows["kind"].notna() & rows["kind"].ne(_BENEFIT)] if "kind" in rows else []
    )
    ids = draft.frame["initiative_id"]
    unknown = draft.keep & draft.frame["cost"].isna().to_numpy() & ~ids.isin(paid).to_numpy()
    named = listed([quoted(name) for name in ids[unknown]])
    why = "A return is value for cost, so theirs cannot be said; with benefits alone every total would be too high."
    draft.leave_out(
        unknown,
        "no cost known",
        f"{{rows}} without cost, and without costs in initiative_ledger: {named}.",
        why,
        "Enter what was paid and the hours of people, 0 where it was nothing. The initiatives and their flows are left "
        "out of the returns.",
        column="cost",
    )
    ledger.leave_out(
        ledger.frame["initiative_id"].isin(ids[unknown]).to_numpy(),
        "initiative without cost",
        "{rows} of initiatives without a known cost, such as {example}.",
        why,
        "Enter the cost of these initiatives. The rows are left out.",
        column="initiative_id",
    )
