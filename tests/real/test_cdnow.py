"""Real customers and orders, and nothing else: the CDNOW buyers of 1997 and 1998, through the whole job."""

import json
import subprocess
import sys

import pandas as pd
import pytest

# Published for the full cohort: 23,570 customers, 69,659 orders, 2,500,315.63 dollars.
CUSTOMERS, ORDERS, DOLLARS = 23_570, 69_659, "2500315.63"


@pytest.fixture(scope="module")
def cdnow(tmp_path_factory, shared_data):
    """A company folder of the two required tables, made from the file as it was published."""
    columns = ["customer_id", "day", "cds", "amount"]
    source = shared_data / "cdnow" / "CDNOW_master.txt"
    rows = pd.read_csv(source, sep=r"\s+", names=columns, skiprows=1, dtype="str")
    rows["ordered_on"] = pd.to_datetime(rows["day"], format="%Y%m%d")
    rows["order_id"] = [f"{place:05d}" for place in range(1, len(rows) + 1)]
    joined = rows.groupby("customer_id")["ordered_on"].min().rename("joined_on").reset_index()
    folder = tmp_path_factory.mktemp("cdnow") / "company"
    folder.mkdir()
    rows[["order_id", "customer_id", "ordered_on", "amount"]].to_csv(folder / "transactions.csv", index=False)
    joined.to_csv(folder / "customers.csv", index=False)
    (folder / "company.yaml").write_text("currency: USD\nas_of: 1998-06-30\n", encoding="utf-8")
    return folder


def scrm(*arguments):
    command = [sys.executable, "-m", "scrm_helpers.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_check_finds_the_published_totals(cdnow, tmp_path):
    done = scrm("check", cdnow, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    facts = json.loads((tmp_path / "check.json").read_text(encoding="utf-8"))["facts"]
    assert (facts["n_customers"], facts["n_orders"], facts["total_amount"]) == (CUSTOMERS, ORDERS, DOLLARS)
    assert facts["first_order_date"] == "1997-01-01"


def test_the_report_is_made_and_the_other_chapters_bow_out_in_a_sentence(cdnow, tmp_path):
    done = scrm("run", cdnow, "--as-of", "1998-06-30", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {results["chapters"][chapter]["status"] for chapter in ("01", "02", "10")} == {"done"}
    for chapter in ("03", "04", "07"):
        assert results["chapters"][chapter]["status"] == "left out"
        sentences = [line for line in results["left_out"] if line.startswith(f"Chapter {chapter} ")]
        assert len(sentences) == 1
        assert "is left out: the company folder has no table" in sentences[0]
    assert results["chapters"]["10"]["numbers"]["margin_12m"]["unit"] == "USD"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Not in this report" in page
    assert "SAMPLE DATA" not in page
