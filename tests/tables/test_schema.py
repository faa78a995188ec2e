"""An independent validator agrees with the reader: what passes fits the contract, and spoiled frames do not."""

import pandas as pd
import pytest

from scrm_helpers.tables import TABLES, open_company

pandera = pytest.importorskip("pandera.pandas", reason="pandera, the independent validator, is not installed")

DTYPES = {
    "id": "str",
    **dict.fromkeys(("text", "group", "word", "currency", "unit", "period"), "str"),
    "date": "datetime64[us]",
    **dict.fromkeys(("number", "money", "share"), "float64"),
    "count": "Int64",
    "yes_no": "boolean",
}


def _checks(column):
    if column.kind == "date":
        yield pandera.Check.ge(pd.Timestamp("1990-01-01"))
    if column.low is not None:
        yield pandera.Check.ge(column.low)
    if column.high is not None:
        yield pandera.Check.le(column.high)
    if column.whole:
        yield pandera.Check(lambda values: values % 1 == 0, name="whole number")
    if column.kind == "word" and not column.words.own:
        yield pandera.Check.isin(column.words.words)
    if column.kind == "period":
        yield pandera.Check.str_matches(r"^\d{4}Q[1-4]$" if column.granularity else r"^\d{4}-\d{2}$")


def _schema(table):
    columns = {
        column.name: pandera.Column(
            DTYPES[column.kind],
            list(_checks(column)),
            nullable=column.blank in ("fine", "unknown"),
            required=column.required,
        )
        for column in TABLES[table].columns
    }
    return pandera.DataFrameSchema(columns, strict=True, unique=list(TABLES[table].key) or None)


@pytest.mark.parametrize("table", TABLES)
def test_a_checked_table_fits_the_schema(company_folder, table):
    company_folder.bring(table)
    _schema(table).validate(open_company(company_folder.path, "2026-09-30").table(table), lazy=True)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("surveys", "score", 11.0),
        ("surveys", "score", 8.5),
        ("transactions", "ordered_on", pd.Timestamp("1970-01-01")),
        ("transactions", "order_id", "O2"),
        ("referrals", "p_type1", 1.5),
        ("interactions", "author_role", "boss"),
        ("initiative_ledger", "quarter", "2025-Q1"),
        ("customers", "customer_id", None),
    ],
)
def test_a_spoiled_frame_does_not(company_folder, table, column, value):
    company_folder.bring(table)
    frame = open_company(company_folder.path, "2026-09-30").table(table).copy()
    frame.loc[0, column] = value
    with pytest.raises(pandera.errors.SchemaErrors):
        _schema(table).validate(frame, lazy=True)
