"""The helper package of the Social CRM research kit.

Importing it costs next to nothing: what notebooks use of it is fetched when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm_helpers.answers import show as show
    from scrm_helpers.report.session import start as start

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "show":
        from scrm_helpers.answers import show

        return show
    if name == "start":
        from scrm_helpers.report.session import start

        return start
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
