"""Rows older than may be kept, and people who were forgotten and came back: named with their lines, and not used."""

import pytest

from scrm_helpers.tables import TABLES, open_company
from scrm_helpers.tables.values.identity import mark_of

DATED = [name for name, table in TABLES.items() if table.of_people]


@pytest.mark.parametrize("table", DATED)
def test_what_is_older_than_the_company_allows_is_left_out_and_named(company_folder, table):
    company_folder.bring(table)
    frame = open_company(company_folder.path, "2026-09-30").table(table)
    days = frame[list(TABLES[table].dated[:2])].max(axis=1)
    company_folder.write("company.yaml", f"retention_months: {{{table}: 17}}\n")
    company = open_company(company_folder.path, "2026-09-30")  # from 2025-04-30 on
    old = int((days < "2025-04-30").sum())
    assert company.receipts[table].left_out.get("older than retention_months", 0) == old
    assert len(company.table(table)) == len(frame) - old if len(frame) > old else True
    said = [message for message in company.messages if "older than the 17 months" in message.what]
    assert [len(message.lines) for message in said] == ([old] if old else [])
    company_folder.write("company.yaml", "retention_months: 17\n")  # one number for all of them
    assert open_company(company_folder.path, "2026-09-30").settings.retention_months == dict.fromkeys(DATED, 17)


def test_an_order_on_the_last_day_allowed_counts(company_folder):
    company_folder.append("transactions", "O6,C1,2025-09-30,1,0,EUR,0")
    company_folder.append("transactions", "O7,C1,2025-09-29,1,0,EUR,0")
    company_folder.write("company.yaml", "retention_months: 12\n")
    assert open_company(company_folder.path, "2026-09-30").transactions["order_id"].tolist() == ["O5", "O6"]


@pytest.mark.parametrize(("systems", "warned"), [(["12"], 1), (["12", "48"], 0), (["12", ""], 0)])
def test_the_longest_that_a_system_may_keep_a_field_counts_and_what_is_older_is_named(company_folder, systems, warned):
    lines = [f"surveys,score,system {place},yes,yes,yes,no,{months}" for place, months in enumerate(systems)]
    head = "table,field,system,canonical,stored,actionable,shown,retention_months"
    company_folder.bring("surveys")
    company_folder.write("data_register.csv", "\n".join([head, *lines]) + "\n")
    company = open_company(company_folder.path, "2026-09-30")
    said = [message for message in company.messages if "data_register lets score be kept" in message.what]
    assert [message.lines for message in said] == [(2, 4)] * warned
    assert company.receipts["surveys"].rows_kept == 3


@pytest.mark.parametrize("given", ["{orders: 12}", "{transactions: 0}", "two years"])
def test_a_limit_that_is_none_is_refused(company_folder, given):
    company_folder.write("company.yaml", f"retention_months: {given}\n")
    report = company_folder.check()
    assert report.exit_code == 1
    assert "retention_months" in report.to_text()


@pytest.mark.parametrize("name", ["C1", " C1 ", "A@example.org"])
def test_somebody_forgotten_is_left_out_of_every_table_when_an_export_brings_them_back(whole_company, name):
    other = mark_of("C2", "another salt")
    marks = f"customer_id,since,reason\n{mark_of(name, '5a17')},,forgotten\n{other},,forgotten\nC3,,asked\n"
    whole_company.write("suppress.csv", marks)
    company = open_company(whole_company.path, "2026-09-30")
    assert set(company.customers["customer_id"]) == {"C3", "C4"}
    gone = {"C1", "C2"}
    for table, frame in company.every.items():
        for column in TABLES[table].columns:
            assert column.refers_to != "customers.customer_id" or not gone & set(frame[column.name].dropna()), table
    assert company.suppressed == {"C3"}
    assert all("forgotten" not in message.what or message.lines for message in company.messages)
