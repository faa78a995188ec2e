"""The executive summary: what people say beside what they do, four figures, what to take away, how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.show import Card, TakeAway
from scrm_helpers.report.chapters.readiness import linked_in_words
from scrm_helpers.report.chapters.results import FIRST_RUN, Earlier, Findings, money_verdict, verdict, written
from scrm_helpers.stats.chance import beside_chance
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.social.referral_totals import FEWEST, bootstrap_t

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

COUNTED = (  # chapter, number, claim and what follows from it
    (
        "03",
        "promoters_who_did_not_refer",
        "{} of the promoters referred nobody after they answered.",
        "The action list has those who may be contacted; that asking them brings more than asking others is not shown.",
    ),
    (
        "03",
        "referrers_who_are_not_promoters",
        "{} of those who referred after they answered are not promoters.",
        "Thank by what people did, as the action list does, not by what they answered.",
    ),
    (
        "07",
        "quarter_blindness",
        "A look after one quarter misses {} of what initiatives bring.",
        "Decide on the return over several quarters, not on the first.",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Summary(Answer):
    """What the board reads first."""

    claim: str = ""  # the answer in a few words; the sentence carries it
    lead: str = ""  # that sentence
    cards: Sequence[Card] = ()  # headline figures
    take_aways: Sequence[TakeAway] = ()  # claims with advice and the chapter that shows the evidence
    trust: Sequence[str] = ()  # sentences on how far the report can be trusted
    year: tuple[Measure, ...] = ()  # margin and, where it is known, referral value of one and the same year

    def words(self) -> Words:
        rows = [(card.label, card.value, card.range, card.verdict) for card in self.cards]
        table = pd.DataFrame(rows, columns=["Figure", "Value", "Range", "Beside the earlier run"])
        return Words(sentence=self.lead, table=table, caption="The figures of the first page")


def executive_summary(
    company: Company,
    value: pd.DataFrame,
    chapters: Mapping[str, Mapping[str, Any]],
    earlier: Earlier = Earlier(),  # noqa: B008 - frozen
) -> Summary:
    """Compose the executive summary from what the chapters found."""
    found, year = Findings(chapters), Year(company, value)
    claim, lead = _lead(found, year)
    return Summary(
        claim=claim,
        lead=lead,
        cards=_cards(found, Findings(earlier.chapters), year),
        take_aways=_take_aways(found, year),
        trust=_trust(found, company.settings.min_group, earlier),
        year=year.measures,
    )


class Year:
    """Margin and referral value of one and the same twelve months."""

    def __init__(self, company: Company, value: pd.DataFrame) -> None:
        self.company, self.value, self.currency = company, value, company.settings.currency
        self.own, self.credited = float(value["margin_12m"].sum()), value["crv_12m"].fillna(0.0)

    @cached_property
    def own_word(self) -> str:
        """Name what customers leave: sales, where no order and no setting says what of them is margin."""
        orders = self.company.transactions
        with_margin = "margin" in orders and orders["margin"].notna().any()
        return "margin" if self.company.settings.margin_rate is not None or with_margin else "sales"

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """Margin, and referral value with its range where it is known."""
        customers = int(self.value["is_customer"].sum())
        own = Measure(name="margin_12m", value=self.own, unit=self.currency, n=customers, kind="gross")
        if not self.value["crv_12m"].notna().any():
            return (own,)
        some, n = self.credited[self.credited != 0].to_numpy(float), len(self.value)
        ends = bootstrap_t(some, n) if len(some) >= FEWEST else None
        low, high = (None, None) if ends is None else (n * end for end in ends)
        total = float(self.credited.sum())
        credited = Measure(
            name="referral_value_12m", value=total, unit=self.currency, n=n, low=low, high=high, kind="attributed"
        )
        return (own, credited)

    @property
    def share_of_margin(self) -> str:
        """Referral value over margin; nothing where either is no gain."""
        brought = float(self.value["crv_12m"].sum())
        if self.own <= 0 or brought <= 0:
            return ""
        return f"{numbers.percent(brought / self.own)} of the {self.own_word} of the same twelve months"

    @property
    def brought(self) -> str:
        """Set referral value beside margin, with the formula; or say why it is not known."""
        company, value = self.company, self.value
        if not company.has("referrals"):
            return ""
        if not value["crv"].notna().any():
            return "What their referrals brought is not known: nobody who was referred is found in the table customers."
        if not value["crv_12m"].any():
            return "No referral brought a customer in the last twelve months."
        start = company.as_of - pd.DateOffset(months=12) + pd.Timedelta(days=1)
        text = (
            f"Those who came by a referral from {start:%Y-%m-%d} to {company.as_of:%Y-%m-%d} "
            f"{bring(float(value['crv_12m'].sum()), self.currency)} (CRV: the {self.own_word} of a first year times "
            "the chance that it was needed, less reward and marketing, plus the acquisition cost saved)"
        )
        text += f": {self.share_of_margin}, before these costs." if self.share_of_margin else "."
        referrals = company.table("referrals")
        came = referrals.loc[referrals["converted_on"] > start - pd.Timedelta(days=1), "referred_id"].drop_duplicates()
        strangers = int((~came.isin(company.customers["customer_id"])).sum())
        if strangers:
            text += (
                f" {numbers.count(strangers)} of the {numbers.count(len(came))} who came are not in the table "
                "customers: what they buy is not known and is not counted."
            )
        return text

    @property
    def by_sales(self) -> str:
        """Split referral value by what the sentence names, sales to date, and speak only of what is beyond chance."""
        people = self.value[self.value["is_customer"].astype(bool) & self.value["crv"].notna()]
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


def _lead(found: Findings, year: Year) -> tuple[str, str]:
    """Answer from those who answered where chapter 03 could follow them; else say what is known, and why no more."""
    says, does = found.number("03", "share_intending"), found.number("03", "share_referring")
    if says is None or does is None:
        customers = numbers.plural(int(year.value["is_customer"].sum()), "customer")
        spent = bring(year.own, year.currency, "brought", net=f" of {year.own_word}")
        parts = [f"{customers} {spent} in the last twelve months."]
        if year.own_word != "margin":
            add = "add the column margin to transactions, or margin_rate to company.yaml."
            parts.append(f"Their margin is not known: {add}")
        parts += [_not_said(found, year.company), year.brought]
        return "What customers spend.", " ".join(part for part in parts if part)
    claim, but = _gap(says, does)
    brings = found.value("03", "share_bringing")
    text = (
        f"Of {numbers.plural(does['n'], 'customer')} who answered and could be followed since, "
        f"{numbers.percent(says['value'])} say they would recommend us, {but} {numbers.percent(does['value'])} "
        "referred somebody afterwards"
    )
    text += f" and {numbers.percent(brings)} brought a customer." if brings is not None else "."
    return claim, " ".join(part for part in (text, year.by_sales, year.brought) if part)


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


def _gap(says: Mapping[str, Any], does: Mapping[str, Any]) -> tuple[str, str]:
    """Claim a gap between saying and doing only where the two ranges do not meet."""
    if says["low"] > does["high"]:
        return "Saying is not doing.", "but only"
    if does["low"] > says["high"]:
        return "They do more than they say.", "and"
    return "No gap between saying and doing can be shown.", "and"


def _cards(found: Findings, before: Findings, year: Year) -> list[Card]:
    cards = []
    for name, label in (
        ("nps", "Stated: Net Promoter Score, latest answers"),
        ("share_referring", "Actual: of those who answered, referred afterwards"),
    ):
        entry = found.number("03", name)
        if entry is not None:
            said, moved = written(entry["value"], entry["unit"]), verdict(entry, before.number("03", name))
            cards.append(Card(label=label, value=said, range=_range(entry), verdict=moved))
    cards += _money_cards(before, year)
    judged, early, late = (
        found.value("07", name) for name in ("initiatives_judged", "paid_after_one_quarter", "paid_to_date")
    )
    if judged and early is not None and late is not None:
        then = before.value("07", "paid_to_date")
        cards.append(
            Card(
                label="Initiatives that have paid for themselves",
                value=f"{numbers.count(late)} of {numbers.count(judged)}",
                range=f"after one quarter: {numbers.count(early)}",
                verdict=FIRST_RUN if then is None else f"● {numbers.points(late - then)} on the earlier run",
            )
        )
    return cards


def _range(entry: Mapping[str, Any]) -> str:
    ends = [written(entry[end], entry["unit"]) for end in ("low", "high")]
    base = "" if entry["n"] is None else f", n = {numbers.count(entry['n'])}"
    if numbers.MISSING in ends:
        return base.removeprefix(", ") or "no range known"
    return f"{entry['level']:.0%} range {ends[0]} to {ends[1]}{base}"


def _money_cards(before: Findings, year: Year) -> list[Card]:
    """Referral value where it is known, else the margin, and beside it why referral value is not known."""

    def card(label: str, measure: Measure, said: str) -> Card:
        moved = money_verdict(measure.value or 0.0, before.value("10", measure.name), year.currency)
        return Card(label=label, value=numbers.money(measure.value, year.currency), range=said, verdict=moved)

    own, *credited = year.measures
    if credited:
        span = numbers.span(credited[0], lambda end: numbers.money(end, year.currency))
        said = "no range: too few people brought somebody" if span == "no range" else f"95% range {span}"
        whole = "; ".join(part for part in (said, year.share_of_margin) if part)
        return [card("Referral value (CRV) of twelve months, attributed", credited[0], whole)]
    base = f"n = {numbers.plural(own.n or 0, 'customer')}; counted, so without a range"
    cards = [card(f"{year.own_word.capitalize()} of the last twelve months", own, base)]
    if year.company.has("referrals"):
        reason = "not known: nobody who was referred is found in the table customers; check the ids"
        cards.append(Card(label="Referral value (CRV)", value=numbers.MISSING, range=reason, verdict=FIRST_RUN))
    return cards


def _take_aways(found: Findings, year: Year) -> list[TakeAway]:
    points = []
    for chapter, name, claim, advice in COUNTED:
        share = found.value(chapter, name)
        if share is not None:
            points.append(TakeAway(claim=claim.format(numbers.percent(share)), advice=advice, evidence=chapter))
    gains = year.credited[year.credited > 0]
    if len(gains):
        people = numbers.plural(len(gains), "person is", "people are")
        amount = numbers.money(float(gains.sum()), year.currency)
        claim = f"{people} credited with {amount} for whom they brought in the last twelve months."
        advice = "Thank those who may be contacted, whatever they spend themselves."
        points.append(TakeAway(claim=claim, advice=advice, evidence="05"))
    return sorted(points, key=lambda point: point.evidence)


def _trust(found: Findings, min_group: int, earlier: Earlier) -> list[str]:
    chapters = found.chapters
    lines = [*_readiness(found), *_lost(chapters)]
    missing = sum(entry["value"] is None for one in chapters.values() for entry in one.get("numbers", {}).values())
    if missing:
        lines.append(f"{numbers.plural(missing, 'number')} could not be given, and the chapters say why.")
    lines += [f"Groups under {min_group} people are not shown.", earlier.sentence]
    known = {number for number, entry in earlier.chapters.items() if entry.get("numbers")}
    new = [number for number, entry in chapters.items() if entry["numbers"] and number not in known]
    if earlier.chapters and new:
        lines.append(f"It says nothing of {_listed(new)}, which cannot be compared.")
    lines.append("Nothing here shows that asking causes referrals: each chapter names what it does not show.")
    return lines


def _readiness(found: Findings) -> list[str]:
    linked, left_out = found.number("01", "rows_linked"), found.value("01", "rows_left_out")
    if linked is None or left_out is None:
        return [
            "How much of the data names known customers, and what was left out, is not said: chapter 01 did not run."
        ]
    rows = int(left_out)
    lost = f"{numbers.plural(rows, 'row')} {'was' if rows == 1 else 'were'} left out: chapter 01 says why."
    return [linked_in_words(linked["value"], linked["n"]), lost if rows else "No row was left out."]


def _lost(chapters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the chapters that a fault of the program has cost or cut."""
    failed = [number for number, entry in chapters.items() if entry.get("status") == "failed"]
    cut = [number for number, entry in chapters.items() if entry.get("faults") and number not in failed]
    lines = []
    if failed:
        lines.append(f"By a fault in the program {_listed(failed)} could not be made: what would follow is missing.")
    if cut:
        lines.append(f"By a fault in the program {_listed(cut)} could not show all, and there it says what is missing.")
    return lines


def _listed(chapters: Sequence[str]) -> str:
    """Name chapters by number."""
    *first, last = sorted(chapters)
    return f"chapters {', '.join(first)} and {last}" if first else f"chapter {last}"
