"""The main job: a company folder in, a report out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.walk_plan import SUMMARY
from scrm_helpers.report.engine.kernels import Kernels, memory_share
from scrm_helpers.report.engine.progress import Progress
from scrm_helpers.report.engine.run_options import ALSO, WHOLE, Run, RunOptions


def run_report(
    data: str | Path, as_of: str | None, out: str | Path, options: RunOptions = WHOLE, progress: Progress | None = None
) -> Run:
    """Check a company, prepare it, run the chapters and write the report; what is refused leaves nothing written.

    Parameters
    ----------
    data, out : company folder, and output folder outside of it
    as_of : ISO day on which the report stands; None takes it from ``company.yaml``
    options : which chapters, with what, and how
    progress : told of each step

    Returns
    -------
    Run : its ``exit_code`` is 0, or 3 when a chapter, a part of one, or a file could not be made
    """
    # The kernels load the libraries while all else is got ready, so they come first.
    with Kernels(memory_share(options.jobs), options.forked) as kernels:
        from scrm_helpers.report.chapters.earlier_run import read_run
        from scrm_helpers.report.checked_company import open_checked
        from scrm_helpers.report.engine.chapter_runs import read_walk
        from scrm_helpers.report.engine.parameters import assign
        from scrm_helpers.report.one_report import Order, carry_out, names_of
        from scrm_helpers.report.output_folder import owned
        from scrm_helpers.report.privacy.pseudonym_keys import pseudonym_key, with_key
        from scrm_helpers.report.whole_files import CHECK, RUN

        walk = read_walk(options.only, options.notebooks)
        given = assign(walk.declared, options.parameters)
        _refuse_unmakeable(options.also, walk.notebooks)
        with owned(Path(out), RUN, follows=(RUN, CHECK), data=Path(data)) as folder:
            folder.refuse_foreign([*names_of(walk), *map(ALSO.__getitem__, options.also)])
            before = None if options.earlier is None else read_run(options.earlier)
            company, check = open_checked(Path(data), as_of, options.facts)
            company = replace(company, settings=with_key(company.settings, options.key, Path(data), folder.path))
            pseudonym_key(company.settings)  # before the work, not after it, if it cannot be had
            with progress or Progress() as shown:
                order = Order(company, check, walk, given, Path(data), options, before)
                run = carry_out(order, folder, kernels, options.jobs, shown)
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
