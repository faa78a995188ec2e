"""What every public analysis hands back: its fields are the numbers, its words are made from them when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, dataclass_transform

import pandas as pd

from scrm_helpers.answers.claim import Claim, corrected
from scrm_helpers.answers.measure import NOT_COMPUTED, Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLACE = ("population", "window", "window_from", "window_to")


@dataclass(frozen=True, kw_only=True)
class Words:
    """What an answer says: made by the answer from its numbers."""

    sentence: str  # the reading, with its own wording for "no difference can be shown"
    title: str = ""  # the take-away
    table: pd.DataFrame = field(default_factory=pd.DataFrame)  # one tidy row per line shown; the index is not shown
    formats: Mapping[str, str] = field(default_factory=dict)  # how each column is written: see `numbers.write`
    caption: str = ""  # what the table holds
    note: str = ""  # base (n), units, period and source in one line
    alt: str = ""  # the picture for those who do not see it, at most 300 characters
    parts: Mapping[str, str] = field(default_factory=dict)  # what of the sentence says one claim of several, by name


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
@dataclass(frozen=True, kw_only=True)
class Answer:
    """A finished answer, or the reason why there is none. Subjects derive their own from it.

    A subclass is a frozen dataclass without saying so. It has its numbers as fields, those with a name as
    :class:`Measure`, and a default for each, so that the absent case is the same class with a `reason`. Its `words` are
    made from the fields, and only where there is no reason.

    Parameters
    ----------
    reason : why there is no answer, in words that can follow a colon; empty where there is one
    population, window : over whom and over which days, in words
    window_from, window_to : first and last day of the window, both inclusive

    Examples
    --------
    >>> Answer(reason="nobody answered").sentence
    'There is no answer: nobody answered.'
    """

    ABSENT: ClassVar[str] = "There is no answer: {reason}."
    OFFERS: ClassVar[tuple[str, ...]] = ()  # what is shown below the sentence; by default the figure, else the table
    CLAIMS: ClassVar[tuple[Claim, ...]] = ()  # what every answer of the kind claims, of fields named by their defaults

    reason: str = ""
    population: str = ""
    window: str = ""
    window_from: date | None = None
    window_to: date | None = None

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    def words(self) -> Words:
        """Make the words from the numbers; asked once, and never of an answer with a reason."""
        raise NotImplementedError

    @cached_property
    def _words(self) -> Words:
        return Words(sentence=self.ABSENT.format(reason=self.reason.rstrip("."))) if self.reason else self.words()

    sentence = property(attrgetter("_words.sentence"), doc="The computed reading, or why there is none.")
    title = property(attrgetter("_words.title"), doc="The take-away as a title.")
    table = property(attrgetter("_words.table"), doc="Numbers behind the sentence; empty where there is no answer.")
    formats = property(attrgetter("_words.formats"), doc="How each column of the table is written.")
    caption = property(attrgetter("_words.caption"), doc="What the table holds.")
    note = property(attrgetter("_words.note"), doc="Base (n), units, period and source in one line.")
    alt = property(attrgetter("_words.alt"), doc="The picture for those who do not see it.")

    @property
    def drawable(self) -> bool:
        """Whether there is something to draw: a picture, and rows where its table has columns."""
        drawn = not self.reason and type(self).plot is not Answer.plot
        return drawn and (len(self.table) > 0 or not len(self.table.columns))

    @property
    def offers(self) -> tuple[str, ...]:
        """What is shown below the sentence: "figure", "table" or both."""
        return self.OFFERS or (("figure",) if type(self).plot is not Answer.plot else ("table",))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The named numbers in the order of the fields, over the people and days of the answer."""
        return tuple(self._placed(measure) for part in fields(self) for measure in named(getattr(self, part.name)))

    def _placed(self, measure: Measure) -> Measure:
        place = {name: getattr(measure, name) or getattr(self, name) for name in PLACE}
        reason = self.reason if self.reason and measure.reason == NOT_COMPUTED else measure.reason
        return replace(measure, reason=reason, **place)

    def claimed(self) -> Iterable[Claim]:
        """What the answer says beyond description; asked of the absent answer too, whose estimates have a reason."""
        pairs = ((named(part.default), named(getattr(self, part.name))) for part in fields(self))
        held = {id(default): given for pair in pairs for default, given in zip(*pair, strict=False)}
        chance = getattr(self, "chance", None)  # of this answer, where its kind has no chance that always holds
        return tuple(
            replace(claim, estimate=held[id(claim.estimate)], chance=claim.chance or chance) for claim in self.CLAIMS
        )

    @cached_property
    def _claims(self) -> tuple[Claim, ...]:
        return corrected(self.claimed())

    def tested(self, name: str) -> Claim:
        """One claim, corrected in its family: the words are made from its verdict."""
        return next(claim for claim in self._claims if claim.name == name)

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims as the ledger takes them: over the people and days of the answer, with the printed sentence."""
        return tuple(
            replace(
                claim,
                estimate=self._placed(claim.estimate),
                sentence=claim.sentence or self._words.parts.get(claim.name) or self.sentence,
            )
            for claim in self._claims
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the answer on `ax` (a new one when None) and return the axes; answers without a picture refuse."""
        raise NotImplementedError(f"{type(self).__name__} has a table and a sentence, but no picture.")


def named(value: object) -> Iterator[Measure]:
    """Find the named numbers in a field: one, a tuple of them, or none."""
    if isinstance(value, Measure):
        yield value
    elif isinstance(value, tuple):
        yield from (part for part in value if isinstance(part, Measure))


@dataclass(frozen=True)
class Lost:
    """In place of an answer that could not be made, so that a chapter goes on; whatever is asked of it is lost too."""

    cause: str  # names the step that failed

    def __getattr__(self, name: str) -> Lost:
        """Return itself for every part of the result that is not there."""
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __iter__(self) -> Iterator[Lost]:
        """Let a collection of results that is not there be unpacked."""
        yield self


def present(answers: Iterable[Any]) -> list[Any]:
    """Keep the answers that could be made."""
    return [answer for answer in answers if not isinstance(answer, Lost)]
