"""From a key at a slider to the changed picture, in JupyterLab or the app in Chromium: median of twenty moves.

    python -m scrm_helpers.cli sample --customers 100000 --out COMPANY
    python3 kit.py scrm explore COMPANY --no-browser          # says its address, with a token
    python benchmarks/explore/from_input_to_picture.py ADDRESS [VIEW …]

ADDRESS is what the command above said. Every view gets its first slider, moved back and forth after one move to warm
up; in the referral network two people are picked in turn.
"""

import os
import shutil
import statistics
import sys

from playwright.sync_api import sync_playwright

MOVES = 20
VIEWS = ("stated-versus-actual", "value-matrix", "answer-queue", "return-on-initiative", "referral-network")
PICKER = "referral-network"  # a person is picked there: how deep and what is handed up may change no picture
# Resolves once another picture is decoded and about to be painted.
CHANGED = """() => { window.changed = new Promise(done => {
  const find = () => document.querySelector("img[src^='data:image/png']"), old = find().src, start = performance.now();
  const look = () => { const now = find();
    if (!now || now.src === old || !now.complete || !now.naturalWidth) setTimeout(look, 1);
    else requestAnimationFrame(() => done(performance.now() - start)); };
  look(); }); }"""


def slid(page):
    slider = page.locator("[role=slider]").first
    slider.focus()
    keys = ["ArrowRight", "ArrowLeft"]
    if slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax"):
        keys.reverse()
    return page.keyboard.press, keys


def picked(page):
    people = page.locator("datalist option").evaluate_all("found => found.map(one => one.value)")
    return page.locator("input[list]").fill, people[1::-1]


def moves(page, view, address):
    page.goto(address)
    page.locator("img[src^='data:image/png']").wait_for()
    move_to, places = picked(page) if view == PICKER else slid(page)
    found = []
    for move in range(MOVES + 1):
        page.evaluate(CHANGED)
        move_to(places[move % 2])
        found.append(page.evaluate("() => window.changed"))
        page.wait_for_timeout(100)
    return found[1:]


def main():
    base, _, token = sys.argv[1].partition("?")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for view in sys.argv[2:] or VIEWS:
            page = browser.new_page()
            page.set_default_timeout(600_000)
            took = moves(page, view, f"{base}voila/render/{view}.ipynb?{token}")
            load = os.getloadavg()[0]
            print(f"{view}: median {statistics.median(took):.0f} ms, worst {max(took):.0f} ms, load {load:.1f}")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
