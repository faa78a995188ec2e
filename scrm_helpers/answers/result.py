"""The older form of an answer, whose words are fields; each use becomes an `Answer`, then this file goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pandas as pd

from scrm_helpers.answers.measure import Measure

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, kw_only=True)
class Result:
    """A finished answer. Subjects derive their own results from it and add named numbers."""

    OFFERS: ClassVar[tuple[str, ...]] = ()

    sentence: str  # the computed reading, with its own wording for "no difference can be shown"
    table: pd.DataFrame  # numbers behind the sentence, one tidy row per line shown; the index is not shown
    title: str = ""  # the take-away as a title, computed
    caption: str = ""  # what the table holds, for its caption
    note: str = ""  # base (n), units, period and source in one line
    alt: str = ""  # computed description of the picture for those who do not see it, at most 300 characters
    formats: Mapping[str, str] = field(default_factory=dict)  # how each column of `table` is written: see :func:`write`
    measures: tuple[Measure, ...] = ()  # the numbers that go to ``results.json``
    drawable: bool = True

    @property
    def offers(self) -> tuple[str, ...]:
        """What is shown below the sentence: the figure, else the table."""
        return self.OFFERS or (("figure",) if type(self).plot is not Result.plot else ("table",))

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the answer on `ax` (a new one when None) and return the axes; results without a picture refuse."""
        raise NotImplementedError(f"{type(self).__name__} has a table and a sentence, but no picture.")
