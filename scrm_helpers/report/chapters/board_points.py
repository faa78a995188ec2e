"""The take-aways of the board page: each rests on a claim that a chapter shows, or says that nothing is shown."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from scrm_helpers.answers import Claim, numbers
from scrm_helpers.answers.refusal import shortened
from scrm_helpers.answers.show import TakeAway
from scrm_helpers.report.chapters.findings import Findings
from scrm_helpers.report.chapters.results import written
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
        advice = above if claim.direction > 0 else below
        return TakeAway(claim=said, advice=advice, chapter=chapter, anchor=anchor)
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
