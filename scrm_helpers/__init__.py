"""The helper package of the Social CRM research kit.

Importing it costs next to nothing: what notebooks use of it is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm_helpers.answers import show as show
    from scrm_helpers.report.session import start as start

__version__ = "0.1.0"

_HOMES = {"show": "scrm_helpers.answers", "start": "scrm_helpers.report.session"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_HOMES[name])
    return getattr(home, name, None) or import_module(f"{home.__name__}.{name}")
