"""Who is to be thanked, asked, answered and left alone, on a company of six people."""

import openpyxl
import pandas as pd
import pytest

from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value
from scrm_helpers.report.chapters.actions import actions_in_short, cannot_plan, plan_actions, write_actions
from scrm_helpers.tables import open_company

FILES = {
    "customers.csv": """customer_id,joined_on,consent_contact
=A,2024-01-01,true
B,2024-01-01,true
C,2024-01-01,false
D,2026-06-01,true
E,2024-01-01,true
F,2024-01-01,true
""",
    "transactions.csv": """order_id,customer_id,ordered_on,amount,margin
1,=A,2026-02-01,100,40
2,B,2026-02-01,50,20
3,C,2026-02-01,10,5
4,D,2026-06-01,80,30
5,E,2026-06-01,20,8
6,F,2026-06-01,30,9
""",
    # =A brought D; C brought nobody and has given no consent; F referred herself, which counts for nothing.
    "referrals.csv": """referrer_id,referred_id,referred_on,converted_on,p_type1
=A,D,2026-05-20,2026-06-01,1
F,F,2026-05-20,2026-06-01,1
""",
    "surveys.csv": """customer_id,responded_on,score
=A,2026-03-01,10
B,2026-03-01,9
C,2026-03-01,10
E,2026-03-01,8
""",
    "interactions.csv": """\
interaction_id,occurred_on,channel,customer_id,author_role,is_public,resolved,intent,sentiment
m1,2026-09-20,social,B,customer,true,false,question,0
m2,2026-09-20,social,E,customer,true,,chat,-0.9
m3,2026-03-01,social,F,customer,true,false,complaint,-0.9
m4,2026-09-20,e-mail,D,customer,false,false,question,0
m5,2026-09-21,social,,other,true,false,question,0
""",
}


@pytest.fixture
def company(tmp_path):
    folder = tmp_path / "company"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return open_company(folder, as_of="2026-09-30")


@pytest.fixture
def actions(company):
    return plan_actions(company, prepare_value(People(company)))


def people(actions, kind):
    return actions.loc[actions["action"] == kind, "person_id"].tolist()


def test_who_brought_a_customer_is_thanked(actions):
    assert people(actions, "thank") == ["=A"]
    assert actions.loc[0, "reason"] == "brought 1 customer in the last twelve months"
    assert actions.loc[0, "due_on"] == "2026-10-07"


def test_only_silent_promoters_with_consent_are_asked(actions):
    assert people(actions, "ask") == ["B"]


def test_only_open_public_recent_questions_of_customers_are_answered(actions):
    assert people(actions, "respond") == ["B"]
    row = actions[actions["action"] == "respond"].iloc[0]
    assert row["value_at_stake"] == 20  # B's margin of the last twelve months
    assert row["consent"] == "not needed in public"


def test_who_vents_and_asks_nothing_is_left_alone(actions):
    assert people(actions, "leave") == ["E"]
    assert actions[actions["action"] == "leave"]["due_on"].tolist() == [""]


def test_the_short_list_counts_people_and_leaves_the_left_alone_out_of_the_money(actions):
    short = actions_in_short(actions, "EUR", {})
    assert short.table["Rows"].tolist() == [1, 1, 1, 1, 0, 0, 0]  # as many rows as the file has
    assert short.table["Value at stake"].isna().sum() == 4  # groups of one, and those who are left alone
    assert actions_in_short(actions, "EUR", {}, min_group=1).table["Value at stake"].isna().sum() == 1
    assert short.sentence == "2 people are on the action list."


def test_files_hold_pseudonyms_only_and_are_private(company, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "ab" * 32)
    rows = write_actions(company, prepare_value(People(company)), tmp_path)
    listed = pd.read_csv(tmp_path / "actions.csv", dtype=str, keep_default_na=False)
    assert len(listed) == rows == 4
    assert "person_id" not in listed.columns
    assert listed["person"].str.fullmatch("P[0-9a-f]{15}").all()
    book = openpyxl.load_workbook(tmp_path / "actions.xlsx").active
    assert {cell.data_type for row in book.rows for cell in row} <= {"s", "n"}
    assert (tmp_path / "actions.csv").stat().st_mode & 0o077 == 0


def test_money_is_written_in_cents(company, tmp_path, monkeypatch):
    value = prepare_value(People(company)).assign(crv=100 / 3)
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "ab" * 32)
    write_actions(company, value, tmp_path)
    listed = pd.read_csv(tmp_path / "actions.csv", dtype=str)
    assert listed.loc[listed["action"] == "thank", "value_at_stake"].tolist() == ["33.33"]


def test_a_company_of_customers_and_orders_has_nothing_to_do(tmp_path):
    for name in ("customers.csv", "transactions.csv"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    company = open_company(tmp_path, as_of="2026-09-30")
    nothing = plan_actions(company, prepare_value(People(company)))
    assert len(nothing) == 0
    unknown = cannot_plan(company, prepare_value(People(company)))
    short = actions_in_short(nothing, "EUR", unknown)
    assert short.sentence == "Whom to thank, ask, respond, manage, retain, sell is not known."
    assert short.table["By"].str.startswith(("not known: there is no table", "not known: expected value")).all()
    assert all(measure.value is None and measure.reason for measure in short.measures)


@pytest.mark.parametrize(
    ("file", "change", "actions", "reason"),
    [
        ("customers.csv", (",consent_contact", ",other"), {"thank", "ask", "manage", "retain", "sell"}, "consent"),
        ("interactions.csv", ("2026-09-2", "2026-07-2"), {"respond", "leave"}, "last 30 days"),
        ("interactions.csv", ("is_public", "public"), {"respond", "leave"}, "is_public"),
    ],
)
def test_who_waits_is_not_known_where_the_tables_cannot_tell(tmp_path, file, change, actions, reason):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text.replace(*change) if name == file else text, encoding="utf-8")
    company = open_company(tmp_path, as_of="2026-09-30")
    unknown = cannot_plan(company, prepare_value(People(company)))
    assert {name for name, said in unknown.items() if reason in said} == actions


def test_nobody_at_the_moment_is_not_the_same_as_not_known(company):
    """Everybody has been answered: the company knows that nobody waits."""
    value = prepare_value(People(company))
    planned = plan_actions(company, value)
    nobody = actions_in_short(planned[planned["action"] != "respond"], "EUR", cannot_plan(company, value))
    row = nobody.table.set_index("Action").loc["Respond"]
    assert row["Rows"] == 0
    assert row["By"] == "nobody at the moment"


def test_the_moves_of_the_segmentation_are_actions_of_the_executive_page_too(company):
    value = prepare_value(People(company))
    ranked = {"=A": (9.0, 0.9), "B": (5.0, 0.8), "C": (7.0, 0.9), "D": (1.0, 0.1), "E": (4.0, 0.9), "F": (0.5, 0.9)}
    for person, (clv, alive) in ranked.items():
        value.loc[value["person_id"] == person, ["clv", "clv_low", "clv_high", "p_alive"]] = [clv, 1.0, 9.0, alive]
    # best fifth of six is =A; above the middle are B and C, who gave no consent; D earned 30 and is probably gone
    planned = plan_actions(company, value)
    assert [people(planned, kind) for kind in ("manage", "retain", "sell")] == [["=A"], ["D"], ["B"]]
    row = planned[planned["action"] == "retain"].iloc[0]
    assert row[["value_at_stake", "owner", "due_on"]].tolist() == [1.0, "Customer service", "2026-10-30"]
    assert row["reason"] == "earned well before, now probably gone: P(active) 10%"
    short = actions_in_short(planned, "EUR", {})
    assert short.table["Rows"].sum() == len(planned)
    assert short.caption.startswith(f"Action list: {len(planned)} rows in actions.csv")
