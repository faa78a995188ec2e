"""Columns that were read under another spelling or not at all: named, with what their loss does to the figures."""

from __future__ import annotations

from collections.abc import Iterator

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.kinds import NUMERIC
from scrm_helpers.tables.contract.receipts import Message, counted, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings, Source
from scrm_helpers.tables.reading.likeness import to_paste

_LOST = {  # what the kit does without the column, by its name, then by its kind
    "margin": "Without margin, margin_rate of company.yaml or else all revenue counts as margin: the value of every "
    "customer and order would be another, mostly far too high.",
}
_BY_KIND = {
    "currency": "every amount counts in the company's currency",
    "unit": "every amount counts as money in the company's currency",
    "id": "rows cannot be joined by it",
    "date": "what happened when is not known",
    **dict.fromkeys(NUMERIC, "the figures that need it are missing or another"),
}


def column_remarks(draft: Draft, settings: Settings) -> Iterator[Message]:
    """Name columns that are spelled otherwise, that may be declared ones, and that are not used."""
    raw, declared = draft.raw, draft.declared

    def said(what: str, why: str, todo: str, column: str = "", *, wrong: bool = False) -> Message:
        return Message(what=what, why=why, todo=todo, table=declared.name, file=raw.file, column=column,
                       lines=(1,), level="error" if wrong else "warning")  # fmt: skip

    if raw.respelled:
        pairs = listed([f"{quoted(own)} as {name}" for name, own in raw.respelled.items()], shown=len(raw.respelled))
        yield said(
            f"{counted(len(raw.respelled), 'column is', 'columns are')} read though spelled otherwise: {pairs}.",
            "Case, spaces and unseen characters do not tell columns apart.",
            "Nothing, if they are these columns; else rename them.",
        )
    source = settings.sources.get(declared.name) or Source()
    lost = {name: alike for name, alike in raw.alike.items() if name not in raw.columns}
    for name, (own, *values) in lost.items():
        column = declared.column(name)
        harm = _LOST.get(name) or f"Without {name} ({column.about}) {_BY_KIND.get(column.kind, 'nothing shows it')}."
        own_money = {settings.currency, "CURRENCY"}
        foreign = column.kind in ("currency", "unit") and not {value.upper() for value in values} <= own_money
        if foreign:
            said_there = listed(sorted({quoted(value)[1:-1] for value in values}), shown=3)
            harm += f" The file says {said_there}, not {settings.currency}."
        paste = to_paste(declared, source, {name: own})
        other = "rename it, so that it is not taken for it" if foreign else "this can stay"
        yield said(
            f"The column {quoted(own)} is not used, but may be {name}, which is missing.",
            harm,
            f"If it is {name}, rename it, or put `{paste}` into {FILE}. If it is something else, {other}.",
            name,
            wrong=foreign,
        )
    told = {own for own, *_ in lost.values()}
    rest = [quoted(name) for name in raw.ignored if name not in told]
    if rest:
        of_money = [
            column.name
            for column in declared.columns
            if column.kind in ("money", "currency", "unit") and column.name not in {*raw.columns, *lost}
        ]
        without = f" The table has no {listed(of_money)} so far: see whether one of them is." if of_money else ""
        yield said(
            f"{counted(len(rest), 'column is', 'columns are')} not used: {listed(rest)}.",
            "What they hold is in no figure.",
            f"Nothing, if they are not needed; else rename them, or map them under sources in {FILE}.{without}",
        )
