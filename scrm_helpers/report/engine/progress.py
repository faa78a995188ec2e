"""How far a run has come, as a reader sees it."""

import sys
from contextlib import AbstractContextManager, suppress
from typing import Any, TextIO


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
