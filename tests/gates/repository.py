"""Rules for the files of the project: no machine, no address, no overgrown module, no undocumented function."""

import ast
import contextlib
import re
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

MOST_LINES = 350
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


def too_long(text: str) -> list[str]:
    """A module holds one idea, so it is short."""
    lines = len(text.splitlines())
    return [f"{lines} lines, {MOST_LINES} are allowed"] if lines > MOST_LINES else []


def result_classes(texts: Iterable[str]) -> set[str]:
    """Names of the classes that derive from Result, directly or through each other."""
    bases = {
        node.name: {ast.unparse(base).split(".")[-1] for base in node.bases}
        for text in texts
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
    }
    found = {"Result"}
    while more := {name for name, parents in bases.items() if parents & found} - found:
        found |= more
    return found


def undocumented(text: str, results: set[str]) -> Iterator[str]:
    """Analyses without all sections, and functions that describe only some of their parameters."""
    for node in ast.parse(text).body:
        if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
            continue
        docstring = ast.get_docstring(node) or ""
        headings = set(re.findall(r"(?m)^(\w[\w ]*)\n-+$", docstring))
        is_analysis = node.returns is not None and ast.unparse(node.returns).strip("'\"").split(".")[-1] in results
        for section in ("Parameters", "Returns") if _parameters(node) else ("Returns",):
            if is_analysis and section not in headings:
                yield f"{node.name} (line {node.lineno}) returns a result but has no section {section}"
        missing = [name for name in _parameters(node) if not _described(name, docstring)]
        if "Parameters" in headings and missing:
            yield f"{node.name} (line {node.lineno}) does not describe {', '.join(missing)}"


def _parameters(node: ast.FunctionDef) -> list[str]:
    every = [*node.args.posonlyargs, *node.args.args, node.args.vararg, *node.args.kwonlyargs, node.args.kwarg]
    return [argument.arg for argument in every if argument]


def _described(name: str, docstring: str) -> bool:
    section = docstring.partition("Parameters\n----------\n")[2]
    heads = re.findall(r"(?m)^(\S[^:\n]*?) ?(?::.*)?$", section)
    return any(name in re.split(r",\s*", head.replace("*", "")) for head in heads)
