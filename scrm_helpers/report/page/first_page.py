"""What the report says on its face: which company, which data, which parameters, which kit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers import numbers
from scrm_helpers.report.page.html import About
from scrm_helpers.report.publishing import manifest

if TYPE_CHECKING:
    from scrm_helpers.tables import Company


def entry_of(
    company: Company, outcomes: Mapping[str, str], given: Mapping[str, Mapping[str, object]]
) -> dict[str, Any]:
    """Say what was run on what: the same for the same input, so no clock."""
    parameters = {number: dict(own) for number, own in given.items() if own}
    entry = manifest.entry_of(f"{company.as_of:%Y-%m-%d}", company.fingerprint, parameters, company.is_sample)
    return {**entry, "chapters": dict(outcomes)}


def about(company: Company, entry: Mapping[str, Any]) -> About:
    """Describe a run to its reader."""
    orders = company.transactions
    dates = f"{orders['ordered_on'].min():%Y-%m-%d} to {orders['ordered_on'].max():%Y-%m-%d}"
    left_out = sum(receipt.rows_left_out for receipt in company.receipts.values())
    footer = [
        f"Data: sha256 {entry['data'][:16]}; tables read: {', '.join(sorted(company.receipts))}.",
        f"Rows left out: {numbers.count(left_out)}; check.json says which and why.",
        f"Parameters: {_parameters(entry['parameters'])}.",
        f"Social CRM research kit {entry['kit']}; the same data and parameters give the same report.",
        "Persons appear only as pseudonyms; small groups are hidden.",
    ]
    return About(
        title="What customers are worth, what they say and what they do",
        chips=[
            ("As of", entry["as_of"]),
            ("Customers", numbers.count(len(company.customers))),
            ("Orders", numbers.count(len(orders))),
            ("Ordered", dates),
            ("Currency", company.settings.currency),
        ],
        footer=footer,
        is_sample=company.is_sample,
    )


def _parameters(given: Mapping[str, Mapping[str, object]]) -> str:
    parts = [f"{name} = {value} (chapter {number})" for number, own in given.items() for name, value in own.items()]
    return ", ".join(parts) if parts else "as declared in the notebooks"
