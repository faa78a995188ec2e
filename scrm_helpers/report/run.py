"""The main job: a company folder in, a report out."""

from __future__ import annotations

from pathlib import Path

from scrm_helpers.report.engine.kernels import Kernels, memory_share
from scrm_helpers.report.engine.run_options import WHOLE, Progress, Run, RunOptions


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
        from scrm_helpers.report.one_report import make_report

        return make_report(Path(data), as_of, Path(out), options, kernels, progress or Progress())
