"""What runs in the processes of kernels: a real ipykernel, started plainly or forked from a process that is preloaded.

The preloaded process (Linux only) has imported the stack once, is single-threaded and runs no user code itself. It is
asked over a socket pair, and every request carries one end of a second pair: the kernel holds that end for life, so the
runner sees its death as end-of-file, whoever kills it. The forkserver of multiprocessing does not do: there is one per
interpreter, in the variables of its parent, where a run needs its own hash seed, threads and end.

Run as ``python -P -m scrm_helpers.report.engine.kernel_process``, followed by ``-f CONNECTION_FILE`` or by
``fork DESCRIPTOR FOLDER``; -P keeps the folder it is started in out of the search for modules.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import random
import shutil
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

resource: Any = None  # Windows has none
with contextlib.suppress(ImportError):
    resource = importlib.import_module("resource")

MEMORY = "SCRM_KERNEL_MEMORY"
READY = b"ready"
LONGEST = 65536
SPARING = "scrm_helpers.report.engine.sparing"

QUIET = (
    "--HistoryManager.enabled=False",  # no shared history file that two kernels would fight over
    "--IPKernelApp.log_level=ERROR",
    "--InteractiveShellApp.ignore_cwd=True",  # a file `pandas.py` beside the data must not be imported
    f"--InteractiveShellApp.extensions={SPARING}",
)

# Nothing here may start a thread; pyplot stays out, which before the fork would bind a backend that shows no figures.
PRELOADED = (
    "ipykernel.kernelapp",
    "IPython.core.completerlib",
    "IPython.extensions.storemagic",
    "psutil",
    "tornado.platform.asyncio",
    "networkx",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "scipy.stats",
    "scrm_helpers.report.session",
    "scrm_helpers.report.page.exports",
)
_SUBJECTS = ("answers", "stats", "tables", "people", "value", "advocacy", "network", "conversations", "initiatives")
ROOMS = (*(f"scrm_helpers.{room}" for room in _SUBJECTS), "scrm_helpers.report.chapters")  # of the kit, with all inside


def limit_memory(limit: int) -> None:
    """Make running out of memory an exception in the cell instead of a killed machine, where the system can."""
    if not limit or resource is None:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS refuses some limits
        resource.setrlimit(resource.RLIMIT_AS, (wanted, hard))


def _only_reserved() -> int:
    """Bytes that this process has reserved and never touched: the system counts them, and they fill no memory."""
    try:
        size, resident, *_ = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:  # not Linux
        return 0
    return (int(size) - int(resident)) * os.sysconf("SC_PAGE_SIZE")


_told: list[int] = []


def memory_limit() -> int:
    """What the work that goes on may have; 0 is no limit."""
    return _told[-1] if _told else 0


@contextlib.contextmanager
def within(limit: int) -> Iterator[None]:
    """Let a piece of work have this much memory; 0 is no limit."""
    if resource is None:
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit_memory(limit and limit + _only_reserved())
    _told.append(limit)
    try:
        yield
    finally:
        _told.pop()
        resource.setrlimit(resource.RLIMIT_AS, before)


def serve(arguments: Sequence[str]) -> None:
    """Run an ipykernel in this process until it is told to stop."""
    sys.modules.setdefault("debugpy", None)  # type: ignore[arg-type]  # 0.3 s per kernel, and nobody debugs a report
    from ipykernel.kernelapp import IPKernelApp

    gc.set_threshold(7_000)  # a figure is thousands of objects that live: ten times as seldom looked through
    limit = int(os.environ.get(MEMORY, "0"))
    limit_memory(limit and limit + _only_reserved())
    IPKernelApp.launch_instance([*arguments, *QUIET])


def preload() -> None:
    """Import what chapters use, the rooms of the kit included, and draw once."""
    gc.disable()  # nothing here is garbage, and what stays is not looked through again
    from scrm_helpers.answers import drawing, style

    inside = (pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}.") for room in ROOMS)
    for name in (*PRELOADED, *(module.name for modules in inside for module in modules)):
        with contextlib.suppress(Exception):  # it then fails, and is explained, in the chapter that needs it
            importlib.import_module(name)
    letter: Any = SimpleNamespace(plot=lambda: style.labelled(style.axes_for(None), "a"))
    drawing.drawings(letter, for_page=True)  # which warms up fonts, drawing and compression
    gc.freeze()
    gc.enable()


def fork_kernels(descriptor: int, folder: str) -> None:
    """Preload, say so, and fork a kernel per request until the runner is gone."""
    control = socket.socket(fileno=descriptor)
    preload()
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise SystemExit("A preloaded module started a thread: forking would not be safe.")
    living: set[int] = set()
    signal.signal(signal.SIGCHLD, lambda _signal, _frame: _reap(living))
    control.sendall(READY)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LONGEST, 1)
        if not message:
            break
        life = socket.socket(fileno=descriptors[0])
        life.set_inheritable(False)
        child = os.fork()
        if child == 0:
            control.close()
            _become_kernel(life, json.loads(message))
        living.add(child)
        life.sendall(f"{child}\n".encode())
        life.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # from here on nothing but this loop clears them away
    for child in living:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)  # a kernel that is still ending may write into the folder
    shutil.rmtree(folder, ignore_errors=True)


def _reap(living: set[int]) -> None:
    """Clear ended kernels away, so that none stays as a zombie."""
    with contextlib.suppress(ChildProcessError):
        while ended := os.waitpid(-1, os.WNOHANG)[0]:
            living.discard(ended)


def _become_kernel(life: socket.socket, request: dict[str, str]) -> NoReturn:
    code = 1
    try:
        parent = os.getppid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.chdir(request["folder"])
        random.seed()
        importlib.import_module("numpy").random.seed()  # each kernel its own state, as a fresh process has
        sys.argv = ["ipykernel"]
        serve(["-f", request["connection_file"], f"--IPKernelApp.parent_handle={parent}"])
        code = 0
    finally:
        life.close()
        os._exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "fork":
        fork_kernels(int(sys.argv[2]), sys.argv[3])
    else:
        serve(sys.argv[1:])
