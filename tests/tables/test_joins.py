"""A join that finds little is named with its cause; circles, campaigns, refunds and far days in the words that fit."""

import io
import shutil

import pandas as pd
import pytest
from checked import check_company

from scrm_helpers.sample import write_sample
from scrm_helpers.tables import TABLES, open_company

from .conftest import CompanyFolder

AS_OF = "2026-09-30"
REFERRING = [
    (table.name, column.name)
    for table in TABLES.values()
    for column in table.columns
    if column.refers_to and table.name != "suppress"  # which the sample has not
]
CHANGES = {
    "prefix": (lambda ids: "CRM-" + ids, "without 'CRM-' in front"),
    "suffix": (lambda ids: ids + "@shop", "without '@shop' behind"),
    "case": (lambda ids: ids.str.swapcase(), "apart from case"),
    "zeros": (lambda ids: "00" + ids, "leading zeros"),
    "cut": (lambda ids: ids.str[1:], "in front"),
    "other system": (lambda ids: "K" + ids.str[1:].str.lstrip("0"), "only the digits"),
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The folder of a sample company: 400 customers, seed 7."""
    folder = tmp_path_factory.mktemp("clean") / "company"
    write_sample(folder, 400, 7)
    return folder


@pytest.fixture(scope="module")
def known(clean):
    """What is said of the clean company."""
    return {message.what for message in check_company(clean, AS_OF).messages}


@pytest.fixture
def copied(clean, tmp_path):
    """Return a way to change one table of a copy of the company, which holds what is changed; the copy's folder."""
    folder = tmp_path / "company"
    folder.mkdir()
    shutil.copy(clean / "company.yaml", folder)
    texts = {path.stem: path.read_text(encoding="utf-8") for path in clean.glob("*.csv")}
    copy = CompanyFolder(folder, texts)
    copy.bring("customers", "transactions")

    def change(table, change):
        frame = pd.read_csv(io.StringIO(copy.text(table)), dtype="str", keep_default_na=False)
        frame = change(frame)
        frame.to_csv(folder / f"{table}.csv", index=False)
        return frame

    return folder, change


def _new(folder, known):
    """Messages that the clean company does not have."""
    return [message for message in check_company(folder, AS_OF).messages if message.what not in known]


@pytest.mark.parametrize(("table", "column"), REFERRING)
def test_ids_with_a_piece_in_front_are_named_in_every_column_that_refers(copied, known, table, column):
    folder, change = copied

    def prefixed(frame):
        frame[column] = frame[column].where(frame[column] == "", "CRM-" + frame[column])
        return frame

    frame = change(table, prefixed)
    found = [message for message in _new(folder, known) if (message.table, message.column) == (table, column)]
    assert any("'CRM-" in message.what for message in found), found
    first = int((frame[column] != "").to_numpy().argmax()) + 2
    assert found[0].lines[0] >= first
    if frame[column].nunique() > 20 and TABLES[table].column(column).refers_to == "customers.customer_id":
        assert any("without 'CRM-' in front" in message.what for message in found), found


@pytest.mark.parametrize("name", CHANGES)
@pytest.mark.parametrize(("table", "column"), [("referrals", "referrer_id"), ("surveys", "customer_id")])
def test_the_likely_cause_is_named(copied, known, table, column, name):
    folder, change = copied
    spoil, words = CHANGES[name]

    def spoiled(frame):
        outside = frame[column].str.startswith("X")
        frame = frame[~outside].copy()
        frame[column] = spoil(frame[column])
        return frame

    change(table, spoiled)
    found = [message for message in _new(folder, known) if (message.table, message.column) == (table, column)]
    assert any(words in message.what for message in found), found


def test_a_referral_table_that_joins_nobody_is_said(company_folder):
    rows = "".join(f"CRM-C{i % 4 + 1},CRM-N{i},2025-08-01\n" for i in range(60))
    company_folder.write("referrals.csv", "referrer_id,referred_id,referred_on\n" + rows)
    found = [message for message in company_folder.check().messages if message.column == "referrer_id"]
    assert found[0].what.startswith(
        "None of 4 different referrer_id is in customers: here 'CRM-C1' and 'CRM-C2', there"
    )
    assert "aliases.csv" in found[0].todo


@pytest.mark.parametrize("old", ["{}", "OLD-{}"])
def test_former_customers_outside_are_named_and_aliases_mend_it(copied, clean, known, old):
    folder, change = copied
    referrals = pd.read_csv(clean / "referrals.csv", dtype="str")
    some = referrals["referrer_id"][referrals["referrer_id"].str.startswith("C")].unique()[:15]
    new = {name: "C9" + name[2:] for name in some}
    if old == "{}":  # customers, orders and answers got a new id, referrals and ideas did not
        for table in ("customers", "transactions", "surveys", "interactions"):
            change(table, lambda frame: frame.replace(new))
        former = new
        change("ideas", lambda frame: frame)
        change("referrals", lambda frame: frame.assign(referred_id=frame["referred_id"].replace(new)))
    else:
        change("referrals", lambda frame: frame.replace({name: old.format(name) for name in some}))
        former = {old.format(name): name for name in some}
    found = [message for message in _new(folder, known) if "look like a customer's" in message.what]
    assert {message.table for message in found} >= {"referrals"}
    assert f"{len(some)} ids that are not in customers" in found[0].what
    pd.DataFrame({"old_id": former.keys(), "customer_id": former.values()}).to_csv(folder / "aliases.csv", index=False)
    assert not _new(folder, known)


def test_a_code_that_brings_half_of_all_is_hinted_at_and_can_be_named(copied, known):
    folder, change = copied

    def half(frame):
        frame.loc[frame.index[::2], "referrer_id"] = "WELCOME10"
        return frame

    frame = change("referrals", half)
    (message,) = [m for m in _new(folder, known) if "WELCOME10" in m.what]
    assert message.what.startswith("50% of 332 referrals are by 'WELCOME10' (166)")
    assert 'campaigns: ["WELCOME10"]' in message.todo
    with (folder / "company.yaml").open("a") as settings:
        settings.write('campaigns: ["WELCOME10"]\n')
    company = open_company(folder, AS_OF)
    assert company.receipts["referrals"].left_out == {"campaign, not a person": 166}
    assert "WELCOME10" not in set(company.table("referrals")["referrer_id"])
    assert len(company.table("referrals")) == (frame["referrer_id"] != "WELCOME10").sum()


@pytest.mark.parametrize("text", ["campaigns: WELCOME10", "campaigns: [2024]", 'campaigns: [" "]', "campaigns: {a: 1}"])
def test_campaigns_are_a_list_of_ids_as_text(company_folder, text):
    company_folder.write("company.yaml", text + "\n")
    report = company_folder.check()
    assert report.exit_code == 1
    assert "list of referrer ids" in report.to_text()


def test_a_campaign_that_referred_nobody_is_said(company_folder):
    company_folder.bring("referrals")
    company_folder.write("company.yaml", 'campaigns: ["SPRING"]\n')
    (message,) = company_folder.check().messages
    assert (message.file, message.column) == ("company.yaml", "campaigns")
    assert "'SPRING'" in message.what


def test_only_the_members_of_a_circle_are_named_in_order(company_folder):
    people = "".join(f"B{i},2024-01-01\n" for i in range(12))
    company_folder.write("customers.csv", "customer_id,joined_on\nC1,2024-01-01\nC2,2024-01-01\n" + people)
    company_folder.write("transactions.csv", "order_id,customer_id,ordered_on,amount\nO1,C1,2025-07-01,5\n")
    company_folder.write("surveys.csv", "customer_id,responded_on,score\nC1,2025-07-02,9\n")
    below = "".join(f"{'C2' if i == 0 else f'B{i - 1}'},B{i},2024-03-{i + 1:02}\n" for i in range(12))
    pair = "C1,C2,2024-02-01\nC2,C1,2024-02-02\n"
    company_folder.write("referrals.csv", "referrer_id,referred_id,referred_on\n" + below + pair)
    (message,) = [m for m in company_folder.check().messages if "circle" in m.what]
    assert "2 rows form a circle of referrals: C1 \u2192 C2 \u2192 C1." in message.what
    assert message.lines == (14, 15)
    long = "".join(f"L{i},L{(i + 1) % 40},2024-05-01\n" for i in range(40))
    company_folder.write("referrals.csv", "referrer_id,referred_id,referred_on\n" + pair + long)
    (message,) = [m for m in company_folder.check().messages if "circle" in m.what]
    assert "2 circles" in message.what
    assert "L0 \u2192 L1 \u2192 L2 \u2192 L3 \u2192 L4 \u2192 L5 \u2192 ... (40 people) \u2192 L0" in message.what


def test_a_refund_under_the_number_of_its_order_is_seen_as_one(company_folder):
    company_folder.append("transactions", "O4,C3,2025-05-01,-30.10,-9,EUR,0")
    report = company_folder.check()
    (message,) = report.messages
    assert message.why.startswith("They count as refunds, not as doubles")
    assert "under the number of the order" in message.what
    assert message.lines == (7,)
    assert report.facts["total_amount"] == "97.75"


@pytest.mark.parametrize(
    "row",
    ["O4,C3,2025-05-01,30,9,EUR,0", "O4,C4,2025-07-01,-30,-9,EUR,0", "O2,C1,2025-01-07,-3.00,-1,EUR,0"],
    ids=["same sign", "another customer", "refund twice"],
)
def test_other_doubles_of_orders_are_refused(company_folder, row):
    company_folder.append("transactions", row)
    assert company_folder.check().exit_code == 1


FAR = {
    "as_of": (lambda f: f.check("2031-01-01"), "transactions", "1,554 days after the last order"),
    "joined": (
        lambda f: f.append("customers", "C9,1993-01-01,,,,,,"),
        "customers",
        "more than 20 years before the first order",
    ),
    "ended": (lambda f: f.change("initiatives", "2027-01-01", "2199-01-01"), "initiatives", "more than 20 years after"),
    "survey": (lambda f: f.append("surveys", "C4,2025-05-02,9,S9,,,,"), "surveys", "before the customer joined"),
    "itself": (lambda f: f.append("interactions", "M9,2025-05-02,forum,,,,,M9,"), "interactions", "are their own"),
}


@pytest.mark.parametrize("name", FAR)
def test_days_far_from_the_data_and_rows_that_name_themselves(company_folder, name):
    act, table, words = FAR[name]
    report = act(company_folder) or company_folder.check()
    assert report.exit_code == 0
    assert any(
        words.replace("are their own", "is their own") in m.what and m.table == table for m in report.messages
    ), report.to_text()


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("cost_per_contact", "cost_per_contact: 800"),
        ("discount_rate_annual", "discount_rate_annual: 0.9"),
        ("min_group", "min_group: 50"),
    ],
)
def test_a_setting_that_does_not_fit_the_data_is_named_with_its_line(company_folder, key, line):
    company_folder.write("company.yaml", f"# settings\ncurrency: EUR\n{line}\n")
    (message,) = company_folder.check().messages
    assert (message.file, message.column, message.lines) == ("company.yaml", key, (3,))


def test_a_rate_that_is_turned_round_is_named(company_folder):
    company_folder.write("company.yaml", "currency: EUR\nrates: {JPY: 160}\n")
    company_folder.change("transactions", "20.25,8,EUR", "2000,800,JPY")
    (message,) = [m for m in company_folder.check().messages if m.column == "rates"]
    assert (message.file, message.lines) == ("company.yaml", (2,))
    assert "JPY" in message.what


def test_circles_of_a_million_are_found_in_seconds():
    from scrm_helpers.tables.values.identity import circles

    n = 200_000
    text = io.StringIO("\n".join(f"p{(i + 1) % n},p{i}" for i in range(n)))
    pairs = pd.read_csv(text, names=["child", "parent"], dtype="str")
    (circle,) = circles(pairs["child"], pairs["parent"])
    assert circle.tolist() == list(range(n))
