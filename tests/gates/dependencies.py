"""Rules for the lists of dependencies: what is imported is declared, what is declared is used, locked and hashed."""

import ast
import re
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Project = dict[str, Any]


def declared(project: Project, extra: str = "") -> dict[str, Requirement]:
    """Requirements of the package, or of one of its extras, by name."""
    about = project["project"]
    needs = about["optional-dependencies"][extra] if extra else about["dependencies"]
    return {canonicalize_name(need.name): need for need in map(Requirement, needs)}


def imported(texts: Iterable[str]) -> set[str]:
    """Top-level modules that source files import, anywhere in them, also by pytest.importorskip."""
    found = set()
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
            elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.importorskip":
                found.add(ast.literal_eval(node.args[0]).split(".")[0])
    return found


def distributions(modules: Iterable[str]) -> set[str]:
    """Installed distributions that bring the modules; the standard library and own modules have none."""
    known = packages_distributions()
    return {canonicalize_name(name) for module in modules for name in known.get(module, [])}


def locked(lock: str) -> dict[str, str]:
    """Version of each distribution in a lock."""
    return {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock)}


def lock_problems(lock: str, needs: Iterable[Requirement]) -> Iterator[str]:
    """A lock names a version that fits for each need, a hash for each version, and no address."""
    versions = locked(lock)
    for need in needs:
        name = canonicalize_name(need.name)
        if name not in versions:
            yield f"{name} is declared but not locked"
        elif not need.specifier.contains(versions[name], prereleases=True):
            yield f"{name} is locked at {versions[name]}, which does not fit {need.specifier}"
    for entry in re.split(r"(?m)^(?=[\w.-]+==)", lock)[1:]:
        if "--hash=sha256:" not in entry:
            yield f"{entry.split('==')[0]} has no hash"
    if "://" in lock:
        yield "the lock holds an address"
