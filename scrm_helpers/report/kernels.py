"""Kernels for the runner: forked from one preloaded process where that is safe, started plainly elsewhere.

Both are real ipykernels in processes of their own, in the same environment, and give the same bytes.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import uuid
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from scrm_helpers.report import fork_server, kernel_process

START_LIMIT = 60.0  # seconds a preloaded process may take to get ready
GIB = 2**30


def environment(folder: Path, memory: int) -> dict[str, str]:
    """Variables under which two runs on one machine give the same bytes.

    Parameters
    ----------
    folder : pathlib.Path
        Where the kernel may keep its own files.
    memory : int
        Largest address space of a kernel in bytes; 0 for no limit.

    Returns
    -------
    dict of str to str
    """
    one_thread = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": "315532800",  # 1980, the first year a zip file knows
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TQDM_DISABLE": "1",
        "IPYKERNEL_CELL_NAME": "<notebook>",
        "IPYTHONDIR": str(folder / "ipython"),  # the reader's own start-up files have no place in a report
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process with a second thread cannot be forked safely
        kernel_process.MEMORY: str(memory),
        **{f"{name}_NUM_THREADS": "1" for name in one_thread},
    }


def memory_share(jobs: int) -> int:
    """Memory one of `jobs` kernels may address: four fifths of the machine shared out, at least 4 GiB.

    >>> memory_share(1000) == 4 * GIB
    True
    """
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    return max(4 * GIB, int(0.8 * total) // max(jobs, 1))


class Kernels:
    """A source of kernel managers for one run; close it when the run is over.

    Parameters
    ----------
    memory : int
        Largest address space of a kernel in bytes; 0 for no limit.
    forked : bool, optional
        Fork from a preloaded process. By default on Linux; where the process does not start, kernels are plain.
    """

    def __init__(self, memory: int = 0, forked: bool | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="scrm-"))
        self.variables = environment(self.folder, memory)
        self._numbers = itertools.count(1)
        self._server: ForkServer | None = None
        if forked if forked is not None else sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._server = ForkServer({**os.environ, **self.variables})

    def __enter__(self) -> Kernels:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def server(self) -> ForkServer | None:
        """The preloaded process, once it is ready; None when kernels are plain."""
        if self._server is not None and not self._server.ready():
            self._server.close()
            self._server = None
        return self._server

    @property
    def manager_class(self) -> type[AsyncKernelManager]:
        """The manager class that nbclient is to make kernels with."""
        return type("KernelOfThisRun", (_Manager,), {"kernels": self})

    def connection_file(self) -> str:
        """Name a connection file that no other kernel has: with ipc, two that share one die."""
        return str(self.folder / f"{next(self._numbers)}.json")

    def close(self) -> None:
        """Stop the preloaded process and with it every kernel that still lives; remove all files."""
        if self._server is not None:
            self._server.close()
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)


class _Manager(AsyncKernelManager):
    """A manager that takes its kernel from the run, whatever kernels are installed, and keeps it quiet."""

    kernels: Kernels

    def __init__(self, **_settings: Any) -> None:
        super().__init__(
            connection_file=self.kernels.connection_file(),
            transport="tcp" if os.name == "nt" else "ipc",
            kernel_name="python3",
            kernel_id=uuid.uuid4().hex,
        )
        self._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", kernel_process.__name__, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=self.kernels.variables,
        )
        own: dict[str, Any] = {"kernel_id": self.kernel_id, "kernel_spec": self._kernel_spec, "parent": self}
        server = self.kernels.server
        self.provisioner = ForkedKernel(server, **own) if server else LocalProvisioner(**own)

    async def _async_launch_kernel(self, kernel_cmd: list[str], **settings: Any) -> None:
        settings |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super()._async_launch_kernel(kernel_cmd, **settings)


class ForkServer:
    """The runner's end of the preloaded process.

    Parameters
    ----------
    variables : dict of str to str
        Its whole environment.
    """

    def __init__(self, variables: dict[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._ready: bool | None = None
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        command = [sys.executable, "-m", fork_server.__name__, str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(command, env=variables, pass_fds=[theirs.fileno()], **quiet)  # type: ignore[call-overload]

    def ready(self) -> bool:
        """Wait until everything is imported; False when that failed."""
        with self._lock:
            if self._ready is None:
                self._control.settimeout(START_LIMIT)
                try:
                    self._ready = self._control.recv(len(fork_server.READY)) == fork_server.READY
                except OSError:
                    self._ready = False
                self._control.settimeout(None)
            return self._ready and self._process.poll() is None

    def launch(self, connection_file: str, folder: str) -> tuple[int, socket.socket]:
        """Fork a kernel.

        Parameters
        ----------
        connection_file : str
            Where the kernel finds its sockets.
        folder : str
            Its working folder.

        Returns
        -------
        tuple of int and socket.socket
            Its process number, and a socket that ends when the kernel does.
        """
        request = json.dumps({"connection_file": connection_file, "folder": folder}).encode()
        ours, theirs = socket.socketpair()
        with theirs, self._lock:
            socket.send_fds(self._control, [request], [theirs.fileno()])
        ours.settimeout(START_LIMIT)
        with ours.makefile("rb") as lines:
            first = lines.readline()
        if not first:
            ours.close()
            raise ChildProcessError("The preloaded process has ended.")
        return int(first), ours

    def close(self) -> None:
        """End the process; its kernels see that and end too."""
        self._control.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class ForkedKernel(LocalProvisioner):
    """Launches, watches and ends one kernel of a :class:`ForkServer` for jupyter_client.

    Parameters
    ----------
    server : ForkServer
        The preloaded process.
    """

    def __init__(self, server: ForkServer, **settings: Any) -> None:
        super().__init__(**settings)
        self._server = server
        self._connection_file: str = settings["parent"].connection_file
        self._life: socket.socket | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was launched and not yet cleared away."""
        return self._life is not None

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> KernelConnectionInfo:
        """Fork the kernel in place of starting `cmd`."""
        folder = str(settings.get("cwd") or Path.cwd())
        self.pid, self._life = self._server.launch(self._connection_file, folder)
        return self.connection_info

    async def poll(self) -> int | None:
        """Return None while the kernel lives."""
        return self._ended(0)

    def _ended(self, seconds: float) -> int | None:
        if self._life is None:
            return 0
        readable, _, _ = select.select([self._life], [], [], seconds)
        return 0 if readable else None

    async def wait(self) -> int | None:
        """Clear the ended kernel away."""
        if self._life is not None:
            self._ended(5.0)
            self._life.close()
            self._life = None
        return 0

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and what it started."""
        if self._ended(0) is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:
        """Kill it and see it gone."""
        await self.send_signal(signal.SIGKILL)
        self._ended(5.0)

    async def terminate(self, restart: bool = False) -> None:
        """Ask it to end."""
        await self.send_signal(signal.SIGTERM)
