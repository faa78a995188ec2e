"""Kernels for the runner: forked from one preloaded process where that is safe, started plainly elsewhere.

Both are real ipykernels in processes of their own, in the same environment, and give the same bytes.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

from scrm_helpers.report.engine import kernel_process
from scrm_helpers.report.engine.forked import ForkedKernel, ForkServer

GIB = 2**30


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
    """A source of kernel managers for one run; close it when the run is over."""

    def __init__(self, memory: int = 0, forked: bool | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="scrm-"))
        self.variables = environment(self.folder, memory)
        self.started: list[LocalProvisioner] = []
        self._numbers = itertools.count(1)
        self._server: ForkServer | None = None
        if forked if forked is not None else sys.platform == "linux":
            with contextlib.suppress(OSError):
                self._server = ForkServer({**os.environ, **self.variables}, self.folder)

    def __enter__(self) -> Kernels:
        return self

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

    @property
    def manager_class(self) -> type[AsyncKernelManager]:
        """The manager class that nbclient is to make kernels with."""
        return type("KernelOfThisRun", (_Manager,), {"kernels": self})

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
            argv=[sys.executable, "-P", "-m", kernel_process.__name__, "-f", "{connection_file}"],
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
        assert isinstance(self.provisioner, LocalProvisioner)
        self.kernels.started.append(self.provisioner)
