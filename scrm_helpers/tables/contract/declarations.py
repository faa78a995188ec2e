"""The contract of all tables: the only place where a table or a column is declared.

The reader, the checks, the data dictionary and the empty templates all follow from these declarations.
"""

from functools import partial
from typing import Any

from scrm_helpers.tables.contract import accepted_words as words
from scrm_helpers.tables.contract.column_kinds import CUSTOMER, Blank, Column, Kind, Table

_BLANK: dict[Kind, Blank] = {"id": "leave_out", "date": "leave_out", "number": "leave_out", "count": "leave_out"}
_BLANK |= {"text": "unknown", "group": "unknown", "word": "unknown", "yes_no": "unknown"}
_BLANK |= {"money": "refuse", "period": "refuse"}
_QUARTER = "calendar quarter, such as 2026Q3"
_PERIOD = "2026, 2026H1, 2026Q3, 2026-03, 2026-W09 or 2026-03-31, or a count (7); all rows of the file alike"
_START = "period, or day, in which the unit was first treated; blank, 0 or never is never"
_CUSTOMER, _INITIATIVE = CUSTOMER, "initiatives.initiative_id"


def _column(
    kind: Kind, name: str, about: str, *, required: bool = False, blank: Blank | None = None, **more: Any
) -> Column:
    return Column(name, kind, about, required, blank or (_BLANK[kind] if required else "fine"), **more)


_id, _group, _text = (partial(_column, kind) for kind in ("id", "group", "text"))
_yes_no = partial(_column, "yes_no", words=words.YES_NO)
_money, _number = partial(_column, "money"), partial(_column, "number")
_must, _priced = partial(_id, required=True, blank="refuse"), partial(_money, unit_in="currency")
_period, _quarter = partial(_column, "period"), partial(_column, "period", event=True, granularity="quarter")
_share, _count = partial(_column, "share", low=0, high=1), partial(_column, "count", low=0)
_date, _event = partial(_column, "date"), partial(_column, "date", required=True, event=True)


def _word(name: str, about: str, known: words.Vocabulary, **more: Any) -> Column:
    return _column("word", name, about, words=known, **more)


def _table(name: str, row: str, *columns: Column, **more: Any) -> Table:
    return Table(name, row, columns, **more)


_DECLARED = (
    _table(
        "customers",
        "a customer",
        _id("customer_id", "name of the customer in the company's systems", required=True),
        _event("joined_on", "day the customer joined", blank="refuse"),
        _group("segment", "customer segment"),
        _group("region", "region of the customer"),
        _group("acquisition_channel", "channel through which the customer was won"),
        _money("acquisition_cost", "cost of winning the customer, company currency", low=0),
        _yes_no("consent_contact", "whether the customer agreed to be contacted"),
        _text("email", "address; never shown in a report"),
        _money("clv", "lifetime value by another model, company currency; used instead of the kit's own"),
        key=("customer_id",),
        required=True,
    ),
    _table(
        "transactions",
        "an order (a refund is a negative amount)",
        _must("order_id", "name of the order"),
        _id("customer_id", "who ordered", required=True, refers_to=_CUSTOMER, unknown="leave_out"),
        _event("ordered_on", "day of the order", blank="refuse"),
        _priced("amount", "net amount in `currency`; negative for a refund", required=True),
        _priced("margin", "contribution of the order, same currency as `amount`"),
        Column("currency", "currency", "ISO 4217 code of the amounts"),
        _priced("marketing_cost", "marketing spent on this order, same currency as `amount`", low=0),
        key=("order_id",),
        required=True,
        repeats="refuse",  # two lines of one order may read alike, and leaving one out would lose money
    ),
    _table(
        "surveys",
        "an invitation or answer; without a score it is a non-response",
        _id("customer_id", "who was asked", required=True, refers_to=_CUSTOMER, unknown="leave_out"),
        _event("responded_on", "day of the answer; blank for a non-response", blank="fine"),
        Column("score", "number", "likelihood to recommend, whole number 0-10", True, "fine", 0, 10, whole=True),
        _id("survey_id", "name of the survey"),
        Column("invited_on", "date", "day of the invitation", event=True),
        _group("wave", "wave of the survey"),
        _yes_no("did_recommend", "whether the customer says to have recommended"),
        _text("text", "free answer; never shown in a report"),
    ),
    _table(
        "referrals",
        "a referral; a referrer who is not a customer is a non-customer influencer",
        _id("referrer_id", "who referred", required=True, refers_to=_CUSTOMER),
        _id("referred_id", "who was referred", required=True, refers_to=_CUSTOMER),
        _event("referred_on", "day of the referral"),
        _date("converted_on", "day the referred person bought first"),
        _word("status", "state of the referral: converted, pending, declined or your own words", words.REFERRAL_STATUS),
        _money("reward_cost", "reward paid for the referral, company currency", low=0),
        _share("p_type1", "probability that the referred would not have come anyway, 0-1"),
        _group("channel", "channel of the referral"),
    ),
    _table(
        "interactions",
        "a message",
        _id("interaction_id", "name of the message", required=True),
        _event("occurred_on", "day of the message"),
        _group("channel", "where it was said", required=True),
        _id("customer_id", "the customer it concerns", refers_to=_CUSTOMER, unknown="warn"),
        _id("author_id", "who wrote it", refers_to=_CUSTOMER),
        _word("author_role", "role of the author", words.AUTHOR_ROLE),
        _id("thread_id", "conversation it belongs to"),
        _id("in_reply_to", "interaction_id it answers", refers_to="interactions.interaction_id", unknown="warn"),
        _text("text", "what was said; never shown in a report"),
        Column("sentiment", "number", "tone, -1 (bad) to 1 (good)", low=-1, high=1),
        _group("intent", "what the author wants"),
        _number("reach", "people who could see it", low=0),
        _yes_no("is_public", "whether others could see it"),
        _yes_no("resolved", "whether the matter was settled"),
        _yes_no("would_have_contacted", "whether a reader would otherwise have contacted the company"),
        _yes_no("deleted", "whether the message was removed"),
        _yes_no("gated", "whether it stood behind a form"),
        _word("function", "what it is about: service, sales, marketing, product or your own words", words.FUNCTION),
        _group("team", "team that wrote it"),
        _text("monitor", "monitors that found it, joined by +"),
        key=("interaction_id",),
    ),
    _table(
        "coding",
        "what one coder says of one conversation",
        _id("thread_id", "conversation that was read", required=True),
        _group("coder", "who read it", required=True, blank="leave_out"),
        _number("degree", "degree of social interaction, whole number 1-6", required=True, low=1, high=6, whole=True),
        key=("thread_id", "coder"),
    ),
    _table(
        "lotteries",
        "what a lot gave to one thread or person",
        _must("lottery_id", "name of the draw"),
        _word("kind", "what was drawn: reply, ask or reward", words.LOTTERY_KIND, required=True, blank="refuse"),
        _must("unit_id", "thread (reply) or customer (ask, reward) that was drawn for"),
        _group("arm", "what the unit got, such as answer or wait", required=True, blank="refuse"),
        _share("probability", "chance with which the unit got this arm, 0-1", required=True, blank="refuse"),
        _event("drawn_on", "day of the draw"),
        _group("stratum", "group within which the lot was drawn"),
        _text("seed", "number from which the draw can be made again"),
        key=("lottery_id", "unit_id"),
    ),
    _table(
        "suppress",
        "a person who is not to be contacted, or the mark of one who was forgotten",
        _id("customer_id", "who, also somebody from outside of customers", required=True, refers_to=_CUSTOMER),
        _date("since", "day of the objection", future=True),
        _text("reason", "why"),
        repeats="count",
    ),
    _table(
        "initiatives",
        "an initiative",
        _must("initiative_id", "name of the initiative"),
        _event("started_on", "day it started", blank="refuse"),
        _money("cost", "planned or booked cost, company currency", required=True, blank="fine", low=0),
        _text("name", "title"),
        _text("owner", "who answers for it"),
        _group("team", "team that runs it"),
        _date("ended_on", "day it ended or is to end", future=True),
        _id("goal_id", "goal it serves", refers_to="goals.goal_id", unknown="warn"),
        _money("case_p10", "benefit in the business case, low (10 in 100), company currency"),
        _money("case_p50", "benefit in the business case, middle, company currency"),
        _money("case_p90", "benefit in the business case, high (90 in 100), company currency"),
        _word("stage", "idea, running, stopped, finished or your own words", words.STAGE),
        key=("initiative_id",),
    ),
    _table(
        "initiative_ledger",
        "one flow in one quarter",
        _must("initiative_id", "initiative the flow belongs to", refers_to=_INITIATIVE, unknown="refuse"),
        _quarter("quarter", _QUARTER, required=True, plan_if_not="booked"),
        _group("stream", "name of the stream", required=True),
        _money("amount", "amount in `unit`", required=True, unit_in="unit"),
        Column("unit", "unit", "ISO 4217 code or `currency` (the company's), hours, points or your own word"),
        _word("kind", "kind of flow", words.LEDGER_KIND, blank="refuse"),
        _quarter("vintage", "quarter of the booking or forecast; the newest one known counts", begun=True),
        _yes_no("booked", "whether the flow stands in the accounts; else it is a forecast"),
        _text("method", "how the amount was found"),
        repeats="count",  # two payments of one quarter may read alike
    ),
    _table(
        "initiative_panel",
        "one unit in one period",
        _group("outcome", "what was measured", required=True, blank="leave_out"),
        _id("unit_id", "store, region, team or other unit", required=True),
        _period("period", _PERIOD, required=True, event=True),
        _number("value", "the outcome of the unit in the period", required=True, unit_in="outcome"),
        _count("n", "people or events behind the value"),
        _period("first_period", _START, period_of="period", never=("0", "0.0", "never", "inf")),
        _id("initiative_id", "initiative that treated the unit", refers_to=_INITIATIVE, unknown="warn"),
        _yes_no("randomised", "whether chance decided who was treated"),
        _number("exposure", "people or time behind a value that is a count", low=0),
        _group("cluster", "units that were drawn together share one"),
        _number("covariate", "a value of the unit known before the start"),
        key=("outcome", "unit_id", "period"),
        series=("outcome", "unit_id"),
    ),
    _table(
        "employees",
        "a team in a quarter; never a person",
        _group("team", "name of the team", required=True, blank="leave_out"),
        _quarter("quarter", _QUARTER, required=True),
        _count("n", "people in the team", required=True),
        _number("engagement_mean", "mean engagement score", required=True, blank="unknown"),
        _count("enps_promoters", "people answering 9-10"),
        _count("enps_detractors", "people answering 0-6"),
        _number("red_tape_mean", "mean score for obstacles"),
        _number("offered", "hours offered to the team", low=0),
        _number("volunteered", "hours the team volunteered", low=0),
        _number("hours", "hours worked on ideas", low=0),
        _number("ideas", "ideas handed in", low=0),
        _number("idea_days", "days from idea to answer, mean", low=0),
        _number("leavers", "people who left", low=0),
        _group("store", "store or unit the team serves", refers_to="initiative_panel.unit_id"),
        key=("team", "quarter"),
        series=("team",),
    ),
    _table(
        "ideas",
        "a contribution to an idea",
        _id("idea_id", "name of the idea", required=True),
        _id("contributor_id", "who contributed", required=True, refers_to=_CUSTOMER),
        _event("submitted_on", "day it was handed in"),
        _word(
            "status", "submitted, accepted, implemented, rejected or your own words", words.IDEA_STATUS, required=True
        ),
        _share("share", "share of this contributor, 0-1"),
        _money("value", "value of the idea, company currency"),
        _money("cost", "cost of the idea, company currency", low=0),
        _date("implemented_on", "day it went live", future=True),
        key=("idea_id", "contributor_id"),
    ),
    _table(
        "goals",
        "a goal",
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
        _id("parent", "goal_id it serves", refers_to="goals.goal_id", unknown="warn"),
        _number("current", "value of the metric now", unit_in="metric"),
        _text("plan", "how it is to be reached"),
        _money("cost", "cost of reaching it, company currency", low=0),
        key=("goal_id",),
    ),
    _table(
        "data_register",
        "a field in a system",
        _text("table", "table or object the field belongs to", required=True),
        _text("field", "name of the field", required=True),
        _group("system", "system that holds or shows it", required=True),
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
        key=("table", "field", "system"),
    ),
    _table(
        "aliases",
        "an id that a customer had before contacts were merged",
        _id("old_id", "id that still stands in other tables", required=True),
        _id("customer_id", "id of the same person in customers", required=True, unknown="leave_out"),
        key=("old_id",),
    ),
)
TABLES = {table.name: table for table in _DECLARED}
REQUIRED = tuple(table.name for table in _DECLARED if table.required)
