"""The executive summary: an answer, four to six figures, take-aways and how far to trust them, all by name."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, numbers
from scrm_helpers.answers.show import Card, TakeAway
from scrm_helpers.report.chapters.board_page import GAP, THEMES, Board, asked_points, theme_point
from scrm_helpers.report.chapters.earlier_run import Earlier, compare_runs
from scrm_helpers.report.chapters.findings import VERDICTS, Findings
from scrm_helpers.report.chapters.readiness import linked_in_words
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, on_disk
from scrm_helpers.tables import Company
from scrm_helpers.value.history.purchases import own_word
from scrm_helpers.value.social.referral_totals import NOBODY_CAME

SAID = {
    "shown": ("is shown", "are shown"),
    "not shown": ("is not", "are not"),
    "cannot say": ("cannot be tested", "cannot be tested"),
    "descriptive": ("only describes", "only describe"),
}

ALWAYS = (("05", "referral_value_12m"), ("05", "margin_12m"), ("07", "portfolio_net"))  # in every report, or why not


class Summary(Answer):
    """What the board reads first; every number and claim is one of a chapter, taken over with all that it carries."""

    claim: str = ""  # the answer in a few words; the sentence carries it
    lead: str = ""  # that sentence
    cards: Sequence[Card] = ()  # headline figures
    take_aways: Sequence[TakeAway] = ()  # what is shown, or that nothing is, with advice and the chapter
    asked: Sequence[TakeAway] = ()  # questions on conversations and sources, in the words of their chapters
    trust: Sequence[str] = ()  # sentences on how far the report can be trusted
    missing: Sequence[str] = ()  # tables that are not there, and what each would answer
    figures: tuple[Measure, ...] = ()  # the numbers on the page
    rests_on: tuple[Claim, ...] = ()  # the claims on the page
    origins: Mapping[str, str] = field(default_factory=dict)  # name of a number or claim -> "03/nps"

    def words(self) -> Words:
        rows = [(card.label, card.value, card.range, card.where, card.verdict) for card in self.cards]
        table = pd.DataFrame(rows, columns=["Figure", "Value", "Range", "Over whom and when", "Beside the earlier run"])
        return Words(sentence=self.lead, table=table, caption="The figures of the first page")

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims as their chapters made them: they were corrected there, within their own families."""
        return self.rests_on


def executive_summary(
    company: Company,
    chapters: Mapping[str, Mapping[str, Any]],
    earlier: Earlier = Earlier(),  # noqa: B008 - frozen
) -> Summary:
    """Compose the executive summary from what the chapters found; nothing is computed again."""
    found = Findings(chapters)
    claim, lead = _lead(found, company)
    cards = Board(found, earlier, _own_word(company), company.has("referrals")).cards()
    points = [point for theme in THEMES if (point := theme_point(theme, found)) is not None]
    for chapter, name in ALWAYS:
        if name not in found.taken and found.measure(chapter, name) is None:
            found.missing(name, company.settings.currency, found.reason(chapter, name))
    return Summary(
        claim=claim,
        lead=lead,
        cards=cards,
        take_aways=points,
        asked=asked_points(found, named=not company.missing("customers", "consent_contact")),
        trust=_trust(found, company, earlier),
        missing=_missing(company),
        figures=tuple(found.taken.values()),
        rests_on=tuple(found.quoted.values()),
        origins=found.places | found.origins,
    )


def _lead(found: Findings, company: Company) -> tuple[str, str]:
    """Answer from those who answered where chapter 03 could follow them; else say what is known, and why no more."""
    says, does = found.measure("03", "share_intending"), found.measure("03", "share_referring")
    if says is None or does is None or says.value is None or does.value is None:
        known = [_spending(found, company), _not_said(found, company), _brought(found, company)]
        return "What customers spend.", " ".join(part for part in known if part)
    gap = found.claim("03", GAP)
    short = "What customers say, and what they did."
    if gap is not None and gap.verdict == "shown":
        short = "Saying is not doing." if gap.direction > 0 else "They do more than they say."
    elif gap is not None and gap.verdict == "not shown":
        short = "No gap between saying and doing can be shown."
    text = (
        f"Of {numbers.plural(does.n or 0, 'customer')} who answered and could be followed since, "
        f"{numbers.percent(says.value)} said they would recommend us and {numbers.percent(does.value)} referred "
        "somebody afterwards"
    )
    brings = found.measure("03", "share_bringing")
    if brings is not None and brings.value is not None:
        text += f"; {numbers.percent(brings.value)} brought a customer"
    return short, " ".join(part for part in (f"{text}.", _brought(found, company)) if part)


def _own_word(company: Company) -> str:
    return own_word(company.transactions, company.settings.margin_rate)


def _spending(found: Findings, company: Company) -> str:
    own = found.measure("05", "margin_12m")
    if own is None or own.value is None:
        return f"What customers brought in the last twelve months is not known: {found.reason('05', 'margin_12m')}."
    word, last = _own_word(company), company.transactions["ordered_on"].max()
    if not own.value and last <= company.as_of - pd.DateOffset(months=12):
        return f"Nobody ordered in the last twelve months: the last order is of {last:%Y-%m-%d}."
    amount = numbers.money(abs(own.value), own.unit)
    brought = f"cost {amount} more than they brought" if own.value < 0 else f"brought {amount} of {word}"
    return f"Customers {brought} in the last twelve months."


def _brought(found: Findings, company: Company) -> str:
    """Set referral value beside what customers leave themselves in the same months; or say why it is not known."""
    if not company.has("referrals"):
        return ""
    credited = found.measure("05", "referral_value_12m")
    if credited is None or credited.value is None:
        return f"What their referrals bring is not known: {found.reason('05', 'referral_value_12m')}."
    if not credited.value and credited.no_range == NOBODY_CAME:
        return "No referral brought a customer in the last twelve months."
    if not credited.value:
        return "Those who came by a referral in the last twelve months have left nothing so far."
    amount, beside = numbers.money(credited.value, credited.unit), ""
    share = found.measure("05", "referral_share_of_margin_12m")
    whole = found.measure("05", "margin_12m")
    if share is not None and share.value is not None and whole is not None and whole.value is not None:
        gross = numbers.money(share.value * whole.value, credited.unit)
        all_of_it = f"{numbers.money(whole.value, whole.unit)} of {_own_word(company)} of everybody in these months"
        beside = f": before marketing costs {gross}, beside {all_of_it} ({numbers.percent(share.value)})"
    return f"Those who came by a referral in the last twelve months are worth {amount} in their first year{beside}."


def _not_said(found: Findings, company: Company) -> str:
    """Say why stated and actual cannot be set beside each other: absent, not run and unknown are three reasons."""
    absent = [name for name in ("surveys", "referrals") if not company.has(name)]
    if absent == ["surveys"]:
        return "What they say is not known: the company folder has no table surveys."
    if absent == ["referrals"]:
        asked = "They were asked whether they would recommend us, but whether they do is not known"
        return f"{asked}: the company folder has no table referrals."
    if absent:
        return "What they say and whom they bring is not known: the company folder has no tables surveys and referrals."
    if not found.has("03"):
        return "What they say is not set beside whom they bring: chapter 03, which does so, is not in this run."
    return f"What those who answered did afterwards is not known: {found.reason('03', 'share_referring')}."


def _missing(company: Company) -> list[str]:
    """Say of each table that is not there which questions it would answer, or to which it would add."""
    asked: dict[tuple[str, ...], list[str]] = {}
    helped: dict[str, list[str]] = {}
    for plan in on_disk(notebooks_folder()):
        question = f"“{plan.question}” (chapter {plan.number})"
        if absent := tuple(name for name in plan.needs if not company.has(name)):
            asked.setdefault(absent, []).append(question)
        else:
            helped[question] = [name for name in plan.helped_by if not company.has(name)]
    named = {name for absent in asked for name in absent}
    lines = [_without(absent, "answer", " and ".join(questions)) for absent, questions in asked.items()]
    more = {question: [name for name in names if name not in named] for question, names in helped.items()}
    return lines + [_without(names, "add to", question) for question, names in more.items() if names]


def _without(tables: Sequence[str], verb: str, what: str) -> str:
    *first, last = tables
    names, they = (f"tables {', '.join(first)} and {last}", "they") if first else (f"table {last}", "it")
    return f"No {names}: {they} would {verb} {what}."


def _trust(found: Findings, company: Company, earlier: Earlier) -> list[str]:
    chapters = found.chapters
    lines = [*_readiness(found), *_lost(chapters)]
    verdicts = Counter(claim["verdict"] for one in chapters.values() for claim in one.get("claims", ()))
    if verdicts:
        said = [numbers.plural(verdicts[one], *SAID[one]) for one in VERDICTS if verdicts[one]]
        lines.append(f"Of {numbers.plural(sum(verdicts.values()), 'claim')} in the chapters {', '.join(said)}.")
    missing = sum(entry["value"] is None for one in chapters.values() for entry in one.get("numbers", {}).values())
    if missing:
        lines.append(f"{numbers.plural(missing, 'number')} could not be given, and the chapters say why.")
    if _own_word(company) == "sales":  # exports of shops know no margin
        lines.append(
            "What of the sales is margin is not known, so that sales stand for margin everywhere: set "
            "`margin_rate: 0.4`, with your own share, in company.yaml."
        )
    lines += [f"Groups under {company.settings.min_group} people are not shown.", earlier.sentence]
    moved = compare_runs(earlier, chapters)
    lines += [] if moved.reason else [moved.sentence]
    known = {number for number, entry in earlier.chapters.items() if entry.get("numbers")}
    new = [number for number, entry in chapters.items() if entry["numbers"] and number not in known]
    if earlier.chapters and new:
        lines.append(f"It says nothing of {_listed(new)}, which cannot be compared.")
    lines.append("Nothing here shows that asking causes referrals: each chapter names what it does not show.")
    return lines


def _readiness(found: Findings) -> list[str]:
    linked, left_out = found.measure("01", "rows_linked"), found.measure("01", "rows_left_out")
    if linked is None or left_out is None:
        return [
            "How much of the data names known customers, and what was left out, is not said: chapter 01 did not run."
        ]
    rows = int(left_out.value or 0)
    lost = f"{numbers.plural(rows, 'row')} {'was' if rows == 1 else 'were'} left out: chapter 01 says why."
    return [linked_in_words(linked.value or 0.0, linked.n or 0), lost if rows else "No row was left out."]


def _lost(chapters: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the chapters that a fault of the program has cost or cut."""
    failed = [number for number, entry in chapters.items() if entry.get("status") == "failed"]
    cut = [number for number, entry in chapters.items() if entry.get("faults") and number not in failed]
    told = ((failed, "be made: what would follow is missing"), (cut, "show all, and there it says what is missing"))
    return [f"By a fault in the program {_listed(ones)} could not {what}." for ones, what in told if ones]


def _listed(chapters: Sequence[str]) -> str:
    """Name chapters by number, such as ``chapters 01, 03 and 07``."""
    *first, last = sorted(chapters)
    return f"chapters {', '.join(first)} and {last}" if first else f"chapter {last}"
