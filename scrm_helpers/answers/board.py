"""The blocks of the executive page: the answer, four figures, what to take away, and how far to trust it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scrm_helpers.answers.show import display_block, escape


@dataclass(frozen=True, kw_only=True)
class Card:
    """One headline figure with all that keeps it honest."""

    label: str  # what the figure is
    value: str  # the figure as read aloud
    range: str  # its interval and base, or why there is none
    verdict: str  # how it compares with the last run, in words; empty when there was none


@dataclass(frozen=True, kw_only=True)
class TakeAway:
    """A claim in bold, what follows from it, and the anchor of the chapter that shows the evidence."""

    claim: str  # computed claim
    advice: str  # computed consequence
    evidence: str  # number of the chapter with the evidence, such as ``"03"``


def lead(claim: str, rest: str) -> None:
    """Show the answer of the whole report: a claim in bold and the sentence that carries it."""
    display_block(f"{claim} {rest}", f'<p class="scrm-lead"><strong>{escape(claim)}</strong> {escape(rest)}</p>')


def cards(figures: Sequence[Card]) -> None:
    """Show the headline figures side by side."""
    said = [f"{card.label}: {card.value} ({card.range}); {card.verdict}".rstrip("; ") for card in figures]
    items = "".join(
        f'<li><span class="label">{escape(card.label)}</span><span class="value">{escape(card.value)}</span>'
        f'<span class="range">{escape(card.range)}</span>'
        + (f'<span class="verdict"><span>{escape(card.verdict)}</span></span>' if card.verdict else "")
        + "</li>"
        for card in figures
    )
    display_block("\n".join(said), f'<ul class="scrm-cards">{items}</ul>')


def take_aways(points: Sequence[TakeAway]) -> None:
    """Show the take-aways, each with a link to the chapter that holds its evidence."""
    plain = "\n".join(f"{number}. {point.claim} {point.advice}" for number, point in enumerate(points, start=1))
    items = "".join(
        f"<li><strong>{escape(point.claim)}</strong> {escape(point.advice)} "
        f'<a href="#chapter-{escape(point.evidence)}">Evidence'
        f'<span class="unseen"> for: {escape(point.claim)}</span></a></li>'
        for point in points
    )
    display_block(plain, f'<ol class="scrm-take-aways">{items}</ol>')


def trust(lines: Sequence[str]) -> None:
    """Show the box that says how far the report can be trusted."""
    body = " ".join(lines)
    markup = f'<div class="scrm-trust"><p class="head">Can I trust this?</p><p>{escape(body)}</p></div>'
    display_block(f"Can I trust this? {body}", markup)
