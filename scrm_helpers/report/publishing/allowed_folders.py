"""Where a command may write: a folder that can be made, and has nothing to do with the input."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words

_ELSEWHERE = "Choose another place."


def output_place(out: Path, data: Path | None) -> Path:
    """Check that `out` may be written and has nothing to do with the input; nothing is created yet."""
    shown = path_in_words(out)
    try:
        target = out.expanduser().resolve()
        nearest = next(folder for folder in (target, *target.parents) if os.path.lexists(folder))
        if not nearest.is_dir():
            kind = "a link that leads nowhere" if nearest.is_symlink() else "a file"
            raise PlainError(f"The output folder {shown} cannot be made: {nearest.name} is {kind}. {_ELSEWHERE}")
        if not os.access(nearest, os.W_OK | os.X_OK):
            raise PlainError(
                f"The output folder {shown} cannot be written: it is read-only, or you lack the right. {_ELSEWHERE}"
            )
        for name in (target, *(nearest / part for part in target.relative_to(nearest).parts)):
            with suppress(FileNotFoundError):
                name.lstat()  # the system says which names it does not take
    except PlainError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise PlainError(f"The output folder {shown} cannot be used: {system_words(error)}. {_ELSEWHERE}") from None
    if data is not None:
        _refuse_input(target, data, shown)
    return target


def _refuse_input(target: Path, data: Path, shown: str) -> None:
    """Refuse an output folder that is the company folder, lies in it or holds it, by whatever name."""
    try:
        source = data.expanduser().resolve()
    except (OSError, RuntimeError, ValueError):
        return  # the reader of the company says what is wrong with it
    ours, theirs = list(_identities(target)), list(_identities(source))
    if ours[0] == theirs[0]:
        raise PlainError(f"The output folder {shown} is the company folder itself: choose another one.")
    if theirs[0] in ours:
        raise PlainError(f"The output folder {shown} lies inside the company folder: choose one outside it.")
    if ours[0] in theirs:
        raise PlainError(f"The output folder {shown} holds the company folder: choose one beside it.")


def _identities(folder: Path) -> Iterator[object]:
    """What tells a folder and each one above it from others: two spellings of a name may lead to one folder."""
    for one in (folder, *folder.parents):
        try:
            found = one.stat()
            yield found.st_dev, found.st_ino
        except (OSError, ValueError):
            yield one
