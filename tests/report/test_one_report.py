"""One report says one thing: the sample and companies of three tables, run whole, every number and claim compared."""

import json
import re
import shutil
from collections import defaultdict
from functools import cache
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from scrm_helpers.answers.small_groups import BASES
from scrm_helpers.report.chapters.results import written
from scrm_helpers.report.privacy.leaks import Known, named_in, scan_folder
from scrm_helpers.tables.pipeline import read_raw

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
DAY = "2026-09-30"
THREE = {
    "asked": ["surveys"],
    "referred": ["referrals", "interactions"],
    "invested": ["initiatives", "initiative_ledger"],
}
FOUR = {"segment": "Rarity 4", "region": "Nowhere 4", "acquisition_channel": "Oddity 4"}  # a group too small to show
# Whole numbers on which nothing about people rests: other things, places in an order, and people of a larger base.
COUNT_NO_BASE = {
    *("Fields", "Systems", "Chapter", "Days since the newest row", "Longest gap before (days)", "Actual", "Answer"),
    *("Number", "People brought", "Cascades", "Generations", "Brought directly", "Widest generation", "Community"),
    *("Not customers", "Ties with others", "Core", "Degree", "Unhappy", "Messages", "Users", "Quarter reached"),
    *("Quarters", "Periods later", "Quarters since the start", "Judged", "Successes missed, by money back"),
    *("Right, by forecast", "Initiatives", "Right verdicts", "Base (n)", "Share linked", "Period"),
    "Rows on too few people, left out",
}
TOKEN = re.compile(r"\d[\d,.]*\d|\d")
DATE = re.compile(r"\d{4}-\d\d-\d\d")


class Report:
    """What a run left: results, page, lists."""

    def __init__(self, folder):
        self.folder = folder
        self.found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        self.chapters = self.found["chapters"]
        page = BeautifulSoup((folder / "report.html").read_text(encoding="utf-8"), "html.parser")
        self.ids = {element["id"] for element in page.find_all(id=True)}
        self.board = page.find(id="chapter-10").find_parent("section")

    def all_of(self, kind):
        """Each number or claim with its chapter and name."""
        for chapter, found in self.chapters.items():
            entries = found[kind]
            yield from (
                ((chapter, name, entry) for name, entry in entries.items())
                if kind == "numbers"
                else ((chapter, entry["name"], entry) for entry in entries)
            )


@pytest.fixture(scope="module", params=["sample", *THREE])
def report(request, tmp_path_factory, run_report):
    if request.param == "sample":
        return Report(request.getfixturevalue("sample_run"))
    folder = tmp_path_factory.mktemp(request.param)
    company = folder / "company"
    company.mkdir()
    for name in ("transactions", *THREE[request.param]):
        shutil.copyfile(SAMPLE / f"{name}.csv", company / f"{name}.csv")
    people = pd.read_csv(SAMPLE / "customers.csv", dtype="str", keep_default_na=False)
    asked = pd.read_csv(SAMPLE / "surveys.csv", dtype="str")["customer_id"].drop_duplicates()[:4]
    people.loc[people["customer_id"].isin(asked), list(FOUR)] = list(FOUR.values())
    people.to_csv(company / "customers.csv", index=False)
    (company / "company.yaml").write_text(f'sample: true\ncurrency: "EUR"\nas_of: "{DAY}"\n', encoding="utf-8")
    assert run_report(company, DAY, folder / "out").exit_code == 0
    return Report(folder / "out")


@pytest.mark.parametrize("kind", ["numbers", "claims"])
def test_one_name_has_one_value_one_population_and_one_verdict(report, kind):
    said = defaultdict(set)
    for _, name, entry in report.all_of(kind):
        said[name].add(json.dumps({part: entry[part] for part in entry if part != "from"}, sort_keys=True))
    assert [name for name, different in said.items() if len(different) > 1] == []


def test_the_summary_computes_nothing_again(report):
    own = r"(people|active|value)_to_[a-z]+|gain_that_a_lot_would_tell"
    summary = report.chapters["10"]
    assert {"referral_value_12m", "margin_12m", "portfolio_net"} <= set(summary["numbers"])
    for kind in ("numbers", "claims"):
        for chapter, name, entry in report.all_of(kind):
            if chapter == "10" and not re.fullmatch(own, name):
                there, same = entry["from"].split("/")
                assert same == name
                assert there != "10" or entry["reason"], name  # a chapter that is not in this report


def test_every_value_has_a_range_or_the_word_why_none_and_every_verdict_follows(report):
    for chapter, name, entry in report.all_of("numbers"):
        assert (entry["value"] is None) == bool(entry["reason"]), (chapter, name)
        bare = entry["value"] is not None and None in (entry["low"], entry["high"])
        assert bare == bool(entry["no_range"]), (chapter, name)
    for chapter, name, claim in report.all_of("claims"):
        if claim["verdict"] == "shown":
            chance, low, high = claim["chance"], claim["low"], claim["high"]
            assert None in (low, high) or not low <= chance["value"] <= high, (chapter, name)
            drawn = None not in (chance["low"], chance["high"])
            assert not drawn or not chance["low"] <= claim["estimate"] <= chance["high"], (chapter, name)
            assert claim["p_corrected"] is None or claim["p_corrected"] <= 0.05 + 1e-9, (chapter, name)
        assert (claim["verdict"] == "cannot say") == (claim["estimate"] is None) == bool(claim["reason"]), name


def strings(value):
    if isinstance(value, dict):
        for part in value.values():
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)
    elif isinstance(value, str):
        yield value


def test_each_number_on_the_board_page_is_in_the_results(report):
    known = set()
    for kind in ("numbers", "claims"):
        for _, _, entry in report.all_of(kind):
            ends = [written(entry.get(end), entry["unit"]) for end in ("value", "estimate", "low", "high")]
            ends += [written(entry.get(end), "share") for end in ("value", "low", "high") if entry["unit"] == "ratio"]
            shares = [entry.get(end) for end in ("estimate", "low", "high") if entry["unit"] == "outcome"]
            ends += [f"{100 * end:.2f}" for end in shares if end is not None]  # points of an outcome that is a share
            known |= {token for end in ends for token in TOKEN.findall(end)}
            known |= {f"{entry['n']:,}"} if entry["n"] is not None else set()
    known |= {token for text in strings(report.chapters) for token in TOKEN.findall(text)}
    known |= {"95", "5", str(len(report.chapters)), *report.chapters}
    known |= {f"{len(list(report.all_of('claims'))):,}"}
    board = BeautifulSoup(str(report.board), "html.parser")
    # A drawing also says which part of all a count is, and the counts are in the results.
    for part in board.select("svg, details, .scrm-table:-soup-contains('Named numbers', 'Every claim')"):
        part.decompose()
    verdicts = [claim["verdict"] for _, _, claim in report.all_of("claims")]
    known |= {str(verdicts.count(one)) for one in set(verdicts)}
    missing = sum(entry["value"] is None for chapter, _, entry in report.all_of("numbers") if chapter != "10")
    said = DATE.sub("", board.get_text(" ", strip=True).replace(f"{missing} number", ""))
    unknown = sorted(set(TOKEN.findall(said)) - known)
    assert unknown == [], unknown


@cache
def names_and_texts():
    """Everybody in the sample, what they wrote, and the group of four."""
    tables = read_raw(SAMPLE)
    wrote = {text for raw in tables if "text" in raw.columns for text in raw.columns["text"].to_pylist() if text}
    long = [text for text in wrote if text.count(" ") >= 4]
    return Known.of([*FOUR.values(), *named_in(tables), *long], ids=True)


def test_no_output_names_a_person_or_a_group_of_four_or_repeats_what_somebody_wrote(report):
    """Only check.json, which its owner alone may read, shows an id as an example."""
    found = scan_folder(report.folder, names_and_texts())
    assert found.files >= 10
    assert [line for line in found.lines if not line.startswith("check.json, ")] == found.unread == []


def test_no_table_shows_a_row_of_fewer_than_five_people(report):
    """Each column of whole numbers either counts people, and then hides what is small, or something else."""
    strange = set()
    for sheet in pd.read_excel(report.folder / "tables.xlsx", sheet_name=None, engine="calamine").values():
        for name in sheet:
            cells = pd.to_numeric(sheet[name], errors="coerce").dropna()
            if name in BASES:
                assert not cells.between(1, 4).any(), sheet
            elif len(cells) and (cells % 1 == 0).all() and cells.between(1, 4).any() and name not in COUNT_NO_BASE:
                strange.add(name)
    assert strange == set()


def test_every_reference_leads_somewhere(report):
    links = [link["href"] for link in report.board.select(".scrm-take-aways a")]
    assert len(links) >= 2  # a take-away that would only say what is missing is left out
    assert {link.removeprefix("#") for link in links} <= report.ids


def test_the_list_is_the_same_in_the_table_the_workbook_and_the_file(report):
    listed = pd.read_csv(report.folder / "actions.csv")
    book = openpyxl.load_workbook(report.folder / "actions.xlsx").active
    assert book.max_row - 1 == len(listed)
    counts = {
        name.removeprefix("people_to_"): entry["value"]
        for name, entry in report.chapters["10"]["numbers"].items()
        if name.startswith("people_to_") and entry["value"] is not None
    }
    talk = {"respond": "messages_to_answer", "leave": "messages_to_leave"}
    counts |= {name: report.chapters["10"]["numbers"][number]["value"] for name, number in talk.items()}
    assert {name: count for name, count in counts.items() if count} == listed["action"].value_counts().to_dict()
    assert f"{len(listed):,} rows in actions.csv" in report.board.get_text()
    valued = listed.dropna(subset="value")
    assert (valued["value_low"].isna() | valued["value_low"].le(valued["value"])).all()
    assert listed.groupby("action")["value"].nunique().drop(["leave"], errors="ignore").ne(1).all()  # each its own


def test_a_company_of_three_tables_is_told_what_is_missing(report):
    box = report.board.select_one(".scrm-trust").get_text(" ")
    absent = report.found["left_out"]
    assert ("What is missing, and what would it answer?" in box) == bool(absent)
    for sentence in absent:
        number = re.search(r"Chapter (\d\d)", sentence).group(1)
        assert f"(chapter {number})" in box
    assert 4 <= len(report.board.select(".scrm-cards li")) <= 6


def test_what_customers_say_is_shown_although_whom_they_refer_is_not_known(report):
    found = report.chapters["03"]
    assert found["status"] == ("left out" if "nps" not in found["numbers"] else "done")
    if found["status"] == "done":
        assert found["numbers"]["nps"]["value"] is not None


# Words that set one thing above another; "at most" and "at least" are ends of a range.
COMPARED = re.compile(r"(?i)\b(more than|less than|higher|lower|better|best|misses|rather than|(?<!at )most)\b")


def test_a_comparative_word_rests_on_a_claim(report):
    bare = [
        f"{chapter}: {word.group()!r} in {text!r}"
        for chapter, found in report.chapters.items()
        for answer in found["answers"]
        for text in (answer["title"], answer["sentence"])
        if (word := COMPARED.search(re.sub("“.*?”", "", text))) and not answer["claims"]  # a name compares nothing
    ]
    assert bare == []


def test_not_everything_becomes_descriptive_or_unsayable(report):
    verdicts = [claim["verdict"] for _, _, claim in report.all_of("claims")]
    assert verdicts.count("shown") >= 3
    assert verdicts.count("descriptive") <= len(verdicts) / 3
