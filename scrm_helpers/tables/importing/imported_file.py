"""What came of one file: its receipt, its rows as contract tables, and what it asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

ALL = "all rows count"
"""Answer by which a filter leaves nothing out."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """One open question about a file; answered in mapping.yaml under `answers`."""

    id: str
    text: str
    choices: tuple[str, ...] = ()
    decides: bool = True  # a number rests on it: nothing of the file is written until it is answered


@dataclass(frozen=True, kw_only=True)
class ImportedFile:
    """One export, or one sheet of a workbook, understood or refused."""

    file: str
    sha256: str
    vendor: str = "generic"  # id of the profile
    why: tuple[str, ...] = ()
    encoding: str = ""
    separator: str = ""
    header_rows: int = 0
    rows_read: int = 0
    rows_kept: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason -> rows, each for one reason only
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)  # contract columns and helpers (`_…`) as text
    questions: tuple[Question, ...] = ()
    refused: str = ""  # what, where, why it matters, what to do
    mapping: tuple[Mapping[str, Any], ...] = ()  # entries of mapping.yaml

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_kept + sum(self.left_out.values()):
            raise ValueError(f"The receipt of {self.file} does not tie: {self.rows_read}, {self.rows_kept} kept.")
