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

_WHERE = {
    "Answer": "scrm_helpers.answers.answer",
    "Chapter": "scrm_helpers.report.session",
    "Measure": "scrm_helpers.answers.measure",
    "Refusal": "scrm_helpers.answers.refusal",
    "Terms": "scrm_helpers.answers.terms",
    "open_company": "scrm_helpers.tables",
    "run_report": "scrm_helpers.report.run",
    "show": "scrm_helpers.answers",
    "start": "scrm_helpers.report.session",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = import_module(_WHERE[name])
    found = getattr(home, name, None)
    return found if found is not None else import_module(f"{_WHERE[name]}.{name}")


def __dir__() -> list[str]:
    return sorted([*_WHERE, "__version__"])
