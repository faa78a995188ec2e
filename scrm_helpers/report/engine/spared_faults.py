"""What could not be shown in a chapter, in words: the marks that `sparing` left, each put into one plain sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers.show import escape
from scrm_helpers.report.engine.sparing import MARK

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
        heading = _heading(cell) or heading
        for output in cell.get("outputs", []):
            mark = mark_of(output)
            if mark is None:
                continue
            if "what" in mark:
                causes[mark["cause"]] = (heading, mark)
                sentence = _sentence(mark)
                found.append(
                    Fault(
                        cell=cell.id, place=heading, sentence=sentence, detail=mark["detail"], refused=mark["refused"]
                    )
                )
            else:
                sentence = _depending(*causes[mark["cause"]], heading)
            _write(output, sentence)
    return found


def mark_of(output: NotebookNode) -> Mapping[str, Any] | None:
    """Return the mark that an output carries, if it is one."""
    mark: Mapping[str, Any] | None = output.get("metadata", {}).get("scrm", {}).get(MARK)
    return mark


def shows_nothing(notebook: NotebookNode) -> bool:
    """Tell whether no cell before the last has anything to show but what it lacks."""
    *cells, _ = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return all(mark_of(output) is not None for cell in cells for output in cell.outputs)


def _sentence(mark: Mapping[str, Any]) -> str:
    if mark["said"]:
        return str(mark["said"])
    return f"This {mark['what']} {MEMORY if mark['memory'] else FAULT}."


def _depending(place: str, cause: Mapping[str, Any], here: str) -> str:
    where = "above" if place == here else f"under “{place}”" if place != TITLE else f"at {TITLE}"
    if cause["refused"]:
        return f"This cannot be shown, for the reason given {where}."
    return f"This cannot be shown because it depends on what is missing {where}."


def _write(output: NotebookNode, sentence: str) -> None:
    output["data"] = {"text/plain": sentence, "text/html": f'<p class="failed">{escape(sentence)}</p>'}
    output["metadata"] = {"scrm": {"escaped": True, MARK: {}}}


def _heading(cell: NotebookNode) -> str:
    if cell.cell_type != "markdown":
        return ""
    lines = [line.lstrip("#").strip() for line in cell.source.splitlines() if line.startswith("#")]
    return lines[-1] if lines else ""
