"""The parameter contract: what a notebook declares, and whether what is given fits it, before any kernel starts.

papermill only logs an unknown name and runs on with the default; here a wrong name or type stops the run. Its
`inspect_notebook` looks for a pattern in each line: of the ten faulty cells of our tests it passes over five in
silence, and over sound ones whose default or help holds an equals sign, so the cell is read as Python; the types of
pydantic would decide alike, but not say in our words which of type and range is wrong.
"""

from __future__ import annotations

import ast
import builtins
import datetime as dt
import io
import keyword
import math
import re
import tokenize
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from scrm_helpers.answers.refusal import PlainError

if TYPE_CHECKING:
    from nbformat import NotebookNode

SECRET = re.compile(r"(^|_)(token|secret|password|passwd|pwd|key|apikey|credential|credentials)($|_)", re.IGNORECASE)
_KINDS: dict[str, tuple[type, str]] = {
    "str": (str, "text"),
    "int": (int, "a whole number"),
    "float": (float, "a number"),
    "bool": (bool, "true or false"),
    "list": (list, "a list"),
    "dict": (dict, "a table of names and values"),
}
_NUMBER, _END = r"(-?\d+(?:\.\d+)?)", r"(?=$|[;,])"
_WITHIN = re.compile(rf"(?:^|, ){_NUMBER} to {_NUMBER}{_END}")
_LEAST = re.compile(rf"(?:^|, ){_NUMBER} or more{_END}")
_ABOVE = re.compile(rf"(?:^|, )above {_NUMBER}{_END}")
_CHOICES = re.compile(r"(?:^|, )one of ([^;]+)")


@dataclass(frozen=True)
class Parameter:
    """A parameter as the notebook declares it."""

    name: str  # its name
    kind: str  # ``"str"``, ``"int"``, ``"float"``, ``"bool"``, ``"list"`` or ``"dict"``
    default: object  # the literal it starts with
    optional: bool = False  # whether None is allowed
    help: str = ""  # the comment behind ``# help:``; unit and range

    def accepts(self, value: object) -> bool:
        """Tell whether a value has the declared type; a whole number passes as a number, True never as one."""
        if value is None:
            return self.optional
        if isinstance(value, bool) or self.kind == "bool":
            return isinstance(value, bool) and self.kind == "bool"
        if self.kind == "float":
            return isinstance(value, int | float) and math.isfinite(value)
        return isinstance(value, _KINDS[self.kind][0])

    def allows(self, value: object) -> bool:
        """Tell whether a value lies where the help says that it must; the default always does."""
        if value == self.default:
            return True
        if isinstance(value, str):
            choices = _CHOICES.search(self.help)
            return choices is None or value in choices.group(1).split(", ")
        if isinstance(value, bool) or not isinstance(value, int | float):
            return True
        within, least, above = (limits.search(self.help) for limits in (_WITHIN, _LEAST, _ABOVE))
        return (
            (within is None or float(within.group(1)) <= value <= float(within.group(2)))
            and (least is None or value >= float(least.group(1)))
            and (above is None or value > float(above.group(1)))
        )


def declared(notebook: NotebookNode) -> dict[str, Parameter]:
    """Read the parameters that a notebook declares, from its cell tagged ``parameters``."""
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise PlainError(f"The notebook has {len(cells)} cells tagged 'parameters' and needs exactly one.")
    return from_source(cells[0].source)


def from_source(source: str) -> dict[str, Parameter]:
    """Read declared parameters from the text of a parameters cell."""
    try:
        lines = ast.parse(source).body
    except SyntaxError as error:
        raise PlainError(f"The parameters cell cannot be read: line {error.lineno} is not Python.") from None
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = ((token.start[0], token.string.lstrip("# ")) for token in tokens if token.type == tokenize.COMMENT)
    helps = {line: text.removeprefix("help:").strip() for line, text in comments if text.startswith("help:")}
    found: dict[str, Parameter] = {}
    for line in lines:
        parameter = _parameter(line, helps.get(line.end_lineno or line.lineno, ""))
        if parameter.name in found:
            raise PlainError(f"The parameters cell declares {parameter.name!r} twice.")
        found[parameter.name] = parameter
    return found


def _parameter(line: ast.stmt, said: str) -> Parameter:
    match line:
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            note = ast.unparse(line.annotation).strip("'\"")
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            note = ""
        case _:
            raise PlainError(f"Line {line.lineno} of the parameters cell is not 'name: type = literal'.")
    try:
        default = ast.literal_eval(value)
    except ValueError:
        raise PlainError(f"The parameter {name!r} starts with a computed value; it must be a literal.") from None
    kind = note.removeprefix("Optional[").partition("[")[0].rstrip("]") or type(default).__name__
    if kind not in _KINDS:
        raise PlainError(f"The parameter {name!r} has the type {kind!r}; known are {', '.join(_KINDS)}.")
    parameter = Parameter(name, kind, default, default is None or note.startswith("Optional["), said)
    if not parameter.accepts(default):
        raise PlainError(f"The parameter {name!r} is declared as {kind} but starts with {default!r}.")
    return parameter


def check(parameters: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, object]:
    """Check given values against the declaration and return them."""
    for name, value in given.items():
        check_name(name, parameters)
        parameter = parameters[name]
        if not parameter.accepts(value):
            about = f" ({parameter.help})" if parameter.help else ""
            raise PlainError(f"The parameter {name!r} must be {_KINDS[parameter.kind][1]}{about}, not {_shown(value)}.")
        if not parameter.allows(value):
            raise PlainError(f"The parameter {name!r} cannot be {_shown(value)}: it is {parameter.help}.")
    return dict(given)


def check_name(name: str, known: Iterable[str]) -> None:
    """Refuse a name that is unknown, is no plain Python name, or looks like a secret."""
    names = list(known)
    if not name.isidentifier() or keyword.iskeyword(name) or hasattr(builtins, name):
        raise PlainError(f"{_shown(name)} is not a name that a parameter can have.")
    if SECRET.search(name):
        raise PlainError(
            f"The parameter {name!r} looks like a secret: secrets would be stored in the report. "
            "Put it into an environment variable and name that in company.yaml."
        )
    if name not in names:
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known are: {', '.join(names) or 'none'}."
        raise PlainError(f"There is no parameter {name!r}. {hint}")


def typed(parameter: Parameter, text: str) -> object:
    """Read the text of a command line as the declared type; a customer id ``0123`` stays text."""
    try:
        if parameter.kind == "str":
            return text
        if parameter.kind == "bool":
            return {"true": True, "yes": True, "false": False, "no": False}[text.strip().lower()]
        if parameter.kind in ("int", "float") and "_" in text:  # Python reads 1_000, people do not write it
            raise ValueError
        value = _KINDS[parameter.kind][0](text) if parameter.kind in ("int", "float") else ast.literal_eval(text)
    except (ValueError, KeyError, SyntaxError):
        value = text
    return check({parameter.name: parameter}, {parameter.name: value})[parameter.name]


def check_date(name: str, text: object) -> str:
    """Return an ISO date as text, refusing everything else."""
    try:
        if not isinstance(text, str) or len(text) != len("2026-09-30"):
            raise ValueError
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise PlainError(f"{name} must be a date such as 2026-09-30, not {_shown(text)}.") from None


def _shown(value: object) -> str:
    text = ascii(value) if not isinstance(value, str) else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


OWN = ("data", "as_of", "results", "found", "earlier")  # the run sets these itself

Declared = Mapping[str, Mapping[str, Parameter]]


def assign(declared: Declared, given: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Hand the given parameters to the chapters that declare them."""
    _known(declared, given)
    return {
        number: check(own, {name: value for name, value in given.items() if name in own})
        for number, own in declared.items()
    }


def typed_texts(declared: Declared, texts: Mapping[str, str]) -> dict[str, object]:
    """Read the texts of a command line as the types that the chapters declare."""
    known = _known(declared, texts)
    return {name: typed(known[name], text) for name, text in texts.items()}


def _known(declared: Declared, names: Iterable[str]) -> dict[str, Parameter]:
    """The parameters of all chapters; a name that is none of them, or that the run itself sets, is refused."""
    known = {name: parameter for own in declared.values() for name, parameter in own.items()}
    for name in names:
        if name in OWN:
            raise PlainError(f"The parameter {name!r} is set by the run itself: use the options of `scrm run`.")
        check_name(name, sorted(set(known) - set(OWN)))
    return known
