"""What every kernel process does first, forked or started plainly: limits, then a real ipykernel.

Run as ``python -P -m scrm_helpers.report.engine.kernel_process -f CONNECTION_FILE``; -P keeps the folder it is
started in out of the search for modules.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

MEMORY = "SCRM_KERNEL_MEMORY"

QUIET = (
    "--HistoryManager.enabled=False",  # no shared history file that two kernels would fight over
    "--IPKernelApp.log_level=ERROR",
    "--InteractiveShellApp.ignore_cwd=True",  # a file `pandas.py` beside the data must not be imported
    "--InteractiveShellApp.extensions=scrm_helpers.report.engine.sparing",
)


def limit_memory(limit: int) -> None:
    """Make running out of memory an exception in the cell instead of a killed machine, where the system can."""
    if not limit:
        return
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))
    except (ValueError, OSError):  # macOS refuses some limits
        return


def serve(arguments: Sequence[str]) -> None:
    """Run an ipykernel in this process until it is told to stop."""
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # 0.3 s per kernel, and nobody debugs a report
    from ipykernel.kernelapp import IPKernelApp

    limit_memory(int(os.environ.get(MEMORY, "0")))
    IPKernelApp.launch_instance([*arguments, *QUIET])


if __name__ == "__main__":
    serve(sys.argv[1:])
