"""Faults that were seen, each by its smallest input: what is lost or counted twice in one table is so in none."""

import pandas as pd
import pytest

from scrm_helpers.advocacy.deeds.by_answer import link_answers
from scrm_helpers.advocacy.score.nps import latest_answers
from scrm_helpers.network.forest.referral_forest import build_forest
from scrm_helpers.report.checked_company import write_check
from scrm_helpers.tables import open_company
from scrm_helpers.value.social.referral_value import referral_flows

AS_OF = "2026-09-30"


def _messages(folder, level=None):
    return [message for message in folder.check().messages if level in (None, message.level)]


def test_a_blank_channel_does_not_stop_a_company(company_folder):
    company_folder.change("interactions", "10:11,forum", "10:11,")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("warning", "channel", (2,))
    assert open_company(company_folder.path, AS_OF).table("interactions")["channel"].tolist() == ["unknown", "forum"]


def test_one_blank_currency_is_named_with_its_line(company_folder):
    company_folder.change("transactions", "20.25,8,EUR", "20.25,8,")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("warning", "currency", (4,))
    assert "count as EUR" in message.why


@pytest.mark.parametrize("unit", ["eur", "\u20ac", "Euro", "currency", ""])
def test_no_money_of_the_ledger_is_lost_by_its_spelling(company_folder, unit):
    company_folder.write("initiative_ledger.csv", "initiative_id,quarter,stream,amount,unit\n"
                         f"I1,2025Q1,sales,1100,EUR\nI1,2025Q2,sales,300,{unit}\n")  # fmt: skip
    ledger = open_company(company_folder.path, AS_OF).table("initiative_ledger")
    assert ledger.groupby("unit")["amount"].sum().to_dict() == {"EUR": 1400.0}


def test_nobody_is_a_customer_of_spaces(company_folder):
    company_folder.append("customers", "   ,2024-01-01,,,,,,")
    company_folder.append("transactions", "O9,\u00a0 ,2025-10-01,5,1,EUR,0")
    report = company_folder.check()
    assert report.exit_code == 0
    assert report.facts["n_customers"] == 4
    assert report.receipts["transactions"].left_out == {"no customer_id": 1}


@pytest.mark.parametrize("twin", ["o1", "\ufeffO1", " O1", "O1\u200b"])
def test_an_order_that_stands_twice_under_twin_ids_is_not_counted_twice(company_folder, twin):
    company_folder.append("transactions", f"{twin},C1,2024-01-06,10.50,4.20,EUR,1")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("error", "order_id", (2, 7))
    company_folder.change("transactions", f"{twin},C1,2024-01-06,10.50", f"{twin},C1,2024-01-06,10.60")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("warning", "order_id", (2, 7))


@pytest.mark.parametrize("order", [("10", "0"), ("0", "10")])
def test_of_two_answers_at_one_time_the_lower_counts_whatever_the_order_of_the_rows(company_folder, order):
    company_folder.write("surveys.csv", "customer_id,responded_on,score\n"
                         f"C1,2025-05-02,{order[0]}\nC1,2025-05-02,{order[1]}\nC2,2025-05-02,9\n")  # fmt: skip
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("warning", "score", (2, 3))
    company = open_company(company_folder.path, AS_OF)
    assert latest_answers(company.table("surveys"), company.as_of)["score"].tolist() == [0.0, 9.0]
    company_folder.write(
        "surveys.csv", company_folder.text("surveys").replace(f"02,{order[1]}", f"02T15:00,{order[1]}")
    )
    assert not _messages(company_folder, "error")
    company = open_company(company_folder.path, AS_OF)
    assert latest_answers(company.table("surveys"), company.as_of)["score"].tolist() == [float(order[1]), 9.0]


STATUS = "C1,C3,2025-03-01,{},5,0.4,mail\nX9,C4,2025-06-01,{},0,0.4,mail\nC1,P7,2025-06-01,{},0,0.4,mail\n"


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        ("converted_on,status,", STATUS.format("2025-04-01,converted", ",pending", ",declined")),
        ("converted_on,status,", STATUS.format("2025-04-01,", ",", ",")),
        ("converted_on,status,", STATUS.format(",Converted", ",open", ",rejected")),
        ("status,", STATUS.format("paid", "Invited", "Cancelled")),
        ("status,", STATUS.format("APPROVED", "in progress", "expired")),
    ],
)
def test_every_chapter_counts_the_same_referrals_as_converted(company_folder, header, rows):
    company_folder.write(
        "referrals.csv", f"referrer_id,referred_id,referred_on,{header}reward_cost,p_type1,channel\n{rows}"
    )
    company = open_company(company_folder.path, AS_OF)
    referrals = company.table("referrals")
    assert referrals["converted_on"].tolist() == [pd.Timestamp("2025-04-01"), pd.NaT, pd.NaT]
    assert build_forest(referrals, company.customers, as_of=company.as_of).left_out == {"not_converted": 2}
    answers = pd.DataFrame({"customer_id": ["C1"], "responded_on": [pd.Timestamp("2025-02-01")], "score": [9.0]})
    linked = link_answers(answers, referrals, company.as_of, window_days=365)
    assert linked.people["customers_brought"].tolist() == [1]
    flows = referral_flows(referrals, company.transactions, company.customers, company.as_of)
    assert flows.rows["referred_id"].tolist() == ["C3"]


def test_referrals_that_say_nothing_of_conversions_are_judged_by_who_became_a_customer_since(company_folder):
    company_folder.write("referrals.csv", "referrer_id,referred_id,referred_on\n"
                         "C1,C3,2025-03-01\nX9,C2,2025-06-01\nC1,P7,2025-06-01\n")  # fmt: skip
    found = open_company(company_folder.path, AS_OF)
    assert found.table("referrals")["converted_on"].tolist() == [pd.Timestamp("2025-04-01"), pd.NaT, pd.NaT]
    assert any("neither converted_on nor status" in message.what for message in found.messages)


def test_a_conversion_after_the_day_of_the_analysis_has_not_happened(company_folder):
    company_folder.change("referrals", "2025-04-01,converted", "2026-10-01,converted")
    assert open_company(company_folder.path, AS_OF).table("referrals")["converted_on"].isna().all()


def test_a_status_that_contradicts_the_day_is_named(company_folder):
    company_folder.change("referrals", "2025-04-01,converted", "2025-04-01,rejected")
    assert any("although their status is declined" in message.what for message in _messages(company_folder, "warning"))


@pytest.mark.parametrize(("day", "level"), [("2025-04-01", "warning"), ("", "error")])
def test_a_status_that_nobody_understands_refuses_where_it_alone_decides(company_folder, day, level):
    company_folder.change("referrals", "2025-04-01,converted", f"{day},converted")
    company_folder.change("referrals", ",,pending", ",,stage 7")
    (message,) = [message for message in _messages(company_folder) if "not understood" in message.what]
    assert (message.level, message.lines) == (level, (3,))


@pytest.mark.parametrize(("top", "n"), [(5, 5), (7, 20)])
def test_no_score_is_made_of_answers_on_another_scale(company_folder, top, n):
    people = "".join(f"S{row},2024-01-01,,,,,,\n" for row in range(n))
    company_folder.write("customers.csv", company_folder.text("customers") + people)
    scores = "".join(f"S{row},2025-05-02,{1 + row % top}\n" for row in range(n))
    company_folder.write("surveys.csv", f"customer_id,responded_on,score\n{scores}")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.n) == ("error", "score", n)
    assert "`sources: {surveys: {scale: 0-10}}`" in message.todo
    company_folder.write("company.yaml", "sources: {surveys: {scale: 0-10}}\n")
    assert not _messages(company_folder)


def test_identical_rows_of_the_ledger_count_and_the_words_say_so(company_folder):
    company_folder.append("initiative_ledger", "I1,2025-q2,sales,-20,currency,cash")
    (message,) = [m for m in write_check(company_folder.path, AS_OF, None).messages if "word for word" in m.what]
    assert (message.level, message.lines) == ("warning", (4,))
    assert "each of them counts" in message.why
    assert open_company(company_folder.path, AS_OF).table("initiative_ledger")["amount"].tolist() == [100.5, -20, -20]


def test_an_initiative_without_a_cost_is_spared_and_named_in_its_file(company_folder):
    company_folder.append("initiatives", "I2,2025-01-01,,,,,,")
    company_folder.append("initiative_ledger", "I2,2025Q1,sales,7,currency,benefit")
    report = write_check(company_folder.path, AS_OF, None)
    assert report.exit_code == 0
    assert report.receipts["initiatives"].left_out == {"no cost known": 1}
    assert report.receipts["initiative_ledger"].left_out == {"initiative without cost": 1}
    files = {message.file for message in report.messages if "without cost" in message.what and message.column == "cost"}
    assert files == {"initiatives.csv"}
    company_folder.append("initiative_ledger", "I2,2025Q1,staff,3,currency,cash")
    assert write_check(company_folder.path, AS_OF, None).receipts["initiatives"].left_out == {}


def test_a_cost_of_nothing_is_named_in_the_file_of_the_initiatives(company_folder):
    company_folder.change("initiatives", "2025-01-01,1000", "2025-01-01,0")
    company_folder.write("initiative_ledger.csv", "initiative_id,quarter,stream,amount\nI1,2025Q1,sales,7\n")
    (message,) = [m for m in write_check(company_folder.path, AS_OF, None).messages if "gives no cost" in m.what]
    assert (message.table, message.file) == ("initiatives", "initiatives.csv")
    assert "is not shown" in message.why


def test_a_flow_without_a_kind_among_others_is_no_silent_benefit(company_folder):
    company_folder.change("initiative_ledger", "-20,currency,cash", "-20,currency,")
    (message,) = _messages(company_folder)
    assert (message.level, message.column, message.lines) == ("error", "kind", (3,))
