"""The executive summary: one answer, four figures, what to take away, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.board import Card, TakeAway
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.report.chapters.earlier import FIRST_RUN, Earlier, money_verdict, verdict
from scrm_helpers.report.chapters.lead import Findings, lead_of, own_word, share_of_margin
from scrm_helpers.report.chapters.readiness import linked_in_words
from scrm_helpers.report.chapters.results import written
from scrm_helpers.value.social.referral_totals import FEWEST, bootstrap_t

if TYPE_CHECKING:
    from scrm_helpers.tables import Company


@dataclass(frozen=True, kw_only=True)
class Summary(Result):
    """What the board reads first."""

    claim: str  # the answer in a few words; `sentence` carries it
    cards: Sequence[Card]  # headline figures
    take_aways: Sequence[TakeAway]  # claims with advice and the chapter that shows the evidence
    trust: Sequence[str]  # sentences on how far the report can be trusted


def executive_summary(
    company: Company,
    value: pd.DataFrame,
    chapters: Mapping[str, Mapping[str, Any]],
    earlier: Earlier = Earlier(),  # noqa: B008 - frozen
) -> Summary:
    """Compose the executive summary from what the chapters found."""
    found, before = Findings(chapters), Findings(earlier.chapters)
    claim, sentence = lead_of(found, company, value)
    cards = _cards(found, before, company, value)
    return Summary(
        sentence=sentence,
        table=pd.DataFrame(
            [(card.label, card.value, card.range, card.verdict) for card in cards],
            columns=["Figure", "Value", "Range", "Beside the earlier run"],
        ),
        caption="The figures of the first page",
        measures=_measures(value, company.settings.currency),
        drawable=False,
        claim=claim,
        cards=cards,
        take_aways=_take_aways(found, value, company.settings.currency),
        trust=_trust(found, chapters, company.settings.min_group, earlier),
    )


def _cards(found: Findings, before: Findings, company: Company, value: pd.DataFrame) -> list[Card]:
    cards = []
    for chapter, name, label in (
        ("03", "nps", "Stated: Net Promoter Score, latest answers"),
        ("03", "share_referring", "Actual: of those who answered, referred afterwards"),
    ):
        entry = found.number(chapter, name)
        if entry is not None:
            cards.append(
                Card(
                    label=label,
                    value=written(entry["value"], entry["unit"]),
                    range=_range(entry),
                    verdict=verdict(entry, before.number(chapter, name)),
                )
            )
    cards += _money_cards(before, company, value)
    judged, late = found.value("07", "initiatives_judged"), found.value("07", "paid_to_date")
    early = found.value("07", "paid_after_one_quarter")
    if judged and late is not None and early is not None:
        cards.append(
            Card(
                label="Initiatives that have paid for themselves",
                value=f"{numbers.count(late)} of {numbers.count(judged)}",
                range=f"after one quarter: {numbers.count(early)}",
                verdict=FIRST_RUN
                if before.value("07", "paid_to_date") is None
                else f"● {numbers.points(late - before.value('07', 'paid_to_date'))} on the earlier run",  # type: ignore[operator]
            )
        )
    return cards


def _money_cards(before: Findings, company: Company, value: pd.DataFrame) -> list[Card]:
    """Referral value where it is known, else the margin, and beside it why referral value is not known."""
    currency, cards = company.settings.currency, []
    measures = {measure.name: measure for measure in _measures(value, currency)}
    year, own = measures.get("referral_value_12m"), measures["margin_12m"]
    if year is not None and year.value is not None:
        share = share_of_margin(value, company)
        ends = (year.low, year.high)
        span = "no range: too few people brought somebody"
        if None not in ends:
            span = f"95% range {numbers.interval(*ends, lambda end: numbers.money(end, currency))}"
        return [
            Card(
                label="Referral value (CRV) of twelve months, attributed",
                value=numbers.money(year.value, currency),
                range=f"{span}; {share}" if share else span,
                verdict=money_verdict(year.value, before.value("10", year.name), currency),
            )
        ]
    cards.append(
        Card(
            label=f"{own_word(company).capitalize()} of the last twelve months",
            value=numbers.money(own.value, currency),
            range=f"n = {numbers.plural(own.n or 0, 'customer')}; counted, so without a range",
            verdict=money_verdict(own.value or 0.0, before.value("10", "margin_12m"), currency),
        )
    )
    if company.has("referrals"):
        unknown = "not known: nobody who was referred is found in the table customers; check the ids"
        cards.append(Card(label="Referral value (CRV)", value=numbers.MISSING, range=unknown, verdict=FIRST_RUN))
    return cards


def _take_aways(found: Findings, value: pd.DataFrame, currency: str) -> list[TakeAway]:
    points = []
    silent = found.value("03", "promoters_who_did_not_refer")
    if silent is not None:
        points.append(
            TakeAway(
                claim=f"{numbers.percent(silent)} of the promoters referred nobody after they answered.",
                advice="The action list has those who may be contacted; that asking them brings more than asking "
                "others is not shown.",
                evidence="03",
            )
        )
    others = found.value("03", "referrers_who_are_not_promoters")
    if others is not None:
        points.append(
            TakeAway(
                claim=f"{numbers.percent(others)} of those who referred after they answered are not promoters.",
                advice="Thank by what people did, as the action list does, not by what they answered.",
                evidence="03",
            )
        )
    credited = value.get("crv_12m", pd.Series(dtype=float)).fillna(0.0)
    if (credited > 0).any():
        people = numbers.plural(int((credited > 0).sum()), "person is", "people are")
        points.append(
            TakeAway(
                claim=f"{people} credited with {numbers.money(float(credited[credited > 0].sum()), currency)} for whom "
                "they brought in the last twelve months.",
                advice="Thank those who may be contacted, whatever they spend themselves.",
                evidence="05",
            )
        )
    missed = found.value("07", "quarter_blindness")
    if missed is not None:
        points.append(
            TakeAway(
                claim=f"A look after one quarter misses {numbers.percent(missed)} of what initiatives bring.",
                advice="Decide on the return over several quarters, not on the first.",
                evidence="07",
            )
        )
    return points[:4]


def _trust(found: Findings, chapters: Mapping[str, Mapping[str, Any]], min_group: int, earlier: Earlier) -> list[str]:
    lines = [*_readiness(found), *_lost(chapters)]
    missing = sorted(
        name
        for chapter in chapters.values()
        for name, entry in chapter.get("numbers", {}).items()
        if entry["value"] is None
    )
    if missing:
        lines.append(f"{numbers.plural(len(missing), 'number')} could not be given, and the chapters say why.")
    lines.append(f"Groups under {min_group} people are not shown.")
    lines.append(earlier.sentence)
    new = [number for number, entry in chapters.items() if entry["numbers"] and not _numbers(earlier.chapters, number)]
    if earlier.chapters and new:
        lines.append(f"It says nothing of {_listed(new)}, which cannot be compared.")
    lines.append("Nothing here shows that asking causes referrals: each chapter names what it does not show.")
    return lines


def _numbers(chapters: Mapping[str, Mapping[str, Any]], number: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = chapters.get(number, {}).get("numbers", {})
    return found


def _listed(chapters: Sequence[str]) -> str:
    """Name chapters by number.

    >>> _listed(["03"]), _listed(["01", "03", "07"])
    ('chapter 03', 'chapters 01, 03 and 07')
    """
    *first, last = sorted(chapters)
    return f"chapters {', '.join(first)} and {last}" if first else f"chapter {last}"


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


def _readiness(found: Findings) -> list[str]:
    linked, left_out = found.number("01", "rows_linked"), found.value("01", "rows_left_out")
    if linked is None or left_out is None:
        return [
            "How much of the data names known customers, and what was left out, is not said: chapter 01 did not run."
        ]
    rows = int(left_out)
    lost = f"{numbers.plural(rows, 'row')} {'was' if rows == 1 else 'were'} left out: chapter 01 says why."
    return [linked_in_words(linked["value"], linked["n"]), lost if rows else "No row was left out."]


def _measures(value: pd.DataFrame, currency: str) -> tuple[Measure, ...]:
    """Margin and referral value of one and the same year."""
    customers = int(value["is_customer"].sum())
    own = Measure(name="margin_12m", value=float(value["margin_12m"].sum()), unit=currency, n=customers, kind="gross")
    if not value.get("crv_12m", pd.Series(dtype=float)).notna().any():
        return (own,)
    credited = value["crv_12m"].fillna(0.0).to_numpy(float)
    some, n, low, high = credited[credited != 0], len(value), None, None
    ends = bootstrap_t(some, n) if len(some) >= FEWEST else None
    if ends is not None:
        low, high = (n * end for end in ends)
    year = Measure(
        name="referral_value_12m",
        value=float(credited.sum()),
        unit=currency,
        n=n,
        low=low,
        high=high,
        kind="attributed",
    )
    return (own, year)


def _range(entry: Mapping[str, Any]) -> str:
    ends = [written(entry[end], entry["unit"]) for end in ("low", "high")]
    base = "" if entry["n"] is None else f", n = {numbers.count(entry['n'])}"
    if numbers.MISSING in ends:
        return base.removeprefix(", ") or "no range known"
    return f"{entry['level']:.0%} range {ends[0]} to {ends[1]}{base}"
