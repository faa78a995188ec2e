"""What can be declared: the kinds of columns, each with one rule for every table, and how columns belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scrm_helpers.tables.contract.accepted_words import Vocabulary

Kind = Literal[
    "id", "group", "text", "word", "yes_no", "currency", "unit", "money", "number", "share", "count", "date", "period"
]
"""A group is a name that rows are put together by, a unit a currency or another word; the rest says itself."""
NUMERIC: tuple[Kind, ...] = ("money", "number", "share", "count")
Blank = Literal["fine", "unknown", "leave_out", "refuse"]
"""What an empty cell does: nothing; it is said and counts as unknown; its row is left out; the company is refused."""
Unknown = Literal["keep", "warn", "leave_out", "refuse"]
"""What an id does that is not where it should be: it may be somebody from outside; it is said; its row is left out."""
Repeat = Literal["leave_out", "refuse", "count"]


@dataclass(frozen=True)
class Column:
    """One column of a table; nothing is inferred from the look of its values."""

    name: str  # in the file and in the frame
    kind: Kind  # how its text is understood
    about: str  # what it holds, with its unit, for the data dictionary
    required: bool = False  # the file must have the column
    blank: Blank = "fine"  # what an empty cell does, by the harm it would do
    low: float | None = None  # smallest value allowed
    high: float | None = None  # largest value allowed
    words: Vocabulary | None = None  # what a word may be, with the spellings that mean the same
    future: bool = False  # a date may lie after the day of the analysis (plans do)
    event: bool = False  # says when the row happened: later rows are left out, and periods that are not over
    begun: bool = False  # a period that only says when something became known: it counts from its first day on
    plan_if_not: str = ""  # yes/no column: rows that say no there are plans, which may lie ahead
    granularity: str = ""  # what a period must be; otherwise all of a file are what most of them are
    period_of: str = ""  # column of periods in which this one, or the day in it, is placed
    never: tuple[str, ...] = ()  # words that mean blank
    whole: bool = False  # a number must be a whole one
    refers_to: str = ""  # `table.column` whose values this column names
    unknown: Unknown = "keep"  # what becomes of a row whose id is not there
    unit_in: str = ""  # column that says what the number is measured in; sizes compare within one unit only

    @property
    def may_be_blank(self) -> bool:
        """Whether rows with an empty cell stay in."""
        return self.blank in ("fine", "unknown")


@dataclass(frozen=True)
class Table:
    """One table of the company folder: what a row is, its columns (required ones first), and what names a row once."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False
    series: tuple[str, ...] = ()  # columns that name one thing over its periods, the thing last: holes are then named
    repeats: Repeat = "leave_out"  # what happens to a row that repeats an earlier one word for word

    def column(self, name: str) -> Column:
        """Return the declaration of one column."""
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all declared columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns that the file must have."""
        return tuple(column.name for column in self.columns if column.required)


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
