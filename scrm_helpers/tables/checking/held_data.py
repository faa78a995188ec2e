"""What may be used: columns as the data register allows, no row older than it may be kept, nobody who was forgotten."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.data_classes import classified, firmest, in_force
from scrm_helpers.tables.contract.receipts import listed
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.reading.header import to_paste
from scrm_helpers.tables.values.identity import PREFIX, is_marked, mark_of, new_salt

Drafts = Mapping[str, Draft]

WHY = {
    "displayed": "What is only shown on a screen may be looked at, not computed with.",
    "borrowed": "What is borrowed may be used and not kept: a column in the folder would be a copy.",
}


def apply_register(drafts: Drafts, settings: Settings, day: pd.Timestamp) -> None:
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
        what = f"By the data register {column} of {table} is {held}, and the file holds it."
        why, level = (WHY[held], "error") if needed else (f"{WHY[held]} The column is left out.", "warning")
        todo = "if its terms allow a copy, say so in data_register (stored: yes)."
        if held == "borrowed":
            paste = to_paste(draft.raw.origin, {column: column})
            todo = f"To use it without keeping it, put into company.yaml: {paste}; {todo}"
        else:
            todo = f"{'The table needs it:' if needed else 'Nothing;'} {todo}"
        draft.note(what, why, todo, column=column, level=level)
        if not needed:
            draft.columns_left_out[column] = held
            draft.frame = draft.frame.drop(columns=column)


def leave_out_forgotten(drafts: Drafts) -> None:
    """Leave out every row of somebody who was forgotten; the marks themselves are no people."""
    if "suppress" not in drafts:
        return
    listed_ids = drafts["suppress"].frame["customer_id"]
    marked = listed_ids.str.startswith(PREFIX).fillna(False).to_numpy(bool)
    marks = listed_ids[marked].tolist()
    people = drafts["customers"].frame if marks and "customers" in drafts else pd.DataFrame()
    if "email" in people:  # who is known by mail is gone under every id
        found = people["customer_id"][is_marked(people["email"], marks)].dropna()
        marks += [mark_of(one, new_salt(marks)) for one in found]
    for draft in drafts.values() if marks else ():
        for column in draft.declared.columns:
            if column.names_a_person(draft.declared.name) and draft.has(column.name):
                theirs = is_marked(draft.frame[column.name], marks)
                what = "{rows} of people who were forgotten are here again."
                why = "They asked to be forgotten, and an export brought them back. The rows are left out."
                todo = "Run `scrm forget` for them again, and delete them in the system that the export comes from."
                draft.leave_out(theirs, "forgotten person", what, why, todo, column.name)
    drafts["suppress"].frame["customer_id"] = listed_ids.mask(marked)


def apply_retention(drafts: Drafts, settings: Settings, day: pd.Timestamp) -> None:
    """Leave out rows older than company.yaml allows; what is older than the register allows is said, and stays."""
    for table, months in settings.retention_months.items():
        if table in drafts:
            draft, reason = drafts[table], "older than retention_months"
            what = f"{{rows}} older than the {months} months for which company.yaml lets {table} be kept."
            why = "They are left out, so that what people did before counts nowhere."
            todo = "Delete them where they are kept, or correct retention_months in company.yaml."
            draft.leave_out(_older(draft, day, months), reason, what, why, todo, draft.declared.dated[0])
    for table, months, fields in _limits(drafts, day):
        draft = drafts[table]
        what = f"{{rows}} older than the {months} months for which data_register lets {listed(fields)} be kept."
        why = "They are used all the same: cells missing in old rows only would bend every comparison over time."
        todo = f"Delete them where they are kept, or put `retention_months: {{{table}: {months}}}` into company.yaml: "
        older = _older(draft, day, months) & draft.frame[fields].notna().any(axis=1).to_numpy()
        draft.warn(older, what, why, f"{todo}the rows are then left out.", draft.declared.dated[0])


def _older(draft: Draft, day: pd.Timestamp, months: int) -> np.ndarray:
    """Rows all of whose days are before the months allowed; a row without a day has no age."""
    days = draft.frame[[name for name in draft.declared.dated if draft.has(name)]]
    oldest = day.normalize() - pd.DateOffset(months=months)
    return (days.max(axis=1) < oldest).to_numpy()


def _limits(drafts: Drafts, day: pd.Timestamp) -> Iterator[tuple[str, int, list[str]]]:
    """Months that the register allows: of each field the most that a system that keeps it has; fields put together."""
    register = drafts["data_register"].kept() if "data_register" in drafts else pd.DataFrame()
    if "retention_months" not in register:
        return
    register = in_force(register, day)
    kept = register[classified(register).isin(["owned", "copied"]).to_numpy()]
    most = kept.groupby(["table", "field"])["retention_months"].agg(lambda months: months.max(skipna=False)).dropna()
    found: dict[tuple[str, int], list[str]] = {}
    for table, name, months in most.astype(int).reset_index().itertuples(index=False, name=None):
        if table in drafts and drafts[table].declared.of_people and drafts[table].has(name) and months:
            found.setdefault((table, months), []).append(name)
    yield from ((*place, fields) for place, fields in found.items())
