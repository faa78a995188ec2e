"""What a run is asked for, and what it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm_helpers.report.engine.chapter_runs import ChapterRun
    from scrm_helpers.report.engine.sparing import Fault

PAGE = "report.html"
ALSO = {"pdf": "report.pdf", "slides": "slides.pptx"}  # what is made on request, and its file
ACTIONS = ("actions.csv", "actions.xlsx")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Which chapters a run is of, with what they are given, and how they run."""

    only: Iterable[str] | None = None  # numbers of the chapters wanted; all that exist when None
    parameters: Mapping[str, object] = field(default_factory=dict)  # handed to every chapter that declares them
    earlier: Path | None = None  # output folder of an earlier run, with which the summary compares
    key: str | None = None  # where the key of pseudonyms is, when not where company.yaml says
    facts: bool = False  # write the amounts by customer into ``check.json`` too
    edition: str = "full"  # how much of the report its page holds
    also: tuple[str, ...] = ()  # of `ALSO`
    jobs: int = 2  # chapters that run at the same time
    notebooks: Path | None = None  # folder of the notebooks; the kit's own when None
    forked: bool | None = None  # whether kernels are forked from a preloaded process; where that is safe when None


WHOLE = RunOptions()


@dataclass(frozen=True)
class Run:
    """What a run made."""

    chapters: tuple[ChapterRun, ...]  # what became of each chapter, in reading order
    warnings: tuple[str, ...]
    faults: tuple[Fault, ...] = ()  # what the run should have made and did not, by a fault of the program

    @property
    def exit_code(self) -> int:
        """0 when all was made that the data allow, 3 otherwise."""
        return 3 if self.faults else 0
