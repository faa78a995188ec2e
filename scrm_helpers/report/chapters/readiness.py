"""Can we trust the data? What was read and left out, what links to a customer, and what it can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, on_disk
from scrm_helpers.tables.contract.register import data_register

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from scrm_helpers.tables import Company

# Which column of which table should name a customer, and how a row without one is to be read.
LINKS = (
    ("surveys", "customer_id", "people asked in surveys"),
    ("transactions", "customer_id", "buyers of orders"),
    ("referrals", "referrer_id", "people who referred"),
    ("referrals", "referred_id", "people who were referred"),
    ("interactions", "customer_id", "authors of messages"),
    ("ideas", "contributor_id", "people with ideas"),
)


def tables_read(company: Company) -> Result:
    """Say for every table how many rows were read, kept and left out, and which time it covers."""
    rows = []
    for name, receipt in company.receipts.items():
        frame = company.table(name)
        dates = frame.select_dtypes("datetime")
        first, last = dates.min().min(), dates.max().max()
        rows.append(
            {
                "Table": name,
                "Rows read": receipt.rows_read,
                "Kept": receipt.rows_kept,
                "Left out": receipt.rows_left_out,
                "From": first if len(dates.columns) else None,
                "To": last if len(dates.columns) else None,
            }
        )
    table = pd.DataFrame(rows).sort_values("Table", ignore_index=True)
    read, left_out = int(table["Rows read"].sum()), int(table["Left out"].sum())
    lost = f"{numbers.count(left_out)} of them left out" if left_out else "none left out"
    reasons = [
        f"{reason} ({name}: {numbers.count(rows)})"
        for name, receipt in company.receipts.items()
        for reason, rows in receipt.left_out.items()
    ]
    sentence = f"{numbers.plural(len(table), 'table')} with {numbers.plural(read, 'row')} were read, {lost}."
    if reasons:
        sentence += " Reasons: " + "; ".join(reasons[:5]) + "."
    return Result(
        sentence=sentence,
        table=table,
        caption="What was read",
        note="Rows read are rows kept plus rows left out, in every table.",
        formats={"Rows read": "count", "Kept": "count", "Left out": "count", "From": "date", "To": "date"},
        measures=(
            Measure(name="rows_read", value=float(read), unit="count"),
            Measure(name="rows_left_out", value=float(left_out), unit="count", n=read),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class Linkage(Result):
    """How much of each table links to a customer record."""

    shares: dict[str, float]

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the linked share of each table as a bar."""
        ax = style.axes_for(ax, height=0.62 + 0.42 * len(self.shares))
        names, shares = list(self.shares)[::-1], list(self.shares.values())[::-1]
        ax.barh(names, [1.0] * len(names), color=style.PALE_GREY, height=0.6)
        ax.barh(names, shares, color=style.BLUE, height=0.6)
        for place, share in enumerate(shares):
            ax.annotate(numbers.percent(share), (1.0, place), xytext=(6, 0), textcoords="offset points", va="center")
        ax.set_xlim(0, 1.08)
        ax.set_xticks(np.linspace(0, 1, 5), [numbers.percent(tick) for tick in np.linspace(0, 1, 5)])
        ax.set_xlabel("Share of rows that name a known customer")
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        return ax


def linkage(company: Company) -> Linkage:
    """Measure how many rows of each table name a known customer."""
    known = pd.Index(company.customers["customer_id"])
    rows, shares = [], {}
    for name, column, label in LINKS:
        if not company.has(name) or column not in company.table(name):
            continue
        ids = company.table(name)[column]
        linked = int(ids.isin(known).sum())
        rows.append({"Rows": label, "In all": len(ids), "Linked": linked, "Share linked": linked / max(len(ids), 1)})
        shares[label] = linked / max(len(ids), 1)
    table = pd.DataFrame(rows)
    weakest = min(shares, key=lambda label: shares[label])
    if shares[weakest] >= 0.9995:
        title = "Everybody named is a known customer"
    else:
        title = f"{numbers.percent(shares[weakest])} of {weakest} are known customers; everybody else links better"
    linked = int(table["Linked"].sum())
    in_all = int(table["In all"].sum())
    share = linked / max(in_all, 1)
    described = ", ".join(f"{label} {numbers.percent(value)}" for label, value in shares.items())
    return Linkage(
        sentence=linked_in_words(share, in_all),
        table=table,
        title=title,
        caption="Rows that name a known customer",
        note=f"n = {numbers.plural(in_all, 'row')}. A row that names nobody known is kept: not everybody buys.",
        alt=f"Bars of the share linked: {described}.",
        formats={"In all": "count", "Linked": "count", "Share linked": "percent"},
        measures=(Measure(name="rows_linked", value=share, unit="share", n=in_all),),
        shares=shares,
    )


def linked_in_words(share: float, rows: int) -> str:
    """Say how much names a known customer, in chapter 01 and in the summary alike.

    >>> linked_in_words(0.9, 1200)
    '90% of 1,200 rows name a known customer.'
    """
    return f"{numbers.percent(share)} of {numbers.plural(rows, 'row')} name a known customer."


def owned_or_borrowed(company: Company) -> Result:
    """Classify the company's data register, or say that it keeps none."""
    if company.has("data_register"):
        return data_register(company.table("data_register"))
    return Result(
        sentence="There is no data register: nobody can say which data are owned and which are only borrowed.",
        table=pd.DataFrame(),
        drawable=False,
    )


def questions_answered(company: Company) -> Result:
    """Say which questions this company's tables can answer, and what is missing for the others."""
    rows = []
    for chapter in on_disk(notebooks_folder()):
        missing = [table for table in chapter.needs if not company.has(table)]
        richer = [table for table in chapter.helped_by if not company.has(table)]
        state = (
            "needs " + ", ".join(missing) if missing else "yes" if not richer else "yes; more with " + ", ".join(richer)
        )
        rows.append({"Chapter": chapter.number, "Question": chapter.question, "Can be answered": state})
    table = pd.DataFrame(rows)
    able = int(table["Can be answered"].str.startswith("yes").sum())
    return Result(
        sentence=f"These tables can answer {able} of {numbers.plural(len(table), 'question')}.",
        table=table,
        caption="What the data can answer",
        measures=(Measure(name="questions_answered", value=float(able), unit="count", n=len(table)),),
    )
