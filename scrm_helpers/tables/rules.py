"""Checks of one table that look at several of its columns, or at a column as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scrm_helpers.tables.draft import Draft
from scrm_helpers.tables.identity import near_twins
from scrm_helpers.tables.messages import listed, quoted

_SHARES_LIMIT = 1.001  # three contributors of 0.333 or 0.334 each are one idea


def check_rules(draft: Draft) -> None:
    """Run the rules of a table; findings go into the draft."""
    _control_characters(draft)
    _group_names(draft)
    rule = _RULES.get(draft.declared.name)
    if rule is not None:
        rule(draft)


def _control_characters(draft: Draft) -> None:
    for column in draft.declared.columns:
        if column.kind == "id" and draft.has(column.name):
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


def _surveys(draft: Draft) -> None:
    frame = draft.frame
    draft.leave_out(
        (frame["score"].notna() & frame["responded_on"].isna()).to_numpy(),
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
    answered = frame["score"].notna().to_numpy() & draft.keep
    if answered.any() and frame["score"][answered].max() <= 5:
        draft.find(
            answered,
            f"All {{n}} scores lie between 0 and 5 (highest {frame['score'][answered].max():g}).",
            "On a scale of 1-5 everybody would count as a detractor.",
            "Nothing, if the question was asked on 0-10; else do not use these answers as 0-10 scores.",
            column="score",
            level="warning",
        )


def _ideas(draft: Draft) -> None:
    if draft.has("share"):
        total = draft.frame.groupby("idea_id")["share"].transform("sum")
        draft.find(
            (total > _SHARES_LIMIT).to_numpy(),
            "{rows} of ideas whose shares add to more than 1, such as {example}.",
            "More than the whole value would be credited.",
            "Correct the shares of each idea.",
            column="share",
        )


_RULES: Mapping[str, Callable[[Draft], None]] = {
    "surveys": _surveys,
    "ideas": _ideas,
}
