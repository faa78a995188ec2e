"""Proof that a notebook ran from the first cell to the last, taken from the notebook itself.

papermill calls cells completed that never ran (after a killed kernel, after ``sys.exit(0)``), so its word is not
evidence: run counts, outputs and the sentinel of the last cell are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrm_helpers.answers.refusal import shortened
from scrm_helpers.report.chapters.results import SENTINEL

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIGURE_TITLE = 'class="scrm-figure-title"'  # how answers.show opens a figure
_SENTINEL = re.compile(rf"^{SENTINEL} [0-9a-f]{{12}}$", re.MULTILINE)


def why_not_run(notebook: NotebookNode) -> str:
    """Return why the notebook does not count as run, or an empty text when it does."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    for place, cell in enumerate(cells, start=1):
        error = next((output for output in cell.outputs if output.output_type == "error"), None)
        if error is not None:
            return f"code cell {place} stopped with {error.ename}: {shortened(error.evalue, 200)}"
        if cell.execution_count is None:
            return f"code cell {place} of {len(cells)} never ran"
        if cell.execution_count != place:
            return f"code cell {place} ran as number {cell.execution_count}: cells did not run in order"
        wanted, shown = figures_titled(cell), figures_shown(cell)
        if shown < wanted:
            return f"code cell {place} shows {shown} of {wanted} figures"
    if not cells or not _SENTINEL.search(_printed(cells[-1])):
        return f"its last cell did not print the line {SENTINEL}: the chapter did not come to its end"
    return ""


def figures_titled(cell: NotebookNode) -> int:
    """Count the figures that a cell announced by their title; a result with nothing to draw announces none."""
    return sum(FIGURE_TITLE in str(output.get("data", {}).get("text/html", "")) for output in cell.outputs)


def figures_shown(cell: NotebookNode) -> int:
    """Count the pictures among the outputs of a cell."""
    return sum("image/png" in output.get("data", {}) for output in cell.outputs)


def stripped(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without times, paths and random ids: two runs of one notebook then give the same bytes."""
    from copy import deepcopy

    clean = deepcopy(notebook)
    clean.metadata = {key: clean.metadata[key] for key in ("kernelspec",) if key in clean.metadata}
    clean.metadata["language_info"] = {"name": "python"}  # not the version: it is in the manifest
    for cell in clean.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    return clean


def _printed(cell: NotebookNode) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")
