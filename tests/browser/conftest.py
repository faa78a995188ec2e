"""One browser for all tests of this room, each with a page of its own that reaches no network."""

import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

import kit

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 300_000  # milliseconds: a busy machine is no fault of the page


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="the browser driver is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium on this machine: install your system's package chromium")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=list(QUIET), timeout=PATIENCE)
        yield running
        running.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(offline=True)
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


@pytest.fixture
def served(tmp_path):
    """Start a command of the environment of JupyterLab, with a home and a port of its own, and say its address."""
    if not kit.LAB.ready():
        pytest.skip("The environment of JupyterLab and Voilà is not there: run python3 kit.py lab once")
    own = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "JUPYTER_RUNTIME_DIR")}
    environment = {**os.environ, **own, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}
    started = []

    def start(*command):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = f"--port={free.getsockname()[1]}"
        how = {"cwd": ROOT, "env": environment, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
        started.append(subprocess.Popen([*command, "--no-browser", port], **how))
        places = (re.search(r"http://127\.0\.0\.1:\d+/\S*\?token=\w+", line) for line in started[-1].stderr)
        return next(filter(None, places))[0]

    yield start
    for running in started:
        os.killpg(running.pid, signal.SIGTERM)  # what it started too, with its kernels
        with running:
            running.stderr.close()
