"""A pytest plugin: tests have a home of their own, and one that writes outside of the temporary folder fails.

Subprocesses inherit the home; what they write into the project is seen by `.ci/run`, which compares the project
before and after.
"""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

CHANGED = {  # by audit event: which arguments name what is made, changed or removed
    "os.mkdir": (0,),
    "os.remove": (0,),
    "os.rmdir": (0,),
    "os.symlink": (1,),
    "os.link": (1,),
    "os.rename": (0, 1),
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OWN_CACHES = (".hypothesis", ".pytest_cache", "build")
ROOT = Path(__file__).resolve().parents[2]
HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
running: list[str] = []  # the test that is on, if any


def outside(path: Any, root: Path = ROOT) -> bool:
    """Tell whether a file lies neither in the temporary folder nor in a cache of the test tools."""
    if isinstance(path, int):  # an open file
        return False
    place, temporary = Path(os.path.normpath(Path(os.fsdecode(path)).absolute())), Path(tempfile.gettempdir())
    if "__pycache__" in place.parts or any(place.is_relative_to(root / name) for name in OWN_CACHES):
        return False
    if place.is_relative_to(root) and root.is_relative_to(temporary):  # the project itself was put there
        return True
    return not any(place.is_relative_to(folder) for folder in (temporary, "/dev", "/proc"))


def written(event: str, arguments: tuple[Any, ...]) -> list[Any]:
    """Paths that an audit event is about to write."""
    if event == "open":
        path, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else flags & WRITING
        return [path] if writes else []
    in_an_open_folder = arguments[-1] != -1  # as when a whole tree is removed: its top was seen before
    return [] if in_an_open_folder else [arguments[place] for place in CHANGED[event]]


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if running and (event == "open" or event in CHANGED):
        for path in filter(outside, written(event, arguments)):
            raise AssertionError(f"{running[-1]} writes outside of the temporary folder: {os.fsdecode(path)}")


def pytest_configure(config: pytest.Config) -> None:
    home = config.stash[HOME] = tempfile.TemporaryDirectory(prefix="home-of-tests-")
    os.environ.update(HOME=home.name, USERPROFILE=home.name, IPYTHONDIR=f"{home.name}/ipython")
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "SCRM_PSEUDONYM_KEY"):
        os.environ.pop(name, None)
    sys.addaudithook(refuse)


def pytest_unconfigure(config: pytest.Config) -> None:
    with contextlib.suppress(OSError):  # a browser may still be closing
        config.stash[HOME].cleanup()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Any:
    running.append(item.nodeid)
    try:
        return (yield)
    finally:
        running.pop()
