"""What the board reads first: what people say beside what they do, and what is not known, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.stats.chance import beside_chance
from scrm_helpers.value.matrix.whale import bring

if TYPE_CHECKING:
    from scrm_helpers.tables import Company


class Findings:
    """Named numbers of the chapters, asked for by chapter and name."""

    def __init__(self, chapters: Mapping[str, Mapping[str, Any]]) -> None:
        self._chapters = chapters

    def number(self, chapter: str, name: str) -> dict[str, Any] | None:
        """Return a named number with its interval, or None when the chapter did not run or could not give it."""
        entry = self._chapters.get(chapter, {}).get("numbers", {}).get(name)
        return entry if entry is not None and entry["value"] is not None else None

    def has(self, chapter: str) -> bool:
        """Tell whether a chapter is in this report, neither left out nor failed."""
        return self._chapters.get(chapter, {"status": ""}).get("status", "done") == "done"

    def reason(self, chapter: str, name: str) -> str:
        """Return why a chapter could not give a number."""
        entry = self._chapters.get(chapter, {}).get("numbers", {}).get(name, {})
        return str(entry.get("reason") or f"chapter {chapter} could not say it").rstrip(".")

    def value(self, chapter: str, name: str) -> float | None:
        """Return the value of a named number, or None."""
        entry = self.number(chapter, name)
        return None if entry is None else float(entry["value"])


def lead_of(found: Findings, company: Company, value: pd.DataFrame) -> tuple[str, str]:
    """Answer from those who answered where chapter 03 could follow them; else say what is known, and why no more."""
    says, does = found.number("03", "share_intending"), found.number("03", "share_referring")
    brings = found.value("03", "share_bringing")
    if says is None or does is None:
        customers, own = numbers.plural(int(value["is_customer"].sum()), "customer"), float(value["margin_12m"].sum())
        what = f" of {own_word(company)}"
        said = f"{customers} {bring(own, company.settings.currency, 'brought', net=what)} in the last twelve months."
        if own_word(company) != "margin":
            said += " Their margin is not known: add the column margin to transactions, or margin_rate to company.yaml."
        parts = [said, _not_said(found, company), _brought(value, company)]
        return "What customers spend.", " ".join(part for part in parts if part)
    claim, but = _gap(says, does)
    text = (
        f"Of {numbers.plural(does['n'], 'customer')} who answered and could be followed since, "
        f"{numbers.percent(says['value'])} say they would recommend us, {but} {numbers.percent(does['value'])} "
        "referred somebody afterwards"
    )
    text += f" and {numbers.percent(brings)} brought a customer." if brings is not None else "."
    return claim, " ".join(part for part in (text, _by_sales(value), _brought(value, company)) if part)


def _not_said(found: Findings, company: Company) -> str:
    """Say why stated and actual cannot be set beside each other: absent, not run and unknown are three reasons."""
    absent = [name for name in ("surveys", "referrals") if not company.has(name)]
    if absent == ["surveys"]:
        return "What they say is not known: the company folder has no table surveys."
    if absent == ["referrals"]:
        return (
            "They were asked whether they would recommend us, but whether they do is not known: the company folder has "
            "no table referrals, and chapter 03, which reads both, is left out."
        )
    if absent:
        return "What they say and whom they bring is not known: the company folder has no tables surveys and referrals."
    if not found.has("03"):
        return "What they say is not set beside whom they bring: chapter 03, which does so, is not in this run."
    return f"What those who answered did afterwards is not known: {found.reason('03', 'share_referring')}."


def _by_sales(value: pd.DataFrame) -> str:
    """Split referral value by what the sentence names, sales to date, and speak only of what is beyond chance."""
    people = value[value["is_customer"].astype(bool) & value["crv"].notna()]
    if not {"revenue", "joined_on"} <= set(people):
        return ""
    sales = people["revenue"].fillna(0.0)
    chance = beside_chance(sales <= sales.median(), people["crv"], people["joined_on"])
    if chance is None or not chance.verdict:
        return ""
    said = (
        f"Customers whose sales to date are no more than the median bring {numbers.percent(chance.part)} of the "
        f"referral value; {chance.words}"
    )
    return f"{said}{', and a ranking by sales overlooks them' if chance.verdict == 'more' else ''}."


def _brought(value: pd.DataFrame, company: Company) -> str:
    """Set referral value beside margin for one and the same year, with the formula; or say why it is not known."""
    if not company.has("referrals"):
        return ""
    if not value["crv"].notna().any():
        return "What their referrals brought is not known: nobody who was referred is found in the table customers."
    currency, year = company.settings.currency, float(value["crv_12m"].sum())
    if not value["crv_12m"].any():
        return "No referral brought a customer in the last twelve months."
    start = company.as_of - pd.DateOffset(months=12) + pd.Timedelta(days=1)
    text = (
        f"Those who came by a referral from {start:%Y-%m-%d} to {company.as_of:%Y-%m-%d} {bring(year, currency)}"
        f" (CRV: the {own_word(company)} of a first year times the chance that it was needed, less reward and "
        "marketing, plus the acquisition cost saved)"
    )
    share = share_of_margin(value, company)
    text += f": {share}, before these costs." if share else "."
    referrals = company.table("referrals")
    came = referrals.loc[referrals["converted_on"] > start - pd.Timedelta(days=1), "referred_id"].drop_duplicates()
    strangers = int((~came.isin(company.customers["customer_id"])).sum())
    if strangers:
        text += (
            f" {numbers.count(strangers)} of the {numbers.count(len(came))} who came are not in the table customers: "
            "what they buy is not known and is not counted."
        )
    return text


def own_word(company: Company) -> str:
    """Name what customers leave: sales, where no order and no setting says what of them is margin."""
    orders = company.transactions
    known = company.settings.margin_rate is not None or ("margin" in orders and orders["margin"].notna().any())
    return "margin" if known else "sales"


def share_of_margin(value: pd.DataFrame, company: Company) -> str:
    """Referral value over margin, both of the last twelve months; nothing where either is no gain."""
    year, own = float(value["crv_12m"].sum()), float(value["margin_12m"].sum())
    if own <= 0 or year <= 0:
        return ""
    return f"{numbers.percent(year / own)} of the {own_word(company)} of the same twelve months"


def _gap(says: Mapping[str, Any], does: Mapping[str, Any]) -> tuple[str, str]:
    """Claim a gap between saying and doing only where the two ranges do not meet."""
    if says["low"] > does["high"]:
        return "Saying is not doing.", "but only"
    if does["low"] > says["high"]:
        return "They do more than they say.", "and"
    return "No gap between saying and doing can be shown.", "and"
