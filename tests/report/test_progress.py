"""Progress: one bar on a terminal, plain lines in a log."""

import io
import sys

from scrm_helpers.report.engine.run_options import Progress


def test_lines_are_numbered_and_plain():
    stream = io.StringIO()
    with Progress(stream) as shown:
        shown.expect(2)
        shown.step("checked")
        shown.step("done")
    assert stream.getvalue() == "[1/2] checked\n[2/2] done\n"


def test_a_terminal_gets_one_bar(monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(sys, "stderr", terminal)
    terminal.isatty = lambda: True
    with Progress(terminal) as shown:
        shown.expect(2)
        shown.step("checked")
    assert "\n" not in terminal.getvalue()
    assert "checked" in terminal.getvalue()
