"""Rules for what a notebook says before it runs; each returns the problems it finds, in words."""

import ast
import re
from collections.abc import Iterator
from typing import Any

Notebook = dict[str, Any]
MOST_CELLS, MOST_LINES = 25, 6
ABSOLUTE = re.compile(r"(?<![\w.:/])/(?:home|Users|root|work|tmp|mnt|var|opt)/|\b[A-Z]:\\")
FINDING = re.compile(r"\d+\.\d+|\d+ ?%|[€$£] ?\d|\d ?(?:€|EUR|USD)")

CHOOSING = ("plan_answers", "plan_actions", "cannot_plan")  # calls that name people for an action


def problems(notebook: Notebook) -> list[str]:
    """Everything that the rules find in one notebook."""
    return [problem for rule in RULES for problem in rule(notebook)]


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and source(cell).strip()]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def tags(cell: dict[str, Any]) -> list[str]:
    return cell["metadata"].get("tags", [])


def _named(notebook: Notebook) -> Iterator[tuple[str, dict[str, Any], str]]:
    for number, cell in enumerate(code_cells(notebook), 1):
        yield f"code cell {number}", cell, source(cell)


def _trees(notebook: Notebook) -> Iterator[tuple[str, dict[str, Any], ast.Module]]:
    for where, cell, text in _named(notebook):
        plain = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("!", "%")))
        yield where, cell, ast.parse(plain)


def title(notebook: Notebook) -> Iterator[str]:
    """One H1, in the first cell, with what the reader gets, needs and waits for."""
    prose = [source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown"]
    headings = re.findall(r"(?m)^# ", "\n".join(prose))
    if len(headings) != 1:
        yield f"{len(headings)} titles instead of one"
    opening = source(notebook["cells"][0]) if notebook["cells"] else ""
    if not opening.startswith("# "):
        yield "the first cell is not the title"
    for promise in ("You get", "You need", "Runs in"):
        if promise not in opening:
            yield f"the title cell does not say '{promise}'"


def anatomy(notebook: Notebook) -> Iterator[str]:
    """One parameters cell, one set-up cell, limits in words, and the results cell as the last one."""
    cells = code_cells(notebook)
    for tag in ("parameters", "hide-input", "results"):
        found = sum(tag in tags(cell) for cell in cells)
        if found != 1:
            yield f"{found} cells tagged {tag} instead of one"
    if cells and "results" not in tags(cells[-1]):
        yield "the last code cell is not tagged results"
    prose = "\n".join(source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    if "\n## What this does not show" not in "\n" + prose and not any("show.trust(" in source(cell) for cell in cells):
        yield "no section 'What this does not show' and no box on trust"


def opened(notebook: Notebook, chapter: str) -> Iterator[str]:
    """A notebook opens the chapter that its file is named after."""
    for _, _, tree in _trees(notebook):
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "scrm.start" and call.args:
                found = ast.literal_eval(call.args[0])
                if found != chapter:
                    yield f"start() opens {found}, the file is chapter {chapter}"


def size(notebook: Notebook) -> Iterator[str]:
    """Few cells, short cells; imports do not count, and the list of parameters may be longer."""
    if len(code_cells(notebook)) > MOST_CELLS:
        yield f"{len(code_cells(notebook))} code cells, {MOST_CELLS} are allowed"
    for where, cell, text in _named(notebook):
        lines = len([line for line in text.splitlines() if line.strip() and not line.startswith(("import ", "from "))])
        if lines > MOST_LINES and "parameters" not in tags(cell):
            yield f"{where} has {lines} lines, {MOST_LINES} are allowed: move the rest into the package"


def parameters(notebook: Notebook) -> Iterator[str]:
    """Typed literals, one a line, each with its help."""
    for where, cell, tree in _trees(notebook):
        if "parameters" not in tags(cell):
            continue
        lines = source(cell).splitlines()
        for statement in tree.body:
            if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
                yield f"{where}: '{ast.unparse(statement)}' is not a typed parameter"
                continue
            name = statement.target.id
            if "|" in ast.unparse(statement.annotation):
                yield f"{where}: the type of {name} is not seen by papermill, write Optional"
            try:
                ast.literal_eval(statement.value or "")
            except ValueError:
                yield f"{where}: {name} is computed, only literals are allowed"
            if not re.search(r"#\s*\S", lines[(statement.end_lineno or 1) - 1][statement.end_col_offset or 0 :]):
                yield f"{where}: {name} has no help behind a #"


def plain_code(notebook: Notebook) -> Iterator[str]:
    """Nothing but calls of the package: no definitions, shell lines, silenced warnings or path tricks."""
    for where, cell, text in _named(notebook):
        for line in text.splitlines():
            if line.lstrip().startswith(("!", "%")):
                yield f"{where}: shell or magic line '{line.strip()}'"
            if line.split("#")[0].rstrip().endswith(";"):
                yield f"{where}: a trailing ; hides output that the tests compare"
        for word in ("filterwarnings", "simplefilter", "sys.path", "pip install"):
            if word in text:
                yield f"{where}: {word}"
        for node in ast.walk(_tree_of(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{where} defines {node.name}: put it into the package"
            if isinstance(node, ast.Import | ast.ImportFrom) and "hide-input" not in tags(cell):
                yield f"{where} imports outside the set-up cell"


def _tree_of(text: str) -> ast.Module:
    return ast.parse("\n".join(line for line in text.splitlines() if not line.lstrip().startswith(("!", "%"))))


def grounds(notebook: Notebook) -> Iterator[str]:
    """Whoever is chosen for an action is chosen from what the data register gives ground to act on."""
    for where, _, tree in _trees(notebook):
        for call in ast.walk(tree):
            called = ast.unparse(call.func).rpartition(".")[2] if isinstance(call, ast.Call) else ""
            if called in CHOOSING and [ast.unparse(one) for one in call.args[:1]] != ["*chapter.for_action"]:
                yield f"{where}: {called} does not take *chapter.for_action, so the data register is not heeded"


def names(notebook: Notebook) -> Iterator[str]:
    """No name is assigned in two cells, so cells cannot depend on the order in which they were tried."""
    first: dict[str, str] = {}
    for where, _, tree in _trees(notebook):
        stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        for name in sorted(stored - {"_"}):
            if name in first:
                yield f"{name} is assigned in {first[name]} and again in {where}"
            first.setdefault(name, where)


def prose(notebook: Notebook) -> Iterator[str]:
    """No absolute path, and no finding typed by hand: percentages (but 95 %), decimals and money are computed."""
    for number, cell in enumerate(notebook["cells"], 1):
        if ABSOLUTE.search(source(cell)):
            yield f"cell {number} has an absolute path"
        if cell["cell_type"] == "markdown":
            for found in FINDING.findall(source(cell).replace("95 %", "")):
                yield f"cell {number} types the number {found} that the package should compute"


def metadata(notebook: Notebook) -> Iterator[str]:
    """The kernel that everybody has, stable cell ids, and nothing about the machine or the run."""
    kernel = notebook["metadata"].get("kernelspec", {})
    if (kernel.get("name"), kernel.get("display_name")) != ("python3", "Python 3"):
        yield f"the kernel is {kernel}, not python3"
    extra = set(notebook["metadata"]) - {"kernelspec", "language_info"}
    if extra:
        yield f"metadata that is not the notebook's own: {', '.join(sorted(extra))}"
    ids = [cell.get("id") for cell in notebook["cells"]]
    if None in ids or len(set(ids)) != len(ids):
        yield "cells without an id of their own"
    for number, cell in enumerate(notebook["cells"], 1):
        if set(cell["metadata"]) - {"tags", "jupyter"}:
            yield f"cell {number} has metadata beside its tags"
        hidden = cell["metadata"].get("jupyter") == {"source_hidden": True}
        if "jupyter" in cell["metadata"] and not (hidden and "hide-input" in tags(cell)):
            yield f"cell {number}: set-up code is folded in JupyterLab, and no other"


def depths(notebook: Notebook) -> Iterator[str]:
    """At most two cells are for the board, and neither they nor the limits are folded away as detail."""
    board = [cell for cell in notebook["cells"] if "board" in tags(cell)]
    if len(board) > 2:
        yield f"{len(board)} cells tagged board, 2 are allowed"
    for cell in notebook["cells"]:
        open_always = "board" in tags(cell) or source(cell).startswith(("# ", "## What this does not show"))
        if "detail" in tags(cell) and (open_always or {"parameters", "hide-input", "results"} & set(tags(cell))):
            yield f"'{source(cell)[:40]}' is tagged detail, but never folded"


RULES = (title, anatomy, size, parameters, plain_code, grounds, names, prose, metadata, depths)
