"""Checks of one table that look at several of its columns, at a column as a whole, or at columns not read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.kinds import NUMERIC
from scrm_helpers.tables.contract.receipts import Message, counted, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings, Source
from scrm_helpers.tables.reading.header import to_paste
from scrm_helpers.tables.values.identity import near_twins


def refunds_of_orders(orders: Draft) -> np.ndarray:
    """Say which rows are refunds under the number of a sale to the same customer, and warn that they count as such."""
    rows = np.zeros(len(orders.frame), dtype=bool)
    if not orders.has("order_id", "customer_id", "amount"):
        return rows
    numbered = orders.keep & orders.frame["order_id"].notna().to_numpy()
    if not (numbered & (orders.frame["amount"] < 0).to_numpy()).any():
        return rows
    shared = numbered & orders.frame["order_id"].duplicated(keep=False).to_numpy()
    part = orders.frame[shared]
    if part.empty:
        return rows
    by_order = part.groupby("order_id")
    sold = (part["amount"] >= 0).groupby(part["order_id"]).transform("any")
    one_person = by_order["customer_id"].transform("nunique") == 1
    rows[shared] = (part["amount"] < 0) & sold & one_person & ~part.duplicated(keep="first")
    orders.find(
        rows,
        "{rows} with an amount below zero under the number of the order they take back, such as {example}.",
        "They count as refunds, not as doubles: each is taken off on its own day, and removing it would lose it.",
        "Nothing, if they are refunds; else correct their amounts.",
        column="order_id",
        level="warning",
    )
    return rows


_SHORT_SCALES = ((5, 5), (7, 20))  # top of the scale, and answers from which on chance does not explain it
_SHARES_LIMIT = 1.001  # three contributors of 0.333 or 0.334 each are one idea


def check_rules(draft: Draft, source: Source) -> None:
    """Run the rules of a table; findings go into the draft."""
    _control_characters(draft)
    _group_names(draft)
    rule = _RULES.get(draft.declared.name)
    if rule is not None:
        rule(draft, source)


def _control_characters(draft: Draft) -> None:
    for column in draft.declared.columns:
        if column.kind == "id" and draft.has(column.name) and column.name not in draft.plain:
            found = draft.frame[column.name].str.contains("[\x00-\x1f\x7f]", regex=True, na=False).to_numpy(dtype=bool)
            draft.find(
                found,
                f"{{rows}} whose {column.name} holds a line break or control character, such as {{example}}.",
                "Ids never do: a quotation mark is probably not closed, so that rows disappear in one cell.",
                "Mend the export.",
                column=column.name,
            )


def _group_names(draft: Draft) -> None:
    for column in draft.declared.columns:
        name = column.name
        if column.kind not in ("group", "unit", "word") or not draft.has(name):
            continue
        for group in near_twins(draft.frame[name])[:3]:
            draft.find(
                draft.frame[name].isin(group).to_numpy(),
                f"The {name} is written in different ways: {listed([quoted(word) for word in group])} ({{rows}}).",
                "They count as different groups.",
                "Write one word in one way.",
                column=name,
                level="warning",
            )


def _surveys(draft: Draft, source: Source) -> None:
    frame = draft.frame
    unread = any(message.column == "responded_on" and message.level == "error" for message in draft.messages)
    draft.leave_out(  # a day that is there and cannot be read is said as such
        (frame["score"].notna() & frame["responded_on"].isna()).to_numpy() & (not unread),
        "answer without a day",
        "{rows} with a score but without responded_on.",
        "Whether the answer came before or after the behaviour cannot be known.",
        "Fill responded_on in, if it is known. The rows are left out.",
        column="responded_on",
    )
    draft.find(
        (frame["score"].isna() & frame["responded_on"].notna()).to_numpy(),
        "{rows} with responded_on but without a score.",
        "They count as asked but not answered.",
        "Nothing, if these people gave no score; else complete the scores.",
        column="score",
        level="warning",
    )
    _several_answers(draft)
    if source.scale is None:
        _scale(draft)


def _several_answers(draft: Draft) -> None:
    """Answers of one person at one time that differ: which one counts must not depend on the order of the rows."""
    answers = draft.frame.loc[draft.keep & draft.frame["score"].notna().to_numpy()]
    one_time = ["customer_id", "responded_on"]
    same = answers[answers.duplicated(one_time, keep=False)]
    if same.empty:
        return
    rows = np.zeros(len(draft.keep), dtype=bool)
    rows[same.index[same.groupby(one_time)["score"].transform("nunique") > 1]] = True
    draft.find(
        rows,
        "{rows} are different answers of one person at one time, such as {example}.",
        "Which of them came last cannot be known; wherever the latest answer counts, it is the lowest of them.",
        "Give responded_on with its time of day, or keep one answer of each person and day.",
        column="score",
        level="warning",
    )


def _scale(draft: Draft) -> None:
    """Scores that nobody gives on 0-10: with so many answers, somebody would have gone higher."""
    scores = draft.frame["score"][draft.keep].dropna()
    if scores.empty or scores.max() > _SHORT_SCALES[-1][0]:
        return
    top, enough = next((top, enough) for top, enough in _SHORT_SCALES if scores.max() <= top)
    if top > _SHORT_SCALES[0][0] and len(scores) < enough:
        return
    draft.find(
        draft.frame["score"].notna().to_numpy(),
        f"All {{n}} scores lie between 0 and {top} (lowest {scores.min():g}, highest {scores.max():g}).",
        f"They look like a scale of 1 to {top}, on which nearly everybody would count as a detractor.",
        f"If the question was asked on 0-10, add to {FILE}: `sources: {{surveys: {{scale: 0-10}}}}`; else leave "
        f"{draft.raw.file} out until its scores are mapped to 0-10.",
        column="score",
        level="error" if len(scores) >= enough else "warning",
    )


def _ideas(draft: Draft, source: Source) -> None:  # noqa: ARG001 - one way to call all rules
    if draft.has("share"):
        total = draft.frame.groupby("idea_id")["share"].transform("sum")
        draft.find(
            (total > _SHARES_LIMIT).to_numpy(),
            "{rows} of ideas whose shares add to more than 1, such as {example}.",
            "More than the whole value would be credited.",
            "Correct the shares of each idea.",
            column="share",
        )


_RULES: Mapping[str, Callable[[Draft, Source], None]] = {
    "surveys": _surveys,
    "ideas": _ideas,
}
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
