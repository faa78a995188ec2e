"""The main job: a company folder in, a report out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.report import evidence, results
from scrm_helpers.report.assignments import assign
from scrm_helpers.report.checked import FILE, open_checked
from scrm_helpers.report.errors import PlainError, path_in_words
from scrm_helpers.report.files import PERSONAL, write_json, write_whole
from scrm_helpers.report.kernels import Kernels, memory_share
from scrm_helpers.report.manifest import CHECK, RUN
from scrm_helpers.report.output import NETWORK, TABLES, owned
from scrm_helpers.report.privacy import pseudonym_key
from scrm_helpers.report.progress import Progress
from scrm_helpers.report.walk import ChapterRun, Place, Walk, read_walk, run_walk

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.tables import Company


@dataclass(frozen=True)
class Run:
    """What a run made.

    Parameters
    ----------
    out : pathlib.Path
        Output folder.
    files : tuple of str
        Files in it, relative.
    chapters : tuple of ChapterRun
        What became of each chapter, in reading order.
    warnings : tuple of str
        What the check of the input warned of, and files of an earlier run that stay because they were changed.
    """

    out: Path
    files: tuple[str, ...]
    chapters: tuple[ChapterRun, ...]
    warnings: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when every chapter that could run did, 3 otherwise."""
        return 3 if any(chapter.failed for chapter in self.chapters) else 0


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
        Its ``exit_code`` is 0, or 3 when a chapter failed.

    Raises
    ------
    PlainError
        When the input, a parameter or the output folder is refused; nothing is written then.
    """
    walk = read_walk(only, notebooks)
    given = assign(walk.declared, parameters or {})
    with owned(Path(out), RUN, follows=(RUN, CHECK), data=Path(data)) as folder:
        folder.refuse_foreign(_names(walk))
        before = _earlier_results(earlier)
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
                entry = _write(stage, place, value, chapters, given)
                write_whole(stage / FILE, check.to_json(), PERSONAL)  # its examples name single customers
                files = folder.publish(stage, entry)
                shown.step("Report written")
    warnings = [*map(str, company.messages), *folder.warnings]
    return Run(folder.path, tuple(files), tuple(chapters), tuple(warnings))


_FILES = ("actions.csv", "actions.xlsx", FILE, "report.html", results.MERGED, TABLES)


def _names(walk: Walk) -> list[str]:
    """Every file that a run of these chapters may write."""
    from scrm_helpers.report.network_file import REFERRALS

    chapters = [f"notebooks/{plan.stem}.ipynb" for plan in walk.plans]
    return [*_FILES, *chapters, *([NETWORK] if REFERRALS in walk.notebooks else [])]


def _earlier_results(folder: Path | None) -> dict[str, dict[str, Any]]:
    if folder is None:
        return {}
    try:
        found = dict(results.read_all(folder))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        found = {}
    if not found:
        raise PlainError(
            f"There is no earlier run in {path_in_words(folder)}: name the output folder of a run, with its "
            "results.json."
        )
    return found


def _check_key(company: Company) -> None:
    """Find out before the work, not after it, that pseudonyms cannot be made."""
    try:
        pseudonym_key(company.is_sample)
    except (ValueError, OSError) as error:
        raise PlainError(str(error)) from None


def _beside(work: Path, earlier: Mapping[str, Any]) -> str:
    """Put the results of an earlier run where the summary's kernel finds them without a path of this machine."""
    if not earlier:
        return ""
    (work / "earlier").mkdir()
    write_json(work / "earlier" / results.MERGED, {"chapters": earlier})
    return "earlier"


def _prepare(company: Company, folder: Path, data: Path) -> pd.DataFrame:
    """Save the checked company, its business case and the value table where the kernels will read them."""
    from scrm_helpers.report import prepare
    from scrm_helpers.tables import save_company
    from scrm_helpers.tables.files import BUSINESS_CASE

    save_company(company, folder)
    if (data / BUSINESS_CASE).is_file():
        shutil.copyfile(data / BUSINESS_CASE, folder / BUSINESS_CASE)
    value = prepare.prepare_value(company)
    prepare.save(value, folder)
    return value


def _write(
    stage: Path,
    place: Place,
    value: pd.DataFrame,
    chapters: list[ChapterRun],
    given: Mapping[str, Mapping[str, object]],
) -> dict[str, Any]:
    """Write every file of the report aside and return what the manifest says of the run."""
    import nbformat

    from scrm_helpers.report.actions import write_actions
    from scrm_helpers.report.face import about, entry_of
    from scrm_helpers.report.html import report_html
    from scrm_helpers.report.network_file import REFERRALS, write_network

    (stage / "notebooks").mkdir(parents=True)
    done = [(run.plan, run.notebook) for run in chapters if run.notebook is not None]
    for plan, notebook in done:
        write_whole(stage / "notebooks" / f"{plan.stem}.ipynb", nbformat.writes(notebook) + "\n")
    entry = entry_of(place.company, {run.plan.number: run.sentence or "done" for run in chapters}, given)
    left_out = [run.sentence for run in chapters if run.sentence]
    pages = [(plan.number, notebook) for plan, notebook in done]
    write_whole(stage / "report.html", report_html(pages, left_out, about(place.company, entry)))
    found = results.read_all(place.folder / "results")
    kept = {plan.number: found[plan.number] for plan, _ in done if plan.number in found}
    write_json(stage / results.MERGED, {**entry, "chapters": kept, "left_out": left_out})
    tables = evidence.read_all(place.folder / "results", kept)
    if tables:
        write_whole(stage / TABLES, evidence.workbook(tables))
    if REFERRALS in kept:
        write_network(place.company, stage / NETWORK, given[REFERRALS])
    write_actions(place.company, value, stage)
    return entry
