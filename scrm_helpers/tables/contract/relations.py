"""What columns have to do with each other, declared: which comes first, what is part of what, which sizes fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class InOrder:
    """Columns of one row of which none is above (later than) the next that is there."""

    table: str
    columns: tuple[str, ...]
    what: str  # may name {low} and {high}
    why: str
    todo: str = "Check these rows at their source; they are kept."
    level: Level = "warning"


@dataclass(frozen=True)
class PartOf:
    """Counts of one row that together are never more than another count."""

    table: str
    parts: tuple[str, ...]
    whole: str
    what: str
    why: str


@dataclass(frozen=True)
class Alike:
    """Columns of one row that measure the same thing: none is `most` times the middle of the others."""

    table: str
    columns: tuple[str, ...]
    most: float = 200.0


@dataclass(frozen=True)
class BesideOrders:
    """Money of one row that is never more than `most` times its own order and a usual one."""

    table: str
    column: str
    most: float
    why: str
    level: Level = "warning"


IN_ORDER = (
    InOrder("surveys", ("invited_on", "responded_on"), "answered before the invitation", "Waves may be mixed up."),
    InOrder(
        "referrals",
        ("referred_on", "converted_on"),
        "converted before they were referred",
        "The order of events is impossible; time to convert is wrong.",
    ),
    InOrder(
        "ideas",
        ("submitted_on", "implemented_on"),
        "went live before they were handed in",
        "The time from an idea to its use would be negative.",
    ),
    InOrder(
        "initiatives",
        ("started_on", "ended_on"),
        "end before they start",
        "Duration and discounting would be wrong.",
        "Correct started_on or ended_on.",
        "error",
    ),
    InOrder(
        "initiatives",
        ("case_p10", "case_p50", "case_p90"),
        "whose {low} is above {high}",
        "The business case would have its low and high ends exchanged.",
        "Put the low estimate first.",
        "error",
    ),
)
PARTS = (
    PartOf(
        "employees",
        ("enps_promoters", "enps_detractors"),
        "n",
        "with more promoters and detractors than people",
        "Employee scores would be wrong.",
    ),
)
ALIKE = (
    Alike("initiatives", ("cost", "case_p10", "case_p50", "case_p90")),
    Alike("goals", ("baseline", "target", "current")),
)
BESIDE_ORDERS = (
    BesideOrders(
        "transactions", "margin", 10, "Value is made from margins: one such order can outweigh all others.", "error"
    ),
    BesideOrders("transactions", "marketing_cost", 10, "Marketing is taken off the margin of the customer."),
    BesideOrders("referrals", "reward_cost", 50, "Rewards are taken off the referral value."),
    BesideOrders("customers", "acquisition_cost", 200, "The cost of winning customers is set against their value."),
)
OF_PEOPLE = (("employees", "n"), ("initiative_panel", "n"))  # a mean over nobody is no mean
AFTER_JOINING = {"surveys": ("responded_on", "invited_on")}  # whoever is not a customer yet is not asked as one
