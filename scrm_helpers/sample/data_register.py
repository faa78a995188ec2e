"""The data register: where each field lives, by hand. Owned, copied, borrowed and displayed fields all occur."""

import pandas as pd

from scrm_helpers.sample.world import DAYS

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
