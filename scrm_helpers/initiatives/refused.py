"""What the initiative chapters say when they will not compute."""

from __future__ import annotations

from collections.abc import Iterable


class InitiativeRefused(ValueError):
    """Input that would make a return wrong; the message says what, where, why it matters and what to do.

    IPython shows the words alone, without a traceback.

    Examples
    --------
    >>> InitiativeRefused("No cost is given.")._render_traceback_()
    ['No cost is given.']
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines() or [""]


def listed(names: Iterable[object], limit: int = 5) -> str:
    """Write names once each, sorted, the first few and how many more.

    >>> listed(["b", "a", "b"]), listed("abcdefg", limit=2)
    ('a, b', 'a, b and 5 more')
    """
    unique = sorted({str(name) for name in names})
    more = f" and {len(unique) - limit} more" if len(unique) > limit else ""
    return ", ".join(unique[:limit]) + more
