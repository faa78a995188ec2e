"""Where the key of pseudonyms is: a file or an environment variable is named, and the secret never stands in YAML."""

import os
import re
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError

VARIABLE_MARK = "env:"
HOW = "Write env:NAME for an environment variable, or the path of a key file outside of the company folder"


def place_of_key(given: object) -> str:
    """Pass the name of a place; whatever else is there could be the secret, so it is never repeated."""
    text = given.strip() if isinstance(given, str) else ""
    if text in os.environ:
        return VARIABLE_MARK + text
    variable = text.startswith(VARIABLE_MARK) and re.fullmatch(r"[A-Za-z_]\w*", text.removeprefix(VARIABLE_MARK))
    if not (variable or "/" in text or os.sep in text):
        raise PlainError(f"{HOW}; the secret itself must not stand there")
    return text


def found_from(named: str, folder: Path, *others: Path) -> str:
    """Find a key file from the folder of the company; it must lie neither in it nor in any other of these folders."""
    place = place_of_key(named)
    if place.startswith(VARIABLE_MARK):
        return place
    try:
        path = folder.resolve() / Path(place).expanduser()
        inside = any(path.resolve().is_relative_to(one.resolve()) for one in (folder, *others))
    except (OSError, RuntimeError, ValueError):
        raise PlainError(f"The file named for the pseudonym key cannot be there. {HOW}.") from None
    if inside:
        raise PlainError(f"The file named for the pseudonym key lies beside what it hides. {HOW}.")
    return str(path)
