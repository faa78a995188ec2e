"""Who is to be thanked, asked, answered and left alone, on a company of six people."""

import io

import openpyxl
import pandas as pd
import pytest

from scrm_helpers.conversations import plan_answers
from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value
from scrm_helpers.report.chapters.actions import (
    LOTTERIES,
    TOLD,
    _to_tell,
    actions_in_short,
    cannot_plan,
    plan_actions,
    write_actions,
)
from scrm_helpers.report.chapters.results import document
from scrm_helpers.report.chapters.walk_plan import plan
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
    return whole(company, prepare_value(People(company)))


def whole(company, value):
    """The list with whom to answer, as the file has it."""
    return plan_actions(company, value, answers=plan_answers(company, value))


def short_of(company, value, reasons, listed=None):
    """The list in short beside what chapter 06 says of the same people."""
    found = document(plan("06"), company.fingerprint, [plan_answers(company, value).queue])[0]
    rows = plan_actions(company, value) if listed is None else listed
    return actions_in_short(rows, company, reasons, {"06": found})


def people(actions, kind):
    return actions.loc[actions["action"] == kind, "person_id"].tolist()


def test_who_brought_a_customer_is_thanked(actions):
    assert people(actions, "thank") == ["=A"]
    assert actions.loc[0, "reason"] == "brought 1 customer in the last twelve months"
    assert actions.loc[0, "due_on"] == "2026-10-07"


def test_only_who_would_recommend_has_not_and_consents_is_asked(company, actions):
    assert people(actions, "ask") == ["B", "E"]  # 9 and 8, as chapter 03 counts those who would
    planned = plan_actions(company, prepare_value(People(company)), intends_from=9)
    assert people(planned, "ask") == ["B"]


def valued(company, **columns):
    """The value table of the six, with what a model would expect of each."""
    value = prepare_value(People(company)).set_index("person_id")
    six = {"clv": [9.0, 5, 7, 1, 4, 0.5], "p_alive": [0.9, 0.2, 0.9, 0.1, 0.9, 0.9], **columns}
    for name, amounts in six.items():
        value[name] = pd.Series(amounts, list("=ABCDEF".replace("=A", "@"))).rename({"@": "=A"}).reindex(value.index)
    return value.assign(clv_low=value["clv"] - 0.25, clv_high=value["clv"] + 0.25).reset_index()


def test_each_row_has_its_own_expected_value_and_who_is_active_comes_first(company):
    asked = plan_actions(company, valued(company)).query("action == 'ask'")
    assert asked["person_id"].tolist() == ["E", "B"]  # B is worth more and probably gone
    assert asked["value"].tolist() == [4.0, 5.0]
    assert asked[["value_low", "value_high"]].values.tolist() == [[3.75, 4.25], [4.75, 5.25]]
    assert asked["reason"].iloc[0] == "answered 8, has referred nobody so far; still active with a probability of 90%"


def test_who_is_asked_is_ranked_by_referrals_ahead_where_they_are_known(company):
    ahead = {"crv_next": [1.0, 2, 3, 4, 5, 6], "crv_next_low": [0.0] * 6, "crv_next_high": [9.0] * 6}
    rows = plan_actions(company, valued(company, **ahead)).set_index(["action", "person_id"])["value"]
    assert rows["ask"].to_dict() == {"E": 5.0, "B": 2.0}
    assert rows["manage"].to_dict() == {"=A": 9.0}  # by buying


def test_a_value_that_all_share_ranks_nobody(company):
    rows = plan_actions(company, valued(company, clv=[171.0] * 6))
    assert rows.loc[~rows["action"].isin(TOLD), "value"].isna().all()
    assert not set(rows["action"]) & {"manage", "retain", "sell"}


@pytest.mark.parametrize(("asked", "least"), [(300, 0.1617556), (9, None), (10, 0.8859)])
def test_how_large_a_difference_a_lot_would_tell(asked, least):
    # (1.959964 + 0.841621) * sqrt(2 * 0.25 / (asked / 2)) for halves, at the share where it is largest
    found = _to_tell(asked, 5, "")
    assert found.value == (None if least is None else pytest.approx(least, abs=1e-4))
    assert found.n == asked


def test_open_public_recent_questions_are_answered_of_whomever(actions):
    assert people(actions, "respond") == ["B", "m5"]  # a nameless one goes by the message
    row = actions[actions["action"] == "respond"].iloc[0]
    assert pd.isna(row["value"])  # the purchase model tells these six apart by nothing
    assert row["consent"] == "not needed in public"


def test_who_vents_and_asks_nothing_is_left_alone(actions):
    assert people(actions, "leave") == ["E"]
    assert actions[actions["action"] == "leave"]["due_on"].tolist() == [""]


def test_a_net_value_of_an_answer_goes_with_its_range_and_its_reason(company):
    rows = whole(company, valued(company, clv=[9.0, 900, 7, 1, 4, 0.5])).set_index("person_id")
    row = rows[rows["action"] == "respond"].loc["B"]
    assert row["value"] == pytest.approx(0.1 * 900 - 3.5)  # asks calmly: half of the strongest effect
    assert row["value_low"] < row["value"] < row["value_high"]
    assert row["reason"] == "question of 2026-09-20 is worth an answer: €86.50 net expected"
    left = rows[rows["action"] == "leave"]
    assert left.loc["m5", "reason"].endswith("cost more than it brings; not a customer, counts with influence")


def test_small_kinds_print_no_count_and_no_money_alone_or_by_subtraction(company, actions):
    value = prepare_value(People(company))
    short = short_of(company, value, {})
    assert short.table["Rows"].tolist()[4:] == [0, 0, 0]
    assert short.table[["Rows", "Probably active"]][:4].isna().all(axis=None)
    assert (short.table["Expected value"] == "n/a").all()  # groups of one or two, and those who are left alone
    assert short.sentence == "There is an action list."
    two = pd.concat([actions[actions["action"] == "ask"]] * 6 + [actions[actions["action"] == "thank"]])
    rows = actions_in_short(two, company, {}, {}).by_kind["Rows"]
    assert rows.isna().tolist() == [True] * 4 + [False] * 3  # the large one would tell the small; 06 is not there
    assert short_of(company, value, {}, two).caption == "Action list: actions.csv, with pseudonymous ids"
    assert all(measure.no_range and measure.population for measure in short.measures if measure.value is not None)


def test_the_short_list_sums_values_with_their_ranges(company):
    many = plan_actions(company, valued(company)).query("action == 'ask'").iloc[[0, 1] * 5]
    row = actions_in_short(many, company, {}, {}).table.set_index("Action").loc["Ask"]
    assert row["Expected value"] == "€45.00 (€42.50 to €47.50)"
    assert (row["Rows"], row["Probably active"]) == (10, 5)


def test_files_hold_pseudonyms_only_and_are_private(company, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "ab" * 32)
    rows = write_actions(company, prepare_value(People(company)), tmp_path, given={})
    listed = pd.read_csv(tmp_path / "actions.csv", dtype=str, keep_default_na=False)
    assert len(listed) == rows == 6
    wanted = "person,action,reason,value,value_low,value_high,channel,consent,owner,due_on,arm"
    assert list(listed.columns) == wanted.split(",")
    assert "person_id" not in listed.columns
    assert listed["person"].str.fullmatch("P[a-z2-7]{11}").all()
    book = openpyxl.load_workbook(tmp_path / "actions.xlsx").active
    assert {cell.data_type for row in book.rows for cell in row} <= {
        "s",
        "n",
        "d",
    }  # text, numbers and days: nothing runs
    assert (tmp_path / "actions.csv").stat().st_mode & 0o077 == 0


def test_a_lottery_is_written_where_it_is_asked_for_and_its_arms_stand_in_the_list(company, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "ab" * 32)
    value = prepare_value(People(company))
    write_actions(company, value, tmp_path, given={})
    assert not (tmp_path / LOTTERIES).exists()
    write_actions(company, value, tmp_path, given={"lottery_share": 1.0})
    drawn = pd.read_csv(tmp_path / LOTTERIES, dtype=str)
    listed = pd.read_csv(tmp_path / "actions.csv", dtype=str).dropna(subset="arm")
    assert len(drawn) == len(listed) == 3
    assert set(listed["arm"]) == {"answer", "wait"}
    assert (listed["action"] == listed["arm"].map({"answer": "respond", "wait": "leave"})).all()
    (tmp_path / "company" / LOTTERIES).write_bytes((tmp_path / LOTTERIES).read_bytes())
    again = open_company(tmp_path / "company", as_of="2026-09-30")  # what was drawn comes back as a table
    assert again.table("lotteries")["arm"].tolist() == drawn["arm"].tolist()


def test_money_is_written_in_cents(company, tmp_path, monkeypatch):
    value = valued(company, clv=[100 / 3, 1.0, 1.0, 1.0, 1.0, 1.0])
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "ab" * 32)
    write_actions(company, value, tmp_path)
    listed = pd.read_csv(tmp_path / "actions.csv", dtype=str)
    assert listed.loc[listed["action"] == "thank", "value"].tolist() == ["33.33"]


def test_a_company_of_customers_and_orders_has_nothing_to_do(tmp_path):
    for name in ("customers.csv", "transactions.csv"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    company = open_company(tmp_path, as_of="2026-09-30")
    nothing = plan_actions(company, prepare_value(People(company)))
    assert len(nothing) == 0
    unknown = cannot_plan(company, prepare_value(People(company)))
    short = short_of(company, prepare_value(People(company)), unknown, nothing)
    assert short.sentence == "Whom to thank, ask, respond, manage, retain, sell is not known."
    assert short.by_kind["By"].str.startswith(("not known: there is no table", "not known: expected value")).all()
    assert short.table.empty
    assert " ".join(short.unnamed).count("Whom to ") == 4  # one line for each reason
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
    value = prepare_value(People(company))
    unknown = short_of(company, value, cannot_plan(company, value)).by_kind.set_index("Action")["By"]
    assert {name.lower() for name, said in unknown.items() if reason in said} == actions


def test_nobody_at_the_moment_is_not_the_same_as_not_known(company):
    """Everybody has been answered: the company knows that nobody waits."""
    company.table("interactions")["resolved"] = True
    value = prepare_value(People(company))
    nobody = short_of(company, value, cannot_plan(company, value))
    row = nobody.table.set_index("Action").loc["Respond"]
    assert row["Rows"] == 0
    assert row["By"] == "nobody at the moment"


def test_the_moves_of_the_segmentation_are_actions_of_the_executive_page_too(company):
    value = valued(company, p_alive=[0.9, 0.8, 0.9, 0.1, 0.9, 0.9])
    # best fifth of six is =A; above the middle are B and C, who gave no consent; D earned 30 and is probably gone
    planned = plan_actions(company, value)
    assert [people(planned, kind) for kind in ("manage", "retain", "sell")] == [["=A"], ["D"], ["B"]]
    row = planned[planned["action"] == "retain"].iloc[0]
    assert row[["value", "owner", "due_on"]].tolist() == [1.0, "Customer service", "2026-10-30"]
    assert row["reason"] == "earned well before, now probably gone; still active with a probability of 10%"
    short = actions_in_short(planned, company, {}, {})
    assert short.table["Rows"].fillna(0).eq(0).all()  # fewer than five each
    assert short.caption.startswith(f"Action list: {len(planned)} rows in actions.csv")


def test_who_is_not_to_be_contacted_is_in_no_list_be_it_somebody_from_outside(tmp_path):
    """=A, B and the stranger who wrote m5 would be on it; the hours of B's answer go to others."""
    messages = pd.read_csv(io.StringIO(FILES["interactions.csv"]), dtype="str", keep_default_na=False)
    messages["author_id"] = messages["customer_id"].replace("", "stranger")
    for name, text in {**FILES, "interactions.csv": messages.to_csv(index=False)}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    objected = {"=A", "B", "stranger"}

    def planned():
        company = open_company(tmp_path, as_of="2026-09-30")
        value = prepare_value(People(company))
        return company, whole(company, value), plan_answers(company, value)

    _, before, _ = planned()
    assert objected <= set(before["person_id"])
    (tmp_path / "suppress.csv").write_text("customer_id,since\n=A,2026-01-01\nB,\nstranger,2027-01-01\nnobody,\n")
    company, after, answers = planned()
    assert set(after["person_id"]) == set(before["person_id"]) - objected
    assert "2 others are not to be contacted" in answers.queue.sentence
    said = "The table suppress names 4 people who are not to be contacted: none of them is on it."
    assert said in actions_in_short(after, company, {}, {}).sentence
