"""The helper package of the Social CRM research kit.

Importing it costs next to nothing: each name below is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm_helpers.answers import show as show
    from scrm_helpers.answers.answer import Answer as Answer
    from scrm_helpers.answers.measure import Measure as Measure
    from scrm_helpers.answers.refusal import Refusal as Refusal
    from scrm_helpers.answers.terms import Terms as Terms
    from scrm_helpers.report.run import run_report as run_report
    from scrm_helpers.report.session import Chapter as Chapter
    from scrm_helpers.report.session import start as start
    from scrm_helpers.tables import open_company as open_company

__version__ = "0.1.0"

_HOMES = {
    "scrm_helpers.answers": "Answer Measure Refusal Terms show",
    "scrm_helpers.report.run": "run_report",
    "scrm_helpers.report.session": "Chapter start",
    "scrm_helpers.tables": "open_company",
}


def __getattr__(name: str) -> object:
    home = next((home for home, names in _HOMES.items() if name in names.split()), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name, None) or import_module(f"{home}.{name}")


def __dir__() -> list[str]:
    return sorted([*" ".join(_HOMES.values()).split(), "__version__"])
