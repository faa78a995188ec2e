"""What this machine has and lacks for the kit, in sentences."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, on_disk

ROOM = 500 * 2**20  # bytes that a report of a middling company needs at most, twice over


def examine() -> Iterator[tuple[bool, str]]:
    """Look at everything that a run needs: of each thing whether it is fine, and what it is."""
    from packaging.requirements import Requirement

    from scrm_helpers.report.engine.kernels import Kernels

    yield sys.version_info >= (3, 11), f"Python {platform.python_version()} on {platform.system()}"
    for line in sorted(requires("scrm-helpers") or []):
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(wanted.name)
        except PackageNotFoundError:
            yield False, f"{wanted.name} is not installed: run `python3 kit.py report`"
            continue
        fits = wanted.specifier.contains(found, prereleases=True)
        yield fits, f"{wanted.name} {found}" + ("" if fits else f" does not fit {wanted.specifier}")
    free = shutil.disk_usage(tempfile.gettempdir()).free
    yield free > ROOM, f"{free / 2**30:,.1f} GiB free for temporary files"
    with Kernels() as kernels:
        alone = "started one by one, which take longer to start"
        yield True, f"Kernels are {alone if kernels.server is None else 'forked from one process'}"
    try:
        present = [plan.number for plan in on_disk(notebooks_folder())]
        yield True, f"Chapters {', '.join(present)}; {os.cpu_count() or 1} processor cores"
    except PlainError as error:
        yield False, str(error)
