"""Columns of words: each different text read as a word of its vocabulary, a currency or a unit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.tables.contract.accepted_words import UNIT, YES_NO, Vocabulary
from scrm_helpers.tables.contract.currencies import read_currency, unclear
from scrm_helpers.tables.contract.kinds import Column

WORDS = ("word", "yes_no", "currency", "unit")
"""Kinds whose cells mean one of few things."""


def read_words(texts: list[str], column: Column) -> tuple[pd.Series, np.ndarray, str]:
    """Read distinct texts: what they mean, which are good, and what a good one looks like."""
    if column.kind == "yes_no":
        answers = (
            pd.Series([YES_NO.read(text) for text in texts], dtype="str")
            .map({"yes": True, "no": False})
            .astype("boolean")
        )
        return answers, answers.notna().to_numpy(), "Write yes or no (also true/false, 1/0)."
    if column.kind == "currency":
        read = [read_currency(text) or _capitals(text) for text in texts]
        why = "Write ISO 4217 codes, such as EUR."
    elif column.kind == "unit":
        read = [read_currency(text) or (None if unclear(text) else _own(UNIT, text)) for text in texts]
        why = "Write ISO 4217 codes, such as EUR, for money ($ or kr are several currencies), else any word."
    else:
        assert column.words is not None
        read = [_own(column.words, text) for text in texts]
        why = f"Use one of {', '.join(column.words.words)}."
    values = pd.Series(read, dtype="str")
    return values, values.notna().to_numpy(), why


def reworded(words: Any, values: pd.Series, column: Column) -> dict[str, str]:
    """Spellings that were read as another word, where a reader should know it."""
    if column.kind not in WORDS:
        return {}
    pairs = [
        (text, word) for text, word in zip(words.to_pylist(), values.astype("object"), strict=True) if not pd.isna(word)
    ]
    if column.kind == "yes_no":
        named = [(text, "yes" if value else "no") for text, value in pairs]
        return {text: word for text, word in named if YES_NO.needs_remark(text, word)}
    return {text: word for text, word in pairs if text != word}


def _own(vocabulary: Vocabulary, text: str) -> str | None:
    """The word that a text means, or the text itself where own words are kept."""
    return vocabulary.read(text) or (text.strip() if vocabulary.own else None)


def _capitals(text: str) -> str | None:
    code = text.strip()
    return code if len(code) == 3 and code.isascii() and code.isalpha() and code.isupper() else None
