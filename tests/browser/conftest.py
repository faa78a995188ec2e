"""One browser for all tests of this room, each with a page of its own that reaches no network."""

import shutil

import pytest

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
