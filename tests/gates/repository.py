"""Rules for the files of the project: no machine, no address, no overgrown module, no undocumented function."""

import contextlib
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

MOST_LINES = 350
TOP_LEVEL = {
    *("notebooks", "scrm_helpers", "data", "tests", "benchmarks", ".ci"),
    *(
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "LICENSE",
        "COLUMNS.md",
        "METRICS.md",
        "Makefile",
        "conftest.py",
        "kit.py",
    ),
    *("environment.yml", "pyproject.toml", "requirements.lock", "requirements-lab.lock", ".gitignore"),
}
PRIVATE = {
    "a path of one machine": re.compile(r"(?<![\w.:/*])/(?:home|Users|root|work|tmp)/(?!me/)|\b[A-Z]:\\+Users\b"),
    "the address of a package registry": re.compile(r"pypi[.]org|python[h]osted|npm[j]s|anaconda[.]org|deb[.]debian"),
    "an e-mail address": re.compile(r"[\w.+-]+@(?!(?:[\w-]+\.)*example\b)[\w-]+\.[A-Za-z]{2,}"),
}


def tracked(root: Path) -> dict[Path, str]:
    """Text of the project's own files, by git: those of the last commit and those not yet in one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = {}
    for name in sorted(filter(None, listed.stdout.split("\0"))):
        with contextlib.suppress(UnicodeDecodeError, FileNotFoundError):  # pictures; files just removed
            texts[root / name] = (root / name).read_text(encoding="utf-8")
    return texts


def private(text: str) -> list[str]:
    """What a text gives away about a machine, a registry or a person."""
    return [f"{what}: {found.group()}" for what, pattern in PRIVATE.items() if (found := pattern.search(text))]


def strangers(root: Path) -> list[str]:
    """Files and folders at the top level that nobody listed: what a run left behind, or a home for too much."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True)
    return unlisted(listed.stdout.split("\0"))


def unlisted(names: Iterable[str]) -> list[str]:
    """Top level of the names that is not on the list."""
    return sorted({name.split("/")[0] for name in names if name} - TOP_LEVEL)


def too_long(text: str) -> list[str]:
    """A module holds one idea, so it is short."""
    lines = len(text.splitlines())
    return [f"{lines} lines, {MOST_LINES} are allowed"] if lines > MOST_LINES else []
