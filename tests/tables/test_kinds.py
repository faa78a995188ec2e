"""One rule for one kind of column: every rule is tried on every column of its kind, as the contract declares them.

The company that is spoilt fills every declared column; it is made from the contract itself.
"""

from pathlib import Path

import pyarrow as pa
import pytest

from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.accepted_words import read_currency, unclear
from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.pipeline import examine
from scrm_helpers.tables.values.typed_values import convert

AS_OF = "2026-01-31"
ROWS = 4
IDS = {"customers.customer_id": "C", "initiatives.initiative_id": "I", "goals.goal_id": "G",
       "interactions.interaction_id": "M", "initiative_panel.unit_id": "U"}  # fmt: skip
# What one column of one table must say so that the company is plausible; the rest follows from the kind.
SPECIAL = {
    ("customers", "joined_on"): ["2024-01-01", "2024-01-02", "2025-06-20", "2025-06-20"],
    ("customers", "email"): "c{}@example.org",
    ("transactions", "margin"): "5.5{}",
    ("transactions", "marketing_cost"): "1.2{}",
    ("transactions", "ordered_on"): "2025-06-2{}",
    ("surveys", "score"): "9",
    ("surveys", "invited_on"): "2025-07-0{}",
    ("surveys", "responded_on"): "2025-07-1{}",
    ("referrals", "referrer_id"): ["C1", "C1", "C2", "C2"],
    ("referrals", "referred_id"): ["C3", "C4", "P1", "P2"],
    ("referrals", "referred_on"): "2025-05-0{}",
    ("referrals", "converted_on"): "2025-06-2{}",
    ("interactions", "in_reply_to"): ["", "M1", "M1", "M2"],
    ("interactions", "reach"): "5{}",
    ("coding", "degree"): "3",
    ("initiatives", "started_on"): "2024-01-0{}",
    ("initiatives", "ended_on"): "2027-01-0{}",
    ("initiatives", "case_p10"): "10{}",
    ("initiatives", "case_p50"): "20{}",
    ("initiatives", "case_p90"): "30{}",
    ("initiative_panel", "period"): ["2025-01", "2025-02", "2025-01", "2025-02"],
    ("initiative_panel", "first_period"): ["never", "never", "2025-02", "2025-02"],
    ("initiative_panel", "unit_id"): ["U1", "U1", "U2", "U2"],
    ("initiative_panel", "outcome"): ["visits"] * 4,
    ("initiative_panel", "initiative_id"): ["I1"] * 4,
    ("employees", "enps_promoters"): "2",
    ("employees", "enps_detractors"): "1",
    ("employees", "store"): ["U1", "U1", "U2", "U2"],
    ("goals", "parent"): ["", "G1", "G1", "G2"],
    ("goals", "baseline"): "20",
    ("goals", "target"): "30",
    ("goals", "current"): "25",
    ("data_register", "valid_from"): "2025-01-1{}",
    ("aliases", "customer_id"): "C{}",
}
BY_KIND = {
    "date": "2025-03-1{}", "period": "2025Q{}", "money": "4{}.25", "number": "3{}", "share": "0.2", "count": "1{}",
    "yes_no": "yes", "currency": "EUR", "unit": "EUR", "text": "Words {}", "group": "Group {}", "id": "X{}",
}  # fmt: skip


def value(table, column, row):
    """The cell of a good company, rows counted from 1."""
    given = SPECIAL.get((table.name, column.name))
    if isinstance(given, list):
        return given[row - 1]
    if given is None and column.kind == "id":
        name = column.refers_to or f"{table.name}.{column.name}"
        given = IDS[name] + "{}" if name in IDS else "X{}" if column.refers_to else column.name[0].upper() + "-{}"
    if given is None and column.kind == "word":
        given = column.words.words[0]
    if given is None and column.high is not None and column.kind == "number":
        given = "0.{}"
    return (given or BY_KIND[column.kind]).format(row)


def cells(name):
    """The header and the rows of a table."""
    table = TABLES[name]
    return list(table.names), [[value(table, column, row) for column in table.columns] for row in range(1, ROWS + 1)]


def homes(name):
    """The tables that a table needs beside it, itself last."""
    needed = ["customers", "transactions"]
    for column in TABLES[name].columns:
        home = column.refers_to.partition(".")[0]
        if home and home != name and home not in needed:
            needed.append(home)
    return [*[home for home in needed if home != name], name]


def write(folder: Path, tables, changed=None, settings=""):
    """Write these tables with some cells changed, as {(table, row, column): text}, row 1 being the first."""
    folder.mkdir(exist_ok=True)
    for name in tables:
        header, rows = cells(name)
        for (table, row, column), text in (changed or {}).items():
            if table == name:
                rows[row - 1][header.index(column)] = text
        lines = [",".join(header), *(",".join(f'"{cell}"' if cell else "" for cell in row) for row in rows)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if settings:
        (folder / "company.yaml").write_text(settings, encoding="utf-8")


COLUMNS = [(table, column) for table in TABLES.values() for column in table.columns]
BLANKS = ("   ", "\u00a0", "\t", "\u200b \u2009", "\ufeff")
NOTHING = ("NULL", "(null)", "None", "nan", "N/A")


def _of(*kinds, where=lambda column: True):
    chosen = [(table.name, column.name) for table, column in COLUMNS if column.kind in kinds and where(column)]
    assert chosen
    return [pytest.param(*names, id=".".join(names)) for names in chosen]


def _checked(folder, table, cells=None, settings=""):
    """Examine the table with the tables it points to, some of its cells changed."""
    write(folder, homes(table), {(table, row, column): text for (row, column), text in (cells or {}).items()}, settings)
    return examine(folder, AS_OF)


def _errors(found):
    return [message for message in found.messages if message.level == "error"]


def _said(found, table, column, line, level):
    """Whether a message of this level names the table, its file, the column and the line, in four parts."""
    return any(
        (message.table, message.file, message.column, message.level) == (table, f"{table}.csv", column, level)
        and line in message.lines
        and all((message.what, message.why, message.todo))
        for message in found.messages
    )


def _turn(table, column, choices):
    """Another choice for each column, so that all of them are tried over the columns."""
    return choices[[(t.name, c.name) for t, c in COLUMNS].index((table, column)) % len(choices)]


@pytest.mark.parametrize("table", TABLES)
def test_the_company_that_is_spoilt_here_is_good(tmp_path, table):
    found = _checked(tmp_path / "data", table)
    assert found.messages == ()
    assert set(found.drafts[table].frame) >= set(TABLES[table].names), "every column is filled"


def _read(column, *texts):
    return convert(pa.chunked_array([list(texts)], pa.string()), column)


def test_every_kind_reads_a_cell_of_spaces_as_an_empty_one():
    for _, column in COLUMNS:
        good = value(TABLES["customers"], column, 1) or "x"
        read = _read(column, good, None, *BLANKS)
        empty = [False, True, *[True for _ in BLANKS]]
        assert read.blank.tolist() == read.values.isna().tolist() == empty, column
        assert not read.bad.any(), column


@pytest.mark.parametrize("text", ["#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "ten", "1 2"])
def test_no_kind_of_number_is_read_from_what_is_none(text):
    for _, column in COLUMNS:
        if column.kind in NUMERIC:
            assert _read(column, "1", text).bad.tolist() == [False, True], column


@pytest.mark.parametrize(("table", "column"), [(table.name, column.name) for table, column in COLUMNS])
def test_a_cell_of_spaces_does_what_its_harm_demands(tmp_path, table, column):
    found = _checked(tmp_path / "data", table, {(2, column): _turn(table, column, BLANKS)})
    blank, read = TABLES[table].column(column).blank, found.receipts[table]
    if blank == "refuse":
        assert _said(found, table, column, 3, "error")
        return
    assert not _errors(found), [message.what for message in _errors(found)]
    assert read.left_out.get(f"no {column}", 0) == (blank == "leave_out")
    assert blank == "fine" or _said(found, table, column, 3, "warning")
    sense = {"responded_on"}  # an answer needs its day
    assert read.rows_kept == ROWS - (blank == "leave_out" or column in sense)


@pytest.mark.parametrize(
    ("table", "column"),
    _of("date", "period", "money", "number", "share", "count", "yes_no", where=lambda column: column.blank != "refuse"),
)
def test_a_word_for_nothing_is_a_blank_cell_and_said(tmp_path, table, column):
    found = _checked(tmp_path / "data", table, {(2, column): _turn(table, column, NOTHING)})
    assert not _errors(found)
    assert _said(found, table, column, 3, "warning")
    assert found.receipts[table].left_out.get(f"no {column}", 0) == (TABLES[table].column(column).blank == "leave_out")


@pytest.mark.parametrize(("table", "column"), _of("id"))
def test_a_word_for_nothing_as_an_id_is_kept_but_said(tmp_path, table, column):
    declared = TABLES[table].column(column)
    found = _checked(tmp_path / "data", table, {(2, column): "NULL"})
    if declared.unknown == "refuse":
        assert _said(found, table, column, 3, "error")
        return
    assert not _errors(found)
    assert _said(found, table, column, 3, "warning")


def _twin(text, turn):
    return (f" {text}", text.lower(), f"\ufeff{text}", text.replace("-", "\u200b-"), f"00{text}")[turn % 5]


@pytest.mark.parametrize(("table", "column"), _of("id", where=lambda column: column.unknown in ("keep", "warn")))
def test_twins_are_sought_in_every_id_column(tmp_path, table, column):
    turn = [(t.name, c.name) for t, c in COLUMNS].index((table, column))
    one, other = "Zq-7", _twin("Zq-7", turn)
    found = _checked(tmp_path / "data", table, {(1, column): one, (2, column): other})
    assert any("look the same" in m.what and m.column == column and m.lines == (2, 3) for m in found.messages)
    assert {m.level for m in found.messages if "look the same" in m.what} == {"warning"}


@pytest.mark.parametrize(("table", "column"), _of("group"))
def test_twins_are_sought_in_every_column_of_names(tmp_path, table, column):
    found = _checked(tmp_path / "data", table, {(1, column): "Name 1", (2, column): "NAME\u00a01"})
    assert not _errors(found)
    assert any("written in different ways" in m.what and m.column == column for m in found.messages)


@pytest.mark.parametrize(("table", "column"), _of("id", "group", where=lambda column: column.refers_to))
def test_an_id_that_is_not_where_it_should_be_does_what_the_contract_says(tmp_path, table, column):
    declared = TABLES[table].column(column)
    found = _checked(tmp_path / "data", table, {(2, column): "Nobody-77"})
    assert bool(_errors(found)) == (declared.unknown == "refuse")
    assert bool(found.receipts[table].left_out) == (declared.unknown == "leave_out")
    if declared.unknown != "keep":
        assert _said(found, table, column, 3, "error" if declared.unknown == "refuse" else "warning")


@pytest.mark.parametrize(("table", "column"), _of("word"))
def test_spellings_of_a_word_are_read_and_said(tmp_path, table, column):
    vocabulary = TABLES[table].column(column).words
    for word, spellings in vocabulary.spellings.items():
        for turn, spelling in enumerate(spellings.split("|")[:3]):
            text = (spelling.upper(), f" {spelling} ", spelling.replace(" ", "_"))[turn]
            found = _checked(tmp_path / f"{word}{turn}", table, {(2, column): text})
            assert found.drafts[table].frame[column][1] == word
            assert text == word or _said(found, table, column, 3, "warning")
            break  # one spelling of each word: the words are many


@pytest.mark.parametrize(("table", "column"), _of("word"))
def test_a_word_that_is_none_of_the_vocabulary_is_kept_or_refused_as_declared(tmp_path, table, column):
    own = TABLES[table].column(column).words.own
    found = _checked(tmp_path / "data", table, {(2, column): "somehow else"})
    assert bool(_errors(found)) != own
    assert own or _said(found, table, column, 3, "error")
    assert not own or found.drafts[table].frame[column][1] == "somehow else"


@pytest.mark.parametrize(("table", "column"), _of("yes_no"))
def test_yes_and_no_are_read_in_other_languages_and_said(tmp_path, table, column):
    text, meant = _turn(table, column, [("Ja", True), ("nein", False), ("Oui", True), ("NON", False), ("sí", True)])
    found = _checked(tmp_path / "data", table, {(2, column): text, (3, column): "0.0"})
    assert found.drafts[table].frame[column].tolist()[1:3] == [meant, False]
    assert _said(found, table, column, 3, "warning")
    assert not _said(found, table, column, 4, "warning"), "0.0 needs no remark"
    assert _read(TABLES[table].column(column), "perhaps").bad.all()


CODED = _of("currency", "unit")


def _money(found, table):
    return found.drafts[table].frame[[column.name for column in TABLES[table].columns if column.kind == "money"]]


@pytest.mark.parametrize("text", ["eur", " EUR ", "\u20ac", "Euro", "EUROS"])
@pytest.mark.parametrize(("table", "column"), CODED)
def test_a_currency_is_read_as_exports_write_it(tmp_path, table, column, text):
    found = _checked(tmp_path / "data", table, {(2, column): text})
    assert not _errors(found)
    assert _said(found, table, column, 3, "warning")
    assert found.drafts[table].frame[column].tolist() == ["EUR"] * ROWS
    assert _money(found, table).equals(_money(_checked(tmp_path / "good", table), table))


@pytest.mark.parametrize("text", ["$", "kr", "Dollar", "USD", "gbp"])
@pytest.mark.parametrize(("table", "column"), CODED)
def test_money_of_another_or_unclear_currency_is_never_added(tmp_path, table, column, text):
    assert _said(_checked(tmp_path / "data", table, {(2, column): text}), table, column, 3, "error")


@pytest.mark.parametrize(("table", "column"), CODED)
def test_a_rate_brings_every_money_column_of_the_row_to_the_company(tmp_path, table, column):
    good = _money(_checked(tmp_path / "good", table), table)
    found = _checked(tmp_path / "data", table, {(2, column): "usd"}, "currency: EUR\nrates: {USD: 0.5}\n")
    assert not _errors(found)
    expected = good.copy()
    expected.loc[1] *= 0.5
    assert _money(found, table).equals(expected)


@pytest.mark.parametrize(("table", "column"), CODED)
def test_one_blank_currency_is_the_companys_and_said_unless_there_are_several(tmp_path, table, column):
    found = _checked(tmp_path / "data", table, {(2, column): " "})
    assert not _errors(found)
    assert _said(found, table, column, 3, "warning")
    assert found.drafts[table].frame[column].tolist() == ["EUR"] * ROWS
    mixed = {(2, column): " ", (3, column): "USD"}
    several = _checked(tmp_path / "several", table, mixed, "currency: EUR\nrates: {USD: 0.5}\n")
    assert _said(several, table, column, 3, "error")


@pytest.mark.parametrize("table", TABLES)
def test_a_row_that_repeats_another_does_what_the_table_declares(tmp_path, table):
    header, rows = cells(table)
    write(tmp_path, homes(table))
    with (tmp_path / f"{table}.csv").open("a", encoding="utf-8") as file:
        file.write(",".join(f'"{cell}"' if cell else "" for cell in rows[1]) + "\n")
    found, repeats = examine(tmp_path, AS_OF), TABLES[table].repeats
    assert bool(_errors(found)) == (repeats == "refuse")
    assert found.receipts[table].left_out == ({"repeated row": 1} if repeats == "leave_out" else {})
    if repeats != "refuse":
        assert any("word for word" in m.what and m.lines == (ROWS + 2,) and m.table == table for m in found.messages)
    assert len(header) == len({name for name, _ in zip(header, rows[0], strict=True)})


def test_every_kind_is_tried():
    tried = {"id", "group", "text", "word", "yes_no", "currency", "unit", "money", "number", "share", "count"}
    assert {column.kind for _, column in COLUMNS} == tried | {"date", "period"}
    assert all(value(table, column, 1) or column.name in ("parent", "in_reply_to") for table, column in COLUMNS)


def test_a_currency_is_read_only_where_it_is_one():
    assert [read_currency(text) for text in ("EUR", " eur ", "€", "$", "hours")] == ["EUR", "EUR", "EUR", None, None]
    assert all(unclear(text) for text in ("$", "kEUR", "T€", "Mio. EUR"))
    assert not any(unclear(text) for text in ("EUR", "points"))
