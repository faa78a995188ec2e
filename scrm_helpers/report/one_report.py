"""One report of a checked company. A file that cannot be made costs itself and is named in others."""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers.refusal import PlainError, Refusal
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.actions import INTENDS, LOTTERIES, write_actions
from scrm_helpers.report.chapters.earlier_run import beside, compare_runs, read_run
from scrm_helpers.report.chapters.walk_plan import SUMMARY
from scrm_helpers.report.checked_company import FILE, open_checked
from scrm_helpers.report.engine.chapter_runs import Place, Walk, read_walk, run_walk
from scrm_helpers.report.engine.parameters import assign, typed_texts
from scrm_helpers.report.engine.run_options import ACTIONS, ALSO, PAGE, WHOLE, ChapterRun, Progress, Run, RunOptions
from scrm_helpers.report.engine.sparing import Fault
from scrm_helpers.report.output_folder import NETWORK, TABLES, OutputFolder, owned
from scrm_helpers.report.page.exports import REFERRALS, read_tables, tables_workbook, write_network
from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, with_key
from scrm_helpers.report.whole_files import CHECK, PERSONAL, RUN, entry_of, write_json, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.report.engine.kernels import Kernels
    from scrm_helpers.report.page.html import Page
    from scrm_helpers.tables import CheckReport, Company


@dataclass(frozen=True)
class Order:
    """What one report is made of."""

    company: Company
    check: CheckReport
    walk: Walk
    given: Mapping[str, Mapping[str, object]]  # parameters by chapter
    data: Path  # where the business case lies
    options: RunOptions = WHOLE
    before: Mapping[str, Any] | None = None  # what an earlier run found
    noted: Mapping[str, object] = field(default_factory=dict)  # what else the manifest says


def make_report(
    data: Path, as_of: str | None, out: Path, options: RunOptions, kernels: Kernels, progress: Progress
) -> Run:
    """Check and prepare a company, run its chapters and write its report."""
    walk = read_walk(options.only, options.notebooks)
    given = assign(walk.declared, {**typed_texts(walk.declared, options.texts), **options.parameters})
    _refuse_unmakeable(options.also, walk.notebooks)
    with owned(out, RUN, follows=(RUN, CHECK), data=data) as folder:
        folder.refuse_foreign([*names_of(walk), *map(ALSO.__getitem__, options.also)])
        before = None if options.earlier is None else read_run(options.earlier)
        company, check = open_checked(data, as_of, options.facts)
        company = replace(company, settings=with_key(company.settings, options.key, data, folder.path))
        pseudonym_key(company.settings)  # before the work, not after it, if it cannot be had
        order = Order(company, check, walk, given, data, options, before)
        with progress:
            run = carry_out(order, folder, kernels, options.jobs, progress)
    return replace(run, warnings=(*map(str, company.messages), *folder.warnings))


def _refuse_unmakeable(also: Collection[str], chapters: Collection[str]) -> None:
    """Say before the work what a file on request needs and is not there."""
    if also and SUMMARY not in chapters:
        raise PlainError(f"--also {' '.join(also)} needs the summary: add {SUMMARY} to the chapters of --only.")
    if "pdf" in also:
        from scrm_helpers.report.page.printed import refuse_without_browser

        refuse_without_browser()
    if "slides" in also and find_spec("pptx") is None:
        raise PlainError(
            "Slides are made with python-pptx, which is not installed. Install it: pip install python-pptx; or leave "
            "--also slides out."
        )


def carry_out(order: Order, folder: OutputFolder, kernels: Kernels, jobs: int, shown: Progress) -> Run:
    """Prepare a checked company, run the chapters and write the report into a folder that is held."""
    with folder.work() as work:
        earlier = "" if order.before is None else "earlier"  # without a path of this machine
        place = Place(order.company, work, kernels, jobs, shown, earlier)
        if order.before is not None:
            (work / earlier).mkdir()
            write_json(work / earlier / results.MERGED, {**order.before, "given": order.given})
        shown.expect(len(order.walk.plans) + 2)
        value = _prepare(order.company, work / "company", order.data)
        shown.step("Company checked and prepared")
        stage, found = Stage(work / "out"), work / "results"
        (stage.folder / "notebooks").mkdir(parents=True)
        others = sum(plan.number != SUMMARY for plan in order.walk.plans)
        with closing(run_walk(order.walk, order.given, place)) as runs:  # as they end
            chapters = [(run, stage.chapter(run, found)) for run in islice(runs, others)]
            stage.lists(order, value, found)  # while the summary is computed
            chapters += [(run, stage.chapter(run, found)) for run in runs]
        chapters.sort(key=lambda made: order.walk.plans.index(made[0].plan))
        entry, faults = write_report(stage, place, chapters, order)
        write_whole(stage.folder / FILE, order.check.to_json(), PERSONAL)  # its examples name single customers
        folder.publish(stage.folder, {**entry, **order.noted})
        shown.step("Report written")
    return Run(tuple(run for run, _ in chapters), (), tuple(faults))


def names_of(walk: Walk) -> list[str]:
    """Every file that a run of these chapters may write."""
    chapters = [f"notebooks/{plan.stem}.ipynb" for plan in walk.plans]
    network = [NETWORK] if REFERRALS in walk.notebooks else []
    return [*ACTIONS, LOTTERIES, FILE, PAGE, results.MERGED, TABLES, *chapters, *network]


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


@dataclass
class Stage:
    """A folder in which files are made, and what could not be made."""

    folder: Path
    faults: list[Fault] = field(default_factory=list)

    def attempt(self, make: Callable[[], Any], *names: str) -> Any:
        """Make something; where that fails, note those of the named things that are not there afterwards."""
        try:
            return make()
        except OSError:
            raise
        except Refusal:
            return None
        except Exception as error:  # noqa: BLE001 - one file's fault must not cost the others
            said, detail = "could not be made because of a fault in the program", traceback.format_exception(error)
            self.faults += [
                Fault(place=name, sentence=f"{name} {said}.", detail="".join(detail))
                for name in names
                if not (self.folder / name).is_file()
            ]
        return None

    def chapter(self, run: ChapterRun, found: Path) -> Page | None:
        """Write the notebook of a chapter and make its page, which needs nothing of the chapters that still run."""
        import nbformat

        from scrm_helpers.report.page.figure_svg import without_drawings
        from scrm_helpers.report.page.html import chapter_page

        plan, notebook = run.plan, run.notebook
        if notebook is None:
            return None
        text = nbformat.writes(without_drawings(notebook)) + "\n"
        write_whole(self.folder / "notebooks" / f"{plan.stem}.ipynb", text)
        asked = "" if plan.number == SUMMARY else plan.question
        tables = read_tables(found, [plan.number]).get(plan.number, ())
        page = partial(chapter_page, plan.number, notebook, asked, tables)
        return self.attempt(page, f"The page of chapter {plan.number}")  # type: ignore[no-any-return]

    def lists(self, order: Order, value: pd.DataFrame, found: Path) -> None:
        """Write the network and what is to be done for whom."""
        from scrm_helpers.report.chapters.findings import Findings
        from scrm_helpers.report.chapters.grounds import on_ground

        company, given = order.company, order.given
        if REFERRALS in given and company.has("referrals"):
            self.attempt(lambda: write_network(company, self.folder / NETWORK, given[REFERRALS]), NETWORK)
        said: Any = given.get("03", {}).get("intends_from", INTENDS)
        planned = Findings(results.read_all(found)).entry(
            "06", "messages_to_answer"
        )  # where not: nobody to be answered
        how = dict(given["06"]) if planned else None
        self.attempt(lambda: write_actions(*on_ground(company, value), self.folder, said, how), *ACTIONS)


def write_report(
    stage: Stage, place: Place, made: list[tuple[ChapterRun, Page | None]], order: Order
) -> tuple[dict[str, Any], list[Fault]]:
    """Write every file of the report that needs all chapters."""
    from scrm_helpers.report.page.board_edition import board_pages
    from scrm_helpers.report.page.html import about, report_html
    from scrm_helpers.report.page.printed import pdf_bytes
    from scrm_helpers.report.page.slides import slides_bytes

    folder, company, given, found = stage.folder, place.company, order.given, place.folder / "results"
    chapters, pages = [run for run, _ in made], [page for _, page in made]
    books = {run.plan.number: run.notebook for run in chapters if run.notebook is not None}
    tables = read_tables(found, books)
    if tables:
        stage.attempt(lambda: write_whole(folder / TABLES, tables_workbook(tables, company.settings.currency)), TABLES)
    missing = [run.sentence for run in chapters if run.sentence]
    parameters = {number: dict(own) for number, own in given.items() if own}
    entry = entry_of(f"{company.as_of:%Y-%m-%d}", company.fingerprint, parameters, company.is_sample)
    entry["chapters"] = {run.plan.number: run.sentence or "done" for run in chapters}
    absent = [*missing, *(fault.sentence for fault in stage.faults)]
    shown = [page for page in pages if page is not None]
    face = replace(about(company, entry), edition=order.options.edition)
    if order.options.edition == "board":
        own = {number: told for number, told in results.read_all(found).items() if number != SUMMARY}
        shown, absent = board_pages(shown, own, absent), []
    page = report_html(shown, absent, face, SUMMARY)
    write_whole(folder / PAGE, page)
    makers = {"pdf": lambda: pdf_bytes(page), "slides": lambda: slides_bytes(books, face, SUMMARY)}
    for name in order.options.also if SUMMARY in books else ():
        stage.attempt(lambda of=name: write_whole(folder / ALSO[of], makers[of]()), ALSO[name])  # type: ignore[misc]
    faults = [*(_placed(run, fault) for run in chapters for fault in run.faults), *stage.faults]
    entry["faults"] = [fault.sentence for fault in faults]
    whole = {**entry, "schema": results.SCHEMA, "chapters": results.read_all(found), "left_out": missing}
    whole["part"] = company.part and dict(company.part.where)
    if place.earlier:
        before = beside(read_run(place.folder / place.earlier), company)
        whole["earlier"] = compare_runs(before, whole["chapters"]).document()
    write_json(folder / results.MERGED, whole)
    return entry, faults


def _placed(run: ChapterRun, fault: Fault) -> Fault:
    """Add the chapter and the heading to a sentence that is read outside of its place."""
    if run.status == "failed":
        return fault
    where = f"Chapter {run.plan.number} ({run.plan.title}), “{fault.place}”"
    return replace(fault, sentence=f"{where}: {fault.sentence}")
