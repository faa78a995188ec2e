"""The output folder: everything is written aside first, then moved in, and a manifest says what belongs together."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scrm_helpers.report.errors import PlainError
from scrm_helpers.report.files import only_run, write_whole

MANIFEST = "manifest.jsonl"
NETWORK = "network.gexf"
TABLES = "tables.xlsx"
NOT_ALWAYS = (NETWORK, TABLES)  # files that a run may have nothing to write into
_PRIVATE = ".work-"


@contextmanager
def private_work(out: Path) -> Iterator[Path]:
    """Hold the output folder and lend a private folder in it that is gone afterwards, whatever happens.

    Parameters
    ----------
    out : pathlib.Path
        Output folder; made when it is not there.

    Yields
    ------
    pathlib.Path
        A folder that only this user can read.

    Raises
    ------
    PlainError
        When the folder cannot be written or another run holds it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with only_run(out):
            for left in out.glob(f"{_PRIVATE}*"):  # what a killed run could not take away
                shutil.rmtree(left, ignore_errors=True)
            work = Path(tempfile.mkdtemp(prefix=_PRIVATE, dir=out))
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        said = error.strerror or type(error).__name__
        raise PlainError(
            f"The output folder {out} cannot be written: {said}. What was there before is kept."
        ) from error


def publish(stage: Path, out: Path, entry: Mapping[str, Any]) -> list[str]:
    """Move all finished files into the output folder and write the manifest last.

    Parameters
    ----------
    stage : pathlib.Path
        Folder with the finished files, on the same disk.
    out : pathlib.Path
        Output folder. Files of an earlier run that are not in this one are removed: they tell of other data.
    entry : mapping
        What the manifest says besides the files and their hashes.

    Returns
    -------
    list of str
        Names of the files, relative to `out`, in order.
    """
    names = sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
    (out / MANIFEST).unlink(missing_ok=True)  # without it a reader knows that the folder is being changed
    for name in _earlier(out):
        if name not in names:
            (out / name).unlink(missing_ok=True)
    hashes = {}
    for name in names:
        hashes[name] = hashlib.sha256((stage / name).read_bytes()).hexdigest()
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (stage / name).replace(out / name)
    line = json.dumps({**entry, "files": hashes}, ensure_ascii=False, sort_keys=True, allow_nan=False)
    write_whole(out / MANIFEST, line + "\n")
    return [*names, MANIFEST]


def _earlier(out: Path) -> list[str]:
    chapters = sorted((out / "notebooks").glob("[0-9][0-9]-*.ipynb"))
    return [*NOT_ALWAYS, *(path.relative_to(out).as_posix() for path in chapters)]
