"""The folder that is given as a company: what it is, where it cannot be one."""

from __future__ import annotations

import json
import os
from pathlib import Path

from scrm_helpers.tables.contract.declarations import REQUIRED
from scrm_helpers.tables.contract.receipts import CompanyRefused, quoted
from scrm_helpers.tables.prepared import is_prepared
from scrm_helpers.tables.reading.file_kinds import table_like
from scrm_helpers.tables.reading.files import MANIFEST, what_it_is

_TAIL = 64 * 1024


def names_in(folder: Path) -> list[str]:
    """Return the names of all entries of a company folder, sorted."""
    nothing = "There is nothing to read."
    if not os.path.lexists(folder):
        raise CompanyRefused.because(
            f"The company folder {quoted(folder.name)} does not exist.", nothing, "Correct the name of the folder."
        )
    if not os.path.isdir(folder):  # noqa: PTH112 - Path.is_dir raises for names that are too long
        kind = what_it_is(folder)
        what = f"{quoted(folder.name)} is a file{f' ({kind.what})' if kind else ''}, not the folder of a company."
        if not os.path.exists(folder):  # noqa: PTH110 - as above, for a link into a circle
            what = f"{quoted(folder.name)} is a link that leads nowhere, not the folder of a company."
        todo = kind.todo if kind else "Give the folder that holds the tables, one file each."
        raise CompanyRefused.because(what, nothing, todo)
    if is_prepared(folder):
        what = "This is a prepared folder, which was checked already."
        raise CompanyRefused.because(what, "Its receipts tell of other files.", "Check the company folder itself.")
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError as error:
        what = f"The company folder cannot be listed ({error.strerror})."
        raise CompanyRefused.because(what, nothing, "Allow reading it.") from None
    if not any(not name.startswith(".") for name in names):
        todo = f"Put the tables into it, at least {' and '.join(f'{table}.csv' for table in REQUIRED)}."
        raise CompanyRefused.because(f"The company folder {quoted(folder.name)} is empty.", nothing, todo)
    if MANIFEST in names and not any(table_like(name.split(".", 1)[0]) for name in names):
        data = _made_from(folder / MANIFEST)
        todo = f"Give the folder of the company{f', such as {quoted(data)}' if data else ''}; this one can be --out."
        what = f"The folder {quoted(folder.name)} is what the kit wrote (a report or a check), not a company folder."
        raise CompanyRefused.because(what, "It holds results, not tables.", todo)
    return names


def _made_from(manifest: Path) -> str:
    """The company folder that a manifest names; its last line counts."""
    try:
        with manifest.open("rb") as file:
            file.seek(max(os.fstat(file.fileno()).st_size - _TAIL, 0))
            given = json.loads(file.read().splitlines()[-1])
        return str(given.get("data") or "") if isinstance(given, dict) else ""
    except (OSError, ValueError, IndexError):
        return ""
