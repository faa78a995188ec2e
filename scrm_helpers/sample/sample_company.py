"""Put the sample company together, all tables, the settings and the truth, and write it to a folder."""

# The truth is what was planted, and what this draw of it contains

import json
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd

from scrm_helpers.sample import drawn_conversations, drawn_customers, drawn_initiatives, drawn_stores, world
from scrm_helpers.sample.drawn_cascade import Arrays, choose, grow
from scrm_helpers.sample.drawn_initiatives import INITIATIVES, goal_table, initiative_tables, true_net
from scrm_helpers.sample.world import DAYS, Planted
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.settings import FILE as SETTINGS

CASE_WRITTEN_FOR = pd.Period("2026Q3", "Q")
CSV_UP_TO = 20_000  # customers up to which the tables are CSV; larger companies are Parquet
TRUTH, CASE = "truth.json", "initiatives.yaml"
LABEL = "SAMPLE DATA: a synthetic company, no person is real"
OWN = ("contract", "own", 120, "at once")
LISTENING = ("legitimate interest", "storage allowed", 36, "a day")
COMMUNITY = ("consent", "own", 36, "at once")
REFERRED = ("consent", "storage allowed", 36, "a day")
NO_STORAGE = ("public", "no storage", 0, "an hour")
# table, fields, system; what the system is to the fields (o owned, c copied, b borrowed, d displayed); purpose;
# consent, terms, months kept, how old a field is when it can be used
FIELDS = (
    ("customers", "customer_id; joined_on", "CRM", "o", "identity", *OWN),
    ("customers", "segment; consent_contact", "CRM", "o", "service", *OWN),
    ("transactions", "customer_id; ordered_on; amount", "order system", "o", "accounting", *OWN),
    ("transactions", "amount", "CRM", "c", "service", "contract", "own", 60, "a day"),
    ("transactions", "margin", "order system", "o", "accounting", *OWN),
    ("surveys", "score", "survey service", "o", "research", "consent", "own", 36, "a day"),
    ("surveys", "score", "CRM", "c", "service", "consent", "own", 36, "two days"),
    ("referrals", "referrer_id; referred_id", "referral service", "c", "reward", *REFERRED),
    ("interactions", "text; author_id; thread_id; in_reply_to", "community", "o", "support", *COMMUNITY),
    ("interactions", "text", "social network", "b", "support", *NO_STORAGE),
    ("interactions", "reach", "social network", "b", "triage", *NO_STORAGE),
    ("interactions", "reach", "listening service", "c", "triage", *LISTENING),
    ("interactions", "author_id", "social network", "b", "triage", *NO_STORAGE),
    ("interactions", "sentiment; intent", "listening service", "c", "triage", *LISTENING),
    ("customers", "public profile", "social network", "d", "service", *NO_STORAGE),
    ("customers", "company news", "news service", "d", "sales", "public", "no storage", 0, "half a day"),
    ("initiative_ledger", "amount", "finance system", "o", "accounting", *OWN),
    ("employees", "engagement_mean", "people survey", "o", "employment", "works council", "own", 36, "a day"),
)


def register_table(as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per field and system; everything has held since the company's first day."""
    columns = ("table", "field", "system", "role", "purpose", "consent", "terms", "retention_months", "latency")
    given = pd.DataFrame(FIELDS, columns=columns)
    given = given.assign(field=given["field"].str.split("; ")).explode("field", ignore_index=True)
    role, shown = given.pop("role"), given["field"] != "author_id"
    flags = {"canonical": role == "o", "stored": role.isin(["o", "c"]), "actionable": role != "d", "shown": shown}
    table = given.assign(**flags, valid_from=(as_of - pd.Timedelta(days=DAYS)).as_unit("us"))
    first, kept = ["table", "field", "system", *flags], ["purpose", "consent", "terms", "retention_months"]
    return table.astype(dict.fromkeys(flags, "boolean"))[[*first, *kept, "valid_from", "latency"]]


@dataclass(frozen=True)
class Sample:
    """Tables by name, settings as in company.yaml, and the planted truth."""

    tables: dict[str, pd.DataFrame]
    settings: dict[str, object]
    truth: dict[str, object]


def make_sample(
    customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30", *, nothing: bool = False
) -> Sample:
    """A synthetic company over all tables, byte for byte by its seed; `nothing`: conversations without effects."""
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
    everybody, events = grow(streams[0], customers)
    influencers = int(everybody["influencer"].sum())
    people, referrals = _numbered(everybody, events, choose(everybody, customers))
    transactions, triggered = drawn_customers.transaction_table(streams[1], people, today, width)
    tables = {
        "customers": drawn_customers.customer_table(streams[2], people, today, width),
        "transactions": transactions,
        "surveys": drawn_customers.survey_table(streams[3], people, today, width),
        "referrals": drawn_customers.referral_table(streams[4], people, referrals, today, width),
    }
    planted = Planted().without_effects if nothing else Planted()
    talk, held = drawn_conversations.conversation_tables(streams[5], people, influencers, today, width, planted)
    tables |= talk
    tables |= initiative_tables(streams[6], today)
    tables |= drawn_stores.store_tables(streams[7], today)
    tables["ideas"] = drawn_customers.idea_table(streams[8], people["joined"], today, width)
    tables["goals"] = goal_table(tables, today)
    tables["data_register"] = register_table(today)
    settings: dict[str, object] = {
        "sample": True,
        "currency": "EUR",
        "as_of": as_of,
        "discount_rate_annual": 0.10,
        "p_type1_default": 0.5,
        "cost_per_contact": 8.0,
        "hours": 5.0,
        "min_group": 5,
    }
    drawn = {"label": LABEL, "customers": customers, "seed": seed, "as_of": as_of}
    truth = truth_of(tables, people, triggered) | {"conversations": {**planted.truth, "in_this_draw": held}}
    return Sample(tables, settings, drawn | truth)


def truth_of(tables: dict[str, pd.DataFrame], people: Arrays, triggered: dict[str, int]) -> dict[str, object]:
    """Everything that was planted, by subject; `in_this_draw` counts what the random numbers made of it."""
    scores = np.arange(11)
    answered, latent = world.ANSWERED, world.latent_scores()
    return {
        "funnel": {
            "of": "all customers asked who answered, window of 365 days after the answer, waves W1 and W2",
            "planted": world.FUNNEL,
            "intends_from_score": world.INTENDS_FROM,
            "window_days": world.WINDOW,
            "complete_waves": ["W1", "W2"],
            "refer_by_score": world.refers().round(6).tolist(),
            "somers_d": {name: round(value, 6) for name, value in world.somers_d().items()},
            "survey_changes_behaviour": False,
            "referring_before_the_answer": "goes with the score too, weaker: satisfaction lasts from wave to wave",
            "correlation_of_satisfaction_between_waves": world.STABLE,
        },
        "scores": {
            "answered": answered.tolist(),
            "everybody": latent.round(6).tolist(),
            "response_by_score": world.RESPONSE.tolist(),
            "nps_of_those_who_answered": _nps(answered),
            "nps_of_everybody": _nps(latent),
            "mean_answered": round(float(answered @ scores), 6),
            "response_rate": round(float(latent @ world.RESPONSE), 6),
        },
        "purchases": {
            "unit_of_time": "week",
            "bg_nbd": world.BG_NBD,
            "gamma_gamma": world.GAMMA_GAMMA,
            "margin_rate": world.MARGIN_RATE,
            "refund_share": world.REFUND_SHARE,
        },
        "network": {
            "zero_influence_region": world.ZERO_INFLUENCE_REGION,
            "rate_correlation_by_region": dict(zip(world.REGIONS, world.ALIKE.tolist(), strict=True)),
            "trigger_probability_elsewhere": world.TRIGGER,
            "trigger_days": world.TRIGGER_DAYS,
            "triggered_orders_by_region": triggered,
            "p_type1_mean": 0.5,
        },
        "initiatives": {
            item.id: {
                "benefit_over_12_quarters": round(sum(map(sum, item.streams.values())), 2),
                "net_of_cash_and_rewards_over_12_quarters": round(true_net(item), 2),
                "stopped_early": item.stopped_after is not None,
            }
            for item in INITIATIVES
        },
        "helpdesk": drawn_initiatives.helpdesk_truth(),
        "stores": {
            "helpdesk_effect_by_exposure": {
                "retained share": drawn_stores.retention_effect(np.arange(8)).round(6).tolist(),
                "trust index": drawn_stores.trust_effect(np.arange(8)).round(6).tolist(),
                "margin per customer": drawn_stores.margin_effect(np.arange(8)).round(6).tolist(),
                "all other outcomes": [0.0] * 8,
            },
            "randomised_reply_effect_on_repeat_buyers": drawn_stores.REPLY_EFFECT,
            "engagement_to_trust_next_quarter": drawn_stores.ENGAGEMENT_TO_TRUST,
            "trust_to_margin_next_quarter": drawn_stores.TRUST_TO_MARGIN,
            "solved_first_time": drawn_stores.SOLVED,
        },
        "in_this_draw": {
            "rows": {name: len(table) for name, table in tables.items()},
            "deepest_generation": int(people["depth"].max()),
            "customers_by_referral": int((people["parent"] != -1).sum()),
        },
    }


def _nps(shares: np.ndarray) -> float:
    return round(100 * float(shares[9:].sum() - shares[:7].sum()), 6)


def _numbered(people: Arrays, events: Arrays, kept: np.ndarray) -> tuple[Arrays, Arrays]:
    """Customers numbered from 0 in the order of joining; influencers get negative numbers in referrals."""
    customer = np.flatnonzero(kept & ~people["influencer"])
    customer = customer[np.argsort(people["joined"][customer], kind="stable")]
    number = np.zeros(len(kept), dtype=np.int64)
    number[customer] = np.arange(len(customer))
    influencer = np.flatnonzero(people["influencer"])
    number[influencer] = -2 - np.arange(len(influencer))
    chosen = {name: values[customer] for name, values in people.items()}
    chosen["parent"] = np.where(chosen["parent"] >= 0, number[chosen["parent"]], -1)
    made = np.flatnonzero(kept[events["referrer"]])
    referrals = {name: events[name][made] for name in ("referrer", "referred", "converted", "child")}
    referrals["referrer"] = number[referrals["referrer"]]
    referrals["child"] = np.where(referrals["child"] >= 0, number[referrals["child"]], -1)
    return chosen, referrals


def write_sample(folder: Path | str, customers: int = 2000, seed: int = 20100611, as_of: str = "2026-09-30") -> Sample:
    """Make the sample company and write its tables, `company.yaml` and `truth.json`.

    Parameters
    ----------
    folder : new or empty; anything in it would be lost, so it is refused
    customers, seed, as_of : the same values give the same bytes. CSV up to 20,000 customers, Parquet above.

    Returns
    -------
    Sample
        What was written.
    """
    folder = Path(folder)
    if folder.is_dir() and any(folder.iterdir()):
        raise ValueError(
            f"The sample cannot be written: the folder {folder} holds files, and "
            "they would be lost. Choose an empty folder."
        )
    sample = make_sample(customers, seed, as_of)
    folder.mkdir(parents=True, exist_ok=True)
    settings = [f"# {LABEL}", *(f"{key}: {json.dumps(value)}" for key, value in sample.settings.items())]
    (folder / SETTINGS).write_text("\n".join(settings) + "\n", encoding="utf-8")
    for name, table in sample.tables.items():
        file = folder / _file(name, customers)
        if file.suffix == ".csv":
            _as_text(table).to_csv(file, index=False, lineterminator="\n")
        else:
            table.to_parquet(file, index=False, write_page_checksum=True)
    (folder / CASE).write_text(business_case(pd.Timestamp(as_of)), encoding="utf-8")
    (folder / TRUTH).write_text(json.dumps(sample.truth, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return sample


def business_case(as_of: pd.Timestamp) -> str:
    """The example of ``scrm init``, its quarters moved with the company's last day."""
    text = resources.files("scrm_helpers").joinpath("initiatives", "plan", CASE).read_text(encoding="utf-8")
    ahead = as_of.to_period("Q") - CASE_WRITTEN_FOR
    return re.sub(r"\b20\d\dQ\d\b", lambda found: str(pd.Period(found[0]) + ahead.n), text)


def file_names(customers: int) -> list[str]:
    """Every file that a sample of this size may have."""
    return [SETTINGS, TRUTH, CASE, *(_file(name, customers) for name in TABLES)]


def _file(table: str, customers: int) -> str:
    return f"{table}.{'csv' if customers <= CSV_UP_TO else 'parquet'}"


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Yes and no as true and false, whole scores without a decimal point."""
    shown = table.copy()
    for name, column in table.items():
        if column.dtype == "boolean":
            shown[name] = column.map({True: "true", False: "false"})
        elif name in ("score", "reach"):
            shown[name] = column.astype("Int64")
    return shown
