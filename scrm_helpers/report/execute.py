"""One notebook through papermill: in a fresh kernel, within its time, proved to have run, and clean afterwards."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.presentation.refusal import is_refusal
from scrm_helpers.report import parameters, proof
from scrm_helpers.report.errors import PlainError, shortened

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from scrm_helpers.report.kernels import Kernels

TIME_LIMIT = 900.0  # seconds for a whole chapter


class ChapterError(PlainError):
    """A chapter that did not come to its end; the text says why in one sentence."""


class ChapterRefused(ChapterError):
    """A chapter that these data cannot answer; the text is its whole reason, and nothing has failed."""


def spare_the_grammar() -> None:
    """Keep jsonschema from building a grammar for internationalised addresses that no notebook needs.

    It costs most of a second in every process that imports nbformat where JupyterLab is installed.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def read_notebook(path: Path) -> NotebookNode:
    """Read a notebook of the kit.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    nbformat.NotebookNode
    """
    spare_the_grammar()
    import nbformat

    return nbformat.read(path, as_version=4)


def execute(
    notebook: NotebookNode,
    given: Mapping[str, object],
    kernels: Kernels,
    folder: Path,
    time_limit: float = TIME_LIMIT,
) -> NotebookNode:
    """Run a notebook with parameters and return it executed, stripped and proved.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        The notebook; it is not changed.
    given : mapping of str to object
        Parameters, checked by name and type before a kernel starts.
    kernels : Kernels
        Where kernels come from.
    folder : pathlib.Path
        Working folder of the kernel.
    time_limit : float
        Seconds for the whole notebook.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    PlainError
        When a parameter does not fit.
    ChapterError
        When the notebook does not run from its first cell to its last.
    ChapterRefused
        When it stops because the data do not allow its answer.
    """
    checked = parameters.check(parameters.declared(notebook), given)
    executed = _papermill(notebook, checked, kernels, folder, time_limit)
    reason = proof.why_not_run(executed)
    if reason:
        raise ChapterError(_upper(reason) + ".")
    return proof.stripped(executed)


def _papermill(
    notebook: NotebookNode, given: Mapping[str, object], kernels: Kernels, folder: Path, time_limit: float
) -> NotebookNode:
    spare_the_grammar()
    from copy import deepcopy

    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    with warnings.catch_warnings():  # papermill 2.7 imports what Python 3.12 has renamed
        warnings.simplefilter("ignore", DeprecationWarning)
        import papermill
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # it would log every path and value
    end = time.monotonic() + time_limit
    settings: dict[str, Any] = {
        "kernel_manager_class": kernels.manager_class,
        "timeout_func": lambda _cell: max(1.0, end - time.monotonic()),
        "shutdown_kernel": "immediate",
        "record_timing": False,
        "coalesce_streams": True,
        "resources": {"metadata": {"path": str(folder)}},
    }
    try:
        return papermill.execute_notebook(
            deepcopy(notebook),
            None,  # papermill writes in place; the runner writes when all is proved
            dict(given),
            kernel_name="python3",
            progress_bar=False,
            **settings,
        )
    except papermill.PapermillExecutionError as error:
        if is_refusal(error.traceback):
            raise ChapterRefused(" ".join(error.evalue.split())) from None
        raise ChapterError(_in_words(error)) from None
    except CellTimeoutError:
        raise ChapterError(f"It took longer than its limit of {time_limit:,.0f} seconds and was stopped.") from None
    except (DeadKernelError, asyncio.CancelledError):
        raise ChapterError(
            "Its kernel died: it was killed, crashed, or the machine ran out of memory. Run it again with --jobs 1."
        ) from None


def _in_words(error: Any) -> str:
    """Say why a cell failed: errors of the kit speak for themselves, others need their type and place."""
    if error.ename == "PlainError":
        return str(error.evalue)
    if error.ename == "MemoryError" or error.ename.endswith("MemoryError"):
        return "It needs more memory than one chapter may use. Run it with --jobs 1, or on a larger machine."
    return f"Code cell number {error.exec_count} stopped with {error.ename}: {shortened(str(error.evalue), 200)}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
