"""What the data at hand do not allow: said in words, and no fault of the program."""

from __future__ import annotations

HEADING = "These data do not allow an answer."


class Refusal(ValueError):
    """Input over which an answer would be wrong; the message says what, where, why it matters and what to do.

    IPython shows the words alone, without a traceback; a run says them in their place and goes on.

    Parameters
    ----------
    said : str or list of str
        The message, or one for each thing that is wrong.
    table : str
        The table at fault, where it is not the one that was being read.

    Examples
    --------
    >>> Refusal("No cost is given.")._render_traceback_()
    ['These data do not allow an answer.', 'No cost is given.']
    """

    def __init__(self, said: str | list[str], *, table: str = "") -> None:
        self.messages = [said] if isinstance(said, str) else list(said)
        self.table = table
        super().__init__("\n".join(self.messages))

    def _render_traceback_(self) -> list[str]:
        return [HEADING, *str(self).splitlines()]
