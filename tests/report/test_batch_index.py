"""The index of a batch: what became of each part, and a comparison that names only what chance does not give."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from scrm_helpers.report.batch.index_page import BatchPart, write_index

REGIONS = ("South", "North", "West")
QUARTERS = {"2026-Q2": "2026-06-30", "2026-Q3": "2026-09-30"}


def number(value, half=None, unit="points", **more):
    low, high = (None, None) if half is None or value is None else (value - half, value + half)
    kept = {"value": value, "low": low, "high": high, "unit": unit, "n": 400, "level": 0.95, "kind": "descriptive"}
    place = {"population": "people who answered", "window": "a year", "window_from": None, "window_to": None}
    reasons = {"reason": "" if value is not None else "nobody answered", "no_range": "" if half else "all are counted"}
    return kept | place | reasons | more


def write(folder, as_of="2026-09-30", parameters=(), left_out=(), faults=(), **numbers):
    chapters = {"03": {"numbers": numbers, "claims": [], "faults": [{"sentence": one} for one in faults]}}
    found = {"as_of": as_of, "kit": "0.1.0", "sample": True, "parameters": dict(parameters), "chapters": chapters}
    folder.mkdir(parents=True)
    (folder / "results.json").write_text(json.dumps(found | {"left_out": list(left_out)}))


def part(status="done", sentence="", **where):
    return BatchPart(where=where, folder=f"parts/{'-'.join(where.values())}", status=status, sentence=sentence)


@pytest.fixture
def made(tmp_path):
    """Write the index of parts with these numbers; return its document and its page."""

    def index(numbers, by=("region",), **more):
        parts = [part(**where) for where in numbers]
        for one, found in zip(parts, numbers.values(), strict=True):
            write(tmp_path / one.folder, **found)
        return read(tmp_path, list(by), [*parts, *more.get("beside", ())])

    return index


def read(folder, by, parts):
    write_index(folder, by, parts, "By region")
    page = (folder / "index.html").read_text(encoding="utf-8")
    return json.loads((folder / "index.json").read_text()), BeautifulSoup(page, "html.parser")


class Where(dict):
    def __hash__(self):
        return hash(tuple(self.items()))


def of(region, **more):
    return Where(region=region, **more)


def test_the_document_has_the_fields_that_others_read(made):
    small = part("too small", "It holds 3 customers.", region="East")
    found, _ = made({of(region): {"nps": number(20.0, 5.0)} for region in REGIONS}, beside=[small])
    assert found.keys() == {"schema", "by", "parts", "comparison"}
    assert (found["schema"], found["by"]) == ("batch/1", ["region"])
    assert [one["part"]["region"] for one in found["parts"]] == [*REGIONS, "East"]
    assert all(one.keys() == {"part", "folder", "status", "sentence", "numbers"} for one in found["parts"])
    assert found["parts"][0]["numbers"]["nps"]["from"] == "03/nps"
    assert (found["parts"][3]["numbers"], found["parts"][3]["sentence"]) == ({}, "It holds 3 customers.")
    (one,) = found["comparison"]
    assert one.keys() == {"number", "chance", "parts"}
    assert one["chance"].keys() == {"value", "low", "high", "how"}
    assert all(part.keys() == {"part", "value", "low", "high", "shrunk", "differs"} for part in one["parts"])


def test_parts_stand_in_the_order_of_the_batch_and_the_one_apart_is_named(made):
    values = dict(zip(REGIONS, (21.0, 45.0, 19.0), strict=True))
    found, page = made({of(region): {"nps": number(value, 6.0)} for region, value in values.items()})
    (one,) = found["comparison"]
    assert [part["part"]["region"] for part in one["parts"]] == list(REGIONS)
    assert [part["differs"] for part in one["parts"]] == [False, True, False]
    assert 19 < one["parts"][2]["shrunk"] < one["chance"]["value"] < one["parts"][1]["shrunk"] < 45
    said = page.find("h3", string="Net Promoter Score").find_next("p").get_text()
    assert said.startswith("North, +45 (+39 to +51), lies above the others together, +20 (Cochran's Q")


def test_parts_that_are_alike_are_said_to_be_so(made):
    values = dict(zip(REGIONS, (21.0, 24.0, 19.0), strict=True))
    found, page = made({of(region): {"nps": number(value, 6.0)} for region, value in values.items()})
    assert not any(part["differs"] for part in found["comparison"][0]["parts"])
    assert "No difference between the 3 parts by region can be shown: values from +19 to +24" in page.get_text()
    assert "In none of 1 figure can a difference between the parts be shown." in page.get_text()


def test_sums_of_money_are_compared_per_person(made):
    sums = {"South": 4000.0, "North": 1000.0}  # South holds four times the people
    found, _ = made({
        of(region): {"referral_value_12m": number(value, value / 4, "EUR", n=int(value))}
        for region, value in sums.items()
    })  # fmt: skip
    (one,) = found["comparison"]
    assert one["number"] == "referral_value_12m_per_person"
    assert [(part["value"], part["differs"]) for part in one["parts"]] == [(1.0, False), (1.0, False)]
    assert found["parts"][0]["numbers"]["referral_value_12m"]["value"] == 4000.0


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (
            {"margin_12m": number(70.0, unit="EUR")},
            "Margin, twelve months, per person: fewer than two parts have a range",
        ),
        ({"clv_mean": number(20.0, 1.0, "EUR")}, "its range is that of the models"),
    ],
)
def test_what_has_no_range_of_people_is_not_compared(made, named, said):
    found, page = made({of(region): {**named, "nps": number(20.0, 5.0)} for region in REGIONS})
    assert [one["number"] for one in found["comparison"]] == ["nps"]
    assert said in page.get_text()


def test_a_part_without_the_number_stands_in_its_row_with_the_reason(made):
    values = dict(zip(REGIONS, (21.0, None, 19.0), strict=True))
    found, page = made({of(region): {"nps": number(value, 6.0)} for region, value in values.items()})
    missing = found["comparison"][0]["parts"][1]
    assert (missing["value"], missing["shrunk"], missing["differs"]) == (None, None, None)
    assert "nobody answered" in page.select_one(".beside").get_text()


def test_quarters_of_the_same_people_are_shown_and_not_compared(made):
    figures = {
        of(region, quarter=quarter): {"as_of": day, "nps": number(20.0 + 40 * (day < "2026-09"), 5.0)}
        for region in REGIONS
        for quarter, day in QUARTERS.items()
    }
    found, page = made(figures, by=("region", "quarter"))
    compared = [part["part"]["quarter"] for one in found["comparison"] for part in one["parts"]]
    assert compared == ["2026-Q3"] * 3
    assert len(page.select(".parts svg.course")) == 6
    assert "this describes and no change is tested" in re.sub(r"\s+", " ", page.find(id="time").parent.get_text())


def test_a_batch_over_time_alone_compares_nothing(made):
    quarters = {Where(quarter=quarter): {"as_of": day, "nps": number(20.0, 5.0)} for quarter, day in QUARTERS.items()}
    found, page = made(quarters, by=("quarter",))
    assert found["comparison"] == []
    assert page.find(id="compared") is None
    assert page.find(id="time") is not None


def test_parts_of_other_parameters_are_not_compared(made):
    given = {"South": {}, "North": {"03": {"window_days": 90}}, "West": {}}
    found, _ = made({of(one): {"nps": number(20.0, 5.0), "parameters": given[one]} for one in REGIONS})
    assert found["comparison"] == []


def test_failures_and_what_a_report_lacks_are_sentences_and_reports_are_links(made):
    beside = [part("failed", "The report reached its limit of 600 seconds.", region="East")]
    lost = "Chapter 04 is left out: the company folder has no table referrals."
    figures = {of(one): {"nps": number(20.0, 5.0), "left_out": [lost]} for one in REGIONS}
    figures[of("South")]["faults"] = ["This figure cannot be shown because of a fault in the program."]
    _, page = made(figures, beside=beside)
    text = re.sub(r"\s+", " ", page.get_text(" "))
    assert "Of 4 parts 3 have a report, and of 1 none could be made." in text
    assert "East (failed): The report reached its limit of 600 seconds." in text
    assert text.count(lost) == 1
    assert "fault in the program" in page.find("a", string="South").find_parent("tr").get_text()
    assert [a["href"] for a in page.select(".parts a")] == [f"parts/{one}/report.html" for one in REGIONS]
    assert "SAMPLE DATA" in text


def test_script_in_a_name_is_text_and_nothing_is_asked_of_the_network(made):
    _, page = made({of(one): {"nps": number(20.0, 5.0)} for one in ("<script>owned()<", "North\u202e")})
    assert page.find("script") is None
    assert "<script>owned()<" in page.get_text()
    assert "North\\u202e" in page.get_text()
    assert not re.search(r"https?://|url\(", str(page))


def test_the_same_parts_give_the_same_bytes_and_an_unreadable_one_is_said(made, tmp_path):
    made({of(region): {"nps": number(20.0, 5.0)} for region in REGIONS})
    before = [(tmp_path / name).read_bytes() for name in ("index.html", "index.json")]
    parts = [part(region=region) for region in REGIONS]
    read(tmp_path, ["region"], parts)
    assert [(tmp_path / name).read_bytes() for name in ("index.html", "index.json")] == before
    (tmp_path / parts[0].folder / "results.json").write_text("[")
    found, page = read(tmp_path, ["region"], parts)
    assert "Its results.json cannot be read." in page.get_text()
    assert [one["part"]["region"] for one in found["comparison"][0]["parts"]] == ["North", "West"]


def test_the_company_run_once_has_its_figures_and_link(made, tmp_path):
    write(tmp_path / "company", roinit_helpdesk_8q=number(-0.47, 0.2, "ratio"), portfolio_net=number(-9.0, unit="EUR"))
    once = BatchPart(where={}, folder="company", status="done")
    found, page = made({of(region): {"nps": number(20.0, 5.0)} for region in REGIONS}, beside=[once])
    assert "All 3 parts have a report." in page.get_text()
    assert found["parts"][3]["numbers"]["portfolio_net"]["value"] == -9.0
    own = page.find(id="company").parent
    assert own.find("a")["href"] == "company/report.html"
    assert "Return on initiative of helpdesk after eight quarters: −0.47 (−0.67 to −0.27)" in own.get_text()
