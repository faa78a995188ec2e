import json
from pathlib import Path

import pandas as pd
import pytest

from scrm_helpers.sample.sample_company import make_sample, write_sample
from scrm_helpers.tables import open_company

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "sample"
WRITTEN_BY_HAND = "README.md"


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


def test_shipped_files_are_what_the_generator_makes(tmp_path):
    write_sample(tmp_path)
    shipped = contents(SHIPPED)
    assert "SAMPLE DATA" in shipped.pop(WRITTEN_BY_HAND).decode()
    assert contents(tmp_path) == shipped


def test_shipped_company_is_small_and_complete():
    shipped = contents(SHIPPED)
    assert sum(map(len, shipped.values())) < 2_000_000
    assert len([name for name in shipped if name.endswith(".csv")]) == 13


@pytest.mark.parametrize("customers", [300, 21_000])
def test_same_seed_same_bytes_and_another_seed_another_company(tmp_path, customers):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_sample(tmp_path / name, customers, seed)
    first, second, other = (contents(tmp_path / name) for name in "abc")
    assert first == second
    assert all(
        first[file] != other[file] for file in first if file.startswith(("transactions", "referrals", "surveys"))
    )
    ending = ".csv" if customers == 300 else ".parquet"
    assert sum(file.endswith(ending) for file in first) == 13


@pytest.mark.parametrize("customers", [200, 777, 21_000])
def test_strict_check_accepts_every_row(tmp_path, customers):
    sample = write_sample(tmp_path, customers, seed=3)
    company = open_company(tmp_path, as_of="2026-09-30")
    assert company.is_sample
    planted = [message for message in company.messages if message.column in ("referred_id", "in_reply_to")]
    assert list(company.messages) == planted, "only people referred twice and threads cut off are worth a warning"
    for name, table in sample.tables.items():
        assert len(company.table(name)) == len(table), name
    assert len(company.customers) == customers


def test_no_event_lies_after_the_last_day():
    sample = make_sample(500, seed=5, as_of="2025-02-28")
    plans = {"due_on"}
    last = pd.Timestamp("2025-02-28")
    for name, table in sample.tables.items():
        for column in table.select_dtypes("datetime").columns.difference(plans):
            assert table[column].max() <= last or table[column].isna().all(), (name, column)
    assert sample.tables["customers"]["joined_on"].min() >= last - pd.Timedelta(days=1095)


def test_truth_can_be_read_back(tmp_path):
    sample = write_sample(tmp_path, 300, seed=2)
    assert json.loads((tmp_path / "truth.json").read_text(encoding="utf-8")) == sample.truth
    assert sample.truth["in_this_draw"]["rows"]["customers"] == 300


def test_a_company_too_small_is_refused_in_words():
    with pytest.raises(ValueError, match="Ask for 200 or more"):
        make_sample(199)


def test_ids_are_text_with_leading_zeros(small):
    assert small.tables["customers"]["customer_id"].iloc[[0, -1]].tolist() == ["C000001", "C002000"]


def test_people_are_plausible(large):
    customers = large.tables["customers"]
    assert set(customers["acquisition_channel"]) == {"search", "shop", "fair", "social", "referral"}
    assert customers["segment"].value_counts(normalize=True)["Pilot group"] == pytest.approx(0.003, abs=0.001)
    assert customers["consent_contact"].mean() == pytest.approx(0.82, abs=0.005)
    assert (customers["acquisition_cost"] > 0).all()


def test_a_real_company_is_never_written_over(tmp_path):
    (tmp_path / "customers.csv").write_text("customer_id,joined_on\n1,2020-01-01\n")
    with pytest.raises(ValueError, match="would be lost. Choose an empty folder"):
        write_sample(tmp_path, 200)
    assert contents(tmp_path) == {"customers.csv": b"customer_id,joined_on\n1,2020-01-01\n"}


def test_an_earlier_sample_may_hold_work_and_is_kept(tmp_path):
    write_sample(tmp_path, 200, seed=1)
    before = contents(tmp_path)
    with pytest.raises(ValueError, match="would be lost"):
        write_sample(tmp_path, 300, seed=2)
    assert contents(tmp_path) == before


def test_a_last_day_that_is_no_date_is_refused_in_words():
    with pytest.raises(ValueError, match="Write it as 2026-09-30"):
        make_sample(200, as_of="soon")
