"""The index of a batch in a browser: readable by everybody, on every screen and on paper."""

import itertools
import json

import pytest

from scrm_helpers.report.batch.index_page import BatchPart, write_index

NAMES = ("North", "South", "East", "Region-without-a-break-in-its-name")
SCREENS = {"desktop": (1280, 900), "mobile": (360, 780), "paper": (688, 970)}
FIGURES = {"nps": (20, 6, "points"), "share_referring": (0.3, 0.05, "share"), "referral_value_12m": (9e5, 4e5, "EUR")}


def chapter(at):
    place = {"level": 0.95, "kind": "descriptive", "population": "people", "window": "a year", "reason": ""}
    numbers = {
        name: {"value": value * (1 + at), "low": value * (1 + at) - half, "high": value * (1 + at) + half, "n": 90}
        | {"unit": unit, "window_from": None, "window_to": None, "no_range": ""}
        | place
        for name, (value, half, unit) in FIGURES.items()
    }
    return {"03": {"numbers": numbers, "claims": [], "faults": []}}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder, parts = tmp_path_factory.mktemp("batch"), []
    for name in NAMES:
        for at, day in enumerate(("2026-03-31", "2026-06-30", "2026-09-30")):
            one = BatchPart(
                where={"region": name, "quarter": f"2026-Q{at + 1}"}, folder=f"parts/{len(parts)}", status="done"
            )
            parts.append(one)
            (folder / one.folder).mkdir(parents=True)
            found = {"as_of": day, "sample": True, "kit": "0.1.0", "chapters": chapter(NAMES.index(name) / 2 + at / 9)}
            (folder / one.folder / "results.json").write_text(json.dumps(found))
    parts.append(
        BatchPart(where={"region": "Sea", "quarter": "2026-Q3"}, folder="parts/x", status="too small", sentence="Few.")
    )
    write_index(folder, ["region", "quarter"], parts, "By region and quarter")
    return folder / "index.html"


@pytest.mark.parametrize("screen", SCREENS)
def test_it_is_whole_on_every_screen_and_for_everybody(page, index, screen):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed")
    width, height = SCREENS[screen]
    page.emulate_media(media="print" if screen == "paper" else "screen")
    page.set_viewport_size({"width": width, "height": height})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(index.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [index.as_uri()]
    assert page.evaluate("document.scripts.length") == 0
    if screen != "paper":
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    small = "[...document.querySelectorAll('main *')].filter(e => e.children.length == 0 && e.textContent.trim() && "
    small += "parseFloat(getComputedStyle(e).fontSize) < 10).map(e => e.outerHTML)"
    assert screen == "paper" or page.evaluate(small) == []


def test_ranges_stand_where_their_values_are(page, index):
    page.goto(index.as_uri())
    marks = page.locator(".beside").first.locator("svg circle, svg rect")
    places = [box["x"] + box["width"] / 2 for box in (mark.bounding_box() for mark in marks.all())]
    assert len(places) == len(NAMES)
    assert places == sorted(places)  # the values rise by the same step
    steps = [after - before for before, after in itertools.pairwise(places)]
    assert max(steps) - min(steps) < 2
