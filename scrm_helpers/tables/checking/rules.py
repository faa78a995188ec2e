"""Checks of one table at large: damage done by spreadsheets, several columns together, and what is not used."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.column_kinds import NUMERIC, Column
from scrm_helpers.tables.contract.receipts import Level, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings
from scrm_helpers.tables.reading.header import to_paste
from scrm_helpers.tables.values.identity import holds, is_text, matches, near_twins
from scrm_helpers.tables.values.typed_values import Converted


def refunds_of_orders(orders: Draft) -> np.ndarray:
    """Say which rows are refunds under the number of a sale to the same customer, and warn that they count as such."""
    rows = np.zeros(len(orders.frame), dtype=bool)
    numbered = orders.keep & orders.frame["order_id"].notna().to_numpy()
    shared = numbered & orders.frame["order_id"].duplicated(keep=False).to_numpy()
    part = orders.frame[shared]
    sold = (part["amount"] >= 0).groupby(part["order_id"]).transform("any")
    one_person = part.groupby("order_id")["customer_id"].transform("nunique") == 1
    rows[shared] = (part["amount"] < 0) & sold & one_person & ~part.duplicated(keep="first")
    what = "{rows} with an amount below zero under the number of the order they take back, such as {example}."
    why = "They count as refunds, not as doubles: each is taken off on its own day, and removing it would lose it."
    orders.warn(rows, what, why, "Nothing, if they are refunds; else correct their amounts.", "order_id")
    return rows


_SHORT_SCALES = ((5, 5), (7, 20))  # top of the scale, and answers from which on chance does not explain it
_SHARES_LIMIT = 1.001  # three contributors of 0.333 or 0.334 each are one idea


def check_rules(draft: Draft) -> None:
    """Run the rules of a table; findings go into the draft."""
    for column in sorted(draft.declared.columns, key=lambda one: one.kind != "id"):  # ids first
        if draft.has(column.name):
            _written_oddly(draft, column)
    if draft.declared.name == "surveys":
        _answers(draft)
    if draft.declared.name == "ideas" and draft.has("share"):
        total = draft.frame.groupby("idea_id")["share"].transform("sum")
        what = "{rows} of ideas whose shares add to more than 1, such as {example}."
        why = "More than the whole value would be credited."
        draft.find(total > _SHARES_LIMIT, what, why, "Correct the shares of each idea.", "share")


def _written_oddly(draft: Draft, column: Column) -> None:
    """Ids with characters that ids never have, and names of groups that are one in other letters."""
    name = column.name
    if column.kind == "id" and name not in draft.plain:
        rows = draft.frame[name].str.contains("[\x00-\x1f\x7f]", regex=True)
        what = "{rows} whose {column} holds a line break or control character, such as {example}."
        why = "Ids never do: a quotation mark is probably not closed, so that rows disappear in one cell."
        draft.find(rows, what, why, "Mend the export.", name)
    for group in near_twins(draft.frame[name])[:3] if column.kind in ("group", "unit", "word") else ():
        what = f"The {name} is written in different ways: {listed([quoted(word) for word in group])} ({{rows}})."
        rows = draft.frame[name].isin(group)
        draft.warn(rows, what, "They count as different groups.", "Write one word in one way.", name)


def _answers(draft: Draft) -> None:
    scored, answered = draft.frame["score"].notna(), draft.frame["responded_on"].notna()
    what = "{rows} with a score but without responded_on."
    why = "Whether the answer came before or after the behaviour cannot be known."
    todo = "Fill responded_on in, if it is known. The rows are left out."
    if not _unread(draft, "responded_on"):  # a day that is there and cannot be read is said as such
        draft.leave_out(scored & ~answered, "answer without a day", what, why, todo, "responded_on")
    what, why = "{rows} with responded_on but without a score.", "They count as asked but not answered."
    todo = "Nothing, if these people gave no score; else complete the scores."
    draft.warn(~scored & answered, what, why, todo, "score")
    _several_answers(draft)
    if draft.raw.origin.source.scale is None:
        _scale(draft)


def _several_answers(draft: Draft) -> None:
    """Answers of one person at one time that differ: which one counts must not depend on the order of the rows."""
    answers = draft.frame.loc[draft.keep & draft.frame["score"].notna().to_numpy()]
    one_time = ["customer_id", "responded_on"]
    same = answers[answers.duplicated(one_time, keep=False)]
    rows = draft.frame.index.isin(same.index[same.groupby(one_time)["score"].transform("nunique") > 1])
    what = "{rows} are different answers of one person at one time, such as {example}."
    why = "Which of them came last cannot be known; wherever the latest answer counts, it is the lowest of them."
    todo = "Give responded_on with its time of day, or keep one answer of each person and day."
    draft.warn(rows, what, why, todo, "score")


def _scale(draft: Draft) -> None:
    """Scores that nobody gives on 0-10: with so many answers, somebody would have gone higher."""
    scores = draft.frame["score"][draft.keep].dropna()
    if scores.empty or scores.max() > _SHORT_SCALES[-1][0]:
        return
    top, enough = next((top, enough) for top, enough in _SHORT_SCALES if scores.max() <= top)
    if top > _SHORT_SCALES[0][0] and len(scores) < enough:
        return
    what = f"All {{n}} scores lie between 0 and {top} (lowest {scores.min():g}, highest {scores.max():g})."
    why = f"They look like a scale of 1 to {top}, on which nearly everybody would count as a detractor."
    todo = f"If the question was asked on 0-10, add to {FILE}: `sources: {{surveys: {{scale: 0-10}}}}`; else leave "
    todo += f"{draft.raw.file} out until its scores are mapped to 0-10."
    act = draft.find if len(scores) >= enough else draft.warn
    act(draft.frame["score"].notna(), what, why, todo, "score")


_BY_KIND = {  # what the kit does without a column of this kind
    "currency": "every amount counts in the company's currency",
    "unit": "every amount counts as money in the company's currency",
    "id": "rows cannot be joined by it",
    "date": "what happened when is not known",
    **dict.fromkeys(NUMERIC, "the figures that need it are missing or another"),
}


def check_what_is_used(draft: Draft, settings: Settings) -> None:
    """Name columns that are spelled otherwise, that may be declared ones, and that are not used; and empty tables."""
    refused = any(message.level == "error" for message in draft.messages)
    declared, matched = draft.declared, draft.raw.matched
    if matched.respelled:
        pairs = [f"{quoted(own)} as {name}" for name, own in matched.respelled.items()]
        what = f"{plural(len(pairs), 'column is', 'columns are')} read though spelled otherwise: "
        why = "Case, spaces and unseen characters do not tell columns apart."
        todo = "Nothing, if they are these columns; else rename them."
        draft.note(f"{what}{listed(pairs, shown=len(pairs))}.", why, todo, lines=(1,))
    lost = {name: alike for name, alike in matched.alike.items() if name not in draft.raw.columns}
    for name, (own, *values) in lost.items():
        _lost_column(draft, name, own, values, settings.currency)
    told = {own for own, *_ in lost.values()}
    rest = [quoted(name) for name in matched.ignored if name not in told]
    if rest:
        absent = [column for column in declared.columns if column.name not in {*draft.raw.columns, *lost}]
        of_money = [column.name for column in absent if column.kind in ("money", "currency", "unit")]
        without = f" The table has no {listed(of_money)} so far: see whether one of them is." if of_money else ""
        what = f"{plural(len(rest), 'column is', 'columns are')} not used: {listed(rest)}."
        todo = f"Nothing, if they are not needed; else rename them, or map them under sources in {FILE}.{without}"
        draft.note(what, "What they hold is in no figure.", todo, lines=(1,))
    if not draft.raw.n_rows:
        why = "The table is there and empty; chapters that need it are left out."
        todo = "Nothing, if there is nothing to tell; else export the table again."
        draft.note("The table has a header but no rows.", why, todo, lines=(1,))
    elif not draft.keep.any() and not refused:
        why = "" if declared.required else "Chapters that need this table are left out."
        fault = draft.raw.origin.fault("No row is left.", "See why rows were left out.", why)
        draft.messages.append(replace(fault, level="error" if declared.required else "warning"))


def _lost_column(draft: Draft, name: str, own: str, values: list[str], currency: str) -> None:
    """Say what is lost without a column, and that an unused one may be it; money of another currency refuses."""
    column = draft.declared.column(name)
    harm = f"Without {name} ({column.about}) {_BY_KIND.get(column.kind, 'nothing shows it')}."
    if name == "margin":
        harm = "Without margin, margin_rate of company.yaml or else all revenue counts as margin: the value of every "
        harm += "customer and order would be another, mostly far too high."
    own_money = {currency, "CURRENCY"}
    foreign = column.kind in ("currency", "unit") and not {value.upper() for value in values} <= own_money
    if foreign:
        harm += f" The file says {listed(sorted({quoted(value)[1:-1] for value in values}), shown=3)}, not {currency}."
    what = f"The column {quoted(own)} is not used, but may be {name}, which is missing."
    todo = f"If it is {name}, rename it, or put `{to_paste(draft.raw.origin, {name: own})}` into {FILE}. If it is "
    todo += f"something else, {'rename it, so that it is not taken for it' if foreign else 'this can stay'}."
    draft.note(what, harm, todo, column=name, lines=(1,), level="error" if foreign else "warning")


_FEW = 0.05


def check_marks(draft: Draft, column: Column, found: Converted, decimal: str) -> None:
    """Warn of a few numbers with exactly three decimals among numbers with at most two."""
    if found.words is None or found.positions is None or column.kind not in ("money", "number", "share"):
        return
    finer = matches(found.words, rf"\{decimal}\d{{3}}")
    if not finer.any():
        return
    three = matches(found.words, rf"^ *[+-]?[1-9]\d{{0,2}}\{decimal}\d{{3}} *$")
    rows = finer[found.positions] & ~found.blank
    if (finer & ~three).any() or rows.sum() > max(_FEW * np.sum(~found.blank), 1):
        return
    what = "{rows} whose {column} has three decimals while no other has more than two, such as {example}."
    mark = "point" if decimal == "." else "comma"
    why = f"In other countries the {mark} marks thousands: it may be meant a thousand times as large."
    todo = "Nothing, if three decimals are meant; else write the number without a mark for thousands."
    draft.warn(rows, what, why, todo, column.name)


_ERRORS = r"^\s*(#{2,}|#(N/A|NV|REF!|BEZUG!|VALUE!|WERT!|NAME\?|DIV/0!|NUM!|ZAHL!|NULL!|SPILL!|CALC!))\s*$"
_SCIENTIFIC = r"^\s*[+-]?\d([.,]\d+)?[eE]\+\d{1,3}\s*$"
_SERIAL = r"^\s*[2-6]\d{4}([.,]\d+)?\s*$"
_FIRST_DAY = pd.Timestamp("1899-12-30")


def find_spreadsheet_damage(draft: Draft) -> None:
    """Name the damage; where it explains why cells cannot be read, it takes the place of that message."""
    for column in draft.declared.columns:
        name = column.name
        if not draft.has(name) or not is_text((cells := draft.raw.columns[name]).type):
            continue
        if column.kind == "id":
            what = "{rows} whose {column} was turned into a number by a spreadsheet, such as {example}."
            why = "The last digits are lost for good: different ids become one."
            todo = "Export again from the source and do not open the file in a spreadsheet before; there, import ids "
            _find(draft, _where(cells, "+", _SCIENTIFIC), what, why, f"{todo}as text.", name)
        what = "{rows} whose {column} is an error or a filled-up cell of a spreadsheet, such as {example}."
        why = "What stood there is lost, and cells that look the same would count as the same."
        todo = "Mend the formula, or widen the column, and save the sheet as CSV again."
        level: Level = "warning" if column.kind in ("text", "group") else "error"
        _find(draft, _where(cells, "#", _ERRORS), what, why, todo, name, level)
        if column.kind == "date" and _unread(draft, name) and (rows := _where(cells, "", _SERIAL)).any():
            text = str(cells[int(np.flatnonzero(rows)[0])].as_py()).strip().replace(",", ".")
            day = _FIRST_DAY + pd.Timedelta(days=int(float(text)))
            what = "{rows} whose {column} is not a date but a day as spreadsheets count it, such as {example}, which "
            todo = "Format the column as a date (YYYY-MM-DD) in the spreadsheet and save as CSV again."
            why = "A day that is guessed would change the figures."
            _find(draft, rows, f"{what}is {day:%Y-%m-%d}.", why, todo, name)


def _find(draft: Draft, rows: np.ndarray, *said: Any) -> None:
    """Note the damage, and drop the message that these cells cannot be read."""
    if len(draft.find(rows, *said)):
        *before, found = draft.messages
        cells = (found.column, found.n, found.lines)
        draft.messages = [*(one for one in before if (one.column, one.n, one.lines) != cells), found]


def _unread(draft: Draft, column: str) -> bool:
    return any(message.column == column and message.level == "error" for message in draft.messages)


def _where(cells: Any, part: str, pattern: str) -> np.ndarray:
    """Rows whose cell matches; the pattern is tried only where one sign of it stands somewhere, which is fast."""
    if part and not holds(cells, sign=part):
        return np.zeros(len(cells), dtype=bool)
    return matches(cells, pattern)
