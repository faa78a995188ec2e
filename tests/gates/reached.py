"""Which definitions of the package does no notebook, report or command reach? Read from the syntax trees."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ENTRIES = ("cli", "report.engine.one_notebook", "report.engine.kernel_process")  # run by name, below the package
Place = tuple[str, str | None]  # a module and a name in it, or the module itself


@dataclass
class Module:
    """The names that one file defines and imports; `loose` is what runs when it is imported."""

    tree: ast.Module
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)
    loose: list[ast.stmt] = field(default_factory=list)

    def __post_init__(self) -> None:
        for node in self.tree.body:
            match node:
                case ast.FunctionDef() | ast.ClassDef():
                    self.defined[node.name] = node
                case ast.Assign() | ast.AnnAssign():
                    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                    names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
                    self.defined.update(dict.fromkeys([name for name in names if name != "__all__"], node))
                case ast.Import() | ast.ImportFrom():
                    pass
                case _:
                    self.loose.append(node)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                self.imported |= {alias.asname: (alias.name, None) for alias in node.names if alias.asname}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                self.imported |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}


class House:
    """The package and its notebooks: what refers to what."""

    def __init__(self, root: Path, package: str) -> None:
        self.package = package
        self.modules = {}
        for file in sorted((root / package).rglob("*.py")):
            parts = file.relative_to(root).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[name] = Module(ast.parse(file.read_text(encoding="utf-8")))
        self.notebooks = [Module(ast.parse(code_of(file))) for file in sorted((root / "notebooks").rglob("*.ipynb"))]

    def find(self, module: str, name: str | None) -> Place | None:
        """Where a name is defined, through every front door on the way."""
        if name is None:
            return (module, None) if module in self.modules else None
        if module in self.modules:
            here = self.modules[module]
            if name in here.defined:
                return module, name
            if name in here.imported and here.imported[name] != (module, name):
                return self.find(*here.imported[name])
        return self.find(f"{module}.{name}", None)

    def uses(self, module: Module, node: ast.AST) -> Iterator[Place]:
        """Every place that a piece of code refers to; a module handed on as a whole stands for all that it defines."""
        bases = {id(part.value) for part in ast.walk(node) if isinstance(part, ast.Attribute)}
        for part in ast.walk(node):
            found = self.meant(module, part)
            if found is None:
                continue
            yield found
            if found[1] is None and id(part) not in bases:
                yield from ((found[0], name) for name in self.modules[found[0]].defined)

    def meant(self, module: Module, node: ast.AST) -> Place | None:
        """The place that a name, a dotted name or a text such as ``"package.module"`` stands for."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(self.package + "."):
            return self.find(node.value, None)
        if isinstance(node, ast.Attribute):
            base = self.meant(module, node.value)
            return self.find(base[0], node.attr) if base and base[1] is None else None
        if isinstance(node, ast.Name):
            if node.id in module.imported:
                return self.find(*module.imported[node.id])
            home = next((name for name, other in self.modules.items() if other is module), None)
            return (home, node.id) if home and node.id in module.defined else None
        return None

    def reached(self) -> set[Place]:
        """All that a notebook cell or a command leads to, step by step."""
        todo = [place for book in self.notebooks for place in self.uses(book, book.tree)]
        for entry in (f"{self.package}.{entry}" for entry in ENTRIES):
            todo += [(entry, name) for name in self.modules[entry].defined] if entry in self.modules else []
        lazy = self.modules[self.package]  # fetched by name when first used
        todo += [(self.package, name) for name in lazy.defined]
        todo += [place for at in lazy.imported.values() if (place := self.find(*at))]
        seen: set[Place] = set()
        while todo:
            place = todo.pop()
            if place in seen:
                continue
            seen.add(place)
            module = self.modules[place[0]]
            nodes = module.loose if place[1] is None else [module.defined[place[1]]]
            todo += [(place[0], None), *(use for node in nodes for use in self.uses(module, node))]
        return seen


def code_of(notebook: Path) -> str:
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def unreached(root: Path, package: str = "scrm_helpers") -> list[str]:
    """Definitions that nobody meets, as ``module.name``."""
    house = House(root, package)
    seen = house.reached()
    return [
        f"{module}.{name}" for module, at in house.modules.items() for name in at.defined if (module, name) not in seen
    ]


def unread_fields(root: Path, package: str = "scrm_helpers") -> list[str]:
    """Fields of answers that nothing reads, as ``module.Class.field``; a named number is read into results.json."""
    house = House(root, package)
    trees = [module.tree for module in (*house.modules.values(), *house.notebooks)]
    attributes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    read = {node.attr for node in attributes if isinstance(node.ctx, ast.Load)}
    return [
        f"{module}.{owner.name}.{field.target.id}"
        for module, at in house.modules.items()
        for owner in at.defined.values()
        if isinstance(owner, ast.ClassDef) and is_answer(house, at, owner)
        for field in owner.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if not re.search(r"\b(Measure|ClassVar)\b", ast.unparse(field.annotation)) and field.target.id not in read
    ]


def is_answer(house: House, module: Module, owner: ast.ClassDef) -> bool:
    """Whether a class is derived from `Answer`, directly or by another class."""
    for base in owner.bases:
        found = house.meant(module, base)
        node = house.modules[found[0]].defined.get(found[1] or "") if found else None
        if isinstance(node, ast.ClassDef) and (
            node.name == "Answer" or is_answer(house, house.modules[found[0]], node)
        ):
            return True
    return False
