"""What commands share: the arguments of most of them, and the way their output is written."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words


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


def print_line(text: str) -> None:
    """Write to the output; a reader who has gone away (a pipe into head) is no fault."""
    try:
        click.echo(text)
    except BrokenPipeError:
        raise
    except OSError as full:
        raise PlainError(
            f"The output of the command cannot be written: {system_words(full)}. Files that it made are there."
        ) from None
