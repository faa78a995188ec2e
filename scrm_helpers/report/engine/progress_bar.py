"""Progress that a reader sees: one bar on a terminal, plain lines in a log, nothing by default."""

from __future__ import annotations

import sys
from contextlib import suppress
from types import TracebackType
from typing import Any, Self, TextIO


class Progress:
    """Says nothing; the runner's default."""

    def expect(self, steps: int) -> None:
        """Say how many steps there will be."""

    def step(self, text: str) -> None:
        """Say that one step is done."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End what is shown."""


class Lines(Progress):
    """One line per step, numbered, for logs and pipes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._steps, self._done = 0, 0

    def expect(self, steps: int) -> None:
        """Say how many steps there will be."""
        self._steps = steps

    def step(self, text: str) -> None:
        """Write one line."""
        self._done += 1
        with suppress(OSError):  # a log that is full stops no report
            self._stream.write(f"[{self._done}/{self._steps}] {text}\n")
            self._stream.flush()


class Bar(Progress):
    """One bar that says what was done last, for terminals."""

    def __init__(self) -> None:
        from tqdm import tqdm

        shape = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}]"
        size = {"ncols": 78, "nrows": 24}  # tqdm shows nothing where a terminal does not tell its size
        self._bar: Any = tqdm(total=0, bar_format=shape, leave=False, mininterval=0, **size)

    def expect(self, steps: int) -> None:
        """Say how many steps there will be."""
        self._bar.reset(steps)

    def step(self, text: str) -> None:
        """Move the bar on."""
        self._bar.set_description(text[:50], refresh=False)
        self._bar.update()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.close()


def progress() -> Progress:
    """Choose what fits standard error: a bar on a terminal, lines elsewhere."""
    return Bar() if sys.stderr.isatty() else Lines(sys.stderr)
