"""The main job: a company folder in, a report out."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import scrm_helpers
from scrm_helpers.report import assignments, execute, results
from scrm_helpers.report.chapters import SUMMARY, ChapterPlan, notebooks_folder, on_disk
from scrm_helpers.report.checked import FILE, open_checked
from scrm_helpers.report.errors import PlainError, one_line
from scrm_helpers.report.files import PERSONAL, PUBLIC, output_folder, write_json, write_whole
from scrm_helpers.report.kernels import Kernels, memory_share
from scrm_helpers.report.output import private_work, publish
from scrm_helpers.report.parameters import Parameter, declared
from scrm_helpers.report.privacy import pseudonym_key
from scrm_helpers.report.progress import Progress

if TYPE_CHECKING:
    import pandas as pd
    from nbformat import NotebookNode

    from scrm_helpers.tables import CheckReport, Company

LIBRARIES = ("matplotlib", "networkx", "numpy", "pandas", "scipy", "statsmodels")


@dataclass(frozen=True)
class ChapterRun:
    """What became of one chapter.

    Parameters
    ----------
    plan : ChapterPlan
        The chapter.
    notebook : NotebookNode or None
        The executed notebook; None when the chapter is not in the report.
    sentence : str
        Why it is not in the report.
    failed : bool
        Whether it should have been.
    """

    plan: ChapterPlan
    notebook: NotebookNode | None
    sentence: str = ""
    failed: bool = False


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
        What the check of the input warned of.
    """

    out: Path
    files: tuple[str, ...]
    chapters: tuple[ChapterRun, ...]
    warnings: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """0 when every chapter that could run did, 3 otherwise."""
        return 3 if any(chapter.failed for chapter in self.chapters) else 0


@dataclass(frozen=True)
class Job:
    """A run that is about to start: what it reads, and where it works."""

    company: Company
    check: CheckReport
    walk: list[ChapterPlan]
    notebooks: dict[str, NotebookNode]
    given: dict[str, dict[str, object]]
    kernels: Kernels
    work: Path
    jobs: int
    progress: Progress
    earlier: str = ""


def declared_parameters(
    only: Iterable[str] | None = None, notebooks: Path | None = None
) -> dict[str, dict[str, Parameter]]:
    """Return what the notebooks of a walk declare, by chapter number.

    Parameters
    ----------
    only : iterable of str, optional
        Numbers of the chapters; all when None.
    notebooks : pathlib.Path, optional
        Folder of the notebooks; the kit's own when None.

    Returns
    -------
    dict of str to dict of str to Parameter
    """
    folder = notebooks or notebooks_folder()
    read = {plan.number: execute.read_notebook(folder / f"{plan.stem}.ipynb") for plan in on_disk(folder, only)}
    return {number: declared(notebook) for number, notebook in read.items()}


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
    target = output_folder(Path(out), Path(data))
    folder = notebooks or notebooks_folder()
    walk = on_disk(folder, only)
    read = {plan.number: execute.read_notebook(folder / f"{plan.stem}.ipynb") for plan in walk}
    given = assignments.assign(_declared(read), dict(parameters or {}))
    before = _earlier_results(earlier)
    with Kernels(memory_share(jobs), forked) as kernels:  # it loads the libraries while the company is checked
        company, check = open_checked(Path(data), as_of, facts)
        _check_key(company)
        with private_work(target) as work, progress or Progress() as shown:
            job = Job(company, check, walk, read, given, kernels, work, jobs, shown, _beside(work, before))
            shown.expect(len(walk) + 2)
            value = _prepare(job)
            chapters = _run_chapters(job)
            entry = _about_run(job, chapters)
            _write(job, value, chapters, entry, PERSONAL if facts else PUBLIC)
            files = publish(work / "out", target, entry)
            shown.step("Report written")
    warnings = tuple(str(message) for message in company.messages)
    return Run(target, tuple(files), tuple(chapters), warnings)


def _declared(notebooks: Mapping[str, NotebookNode]) -> dict[str, dict[str, Parameter]]:
    return {number: declared(notebook) for number, notebook in notebooks.items()}


def _earlier_results(folder: Path | None) -> dict[str, dict[str, Any]]:
    if folder is None:
        return {}
    try:
        found = dict(results.read_all(folder))
    except (ValueError, KeyError, TypeError):
        found = {}
    if not found:
        raise PlainError(
            f"There is no earlier run in {folder}: name the output folder of a run, with its results.json."
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


def _prepare(job: Job) -> pd.DataFrame:
    """Save the checked company and the value table where the kernels will read them."""
    from scrm_helpers.report import prepare

    folder = job.company.save(job.work / "company")
    value = prepare.prepare_value(job.company)
    prepare.save(value, folder)
    job.progress.step("Company checked and prepared")
    return value


def _run_chapters(job: Job) -> list[ChapterRun]:
    """Run the walk, several chapters at a time; the summary waits for the others, whose results it reads."""
    first = [plan for plan in job.walk if plan.number != SUMMARY]
    last = [plan for plan in job.walk if plan.number == SUMMARY]
    with ThreadPoolExecutor(max(job.jobs, 1)) as pool:
        try:
            done = _gather([pool.submit(_run_chapter, job, plan) for plan in first])
            return done + _gather([pool.submit(_run_chapter, job, plan) for plan in last])
        except BaseException:  # the reader stopped the run: no chapter may start any more
            pool.shutdown(wait=False, cancel_futures=True)
            job.kernels.close()
            raise


def _gather(futures: list[Future[ChapterRun]]) -> list[ChapterRun]:
    return [future.result() for future in futures]


def _run_chapter(job: Job, plan: ChapterPlan) -> ChapterRun:
    left_out = plan.why_left_out(job.company.has)
    if left_out:
        job.progress.step(f"{plan.number} left out")
        return ChapterRun(plan, None, left_out)
    own = {"data": "company", "as_of": f"{job.company.as_of:%Y-%m-%d}", "results": "results"}
    if plan.number == SUMMARY:
        own |= {"found": "results" if (job.work / "results").is_dir() else "", "earlier": job.earlier}
    try:
        notebook = execute.execute(job.notebooks[plan.number], {**job.given[plan.number], **own}, job.kernels, job.work)
    except Exception as error:  # noqa: BLE001 - one chapter's fault must not stop the others
        job.progress.step(f"{plan.number} failed")
        return ChapterRun(plan, None, f"Chapter {plan.number} ({plan.title}) failed: {one_line(error)}", failed=True)
    job.progress.step(f"{plan.number} {plan.title}")
    return ChapterRun(plan, notebook)


def _about_run(job: Job, chapters: Iterable[ChapterRun]) -> dict[str, Any]:
    """What was run on what: the same for the same input, so no clock."""
    return {
        "as_of": f"{job.company.as_of:%Y-%m-%d}",
        "chapters": {run.plan.number: run.sentence or "done" for run in chapters},
        "data": job.company.fingerprint,
        "kit": scrm_helpers.__version__,
        "parameters": {number: dict(given) for number, given in job.given.items() if given},
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "sample": job.company.is_sample,
    }


def _write(job: Job, value: pd.DataFrame, chapters: list[ChapterRun], entry: Mapping[str, Any], mode: int) -> None:
    """Write every file of the report aside, in the folder ``out`` of the work folder."""
    import nbformat

    from scrm_helpers.report.actions import write_actions
    from scrm_helpers.report.face import about
    from scrm_helpers.report.html import report_html

    stage = job.work / "out"
    (stage / "notebooks").mkdir(parents=True)
    done = [(run.plan, run.notebook) for run in chapters if run.notebook is not None]
    for plan, notebook in done:
        write_whole(stage / "notebooks" / f"{plan.stem}.ipynb", nbformat.writes(notebook) + "\n")
    left_out = [run.sentence for run in chapters if run.sentence]
    pages = [(plan.number, notebook) for plan, notebook in done]
    write_whole(stage / "report.html", report_html(pages, left_out, about(job.company, entry)))
    found = results.read_all(job.work / "results")
    kept = {plan.number: found[plan.number] for plan, _ in done if plan.number in found}
    write_json(stage / results.MERGED, {**entry, "chapters": kept, "left_out": left_out})
    write_whole(stage / FILE, job.check.to_json(), mode)
    write_actions(job.company, value, stage)
