"""What a run is asked for, what it tells on its way, and what it made."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from scrm_helpers.report.chapters.walk_plan import ChapterPlan
    from scrm_helpers.report.engine.sparing import Fault

PAGE = "report.html"
ALSO = {"pdf": "report.pdf", "slides": "slides.pptx"}  # what is made on request, and its file
ACTIONS = ("actions.csv", "actions.xlsx")


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Which chapters a run is of, with what they are given, and how they run."""

    only: Iterable[str] | None = None  # numbers of the chapters wanted; all that exist when None
    parameters: Mapping[str, object] = field(default_factory=dict)  # handed to every chapter that declares them
    texts: Mapping[str, str] = field(default_factory=dict)  # more of them, as a command line has them
    earlier: Path | None = None  # output folder of an earlier run, with which the summary compares
    key: str | None = None  # where the key of pseudonyms is, when not where company.yaml says
    facts: bool = False  # write the amounts by customer into ``check.json`` too
    edition: str = "full"  # how much of the report its page holds
    also: tuple[str, ...] = ()  # of `ALSO`
    jobs: int = 2  # chapters that run at the same time
    notebooks: Path | None = None  # folder of the notebooks; the kit's own when None
    forked: bool | None = None  # whether kernels are forked from a preloaded process; where that is safe when None


WHOLE = RunOptions()


class Progress(AbstractContextManager["Progress"]):
    """Progress that a reader sees: one bar on a terminal, on request with lines too; lines in a log; else nothing."""

    def __init__(self, stream: TextIO | None = None, *, lines: bool = False) -> None:
        self._stream, self._lines, self._steps, self._done = stream, lines, 0, 0
        self._bar: Any = None
        if stream is not None and stream.isatty():
            from tqdm import tqdm

            shape = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}]"
            size = {"ncols": 78, "nrows": 24}  # tqdm shows nothing where a terminal does not tell its size
            self._bar = tqdm(total=0, bar_format=shape, leave=False, mininterval=0, **size)

    def expect(self, steps: int) -> None:
        """Say how many steps there will be."""
        self._steps = steps
        if self._bar is not None:
            self._bar.reset(steps)

    def step(self, text: str) -> None:
        """Say that one step is done."""
        self._done += 1
        if self._bar is not None:
            if self._lines:
                self._bar.write(text, file=sys.stderr)
            self._bar.set_description(text[:50], refresh=False)
            self._bar.update()
        elif self._stream is not None:
            with suppress(OSError):  # a log that is full stops no report
                self._stream.write(f"[{self._done}/{self._steps}] {text}\n")
                self._stream.flush()

    def __exit__(self, *_: object) -> None:
        """End what is shown."""
        if self._bar is not None:
            self._bar.close()


@dataclass(frozen=True)
class ChapterRun:
    """What became of one chapter."""

    plan: ChapterPlan  # the chapter
    notebook: NotebookNode | None  # the executed notebook; None when the chapter is not in the report
    sentence: str = ""  # why it is not in the report
    faults: tuple[Fault, ...] = ()  # what is missing in it by a fault of the program, or the whole chapter

    @property
    def status(self) -> str:
        """Say in a word what became of it: done, left out or failed."""
        return "done" if self.notebook is not None else "failed" if self.faults else "left out"


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
