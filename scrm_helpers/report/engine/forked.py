"""The runner's end of kernels that are forked from the preloaded process of `fork_server`."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import LocalProvisioner

from scrm_helpers.report.engine import fork_server

START_LIMIT = 60.0  # seconds a preloaded process may take to get ready
END_LIMIT = 5.0  # seconds a killed process may take to be gone


class ForkServer:
    """The runner's end of the preloaded process."""

    def __init__(self, variables: dict[str, str], folder: Path) -> None:
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self._ready: bool | None = None
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        command = [sys.executable, "-P", "-m", fork_server.__name__, str(theirs.fileno()), str(folder)]
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
                    self._ready = self._control.recv(len(fork_server.READY)) == fork_server.READY
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


class ForkedKernel(LocalProvisioner):
    """Launches, watches and ends one kernel of a :class:`ForkServer` for jupyter_client."""

    def __init__(self, server: ForkServer, **settings: Any) -> None:
        super().__init__(**settings)
        self._server = server
        self._connection_file: str = settings["parent"].connection_file
        self._life: socket.socket | None = None

    @property
    def has_process(self) -> bool:
        """Whether a kernel was launched and not yet cleared away."""
        return self._life is not None

    async def launch_kernel(self, cmd: list[str], **settings: Any) -> KernelConnectionInfo:  # noqa: ARG002
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
            self._ended(END_LIMIT)
            self._life.close()
            self._life = None
        return 0

    async def send_signal(self, signum: int) -> None:
        """Signal the kernel and what it started."""
        if self._ended(0) is None and self.pid:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signum)

    async def kill(self, restart: bool = False) -> None:  # noqa: ARG002
        """Kill it and see it gone."""
        await self.send_signal(signal.SIGKILL)
        self._ended(END_LIMIT)

    async def terminate(self, restart: bool = False) -> None:  # noqa: ARG002
        """Ask it to end."""
        await self.send_signal(signal.SIGTERM)
