"""What commands share: the arguments of most of them, and the way their output is written."""

import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any

import click

from scrm_helpers.answers.refusal import PlainError, Refusal, one_line, path_in_words, system_words

DONE, REFUSED, INTERNAL = 0, 1, 2  # exit codes; 3, of a run or a batch: some parts failed, the others are there


class Place(click.ParamType):
    """A path that the system can take; whether something is there is for the command to say."""

    name = "folder"

    def convert(self, value: Any, _param: click.Parameter | None, _context: click.Context | None) -> Path:
        """Pass a name that the system takes."""
        if not str(value).strip():
            raise PlainError("The name of a folder is empty: name one, or . for the folder you are in.")
        try:
            with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
                Path(value).stat()
        except (OSError, ValueError) as error:
            where = path_in_words(value)
            raise PlainError(f"The folder {where} cannot be used: {system_words(error)}. Name another one.") from None
        return Path(value)


KEY = click.option("--key", metavar="PLACE", help="Key of pseudonyms: a file, or env:NAME; else as company.yaml says.")
DATA = click.argument("data", type=Place())
AS_OF = click.option("--as-of", metavar="DATE", help="Day of the analysis, ISO; else from company.yaml.")


def guarded(work: Callable[[], Any]) -> int:
    """Turn every end of a command into its exit code and one line; never a traceback."""
    try:
        code = int(work() or DONE)
        sys.stdout.flush()
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
    except (PlainError, Refusal) as error:
        say(str(error))
    except (KeyboardInterrupt, click.exceptions.Abort):
        say("Stopped; what was there before is kept.")
        return 128 + signal.SIGINT
    except OSError as error:
        where = f" ({path_in_words(os.fsdecode(error.filename))})" if isinstance(error.filename, (str, bytes)) else ""
        said = f"The system stopped the work: {system_words(error)}{where}."
        say(f"{said} What was there before is kept; run it again.")
    except MemoryError:
        said = "The memory that this work may use is too small."
        say(f"{said} Close other programs, allow more or use a larger computer.")
    except Exception as error:  # noqa: BLE001 - the reader gets one line, the log the rest
        import traceback

        say(f"Internal error: {one_line(error, 200)}. {log(traceback.format_exc())}".rstrip())
        return INTERNAL
    else:
        return code
    return REFUSED


def limited(command: Callable[..., int]) -> Callable[..., int]:
    """Give a command the option --memory, beyond which each of its processes refuses to work."""

    @click.option(
        "--memory", type=click.FloatRange(min=1), metavar="GB", help="Refuse before more memory than this is taken."
    )
    @wraps(command)
    def within_limit(*given: Any, memory: float | None, **named: Any) -> int:
        from scrm_helpers.report.engine.kernel_process import within

        if memory is None:
            return command(*given, **named)
        with within(int(memory * 2**30)):
            return _in_a_child(lambda: command(*given, **named))

    return within_limit


def _in_a_child(work: Callable[[], int]) -> int:
    """Do work in a process of its own: a library that finds no memory may end its process, and nobody would say why."""
    if not hasattr(os, "fork"):
        return work()
    sys.stdout.flush()
    if not (child := os.fork()):
        os._exit(guarded(work))
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:  # the child puts its files away and says so
        with suppress(OSError):
            os.kill(child, signal.SIGINT)
            os.waitpid(child, 0)
        return 128 + signal.SIGINT
    if -code in (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGKILL):
        raise MemoryError
    return code


def print_line(text: str) -> None:
    """Write to the output; a reader who has gone away (a pipe into head) is no fault."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as full:
        said = f"The output of the command cannot be written: {system_words(full)}."
        raise PlainError(f"{said} Files that it made are there.") from None


def say(text: str) -> None:
    """Write to the errors; where it cannot be said, the exit code says it."""
    with suppress(OSError):
        click.echo(text, err=True)


def warn(sentences: Iterable[str]) -> None:
    """Write sentences that refuse nothing to the errors."""
    for sentence in sentences:
        say(f"Warning: {sentence}")


def log(text: str) -> str:
    """Keep what an engineer needs and say where; where that cannot be written, say nothing."""
    import tempfile

    try:
        handle, name = tempfile.mkstemp(prefix="scrm-error-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError:
        return ""
    return f"Details are in {name}."


def chapter_numbers(only: str | None) -> list[str] | None:
    """Read the chapters of the option ``--only``; None for all."""
    chapters = None if only is None else [part for part in only.split(",") if part.strip()]
    if chapters == []:
        raise PlainError(f"The option --only {only!r} names no chapter: write it as --only 03,07, or leave it out.")
    return chapters
