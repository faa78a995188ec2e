"""Files that are whole or not there, an output folder that is no input, and one run per folder."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrm_helpers.report.errors import PlainError

PUBLIC, PERSONAL = 0o644, 0o600


def write_whole(path: Path, content: str | bytes, mode: int = PUBLIC) -> str:
    """Write a file so that a reader sees the old content or the new, never a part of it.

    Parameters
    ----------
    path : pathlib.Path
        Where to write; the folder exists.
    content : str or bytes
        All of it; text is written as UTF-8.
    mode : int
        Rights of the file: ``PERSONAL`` where it tells of single people.

    Returns
    -------
    str
        The sha256 of the content, in hexadecimal.

    Raises
    ------
    OSError
        When the disk is full or the folder cannot be written; the old file is then as it was.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)
    return hashlib.sha256(data).hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: object, mode: int = PUBLIC) -> str:
    """Write JSON that is the same for the same value: sorted keys, no NaN, one newline at the end.

    Parameters
    ----------
    path : pathlib.Path
        Where to write.
    value : object
        Anything of dict, list, str, int, float, bool and None.
    mode : int
        Rights of the file.

    Returns
    -------
    str
        The sha256 of the file.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return write_whole(path, text + "\n", mode)


def output_folder(out: Path, data: Path) -> Path:
    """Check that `out` may be written and has nothing to do with the input; nothing is created yet.

    Parameters
    ----------
    out : pathlib.Path
        Folder asked for the output.
    data : pathlib.Path
        Company folder.

    Returns
    -------
    pathlib.Path
        `out`, absolute.

    Raises
    ------
    PlainError
        When it lies in the company folder, when a file is in the way, or when the folder cannot be written.
    """
    target, source = out.expanduser().resolve(), data.expanduser().resolve()
    if target == source:
        raise PlainError(f"The output folder {out} is the company folder itself: choose another one.")
    if target.is_relative_to(source):
        raise PlainError(f"The output folder {out} lies inside the company folder: choose one outside it.")
    nearest = next(folder for folder in (target, *target.parents) if folder.exists())
    if not nearest.is_dir():
        raise PlainError(f"The output folder {out} cannot be made: {nearest.name} is a file. Choose another place.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise PlainError(f"The output folder {out} cannot be written: you lack the right to. Choose another place.")
    return target


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; a second run is refused and told who holds it.

    Parameters
    ----------
    folder : pathlib.Path
        An existing output folder.

    Raises
    ------
    PlainError
        When another run holds the folder.
    """
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, PERSONAL)
    try:
        if not _lock(handle):
            holder = os.read(handle, 200).decode("utf-8", "replace").strip() or "unknown"
            raise PlainError(
                f"Another run ({holder}) writes into {folder.name}/: wait for it or choose another folder."
            )
        os.ftruncate(handle, 0)
        os.write(handle, f"pid {os.getpid()} on {socket.gethostname()}\n".encode())
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no flock; two runs in one folder are then the reader's care
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
