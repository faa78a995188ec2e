"""JupyterLab in a real browser: it opens on the start notebook, set-up code is folded, and nothing is changed."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import kit

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def address(tmp_path):
    """What `python3 kit.py lab` serves, with its token."""
    if not kit.LAB.ready():
        pytest.skip("The environment of JupyterLab is not there: run python3 kit.py lab once")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "kit.py", "lab", "--no-browser", f"--port={port}", "--ServerApp.allow_root=True"]
    own = {name: str(tmp_path) for name in ("HOME", "TMPDIR", "JUPYTER_RUNTIME_DIR")}
    environment = {**os.environ, **own, "JUPYTER_PLATFORM_DIRS": "1"}
    how = {"cwd": ROOT, "env": environment, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **how) as running:
        places = (re.search(r"http://127\.0\.0\.1:\d+/lab/?\S*\?token=\w+", line) for line in running.stderr)
        yield next(filter(None, places))[0]
        os.killpg(running.pid, signal.SIGTERM)  # JupyterLab too, with its kernels
        running.stderr.close()


def test_what_is_opened_is_folded_and_not_changed(browser, address):
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(120_000)
    base, _, token = address.partition("?")
    for name in ("00-start-here", "09-goals"):  # the first is the one that opens by itself
        page.goto(f"{base.replace('00-start-here', name)}?{token}")
        page.get_by_role("tab", name=name).wait_for()
        page.get_by_text("Python 3 | Idle").first.wait_for()
        assert page.locator(".jp-Notebook .jp-MarkdownCell").first.inner_text()
        assert page.locator(".jp-mod-dirty").count() == 0
    page.locator(".jp-InputPlaceholder:visible").first.wait_for()
