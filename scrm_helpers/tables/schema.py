"""The contract as a pandera schema, for frames that never were a file and as an independent judge of the reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrm_helpers.tables.contract import TABLES, Column, Kind
from scrm_helpers.tables.day import EARLIEST

if TYPE_CHECKING:
    import pandera.pandas as pa

DTYPES: dict[Kind, str] = {
    "id": "str",
    "text": "str",
    "quarter": "str",
    "date": "datetime64[us]",
    "number": "float64",
    "count": "Int64",
    "yes_no": "boolean",
}


def frame_schema(table: str) -> pa.DataFrameSchema:
    """Return the schema of a checked table.

    Parameters
    ----------
    table : str
        Name of a table of the contract.

    Returns
    -------
    pandera.pandas.DataFrameSchema
        Types, ranges, allowed words and key of the declaration; other columns are refused.

    Examples
    --------
    >>> frame_schema("surveys").columns["score"].nullable
    True
    """
    import pandera.pandas as pa

    declared = TABLES[table]
    columns = {
        column.name: pa.Column(
            DTYPES[column.kind], _checks(column), nullable=column.may_be_blank, required=column.required
        )
        for column in declared.columns
    }
    return pa.DataFrameSchema(columns, strict=True, unique=list(declared.key) or None, name=table)


def _checks(column: Column) -> list[pa.Check]:
    import pandera.pandas as pa

    checks = []
    if column.kind == "date":
        checks.append(pa.Check.ge(EARLIEST))
    if column.low is not None:
        checks.append(pa.Check.ge(column.low))
    if column.high is not None:
        checks.append(pa.Check.le(column.high))
    if column.whole:
        checks.append(pa.Check(lambda values: values % 1 == 0, name="whole number"))
    if column.values:
        checks.append(pa.Check.isin(column.values))
    if column.kind == "quarter":
        checks.append(pa.Check.str_matches(r"^\d{4}Q[1-4]$"))
    return checks
