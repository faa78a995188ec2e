"""The runner's end of kernels: forked from one preloaded process where that is safe, started plainly elsewhere."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from scrm_helpers.answers import drawing
from scrm_helpers.report.engine import kernel_process

GIB = 2**30
COMMAND = (sys.executable, "-P", "-m", kernel_process.__name__)
START_LIMIT = 60.0  # seconds a preloaded process may take to get ready
END_LIMIT = 5.0  # seconds a killed process may take to be gone


def environment(folder: Path, memory: int) -> dict[str, str]:
    """Variables under which two runs on one machine give the same bytes."""
    one_thread = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM")
    return {
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": "315532800",  # 1980, the first year a zip file knows
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "TQDM_DISABLE": "1",
        drawing.FOR_PAGE: "1",
        "IPYKERNEL_CELL_NAME": "<notebook>",
        "IPYTHONDIR": str(folder / "ipython"),  # the reader's own start-up files have no place in a report
        "JE_ARROW_MALLOC_CONF": "background_thread:false",  # a process with a second thread cannot be forked safely
        kernel_process.MEMORY: str(memory),
        **{f"{name}_NUM_THREADS": "1" for name in one_thread},
    }


def memory_share(jobs: int) -> int:
    """Memory one of `jobs` kernels may address: four fifths of the machine shared out, at least 4 GiB, or as told."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    share = max(4 * GIB, int(0.8 * total) // max(jobs, 1))
    return min(share, kernel_process.memory_limit() or share)


class ForkServer:
    """The runner's end of the preloaded process."""

    def __init__(self, variables: dict[str, str], folder: Path) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._ready: bool | None = None
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        command = [*COMMAND, "fork", str(theirs.fileno()), str(folder)]
        with theirs:
            self._process = subprocess.Popen(  # type: ignore[call-overload]  # noqa: S603 - our own module
                command, env=variables, pass_fds=[theirs.fileno()], **quiet
            )

    def ready(self) -> bool:
        """Wait until everything is imported; False when that failed."""
        with self._lock:
            if self._ready is None:
                self._control.settimeout(START_LIMIT)
                try:
                    self._ready = self._control.recv(len(kernel_process.READY)) == kernel_process.READY
                except OSError:
                    self._ready = False
                self._control.settimeout(None)
            return self._ready and self._process.poll() is None

    def launch(self, connection_file: str, folder: str) -> tuple[int, socket.socket]:
        """Fork a kernel."""
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
        if not self._ready:  # it has no kernel yet: a run that is refused need not wait until all is imported
            self._process.kill()
        try:
            self._process.wait(END_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _Forked:
    """A kernel that was forked, watched and ended by jupyter_client as a process of its own is."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, life: socket.socket) -> None:
        self._pid, self._life = pid, life

    def poll(self) -> int | None:
        return 0 if select.select([self._life], [], [], 0)[0] else None

    def wait(self) -> int:
        self._life.close()
        return 0

    def send_signal(self, signum: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._pid, signum)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class _ForkedKernel(LocalProvisioner):
    """Launches one kernel of a :class:`ForkServer` for jupyter_client."""

    server: ForkServer

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> KernelConnectionInfo:  # noqa: ARG002
        manager: Any = self.parent
        launched = self.server.launch(manager.connection_file, str(settings.get("cwd") or Path.cwd()))
        self.process = _Forked(*launched)  # type: ignore[assignment]
        return self.connection_info


class Kernels(contextlib.AbstractContextManager["Kernels"]):
    """A source of kernel managers for one run; close it when the run is over."""

    def __init__(self, memory: int = 0, forked: bool | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="scrm-"))
        self.variables = environment(self.folder, memory)
        self.started: list[LocalProvisioner] = []
        self.manager_class = type("KernelOfThisRun", (_Manager,), {"kernels": self})  # that nbclient makes kernels with
        self._numbers = itertools.count(1)
        self._server: ForkServer | None = None
        if forked if forked is not None else sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._server = ForkServer({**os.environ, **self.variables}, self.folder)

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def server(self) -> ForkServer | None:
        """The preloaded process, once it is ready; None when kernels are plain."""
        server = self._server
        if server is not None and not server.ready():
            self._server = None
            server.close()
            return None
        return server

    def connection_file(self) -> str:
        """Name a connection file that no other kernel has: with ipc, two that share one die."""
        return str(self.folder / f"{next(self._numbers)}.json")

    def close(self) -> None:
        """Stop every kernel that still lives, and the preloaded process; remove all files."""
        for kernel in self.started:
            if kernel.process is not None:
                kernel.process.kill()
        if self._server is not None:
            self._server.close()
            self._server = None
        shutil.rmtree(self.folder, ignore_errors=True)


class _Client(AsyncKernelClient):
    """A client that goes on as soon as the kernel answers."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.context.setsockopt(zmq.RECONNECT_IVL, 10)  # milliseconds; by default it looks for the kernel every 100

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        end = time.monotonic() + (timeout or math.inf)
        while time.monotonic() < end:
            self.kernel_info()
            with contextlib.suppress(Empty):
                reply = await self.shell_channel.get_msg(timeout=1)
                if reply["msg_type"] == "kernel_info_reply" and await self.iopub_channel.get_msg(timeout=0.2):
                    self._handle_kernel_info_reply(reply)
                    return
            if not await self._async_is_alive():
                raise RuntimeError("The kernel died before it answered.")
        raise RuntimeError(f"The kernel did not answer within {timeout} seconds.")

    wait_for_ready = _async_wait_for_ready


class _Manager(AsyncKernelManager):
    """A manager that takes its kernel from the run, whatever kernels are installed, and keeps it quiet."""

    kernels: Kernels

    def __init__(self, **_settings: Any) -> None:
        super().__init__(
            connection_file=self.kernels.connection_file(),
            transport="tcp" if os.name == "nt" else "ipc",
            kernel_name="python3",
            kernel_id=uuid.uuid4().hex,
            client_factory=_Client,
        )
        self._kernel_spec = KernelSpec(
            argv=[*COMMAND, "-f", "{connection_file}"],
            display_name="Python 3",
            language="python",
            env=self.kernels.variables,
        )
        own: dict[str, Any] = {"kernel_id": self.kernel_id, "kernel_spec": self._kernel_spec, "parent": self}
        self.provisioner = LocalProvisioner(**own)
        if server := self.kernels.server:
            self.provisioner = _ForkedKernel(**own)
            self.provisioner.server = server

    async def _async_launch_kernel(self, kernel_cmd: list[str], **settings: Any) -> None:
        settings |= {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await super()._async_launch_kernel(kernel_cmd, **settings)
        assert isinstance(self.provisioner, LocalProvisioner)
        self.kernels.started.append(self.provisioner)
