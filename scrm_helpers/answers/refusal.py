"""A question that the data at hand cannot answer: said in words, and no fault of the run."""

from __future__ import annotations

HEADING = "These data do not allow an answer."


class CannotSay(ValueError):
    """Input over which an answer would be wrong; the message says what, where, why it matters and what to do."""

    def _render_traceback_(self) -> list[str]:
        return [HEADING, *str(self).splitlines()]
