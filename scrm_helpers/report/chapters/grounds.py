"""Whom one may write to: a field for which the data register names no consent or no purpose reaches no action list."""

from dataclasses import replace

import pandas as pd

from scrm_helpers.tables import TABLES, Company


def on_ground(company: Company, value: pd.DataFrame) -> tuple[Company, pd.DataFrame]:
    """Take fields without ground out of a company and out of what its people are worth; a whole one passes as it is."""
    from scrm_helpers.people import People, value_table

    if not company.without_ground or company.withheld:
        return company, value
    tables, receipts, withheld, all_of_it = company.every, dict(company.receipts), {}, False
    for (table, column), lack in company.without_ground.items():
        why = f"the data register names no {lack} for {column} of {table}"
        withheld[f"{table}.{column}"] = why
        if not TABLES[table].column(column).required:
            tables[table] = tables[table].drop(columns=column)
        elif not TABLES[table].required:  # without the column the table says nothing
            withheld[table] = why
            receipts.pop(table, None)
        else:
            all_of_it = True  # every action rests on who is a customer and what they bought
    bare = replace(company, tables=tables, receipts=receipts, withheld=withheld)
    return bare, value.iloc[:0] if all_of_it else value_table.prepare_value(People(bare))
