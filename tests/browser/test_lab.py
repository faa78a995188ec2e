"""JupyterLab in a real browser: it opens on the start notebook, set-up code is folded, and nothing is changed."""

import sys


def test_what_is_opened_is_folded_and_not_changed(browser, served):
    page = browser.new_page(viewport={"width": 1280, "height": 1400})
    page.set_default_timeout(120_000)
    address = served(sys.executable, "kit.py", "lab", "--ServerApp.allow_root=True")
    base, _, token = address.partition("?")
    for name in ("00-start-here", "09-goals"):  # the first is the one that opens by itself
        page.goto(f"{base.replace('00-start-here', name)}?{token}")
        page.get_by_role("tab", name=name).wait_for()
        page.get_by_text("Python 3 | Idle").first.wait_for()
        assert page.locator(".jp-Notebook .jp-MarkdownCell").first.inner_text()
        assert page.locator(".jp-mod-dirty").count() == 0
    page.locator(".jp-InputPlaceholder:visible").first.wait_for()
