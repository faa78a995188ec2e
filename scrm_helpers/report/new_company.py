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

_SETTINGS = resources.files("scrm_helpers.tables.templates").joinpath(SETTINGS)
CONTENT: dict[str, tuple[Callable[[], bytes | str], str]] = {
    WORKBOOK: (workbook_to_fill_in, "the workbook to fill in: a sheet for each table"),
    SETTINGS: (_SETTINGS.read_bytes, "all settings with their defaults"),
    DICTIONARY: (columns_page, "the page of all columns"),
    EXAMPLE: (example_case, "an example of a business case: put your own goals and figures in its place, or delete it"),
}


def write_new(folder: Path) -> dict[str, str]:
    """Write what a company folder begins with; say what each file is, nothing of one that was there before."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    written: dict[str, str] = {}
    try:
        for name, (content, about) in CONTENT.items():
            written[name] = "" if os.path.lexists(folder / name) else about
            if written[name]:
                write_whole(folder / name, content())
    except OSError:  # half a folder would pass for somebody's work
        for name in [name for name, about in written.items() if about]:
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            if new:
                folder.rmdir()
        raise
    return written
