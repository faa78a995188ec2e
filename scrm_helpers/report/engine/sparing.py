"""An IPython extension of the runner's kernels: what fails in a chapter costs its own place and no more."""

from __future__ import annotations

import ast
import dis
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import TYPE_CHECKING, Any

from IPython.display import display

from scrm_helpers.answers.answer import Lost
from scrm_helpers.answers.refusal import PlainError, Refusal, one_line
from scrm_helpers.answers.show import escape

if TYPE_CHECKING:
    from nbformat import NotebookNode

TITLE = "the top of the chapter"  # a place before the first heading
FAULT = "cannot be shown because of a fault in the program"
MEMORY = "cannot be shown: it needs more memory than one chapter may use (run it with --jobs 1 or on a larger machine)"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Something that a run should have made and did not."""

    cell: str = ""  # id of the notebook's cell; empty for a whole chapter or a file
    place: str  # heading under which it would stand, or the name of the file
    sentence: str  # what is missing, in words for the reader
    detail: str = ""  # what an engineer needs: it goes to the log, never into the report
    refused: bool = False  # whether the data are the reason, which is no fault of the program

    def to_json(self) -> dict[str, str]:
        """Return what ``results.json`` says of it."""
        return {"cell": self.cell, "place": self.place, "sentence": self.sentence}


def put_into_words(notebook: NotebookNode) -> list[Fault]:
    """Replace every mark in an executed notebook by a sentence and return what failed, first things first."""
    found: list[Fault] = []
    causes: dict[str, tuple[str, Mapping[str, Any]]] = {}
    heading = TITLE
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heads = [line.lstrip("#").strip() for line in cell.source.splitlines() if line.startswith("#")]
            heading = heads[-1] if heads and heads[-1] else heading
        for output in cell.get("outputs", []):
            mark = mark_of(output)
            if mark is None:
                continue
            place, cause = causes.setdefault(mark["cause"], (heading, mark))
            if "what" in mark:
                sentence = mark["said"] or f"This {mark['what']} {MEMORY if mark['memory'] else FAULT}."
                kept = {name: mark[name] for name in ("detail", "refused")}
                found.append(Fault(cell=cell.id, place=heading, sentence=sentence, **kept))
            else:
                where = "above" if place == heading else f"under “{place}”" if place != TITLE else f"at {TITLE}"
                why = ", for the reason given" if cause["refused"] else " because it depends on what is missing"
                sentence = f"This cannot be shown{why} {where}."
            absent = " absent" * cause["refused"]
            output["data"] = {"text/plain": sentence, "text/html": f'<p class="failed{absent}">{escape(sentence)}</p>'}
            output["metadata"] = {"scrm": {"escaped": True, MARK: {}}}
    return found


def mark_of(output: NotebookNode) -> Mapping[str, Any] | None:
    """Return the mark that an output carries, if it is one."""
    mark: Mapping[str, Any] | None = output.get("metadata", {}).get("scrm", {}).get(MARK)
    return mark


def shows_nothing(notebook: NotebookNode) -> bool:
    """Tell whether no cell before the last has anything to show but what it lacks."""
    *cells, _ = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return all(mark_of(output) is not None for cell in cells for output in cell.outputs)


MARK = "spared"  # among the metadata of an output, and the name of this in the kernel
WHAT = {"figure": "figure", "table": "table", "sentence": "sentence", "bullets": "list", "finish": "list of numbers"}
ACCEPTING = ("sentence", "finish")  # calls that leave out the results that are lost and go on with the others
_TRIED = f"""
if _{MARK}.can_run({{place}}):
    try:
        pass
    except Exception as _error:
        _{MARK}.failed({{place}}, _error)
"""


def load_ipython_extension(shell: Any) -> None:
    """Make the cells of this kernel go on after a failure."""
    sparing = Sparing(shell.user_ns)
    shell.push({f"_{MARK}": sparing}, interactive=False)
    shell.ast_transformers.append(sparing)


@dataclass(frozen=True)
class Step:
    """One statement of a cell: what it needs, what it makes, and how a reader would call it."""

    statement: ast.stmt
    needs: frozenset[str]
    makes: frozenset[str]

    @property
    def call(self) -> ast.Call | None:
        """The call that the whole statement is, if it is one."""
        value = self.statement.value if isinstance(self.statement, ast.Expr) else None
        return value if isinstance(value, ast.Call) else None

    @property
    def called(self) -> str:
        """Last part of the name of what it calls."""
        return self.call.func.attr if self.call and isinstance(self.call.func, ast.Attribute) else ""

    def passes_over(self, lost: Iterable[str]) -> bool:
        """Tell whether it can do without lost results: it only gathers them, or leaves them out itself."""
        if isinstance(self.statement, ast.Assign):
            return isinstance(self.statement.value, ast.Tuple) and _plain(self.statement.value)
        if self.call is None or self.called not in ACCEPTING or _names_in(self.call.func) & set(lost):
            return False
        return all(_plain(part) or not _names_in(part) & set(lost) for part in self.call.args)


class Sparing(ast.NodeTransformer):
    """Rewrites each cell so that its statements are tried one by one, and keeps account of what is lost."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._cell = 0
        self._steps: list[Step] = []
        self._said: set[str] = set()

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Wrap the statements of a cell; IPython calls this before the cell runs."""
        self._cell, self._said = self._cell + 1, set()
        statements = [part for statement in node.body for part in parts_of(statement)]
        self._steps = [step_of(statement) for statement in statements]
        node.body = [self._tried(place, statement) for place, statement in enumerate(statements)]
        return node

    def _tried(self, place: int, statement: ast.stmt) -> ast.stmt:
        wrapped: Any = _located(ast.parse(_TRIED.format(place=place)).body, statement)[0]
        wrapped.body[0].body = [statement]
        return wrapped  # type: ignore[no-any-return]

    def can_run(self, place: int) -> bool:
        """Tell whether a statement has all it needs; say what is missing where something would have been shown."""
        step = self._steps[place]
        lost = {name: self._names[name] for name in step.needs if isinstance(self._names.get(name), Lost)}
        if not lost:
            return True
        first = min(lost.values(), key=lambda one: one.cause)
        if isinstance(step.statement, ast.Expr) and step.called != "finish":
            self._say({"cause": first.cause})
        if step.passes_over(lost):
            return True
        self._names.update(dict.fromkeys(step.makes, first))
        return False

    def failed(self, place: int, error: Exception) -> None:
        """Note that a statement failed; all that it was to make is lost."""
        step, lost = self._steps[place], Lost(f"{self._cell:03}-{place:02}")
        self._names.update(dict.fromkeys(step.makes, lost))
        told = isinstance(error, Refusal | PlainError)
        detail = f"Code cell {self._cell} stopped with {one_line(error, 200)}\n"
        self._say(
            {
                "cause": lost.cause,
                "what": WHAT.get(step.called, "step"),
                "said": " ".join(str(error).split()) if told else "",
                "refused": isinstance(error, Refusal),
                "memory": isinstance(error, MemoryError),
                "detail": "" if told else detail + "".join(traceback.format_exception(error)),
            }
        )

    def _say(self, mark: dict[str, Any]) -> None:
        """Leave a mark in the output; of one cause a cell tells once."""
        if mark.get("what") or mark["cause"] not in self._said:
            display({"text/plain": ""}, raw=True, metadata={"scrm": {MARK: mark}})
        self._said.add(mark["cause"])


def parts_of(statement: ast.stmt) -> list[ast.stmt]:
    """Take ``chapter.show(answer, …)`` apart, so that a figure that fails costs neither the sentence nor the table."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=chapter), attr="show")) as call) if call.args:
            given = ", ".join(map(ast.unparse, call.args))
            first = f"[{given}][0]" if isinstance(call.args[0], ast.Starred) else ast.unparse(call.args[0])
            parts = ast.parse(f"{chapter}.sentence({given})\n{chapter}.figure({first})\n{chapter}.table({first})").body
            return _located(parts, statement)
    return [statement]


def _located(made: list[ast.stmt], statement: ast.stmt) -> list[ast.stmt]:
    """Say of what was made that it stands where a statement did."""
    for part in (part for whole in made for part in ast.walk(whole)):
        ast.copy_location(part, statement)
    return made


def step_of(statement: ast.stmt) -> Step:
    """Find out which variables of the notebook a statement reads and which it sets, its inner scopes left aside."""
    reads: set[str] = set()
    sets: set[str] = set()
    codes = [compile(ast.Module([statement], []), "cell", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, True)]
    for code in codes:
        codes += [part for part in code.co_consts if isinstance(part, CodeType)]
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("LOAD_NAME", "LOAD_GLOBAL"):
                reads.add(instruction.argval)
            elif instruction.opname in ("STORE_NAME", "STORE_GLOBAL"):
                sets.add(instruction.argval)
    return Step(statement, frozenset(reads), frozenset(sets))


def _plain(expression: ast.expr) -> bool:
    """Tell whether an expression only names things: nothing in it can fail on what is lost."""
    names = (ast.Name, ast.Attribute, ast.Tuple, ast.Starred, ast.expr_context)
    return all(isinstance(part, names) for part in ast.walk(expression))


def _names_in(expression: ast.expr) -> set[str]:
    return {part.id for part in ast.walk(expression) if isinstance(part, ast.Name)}
