"""A new company folder: settings, a workbook to fill in, the page of columns, a business case; nothing written over."""

import os
from collections.abc import Callable
from contextlib import suppress
from importlib import resources
from pathlib import Path

from scrm_helpers.initiatives.plan.business_case import EXAMPLE, example_case
from scrm_helpers.report.whole_files import write_whole
from scrm_helpers.tables.contract.settings import FILE as SETTINGS
from scrm_helpers.tables.sources.folder_files import DICTIONARY
from scrm_helpers.tables.templates.data_dictionary import WORKBOOK, columns_page, workbook_to_fill_in

ABOUT = {
    WORKBOOK: "the workbook to fill in: a sheet for each table",
    SETTINGS: "all settings with their defaults",
    DICTIONARY: "the page of all columns",
    EXAMPLE: "an example of a business case: put your own goals and figures in its place, or delete it",
}
_CONTENT: dict[str, Callable[[], bytes]] = {
    WORKBOOK: workbook_to_fill_in,
    SETTINGS: lambda: resources.files("scrm_helpers.tables.templates").joinpath(SETTINGS).read_bytes(),
    DICTIONARY: lambda: columns_page().encode(),
    EXAMPLE: lambda: example_case().encode(),
}


def write_new(folder: Path) -> dict[str, bool]:
    """Write what a company folder begins with; tell of each file whether it was written or was there before."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, bool] = {}
    try:
        for name, content in _CONTENT.items():
            written[name] = not os.path.lexists(folder / name)
            if written[name]:
                write_whole(folder / name, content())
    except OSError:  # half a folder would pass for somebody's work
        for name in [name for name, here in written.items() if here]:
            (folder / name).unlink(missing_ok=True)
        if new:
            with suppress(OSError):
                folder.rmdir()
        raise
    return written
