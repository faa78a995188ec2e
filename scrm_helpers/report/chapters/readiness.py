"""Can we trust the data? What was read and left out, what links to a customer, and what it can answer."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, counted, numbers, style, unknown
from scrm_helpers.conversations.degrees.thread_features import FIRM
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, on_disk
from scrm_helpers.tables import TABLES, Company

TODAY = "up to the day of the report"
# Which column of which table should name a customer, and how a row without one is to be read.
LINKS = (
    ("surveys", "customer_id", "people asked in surveys"),
    ("transactions", "customer_id", "buyers of orders"),
    ("referrals", "referrer_id", "people who referred"),
    ("referrals", "referred_id", "people who were referred"),
    ("interactions", "customer_id", "authors of messages from outside the company"),
    ("ideas", "contributor_id", "people with ideas"),
)


class TablesRead(Answer):
    """How many rows of each table were read and kept, what was left out, and which time they cover."""

    population: str = "rows of all tables"
    window: str = TODAY
    rows_read: Measure = unknown("rows_read", "count")
    rows_left_out: Measure = unknown("rows_left_out", "count")
    by_table: pd.DataFrame = field(default_factory=pd.DataFrame)
    reasons: tuple[str, ...] = ()  # why rows were left out, with the table and how many

    def words(self) -> Words:
        left_out = self.rows_left_out.value
        lost = f"{numbers.count(left_out)} of them left out" if left_out else "none left out"
        tables, why = numbers.plural(len(self.by_table), "table"), "; ".join(self.reasons[:5])
        text = f"{tables} with {numbers.plural(self.rows_read.value or 0, 'row')} were read, {lost}."
        return Words(
            sentence=f"{text} Reasons: {why}." if why else text,
            table=self.by_table,
            caption="What was read",
            note="Rows read are rows kept plus rows left out, in every table.",
            formats={"Rows read": "count", "Kept": "count", "Left out": "count", "From": "date", "To": "date"},
        )


def tables_read(company: Company) -> TablesRead:
    """Count for every table what was read, kept and left out."""
    rows = []
    for name, receipt in company.receipts.items():
        dates = company.table(name).select_dtypes("datetime")
        span = (dates.min().min(), dates.max().max()) if len(dates.columns) else (None, None)
        rows.append((name, receipt.rows_read, receipt.rows_kept, receipt.rows_left_out, *span))
    columns = ["Table", "Rows read", "Kept", "Left out", "From", "To"]
    table = pd.DataFrame(rows, columns=columns).sort_values("Table", ignore_index=True)
    read, left_out = int(table["Rows read"].sum()), int(table["Left out"].sum())
    return TablesRead(
        rows_read=counted("rows_read", read, None),
        rows_left_out=counted("rows_left_out", left_out, read),
        by_table=table,
        reasons=tuple(
            f"{reason} ({name}: {numbers.count(rows)})"
            for name, receipt in company.receipts.items()
            for reason, rows in receipt.left_out.items()
        ),
    )


class Linkage(Answer):
    """How much of each table links to a customer record."""

    population: str = "rows that name a person"
    window: str = TODAY
    rows_linked: Measure = unknown("rows_linked", "share")
    links: pd.DataFrame = field(default_factory=pd.DataFrame)  # one row per kind of person named

    @property
    def shares(self) -> dict[str, float]:
        """The linked share of each kind of person named."""
        return dict(zip(self.links["Rows"], self.links["Share linked"], strict=True))

    def words(self) -> Words:
        share, in_all = self.rows_linked.value or 0.0, self.rows_linked.n or 0
        weakest = min(self.shares, key=lambda label: self.shares[label])
        least = numbers.percent(self.shares[weakest])
        described = ", ".join(f"{label} {numbers.percent(value)}" for label, value in self.shares.items())
        return Words(
            sentence=linked_in_words(share, in_all),
            table=self.links,
            title="Everybody named is a known customer"
            if self.shares[weakest] >= 0.9995
            else f"{least} of {weakest} are known customers",
            caption="Rows that name a known customer",
            note=f"n = {numbers.plural(in_all, 'row')}. A row that names nobody known is kept: not everybody buys.",
            alt=f"Bars of the share linked: {described}.",
            formats={"In all": "count", "Linked": "count", "Share linked": "percent"},
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=0.62 + 0.42 * len(self.shares))
        whole = np.ones(len(self.shares))
        ax.barh(range(len(whole)), whole, color=style.PALE_GREY, height=0.62)
        style.rows(ax, self.shares, [*self.shares.values()], ends=whole)
        ax.set_xlim(0, 1.08)
        style.in_shares(ax.xaxis, 1.0)
        return style.labelled(ax, "Share of rows that name a known customer")


def linkage(company: Company) -> Linkage:
    """Measure how many rows of each table name a known customer."""
    rows = []
    for name, column, label in LINKS:
        if company.has(name) and column in company.table(name):
            frame = company.table(name)
            if "author_role" in frame:  # who writes for the firm is no customer
                frame = frame[~frame["author_role"].isin(FIRM)]
            found = frame[column].isin(company.customers["customer_id"])
            rows.append((label, len(found), int(found.sum()), int(found.sum()) / max(len(found), 1)))
    table = pd.DataFrame(rows, columns=["Rows", "In all", "Linked", "Share linked"])
    linked, in_all = int(table["Linked"].sum()), int(table["In all"].sum())
    return Linkage(rows_linked=counted("rows_linked", linked / max(in_all, 1), in_all, "share"), links=table)


def linked_in_words(share: float, rows: int) -> str:
    """Say how much names a known customer, in chapter 01 and in the summary alike."""
    return f"{numbers.percent(share)} of {numbers.plural(rows, 'row')} name a known customer."


class QuestionsAnswered(Answer):
    """Which questions these tables can answer, and what is missing for the others."""

    population: str = "chapters of this kit"
    window: str = TODAY
    answered: Measure = unknown("questions_answered", "count")
    by_chapter: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        able, all_of_them = numbers.count(self.answered.value), numbers.plural(self.answered.n or 0, "question")
        sentence = f"These tables can answer {able} of {all_of_them}."
        return Words(sentence=sentence, table=self.by_chapter, caption="What the data can answer")


def questions_answered(company: Company) -> QuestionsAnswered:
    """Say which questions this company's tables can answer, and what is missing for the others."""
    rows = []
    for chapter in on_disk(notebooks_folder()):
        missing = [table for table in chapter.needs if not company.has(table)]
        richer = [table for table in chapter.helped_by if not company.has(table)]
        so_far = "yes; more with " + ", ".join(richer) if richer else "yes"
        part = "in part; " if missing and not chapter.why_left_out(company.has) else ""
        rows.append((chapter.number, chapter.question, f"{part}needs {', '.join(missing)}" if missing else so_far))
    table = pd.DataFrame(rows, columns=["Chapter", "Question", "Can be answered"])
    able = int(table["Can be answered"].str.startswith("yes").sum())
    return QuestionsAnswered(answered=counted("questions_answered", able, len(table)), by_chapter=table)


ANSWERED_BY = {  # tables that add to a chapter, optional columns, and those that must name somebody known
    ("coding", ""): "whether people see the degrees of conversations that the rules see",
    ("data_register", ""): "which data are owned and which only borrowed, and what dies with a source",
    ("initiative_panel", ""): "what an initiative changed, beside units that did not have it",
    ("lotteries", ""): "whether an answer changes what people do",
    ("customers", "consent_contact"): "who may be written to",
    ("customers", "region"): "how regions differ",
    ("customers", "acquisition_cost"): "what a customer costs to win",
    ("transactions", "margin"): "what orders leave, not only what they bring in",
    ("surveys", "invited_on"): "who was asked and kept silent",
    ("referrals", "referred_id"): "whom referrals brought, and what they are worth",
    ("interactions", "customer_id"): "what support is worth, customer by customer",
    ("interactions", "in_reply_to"): "who acts on whose messages, and who waits for an answer",
}


class Gaps(Answer):
    """What the data do not tell, because it is absent or because it is unknown, and what it would answer."""

    population: str = "optional tables and columns"
    window: str = TODAY
    absent: Measure = unknown("gaps_absent", "count")
    untold: Measure = unknown("gaps_unknown", "count")
    found: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        absent, untold = self.absent.value or 0, self.untold.value or 0
        tables = numbers.plural(absent, "table or column is", "tables or columns are")
        rows = numbers.plural(untold, "other is there and tells", "others are there and tell")
        rows = f", and {rows} nothing" if untold else ""
        said = f"{tables} absent{rows}: of these nothing can be said."
        said = said if absent or untold else "No table or column is missing."
        return Words(
            sentence=f"{said} A 0 in this report was counted.",
            table=self.found,
            caption="What is missing, and what it would answer",
            note="Unknown: there, but blank, or naming nobody known." if untold else "",
        )


def gaps(company: Company) -> Gaps:
    """List what is absent and what is there but unknown, each with the question it would answer."""
    chapters = on_disk(notebooks_folder())
    asked = {
        (name, ""): " ".join(plan.question for plan in chapters if name in (*plan.needs, *plan.helped_by))
        for name, table in TABLES.items()
        if not table.required
    }
    asked = {place: answers for place, answers in (asked | ANSWERED_BY).items() if answers}
    rows = [
        ("unknown" if place[0] in company.receipts and "has no column" not in why else "absent", why, answers)
        for place, answers in asked.items()
        if (why := company.missing(*place)) and (not place[1] or company.has(place[0]))
    ]
    table = pd.DataFrame(rows, columns=["State", "What is missing", "What it would answer"])
    n = len(asked)
    absent, untold = (counted(f"gaps_{state}", (table["State"] == state).sum(), n) for state in ("absent", "unknown"))
    return Gaps(absent=absent, untold=untold, found=table)
