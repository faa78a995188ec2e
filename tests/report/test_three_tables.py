"""Orders of one vendor, answers of another, referrals of a third: four commands, and the board reads what came in."""

import itertools
import json
import re
from pathlib import Path
from random import Random

import pytest
from bs4 import BeautifulSoup
from tables.importing import exports_of_programmes, exports_of_shops, exports_of_surveys

from scrm_helpers import cli
from scrm_helpers.answers import numbers
from scrm_helpers.report import export_desk
from scrm_helpers.report.page.html import OPEN
from scrm_helpers.report.run import RunOptions

MADE = {**exports_of_shops.EXPORTS, **exports_of_surveys.EXPORTS, **exports_of_programmes.EXPORTS}


def run(*arguments):
    return cli.guarded(lambda: cli.commands.main([str(one) for one in arguments], standalone_mode=False))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vendors")
    (folder / "exports").mkdir()
    for name in ("shopify_orders", "delighted", "friendbuy"):
        MADE[name](Random("three tables")).write(folder / "exports", name)
    return folder


def read(path):
    return json.loads(Path(path).read_text(encoding="utf-8"))


def agrees(report, data):
    """The first page says of orders, answers and referrals what the receipt of the import says."""
    page = BeautifulSoup((report / "report.html").read_text(encoding="utf-8"), "html.parser")
    tables, results = read(data / "import.json")["tables"], read(report / "results.json")["chapters"]
    chips = dict(re.match(r"(\D+) (.+)", one.get_text(" ", strip=True)).groups() for one in page.select(".chips li"))
    assert chips["Orders"] == numbers.count(tables["transactions"]["orders"])
    assert chips["Customers"] == numbers.count(tables["customers"]["rows"])
    cards = {one.select_one(".label").get_text(): one for one in page.select(".first .scrm-cards li")}
    assert len(cards) >= 3
    assert all(one.select_one(".value").get_text().strip() not in ("", "n/a") for one in cards.values())
    latest = tables["surveys"]["latest"]
    said = cards["What they say: Net Promoter Score"]
    assert said.select_one(".value").get_text() == numbers.points(latest["nps"], 0)
    assert f"n = {latest['n']}" in said.get_text()
    assert results["10"]["numbers"]["nps"]["value"] == pytest.approx(latest["nps"])
    return page, results, tables


def test_four_commands_lead_from_three_vendors_to_the_report(place, monkeypatch):
    monkeypatch.chdir(place)
    assert run("init", "company") == 0
    assert run("import", "exports", "--to", "company") == 0
    assert run("check", "company") == 0
    assert run("run", "company", "--out", "report") == 0
    page, results, tables = agrees(place / "report", place / "company")
    assert results["04"]["numbers"]["referrals_read"]["value"] == tables["referrals"]["valid"]
    first = page.select_one(".first").get_text(" ", strip=True)
    assert "No table interactions: it would answer" in first
    assert "do not tell" not in first
    for chapter in page.select("section.chapter"):  # a question without an answer has no heading of its own
        for heading in chapter.find_all("h3"):
            cells = itertools.takewhile(lambda one: "cell" in one["class"], heading.parent.find_next_siblings("div"))
            shown = [one for cell in cells for one in cell.select("p, li, table, img")]
            assert not shown or any("absent" not in one.get("class", ()) for one in shown), heading
        assert len(chapter.find_all("h3", string=OPEN)) <= 1


def test_one_press_at_the_desk_gives_the_same_facts(place, monkeypatch):
    """After the test above, whose folder `company` it reads, or alone."""
    monkeypatch.chdir(place)
    if not Path("company/import.json").exists():
        assert run("import", "exports", "--to", "company") == 0
    monkeypatch.setattr(export_desk, "WHOLE", RunOptions(only=("01",)))
    desk = export_desk.start_here("exports", "of-desk", "of-desk-report")
    assert export_desk.NO_FILES in desk.press()
    desk.choose(sorted(Path("exports").iterdir()))
    shown = desk.press()
    assert "<iframe" in shown, shown
    assert (place / "of-desk-report" / "report.html").is_file()
    assert read("of-desk/import.json") == read("company/import.json")
