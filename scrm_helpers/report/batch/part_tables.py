"""The tables of one part: rows of its customers; everybody else, customers elsewhere too, is a person outside."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.report.batch.division import PERIODS, values_of
from scrm_helpers.tables.company_tables import Part
from scrm_helpers.tables.contract.column_kinds import CUSTOMER
from scrm_helpers.tables.contract.declarations import TABLES

if TYPE_CHECKING:
    from scrm_helpers.tables import Company
    from scrm_helpers.tables.contract.receipts import Receipt

KEPT_WHOLE = ("suppress",)  # also of people outside: whoever is not to be contacted is not


def cut(company: Company, where: Mapping[str, str], elsewhere: str = "") -> Company:
    """Take the part of a company whose day was chosen before; `elsewhere` says where chapters are that it lacks."""
    columns = {name: value for name, value in where.items() if name not in PERIODS}
    part = Part(dict(where))
    told_apart = f"{company.fingerprint} {json.dumps(dict(where), sort_keys=True)}"
    fingerprint = hashlib.sha256(told_apart.encode()).hexdigest()
    note = f"It stands on {company.as_of:%Y-%m-%d}: what came later is not in it."
    if not columns:
        return replace(company, part=replace(part, note=f"{note} {elsewhere}".rstrip()), fingerprint=fingerprint)
    inside = pd.Series(data=True, index=company.customers.index)
    for name, value in columns.items():
        inside &= (values_of(company, name) == value).fillna(value=False).astype(bool)
    people = set(company.customers.loc[inside, "customer_id"])
    tables = {name: _of_people(name, frame, people) for name, frame in company.every.items()}
    tables |= _of_threads(company, tables, people)
    tables = {name: frame.reset_index(drop=True) for name, frame in tables.items()}
    receipts = {name: _receipt(receipt, len(tables[name])) for name, receipt in company.receipts.items()}
    notes = [_outside(tables, people, company, part), note if len(columns) < len(where) else "", elsewhere]
    return replace(
        company,
        tables=tables,
        receipts=receipts,
        fingerprint=fingerprint,
        messages=(),  # they name lines and customers of the whole company
        part=replace(part, note=" ".join(filter(None, notes))),
    )


def too_few(company: Company) -> str:
    """Say why a part is too small to be reported; empty where it is not."""
    fewest = company.settings.min_group
    if len(company.customers) < fewest:
        return f"It has fewer than {fewest} customers: nothing is shown of so few people (min_group)."
    return "" if len(company.transactions) else "None of its customers has ordered: there is nothing to report."


def _of_people(table: str, frame: pd.DataFrame, people: set[str]) -> pd.DataFrame:
    """Rows that name one of these people; all of a table that names none."""
    columns = {column.name: (column.refers_to, f"{table}.{column.name}") for column in TABLES[table].columns}
    named = [name for name, places in columns.items() if CUSTOMER in places and name in frame]
    if not named or table in KEPT_WHOLE:
        return frame
    return frame[frame[named].isin(people).any(axis=1)]


def _receipt(receipt: Receipt, kept: int) -> Receipt:
    """What was read for the part; of rows that were left out nobody can tell whose they were."""
    left_out = {f"{reason}, in the whole company": rows for reason, rows in receipt.left_out.items()}
    return replace(receipt, rows_read=kept + receipt.rows_left_out, rows_kept=kept, left_out=left_out)


def _of_threads(company: Company, tables: Mapping[str, pd.DataFrame], people: set[str]) -> dict[str, pd.DataFrame]:
    """Whole conversations in which one of these people has a part, what coders say of them, and what lots gave."""
    threads = set[str]()
    found = {}
    if company.has_column("interactions", "thread_id"):
        threads, rows = set(tables["interactions"]["thread_id"].dropna()), company.table("interactions")
        found["interactions"] = rows[rows.index.isin(tables["interactions"].index) | rows["thread_id"].isin(threads)]
    for name, column, kept in (("coding", "thread_id", threads), ("lotteries", "unit_id", threads | people)):
        if name in tables:
            found[name] = tables[name][tables[name][column].isin(kept)]
    return found


def _outside(tables: Mapping[str, pd.DataFrame], people: set[str], company: Company, part: Part) -> str:
    """Say who counts as a person outside, with how many of them are at the other end of a referral."""
    fewest = company.settings.min_group
    said = f"Customers here are those of {part.words}; everybody else, customers elsewhere too, is a person outside"
    if "referrals" not in tables or not len(tables["referrals"]):
        return f"{said}."
    counts = []
    for column, words in (("referrer_id", "people who referred"), ("referred_id", "people who were referred")):
        named = set(tables["referrals"][column].dropna())
        outside = len(named - people)
        few = f"fewer than {fewest}" if 0 < outside < fewest else numbers.count(outside)
        counts.append(f"{few} of {numbers.count(len(named))} {words}")
    return f"{said}: {' and '.join(counts)}. What friends outside buy is not in referral value here."
