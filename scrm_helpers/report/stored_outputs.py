"""Run the notebooks with their defaults and store what they show: the only way outputs get into the project.

The chapters leave their named numbers beside the sample company first, because the summary reads them there.
Run as ``python -m scrm_helpers.report.stored_outputs [NOTEBOOK ...]``, or through ``python3 kit.py notebooks``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError, one_line
from scrm_helpers.report.chapters import figure_tables, walk_plan
from scrm_helpers.report.engine.kernels import Kernels
from scrm_helpers.report.engine.one_notebook import execute, read_notebook
from scrm_helpers.report.publishing.whole_files import write_whole


def store(path: Path, kernels: Kernels) -> bool:
    """Run one notebook where it lies and put its outputs into the file."""
    import nbformat

    executed = execute(read_notebook(path), {}, kernels, path.resolve().parent)
    text = nbformat.writes(executed) + "\n"
    changed = text != path.read_text(encoding="utf-8")
    if changed:
        write_whole(path, text)
    return changed


SAMPLE_RESULTS = "../data/sample-results"  # seen from the notebooks, as the summary's own parameter has it


def store_results(kernels: Kernels) -> None:
    """Run every chapter but the summary on the sample company and keep its named numbers beside the sample."""
    folder = walk_plan.notebooks_folder()
    for plan in walk_plan.on_disk(folder):
        if plan.number != walk_plan.SUMMARY:
            execute(read_notebook(folder / f"{plan.stem}.ipynb"), {"results": SAMPLE_RESULTS}, kernels, folder)
            (folder / SAMPLE_RESULTS / figure_tables.FILE.format(plan.number)).unlink()


def main(arguments: Sequence[str]) -> int:
    """Store the named notebooks, or all of them, and say what became of each."""
    import click

    paths = [Path(name) for name in arguments] or sorted(walk_plan.notebooks_folder().glob("*.ipynb"))
    failed = False
    with Kernels() as kernels:
        if not arguments:
            store_results(kernels)
        for path in paths:
            try:
                said = "stored" if store(path, kernels) else "unchanged"
            except (PlainError, OSError) as error:
                failed, said = True, f"NOT STORED. {one_line(error)}"
            click.echo(f"{path.stem}: {said}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
