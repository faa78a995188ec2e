"""Failures stay small: shipped chapters in which a figure, a step and a file fail, beside an earlier run."""

import itertools
import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.earlier_run import NONE, beside, read_run
from scrm_helpers.sample import write_sample
from scrm_helpers.tables import open_company

ROOT = Path(__file__).resolve().parents[2]
DAY, BEFORE = "2026-09-30", "2026-06-30"
SECRET = "index 4711 is out of bounds"
BROKEN = f"""
import scrm_helpers.advocacy
import scrm_helpers.report.page.exports
from scrm_helpers.network.pictures.trees import LargestCascades

def broken(*_args, **_settings):
    raise IndexError({SECRET!r})

LargestCascades.plot = broken
scrm_helpers.advocacy.answer_and_referral = broken
scrm_helpers.report.page.exports.gexf_text = broken
"""


def scrm(*arguments, path=()):
    searched = os.pathsep.join(map(str, [*path, ROOT]))
    command = [sys.executable, "-m", "scrm_helpers.cli", "run", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": searched, "SCRM_PSEUDONYM_KEY": "5c" * 32}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A company, an earlier run, and a run on more data in which a figure, a step and a file fail."""
    folder = tmp_path_factory.mktemp("failures")
    write_sample(folder / "company", customers=200, seed=3, as_of=DAY)
    (folder / "site").mkdir()
    (folder / "site" / "sitecustomize.py").write_text(BROKEN)
    earlier = scrm(folder / "company", "--as-of", BEFORE, "--only", "03,10", "--out", folder / "earlier")
    assert earlier.returncode == 0, earlier.stderr
    with (folder / "company" / "transactions.csv").open("a") as orders:
        orders.write("late,C000001,2026-09-29,10.00,5.00,EUR,0.00\n")
    asked = ["--only", "03,04,10", "--earlier", folder / "earlier", "--out", folder / "one"]
    return folder, scrm(folder / "company", *asked, path=[folder / "site"])


def text_of(page):
    code = re.compile(r'<details class="code">.*?</details>|<img[^>]*>|<style>.*?</style>', re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", code.sub("", page.read_text())))


def test_a_fault_is_named_with_its_place_and_its_details_are_in_a_log(made):
    folder, ended = made
    assert ended.returncode == 3
    told = [line for line in ended.stderr.splitlines() if "fault in the program" in line]
    assert len(told) == 3
    assert told[1] == (
        "Chapter 04 (Referral network), “How far do referrals reach?”: "
        "This figure cannot be shown because of a fault in the program."
    )
    assert told[2] == "network.gexf could not be made because of a fault in the program."
    log = Path(re.search(r"Details are in (\S+)\.", ended.stderr).group(1))
    assert log.read_text().count(f"IndexError: {SECRET}") >= 3
    assert SECRET not in ended.stderr + ended.stdout
    manifest = json.loads((folder / "one" / "manifest.jsonl").read_text().splitlines()[-1])
    assert manifest["faults"] == told


def test_nothing_else_is_missing(made):
    out = made[0] / "one"
    found = json.loads((out / "results.json").read_text())
    assert (found["schema"], {entry["status"] for entry in found["chapters"].values()}) == ("results/2", {"done"})
    assert {number: len(entry["faults"]) for number, entry in found["chapters"].items()} == {"03": 1, "04": 1, "10": 0}
    assert set(found["chapters"]["04"]["faults"][0]) == {"cell", "place", "sentence"}
    assert {"nps", "share_referring"} <= found["chapters"]["03"]["numbers"].keys()
    assert {"modularity", "viral_coefficient_365d"} <= found["chapters"]["04"]["numbers"].keys()
    files = {path.name for path in out.rglob("*") if path.is_file()}
    assert {"tables.xlsx", "actions.csv", "actions.xlsx", "04-referral-network.ipynb"} <= files
    assert "network.gexf" not in files


def test_the_report_says_it_in_its_place_in_plain_words(made):
    text = text_of(made[0] / "one" / "report.html")
    assert SECRET not in text
    assert "IndexError" not in text + (made[0] / "one" / "notebooks" / "04-referral-network.ipynb").read_text()
    assert "This figure cannot be shown because of a fault in the program." in text
    assert re.search(r"This cannot be shown because it depends on what is missing under “.+”\.", text)
    assert "By a fault in the program chapters 03 and 04 could not show all" in text
    assert "The largest cascades" in text  # the table that stands beside the figure


def test_the_summary_compares_with_an_earlier_run_of_other_data(made):
    text = re.sub(r"\s+(?=[,.])", "", re.sub(r"\s+", " ", text_of(made[0] / "one" / "report.html")))
    assert f"Compared with the earlier run as of {BEFORE}." in text
    assert "another company" not in text
    assert "It says nothing of chapter 04, which cannot be compared." in text
    assert "on the earlier run" in text


def test_which_earlier_run_can_stand_beside_this_one_is_said(made, tmp_path):
    folder = made[0]
    company, run = open_company(folder / "company", as_of=DAY), read_run(folder / "earlier")
    assert beside(run, company).chapters.keys() == {"03", "10"}
    old = {number: {"numbers": entry["numbers"]} for number, entry in run["chapters"].items()}  # before results/2
    assert beside({"chapters": old}, company).sentence == "Compared with the earlier run."
    real = beside({**run, "sample": False}, company)
    assert real.chapters == {}
    assert "of a real company, this one of the synthetic sample: they are not compared" in real.sentence
    later = beside(read_run(folder / "one"), open_company(folder / "company", as_of=BEFORE))
    assert (later.chapters, "after this one" in later.sentence) == ({}, True)
    write_sample(tmp_path / "other", customers=300, seed=4, as_of=DAY)
    strange = beside(run, open_company(tmp_path / "other", as_of=DAY))
    said = (
        r"It counted \d+ customers and \S+ orders up to its day, where these tables have \d+ customers and \S+ orders"
    )
    assert re.fullmatch(said + ": the past of another company: they are not compared.", strange.sentence)
    assert strange.chapters == {}
    late = beside({**run, "n_orders": run["n_orders"] + 1}, company)
    assert late.sentence.endswith("corrected data, or another company.")
    assert late.chapters.keys() == {"03", "10"}
    assert NONE == "There is no earlier run to compare with."
    with pytest.raises(PlainError, match="There is no earlier run in"):
        read_run(tmp_path)


def test_amounts_in_another_currency_are_not_compared(made):
    company, run = open_company(made[0] / "company", as_of=DAY), read_run(made[0] / "earlier")
    for entry in run["chapters"]["10"]["numbers"].values():
        entry["unit"] = entry["unit"].replace("EUR", "USD")
    found = beside(run, company)
    assert "Its amounts in USD are not compared with EUR." in found.sentence
    then = run["chapters"]["10"]["numbers"]["margin_12m"]
    then["value"] = 100.0
    now = {**then, "unit": "EUR"}
    assert found.moved("10", "margin_12m", now).words == "● not compared with the earlier run: it was in USD then"


def thin_company(folder):
    """Forty customers in generations of 19, 12 and 9 who answer 9 or 10, and whose referrals are worth nothing."""
    ids = [[f"{generation}-{place:02}" for place in range(size)] for generation, size in enumerate((19, 12, 9))]
    people = [person for generation in ids for person in generation]
    inside = [(a[n % len(a)], b) for a, below in itertools.pairwise(ids) for n, b in enumerate(below)]
    friends = [(person, f"friend of {person}") for person in people[:30]]
    day = {person: f"2023-0{1 + int(person[0])}-10" for person in people}
    tables = {
        "customers.csv": ["customer_id,joined_on", *(f"{one},{day[one]}" for one in people)],
        "transactions.csv": [
            "order_id,customer_id,ordered_on,amount",
            *(f"{one}/{n},{one},2023-0{5 + n}-01,20" for n in range(2) for one in people[n * 38 :]),
        ],
        "referrals.csv": [
            "referrer_id,referred_id,referred_on,converted_on",
            *(f"{one},{other},{day[other]},{day[other]}" for one, other in inside),
            *(f"{one},{other},2023-04-01,2023-04-01" for one, other in friends),
        ],
        "surveys.csv": [
            "customer_id,invited_on,responded_on,score",
            *(f"{one},2024-01-01,{'2024-01-05,' + str(9 + n % 2) if n % 7 else ','}" for n, one in enumerate(people)),
        ],
        "company.yaml": ["p_type1_default: 0.0"],
    }
    folder.mkdir()
    for name, lines in tables.items():
        (folder / name).write_text("\n".join(lines) + "\n")


def test_a_thin_company_gets_reasons_in_words_and_no_fault(tmp_path):
    thin_company(tmp_path / "company")
    ended = scrm(tmp_path / "company", "--as-of", DAY, "--only", "03,04,05", "--out", tmp_path / "out")
    assert (ended.returncode, "fault" in ended.stderr) == (0, False), ended.stderr
    found = json.loads((tmp_path / "out" / "results.json").read_text())["chapters"]
    assert {number: entry["status"] for number, entry in found.items()} == dict.fromkeys(("03", "04", "05"), "done")
    for entry in found.values():
        assert entry["faults"] == []
        for name, number in entry["numbers"].items():
            assert (number["value"] is None) == bool(number["reason"]), name
    text = text_of(tmp_path / "out" / "report.html")
    assert not re.search(r"[A-Za-z]+Error\b|Traceback|out of bounds|\bnan\b|\binf\b", text)
