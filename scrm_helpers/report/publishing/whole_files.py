"""Files that are whole or not there, and one writer per folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError, path_in_words, system_words

PUBLIC, PERSONAL = 0o644, 0o600


def write_whole(path: Path, content: str | bytes, mode: int = PUBLIC) -> str:
    """Write a file so that a reader sees the old content or the new, never a part of it."""
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
    sync_folder(path.parent)
    return hashlib.sha256(data).hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: object, mode: int = PUBLIC) -> str:
    """Write JSON that is the same for the same value: sorted keys, no NaN, one newline at the end."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False)
    return write_whole(path, text + "\n", mode)


LOCK = ".lock"
_HOLDER = re.compile(rb"(pid \d+ on \S*\s*)?")


def is_lock(path: Path) -> bool:
    """Whether a file can be the lock of the kit: plain, and saying nothing but who holds it."""
    try:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size < 300 and bool(_HOLDER.fullmatch(path.read_bytes()))
    except OSError:
        return False


@contextmanager
def only_run(folder: Path) -> Iterator[None]:
    """Hold the folder for one command; a second one is refused and told who holds it."""
    try:
        handle = _held(folder)
    except OSError as error:
        said = system_words(error)
        raise PlainError(f"The output folder {path_in_words(folder)} cannot be written: {said}.") from error
    try:
        yield
    finally:
        os.close(handle)


def _held(folder: Path) -> int:
    """Hold the lock that lies in the folder now: a command that was refused takes the one away that it made."""
    while True:
        handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), PERSONAL)
        try:
            if not _lock(handle):
                holder = os.read(handle, 200).decode("utf-8", "replace").strip() or "unknown"
                raise PlainError(
                    f"Another run ({holder}) writes into {folder.name}/: wait for it or choose another folder."
                )
            if os.path.lexists(folder / LOCK) and os.path.samestat(os.fstat(handle), (folder / LOCK).lstat()):
                _write_holder(handle, folder / LOCK)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _write_holder(handle: int, path: Path) -> None:
    """Say who holds the lock, over the old text: it is never empty while somebody works."""
    holder = f"pid {os.getpid()} on {socket.gethostname()}\n"
    try:
        os.write(handle, holder.encode())
        os.ftruncate(handle, len(holder))
    except OSError:
        if not os.fstat(handle).st_size:
            path.unlink(missing_ok=True)
        raise


def _lock(handle: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows has no flock; two runs in one folder are then the reader's care
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # nor have some network disks
        return True
    return True
