"""What stands in a notebook where a result could not be made, so that everything else of the chapter can go on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lost:
    """In place of a result that could not be made: whatever is asked of it is lost too."""

    cause: str  # names the step that failed

    def __getattr__(self, name: str) -> Lost:
        """Return itself for every part of the result that is not there."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Lost]:
        """Let a collection of results that is not there be unpacked."""
        yield self


def present(answers: Iterable[Any]) -> list[Any]:
    """Keep the answers that could be made.

    >>> present(["said", Lost("5-2")])
    ['said']
    """
    return [answer for answer in answers if not isinstance(answer, Lost)]
