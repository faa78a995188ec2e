"""What is refused in words: data that do not allow an answer, and what the reader at the keyboard can mend."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

HEADING = "These data do not allow an answer."


class Refusal(ValueError):
    """Input over which an answer would be wrong; the message says what, where, why it matters and what to do.

    IPython shows the words alone, without a traceback; a run says them in their place and goes on.

    Parameters
    ----------
    said : the message, or one for each thing that is wrong
    table : the table at fault, where it is not the one that was being read

    Examples
    --------
    >>> Refusal("No cost is given.")._render_traceback_()
    ['These data do not allow an answer.', 'No cost is given.']
    """

    def __init__(self, said: str | list[str], *, table: str = "") -> None:
        self.messages: Sequence[Any] = [said] if isinstance(said, str) else list(said)
        self.table = table
        super().__init__("\n".join(self.messages))

    def _render_traceback_(self) -> list[str]:
        return [HEADING, *str(self).splitlines()]


class PlainError(ValueError):
    """Something the reader can mend, said in plain words."""

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines() or [""]


def one_line(error: BaseException, limit: int = 300) -> str:
    """Return what an error says on one line, cut to `limit` characters."""
    text = " ".join(str(error).split())
    if not isinstance(error, PlainError):
        text = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return shortened(text, limit)


def shortened(text: str, limit: int) -> str:
    """Return a text on one line of at most `limit` characters, cut between two words where there is a space."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rsplit(" ", 1)[0] + "…"


def path_in_words(path: object, limit: int = 120) -> str:
    """Write a path so that it can stand in a sentence: on one line, and not longer than people read."""
    text = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in str(path))
    return text if len(text) <= limit else f"{text[:limit]}..."


def system_words(error: BaseException) -> str:
    """Say what the system said, without its number, code or traceback."""
    number = error.errno if isinstance(error, OSError) else None
    said = os.strerror(number) if number else shortened(str(error), 120)
    return (said or type(error).__name__).rstrip(".")


@contextmanager
def told(what: str, todo: str = "") -> Iterator[None]:
    """Say what cannot be done where the system stops it, why, and what to do."""
    try:
        yield
    except OSError as error:
        raise PlainError(f"{what}: {system_words(error)}. {todo}".rstrip()) from error
