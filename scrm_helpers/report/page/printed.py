"""The page as PDF, printed by a browser that reaches no network: tagged, with an outline, the same bytes each time."""

import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from scrm_helpers.answers.refusal import PlainError

# The print style is made for this engine; any browser of its family on the machine will do.
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge")
_CLOCK = re.compile(rb"/(CreationDate|ModDate) \(D:\d{14}")


def pdf_bytes(page: str) -> bytes:
    """Print a report."""
    # In a thread of its own, for the driver refuses one with a running event loop, such as that of a notebook.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_printed, page).result()


def _printed(page: str) -> bytes:
    with _driver()() as driver:
        sheet = launched(driver).new_context(offline=True, java_script_enabled=False).new_page()
        sheet.set_content(page)
        printed: bytes = sheet.pdf(prefer_css_page_size=True, print_background=True, tagged=True, outline=True)
        return _CLOCK.sub(rb"/\1 (D:20240101000000", printed)


def launched(driver: Any) -> Any:
    """Start the browser of the machine."""
    # It refuses its sandbox to the superuser, as in a container; the page runs no script there.
    of_superuser = hasattr(os, "geteuid") and os.geteuid() == 0
    return driver.chromium.launch(executable_path=_browser(driver), args=["--no-sandbox"] * of_superuser)


def refuse_without_browser() -> None:
    """Say before the work what a PDF needs and is not there."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(_found).result()


def _found() -> None:
    with _driver()() as driver:
        _browser(driver)


def _driver() -> Any:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise PlainError(
            "A PDF is printed by a browser, and playwright, which drives it, is not installed. "
            "Install it: pip install playwright; or leave --also pdf out and print report.html."
        ) from None
    return sync_playwright


def _browser(driver: Any) -> str:
    own = driver.chromium.executable_path
    found = next(filter(None, map(shutil.which, _BROWSERS)), own if Path(own).exists() else None)
    if found is None:
        raise PlainError(
            "A PDF is printed by a browser, and none was found. Install Chromium or Chrome, or run: "
            "playwright install chromium; or leave --also pdf out and print report.html."
        )
    return str(found)
