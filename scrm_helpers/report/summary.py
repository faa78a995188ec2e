"""The executive summary: one answer, four figures, what to take away, and how far to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.presentation import numbers
from scrm_helpers.presentation.board import Card, TakeAway
from scrm_helpers.presentation.result import Measure, Result
from scrm_helpers.report.comparison import FIRST_RUN, money_verdict, verdict
from scrm_helpers.report.readiness import linked_in_words
from scrm_helpers.report.results import written

if TYPE_CHECKING:
    from scrm_helpers.tables import Company


@dataclass(frozen=True, kw_only=True)
class Summary(Result):
    """What the board reads first.

    Parameters
    ----------
    claim : str
        The answer in a few words; `sentence` carries it.
    cards : sequence of Card
        Headline figures.
    take_aways : sequence of TakeAway
        Claims with advice and the chapter that shows the evidence.
    trust : sequence of str
        Sentences on how far the report can be trusted.
    """

    claim: str
    cards: Sequence[Card]
    take_aways: Sequence[TakeAway]
    trust: Sequence[str]


class Findings:
    """Named numbers of the chapters, asked for by chapter and name.

    Parameters
    ----------
    chapters : mapping of str to mapping
        What the chapters wrote, by number.
    """

    def __init__(self, chapters: Mapping[str, Mapping[str, Any]]) -> None:
        self._chapters = chapters

    def number(self, chapter: str, name: str) -> dict[str, Any] | None:
        """Return a named number with its interval, or None when the chapter did not run or could not give it."""
        entry = self._chapters.get(chapter, {}).get("numbers", {}).get(name)
        return entry if entry is not None and entry["value"] is not None else None

    def value(self, chapter: str, name: str) -> float | None:
        """Return the value of a named number, or None."""
        entry = self.number(chapter, name)
        return None if entry is None else float(entry["value"])


def executive_summary(
    company: Company,
    value: pd.DataFrame,
    chapters: Mapping[str, Mapping[str, Any]],
    earlier: Mapping[str, Mapping[str, Any]] | None = None,
) -> Summary:
    """Compose the executive summary from what the chapters found.

    Parameters
    ----------
    company : Company
        A checked company.
    value : pandas.DataFrame
        The value table.
    chapters : mapping of str to mapping
        Findings of the chapters of this run, by number; a chapter that is missing is not spoken of.
    earlier : mapping of str to mapping, optional
        Findings of an earlier run to compare with.

    Returns
    -------
    Summary
    """
    found, before = Findings(chapters), Findings(earlier or {})
    claim, sentence = _answer(found, value, company.settings.currency)
    cards = _cards(found, before, value, company.settings.currency)
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
        trust=_trust(found, chapters, company.settings.min_group, compared=bool(earlier)),
    )


def _answer(found: Findings, value: pd.DataFrame, currency: str) -> tuple[str, str]:
    says, does = found.number("03", "share_intending"), found.number("03", "share_referring")
    brings = found.value("03", "share_bringing")
    advocates = _low_spenders_share(value)
    if says is None or does is None:
        own = float(value["margin_12m"].sum())
        return "What customers spend.", (
            f"{numbers.plural(int(value['is_customer'].sum()), 'customer')} brought a margin of "
            f"{numbers.money(own, currency)} in the last twelve months; what they say and whom they bring is not in "
            "these tables."
        )
    claim, but = _gap(says, does)
    text = f"{numbers.percent(says['value'])} of the customers asked say they would recommend us, {but} "
    text += f"{numbers.percent(does['value'])} referred somebody"
    text += f" and {numbers.percent(brings)} brought a customer." if brings is not None else "."
    if advocates is not None:
        text += (
            f" Customers who spend no more than the median bring {numbers.percent(advocates)} of the referral value: "
            "a ranking by sales overlooks them."
        )
    return claim, text


def _gap(says: Mapping[str, Any], does: Mapping[str, Any]) -> tuple[str, str]:
    """Claim a gap between saying and doing only where the two ranges do not meet."""
    if says["low"] > does["high"]:
        return "Saying is not doing.", "but only"
    if does["low"] > says["high"]:
        return "They do more than they say.", "and"
    return "No gap between saying and doing can be shown.", "and"


def _cards(found: Findings, before: Findings, value: pd.DataFrame, currency: str) -> list[Card]:
    cards = []
    for chapter, name, label in (
        ("03", "nps", "Stated: Net Promoter Score"),
        ("03", "share_referring", "Actual: customers asked who referred"),
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
    crv, own = float(value["crv"].sum()), float(value["margin_12m"].sum())
    if value["crv"].notna().any():
        share = numbers.percent(crv / own) if own > 0 else numbers.MISSING
        cards.append(
            Card(
                label="Referral value (CRV), attributed",
                value=numbers.money(crv, currency),
                range=f"as much as {share} of the margin of twelve months",
                verdict=money_verdict(crv, before.value("10", "referral_value"), currency),
            )
        )
    else:
        cards.append(
            Card(
                label="Margin of the last twelve months",
                value=numbers.money(own, currency),
                range=f"n = {numbers.plural(int(value['is_customer'].sum()), 'customer')}",
                verdict=money_verdict(own, before.value("10", "margin_12m"), currency),
            )
        )
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


def _take_aways(found: Findings, value: pd.DataFrame, currency: str) -> list[TakeAway]:
    points = []
    silent = found.value("03", "promoters_who_did_not_refer")
    if silent is not None:
        points.append(
            TakeAway(
                claim=f"{numbers.percent(silent)} of promoters referred nobody.",
                advice="They said they would: ask them first.",
                evidence="03",
            )
        )
    others = found.value("03", "referrers_who_are_not_promoters")
    if others is not None:
        points.append(
            TakeAway(
                claim=f"{numbers.percent(others)} of those who referred are not promoters.",
                advice="A programme aimed only at scores of nine and ten would miss them.",
                evidence="03",
            )
        )
    if (value["cell"] == "Advocates").any():
        hidden = value[value["cell"] == "Advocates"]
        points.append(
            TakeAway(
                claim=f"{numbers.plural(len(hidden), 'advocate')} spend little and bring "
                f"{numbers.money(float(hidden['crv'].sum()), currency)}.",
                advice="Thank them before anybody else.",
                evidence="04",
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


def _trust(found: Findings, chapters: Mapping[str, Mapping[str, Any]], min_group: int, compared: bool) -> list[str]:
    lines = _readiness(found)
    missing = sorted(
        name
        for chapter in chapters.values()
        for name, entry in chapter.get("numbers", {}).items()
        if entry["value"] is None
    )
    if missing:
        lines.append(f"{numbers.plural(len(missing), 'number')} could not be given, and the chapters say why.")
    lines.append(f"Groups under {min_group} people are not shown.")
    if not compared:
        lines.append("There is no earlier run to compare with.")
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


def _measures(value: pd.DataFrame, currency: str) -> tuple[Measure, ...]:
    customers = int(value["is_customer"].sum())
    own = Measure(name="margin_12m", value=float(value["margin_12m"].sum()), unit=currency, n=customers, kind="gross")
    if not value["crv"].notna().any():
        return (own,)
    referral = Measure(
        name="referral_value", value=float(value["crv"].sum()), unit=currency, n=customers, kind="attributed"
    )
    return (own, referral)


def _low_spenders_share(value: pd.DataFrame) -> float | None:
    placed = value[value["cell"].notna()]
    total = float(placed["crv"].sum())
    if total <= 0:
        return None
    return float(placed.loc[placed["cell"].isin(["Advocates", "Misers"]), "crv"].sum()) / total


def _range(entry: Mapping[str, Any]) -> str:
    ends = [written(entry[end], entry["unit"]) for end in ("low", "high")]
    base = "" if entry["n"] is None else f", n = {numbers.count(entry['n'])}"
    if numbers.MISSING in ends:
        return base.removeprefix(", ") or "no range known"
    return f"{entry['level']:.0%} range {ends[0]} to {ends[1]}{base}"
