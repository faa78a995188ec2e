"""The files of a report, written aside: a file or page that cannot be made costs itself and is named in the others."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.report.chapters import figure_tables, results
from scrm_helpers.report.engine.chapter_runs import ChapterRun, Place
from scrm_helpers.report.engine.sparing import Fault
from scrm_helpers.report.publishing.output_folder import NETWORK, TABLES
from scrm_helpers.report.publishing.whole_files import write_json, write_whole

if TYPE_CHECKING:
    import pandas as pd

ACTIONS = ("actions.csv", "actions.xlsx")


@dataclass
class Stage:
    """A folder in which files are made, and what could not be made."""

    folder: Path  # the folder
    faults: list[Fault] = field(default_factory=list)

    def attempt(self, make: Callable[[], Any], *names: str) -> Any:
        """Make something; where that fails, note those of the named things that are not there afterwards."""
        try:
            return make()
        except (OSError, Refusal) as reason:
            if isinstance(reason, OSError):
                raise
        except Exception as error:  # noqa: BLE001 - one file's fault must not cost the others
            said, detail = "could not be made because of a fault in the program", traceback.format_exception(error)
            self.faults += [
                Fault(place=name, sentence=f"{name} {said}.", detail="".join(detail))
                for name in names
                if not (self.folder / name).is_file()
            ]
        return None


def write_report(
    folder: Path,
    place: Place,
    value: pd.DataFrame,
    chapters: list[ChapterRun],
    given: Mapping[str, Mapping[str, object]],
) -> tuple[dict[str, Any], list[Fault]]:
    """Write every file of the report."""
    import nbformat

    from scrm_helpers.report.chapters.actions import write_actions
    from scrm_helpers.report.page.exports import REFERRALS, write_network
    from scrm_helpers.report.page.html import about, chapter_page, entry_of, report_html

    (folder / "notebooks").mkdir(parents=True)
    stage, found = Stage(folder), results.read_all(place.folder / "results")
    done = [(run.plan, run.notebook) for run in chapters if run.notebook is not None]
    for plan, notebook in done:
        write_whole(folder / "notebooks" / f"{plan.stem}.ipynb", nbformat.writes(notebook) + "\n")
    tables = figure_tables.read_all(place.folder / "results", [plan.number for plan, _ in done])
    if tables:
        stage.attempt(lambda: write_whole(folder / TABLES, figure_tables.workbook(tables)), TABLES)
    if REFERRALS in given and place.company.has("referrals"):
        stage.attempt(lambda: write_network(place.company, folder / NETWORK, given[REFERRALS]), NETWORK)
    stage.attempt(lambda: write_actions(place.company, value, folder), *ACTIONS)
    pages = [
        stage.attempt(lambda of=(plan.number, notebook): chapter_page(*of), f"The page of chapter {plan.number}")  # type: ignore[misc]
        for plan, notebook in done
    ]
    faults = [*(_placed(run, fault) for run in chapters for fault in run.faults), *stage.faults]
    missing = [run.sentence for run in chapters if run.sentence]
    entry = entry_of(place.company, {run.plan.number: run.sentence or "done" for run in chapters}, given)
    entry["faults"] = [fault.sentence for fault in faults]
    beside = [*missing, *(fault.sentence for fault in stage.faults)]
    shown = [page for page in pages if page is not None]
    write_whole(folder / "report.html", report_html(shown, beside, about(place.company, entry)))
    whole = {**entry, "schema": results.SCHEMA, "chapters": found, "left_out": missing}
    write_json(folder / results.MERGED, whole)
    return entry, faults


def _placed(run: ChapterRun, fault: Fault) -> Fault:
    """Add the chapter and the heading to a sentence that is read outside of its place."""
    if run.failed:
        return fault
    where = f"Chapter {run.plan.number} ({run.plan.title}), “{fault.place}”"
    return Fault(cell=fault.cell, place=fault.place, sentence=f"{where}: {fault.sentence}", detail=fault.detail)
