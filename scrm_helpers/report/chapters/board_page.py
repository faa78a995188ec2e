"""The board page: four to six headline figures, and take-aways that rest on what is shown, or say that nothing is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scrm_helpers.answers import Claim, Measure, numbers
from scrm_helpers.answers.refusal import shortened
from scrm_helpers.answers.show import Card, TakeAway
from scrm_helpers.report.chapters.earlier_run import Earlier
from scrm_helpers.report.chapters.findings import Findings
from scrm_helpers.report.chapters.results import ranged, record, written
from scrm_helpers.report.page.html import anchor_of, figure_anchor

GAP = "more_say_than_do"  # the claim of chapter 03 that the first sentence rests on

SAID_ALREADY = (GAP, "promoters_and_detractors")  # by the first sentence and the first figure


@dataclass(frozen=True)
class Theme:
    """What one take-away is about: where its claims are made, and which of them the board should hear first."""

    subject: str
    chapters: tuple[str, ...]
    first: tuple[str, ...] = ()  # beginnings of their names

    def place(self, claim: str) -> int:
        """How early the board should hear a claim."""
        first = next((at for at, name in enumerate(self.first) if claim.startswith(name)), len(self.first))
        return first + len(self.first) * (claim in SAID_ALREADY)


THEMES = (
    Theme(
        "what customers say and whom they bring",
        ("03", "04"),
        (
            "everybody_scores_otherwise",
            "highest_answers_refer",
            "answer_and_referring",
            "orders_follow_orders",
            "ties_",
        ),
    ),
    Theme(
        "what customers are worth",
        ("05", "02"),
        ("low_value_brings", "misses_referral_value", "best_stay_best", "sales_held_by_best_fifth"),
    ),
    Theme("what initiatives and goals return", ("07", "09", "08"), ("roinit", "cost_of_myopia", "benefit_comes_late")),
    Theme(
        "what goes with how people talk",
        ("06",),
        ("reply_effect_on", "unhappy_reach", "intent_over_channel", "first_reply", "degree_gap"),
    ),
)
ASKED = (  # what the board asks, and the numbers under whose titles a chapter answers
    ("How social are conversations?", "06", ("social_share", "social_share_without_media", "degree_gap")),
    ("Whom should we answer?", "06", ("net_value_of_answers", "reply_effect")),
    ("What hangs on which source?", "01", ("questions_carried",)),
)
RULED = ("Whom should we look after?", "02", ("manage_customers",))
LONGEST = 170  # characters of a point that a board reads at a glance
WORTH = "the action list says whom an answer is worth."
HOW_FIRST = "Look at how we answer before answering more."
ADVICE: Mapping[str, tuple[str, str]] = {  # by the beginning of the name: what to do if it lies above chance, or below
    "best_stay_best": ("Plan for the best customers beyond this year.", ""),
    "highest_answers_refer": ("The action list asks all who would recommend, not the nines and tens alone.",) * 2,
    "answer_and_referring": ("Set what people did beside what they say, as the action list does.",) * 2,
    "misses_": ("Keep a list of them beside the list by own value.", ""),
    "low_value_brings": ("See whom people bring before spending less on small customers.", ""),
    "roinit": (
        "Keep it, and go on setting its case beside what the ledger books.",
        "Renew it only for what is still to come: chapter 07 has the later quarters.",
    ),
    "benefit_comes_late": ("Judge initiatives after eight quarters, not after one.", ""),
    "cost_of_myopia": ("Fund by the return over eight quarters, not by ROI after one.", ""),
    "reply_effect_on_complaining": (HOW_FIRST, f"Answering keeps people from complaining again; {WORTH}"),
    "reply_effect_on_buying": (f"Answering brings orders; {WORTH}", HOW_FIRST),
    "unhappy_reach": ("Hear the unhappy first: they are heard by more people.", ""),
    "intent_over": (
        "Sort messages by what people want, not by where they write.",
        "Plan service by channel: it tells more than the wish.",
    ),
    "degree_gap": ("", "Begin with the places of the lowest degree in the table of chapter 06."),
    "first_reply_rate_unhappy": ("", "Answer the unhappy sooner."),
    "orders_follow_orders": ("Judge campaigns by whole groups of tied customers, not one by one.", ""),
    "everybody_scores_otherwise": ("Quote the score of everybody beside that of those who answered.",) * 2,
}
ASIDE = "together_"  # how two kinds of value go together is no news for a board


IN_WORDS = {
    "customers_leave": "Customers do leave: their orders fit a model in which they do, not one in which all stay."
}
_SENTENCE_END = re.compile(r"(?<=[.!?]) (?=[A-Z0-9“])")


def in_short(chapter: str, claim: Claim, found: Findings) -> str:
    """Say a claim in one line: in words of its own, else its sentence, or the one with its figure, or the title."""
    if claim.name in IN_WORDS:
        return IN_WORDS[claim.name]
    text = claim.sentence
    if len(text) > LONGEST:
        figure = written(claim.estimate.value, claim.estimate.unit)  # as its chapter will have printed it
        told = [one for one in _SENTENCE_END.split(text) if len(one) <= LONGEST and figure in one]
        text = told[0] if told else found.title_of(chapter, claim.name) or text
    text = shortened(f"{text[:1].upper()}{text[1:]}", LONGEST)
    return text if text.endswith((".", "?", "…")) else f"{text}."


def theme_point(theme: Theme, found: Findings) -> TakeAway | None:
    """Say the first claim of a theme that is shown, else that nothing is, and why; None where no table tells of it."""
    if not any(found.has(one) for one in theme.chapters):  # said once, among what is missing
        return None
    made = [(chapter, claim) for chapter in theme.chapters for claim in found.claims(chapter)]
    beyond = [one for one in made if one[1]["verdict"] == "shown"]
    shown = [one for one in beyond if not one[1]["name"].startswith(ASIDE)]
    if shown:
        chapter, best = min(shown, key=lambda one: theme.place(one[1]["name"]))
        claim = found.claim(chapter, best["name"])
        assert claim is not None  # it is one of those the chapter makes
        anchor = figure_anchor(chapter, found.title_of(chapter, best["name"]))
        said = in_short(chapter, claim, found)
        above, below = next((said for name, said in ADVICE.items() if claim.name.startswith(name)), ("", ""))
        return TakeAway(claim=said, advice=above if claim.direction > 0 else below, chapter=chapter, anchor=anchor)
    at = made[0][0] if made else next((one for one in theme.chapters if found.has(one)), "01")
    tested = [claim for _, claim in made if claim["verdict"] == "not shown"]
    why = "no chapter of this run tests it"
    if tested:
        count = numbers.plural(len(tested) + len(beyond), "test")
        why = f"{f'{len(tested)} of {count}' if beyond else f'{count} of it'} found nothing beyond chance"
    elif made:
        why = next((str(claim["reason"]).rstrip(".") for _, claim in made if claim["reason"]), "nothing was tested")
    said = f"{'Little' if beyond else 'Nothing'} is shown of {theme.subject}: {why}."
    return TakeAway(claim=said, advice="", chapter=at, anchor=anchor_of(at))


def asked_points(found: Findings, named: bool = True) -> list[TakeAway]:
    """Answer what the board asks in the words of the chapters; what these cannot say is said among the missing."""
    # Where the action list may name nobody, the rule that would is told with its counts.
    points = []
    for question, chapter, names in ASKED if named else (*ASKED, RULED):
        known = [name for name in names if found.known(chapter, name)]
        said = " ".join(part for name in known if (part := found.said(chapter, name)))
        if said:
            points.append(TakeAway(claim=question, advice=said, chapter=chapter, anchor=anchor_of(chapter)))
    return points


MOST, FEWEST = 6, 4
ROI = "roi_one_quarter_of_ripe"
INSTEAD = (  # where little is known, what every company of customers and orders can say
    ("05", "margin_12m", "{own} of the last twelve months"),
    ("02", "clv_total", "{own} expected of today's customers"),
    ("02", "retention", "Bought again: of those who bought in the year before"),
    ("02", "sales_top_20_share", "Share of all sales that the top fifth of customers holds"),
)


@dataclass(frozen=True)
class Board:
    """The findings of this run and of the one before, from which cards are made."""

    found: Findings
    before: Earlier
    own_word: str  # what customers leave: margin, or sales where no margin is known
    refers: bool  # whether a table says who referred whom

    def cards(self) -> list[Card]:
        """Choose what the board sees first: what is said, done, brought and returned; else what is known of buying."""
        made = [  # the numbers of the chapter stand in this order too
            self.said(),
            self.card("03", "share_referring", "What they did: referred somebody after they answered"),
            self.brought(),
            self.returned(),
            self.card("07", "portfolio_net", "All initiatives together: benefits less costs"),
            self.by_lot(),
        ]
        every = [card for card in made if card is not None]
        cards = [card for card in every if card.value != numbers.MISSING]
        for chapter, name, label in INSTEAD:
            if len(cards) < FEWEST and self.found.known(chapter, name):
                card = self.card(chapter, name, label.format(own=self.own_word.capitalize()))
                cards += [card] if card else []
        return (cards or every)[:MOST]  # why a figure is not known is said by the first sentence and by its chapter

    def said(self) -> Card | None:
        """What customers say: the score of those who answered, and of everybody where that is known."""
        everybody = self.found.measure("03", "nps_of_everybody") if self.found.known("03", "nps_of_everybody") else None
        more = "" if everybody is None else f"of everybody, the silent included: {ranged(everybody)}"
        return self.card("03", "nps", "What they say: Net Promoter Score", more)

    def brought(self) -> Card | None:
        """Referral value, beside own value where that is of the same months."""
        if not self.refers:  # said once, among what is missing
            return None
        credited, own = (self.found.entry("05", name) for name in ("referral_value_12m", "margin_12m"))
        alike = all(own.get(end) == credited.get(end) for end in ("window", "window_from", "window_to"))
        more = ""
        if alike and self.found.known("05", "margin_12m", "referral_value_12m"):
            margin = self.found.measure("05", "margin_12m")
            more = f"beside {ranged(margin)} of own {self.own_word} in the same months" if margin else ""
        return self.card("05", "referral_value_12m", "Referral value (CRV), credited to who referred", more)

    def returned(self) -> Card | None:
        """Return on initiative beside ROI, of the ripe initiatives."""
        early = self.found.measure("07", ROI) if self.found.known("07", "pooled_return_8q", ROI) else None
        more = f"ROI of the same after one quarter {ranged(early, 'share')}" if early else ""
        return self.card("07", "pooled_return_8q", "Ripe initiatives: return after eight quarters", more, "share")

    def by_lot(self) -> Card | None:
        """What was shown where a lot decided."""
        made = [claim for claim in self.found.claims("07") if claim["grade"] == "A"]
        shown = [claim for claim in made if claim["verdict"] == "shown"]
        claim = self.found.claim("07", (shown or made)[0]["name"]) if made else None
        if claim is None:
            return None
        effect, said = claim.estimate, in_short("07", claim, self.found)
        if effect.low is not None and effect.high is not None:  # in the unit of its sentence
            scale = 100 if "percentage point" in claim.sentence else 1
            low, high = (numbers.points(scale * end, 2) for end in (effect.low, effect.high))
            said += f" {effect.level:.0%} range {low} to {high}"
        where = "; ".join(part for part in (effect.population, effect.window) if part)
        value = f"{len(shown)} of {len(made)} shown"
        return Card(label="Where a lot decided who got it", value=value, range=said, where=where, verdict="")

    def card(self, chapter: str, name: str, label: str, more: str = "", unit: str = "") -> Card | None:
        """Make a card of a number; one that is not known says why, one that no chapter gives makes none."""
        measure = self.found.measure(chapter, name)
        if measure is None:
            return None
        moved = self.before.moved(chapter, name, record(measure), unit)
        return Card(
            label=label,
            value=written(measure.value, unit or measure.unit),
            range="; ".join(part for part in (_range(measure, unit), more) if part),
            where="; ".join(part for part in (measure.population, measure.window) if part),
            verdict=moved.words if moved else "",  # the trust box says that there is no earlier run
        )


def _range(measure: Measure, unit: str = "") -> str:
    """Write range and base, or the word why there is none."""
    if measure.value is None:
        return f"not known: {measure.reason.rstrip('.')}"
    ends = [written(end, unit or measure.unit) for end in (measure.low, measure.high)]
    base = "" if measure.n is None else f"n = {numbers.count(measure.n)}"
    why = measure.no_range.removeprefix("undefined: ").partition(":")[0].rstrip(".")
    said = f"{measure.level:.0%} range {ends[0]} to {ends[1]}"
    if numbers.MISSING in ends:
        said = f"no range: {why}" if measure.no_range else "no range"
    return ", ".join(part for part in (said, base) if part)
