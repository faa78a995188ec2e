"""Rooms: what a newcomer finds where. Names that say one thing, folders of a dozen, and docstrings by the door."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

from gates.reached import House

MOST = 12  # files in a folder, beside its front door
MOST_PARAMETERS = 6  # that a reader of a call keeps apart
INHERITED = {"words", "plot", "claimed"}  # every answer has them, and `Answer` says what they are
SECTION = re.compile(r"(?m)^ *(Parameters|Returns)\n *-+$")


def crowded(files: Iterable[PurePath]) -> list[str]:
    """Folders with more files than people look through."""
    folders: dict[PurePath, int] = defaultdict(int)
    for file in files:
        folders[file.parent] += file.stem != "__init__"
    return [f"{folder} holds {count} files, {MOST} are allowed" for folder, count in folders.items() if count > MOST]


def twins(files: Iterable[PurePath]) -> list[str]:
    """Two files of one name."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for file in files:
        if file.stem != "__init__":
            by_name[file.stem].append(str(file))
    return [f"{' and '.join(same)} share a name" for same in by_name.values() if len(same) > 1]


def misnamed(file: PurePath, text: str) -> Iterator[str]:
    """A function that is named as its file, and names that a test runner would take for tests."""
    names = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    if file.stem in names:
        yield f"{file} has a function of its own name"
    for name in [file.stem, *names]:
        if re.fullmatch(r"test_.*|.*_test", name):
            yield f"{file}: {name} looks like a test"


def long_calls(file: PurePath, text: str) -> Iterator[str]:
    """Functions with more parameters than a reader keeps apart; those of a command are its options, each named."""
    tree = ast.parse(text)
    methods = {id(part) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body}
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        marks = [ast.unparse(mark) for mark in node.decorator_list]
        given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        count = len(given) - (id(node) in methods and "staticmethod" not in marks)
        if count > MOST_PARAMETERS and not any(mark.endswith(".command()") for mark in marks):
            yield f"{file.stem}.{node.name}"


def offered(house: House) -> dict[str, set[str]]:
    """Names in the ``__all__`` of every room, by the module in which each is defined."""
    found: dict[str, set[str]] = defaultdict(set)
    for room, module in house.modules.items():
        lists = (
            node
            for node in module.tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        )
        lazy = module.imported if room == house.package else ()  # fetched by name when first used
        for name in (*lazy, *(name for node in lists for name in ast.literal_eval(node.value))):
            if place := house.find(room, name):
                found[place[0]].add(place[1] or "")
    return found


def undocumented(module: ast.Module, offers: set[str]) -> Iterator[str]:
    """What a room offers has sections for what goes in and comes out; everything else has a line."""
    for owner, node in _definitions(module):
        docstring = ast.get_docstring(node) or ""
        public = isinstance(owner, ast.ClassDef) and "_" not in {owner.name[0], node.name[0]}
        if public and not docstring and node.name not in INHERITED:
            yield f"{owner.name}.{node.name} says nothing of itself"
        sections = set(SECTION.findall(docstring))
        if node in module.body and node.name in offers:
            if isinstance(node, ast.FunctionDef):
                names = [part.arg for part in [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]]
                wanted = {"Parameters"} if names else set()
                wanted |= {"Returns"} if node.returns is not None and ast.unparse(node.returns) != "None" else set()
                yield from (f"{node.name} has no section {section}" for section in sorted(wanted - sections))
                missing = [name for name in names if "Parameters" in sections and not _described(name, docstring)]
                yield from (f"{node.name} does not describe {name}" for name in missing)
        elif sections:
            yield f"{node.name} is in no room's `__all__`: a line says enough"


def _definitions(module: ast.Module) -> Iterator[tuple[ast.AST, ast.FunctionDef | ast.ClassDef]]:
    for owner in ast.walk(module):
        for node in ast.iter_child_nodes(owner):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield owner, node


def _described(name: str, docstring: str) -> bool:
    section = docstring.partition("Parameters\n----------\n")[2]
    heads = re.findall(r"(?m)^(\S[^:\n]*?) ?(?::.*)?$", section)
    return any(name in re.split(r",\s*", head.replace("*", "")) for head in heads)


def package_files(root: Path, package: str = "scrm_helpers") -> list[Path]:
    return sorted((root / package).rglob("*.py"))
