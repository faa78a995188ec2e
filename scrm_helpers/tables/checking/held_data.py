"""The data register as policy: what is only displayed is never read, what is borrowed only for use and not to keep."""

from collections.abc import Mapping

import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.data_classes import firmest, in_force
from scrm_helpers.tables.contract.receipts import Message
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.reading.header import to_paste

WHY = {
    "displayed": "What is only shown on a screen may be looked at, not computed with.",
    "borrowed": "What is borrowed may be used and not kept: a column in the folder would be a copy.",
}


def apply_register(drafts: Mapping[str, Draft], settings: Settings, day: pd.Timestamp) -> None:
    """Leave columns out that the register calls displayed, and borrowed ones unless `sources:` asks for their use."""
    register = drafts.get("data_register")
    if register is None:
        return
    for (table, column), held in firmest(in_force(register.kept(), day)).items():
        draft = drafts.get(table)
        if held not in WHY or draft is None or not draft.has(column):
            continue
        source = settings.sources.get(table)
        asked = source is not None and (source.database is not None or column in source.columns)
        if held == "borrowed" and asked:
            draft.borrowed.append(column)
            continue
        needed = draft.declared.column(column).required
        found = Message(
            what=f"By the data register {column} of {table} is {held}, and the file holds it.",
            why=WHY[held] + ("" if needed else " The column is left out."),
            todo=_todo(draft, column, held, needed),
            table=table,
            file=draft.raw.file,
            column=column,
            level="error" if needed else "warning",
        )
        draft.messages.append(found)
        if not needed:
            draft.columns_left_out[column] = held
            draft.frame = draft.frame.drop(columns=column)


def _todo(draft: Draft, column: str, held: str, needed: bool) -> str:
    keep = "if its terms allow a copy, say so in data_register (stored: yes)."
    if held == "displayed":
        return f"Nothing; {keep}" if not needed else f"The table needs it: {keep}"
    use = f"To use it without keeping it, put into company.yaml: {to_paste(draft.raw.origin, {column: column})}; "
    return use + keep
