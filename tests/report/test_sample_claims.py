"""Every number and claim of the sample's chapters says over whom and when it holds, and how sure it is or why not."""

import json
from collections import Counter
from pathlib import Path

import pytest

from scrm_helpers.report.chapters.results import NO_RANGE

SHIPPED = sorted((Path(__file__).resolve().parents[2] / "data" / "sample-results").glob("*.json"))
FOUND = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in SHIPPED}
NUMBERS = [(number, name, entry) for number, found in FOUND.items() for name, entry in found["numbers"].items()]
CLAIMS = [(number, entry["name"], entry) for number, found in FOUND.items() for entry in found["claims"]]
VERDICTS = {"shown", "not shown", "cannot say", "descriptive"}


@pytest.mark.parametrize("part", ["population", "window"])
def test_numbers_and_claims_say_over_whom_and_when(part):
    assert [(number, name) for number, name, entry in (*NUMBERS, *CLAIMS) if not entry[part]] == []


def test_a_number_has_a_range_or_the_reason_why_none_or_the_reason_why_it_is_missing():
    for number, name, entry in NUMBERS:
        ranged = None not in (entry["low"], entry["high"])
        assert bool(entry["reason"]) == (entry["value"] is None), (number, name)
        assert bool(entry["no_range"]) == (entry["value"] is not None and not ranged), (number, name)
        assert entry["no_range"] != NO_RANGE, (number, name)


def test_a_claim_is_shown_only_beyond_chance():
    for number, name, claim in CLAIMS:
        assert claim["verdict"] in VERDICTS, (number, name)
        assert claim["tested"], (number, name)
        assert claim["sentence"], (number, name)
        cannot = claim["verdict"] == "cannot say"
        assert bool(claim["reason"]) == (claim["estimate"] is None) == cannot, (number, name)
        assert (claim["chance"] is None) <= (claim["verdict"] in ("descriptive", "cannot say")), (number, name)
        if claim["verdict"] == "shown":
            chance = claim["chance"]
            ranges = [(claim["low"], claim["high"], chance["value"])]
            ranges += [(chance["low"], chance["high"], claim["estimate"])]
            known = [one for one in ranges if None not in one]
            assert known, (number, name)
            assert not [one for one in known if one[0] <= one[2] <= one[1]], (number, name)
            assert claim["p_corrected"] is None or claim["p_corrected"] <= 0.05, (number, name)


def test_a_printed_sentence_carries_each_claim():
    for number, found in FOUND.items():
        printed = " ".join(" ".join((said["title"], said["sentence"])) for said in found["answers"])
        assert [claim["name"] for claim in found["claims"] if claim["sentence"] not in printed] == [], number


def test_claims_are_neither_all_shown_nor_all_descriptive():
    counts = Counter(claim["verdict"] for _, _, claim in CLAIMS)
    assert counts["shown"] >= len(CLAIMS) / 5
    assert counts["not shown"] >= len(CLAIMS) / 5
    assert counts["descriptive"] + counts["cannot say"] <= len(CLAIMS) / 3
