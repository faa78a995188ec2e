"""The words of the trade: what each means in the report, where it is computed, and a link at its first use."""

import re
from dataclasses import dataclass
from html import escape
from typing import Any

from scrm_helpers.answers.measure import slug
from scrm_helpers.conversations.degrees.six_degrees import NAMES
from scrm_helpers.initiatives.plan.case_schema import DESIGNS


@dataclass(frozen=True)
class Term:
    """One word of the trade."""

    name: str
    forms: str  # pattern of the forms in which a text has it
    meaning: str
    computed: str = ""  # module and name of what computes it

    @property
    def anchor(self) -> str:
        """Its place on the page."""
        return f"term-{slug(self.name)}"


DEGREES = ", ".join(f"{place} {name}" for place, name in enumerate(NAMES, start=1))
GRADES = ", ".join(f"{grade} {design}" for grade, design in DESIGNS.values())
# Name | forms in which a text has it | what computes it, where something does; below what it means.
_WRITTEN = f"""
95% range | 95% ranges?
Values that the data do not contradict: a range made in this way holds the true value in 95 of 100 cases. Where a
figure has none, the report says why.

Affluents, Champions, Misers, Advocates | Affluents|Champions|Misers|Advocates | value.value_matrix
The four cells of the value matrix: own value above the cut and nobody brought; both; neither; somebody brought at a
low own value.

Attributed | [Aa]ttributed | people.People
Credited to somebody by a rule. The same money also stands in the value of those who spent it, so the two are never
added, and nothing is said of what would have come without.

Cascade | [Cc]ascades? | network.build_forest
Everybody whom one person brought, those brought by them, and so on.

Customer influence value (CIV) | CIV|[Ii]nfluence value | people.People
The part of the purchases of those who reacted to somebody's messages that these brought forward.

Customer knowledge value (CKV) | CKV|[Kk]nowledge value | people.People
What ideas that somebody contributed brought less what they cost, done or still expected.

Customer lifetime value (CLV) | CLV|[Ll]ifetime value|[Oo]wn value | value.lifetime.clv.lifetime_values
What a customer's own orders are expected to leave in the coming months, discounted to the day of the report.

Customer referral value (CRV) | CRV|[Rr]eferral value | people.People
What those whom somebody brought left in their first year, credited to who brought them; who would have come anyway
counts for no more than the cost of winning them that was saved.

Degree of a conversation | degrees? (?:one|two|three|four|five|six)|sixth degree | conversations.judge_threads
How far a conversation has become social: {DEGREES}.

Discounted | [Dd]iscounted
Money that comes later counts for less, by the discount rate of the company a year.

Evidence grade | (?:evidence )?grade [A-E]
How firmly the data carry that something worked, by how it was looked at: {GRADES}.

Lot | [Ll]otter(?:y|ies)|by lot
Chance decided who got something, so nothing else explains a difference between those who did and the others.

Margin | [Mm]argin
What orders leave after the cost of the goods, before marketing cost.

Net Promoter Score | Net Promoter Scores?|NPS | advocacy.net_promoter_score
The share of people who answer 9 or 10 to “Would you recommend us?” (promoters) less the share who answer 0 to 6
(detractors), from −100 to +100; who answers 7 or 8 is passive.

Owned, borrowed and displayed data | [Bb]orrowed|[Dd]isplayed | tables.checking.held_data.apply_register
Owned data are the company's to keep; borrowed ones may be read while their source allows it and are never written;
displayed ones may be looked at and are not read at all.

Probably active | [Pp]robably active|still active
Not yet gone, by how long the customer has been silent beside the usual pause between the orders.

Pseudonym | [Pp]seudonyms? | report.privacy.pseudonym_keys.pseudonyms
A name made from the id of a person with a secret key of the company: the same in every report, and found again only
with key and data.

Return on initiative | [Rr]eturns? on initiative|RoInit | initiatives.compare_horizons
What an initiative brought less all that it cost, over what it cost, followed for several quarters since its start
instead of one.

ROI | ROI | initiatives.compare_horizons
Return on investment: money brought less money spent, over money spent, after one quarter and of what is booked
directly.

Shown, not shown, cannot say | (?:is|are) (?:not )?shown
Shown: more than chance or the comparison gives, after correction for all tests of one question. Not shown: no more
than that; it may be there all the same. Cannot say: nothing could be tested.
"""


def _term(written: str) -> Term:
    head, *meaning = written.splitlines()
    name, forms, *computed = head.split(" | ")
    return Term(name, forms, " ".join(meaning), *computed)


TERMS = tuple(map(_term, _WRITTEN.strip().split("\n\n")))
GLOSSARY = "glossary"  # its place on the page
_LINKED = ".scrm-lead, .scrm-cards .range, .scrm-cards .label, .scrm-sentence, .scrm-list li, .prose p, .prose li"
_CLOSED = {"a", "code", "summary", "h1", "h2", "h3", "h4"}


def definitions() -> str:
    """All terms with their meanings, as HTML."""
    by = ' <span class="computed">Computed by <code>{}</code>.</span>'
    rows = (
        f'<dt id="{term.anchor}">{escape(term.name)}</dt>'
        f"<dd>{escape(term.meaning)}{by.format(term.computed) if term.computed else ''}</dd>"
        for term in TERMS
    )
    summary = f"<summary>{len(TERMS)} words, and where each is computed</summary>"
    opened = f'<details class="detail">{summary}<dl class="glossary">{"".join(rows)}</dl></details>'
    return f'<h2 id="{GLOSSARY}">What the words mean</h2>{opened}'


def link_terms(soup: Any) -> None:
    """Link each term where a chapter first uses it in its words, never inside of a heading, a link or code."""
    open_terms = {term: re.compile(rf"(?<![\w-])(?:{term.forms})(?![\w-])") for term in TERMS}
    for element in soup.select(_LINKED):
        for text in element.find_all(string=True):
            if not {parent.name for parent in text.parents} & _CLOSED:
                _link(soup, text, open_terms)


def _link(soup: Any, text: Any, open_terms: dict[Term, re.Pattern[str]]) -> None:
    """Link what a piece of text says first of the terms that are still open; the rest of it is looked at again."""
    found = [(match.start(), match, term) for term, form in open_terms.items() if (match := form.search(text))]
    if not found:
        return
    start, match, term = min(found, key=lambda one: (one[0], -one[1].end()))
    del open_terms[term]
    link = soup.new_tag("a", attrs={"class": "term", "href": f"#{term.anchor}"})
    link.string = match.group()
    rest = type(text)(str(text)[match.end() :])
    text.replace_with(type(text)(str(text)[:start]), link, rest)
    _link(soup, rest, open_terms)
