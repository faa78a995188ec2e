"""What was read, what links and what can be answered, on a company of three customers."""

import pytest

from scrm_helpers.report.chapters import readiness
from scrm_helpers.tables import open_company

CUSTOMERS = "customer_id,joined_on\nA,2024-01-01\nB,2024-01-01\nC,2024-01-01\n"
ORDERS = "order_id,customer_id,ordered_on,amount\n1,A,2026-02-01,10\n2,B,2026-02-01,10\n"
# X is no customer: a quarter of the four ends of two referrals is unknown.
REFERRALS = "referrer_id,referred_id,referred_on\nX,A,2024-02-01\nB,C,2024-02-01\n"


@pytest.fixture
def company(tmp_path):
    for name, text in {"customers": CUSTOMERS, "transactions": ORDERS, "referrals": REFERRALS}.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    return open_company(tmp_path, as_of="2026-09-30")


def test_every_row_is_accounted_for(company):
    read = readiness.tables_read(company)
    assert read.sentence.startswith("3 tables with 7 rows were read, none left out.")
    assert (read.table["Rows read"] == read.table["Kept"] + read.table["Left out"]).all()


def test_the_weakest_link_is_named(company):
    linked = readiness.linkage(company)
    assert linked.shares == {
        "buyers of orders": 1.0,
        "people who referred": 0.5,
        "people who were referred": 1.0,
    }
    assert linked.title == "50% of people who referred are known customers"
    assert linked.measures[0].value == pytest.approx(5 / 6)
    assert len(linked.plot().get_yticklabels()) == 3


def test_chapters_without_their_tables_say_what_they_need(company):
    table = readiness.questions_answered(company).table.set_index("Chapter")["Can be answered"]
    assert table["04"] == "yes"
    assert table["03"] == "needs surveys"
    assert table["05"] == "yes; more with interactions, ideas, surveys"


def test_absent_unknown_and_zero_are_three_things(tmp_path, company):
    found = readiness.gaps(company)
    table = found.table.set_index("What is missing")
    assert table.loc["there is no table surveys", "State"] == "absent"
    assert table.loc["customers has no column consent_contact", "What it would answer"] == "who may be written to"
    assert found.untold.value == 0  # the friends are known customers
    tables = {
        "customers": CUSTOMERS.replace("joined_on", "joined_on,consent_contact").replace("01-01\n", "01-01,\n"),
        "transactions": ORDERS,
        "referrals": REFERRALS.replace(",A,2", ",F1,2").replace(",C,2", ",F2,2"),
        "ideas": "idea_id,contributor_id,submitted_on,status\n",
    }
    (tmp_path / "other").mkdir()
    for name, text in tables.items():
        (tmp_path / "other" / f"{name}.csv").write_text(text, encoding="utf-8")
    other = open_company(tmp_path / "other", as_of="2026-09-30")
    assert other.missing("customers", "consent_contact") == "consent_contact of customers is blank in every row"
    assert other.missing("referrals", "referred_id") == "no referred_id of referrals is in customers"
    assert other.missing("ideas") == "no row of ideas counts"
    assert other.missing("transactions", "amount") == ""
    assert readiness.gaps(other).untold.value == 3
