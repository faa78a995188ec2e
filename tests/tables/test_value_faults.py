"""Spoiled values: what makes a figure wrong refuses, what can be left out is counted, what is odd is a warning."""

import pytest

from scrm_helpers.tables import CompanyRefused, open_company

AS_OF = "2026-09-30"

# name: (table, text in the good file, spoiled text, column named, line named, words of the message)
REFUSED = {
    "amount blank": ("transactions", "10.50,4.20", ",4.20", "amount", 2, "without amount"),
    "amount in words": ("transactions", "10.50,4.20", "ten,4.20", "amount", 2, "'ten'"),
    "amount inf": ("transactions", "10.50,4.20", "inf,4.20", "amount", 2, "not a number"),
    "amount -Infinity": ("transactions", "10.50,4.20", "-Infinity,4.20", "amount", 2, "not a number"),
    "amount nan": ("transactions", "10.50,4.20", "nan,4.20", "amount", 2, "not a number"),
    "amount NA": ("transactions", "10.50,4.20", "NA,4.20", "amount", 2, "not a number"),
    "amount null": ("transactions", "10.50,4.20", "null,4.20", "amount", 2, "not a number"),
    "amount scientific": ("transactions", "10.50,4.20", "1e3,4.20", "amount", 2, "decimal"),
    "amount with decimal comma": ("transactions", "10.50,4.20", '"12,50",4.20', "amount", 2, "decimal"),
    "amount with thousands": ("transactions", "10.50,4.20", '"1,000.50",4.20', "amount", 2, "thousands"),
    "amount with thousands blank": ("transactions", "10.50,4.20", "1 000,4.20", "amount", 2, "thousands"),
    "amount with currency sign": ("transactions", "10.50,4.20", "$10,4.20", "amount", 2, "units"),
    "amount in brackets": ("transactions", "10.50,4.20", "(10),4.20", "amount", 2, "not a number"),
    "amount with underscore": ("transactions", "10.50,4.20", "1_000,4.20", "amount", 2, "not a number"),
    "amount hexadecimal": ("transactions", "10.50,4.20", "0x10,4.20", "amount", 2, "not a number"),
    "amount in Arabic digits": ("transactions", "10.50,4.20", "\u0661\u0662,4.20", "amount", 2, "not a number"),
    "amount with typographic minus": ("transactions", "10.50,4.20", "\u22123,4.20", "amount", 2, "not a number"),
    "amount of a thousand digits": ("transactions", "10.50,4.20", f"{'9' * 1000},4.20", "amount", 2, "not a number"),
    "order without id": ("transactions", "O1,C1", ",C1", "order_id", 2, "without order_id"),
    "order twice": ("transactions", "O3,", "O1,", "order_id", 2, "1 too many"),
    "line break in an id": ("transactions", "O1,C1", '"O\n1",C1', "order_id", 2, "line break"),
    "two currencies": ("transactions", "20.25,8,EUR", "20.25,8,USD", "currency", 4, "no rate"),
    "currency sign": ("transactions", "20.25,8,EUR", "20.25,8,$", "currency", 4, "three capital letters"),
    "marketing cost negative": ("transactions", "4.20,EUR,1", "4.20,EUR,-1", "marketing_cost", 2, "0 or more"),
    "customer twice": ("customers", "C2,2024", "C1,2024", "customer_id", 2, "share their customer_id"),
    "joined blank": ("customers", "C1,2024-01-05", "C1,", "joined_on", 2, "without joined_on"),
    "joined in words": ("customers", "2024-01-05", "soon", "joined_on", 2, "not a date"),
    "joined with slashes": ("customers", "2024-01-05", "03/04/2024", "joined_on", 2, "%d.%m.%Y"),
    "joined day first": ("customers", "2024-01-05", "13-04-2024", "joined_on", 2, "not a date"),
    "joined compact": ("customers", "2024-01-05", "20240105", "joined_on", 2, "not a date"),
    "joined never": ("customers", "2024-01-05", "0000-00-00", "joined_on", 2, "not a date"),
    "joined on 30 February": ("customers", "2024-01-05", "2024-02-30", "joined_on", 2, "not a date"),
    "joined in month 13": ("customers", "2024-01-05", "2024-13-01", "joined_on", 2, "not a date"),
    "joined in epoch seconds": ("customers", "2024-01-05", "1704412800", "joined_on", 2, "not a date"),
    "joined in epoch milliseconds": ("customers", "2024-01-05", "1704412800000", "joined_on", 2, "not a date"),
    "joined as a spreadsheet number": ("customers", "2024-01-05", "45296", "joined_on", 2, "not a date"),
    "joined in 1970": ("customers", "2024-01-05", "1970-01-01", "joined_on", 2, "before 1990"),
    "joined in 1989": ("customers", "2024-01-05", "1989-12-31", "joined_on", 2, "before 1990"),
    "joined in the year 24": ("customers", "2024-01-05", "24-01-05", "joined_on", 2, "not a date"),
    "one date with an offset": ("customers", "2024-01-05", "2024-01-05T10:00Z", "joined_on", 2, "offset"),
    "consent unclear": ("customers", "12.50,yes", "12.50,maybe", "consent_contact", 2, "yes or no"),
    "cost negative": ("customers", "12.50,yes", "-12.50,yes", "acquisition_cost", 2, "0 or more"),
    "score 11": ("surveys", "2025-05-02,9", "2025-05-02,11", "score", 2, "0 to 10"),
    "score -1": ("surveys", "2025-05-02,9", "2025-05-02,-1", "score", 2, "0 to 10"),
    "score 99": ("surveys", "2025-05-02,9", "2025-05-02,99", "score", 2, "'99'"),
    "score 8.5": ("surveys", "2025-05-02,9", "2025-05-02,8.5", "score", 2, "whole number"),
    "score in words": ("surveys", "2025-05-02,9", "2025-05-02,nine", "score", 2, "'nine'"),
    "vintage that is no quarter": (
        "initiative_ledger",
        "unit,kind\nI1,2025Q1,sales,100.5,currency,benefit\nI1,2025-q2,sales,-20,currency,cash",
        "vintage\nI1,2025Q1,sales,100.5,spring\nI1,2025-q2,sales,-20,2025q1",
        "vintage",
        2,
        "'spring'",
    ),
    "p_type1 above 1": ("referrals", "5,0.4", "5,1.4", "p_type1", 2, "0 to 1"),
    "reward negative": ("referrals", "5,0.4", "-5,0.4", "reward_cost", 2, "0 or more"),
    "sentiment 2": ("interactions", "forum,0.5", "forum,2", "sentiment", 2, "-1 to 1"),
    "message twice": ("interactions", "M2,", "M1,", "interaction_id", 2, "share their interaction_id"),
    "role unknown": ("interactions", "C1,customer", "C1,boss", "author_role", 2, "employee"),
    "initiative ends before it starts": ("initiatives", "2027-01-01", "2024-01-01", "ended_on", 2, "before they start"),
    "cases in the wrong order": ("initiatives", "10,20,30", "20,10,30", "case_p10", 2, "above case_p50"),
    "initiative cost negative": ("initiatives", "1000", "-1000", "cost", 2, "0 or more"),
    "quarter in words": ("initiative_ledger", "2025Q1", "Spring", "quarter", 2, "2026Q3"),
    "quarter 5": ("initiative_ledger", "2025Q1", "2025Q5", "quarter", 2, "2026Q3"),
    "flow of an unknown initiative": ("initiative_ledger", "I1,2025Q1", "I2,2025Q1", "initiative_id", 2, "known: 'I1'"),
    "unknown kind of flow": ("initiative_ledger", "benefit", "gain", "kind", 2, "volunteered_time"),
    "unit twice in a period": ("initiative_panel", "U2,", "U1,", "outcome", 2, "outcome + unit_id + period"),
    "team count broken": ("employees", "2025Q1,10", "2025Q1,10.5", "n", 2, "whole number"),
    "more answers than people": ("employees", "2025Q1,10", "2025Q1,5", "n", 2, "than people"),
    "idea shares above 1": ("ideas", "0.5\nD1,E2", "0.6\nD1,E2", "share", 2, "more than 1"),
    "register unclear": ("data_register", "crm,yes", "crm,partly", "canonical", 2, "yes or no"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_that_makes_a_figure_wrong_refuses(company_folder, name):
    table, old, new, column, line, words = REFUSED[name]
    company_folder.change(table, old, new)
    with pytest.raises(CompanyRefused) as caught:
        open_company(company_folder.path, AS_OF)
    (message,) = (one for one in caught.value.messages if one.level == "error")
    assert (message.table, message.file, message.column) == (table, f"{table}.csv", column)
    assert message.lines[0] == line
    assert words in f"{message.what} {message.todo}"
    assert all([message.why, message.todo])
    assert f"{table}.csv, column {column}, line" in str(message)


# name: (table, row to add, reason in the receipt, rows left out)
LEFT_OUT = {
    "order after the day": ("transactions", "O9,C1,2026-10-01,5,1,EUR,0", "ordered_on after 2026-09-30", 1),
    "order in the year 9999": ("transactions", "O9,C1,9999-12-31,5,1,EUR,0", "ordered_on after 2026-09-30", 1),
    "order of nobody": ("transactions", "O9,,2025-10-01,5,1,EUR,0", "no customer_id", 1),
    "order of an unknown customer": ("transactions", "O9,C77,2025-10-01,5,1,EUR,0", "unknown customer", 1),
    "order of a near twin": ("transactions", "O9,c1,2025-10-01,5,1,EUR,0", "unknown customer", 1),
    "customer without id": ("customers", ",2024-01-01,,,,,,", "no customer_id", 1),
    "customer of tomorrow": ("customers", "C9,2026-10-01,,,,,,", "joined_on after 2026-09-30", 1),
    "answer of an unknown customer": ("surveys", "C77,2025-05-02,9,S1,,,,", "unknown customer", 1),
    "answer without a day": ("surveys", "C4,,9,S1,,,,", "answer without a day", 1),
    "answer repeated": ("surveys", "C1,2025-05-02,9,S1,2025-05-01,spring,yes,good", "repeated row", 1),
    "self-referral": ("referrals", "C1,C1,2025-03-01,,pending,0,,", "self-referral", 1),
    "referral repeated": ("referrals", "C1,C3,2025-03-01,2025-04-01,converted,5,0.4,mail", "repeated row", 1),
    "referral by nobody": ("referrals", ",C3,2025-03-01,,pending,0,,", "no referrer_id", 1),
    "referral of nobody": ("referrals", "C1,,2025-03-01,,pending,0,,", "no referred_id", 1),
    "message of tomorrow": ("interactions", "M9,2026-10-01,forum,,,,,,", "occurred_on after 2026-09-30", 1),
    "initiative of tomorrow": ("initiatives", "I9,2026-10-01,5,,,,,", "started_on after 2026-09-30", 1),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_row_that_can_be_left_out_is_counted_and_named(company_folder, name):
    table, row, reason, n = LEFT_OUT[name]
    company_folder.bring(table)
    before = company_folder.check()
    company_folder.append(table, row)
    last = len(company_folder.text(table).splitlines())
    after = company_folder.check()
    assert after.exit_code == 0, after.to_text()
    receipt = after.receipts[table]
    assert receipt.left_out == {reason: n}
    assert receipt.rows_read == before.receipts[table].rows_read + n == receipt.rows_kept + n
    warnings = [message for message in after.messages if message.table == table and message.lines == (last,)]
    assert [message.level for message in warnings] == ["warning"]
    assert after.facts["total_amount"] == before.facts["total_amount"]


def test_an_unknown_id_that_looks_known_is_named(company_folder):
    company_folder.append("transactions", "O9, c1,2025-10-01,5,1,EUR,0")
    (message,) = company_folder.check().messages
    assert "' c1' like 'C1'" in message.what
    assert "5.00 in all" in message.why


# name: (table, row to add, words of the warning)
WARNED = {
    "refunded more than bought": ("transactions", "O9,C1,2025-10-01,-100,0,EUR,0", "refunded more"),
    "order before joining": ("transactions", "O9,C4,2025-06-29,5,0,EUR,0", "before the customer joined"),
    "ids that look the same": ("customers", "c1,2024-01-01,,,,,,", "look the same"),
    "full-width twin": ("customers", "\uff231,2024-01-01,,,,,,", "look the same"),
    "invisible twin": ("customers", "C1\u200b,2024-01-01,,,,,,", "look the same"),
    "segments that look the same": ("customers", "C9,2024-01-01,gold,,,,,", "written in different ways"),
    "two referrers": ("referrals", "C2,C3,2025-03-05,,pending,0,,", "share their referred person"),
    "circle of referrals": ("referrals", "C3,C1,2025-03-10,,pending,0,,", "circle"),
    "referral before the referrer joined": ("referrals", "C4,Z1,2025-01-01,,pending,0,,", "before the referrer joined"),
    "referral of an old customer": ("referrals", "C1,C2,2025-03-10,,pending,0,,", "had bought before"),
    "converted before referred": ("referrals", "C1,Z1,2025-03-10,2025-03-01,pending,0,,", "before they were referred"),
    "answer before the invitation": ("surveys", "C4,2025-05-02,9,S1,2025-06-01,,,", "before the invitation"),
    "answer to an absent message": ("interactions", "M9,2025-05-02,forum,,,,,M77,", "not in the table"),
    "message about an unknown customer": ("interactions", "M9,2025-05-02,forum,,C77,,,,", "not in customers"),
    "referrer that looks like a customer": ("referrals", "c1,Z1,2025-03-10,,pending,0,,", "looks like one"),
    "message about a near twin": ("interactions", "M9,2025-05-02,forum,, C1,,,,", "looks like one"),
    "answer without a score": ("surveys", "C4,2025-05-02,,S1,2025-05-01,,,", "without a score"),
    "goal without a parent": ("goals", "G2,x,y,z,1,2,2027-01-01,Ann", None),
}


@pytest.mark.parametrize("name", WARNED)
def test_an_odd_row_is_kept_with_a_warning(company_folder, name):
    table, row, words = WARNED[name]
    company_folder.bring(table)
    before = company_folder.check().receipts[table].rows_kept
    company_folder.append(table, row)
    report = company_folder.check()
    assert report.exit_code == 0, report.to_text()
    assert report.receipts[table].rows_kept == before + 1
    found = [message for message in report.messages if words and words in message.what]
    assert bool(found) == bool(words)
    assert all(message.level == "warning" and message.table == table for message in report.messages)


def test_scores_of_another_scale_are_warned_of(company_folder):
    company_folder.change("surveys", "2025-05-02,9", "2025-05-02,5")
    (message,) = company_folder.check().messages
    assert (message.level, message.column) == ("warning", "score")
    assert "between 0 and 5" in message.what


def test_a_score_may_be_written_with_a_point(company_folder):
    company_folder.change("surveys", "2025-05-02,9", "2025-05-02,9.0")
    assert open_company(company_folder.path, AS_OF).table("surveys")["score"][0] == 9


def test_dates_with_offsets_come_to_the_declared_zone(company_folder):
    company_folder.change("interactions", "2025-05-01 10:11", "2025-05-01T23:30:00Z")
    company_folder.change("interactions", "2025-05-01T10:12:30", "2025-05-01T23:30:00+02:00")
    company_folder.write("company.yaml", "timezone: Europe/Berlin\n")
    found = open_company(company_folder.path, AS_OF).table("interactions")["occurred_on"]
    assert [str(stamp) for stamp in found] == ["2025-05-02 01:30:00", "2025-05-01 23:30:00"]


@pytest.mark.parametrize("offset", ["+02", "+0200", "+02:00"])
def test_stamps_of_databases_are_read(company_folder, offset):
    company_folder.change("interactions", "2025-05-01 10:11", "2025-05-01 22:30:00 UTC")
    company_folder.change("interactions", "2025-05-01T10:12:30", f"2025-05-01 23:30:00.123456789{offset}")
    found = open_company(company_folder.path, AS_OF).table("interactions")["occurred_on"]
    assert [str(stamp) for stamp in found] == ["2025-05-01 22:30:00", "2025-05-01 21:30:00.123456"]


def test_yes_and_no_of_databases_are_read(company_folder):
    company_folder.change("customers", "12.50,yes", "12.50,t")
    company_folder.change("customers", "0,no", "0,f")
    consent = open_company(company_folder.path, AS_OF).customers["consent_contact"]
    assert consent.fillna(False).tolist() == [True, False, False, True]


def test_declared_forms_of_dates_and_numbers_are_read(company_folder):
    company_folder.write("orders.csv", "Nr;Kunde;Tag;Betrag\nO1;C1;05.02.2024;12,50\nO2;C2;06.02.2024;-1000\n")
    (company_folder.path / "transactions.csv").unlink()
    company_folder.write("company.yaml", """
sources:
  transactions:
    file: orders.csv
    columns: {order_id: Nr, customer_id: Kunde, ordered_on: Tag, amount: Betrag}
    decimal: ","
    dates: "%d.%m.%Y"
""")  # fmt: skip
    report = company_folder.check()
    assert report.exit_code == 0, report.to_text()
    assert report.facts["total_amount"] == "-987.50"
    assert report.facts["first_order_date"] == "2024-02-05"
    company_folder.write("orders.csv", "Nr;Kunde;Tag;Betrag\nO1;C1;2024-02-05;12.50\n")
    assert {message.column for message in company_folder.check().messages} == {"ordered_on", "amount"}


def test_rates_bring_orders_to_one_currency_exactly(company_folder):
    company_folder.change("transactions", "20.25,8,EUR", "20.25,8,USD")
    company_folder.write("company.yaml", "currency: EUR\nrates: {USD: 0.91}\n")
    report = company_folder.check()
    assert report.facts["total_amount"] == "126.0275"  # 107.60 + 20.25 x 0.91
    orders = open_company(company_folder.path, AS_OF).transactions
    assert orders["amount"][2] == pytest.approx(18.4275)
    assert orders["margin"][2] == pytest.approx(7.28)
    assert orders["currency"].unique().tolist() == ["EUR"]


def test_a_single_currency_is_taken_over_unless_another_is_set(company_folder):
    company_folder.write("transactions.csv", company_folder.text("transactions").replace("EUR", "USD"))
    assert open_company(company_folder.path, AS_OF).settings.currency == "USD"
    company_folder.write("company.yaml", "currency: EUR\n")
    (message,) = company_folder.check().messages
    assert "USD" in message.what
    assert message.n == 5


def test_a_blank_currency_beside_a_foreign_one_refuses(company_folder):
    company_folder.change("transactions", "20.25,8,EUR", "20.25,8,")
    assert company_folder.check().exit_code == 0
    company_folder.change("transactions", "100,50,EUR", "100,50,USD")
    company_folder.write("company.yaml", "currency: EUR\nrates: {USD: 0.5}\n")
    (message,) = company_folder.check().messages
    assert "without currency, while others have different currencies" in message.what
    assert message.lines == (4,)


def test_values_are_escaped_and_cut_in_messages(company_folder):
    company_folder.change("customers", "2024-01-05", "\x1b[31m\u202e" + "x" * 500)
    (message,) = company_folder.check().messages
    assert "\x1b" not in str(message)
    assert "\u202e" not in str(message)
    assert "'\\x1b[31m\\u202e" in message.what
    assert len(message.what) < 150


def test_a_name_like_a_formula_or_script_is_only_text(company_folder):
    company_folder.change("customers", "Silver", "<script>{0.__class__} %s =1+1")
    assert open_company(company_folder.path, AS_OF).customers["segment"][1] == "<script>{0.__class__} %s =1+1"
    company_folder.append("transactions", "O9,{n}{rows}{example},2025-10-01,5,1,EUR,0")
    (message,) = company_folder.check().messages
    assert "'{n}{rows}{example}'" in message.what


def test_everybody_left_out_refuses(company_folder):
    report = company_folder.check("1999-01-01")
    assert report.exit_code == 1
    assert any("No row is left" in message.what for message in report.messages)


def test_invisible_blanks_show_in_messages(company_folder):
    company_folder.change("transactions", "20.25", "\u00a020.25")
    (message,) = company_folder.check().messages
    assert "'\\xa020.25'" in message.what


def test_lines_of_one_order_are_to_be_added_up(company_folder):
    company_folder.change("transactions", "O3,", "O1,")
    (message,) = company_folder.check().messages
    assert "Add the lines of one order up" in message.todo
