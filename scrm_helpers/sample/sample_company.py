"""Put the sample company together, all tables, the settings and the truth, and write it to a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scrm_helpers.sample import drawn_cascade
from scrm_helpers.sample.drawn_answers import idea_table, survey_table
from scrm_helpers.sample.drawn_cascade import Arrays
from scrm_helpers.sample.drawn_conversations import interaction_table
from scrm_helpers.sample.drawn_initiatives import goal_table, initiative_tables
from scrm_helpers.sample.drawn_purchases import customer_table, referral_table, transaction_table
from scrm_helpers.sample.drawn_stores import store_tables
from scrm_helpers.sample.truth import truth_of
from scrm_helpers.sample.world import DAYS
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.settings import FILE as SETTINGS

CSV_UP_TO = 20_000
"""Customers up to which the tables are CSV; larger companies are Parquet."""
TRUTH = "truth.json"
LABEL = "# SAMPLE DATA: a synthetic company, no person is real"
OWN = ("contract", "own", 120, "at once")
NO_STORAGE = ("public", "no storage", 0, "an hour")
# table, field, system; what the system is to the field (o owned, c copied, b borrowed, d displayed); purpose;
# consent, terms, months kept, how old the field is when it can be used
FIELDS = (
    ("customers", "customer_id", "CRM", "o", "identity", *OWN),
    ("customers", "joined_on", "CRM", "o", "identity", *OWN),
    ("customers", "segment", "CRM", "o", "service", *OWN),
    ("customers", "consent_contact", "CRM", "o", "service", *OWN),
    ("transactions", "amount", "order system", "o", "accounting", *OWN),
    ("transactions", "amount", "CRM", "c", "service", "contract", "own", 60, "a day"),
    ("transactions", "margin", "order system", "o", "accounting", *OWN),
    ("surveys", "score", "survey service", "o", "research", "consent", "own", 36, "a day"),
    ("surveys", "score", "CRM", "c", "service", "consent", "own", 36, "two days"),
    ("referrals", "referred_id", "referral service", "c", "reward", "consent", "storage allowed", 24, "a day"),
    ("interactions", "text", "community", "o", "support", "consent", "own", 24, "at once"),
    ("interactions", "text", "social network", "b", "support", *NO_STORAGE),
    ("interactions", "reach", "social network", "b", "triage", *NO_STORAGE),
    ("interactions", "author_id", "social network", "b", "triage", *NO_STORAGE),
    (
        "interactions",
        "sentiment",
        "listening service",
        "c",
        "triage",
        "legitimate interest",
        "storage allowed",
        12,
        "a day",
    ),
    ("customers", "public profile", "social network", "d", "service", *NO_STORAGE),
    ("customers", "company news", "news service", "d", "sales", "public", "no storage", 0, "half a day"),
    ("employees", "engagement_mean", "people survey", "o", "employment", "works council", "own", 36, "a day"),
)


def register_table(as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per field and system; everything has held since the company's first day."""
    columns = ("table", "field", "system", "role", "purpose", "consent", "terms", "retention_months", "latency")
    given = pd.DataFrame(FIELDS, columns=columns)
    role = given["role"]
    flags = {
        "canonical": role == "o",
        "stored": role.isin(["o", "c"]),
        "actionable": role != "d",
        "shown": given["field"] != "author_id",
    }
    table = given[["table", "field", "system"]].assign(**flags)
    table = table.astype(dict.fromkeys(flags, "boolean")).join(
        given[["purpose", "consent", "terms", "retention_months"]]
    )
    table["valid_from"] = (as_of - pd.Timedelta(days=DAYS)).as_unit("us")
    return table.assign(latency=given["latency"])


@dataclass(frozen=True)
class Sample:
    """Tables by name, settings as in company.yaml, and the planted truth."""

    tables: dict[str, pd.DataFrame]
    settings: dict[str, object]
    truth: dict[str, object]


def make_sample(customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """A synthetic company over all tables of the kit, with its truth.

    Parameters
    ----------
    customers : int
        Number of customers, 200 or more.
    seed : int
        The same seed gives the same company, byte for byte.
    as_of : str
        Last day of the company's history, ISO 8601.

    Returns
    -------
    Sample

    Raises
    ------
    ValueError
        Fewer than 200 customers, or a last day that is no date or lies before 1995.

    Notes
    -----
    Purchases follow BG/NBD (Fader, Hardie and Lee 2005) and Gamma-Gamma; the referral funnel is that of Kumar, Petersen
    and Leone (2007). All planted values stand in :mod:`scrm_helpers.sample.world` and in ``truth``.

    Examples
    --------
    >>> sample = make_sample(customers=200, seed=1)
    >>> len(sample.tables["customers"]), sample.truth["funnel"]["planted"]["refer"]
    (200, 0.33)
    """
    if customers < 200:
        raise ValueError(
            f"The sample company was asked for with {customers} customers. In such a small company the planted "
            "effects cannot be seen. Ask for 200 or more."
        )
    today = pd.to_datetime(as_of, format="%Y-%m-%d", errors="coerce")
    if not isinstance(today, pd.Timestamp) or today < pd.Timestamp("1995-01-01"):
        raise ValueError(
            f"The sample company cannot end on {as_of!r}. All its dates are counted back from that day. "
            "Write it as 2026-09-30, not before 1995."
        )
    width = max(6, len(str(customers)))
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)]
    pool = drawn_cascade.grow(streams[0], customers)
    people, referrals = _numbered(pool, drawn_cascade.choose(pool, customers))
    transactions, triggered = transaction_table(streams[1], people, today, width)
    tables = {
        "customers": customer_table(streams[2], people, today, width),
        "transactions": transactions,
        "surveys": survey_table(streams[3], people, today, width),
        "referrals": referral_table(streams[4], people, referrals, today, width),
        "interactions": interaction_table(streams[5], people, int(pool.people["influencer"].sum()), today, width),
    }
    tables |= initiative_tables(streams[6], today)
    tables |= store_tables(streams[7], today)
    tables["ideas"] = idea_table(streams[8], people["joined"], today, width)
    tables["goals"] = goal_table()
    tables["data_register"] = register_table(today)
    settings: dict[str, object] = {
        "sample": True,
        "currency": "EUR",
        "as_of": as_of,
        "discount_rate_annual": 0.10,
        "p_type1_default": 0.5,
        "cost_per_contact": 8.0,
        "min_group": 5,
    }
    return Sample(tables, settings, truth_of(tables, people, triggered, customers, seed, as_of))


def _numbered(pool: drawn_cascade.Pool, kept: np.ndarray) -> tuple[Arrays, Arrays]:
    """Customers numbered from 0 in the order of joining; influencers get negative numbers in referrals."""
    people = pool.people
    customer = np.flatnonzero(kept & ~people["influencer"])
    customer = customer[np.argsort(people["joined"][customer], kind="stable")]
    number = np.zeros(len(kept), dtype=np.int64)
    number[customer] = np.arange(len(customer))
    influencer = np.flatnonzero(people["influencer"])
    number[influencer] = -2 - np.arange(len(influencer))
    chosen = {name: values[customer] for name, values in people.items()}
    chosen["parent"] = np.where(chosen["parent"] >= 0, number[chosen["parent"]], -1)
    made = np.flatnonzero(kept[pool.referrals["referrer"]])
    referrals = {name: pool.referrals[name][made] for name in ("referrer", "referred", "converted", "child")}
    referrals["referrer"] = number[referrals["referrer"]]
    referrals["child"] = np.where(referrals["child"] >= 0, number[referrals["child"]], -1)
    return chosen, referrals


def write_sample(folder: Path | str, customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """Make the sample company and write its tables, `company.yaml` and `truth.json`.

    Parameters
    ----------
    folder : Path or str
        New or empty; anything in it would be lost, so it is refused.
    customers, seed, as_of
        As in :func:`make_sample`; the same values give the same bytes. CSV up to 20,000 customers, Parquet above.

    Returns
    -------
    Sample
        What was written.

    Raises
    ------
    ValueError
        The folder is not empty, or `make_sample` refuses.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"The sample cannot be written: the folder {folder} holds files, and "
            "they would be lost. Choose an empty folder."
        )
    sample = make_sample(customers, seed, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    settings = [LABEL, *(f"{key}: {json.dumps(value)}" for key, value in sample.settings.items())]
    (folder / SETTINGS).write_text("\n".join(settings) + "\n", encoding="utf-8")
    for name, table in sample.tables.items():
        file = folder / _file(name, customers)
        if file.suffix == ".csv":
            _as_text(table).to_csv(file, index=False, lineterminator="\n")
        else:
            table.to_parquet(file, index=False, write_page_checksum=True)
    truth = json.dumps(sample.truth, indent=1, ensure_ascii=False)
    (folder / TRUTH).write_text(truth + "\n", encoding="utf-8")
    return sample


def file_names(customers: int) -> list[str]:
    """Every file that a sample of this size may have."""
    return [SETTINGS, TRUTH, *(_file(name, customers) for name in TABLES)]


def _file(table: str, customers: int) -> str:
    return f"{table}.{'csv' if customers <= CSV_UP_TO else 'parquet'}"


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Dates as ISO text, yes and no as true and false, whole scores without a decimal point."""
    shown = table.copy()
    for name, column in table.items():
        if pd.api.types.is_datetime64_any_dtype(column):
            shown[name] = column.dt.strftime("%Y-%m-%d")
        elif column.dtype == "boolean":
            shown[name] = column.map({True: "true", False: "false"})
        elif name in ("score", "reach"):
            shown[name] = column.astype("Int64")
    return shown
