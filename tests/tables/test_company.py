"""A good company: opened, typed, counted, saved and opened again."""

import json

import pandas as pd
import pytest
from checked import check_company
from pandas.testing import assert_frame_equal

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables import TABLES, CompanyRefused, open_company, save_company

AS_OF = "2026-09-30"


def test_a_good_company_has_every_table_and_no_findings(whole_company):
    company = open_company(whole_company.path, AS_OF)
    assert company.has(*TABLES)
    assert company.messages == ()
    assert company.as_of == pd.Timestamp("2026-09-30")
    assert not company.is_sample
    assert all(receipt.rows_read == receipt.rows_kept for receipt in company.receipts.values())


def test_types_follow_the_contract(whole_company):
    company = open_company(whole_company.path, AS_OF)
    expected = {"date": "datetime64[us]", "count": "Int64", "yes_no": "boolean"}
    expected |= dict.fromkeys(("money", "number", "share"), "float64")
    for name, declared in TABLES.items():
        frame = company.table(name)
        found = {column: str(dtype) for column, dtype in frame.dtypes.items()}
        assert found == {column: expected.get(declared.column(column).kind, "str") for column in frame.columns}, name


def test_values_are_what_the_file_says(whole_company):
    company = open_company(whole_company.path, AS_OF)
    assert company.transactions["amount"].tolist() == [10.5, -3.0, 20.25, 100.0, 0.1]
    assert company.customers["consent_contact"].isna().tolist() == [False, False, True, False]
    assert company.customers["segment"].isna().tolist() == [False, False, True, False]
    assert company.table("interactions")["occurred_on"].tolist() == [
        pd.Timestamp("2025-05-01 10:11"), pd.Timestamp("2025-05-01 10:12:30"),
    ]  # fmt: skip
    assert company.table("initiative_ledger")["quarter"].tolist() == ["2025Q1", "2025Q2"]
    assert company.table("surveys")["score"].isna().tolist() == [False, True, False]


def test_ids_are_text_and_never_joined_by_their_look(company_folder):
    names = ["00123", "123", " 123", "NA", "9007199254740993", "9007199254740992", "1E5", "TRUE"]
    people = "".join(f"{name},2024-01-01\n" for name in names)
    orders = "".join(f"O{i},{name},2024-02-01,{2**i}\n" for i, name in enumerate(names))
    company_folder.write("customers.csv", "customer_id,joined_on\n" + people)
    company_folder.write("transactions.csv", "order_id,customer_id,ordered_on,amount\n" + orders)
    report = company_folder.check(by_customer=True)
    assert report.facts["amount_by_customer"] == {name: str(2**i) for i, name in enumerate(names)}
    twins = [message for message in report.messages if "look the same" in message.what]
    assert [message.level for message in twins] == ["warning"]
    assert "' 123' / '00123' / '123'" in twins[0].what


def test_facts_are_exact_and_sums_tie(whole_company):
    report = whole_company.check(by_customer=True)
    assert report.exit_code == 0
    assert report.facts["n_customers"] == 4
    assert report.facts["n_orders"] == 5
    assert report.facts["n_interactions"] == 2
    assert report.facts["total_amount"] == "127.85"  # 10.50 - 3.00 + 20.25 + 100 + 0.10
    assert report.facts["first_order_date"] == "2024-01-06"
    assert report.facts["amount_by_customer"] == {"C1": "7.50", "C2": "20.25", "C3": "100", "C4": "0.10"}


def test_total_is_decimal_not_binary(company_folder):
    rows = "".join(f"O{i},C1,2024-02-01,0.1\n" for i in range(1000))
    company_folder.write("transactions.csv", "order_id,customer_id,ordered_on,amount\n" + rows)
    assert company_folder.check().facts["total_amount"] == "100.0"
    rows = "1,C1,2024-02-01,123456789012345.01\n2,C1,2024-02-01,-123456789012345\n"
    company_folder.write("transactions.csv", "order_id,customer_id,ordered_on,amount\n" + rows)
    assert company_folder.check().facts["total_amount"] == "0.01"


def test_json_is_stable_and_complete(whole_company):
    first, second = whole_company.check().to_json(), whole_company.check().to_json()
    assert first == second
    content = json.loads(first)
    assert content["status"] == "ok"
    assert set(content["tables"]) == set(TABLES)
    orders = content["tables"]["transactions"]
    assert (orders["rows_read"], orders["rows_kept"], orders["encoding"], orders["delimiter"]) == (
        5,
        5,
        "UTF-8",
        "comma",
    )
    assert len(orders["sha256"]) == 64
    assert str(whole_company.path) not in first
    assert "amount_by_customer" not in content["facts"]


def test_optional_tables_may_be_absent_and_say_so_in_words(company_folder):
    company = open_company(company_folder.path, AS_OF)
    assert not company.has("surveys")
    assert not company.has("customers", "surveys")
    with pytest.raises(Refusal, match=r"no table surveys .* add surveys.csv with the columns customer_id"):
        company.table("surveys")
    with pytest.raises(ValueError, match="'survey' is not a table"):
        company.has("survey")


def test_facts_are_missing_and_not_zero_without_their_table(company_folder):
    assert company_folder.check().facts["n_interactions"] is None


def test_as_of_leaves_later_rows_out_and_counts_them(company_folder):
    report = company_folder.check("2025-01-31")
    assert report.exit_code == 0
    assert report.receipts["customers"].left_out == {"joined_on after 2025-01-31": 2}
    assert report.receipts["transactions"].left_out == {"ordered_on after 2025-01-31": 2}
    assert report.facts["total_amount"] == "27.75"  # 10.50 - 3.00 + 20.25


def test_as_of_is_inclusive_and_an_unknown_future_is_blanked(company_folder):
    company_folder.bring("referrals")
    company = open_company(company_folder.path, "2025-03-31")
    assert company.receipts["referrals"].values_blanked == {"converted_on after 2025-03-31": 1}
    assert company.table("referrals")["converted_on"].isna().all()
    assert len(open_company(company_folder.path, "2026-09-30").transactions) == 5  # one order on that very day


def test_as_of_before_an_initiative_leaves_its_flows_out(company_folder):
    company_folder.append("initiatives", "I2,2026-09-01,500,,,,,")
    company_folder.append("initiative_ledger", "I2,2026Q3,sales,7,currency,benefit")
    assert company_folder.check().receipts["initiative_ledger"].rows_left_out == 0
    report = company_folder.check("2026-08-31")
    assert report.exit_code == 0, report.to_text()
    assert report.receipts["initiative_ledger"].left_out == {"quarter not over on 2026-08-31": 1}


def test_an_invitation_after_as_of_is_no_missing_answer(company_folder):
    company_folder.append("surveys", "C4,,,S2,2026-09-15,autumn,,")
    report = company_folder.check("2026-09-01")
    assert report.receipts["surveys"].left_out == {"invited_on after 2026-09-01": 1}


def test_customers_who_joined_after_as_of_are_not_called_unknown(company_folder):
    company_folder.append("customers", "C5,2026-09-15,,,,,,")
    company_folder.append("surveys", "C5,2025-05-02,9,S1,2025-05-01,,,")
    company_folder.append("surveys", "C6,2025-05-02,9,S1,2025-05-01,,,")
    left_out = company_folder.check("2026-09-01").receipts["surveys"].left_out
    assert left_out == {"customer left out": 1, "unknown customer": 1}


def test_a_table_without_a_row_that_counts_is_absent_for_the_chapters(company_folder, tmp_path):
    company_folder.write("referrals.csv", "referrer_id,referred_id,referred_on\nC1,C1,2025-03-01\n")
    report = company_folder.check()
    assert report.exit_code == 0
    assert [message.what for message in report.messages if message.table == "referrals"][-1] == "No row is left."
    company = open_company(company_folder.path, AS_OF)
    assert not company.has("referrals")
    assert not open_company(save_company(company, tmp_path / "prepared")).has("referrals")
    assert company.table("referrals").empty


def test_a_saved_company_opens_the_same(whole_company, tmp_path):
    company = open_company(whole_company.path, "2025-03-31")
    saved = save_company(company, tmp_path / "prepared")
    again = open_company(saved, "2025-03-31")
    for name in company.receipts:
        assert_frame_equal(company.table(name), again.table(name))
    assert (again.receipts, again.messages, again.settings) == (company.receipts, company.messages, company.settings)
    assert (again.as_of, again.fingerprint) == (company.as_of, company.fingerprint)
    assert open_company(saved).has("goals")


def test_a_saved_company_writes_the_same_bytes(whole_company, tmp_path):
    company = open_company(whole_company.path, AS_OF)
    one, two = save_company(company, tmp_path / "one"), save_company(company, tmp_path / "two")
    for path in sorted(one.iterdir()):
        assert path.read_bytes() == (two / path.name).read_bytes()


def test_a_changed_prepared_file_is_refused(company_folder, tmp_path):
    saved = save_company(open_company(company_folder.path, AS_OF), tmp_path / "prepared")
    path = saved / "customers.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    company = open_company(saved)
    assert len(company.transactions) == 5
    with pytest.raises(CompanyRefused, match="customers.parquet"):
        company.customers  # noqa: B018 - reading is what must fail


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 99}', '{"format": 1, "as_of": "x"}'])
def test_a_broken_description_is_refused(company_folder, tmp_path, content):
    saved = save_company(open_company(company_folder.path, AS_OF), tmp_path / "prepared")
    (saved / "prepared.json").write_text(content)
    with pytest.raises(CompanyRefused, match="prepared.json"):
        open_company(saved)


def test_a_prepared_company_is_of_one_day_and_is_not_checked_again(company_folder, tmp_path):
    saved = save_company(open_company(company_folder.path, AS_OF), tmp_path / "prepared")
    with pytest.raises(CompanyRefused, match="is of 2026-09-30, not of 2026-06-30"):
        open_company(saved, "2026-06-30")
    assert "prepared folder" in check_company(saved, AS_OF).messages[0].what


def test_fingerprint_follows_the_inputs(whole_company):
    before = open_company(whole_company.path, AS_OF).fingerprint
    assert before == open_company(whole_company.path, "2026-06-30").fingerprint
    whole_company.change("customers", "Silver", "Bronze")
    after = open_company(whole_company.path, AS_OF).fingerprint
    whole_company.write("company.yaml", "currency: EUR\n")
    assert len({before, after, open_company(whole_company.path, AS_OF).fingerprint}) == 3


def test_cdnow_is_read(shared_data, tmp_path):
    """The published count of the sample: 23,570 people, 69,659 orders, 1997-01-01 to 1998-06-30."""
    lines = (shared_data / "cdnow" / "CDNOW_master.txt").read_text().split("\n")
    rows = [line.split() for line in lines if line.strip()]
    rows = rows[1:] if not rows[0][0].isdigit() else rows
    first = {}
    orders = ["order_id,customer_id,ordered_on,amount"]
    for i, (customer, day, _, amount) in enumerate(rows):
        iso = f"{day[:4]}-{day[4:6]}-{day[6:]}"
        first[customer] = min(first.get(customer, iso), iso)
        orders.append(f"{i},{customer},{iso},{amount}")
    people = ["customer_id,joined_on"] + [f"{customer},{iso}" for customer, iso in first.items()]
    (tmp_path / "customers.csv").write_text("\n".join(people) + "\n")
    (tmp_path / "transactions.csv").write_text("\n".join(orders) + "\n")
    facts = check_company(tmp_path, "1998-06-30").facts
    assert (facts["n_customers"], facts["n_orders"], facts["first_order_date"]) == (23570, 69659, "1997-01-01")
    assert facts["total_amount"] == "2500315.63"
