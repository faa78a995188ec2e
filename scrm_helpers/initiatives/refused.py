"""What the initiative chapters say when they will not compute."""

from __future__ import annotations

from collections.abc import Iterable

from scrm_helpers.answers.refusal import CannotSay


class InitiativeRefused(CannotSay):
    """Input that would make a return wrong; the message says what, where, why it matters and what to do."""

    def __init__(self, *message: object, table: str = "") -> None:
        super().__init__(*message)
        self.table = table


def listed(names: Iterable[object], limit: int = 5) -> str:
    """Write names once each, sorted, the first few and how many more.

    >>> listed(["b", "a", "b"]), listed("abcdefg", limit=2)
    ('a, b', 'a, b and 5 more')
    """
    unique = sorted({str(name) for name in names})
    more = f" and {len(unique) - limit} more" if len(unique) > limit else ""
    return ", ".join(unique[:limit]) + more
