"""Guards for stored outputs: what nbval lets pass although nothing was compared."""

import json
import re
from collections.abc import Iterator
from typing import Any

from gates.notebook_source import ABSOLUTE, code_cells, source, tags
from nbformat import NotebookNode as Notebook

from scrm_helpers.report.engine import one_notebook

SKIPPING_TAGS = {"nbval-skip", "nbval-ignore-output", "nbval-raises-exception", "raises-exception", "skip-execution"}
SKIPPING_WORDS = ("NBVAL_SKIP", "NBVAL_IGNORE_OUTPUT", "NBVAL_RAISES_EXCEPTION")
ADDRESS = re.compile(r"0x[0-9a-f]{8,}")


def problems(notebook: Notebook) -> list[str]:
    """Everything that is wrong with the stored outputs of one notebook."""
    return [problem for rule in RULES for problem in rule(notebook)]


def ran(notebook: Notebook) -> Iterator[str]:
    """Every code cell ran, once, in order, to the last line: the proof that the runner asks for."""
    reason = one_notebook.why_not_run(notebook)
    if reason:
        yield f"{reason}: run `python3 kit.py notebooks`"


def outputs(notebook: Notebook) -> Iterator[str]:
    """A cell that shows something has stored it, and nothing warned."""
    for number, cell in enumerate(code_cells(notebook), 1):
        if re.search(r"\bshow\.|\.finish\(", source(cell)) and not cell["outputs"]:
            yield f"code cell {number} shows a result but stores none"
        for output in cell["outputs"]:
            if output.get("name") == "stderr":
                yield f"code cell {number} stores a warning"


def skips(notebook: Notebook) -> Iterator[str]:
    """No cell asks to be left out of the comparison."""
    for number, cell in enumerate(code_cells(notebook), 1):
        asked = sorted(SKIPPING_TAGS & set(tags(cell))) + [word for word in SKIPPING_WORDS if word in source(cell)]
        if asked:
            yield f"code cell {number} is left out of the comparison: {', '.join(asked)}"


def same_everywhere(notebook: Notebook) -> Iterator[str]:
    """No memory address and no path of the machine that ran it."""
    for number, cell in enumerate(code_cells(notebook), 1):
        texts = [_texts(output) for output in cell["outputs"]]
        if any(ABSOLUTE.search(text) or ADDRESS.search(text) for text in texts):
            yield f"code cell {number} stores a path or a memory address"


def _texts(output: dict[str, Any]) -> str:
    bundle = {kind: data for kind, data in output.get("data", {}).items() if not kind.startswith("image/")}
    return json.dumps([output.get("text", ""), bundle], ensure_ascii=False).replace("\\\\", "\\")


RULES = (ran, outputs, skips, same_everywhere)
