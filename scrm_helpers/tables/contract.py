"""The contract of all tables: the only place where a table or a column is declared.

The reader, the checks, the data dictionary and the empty templates all follow from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "date", "number", "count", "yes_no", "period"]
AUTHOR_ROLES = ("customer", "employee", "brand", "partner", "other")
_CUSTOMER, _INITIATIVE = "customers.customer_id", "initiatives.initiative_id"
LEDGER_KINDS = ("benefit", "cash", "paid_time", "volunteered_time", "reward")


@dataclass(frozen=True)
class Column:
    """One column of a table; nothing is inferred from the look of its values."""

    name: str  # in the file and in the frame
    kind: Kind  # how its text is understood
    about: str  # what it holds, with its unit, for the data dictionary
    required: bool = False  # the file must have the column
    may_be_blank: bool = True  # never for money, days of events and row ids that are required
    low: float | None = None  # smallest value allowed
    high: float | None = None  # largest value allowed
    values: tuple[str, ...] = ()  # the allowed words; empty when any text will do
    future: bool = False  # a date may lie after the day of the analysis (plans do)
    event: bool = False  # says when the row happened: later rows are left out, and periods that are not over
    begun: bool = False  # a period that only says when something became known: it counts from its first day on
    plan_if_not: str = ""  # yes/no column: rows that say no there are plans, which may lie ahead
    granularity: str = ""  # what a period must be; otherwise all of a file are what most of them are
    period_of: str = ""  # column of periods in which this one, or the day in it, is placed
    never: tuple[str, ...] = ()  # words that mean blank
    whole: bool = False  # a number must be a whole one
    refers_to: str = ""  # `table.column` whose values this column names
    unit_in: str = ""  # column that says what the number is measured in; sizes compare within one unit only


@dataclass(frozen=True)
class Table:
    """One table of the company folder: what a row is, its columns (required ones first), and what names a row once."""

    name: str
    row: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    required: bool = False
    series: tuple[str, ...] = ()  # columns that name one thing over its periods, the thing last: holes are then named

    def column(self, name: str) -> Column:
        """Return the declaration of one column.

        Examples
        --------
        >>> TABLES["surveys"].column("score").high
        10
        """
        return next(column for column in self.columns if column.name == name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all declared columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def required_names(self) -> tuple[str, ...]:
        """Names of the columns that the file must have."""
        return tuple(column.name for column in self.columns if column.required)


def _id(name: str, about: str, *, required: bool = False, refers_to: str = "") -> Column:
    return Column(name, "id", about, required, not required, refers_to=refers_to)


def _text(
    name: str, about: str, *, required: bool = False, values: tuple[str, ...] = (), refers_to: str = ""
) -> Column:
    return Column(name, "text", about, required, not required, values=values, refers_to=refers_to)


def _date(name: str, about: str, *, event: bool = False, future: bool = False, may_be_blank: bool = False) -> Column:
    return Column(name, "date", about, event, may_be_blank or not event, future=future, event=event)


def _number(
    name: str,
    about: str,
    *,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
    unit_in: str = "",
) -> Column:
    return Column(name, "number", about, required, not required, low, high, unit_in=unit_in)


def _count(name: str, about: str, *, required: bool = False, high: float | None = None) -> Column:
    return Column(name, "count", about, required, not required, 0, high)


def _yes_no(name: str, about: str, *, required: bool = False) -> Column:
    return Column(name, "yes_no", about, required, not required)


def _quarter(*, plan_if_not: str = "") -> Column:
    about = "calendar quarter, such as 2026Q3"
    return Column("quarter", "period", about, True, False, event=True, granularity="quarter", plan_if_not=plan_if_not)


_DECLARED = (
    Table(
        "customers",
        "a customer",
        (
            _id("customer_id", "name of the customer in the company's systems", required=True),
            _date("joined_on", "day the customer joined", event=True),
            _text("segment", "customer segment"),
            _text("region", "region of the customer"),
            _text("acquisition_channel", "channel through which the customer was won"),
            _number("acquisition_cost", "cost of winning the customer, company currency", low=0),
            _yes_no("consent_contact", "whether the customer agreed to be contacted"),
            _text("email", "address; never shown in a report"),
            _number("clv", "lifetime value by another model, company currency; used instead of the kit's own"),
        ),
        key=("customer_id",),
        required=True,
    ),
    Table(
        "transactions",
        "an order (a refund is a negative amount)",
        (
            _id("order_id", "name of the order", required=True),
            _id("customer_id", "who ordered", required=True, refers_to=_CUSTOMER),
            _date("ordered_on", "day of the order", event=True),
            _number("amount", "net amount in `currency`; negative for a refund", required=True),
            _number("margin", "contribution of the order, same currency as `amount`"),
            _text("currency", "ISO 4217 code of the amounts"),
            _number("marketing_cost", "marketing spent on this order, same currency as `amount`", low=0),
        ),
        key=("order_id",),
        required=True,
    ),
    Table(
        "surveys",
        "an invitation or answer; without a score it is a non-response",
        (
            _id("customer_id", "who was asked", required=True, refers_to=_CUSTOMER),
            _date("responded_on", "day of the answer; blank for a non-response", event=True, may_be_blank=True),
            Column("score", "number", "likelihood to recommend, whole number 0-10", True, True, 0, 10, whole=True),
            _id("survey_id", "name of the survey"),
            Column("invited_on", "date", "day of the invitation", event=True),
            _text("wave", "wave of the survey"),
            _yes_no("did_recommend", "whether the customer says to have recommended"),
            _text("text", "free answer; never shown in a report"),
        ),
    ),
    Table(
        "referrals",
        "a referral; a referrer who is not a customer is a non-customer influencer",
        (
            _id("referrer_id", "who referred", required=True, refers_to=_CUSTOMER),
            _id("referred_id", "who was referred", required=True, refers_to=_CUSTOMER),
            _date("referred_on", "day of the referral", event=True),
            _date("converted_on", "day the referred person bought first"),
            _text("status", "state of the referral in the programme"),
            _number("reward_cost", "reward paid for the referral, company currency", low=0),
            _number("p_type1", "probability that the referred would not have come anyway, 0-1", low=0, high=1),
            _text("channel", "channel of the referral"),
        ),
    ),
    Table(
        "interactions",
        "a message",
        (
            _id("interaction_id", "name of the message", required=True),
            _date("occurred_on", "day of the message", event=True),
            _text("channel", "where it was said", required=True),
            _id("customer_id", "the customer it concerns", refers_to=_CUSTOMER),
            _id("author_id", "who wrote it", refers_to=_CUSTOMER),
            _text("author_role", "role of the author", values=AUTHOR_ROLES),
            _id("thread_id", "conversation it belongs to"),
            _id("in_reply_to", "interaction_id it answers", refers_to="interactions.interaction_id"),
            _text("text", "what was said; never shown in a report"),
            _number("sentiment", "tone, -1 (bad) to 1 (good)", low=-1, high=1),
            _text("intent", "what the author wants"),
            _number("reach", "people who could see it", low=0),
            _yes_no("is_public", "whether others could see it"),
            _yes_no("resolved", "whether the matter was settled"),
            _yes_no("would_have_contacted", "whether a reader would otherwise have contacted the company"),
        ),
        key=("interaction_id",),
    ),
    Table(
        "initiatives",
        "an initiative",
        (
            _id("initiative_id", "name of the initiative", required=True),
            _date("started_on", "day it started", event=True),
            _number("cost", "planned or booked cost, company currency", required=True, low=0),
            _text("name", "title"),
            _text("owner", "who answers for it"),
            _text("team", "team that runs it"),
            _date("ended_on", "day it ended or is to end", future=True),
            _id("goal_id", "goal it serves", refers_to="goals.goal_id"),
            _number("case_p10", "benefit in the business case, low (10 in 100), company currency"),
            _number("case_p50", "benefit in the business case, middle, company currency"),
            _number("case_p90", "benefit in the business case, high (90 in 100), company currency"),
            _text("stage", "idea, running, stopped, finished or your own words"),
        ),
        key=("initiative_id",),
    ),
    Table(
        "initiative_ledger",
        "one flow in one quarter",
        (
            _id("initiative_id", "initiative the flow belongs to", required=True, refers_to=_INITIATIVE),
            _quarter(plan_if_not="booked"),
            _text("stream", "name of the stream", required=True),
            _number("amount", "amount in `unit`", required=True, unit_in="unit"),
            _text("unit", "currency, hours, points or your own word"),
            _text("kind", "kind of flow", values=LEDGER_KINDS),
            Column(
                "vintage",
                "period",
                "quarter in which the amount was booked or foreseen; the newest known counts",
                event=True,
                begun=True,
                granularity="quarter",
            ),
            _yes_no("booked", "whether the flow stands in the accounts; else it is a forecast"),
            _text("method", "how the amount was found"),
        ),
    ),
    Table(
        "initiative_panel",
        "one unit in one period",
        (
            _text("outcome", "what was measured", required=True),
            _id("unit_id", "store, region, team or other unit", required=True),
            Column(
                "period",
                "period",
                "year, half, quarter, month, week or day (2026, 2026H1, 2026Q3, 2026-03, 2026-W09, 2026-03-31), or a "
                "count of periods (1, 2, 3); one of these in the whole file",
                True,
                False,
                event=True,
            ),
            _number("value", "the outcome of the unit in the period", required=True, unit_in="outcome"),
            _count("n", "people or events behind the value"),
            Column(
                "first_period",
                "period",
                "period or day in which the unit was first treated; blank, 0 or never is never",
                period_of="period",
                never=("0", "0.0", "never", "inf"),
            ),
            _id("initiative_id", "initiative that treated the unit", refers_to=_INITIATIVE),
            _yes_no("randomised", "whether chance decided who was treated"),
        ),
        key=("outcome", "unit_id", "period"),
        series=("outcome", "unit_id"),
    ),
    Table(
        "employees",
        "a team in a quarter; never a person",
        (
            _text("team", "name of the team", required=True),
            _quarter(),
            _count("n", "people in the team", required=True),
            _number("engagement_mean", "mean engagement score", required=True),
            _count("enps_promoters", "people answering 9-10"),
            _count("enps_detractors", "people answering 0-6"),
            _number("red_tape_mean", "mean score for obstacles"),
            _number("offered", "hours offered to the team", low=0),
            _number("volunteered", "hours the team volunteered", low=0),
            _number("hours", "hours worked on ideas", low=0),
            _number("ideas", "ideas handed in", low=0),
            _number("idea_days", "days from idea to answer, mean", low=0),
            _number("leavers", "people who left", low=0),
            _text("store", "store or unit the team serves", refers_to="initiative_panel.unit_id"),
        ),
        key=("team", "quarter"),
        series=("team",),
    ),
    Table(
        "ideas",
        "a contribution to an idea",
        (
            _id("idea_id", "name of the idea", required=True),
            _id("contributor_id", "who contributed", required=True, refers_to=_CUSTOMER),
            _date("submitted_on", "day it was handed in", event=True),
            _text("status", "state of the idea", required=True),
            _number("share", "share of this contributor, 0-1", low=0, high=1),
            _number("value", "value of the idea, company currency"),
            _number("cost", "cost of the idea, company currency", low=0),
            _date("implemented_on", "day it went live", future=True),
        ),
        key=("idea_id", "contributor_id"),
    ),
    Table(
        "goals",
        "a goal",
        (
            _id("goal_id", "name of the goal", required=True),
            _text("statement", "the goal in words", required=True),
            _text("construct", "what it is about", required=True),
            # Cells may be blank: a goal without teeth is counted by the chapter on goals, not refused here.
            Column("metric", "text", "how it is measured", required=True),
            Column("baseline", "number", "value of the metric at the start", required=True, unit_in="metric"),
            Column("target", "number", "value to be reached", required=True, unit_in="metric"),
            Column("due_on", "date", "day it is to be reached", required=True, future=True),
            Column("owner", "text", "who answers for it", required=True),
            _number("weight", "weight beside other goals", low=0),
            _id("parent", "goal_id it serves", refers_to="goals.goal_id"),
            _number("current", "value of the metric now", unit_in="metric"),
            _text("plan", "how it is to be reached"),
            _number("cost", "cost of reaching it, company currency", low=0),
        ),
        key=("goal_id",),
    ),
    Table(
        "data_register",
        "a field in a system",
        (
            _text("table", "table or object the field belongs to", required=True),
            _text("field", "name of the field", required=True),
            _text("system", "system that holds or shows it", required=True),
            _yes_no("canonical", "whether this system is the source", required=True),
            _yes_no("stored", "whether the system keeps it", required=True),
            _yes_no("actionable", "whether logic there can use it", required=True),
            _yes_no("shown", "whether people there see it", required=True),
            _text("purpose", "what it is used for"),
            _text("consent", "ground on which it is held"),
            _text("terms", "terms of the platform"),
            _number("retention_months", "months it is kept", low=0),
            _date("valid_from", "day from which this holds", future=True),
            _text("latency", "how old it is when it can be used"),
        ),
        key=("table", "field", "system"),
    ),
    Table(
        "aliases",
        "an id that a customer had before contacts were merged",
        (
            _id("old_id", "id that still stands in other tables", required=True),
            _id("customer_id", "id of the same person in customers", required=True),
        ),
        key=("old_id",),
    ),
)

TABLES = {table.name: table for table in _DECLARED}
REQUIRED = tuple(table.name for table in _DECLARED if table.required)
