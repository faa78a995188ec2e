"""Prepare the value table: one row per person, the only step that touches the long logs."""

from pathlib import Path

import numpy as np
import pandas as pd

from scrm_helpers.network.forest.reach import forest_table
from scrm_helpers.people.measures import People
from scrm_helpers.value.lifetime.without_model import imported_note
from scrm_helpers.value.matrix.four_cells import value_cells
from scrm_helpers.value.social.referral_value import referral_value_per_person

NAMES = """
    person_id is_customer segment region acquisition_channel joined_on consent_contact
    orders first_order_on last_order_on revenue margin margin_12m clv clv_low clv_high p_alive
    referrals_made referrals_converted crv crv_low crv_high crv_12m
    referrals_next crv_next crv_next_low crv_next_high parent generation cascade_size cascade_value
    civ civ_low civ_high ckv sdv ckv_next sdv_next cev last_score last_responded_on cell
"""
COLUMNS = (
    dict.fromkeys(NAMES.split(), "float64")
    | dict.fromkeys(["person_id", "segment", "region", "acquisition_channel", "parent", "cell"], "str")
    | dict.fromkeys(["joined_on", "first_order_on", "last_order_on", "last_responded_on"], "datetime64[us]")
    | dict.fromkeys(["is_customer", "consent_contact"], "boolean")
)
NEXT = {"count": "referrals_next", "value": "crv_next", "low": "crv_next_low", "high": "crv_next_high"}
DIMENSIONS = ("clv", "crv_next", "civ", "ckv_next", "sdv_next")  # of the coming twelve months, and of these alone


def prepare_value(people: People) -> pd.DataFrame:
    """Make one row per person with `COLUMNS`, missing where not known; ``attrs["notes"]`` says what was assumed."""
    company = people.company
    table = people.known.join(_orders(people.known.index, people.orders, company.as_of)).join(people.clv)
    table["margin_12m"] = people.margin_12m
    if company.has("surveys"):
        last = people.answers.set_index("customer_id").rename_axis("person_id")
        table = table.join(last.rename(columns={"score": "last_score", "responded_on": "last_responded_on"}))
    if company.has("referrals"):
        table = table.join(_referrals(people))
        referrals, margin = company.table("referrals"), table["margin"]
        forest = forest_table(referrals, company.customers, margin, as_of=company.as_of)
        table = table.join(forest[["parent", "generation", "cascade_size", "cascade_value"]])
    table = table.assign(**_social(people))
    table["cev"] = table[[name for name in DIMENSIONS if name in table]].sum(axis=1, min_count=1)
    table["cell"] = value_cells(table["clv"], table.get("crv", pd.Series(np.nan, table.index)))
    value = table.reset_index().reindex(columns=list(COLUMNS)).astype(COLUMNS)
    value.attrs["notes"] = _notes(people)
    return value


def save(value: pd.DataFrame, folder: Path) -> None:
    """Write the value table, its notes included, as Parquet into the folder of the prepared company."""
    value.to_parquet(folder / "value.parquet", index=False)


def load(folder: Path) -> pd.DataFrame:
    """Read back what `save` wrote."""
    return pd.read_parquet(folder / "value.parquet").astype(COLUMNS)


def _orders(people: pd.Index, transactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return orders, dates and money to date of each person; people without an order have 0 orders and 0 money."""
    rows = transactions[transactions["ordered_on"] <= as_of]
    days = rows[rows["amount"] >= 0].groupby("customer_id")["ordered_on"]
    table = days.agg(["min", "max"]).reindex(people).set_axis(["first_order_on", "last_order_on"], axis=1)
    table["orders"] = days.size()  # as placed, also if refunded later; what stayed is `People.history`
    table[["revenue", "margin"]] = rows.groupby("customer_id")[["amount", "margin"]].sum()
    return table.fillna({"orders": 0, "revenue": 0.0, "margin": 0.0})


def _referrals(people: People) -> pd.DataFrame:
    """Return referrals made and converted and the referral value, of it that of the last twelve months' customers."""
    company, flows, rate = people.company, people.flows, people.company.settings.discount_rate_annual
    assert flows is not None
    worth = referral_value_per_person(flows, rate)[["referrals_converted", "crv"]]
    year = flows.since(company.as_of - pd.DateOffset(months=12))
    recent = referral_value_per_person(year, rate)["crv"].rename("crv_12m")
    referrers, draws = people.referral_draws or (pd.Index([]), np.empty((0, 1)))
    ends = np.quantile(draws, [0.025, 0.975], axis=1).T if len(referrers) else np.empty((0, 2))
    low_high = pd.DataFrame(ends, referrers, ["crv_low", "crv_high"])
    referrals = company.table("referrals")
    referrals = referrals[referrals["referred_on"] <= company.as_of]
    made = referrals.loc[referrals["referrer_id"] != referrals["referred_id"], "referrer_id"].value_counts()
    table = pd.concat([made.rename("referrals_made"), worth, recent, low_high], axis=1)
    table = table.reindex(people.known.index).fillna(0.0)
    if flows.unknown:
        table[["crv", "crv_low", "crv_high", "crv_12m"]] = np.nan
    coming = people.coming.by_person.rename(columns=NEXT)
    return table if coming.empty else table.join(coming)


def _social(people: People) -> dict[str, pd.Series]:
    """Return influence, knowledge and support value of each person, as far as each is known."""
    ideas, columns = people.knowledge, dict[str, pd.Series]()
    if people.influence.total.value is not None:
        credited, (low, high) = people.influence.by_person, people.influence.span
        columns |= {"civ": credited, "civ_low": low * credited, "civ_high": high * credited}
    if people.support.total.value is not None:
        columns["sdv"] = people.support.by_person["value"]
    if not people.coming_help.reason:
        columns["sdv_next"] = people.coming_help.people["value"]
    if ideas.realised.value is not None:
        columns["ckv"] = ideas.by_person["realised"]
    if ideas.expected.value is not None:
        columns["ckv_next"] = ideas.by_person["expected"]
    return {name: column.reindex(people.known.index).fillna(0.0) for name, column in columns.items()}


def _notes(people: People) -> list[str]:
    """Say what was assumed, in the order of the columns."""
    company, worth = people.company, people.lifetime
    modelled = f"{worth.sentence} Basis: {worth.note}." if worth.note else worth.sentence
    notes = [*people.margin_notes, *(imported_note(company.customers, people.terms.currency) or [modelled])]
    if people.flows is not None:
        notes += people.flows.notes
        notes += [f"Referral value is not known: {people.flows.unknown}."] if people.flows.unknown else []
        notes.append(people.coming.sentence)
    if company.has("interactions"):
        notes += [people.influence.assumed, people.support.sentence]
    if company.has("ideas"):
        notes.append(people.knowledge.sentence)
    return notes
