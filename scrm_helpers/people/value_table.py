"""Prepare the value table: one row per person, the only step that touches the long logs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.network import forest_table
from scrm_helpers.people.social_value import DIMENSIONS, outsiders, social_columns
from scrm_helpers.value.history.margins import with_margin
from scrm_helpers.value.history.purchases import history_of_codes
from scrm_helpers.value.lifetime.imported import brings_values, imported_note
from scrm_helpers.value.lifetime.lifetime import lifetime_values
from scrm_helpers.value.matrix.four_cells import value_cells
from scrm_helpers.value.social.referral_cash import ReferralFlows, referral_flows
from scrm_helpers.value.social.referral_value import referral_value_draws, referral_value_per_person

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

COLUMNS = {
    "person_id": "str",
    "is_customer": "boolean",
    "segment": "str",
    "region": "str",
    "acquisition_channel": "str",
    "joined_on": "datetime64[us]",
    "consent_contact": "boolean",
    "orders": "float64",
    "first_order_on": "datetime64[us]",
    "last_order_on": "datetime64[us]",
    "revenue": "float64",
    "margin": "float64",
    "margin_12m": "float64",
    "clv": "float64",
    "clv_low": "float64",
    "clv_high": "float64",
    "p_alive": "float64",
    "referrals_made": "float64",
    "referrals_converted": "float64",
    "crv": "float64",
    "crv_low": "float64",
    "crv_high": "float64",
    "crv_12m": "float64",
    "parent": "str",
    "generation": "float64",
    "cascade_size": "float64",
    "cascade_value": "float64",
    "civ": "float64",
    "ckv": "float64",
    "sdv": "float64",
    "cev": "float64",
    "last_score": "float64",
    "last_responded_on": "datetime64[us]",
    "cell": "str",
}
FROM_CUSTOMERS = ("segment", "region", "acquisition_channel", "joined_on", "consent_contact")


def prepare_value(company: Company, *, months: int = 12, seed: int = 20260930) -> pd.DataFrame:
    """Work out everything the chapters need to know about a person."""
    notes: list[str] = []
    people = _people(company)
    transactions, said = with_margin(company.transactions, company.settings.margin_rate)
    notes.extend(said)
    table = people.join(_orders(people.index, transactions, company.as_of))
    table = table.join(_lifetime(company, people.index, transactions, months, seed, notes))
    if company.has("surveys"):
        table = table.join(_last_answers(company.table("surveys"), company.as_of))
    if company.has("referrals"):
        table = table.join(_referrals(company, people.index, transactions, seed, notes))
        referrals, margin = company.table("referrals"), table["margin"]
        forest = forest_table(referrals, company.customers, margin, as_of=company.as_of)
        table = table.join(forest[["parent", "generation", "cascade_size", "cascade_value"]])
    table = table.assign(**social_columns(company, table, notes))
    present = [name for name in DIMENSIONS if name in table]
    table["cev"] = table[present].sum(axis=1, min_count=1)
    table["cell"] = value_cells(table["clv"], table.get("crv", pd.Series(np.nan, table.index)))
    value = table.reset_index().reindex(columns=list(COLUMNS)).astype(COLUMNS)
    value.attrs["notes"] = notes
    return value


def save(value: pd.DataFrame, folder: Path) -> Path:
    """Write the value table as Parquet and its assumptions as JSON beside it."""
    target = Path(folder) / "value.parquet"
    bare = value.copy(deep=False)
    bare.attrs = {}
    bare.to_parquet(target, index=False)
    about = {"people": len(value), "notes": value.attrs.get("notes", [])}
    target.with_suffix(".json").write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return target


def load(folder: Path) -> pd.DataFrame:
    """Read back what :func:`save` wrote, notes included."""
    source = Path(folder) / "value.parquet"
    value = pd.read_parquet(source).astype(COLUMNS)
    value.attrs["notes"] = json.loads(source.with_suffix(".json").read_text(encoding="utf-8"))["notes"]
    return value


def _people(company: Company) -> pd.DataFrame:
    """Return customers in id order, then the people outside, indexed by person_id."""
    customers = company.customers.set_index("customer_id").sort_index().rename_axis("person_id")
    people = customers.reindex(columns=list(FROM_CUSTOMERS)).assign(is_customer=True)
    others = outsiders(company)
    if not len(others):
        return people
    outside = pd.DataFrame({"is_customer": False}, index=pd.Index(others, name="person_id", dtype="str"))
    return pd.concat([people, outside])


def _orders(people: pd.Index, transactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return orders, dates and money to date of each person; people without an order have 0 orders and 0 money."""
    code = people.get_indexer(pd.Index(transactions["customer_id"]))
    known = (code >= 0) & (transactions["ordered_on"] <= as_of).to_numpy()
    code, rows = code[known], transactions[known]
    amount, margin = rows["amount"].to_numpy(float), rows["margin"].to_numpy(float)
    when = rows["ordered_on"].to_numpy().astype("datetime64[us]")
    recent = when > np.datetime64(as_of - pd.DateOffset(months=12), "us")
    bought = amount >= 0
    n = len(people)
    first = np.full(n, np.datetime64("2262-01-01", "us"))
    last = np.full(n, np.datetime64("1900-01-01", "us"))
    np.minimum.at(first, code[bought], when[bought])
    np.maximum.at(last, code[bought], when[bought])
    orders = np.bincount(code[bought], minlength=n)
    none = orders == 0
    first[none] = last[none] = np.datetime64("NaT")
    return pd.DataFrame(
        {
            "orders": orders,
            "first_order_on": first,
            "last_order_on": last,
            "revenue": np.bincount(code, weights=amount, minlength=n),
            "margin": np.bincount(code, weights=margin, minlength=n),
            "margin_12m": np.bincount(code[recent], weights=margin[recent], minlength=n),
        },
        index=people,
    )


def _lifetime(
    company: Company, people: pd.Index, transactions: pd.DataFrame, months: int, seed: int, notes: list[str]
) -> pd.DataFrame:
    """Return lifetime values of the people who bought, or the company's own where it brought a column of them."""
    code = people.get_indexer(pd.Index(transactions["customer_id"]))
    history = history_of_codes(code, people, transactions, company.as_of, value="margin")
    worth = lifetime_values(
        history,
        months=months,
        discount_rate_annual=company.settings.discount_rate_annual,
        seed=seed,
        currency=company.settings.currency,
    )
    modelled = worth.customers.reindex(columns=["clv", "clv_low", "clv_high", "p_alive"])
    if worth.indistinct:  # what is the same for everybody ranks nobody: no cells, no moves, no lists
        modelled[:] = np.nan
    if brings_values(company.customers):
        notes.extend(imported_note(company.customers, company.settings.currency))
        given = company.customers.set_index("customer_id")["clv"].astype(float)
        return pd.DataFrame({"clv": given, "p_alive": modelled["p_alive"]})
    notes.append(f"{worth.sentence} Basis: {worth.note}." if worth.note else worth.sentence)
    return modelled


def _last_answers(surveys: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    from scrm_helpers.advocacy import latest_answers  # its models take a while to load

    last = latest_answers(surveys, as_of).set_index("customer_id").rename_axis("person_id")
    return last.rename(columns={"score": "last_score", "responded_on": "last_responded_on"})


def _referrals(
    company: Company, people: pd.Index, transactions: pd.DataFrame, seed: int, notes: list[str]
) -> pd.DataFrame:
    """Return referrals made and converted and the referral value, of it that of the last twelve months' customers."""
    referrals, settings = company.table("referrals"), company.settings
    referrals = referrals[referrals["referred_on"] <= company.as_of]
    flows = referral_flows(
        referrals, transactions, company.customers, company.as_of, p_type1_default=settings.p_type1_default
    )
    notes.extend(flows.notes)
    rate = settings.discount_rate_annual
    worth = referral_value_per_person(flows, rate)[["referrals_converted", "crv"]]
    year = flows.since(company.as_of - pd.DateOffset(months=12))
    recent = referral_value_per_person(year, rate)["crv"].rename("crv_12m")
    low_high = _referral_interval(flows, rate, seed)
    made = referrals.loc[referrals["referrer_id"] != referrals["referred_id"], "referrer_id"].value_counts()
    table = pd.concat([made.rename("referrals_made"), worth, recent, low_high], axis=1).reindex(people).fillna(0.0)
    if flows.unknown:
        notes.append(f"Referral value is not known: {flows.unknown}.")
        table[["crv", "crv_low", "crv_high", "crv_12m"]] = np.nan
    return table


def _referral_interval(flows: ReferralFlows, rate: float, seed: int) -> pd.DataFrame:
    referrers, draws = referral_value_draws(flows, rate, seed=seed)
    low, high = np.quantile(draws, [0.025, 0.975], axis=1) if len(referrers) else (np.array([]), np.array([]))
    return pd.DataFrame({"crv_low": low, "crv_high": high}, index=referrers)
