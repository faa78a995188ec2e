"""How a company is divided, by groups of its customers and periods that are over, and the tables of each part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import slug
from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.batch.batch_file import BatchWish, nearest
from scrm_helpers.tables.company_tables import Part
from scrm_helpers.tables.contract.declarations import TABLES

if TYPE_CHECKING:
    from scrm_helpers.tables import Company
    from scrm_helpers.tables.contract.receipts import Receipt

PERIODS = {"quarter": 1, "half": 2, "year": 4}  # quarters in each
LATEST = 8  # closed periods, at most
MOST_VALUES = 100  # of a column that is a group of customers
_GROUPS = ("group", "word", "yes_no")


def declared_groups() -> list[str]:
    """Columns of customers by which the contract lets a company be divided."""
    return [column.name for column in TABLES["customers"].columns if column.kind in _GROUPS]


def own_groups(wish: BatchWish) -> list[str]:
    """Names in a wish that the contract does not know: columns of the company's own, or typed wrongly."""
    named = [*wish.by, *(name for entry in wish.parts for name in entry.where)]
    return [name for name in dict.fromkeys(named) if name not in PERIODS and name not in TABLES["customers"].names]


@dataclass(frozen=True)
class Division:
    """A company's groups and closed periods, as far as a batch asks for them."""

    company: Company
    wish: BatchWish

    @property
    def by(self) -> list[str]:
        """What it is divided by, in order."""
        return list(self.wish.by) or list(dict.fromkeys(name for entry in self.wish.parts for name in entry.where))

    def parts(self) -> list[dict[str, str]]:
        """Every part as its conditions: the listed ones, or each combination that has a customer."""
        for name in self.by:
            self._check_name(name)
        for n, entry in enumerate(self.wish.parts):
            self._check_values(entry.where, "parts", n, "where")
        if not self.wish.by:
            listed = [entry.where for entry in self.wish.parts if entry.where]
            whole = [{name: where[name] for name in self.by if name in where} for where in listed]
            return [part for n, part in enumerate(whole) if part not in whole[:n]]
        columns = [name for name in self.by if name not in PERIODS]
        groups: list[dict[str, str]] = [{}]
        if columns:
            found = pd.DataFrame({name: values_of(self.company, name) for name in columns}).dropna()
            rows = found.drop_duplicates().sort_values(columns).to_numpy()
            groups = [dict(zip(columns, map(str, row), strict=True)) for row in rows]
        kind = next((name for name in self.by if name in PERIODS), "")
        if not kind:
            return groups
        labels = list(self.periods(kind))
        whole = [{**group, kind: label} for group in groups for label in labels]
        return [{name: part[name] for name in self.by} for part in whole]

    def chosen(self, texts: Sequence[str]) -> dict[str, str]:
        """The conditions of the option ``--part``, checked."""
        where = dict[str, str]()
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals or name not in self.by:
                todo = f"Write it as --part {self.by[0]}=VALUE; this batch is divided by {', '.join(self.by)}."
                raise PlainError(f"The option --part {text!r} names no part. {todo}")
            where[name] = value
        self._check_values(where)
        return where

    def periods(self, kind: str) -> dict[str, pd.Timestamp]:
        """The latest closed periods with their last days; a fiscal year is named after the year in which it ends."""
        start = self.company.settings.fiscal_year_start
        ending = pd.offsets.QuarterEnd(startingMonth=(start - 2) % 12 + 1).rule_code.removeprefix("QE")
        first, last = self.company.transactions["ordered_on"].min(), self.company.as_of
        found, size = dict[str, pd.Timestamp](), PERIODS[kind]
        for quarter in pd.period_range(first, last, freq=f"Q{ending}"):
            end = quarter.end_time.normalize()
            if quarter.quarter % size == 0 and end <= last:
                number = {"quarter": f"-Q{quarter.quarter}", "half": f"-H{quarter.quarter // 2}", "year": ""}[kind]
                found[f"{quarter.qyear}{number}"] = end.as_unit("us")
        if not found:
            raise PlainError(f"No {kind} with orders is over on {last:%Y-%m-%d}: there is nothing to divide by it.")
        return dict(list(found.items())[-LATEST:])

    def day(self, where: Mapping[str, str]) -> pd.Timestamp:
        """The day on which the report of a part stands."""
        kind = next((name for name in where if name in PERIODS), "")
        return self.periods(kind)[where[kind]] if kind else self.company.as_of

    def size(self, where: Mapping[str, str]) -> int:
        """How many customers a part has."""
        named = {name: value for name, value in where.items() if name not in PERIODS}
        inside = [values_of(self.company, name) == value for name, value in named.items()]
        return int(pd.concat(inside, axis=1).all(axis=1).sum()) if inside else len(self.company.customers)

    def in_no_part(self) -> list[str]:
        """Say how many customers have no value in a column by which the company is divided."""
        said = []
        for name in self.by:
            if name not in PERIODS and (missing := int(values_of(self.company, name).isna().sum())):
                many = numbers.plural(missing, "customer")
                said.append(f"{many} of {numbers.count(len(self.company.customers))} without {name}: in no part.")
        return said

    def _check_name(self, name: str) -> None:
        place = ("by",) if self.wish.by else ("parts",)
        if name in PERIODS:
            if sum(other in PERIODS for other in self.by) > 1:
                raise self.wish.fault("A batch has one kind of period.", f"Choose one of {', '.join(PERIODS)}.", *place)
            return
        customers = self.company.customers
        known = [column for column in declared_groups() if column in customers]
        known += [*self.company.receipts["customers"].columns_ignored, *PERIODS]
        if name not in customers or (name in TABLES["customers"].names and name not in declared_groups()):
            kind = "a column of customers" if name not in customers else "a group of customers"
            raise self.wish.fault(f"{name!r} is not {kind}.", nearest(name, known), *place)
        values = values_of(self.company, name).nunique()
        if not 0 < values <= MOST_VALUES:
            said = f"The column {name!r} has {numbers.count(values)} different values."
            todo = f"Choose one with 1 to {MOST_VALUES}: {', '.join(one for one in known if one != name)}."
            raise self.wish.fault(said, todo, *place)

    def _check_values(self, where: Mapping[str, str], *place: str | int) -> None:
        for name, value in where.items():
            self._check_name(name)
            there = self.periods(name) if name in PERIODS else sorted(values_of(self.company, name).dropna().unique())
            if value not in there:
                raise self.wish.fault(f"There is no {name} {value!r}.", nearest(value, there), *place, name)


def values_of(company: Company, name: str) -> pd.Series:
    """The groups of all customers as text, missing where none is given."""
    column = company.customers[name]
    if pd.api.types.is_bool_dtype(column):
        return column.map({True: "yes", False: "no"})
    return column.astype("str").where(column.notna())


PARTS = "parts"  # the folder of their folders


def folder_of(where: Mapping[str, str]) -> str:
    """The folder of a part: its conditions as far as a file system takes them, and a hash that tells all apart."""
    words = slug("-".join(f"{name} {value}" for name, value in where.items()))
    digest = hashlib.sha256(json.dumps(dict(where), sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return f"{PARTS}/{words[:60].strip('-')}-{digest[:8]}"


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
    named = [name for name in TABLES[table].persons if name in frame]
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
