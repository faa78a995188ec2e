"""What a column and a table of the contract can be: kinds, and what a blank cell and an unknown id do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from scrm_helpers.tables.contract.accepted_words import Vocabulary

Kind = Literal[
    "id", "group", "text", "word", "yes_no", "currency", "unit", "money", "number", "share", "count", "date", "period"
]
"""A group is a name that rows are put together by, a unit a currency or another word; the rest says itself."""
NUMERIC: tuple[Kind, ...] = ("money", "number", "share", "count")
Blank = Literal["fine", "unknown", "leave_out", "refuse"]
"""What an empty cell does: nothing; it is said and counts as unknown; its row is left out; the company is refused."""
CUSTOMER = "customers.customer_id"
Unknown = Literal["keep", "warn", "leave_out", "refuse"]
"""What an id does that is not where it should be: it may be somebody from outside; it is said; its row is left out."""


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
    def home(self) -> tuple[str, str]:
        """Table and column whose values this column names; empty where it names none."""
        table, _, key = self.refers_to.partition(".")
        return table, key

    def names_a_person(self, table: str) -> bool:
        """Whether this column of a table holds ids of people, or how they are reached."""
        return CUSTOMER in (self.refers_to, f"{table}.{self.name}") or self.name in ("old_id", "email")


@dataclass(frozen=True)
class Table:
    """One table of the company folder: what a row is, its columns (required ones first), and what names a row once."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False
    series: tuple[str, ...] = ()  # columns that name one thing over its periods, the thing last: holes are then named
    repeats: Literal["leave_out", "refuse", "count"] = "leave_out"  # a row that repeats an earlier one word for word

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

    @property
    def dated(self) -> tuple[str, ...]:
        """Columns with the day on which the row happened."""
        return tuple(column.name for column in self.columns if column.kind == "date" and column.event)

    @property
    def persons(self) -> tuple[str, ...]:
        """Columns with ids of people."""
        return tuple(one.name for one in self.columns if CUSTOMER in (one.refers_to, f"{self.name}.{one.name}"))

    @property
    def of_people(self) -> bool:
        """Whether a row is something that a person did on a day; being a customer is no deed."""
        return bool(self.dated) and any(column.refers_to == CUSTOMER for column in self.columns)


def with_groups(table: Table, names: Iterable[str]) -> Table:
    """Declare further columns by which rows are put together, beside those of the contract."""
    own = [Column(name, "group", "a group of the company's own") for name in names if name not in table.names]
    return replace(table, columns=(*table.columns, *own))
