"""The chapters of one run: read with their parameters, run side by side, the summary last."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from scrm_helpers.answers.refusal import PlainError, Refusal, one_line
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.walk_plan import SUMMARY, ChapterPlan, notebooks_folder, on_disk
from scrm_helpers.report.engine import one_notebook
from scrm_helpers.report.engine.parameters import Parameter, declared
from scrm_helpers.report.engine.run_options import ChapterRun, Progress
from scrm_helpers.report.engine.sparing import Fault
from scrm_helpers.report.whole_files import write_json

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from scrm_helpers.report.engine.kernels import Kernels
    from scrm_helpers.tables import Company


@dataclass(frozen=True)
class Walk:
    """Chapters that are to run, in reading order, with their notebooks."""

    plans: list[ChapterPlan]  # the chapters
    notebooks: dict[str, NotebookNode]  # their notebooks, by number

    @cached_property
    def declared(self) -> dict[str, dict[str, Parameter]]:
        """What each notebook declares as its parameters, by chapter number."""
        return {number: declared(notebook) for number, notebook in self.notebooks.items()}


def read_walk(only: Iterable[str] | None = None, folder: Path | None = None) -> Walk:
    """Read the notebooks of a walk."""
    folder = folder or notebooks_folder()
    plans = on_disk(folder, only)
    return Walk(plans, {plan.number: one_notebook.read_notebook(folder / f"{plan.stem}.ipynb") for plan in plans})


@dataclass(frozen=True)
class Place:
    """Where chapters run."""

    company: Company  # the checked company; a prepared copy of it is in the folder ``company`` of `folder`
    folder: Path  # working folder of all kernels
    kernels: Kernels  # where kernels come from
    jobs: int  # chapters that run at the same time
    progress: Progress  # told of each chapter
    earlier: str = ""  # folder inside `folder` with the results of an earlier run; empty for none


def run_walk(walk: Walk, given: Mapping[str, Mapping[str, object]], place: Place) -> Generator[ChapterRun]:
    """Run the chapters, several at a time, the longest first, and hand out each as it ends, while others still run.

    The summary waits for the results of the others. Whoever leaves early closes this and so ends the rest.
    """
    others = [plan for plan in walk.plans if plan.number != SUMMARY]
    others.sort(key=lambda plan: len(walk.notebooks[plan.number].cells), reverse=True)

    def run(plan: ChapterPlan, before: Iterable[Future[ChapterRun]] = ()) -> ChapterRun:
        wait(before)
        done = _run_chapter(plan, walk.notebooks[plan.number], given[plan.number], place)
        place.progress.step(f"{plan.number} {plan.title if done.status == 'done' else done.status}")
        # beside what a chapter found stands how it ended, for the summary and the file of all results
        folder = place.folder / "results"
        found = results.read_all(folder).get(plan.number) if done.notebook is not None else None
        found = found or results.document(plan, place.company.fingerprint, ())[0]
        folder.mkdir(exist_ok=True)
        faults = [fault.to_json() for fault in done.faults]
        write_json(folder / f"{plan.number}.json", {**found, "status": done.status, "faults": faults})
        return done

    with ThreadPoolExecutor(max(place.jobs, 1)) as pool:
        try:
            running = [pool.submit(run, plan) for plan in others]
            last = [pool.submit(run, plan, running) for plan in walk.plans if plan not in others]
            yield from (one.result() for part in (running, last) for one in as_completed(part))
        except BaseException:  # the reader stopped the run: no chapter may start any more
            pool.shutdown(wait=False, cancel_futures=True)
            place.kernels.close()
            raise


def _run_chapter(plan: ChapterPlan, notebook: NotebookNode, given: Mapping[str, object], place: Place) -> ChapterRun:
    left_out = plan.why_left_out(place.company.has, place.company.part.words if place.company.part else "")
    if left_out:
        return ChapterRun(plan, None, left_out)
    own = {"data": "company", "as_of": f"{place.company.as_of:%Y-%m-%d}", "results": "results"}
    if plan.number == SUMMARY:
        own |= {"found": "results" if (place.folder / "results").is_dir() else "", "earlier": place.earlier}
    try:
        executed, found = one_notebook.execute_sparingly(notebook, {**given, **own}, place.kernels, place.folder)
    except Refusal as refusal:
        return ChapterRun(plan, None, plan.left_out(str(refusal)))
    except Exception as error:  # noqa: BLE001 - one chapter's fault must not stop the others
        said = str(error) if isinstance(error, PlainError) else one_notebook.UNFINISHED
        sentence = f"Chapter {plan.number} ({plan.title}) failed: {said}"
        detail = one_notebook.detail_of(error) or one_line(error)
        return ChapterRun(plan, None, sentence, (Fault(place="the whole chapter", sentence=sentence, detail=detail),))
    return ChapterRun(plan, executed, faults=tuple(fault for fault in found if not fault.refused))
