"""The views as an app in a real browser: a slider moves picture, sentence and count; without the token nobody looks."""

import urllib.request

import pytest

import kit

PICTURE = "img[src^='data:image/png']"


def test_a_slider_moves_picture_sentence_and_count(browser, served):
    address = served(kit.LAB.python, "-m", "scrm_helpers.cli", "explore", "data/sample")
    base, _, token = address.partition("?")
    with urllib.request.urlopen(f"{base}voila/render/stated-versus-actual.ipynb") as refused:
        assert "Views looked at" not in refused.read().decode()
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(300_000)
    elsewhere = []
    page.on("requestfinished", lambda request: elsewhere.append(request.url))
    page.goto(f"{base}voila/render/stated-versus-actual.ipynb?{token}")
    picture = page.locator(PICTURE)
    picture.wait_for()
    page.get_by_text("Views looked at: 1.").first.wait_for()
    before, said = picture.get_attribute("src"), page.locator(".scrm-sentence").first.inner_text()
    page.locator("[role=slider]").first.focus()
    page.keyboard.press("ArrowRight")
    page.get_by_text("Views looked at: 2.").first.wait_for()
    assert picture.get_attribute("src") != before
    assert picture.get_attribute("alt")
    assert page.locator(".scrm-sentence").first.inner_text() != said
    assert [url for url in elsewhere if not url.startswith((base, "data:", "blob:"))] == []
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    assert axe.Axe().run(page).response["violations"] == []
    page.goto(f"{base}?{token}")
    assert axe.Axe().run(page).response["violations"] == []
    page.get_by_role("link", name="What customers say and what they do").click()
    page.locator(PICTURE).wait_for()
    context.close()
