"""Settings and sources: unknown keys, impossible values and files from elsewhere are refused in one sentence each."""

import json
import os

import pytest
from checked import check_company
from click.testing import CliRunner

from scrm_helpers.cli import commands
from scrm_helpers.tables import open_company

AS_OF = "2026-09-30"

# name: (company.yaml, key named, words of the message)
FAULTS = {
    "unknown key": ("currenzy: EUR", "currenzy", "Did you mean currency?"),
    "unknown key without a like": ("colour: blue", "colour", "Known are currency"),
    "unknown key of a source": (
        "sources: {customers: {files: a.csv}}",
        "sources.customers.files",
        "Did you mean file?",
    ),
    "unknown table": ("sources: {clients: a.csv}", "sources", "'clients' is not a table"),
    "unknown column": ("sources: {customers: {columns: {name: x}}}", "sources", "no column 'name'"),
    "currency in small letters": ("currency: eur", "currency", "'eur'"),
    "currency not text": ("currency: 5", "currency", "'5'"),
    "no day": ("as_of: soon", "as_of", "'soon'"),
    "day as a number": ("as_of: 20260930", "as_of", "write a day"),
    "day with an hour": ("as_of: 2026-09-30T10:00:00", "as_of", "write a day"),
    "Norwegian currency": ("currency: NO", "currency", "between quotation marks"),
    "probability yes": ("p_type1_default: yes", "p_type1_default", "no value here"),
    "group on": ("min_group: on", "min_group", "no value here"),
    "unknown zone": ("timezone: Mars/Base", "timezone", "Europe/Berlin"),
    "zone outside": ("timezone: ../../etc/passwd", "timezone", "Europe/Berlin"),
    "discount in per cent": ("discount_rate_annual: 10", "discount_rate_annual", "`discount_rate_annual: 0.1`"),
    "discount of all": ("discount_rate_annual: 1", "discount_rate_annual", "`discount_rate_annual: 0.01`"),
    "share with a sign": ("p_type1_default: 40%", "p_type1_default", "`p_type1_default: 0.4`"),
    "share with a comma": ("margin_rate: 0,4", "margin_rate", "`margin_rate: 0.4`"),
    "octal month": ("fiscal_year_start: 010", "", "`fiscal_year_start: 10`"),
    "month by name": ("fiscal_year_start: April", "fiscal_year_start", "`fiscal_year_start: 4`"),
    "month as a day": ("fiscal_year_start: 2026-04-01", "fiscal_year_start", "`fiscal_year_start: 4`"),
    "cost as a time": ("cost_per_contact: 1:30", "", "`cost_per_contact: 1.30`"),
    "cost with a unit": ("cost_per_contact: 8,50 EUR", "cost_per_contact", "`cost_per_contact: 8.5`"),
    "cost with thousands": ("cost_per_contact: 1.234,50", "cost_per_contact", "`cost_per_contact: 1234.5`"),
    "group with an underscore": ("min_group: 1_000", "", "`min_group: 1000`"),
    "the same as text": ("min_group: '1_000'", "min_group", "`min_group: 1000`"),
    "group of half a person": ("min_group: 5.5", "min_group", "whole number"),
    "rate with a comma": ("rates: {USD: '1,08'}", "rates.USD", "`rates: {USD: 1.08}`"),
    "day of another country": ("as_of: 30.09.2026", "as_of", "`as_of: 2026-09-30`"),
    "sign of a currency": ("currency: €", "currency", "`currency: EUR`"),
    "month 13": ("fiscal_year_start: 13", "fiscal_year_start", "12"),
    "rate in words": ("discount_rate_annual: high", "discount_rate_annual", "'high'"),
    "rate infinite": ("discount_rate_annual: .inf", "discount_rate_annual", "finite"),
    "rate not a number": ("margin_rate: .nan", "margin_rate", "'nan'"),
    "margin above 1": ("margin_rate: 30", "margin_rate", "'30'"),
    "no hours": ("hours: 0", "hours", "greater than 0"),
    "hours in words": ("hours: 20 h", "hours", "'20 h'"),
    "cost negative": ("cost_per_contact: -1", "cost_per_contact", "'-1'"),
    "probability above 1": ("p_type1_default: 1.5", "p_type1_default", "'1.5'"),
    "group of nobody": ("min_group: 0", "min_group", "'0'"),
    "decimal mark unknown": ("decimal: ';'", "decimal", "';'"),
    "date format without a day": ("dates: '%Y-%m'", "dates", "%d.%m.%Y"),
    "date format broken": ("dates: '%Q'", "dates", "%d.%m.%Y"),
    "rate of zero": ("rates: {USD: 0}", "rates.USD", "greater than 0"),
    "rate of itself": ("currency: EUR\nrates: {EUR: 2}", "rates", "one EUR is one EUR"),
    "rates as a list": ("rates: [1, 2]", "rates", "dictionary"),
    "sample unclear": ("sample: maybe", "sample", "bool"),
    "sources as a list": ("sources: [customers.csv]", "sources", "dictionary"),
    "query of nothing": (
        "sources: {customers: {query: select 1}}",
        "sources.customers",
        "name the file or the database",
    ),
    "database without a query": ("sources: {customers: {database: SHOP}}", "sources.customers", "with a query"),
    "sheet of a query": ("sources: {customers: {file: a.db, sheet: a, query: b}}", "sources.customers", "no sheet"),
    "database address": ("sources: {customers: {url: 'postgres://x'}}", "sources.customers", "environment variable"),
    "key twice": ("currency: EUR\ncurrency: USD", "", "'currency' stands twice"),
    "key of a source twice": ("sources: {customers: a.csv, customers: b.csv}", "", "'customers' stands twice"),
    "key that is a list": ("? [a, b]\n: 1", "", "not a word"),
    "alias": ("a: &x 1\nb: *x", "", "aliases"),
    "tag that runs code": ("currency: !!python/object/apply:os.system [id]", "", "cannot be read"),
    "broken brackets": ("sources: {customers: a.csv", "", "cannot be read"),
    "tab": ("sources:\n\tcustomers: a.csv", "", "cannot be read"),
    "only a word": ("EUR", "", "key: value"),
    "a list": ("- EUR", "", "key: value"),
    "Latin-1": (b"# M\xfcller\ncurrency: EUR", "", "not UTF-8"),
    "control character": (b"currency: \x00EUR", "", "cannot be read"),
    "nested deeply": ("a: " + "[" * 5000, "", "nested too deeply"),
    "too many entries": ("a: [" + "1, " * 20_000 + "1]", "", "10,000 entries"),
    "too large": ("# " + "x" * 1_000_001, "", "larger than"),
    "two documents": ("currency: EUR\n---\ncurrency: USD", "", "cannot be read"),
}


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if "`" in fault[2]])
def test_the_line_for_company_yaml_can_be_pasted(company_folder, name):
    company_folder.write("company.yaml", FAULTS[name][2].strip("`") + "\n")
    assert not [message for message in company_folder.check().messages if message.level == "error"]


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_settings_is_named(company_folder, name):
    content, key, words = FAULTS[name]
    company_folder.write("company.yaml", content)
    report = company_folder.check()
    assert report.exit_code == 1
    (message,) = report.messages
    assert (message.file, message.column) == ("company.yaml", key)
    assert words in f"{message.what} {message.todo}"
    assert len(str(message)) < 700


def test_all_faults_of_the_settings_come_together(company_folder):
    company_folder.write("company.yaml", "currenzy: EUR\nmin_group: 0\n")
    assert [message.column for message in company_folder.check().messages] == ["min_group", "currenzy"]


def test_a_fault_of_form_names_its_line(company_folder):
    company_folder.write("company.yaml", "min_group: 5\n\ncurrency: EUR\ncurrency: USD\n")
    assert company_folder.check().messages[0].lines == (4,)


@pytest.mark.parametrize("name", ["company.yml", "Company.yaml"])
def test_settings_under_another_name_are_not_overlooked(company_folder, name):
    company_folder.write(name, "currency: USD\n")
    assert "Rename it to company.yaml" in company_folder.check().messages[0].todo


def test_settings_are_read(company_folder):
    company_folder.write("company.yaml", "sample: true\nas_of: 2026-09-30\nmin_group: 7\nmargin_rate: 0.4\n")
    company = open_company(company_folder.path)
    assert company.is_sample
    assert (company.settings.min_group, company.settings.margin_rate, company.settings.p_type1_default) == (7, 0.4, 0.5)


@pytest.mark.parametrize("content", ["", "# nothing\n", "\ufeffcurrency: EUR\n"])
def test_settings_may_say_nothing(company_folder, content):
    company_folder.write("company.yaml", content)
    assert open_company(company_folder.path, AS_OF).settings.currency == "EUR"


@pytest.mark.parametrize("as_of", [None, "", "soon", "2026-9-3", "20260930", "2026-02-30", "1989-12-31", "2026-W01-1"])
def test_the_day_of_the_analysis_is_never_guessed(company_folder, as_of):
    (message,) = company_folder.check(as_of).messages
    assert "day of the analysis" in message.what


# name: (source for customers, words of the message)
SOURCES = {
    "address": ("https://example.org/customers.csv", "is an address"),
    "file address": ("file:///etc/passwd", "is an address"),
    "bucket": ("s3://bucket/customers.csv", "is an address"),
    "absolute": ("/etc/passwd", "outside the company folder"),
    "outside": ("../customers.csv", "outside the company folder"),
    "outside by a detour": ("sub/../../customers.csv", "outside the company folder"),
    "absent": ("people.csv", "does not exist"),
    "folder": ("sub", "not a plain file"),
    "spreadsheet": ("customers.xlsx", "It is a ZIP or Excel file"),
    "pickle": ("customers.pkl", "type of file is not known"),
    "link": ("link.csv", "a link to another place"),
    "link to a folder": ("linked/customers.csv", "a link to another place"),
    "pipe": ("pipe.csv", "not a plain file"),
    "long": ("x" * 300 + ".csv", "cannot be the name"),
    "empty": ("", "not a plain file"),
}


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_is_no_file_of_the_folder_is_refused(company_folder, tmp_path, name):
    source, words = SOURCES[name]
    other = tmp_path / "other"
    other.mkdir()
    (other / "customers.csv").write_text(company_folder.text("customers"))
    (tmp_path / "customers.csv").write_text(company_folder.text("customers"))
    (company_folder.path / "sub").mkdir()
    (company_folder.path / "link.csv").symlink_to(other / "customers.csv")
    (company_folder.path / "linked").symlink_to(other)
    os.mkfifo(company_folder.path / "pipe.csv")
    company_folder.write("customers.xlsx", b"PK\x03\x04")
    company_folder.write("customers.pkl", b"\x80\x04.")
    company_folder.write("company.yaml", f"sources: {{customers: {json.dumps(source)}}}\n")
    (message,) = [message for message in company_folder.check().messages if message.level == "error"]
    assert message.table == "customers"
    assert words in message.what


def test_a_source_in_a_folder_below_is_read(company_folder):
    (company_folder.path / "sub").mkdir()
    (company_folder.path / "customers.csv").rename(company_folder.path / "sub" / "people.csv")
    company_folder.write("company.yaml", "sources: {customers: sub/people.csv}\n")
    assert company_folder.check().facts["n_customers"] == 4


def _no_company(folder, words):
    (message,) = check_company(folder, AS_OF).messages
    assert words in message.what
    assert all([message.why, message.todo])
    with pytest.raises(ValueError, match="1 fault"):
        open_company(folder, AS_OF)
    return message


def test_what_is_no_company_folder_is_named(company_folder, tmp_path):
    _no_company(tmp_path / "nowhere", "does not exist")
    _no_company(tmp_path / ("x" * 300), "does not exist")
    _no_company(company_folder.path / "customers.csv", "is a file, not the folder of a company")
    company_folder.write("all.zip", b"PK\x03\x04")
    _no_company(company_folder.path / "all.zip", "is a file (a ZIP or Excel file)")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    _no_company(tmp_path / "loop", "a link that leads nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / ".DS_Store").write_bytes(b"")
    _no_company(tmp_path / "empty", "is empty")


def test_a_folder_that_the_kit_wrote_is_no_company(company_folder, tmp_path):
    assert CliRunner().invoke(
        commands, ["check", str(company_folder.path), "--as-of", AS_OF, "--out", str(tmp_path / "o")]
    )
    message = _no_company(tmp_path / "o", "is what the kit wrote")
    assert "Give the folder of the company" in message.todo


def test_two_files_for_a_table_are_refused(company_folder):
    company_folder.write("customers.csv.gz", b"")
    (message,) = company_folder.check().messages
    assert "2 files for table customers: customers.csv and customers.csv.gz" in message.what


def test_a_table_as_a_spreadsheet_is_refused_but_beside_its_csv_ignored(company_folder):
    company_folder.write("customers.xlsx", b"PK\x03\x04")
    (message,) = company_folder.check().messages
    assert (message.level, message.file) == ("warning", "customers.xlsx")
    (company_folder.path / "customers.csv").unlink()
    (message,) = company_folder.check().messages
    assert "It is a ZIP or Excel file" in message.what


def test_a_misspelled_file_is_pointed_out(company_folder):
    company_folder.bring("surveys")
    (company_folder.path / "customers.csv").rename(company_folder.path / "Customer.csv")
    (company_folder.path / "surveys.csv").rename(company_folder.path / "survey.csv")
    messages = company_folder.check().messages
    assert any("'Customer.csv' looks similar" in message.todo for message in messages if message.level == "error")
    assert any("'survey.csv' is not used" in message.what and "surveys" in message.todo for message in messages)


@pytest.mark.parametrize("name", ["Surveys.CSV", "surveys.txt", "goals.yaml", "answers.xlsx", "old.tsv"])
def test_no_file_with_data_is_overlooked(company_folder, name):
    company_folder.write(name, "customer_id,responded_on,score\n")
    (message,) = company_folder.check().messages
    assert message.level == "warning"
    assert message.what.startswith(f"The file '{name}' is not used")


def test_files_of_the_system_and_of_the_kit_are_left_in_peace(company_folder):
    for name in (".DS_Store", "company.yaml", "~$customers.xlsx", "mapping.yaml", "import.json", "columns.html"):
        company_folder.write(name, "")
    assert not company_folder.check().messages


def test_what_is_no_table_is_named_in_one_sentence(company_folder):
    company_folder.write("notes.md", "read me")
    company_folder.write("logo.png", b"\x89PNG\r\n\x1a\n")
    (company_folder.path / "old").mkdir()
    (message,) = company_folder.check().messages
    assert message.level == "warning"
    assert "'logo.png' (a picture), 'notes.md' and 'old' (a folder)" in message.what


def test_a_required_table_in_capitals_is_pointed_out(company_folder):
    (company_folder.path / "customers.csv").rename(company_folder.path / "CUSTOMERS.CSV")
    refusal = company_folder.check().messages[0]
    assert "'CUSTOMERS.CSV' looks similar" in refusal.todo


def test_a_linked_table_is_refused(company_folder, tmp_path):
    (company_folder.path / "customers.csv").rename(tmp_path / "real.csv")
    (company_folder.path / "customers.csv").symlink_to(tmp_path / "real.csv")
    (message,) = company_folder.check().messages
    assert "a link to another place" in message.what


def test_columns_that_are_not_used_are_named(company_folder):
    head, *rows = company_folder.text("customers").splitlines()
    company_folder.write("customers.csv", "\n".join([head + ",shoe_size", *[row + ",42" for row in rows]]) + "\n")
    report = company_folder.check()
    (message,) = report.messages
    assert message.level == "warning"
    assert "1 column is not used: 'shoe_size'." in message.what
    assert report.receipts["customers"].columns_ignored == ("shoe_size",)


def test_the_business_case_is_no_stray_file(company_folder):
    (company_folder.path / "initiatives.yaml").write_text("schema: roinit/1\n")
    assert not any("initiatives.yaml" in message.what for message in company_folder.check().messages)
