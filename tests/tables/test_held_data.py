"""The data register binds the kit: what is displayed is not read, what is borrowed is used and never written."""

import shutil

import pytest

from scrm_helpers.tables import CompanyRefused, open_company, save_company

AS_OF = "2026-09-30"
HEAD = "table,field,system,canonical,stored,actionable,shown\n"
BORROWED, DISPLAYED = "no,no,yes,yes", "no,no,no,yes"
USE = "sources:\n  interactions: {file: interactions.csv, columns: {sentiment: sentiment}}\n"


def given(company_folder, field, held, settings=""):
    table, column = field
    company_folder.bring("interactions", "surveys")
    (company_folder.path / "data_register.csv").write_text(f"{HEAD}{table},{column},network,{held}\n", encoding="utf-8")
    if settings:
        (company_folder.path / "company.yaml").write_text(settings, encoding="utf-8")
    return open_company(company_folder.path, AS_OF)


@pytest.mark.parametrize(("held", "settings"), [(BORROWED, ""), (DISPLAYED, ""), (DISPLAYED, USE)])
def test_a_column_that_may_not_be_kept_is_left_out_and_said(company_folder, held, settings):
    company = given(company_folder, ("interactions", "sentiment"), held, settings)
    assert "sentiment" not in company.table("interactions")
    assert dict(company.receipts["interactions"].columns_left_out) == {
        "sentiment": "borrowed" if held == BORROWED else "displayed"
    }
    said = [message for message in company.messages if message.column == "sentiment"]
    assert len(said) == 1
    assert ("sources: {interactions:" in said[0].todo) == (held == BORROWED)


def test_a_table_that_needs_such_a_column_is_refused(company_folder):
    with pytest.raises(CompanyRefused, match="The table needs it"):
        given(company_folder, ("surveys", "score"), DISPLAYED)


def test_a_copy_elsewhere_is_enough(company_folder):
    company_folder.bring("interactions")
    rows = f"{HEAD}interactions,sentiment,network,{BORROWED}\ninteractions,sentiment,listening,no,yes,yes,yes\n"
    (company_folder.path / "data_register.csv").write_text(rows, encoding="utf-8")
    assert "sentiment" in open_company(company_folder.path, AS_OF).table("interactions")


def test_what_is_borrowed_is_used_and_never_written(company_folder, tmp_path):
    company = given(company_folder, ("interactions", "sentiment"), BORROWED, USE)
    marked = company.table("interactions")["sentiment"]
    assert marked.notna().all()
    saved = save_company(company, tmp_path / "prepared")
    again = open_company(saved)
    assert again.table("interactions")["sentiment"].tolist() == marked.tolist()
    from pyarrow import parquet

    assert "sentiment" not in parquet.read_schema(saved / "interactions.parquet").names


def test_a_prepared_company_whose_loan_is_over_says_so(company_folder, tmp_path):
    saved = save_company(given(company_folder, ("interactions", "sentiment"), BORROWED, USE), tmp_path / "prepared")
    described = (saved / "prepared.json").read_text(encoding="utf-8")
    (saved / "prepared.json").write_text(described.replace("/fd/", "/gone/"), encoding="utf-8")
    with pytest.raises(CompanyRefused, match="lent in memory only"):
        open_company(saved).table("interactions")
    shutil.rmtree(saved)
