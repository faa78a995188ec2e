"""Files that are whole or not there, one writer per folder, and the manifest: what the kit wrote, with its hashes."""

import hashlib
import json
import os
import platform
import re
import socket
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

import scrm_helpers
from scrm_helpers.answers.refusal import PlainError, path_in_words, told
from scrm_helpers.tables.reading.files import MANIFEST

PUBLIC, PERSONAL = 0o644, 0o600


def write_whole(path: Path, content: str | bytes, mode: int = PUBLIC) -> None:
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


def sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: object, mode: int = PUBLIC) -> None:
    """Write JSON that is the same for the same value: sorted keys, no NaN, one newline at the end."""
    write_whole(path, json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1, allow_nan=False) + "\n", mode)


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
    with told(f"The output folder {path_in_words(folder)} cannot be written"):
        handle = _held(folder)
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
                busy = f"Another run ({holder}) writes into {folder.name}/"
                raise PlainError(f"{busy}: wait for it or choose another folder.")
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

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (ImportError, OSError):  # neither Windows nor some network disks have it; two runs are the reader's care
        return True
    return True


RUN, CHECK, IMPORT, SAMPLE, BATCH = "run", "check", "import", "sample", "batch"
LIBRARIES = ("matplotlib", "networkx", "numpy", "pandas", "scipy", "statsmodels")
UNFINISHED = "unfinished"
_TYPES = {"as_of": str, "data": str, "files": dict, "kit": str, "libraries": dict, "parameters": dict, "python": str,
          "sample": bool}  # fmt: skip
_LARGEST = 16 * 2**20  # bytes; a report has some twenty files
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """What earlier commands say they wrote: the last entry, and the hashes that each file may have."""

    entry: Mapping[str, Any] = field(default_factory=dict)
    hashes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    @property
    def command(self) -> str:
        """The command that wrote last; reports from before the entry named it are runs."""
        return str(self.entry.get("command", RUN)) if self.entry else ""

    @property
    def unfinished(self) -> bool:
        """Whether that command was stopped while it moved its files in."""
        return bool(self.entry.get(UNFINISHED))


def entry_of(as_of: str, data: str, parameters: Mapping[str, object], sample: bool) -> dict[str, Any]:
    """Say what a command was run on: the same for the same input, so no clock and no path."""
    return {
        "as_of": as_of,
        "data": data,
        "kit": scrm_helpers.__version__,
        "libraries": {name: version(name) for name in LIBRARIES},
        "parameters": dict(parameters),
        "python": platform.python_version(),
        "sample": sample,
    }


def line_of(entry: Mapping[str, Any]) -> str:
    """Return an entry as its line."""
    return json.dumps(entry, ensure_ascii=False, sort_keys=True, allow_nan=False)


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a folder; None where there is none that the kit can have written."""
    try:
        found = (folder / MANIFEST).lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST:
            return None
        lines = (folder / MANIFEST).read_text(encoding="utf-8").strip("\n").split("\n")
        entries = [json.loads(line) for line in lines]
    except (OSError, ValueError, RecursionError):
        return None
    if not _is_entry(entries[-1]):
        return None
    first = 0 if entries[-1].get(UNFINISHED) else len(entries) - 1
    hashes: dict[str, set[str]] = {}
    for entry in entries[first:]:
        if not _is_entry(entry):
            return None
        for name, sha256 in entry["files"].items():
            hashes.setdefault(name, set()).add(sha256)
    return Manifest(entries[-1], {name: frozenset(known) for name, known in hashes.items()}, tuple(lines[first:]))


def _is_entry(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(key), wanted) for key, wanted in _TYPES.items())
        and isinstance(entry.get("command", RUN), str)
        and all(
            _is_inside(name) and isinstance(sha256, str) and _SHA256.fullmatch(sha256)
            for name, sha256 in entry["files"].items()
        )
    )


def _is_inside(name: str) -> bool:
    """Whether a name, written as the kit writes it, can only lie in the folder."""
    path = PurePosixPath(name)
    plain = name.isascii() and name.isprintable() and not any(sign in name for sign in "\\:")
    inside = bool(path.parts) and not path.is_absolute() and ".." not in path.parts
    return plain and inside and path.as_posix() == name != MANIFEST


def hash_of(path: Path) -> str:
    """Return the sha256 of a plain file, never of what a link leads to."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
