"""Values that cannot be meant are named with their lines; heavy tails and clean companies are left in peace."""

import shutil

import numpy as np
import pandas as pd
import pytest
from checked import check_company

from scrm_helpers.sample import write_sample
from scrm_helpers.tables import TABLES
from scrm_helpers.tables.checking.plausible import ALIKE, FEWEST, apart
from scrm_helpers.tables.contract.column_kinds import NUMERIC

AS_OF = "2026-09-30"
NUMBERS = {
    table.name: [
        column for column in table.columns if column.kind in NUMERIC and (column.low is None or column.high is None)
    ]
    for table in TABLES.values()
}


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    """The folder of a sample company: 400 customers, seed 7."""
    folder = tmp_path_factory.mktemp("clean") / "company"
    write_sample(folder, 400, 7)
    return folder


@pytest.fixture
def damaged(clean, tmp_path):
    """Return a way to check a company of which one table is changed by a function of its text cells."""

    def check(table, change, others=()):
        folder = tmp_path / "company"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in {"customers", "transactions", table, *others}:
            shutil.copy(clean / f"{name}.csv", folder)
        frame = pd.read_csv(clean / f"{table}.csv", dtype="str", keep_default_na=False)
        change(frame)
        frame.to_csv(folder / f"{table}.csv", index=False)
        return check_company(folder, AS_OF)

    return check


def _about(report, table, column):
    return [m for m in report.messages if m.table == table and m.column == column and "share their" not in m.what]


def test_a_margin_of_a_hundred_thousand_is_refused(damaged):
    def change(orders):
        orders.loc[orders["order_id"] == "O0000801", "margin"] = "99999.00"

    report = damaged("transactions", change)
    (message,) = _about(report, "transactions", "margin")
    assert report.exit_code == 1
    assert message.lines == (802,)
    assert "'99999.00'" in message.what
    assert "more than 10 times" in message.what


@pytest.mark.parametrize("table", [name for name, columns in NUMBERS.items() if columns])
def test_one_value_a_thousand_times_too_large_is_named_in_every_column(damaged, table):
    """All columns at once, each in a row of its own: the largest cell, and the middle one where that is far enough."""
    wanted, few = {}, set()

    def change(frame):
        used = set()
        for column in NUMBERS[table]:
            if column.name not in frame:
                continue
            numbers = pd.to_numeric(frame[column.name]).abs()
            if column.unit_in and len(units := frame[column.unit_in].value_counts()) < len(frame):
                numbers = numbers[frame[column.unit_in] == units.index[0]]
            free = numbers[(numbers > 0) & ~numbers.index.isin(used)].sort_values()
            if free.empty:
                continue
            middle = free.index[len(free) // 2]
            row = middle if numbers[middle] * 10 > numbers.max() else free.index[-1]
            used.add(row)
            frame.loc[row, column.name] = repr(float(frame.loc[row, column.name]) * 1000).removesuffix(".0")
            wanted[column.name] = row + 2
            if len(free) < FEWEST:
                few.add(column.name)

    report = damaged(table, change)
    alone = few - set(ALIKE.get(table, ()))
    for name, line in wanted.items():
        found = [message for message in _about(report, table, name) if line in message.lines]
        assert found or name in alone, (name, line)
    assert len(wanted) > len(alone) or table == "ideas"


def test_fifteen_digits_among_ordinary_amounts_are_named(damaged):
    def change(orders):
        orders.loc[7, "amount"] = "123456789012345"

    assert [message.lines for message in _about(damaged("transactions", change), "transactions", "amount")] == [(9,)]


@pytest.mark.parametrize(
    ("rate", "words", "level"),
    [
        (lambda n, rng: np.full(n, 0.35), "margin_rate: 0.35", "error"),
        (lambda n, rng: rng.uniform(0.2, 0.5, n).round(2), "a share of the amount", "error"),
        (lambda n, rng: np.full(n, 35), "margin_rate: 0.35", "warning"),
        (lambda n, rng: rng.uniform(30, 40, n).round(1), "in per cent", "warning"),
    ],
)
def test_a_rate_where_money_is_meant_is_named(damaged, rate, words, level):
    def change(orders):
        orders["margin"] = [f"{x:g}" for x in rate(len(orders), np.random.default_rng(1))]

    found = _about(damaged("transactions", change), "transactions", "margin")
    assert found[0].level == level
    assert "looks like a rate" in found[0].what
    assert words in found[0].what + found[0].todo
    assert found[0].lines[0] == 2


def test_a_rate_is_seen_in_a_mini_company(company_folder):
    company_folder.write("transactions.csv", "order_id,customer_id,ordered_on,amount,margin\n"
                         + "".join(f"O{i},C{i},2025-07-0{i},100,0.35\n" for i in (1, 2, 3, 4)))  # fmt: skip
    assert "looks like a rate" in company_folder.check().to_text()


@pytest.mark.parametrize(("factor", "exit_code"), [(1 / 100, 0), (100, 1), (10, 1)])
def test_margins_in_another_unit_than_amounts_are_named(damaged, factor, exit_code):
    def change(orders):
        orders["margin"] = (pd.to_numeric(orders["margin"]) * factor).round(4).astype("str")

    report = damaged("transactions", change)
    assert _about(report, "transactions", "margin")
    assert report.exit_code == exit_code


def test_margins_of_refunds_without_their_minus_are_named(damaged):
    refunds = []

    def change(orders):
        rows = pd.to_numeric(orders["amount"]) < 0
        refunds.extend((np.flatnonzero(rows) + 2).tolist())
        orders["margin"] = orders["margin"].str.removeprefix("-")

    (message,) = _about(damaged("transactions", change), "transactions", "margin")
    assert message.n == len(refunds) > 5
    assert message.lines == tuple(refunds[:5])


def test_a_refund_of_a_sale_at_a_loss_gives_margin_back(company_folder):
    company_folder.append("transactions", "O8,C3,2025-05-01,20,-4,EUR,0\nO9,C3,2025-05-02,-20,4,EUR,0")
    assert not company_folder.check().messages


def test_exchanged_columns_of_amount_and_margin_are_refused(damaged):
    def change(orders):
        orders[["amount", "margin"]] = orders[["margin", "amount"]].to_numpy()

    report = damaged("transactions", change)
    assert report.exit_code == 1
    assert "exchanged" in _about(report, "transactions", "margin")[0].what


@pytest.mark.parametrize(
    ("table", "column"), [(table, column.name) for table, columns in NUMBERS.items() for column in columns
                          if column.kind in ("money", "number")]
)  # fmt: skip
def test_three_decimals_among_two_are_named(company_folder, table, column):
    header, first, *rest = company_folder.text(table).splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True)) | {column: "1.230"}
    company_folder.write(f"{table}.csv", "\n".join([",".join(cells), ",".join(cells.values()),
                         *(line + "," * (len(cells) - len(header.split(","))) for line in rest), ""]))  # fmt: skip
    found = [message for message in company_folder.check().messages if "three decimals" in message.what]
    assert [(message.table, message.column, message.lines) for message in found] == [(table, column, (2,))]


@pytest.mark.parametrize(("table", "row"), [("employees", "B,2025Q1,0,3.5,0,0"), ("initiative_panel", None)])
def test_a_team_of_nobody_is_named(company_folder, table, row):
    if row:
        company_folder.append(table, row)
    else:
        text = company_folder.text(table).replace("randomised", "n").replace(",yes", ",0", 1).replace(",yes", ",7")
        company_folder.write(f"{table}.csv", text)
    (message,) = [message for message in company_folder.check().messages if "about nobody" in message.what]
    assert (message.table, message.column, message.level) == (table, "n", "warning")


def test_an_idea_that_went_live_before_it_was_handed_in_is_named(company_folder):
    company_folder.write("ideas.csv", "idea_id,contributor_id,submitted_on,status,implemented_on\n"
                         "D1,E1,2025-01-02,done,2025-01-01\n")  # fmt: skip
    assert "went live before" in company_folder.check().to_text()


HEAVY = {
    "lognormal 1": lambda rng, n: rng.lognormal(3, 1, n),
    "lognormal 2": lambda rng, n: rng.lognormal(3, 2, n),
    "Pareto 1.2": lambda rng, n: rng.pareto(1.2, n) + 1,
    "Pareto 2": lambda rng, n: rng.pareto(2, n) + 1,
    "gamma": lambda rng, n: rng.gamma(2, 30, n) + 0.01,
}


@pytest.mark.parametrize("world", HEAVY)
def test_heavy_tails_are_no_finding(world):
    """At most one in a hundred columns of 30 to 3,000 heavy-tailed values is said to have a size apart."""
    rng = np.random.default_rng(5)
    alarms = [apart(HEAVY[world](rng, n).round(2)) is not None for n in (30, 100, 300, 3000) for _ in range(250)]
    assert np.mean(alarms) <= 0.005


@pytest.mark.parametrize("world", ["lognormal 2", "Pareto 1.2"])
def test_heavy_tailed_orders_are_no_finding(damaged, world):
    def change(orders):
        rng = np.random.default_rng(3)
        amount = HEAVY[world](rng, len(orders)).round(2)
        orders["amount"] = [f"{x:.2f}" for x in amount]
        orders["margin"] = [f"{x:.2f}" for x in amount * rng.uniform(0.1, 0.6, len(orders))]

    report = damaged("transactions", change)
    assert not [message for message in report.messages if message.column in ("amount", "margin")], report.to_text()


@pytest.mark.parametrize("seed", range(8))
def test_a_clean_company_of_any_seed_has_no_finding(tmp_path, seed):
    write_sample(tmp_path / "company", 200 + 100 * seed, seed)
    messages = check_company(tmp_path / "company").messages
    planted = ("referred_id", "in_reply_to")  # people referred twice, threads without their first message
    assert not [str(message) for message in messages if message.column not in planted]
