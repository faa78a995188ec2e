"""Put results on the page: sentences, tables and figures, escaped, described and the same every run.

This is the only place that writes HTML from a company's data, so it is the only place that must escape it.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.answer import Answer, Words, present
from scrm_helpers.answers.drawing import drawings
from scrm_helpers.answers.fitted_labels import shown_controls
from scrm_helpers.answers.small_groups import without_small_groups

ALT_LIMIT = 300
_RULE = {"fewest": 5}  # one rule for all tables of the company that this notebook opened
_SIGN = re.compile(rf"{numbers.MINUS}(?=[^\d\s])")


def escape(text: object) -> str:
    """Make text harmless in HTML, show control characters, and keep a minus with the currency that it stands before."""
    return _SIGN.sub("\\g<0>&#8288;", html.escape(shown_controls(str(text)), quote=True))


def sentence(*results: Answer | str) -> None:
    """Show the computed sentence of each result (or a sentence that was computed already) as a paragraph."""
    for result in present(results):
        text, absent = (result, "") if isinstance(result, str) else (result.sentence, " absent" * bool(result.reason))
        display_block(text, f'<p class="scrm-sentence{absent}">{escape(text)}</p>')


def bullets(lines: Iterable[str]) -> None:
    """Show computed sentences as a list."""
    texts = list(lines)
    if not texts:
        return
    items = "".join(f"<li>{escape(text)}</li>" for text in texts)
    display_block("\n".join(f"- {text}" for text in texts), f'<ul class="scrm-list">{items}</ul>')


def hide_groups_below(fewest: int) -> None:
    """Take over the company's ``min_group``: every table of the notebook obeys it."""
    _RULE["fewest"] = fewest


def table(result: Answer | Words, currency: str = "EUR", *, noted: bool = False) -> None:
    """Show the table behind a result, with its caption and its note, unless that was said under the figure above."""
    if result.table.empty:
        return
    shown = without_small_groups(result.table, _RULE["fewest"])
    hidden = len(result.table) - len(shown)
    remark = f"{numbers.plural(hidden, 'row')} left out: groups under {_RULE['fewest']} people, or next to one."
    said = "" if noted and not hidden else result.note
    if hidden:
        said = f"{said.rstrip('.')}. {remark}" if said else remark
    written = _written(shown, result.formats, currency)
    plain = written.to_string(index=False, max_colwidth=60) if len(shown) else "no group is large enough to be shown"
    plain = "\n".join(part for part in (result.caption, plain, said) if part)
    note = f'<p class="scrm-note">{escape(said)}</p>' if said else ""
    display_block(plain, table_html(shown, result.formats, result.caption, currency) + note)


def figure(result: Answer) -> None:
    """Show the picture of a result under its take-away title, with its note and its description."""
    from IPython.display import display

    if not result.drawable or (len(result.table.columns) and not len(result.table)):
        return
    if len(without_small_groups(result.table, _RULE["fewest"])) < len(result.table):
        why = f"A figure is left out: it would show a group under {_RULE['fewest']} people, or what gives one away."
        display_block(why, f'<p class="scrm-note">{escape(why)}</p>')
        return
    _check_description(result)
    made = drawings(result)
    display_block(result.title, f'<p class="scrm-figure-title"><strong>{escape(result.title)}</strong></p>')
    bundle = {**made, "text/plain": f"Figure: {result.alt}"}
    display(bundle, raw=True, metadata={"image/png": {"alt": result.alt, "width": int(style.WIDTH * 100)}})
    note = f'<p class="scrm-note">{escape(result.note)}</p>' if result.note else ""
    described = f"<summary>Describe this figure</summary><p>{escape(result.alt)}</p>"
    display_block(result.note or result.alt, f"{note}<details class='scrm-alt'>{described}</details>")


def table_html(frame: pd.DataFrame, formats: Mapping[str, str], caption: str = "", currency: str = "EUR") -> str:
    """Return an accessible table: caption, column scopes, row headers, figures to the right."""
    written = _written(frame, formats, currency)
    kinds = ["text" if formats.get(name, "text") in ("text", "date") else "number" for name in frame.columns]
    heads = ['th scope="row"', *["td"] * (len(kinds) - 1)]  # of each cell in a row

    def row(tags: Sequence[str], cells: Iterable[object]) -> str:
        made = zip(tags, kinds, cells, strict=True)
        return "".join(f'<{tag} class="{kind}">{escape(cell)}</{tag[:2]}>' for tag, kind, cell in made)

    head = row(['th scope="col"'] * len(kinds), frame.columns)
    rows = [f"<tr>{row(heads, record)}</tr>" for record in written.itertuples(index=False, name=None)]
    label = escape(caption or "Table")
    return (
        f'<div class="scrm-table" role="region" tabindex="0" aria-label="{label}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _written(frame: pd.DataFrame, formats: Mapping[str, str], currency: str) -> pd.DataFrame:
    unknown = sorted(set(formats) - set(map(str, frame.columns)))
    if unknown:
        raise ValueError(f"Formats are given for columns that the table does not have: {', '.join(unknown)}.")
    columns = {
        name: [numbers.write(value, formats.get(str(name), "text"), currency) for value in frame[name]]
        for name in frame.columns
    }
    return pd.DataFrame(columns, columns=frame.columns)


def _check_description(result: Answer) -> None:
    name = type(result).__name__
    if not result.title or not result.alt:
        raise ValueError(f"{name} needs a take-away title and a description (alt) before its picture is shown.")
    if result.alt == result.title:
        raise ValueError(f"The description of {name} repeats its title: describe what the picture shows.")
    if len(result.alt) > ALT_LIMIT:
        raise ValueError(f"The description of {name} has {len(result.alt)} characters; {ALT_LIMIT} can be heard.")


def display_block(plain: str, markup: str) -> None:
    """Display escaped HTML with its plain twin, marked so that the report may trust it."""
    from IPython.display import display

    display({"text/plain": plain, "text/html": markup}, raw=True, metadata={"scrm": {"escaped": True}})


@dataclass(frozen=True, kw_only=True)
class Card:
    """One headline figure with all that keeps it honest."""

    label: str  # what the figure is
    value: str  # the figure as read aloud
    range: str  # its interval and base, or why there is none
    where: str  # over whom and for which time, in words
    verdict: str  # how it compares with the last run, in words; empty when there was none


@dataclass(frozen=True, kw_only=True)
class TakeAway:
    """A claim in bold, what follows from it, and where the evidence is."""

    claim: str  # computed claim
    advice: str  # computed consequence
    chapter: str  # number of the chapter with the evidence, such as ``"03"``
    anchor: str  # of the figure there, or of the chapter


def lead(claim: str, rest: str) -> None:
    """Show the answer of the whole report: a claim in bold and the sentence that carries it."""
    display_block(f"{claim} {rest}", f'<p class="scrm-lead"><strong>{escape(claim)}</strong> {escape(rest)}</p>')


def cards(figures: Sequence[Card]) -> None:
    """Show the headline figures side by side."""
    said = [f"{card.label}: {card.value} ({card.range}; {card.where}); {card.verdict}".rstrip("; ") for card in figures]
    items = "".join(
        f'<li><span class="label">{escape(card.label)}</span><span class="value">{escape(card.value)}</span>'
        f'<span class="range">{escape(card.range)}</span><span class="range where">{escape(card.where)}</span>'
        + (f'<span class="verdict"><span>{escape(card.verdict)}</span></span>' if card.verdict else "")
        + "</li>"
        for card in figures
    )
    display_block("\n".join(said), f'<ul class="scrm-cards">{items}</ul>')


def take_aways(points: Sequence[TakeAway], ordered: bool = True) -> None:
    """Show take-aways, numbered, or questions with their answers; each with a link to the chapter of its evidence."""
    marks = [f"{number}." for number in range(1, len(points) + 1)] if ordered else ["-"] * len(points)
    tag = "ol" if ordered else "ul"
    plain = "\n".join(f"{mark} {point.claim} {point.advice}" for mark, point in zip(marks, points, strict=True))
    items = "".join(
        f"<li><strong>{escape(point.claim)}</strong> {escape(point.advice)} "
        f'<a href="#{escape(point.anchor)}">Chapter {escape(point.chapter)}'
        f'<span class="unseen">: {escape(point.claim)}</span></a></li>'
        for point in points
    )
    display_block(plain, f'<{tag} class="scrm-take-aways">{items}</{tag}>')


def trust(lines: Sequence[str], missing: Sequence[str] = ()) -> None:
    """Show the box that says how far the report can be trusted, and what is missing in it."""
    body = " ".join(lines)
    markup = f'<p class="head">Can I trust this?</p><p>{escape(body)}</p>'
    if missing:
        items = "".join(f"<li>{escape(text)}</li>" for text in missing)
        markup += f'<p class="head">What is missing, and what would it answer?</p><ul>{items}</ul>'
    display_block(" ".join(["Can I trust this?", body, *missing]), f'<div class="scrm-trust">{markup}</div>')
