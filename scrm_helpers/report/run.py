"""The main job: a company folder in, a report out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.earlier import read_run
from scrm_helpers.report.engine.chapter_runs import ChapterRun, Place, Walk, read_walk, run_walk
from scrm_helpers.report.engine.kernels import Kernels, memory_share
from scrm_helpers.report.engine.parameters import assign
from scrm_helpers.report.engine.progress_bar import Progress
from scrm_helpers.report.engine.sparing import Fault
from scrm_helpers.report.page.privacy import pseudonym_key
from scrm_helpers.report.publishing.checked_company import FILE, open_checked
from scrm_helpers.report.publishing.manifest import CHECK, RUN
from scrm_helpers.report.publishing.output_folder import NETWORK, TABLES, owned
from scrm_helpers.report.publishing.whole_files import PERSONAL, write_json, write_whole
from scrm_helpers.report.report_files import ACTIONS, write_report

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.tables import Company


@dataclass(frozen=True)
class Run:
    """What a run made."""

    out: Path  # output folder
    files: tuple[str, ...]  # files in it, relative
    chapters: tuple[ChapterRun, ...]  # what became of each chapter, in reading order
    warnings: tuple[str, ...]
    faults: tuple[Fault, ...] = ()  # what the run should have made and did not, by a fault of the program

    @property
    def exit_code(self) -> int:
        """0 when all was made that the data allow, 3 otherwise."""
        return 3 if self.faults else 0


def run_report(
    data: str | Path,
    as_of: str | None,
    out: str | Path,
    only: Iterable[str] | None = None,
    jobs: int = 2,
    facts: bool = False,
    parameters: Mapping[str, object] | None = None,
    *,
    earlier: Path | None = None,
    notebooks: Path | None = None,
    progress: Progress | None = None,
    forked: bool | None = None,
) -> Run:
    """Check a company, prepare it, run the chapters and write the report.

    Parameters
    ----------
    data : path
        Company folder.
    as_of : str or None
        Day on which the report stands, ISO; None takes it from ``company.yaml``.
    out : path
        Output folder, outside of `data`.
    only : iterable of str, optional
        Numbers of the chapters wanted; all that exist when None.
    jobs : int
        Chapters that run at the same time.
    facts : bool
        Write the amounts by customer into ``check.json`` too.
    parameters : mapping of str to object, optional
        Handed to every chapter that declares them.
    earlier : pathlib.Path, optional
        Output folder of an earlier run, with which the summary compares.
    notebooks : pathlib.Path, optional
        Folder of the notebooks; the kit's own when None.
    progress : Progress, optional
        Told of each step.
    forked : bool, optional
        Whether kernels are forked from a preloaded process; where that is safe when None.

    Returns
    -------
    Run
        Its ``exit_code`` is 0, or 3 when a chapter, a part of one, or a file could not be made.

    Raises
    ------
    PlainError
        When the input, a parameter or the output folder is refused; nothing is written then.
    """
    walk = read_walk(only, notebooks)
    given = assign(walk.declared, parameters or {})
    with owned(Path(out), RUN, follows=(RUN, CHECK), data=Path(data)) as folder:
        folder.refuse_foreign(_names(walk))
        before = None if earlier is None else read_run(earlier)
        with Kernels(memory_share(jobs), forked) as kernels:  # it loads the libraries while the company is checked
            company, check = open_checked(Path(data), as_of, facts)
            _check_key(company)
            with folder.work() as work, progress or Progress() as shown:
                place = Place(company, work, kernels, jobs, shown, _beside(work, before))
                shown.expect(len(walk.plans) + 2)
                value = _prepare(company, work / "company", Path(data))
                shown.step("Company checked and prepared")
                chapters = run_walk(walk, given, place)
                stage = work / "out"
                entry, faults = write_report(stage, place, value, chapters, given)
                write_whole(stage / FILE, check.to_json(), PERSONAL)  # its examples name single customers
                files = folder.publish(stage, entry)
                shown.step("Report written")
    warnings = [*map(str, company.messages), *folder.warnings]
    return Run(folder.path, tuple(files), tuple(chapters), tuple(warnings), tuple(faults))


_FILES = (*ACTIONS, FILE, "report.html", results.MERGED, TABLES)


def _names(walk: Walk) -> list[str]:
    """Every file that a run of these chapters may write."""
    from scrm_helpers.report.page.exports import REFERRALS

    chapters = [f"notebooks/{plan.stem}.ipynb" for plan in walk.plans]
    return [*_FILES, *chapters, *([NETWORK] if REFERRALS in walk.notebooks else [])]


def _check_key(company: Company) -> None:
    """Find out before the work, not after it, that pseudonyms cannot be made."""
    try:
        pseudonym_key(company.is_sample)
    except ValueError as error:
        raise PlainError(str(error)) from None


def _beside(work: Path, earlier: Mapping[str, Any] | None) -> str:
    """Put the results of an earlier run where the summary's kernel finds them without a path of this machine."""
    if earlier is None:
        return ""
    (work / "earlier").mkdir()
    write_json(work / "earlier" / results.MERGED, earlier)
    return "earlier"


def _prepare(company: Company, folder: Path, data: Path) -> pd.DataFrame:
    """Save the checked company, its business case and the value table where the kernels will read them."""
    from scrm_helpers.people import People, value_table
    from scrm_helpers.tables import save_company
    from scrm_helpers.tables.reading.files import BUSINESS_CASE

    save_company(company, folder)
    if (data / BUSINESS_CASE).is_file():
        shutil.copyfile(data / BUSINESS_CASE, folder / BUSINESS_CASE)
    value = value_table.prepare_value(People(company))
    value_table.save(value, folder)
    return value
