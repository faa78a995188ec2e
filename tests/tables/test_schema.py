"""An independent validator agrees with the reader: what passes fits the contract, and spoiled frames do not."""

import pandas as pd
import pandera.errors
import pytest

from scrm_helpers.tables import TABLES, open_company
from scrm_helpers.tables.schema import frame_schema


@pytest.mark.parametrize("table", TABLES)
def test_a_checked_table_fits_the_schema(company_folder, table):
    frame_schema(table).validate(open_company(company_folder.path, "2026-09-30").table(table), lazy=True)


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
    frame = open_company(company_folder.path, "2026-09-30").table(table).copy()
    frame.loc[0, column] = value
    with pytest.raises(pandera.errors.SchemaErrors):
        frame_schema(table).validate(frame, lazy=True)
