"""One notebook through papermill: in a fresh kernel, within its time, proved to have run, and clean afterwards."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
import time
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scrm_helpers.answers.refusal import PlainError, Refusal, one_line, shortened
from scrm_helpers.report.chapters import walk_plan
from scrm_helpers.report.chapters.results import SENTINEL
from scrm_helpers.report.engine import parameters, sparing
from scrm_helpers.report.engine.sparing import Fault
from scrm_helpers.report.whole_files import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from scrm_helpers.report.engine.kernels import Kernels

# jsonschema would build a grammar for internationalised addresses, which no notebook needs
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
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
        titles = [str(output.get("data", {}).get("text/html", "")) for output in cell.outputs]
        wanted = sum(FIGURE_TITLE in title for title in titles)  # a result with nothing to draw announces none
        shown = sum("image/png" in output.get("data", {}) for output in cell.outputs)
        if shown < wanted:
            return f"code cell {place} shows {shown} of {wanted} figures"
    last = cells[-1].outputs if cells else []
    printed = (output.text for output in last if output.output_type == "stream" and output.name == "stdout")
    if not _SENTINEL.search("".join(printed)):
        return f"its last cell did not print the line {SENTINEL}: the chapter did not come to its end"
    return ""


def stripped(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without times, paths and random ids: two runs of one notebook then give the same bytes."""
    from copy import deepcopy

    clean = deepcopy(notebook)
    clean.metadata = {key: clean.metadata[key] for key in ("kernelspec",) if key in clean.metadata}
    clean.metadata["language_info"] = {"name": "python"}  # not the version: it is in the manifest
    for cell in clean.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("jupyter", "tags") if cell.metadata.get(key)}
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.id = "injected-parameters"
    return clean


TIME_LIMIT = 900.0  # seconds for a whole chapter
UNFINISHED = "It did not come to its end, because of a fault in the program."


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of the kit."""
    import nbformat

    return nbformat.read(path, as_version=4)


def execute_sparingly(
    notebook: NotebookNode, given: Mapping[str, object], kernels: Kernels, folder: Path, time_limit: float = TIME_LIMIT
) -> tuple[NotebookNode, list[Fault]]:
    """Run a notebook and return it stripped, with its faults: a step that fails costs its own place and no more."""
    checked = parameters.check(parameters.declared(notebook), given)
    executed = _papermill(notebook, checked, kernels, folder, time_limit)
    found = sparing.put_into_words(executed)
    _prove(executed, found[:1] if sparing.shows_nothing(executed) or why_not_run(executed) else ())
    return stripped(executed), found


def execute(
    notebook: NotebookNode, given: Mapping[str, object], kernels: Kernels, folder: Path, time_limit: float = TIME_LIMIT
) -> NotebookNode:
    """Run a notebook of which every cell must show what it should; whoever calls this is an engineer."""
    try:
        executed, found = execute_sparingly(notebook, given, kernels, folder, time_limit)
        _prove(executed, found[:1])
    except (PlainError, Refusal) as error:
        raise type(error)(" ".join([str(error), *detail_of(error).splitlines()[:1]])) from None
    return executed


def detail_of(error: BaseException) -> str:
    """What an engineer needs of an error, beside what it says to the reader."""
    return "\n".join(getattr(error, "__notes__", ()))


def _prove(executed: NotebookNode, fatal: Iterable[Fault]) -> None:
    """Refuse a chapter that these data cannot answer, in the words of the refusal, or that did not come to its end."""
    for fault in fatal:
        raise _with_detail((Refusal if fault.refused else PlainError)(fault.sentence), fault.detail)
    if reason := why_not_run(executed):
        raise _with_detail(PlainError(UNFINISHED), f"{reason[:1].upper()}{reason[1:]}.")


def _with_detail(error: Exception, detail: str) -> Exception:
    error.add_note(detail)
    return error


def _papermill(
    notebook: NotebookNode, given: Mapping[str, object], kernels: Kernels, folder: Path, time_limit: float
) -> NotebookNode:
    from copy import deepcopy

    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    with warnings.catch_warnings():  # papermill 2.7 imports what Python 3.12 has renamed
        warnings.simplefilter("ignore", DeprecationWarning)
        import papermill
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it would log every path and value
    end = time.monotonic() + time_limit
    try:
        return papermill.execute_notebook(
            deepcopy(notebook),
            None,  # papermill writes in place; the runner writes when all is proved
            dict(given),
            kernel_name="python3",
            progress_bar=False,
            kernel_manager_class=kernels.manager_class,
            timeout_func=lambda _cell: max(1.0, end - time.monotonic()),
            shutdown_kernel="immediate",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(folder)}},
        )
    except papermill.PapermillExecutionError as error:
        said = f"Code cell {error.exec_count} stopped with {error.ename}: {shortened(str(error.evalue), 200)}"
        raise _with_detail(PlainError(UNFINISHED), said) from None
    except CellTimeoutError:
        raise PlainError(f"It took longer than its limit of {time_limit:,.0f} seconds and was stopped.") from None
    except (DeadKernelError, asyncio.CancelledError):
        raise PlainError(
            "Its kernel died: it was killed, crashed, or the machine ran out of memory. Run it again with --jobs 1."
        ) from None


SAMPLE_RESULTS = "../data/sample-results"  # seen from the notebooks, as the summary's own parameter has it


def store_outputs(path: Path, kernels: Kernels) -> bool:
    """Run one notebook where it lies and put its outputs into the file: the only way they get into the project."""
    import nbformat

    from scrm_helpers.report.page.figure_svg import without_drawings

    executed = execute(read_notebook(path), {}, kernels, path.resolve().parent)
    text = nbformat.writes(without_drawings(executed)) + "\n"
    changed = text != path.read_text(encoding="utf-8")
    if changed:
        write_whole(path, text)
    return changed


def store_results(kernels: Kernels, names: Iterable[str]) -> None:
    """Keep the named numbers of these chapters on the sample company beside it, where the summary reads them."""
    from scrm_helpers.report.page.exports import TABLES_OF

    folder = walk_plan.notebooks_folder()
    for plan in walk_plan.on_disk(folder):
        if plan.number != walk_plan.SUMMARY and plan.stem in names:
            execute(read_notebook(folder / f"{plan.stem}.ipynb"), {"results": SAMPLE_RESULTS}, kernels, folder)
            (folder / SAMPLE_RESULTS / TABLES_OF.format(plan.number)).unlink()


def main(arguments: Sequence[str]) -> int:
    """Store the named notebooks, or all of them (``python3 kit.py notebooks``), and say what became of each."""
    import click

    from scrm_helpers.report.engine.kernels import Kernels

    folder = walk_plan.notebooks_folder()
    chapters = sorted(path for path in folder.glob("*.ipynb") if path.stem != walk_plan.START)
    paths = [Path(name) for name in arguments] or chapters
    failed = False
    with Kernels() as kernels:
        store_results(kernels, [path.stem for path in paths])
        for path in paths:
            try:
                said = "stored" if store_outputs(path, kernels) else "unchanged"
            except (PlainError, Refusal, OSError) as error:
                failed, said = True, f"NOT STORED. {one_line(error)}"
            click.echo(f"{path.stem}: {said}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
