"""How answers look: results, numbers in words, figures and tables, the same in JupyterLab and in the report.

Each name below is fetched when it is first used: the command line refuses in words without loading pandas.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrm_helpers.answers.answer import Answer as Answer
    from scrm_helpers.answers.answer import Words as Words
    from scrm_helpers.answers.claim import Chance as Chance
    from scrm_helpers.answers.claim import Claim as Claim
    from scrm_helpers.answers.measure import Measure as Measure
    from scrm_helpers.answers.measure import counted as counted
    from scrm_helpers.answers.measure import measure_name as measure_name
    from scrm_helpers.answers.measure import unknown as unknown
    from scrm_helpers.answers.refusal import Refusal as Refusal
    from scrm_helpers.answers.terms import Terms as Terms

_HOMES = {"answer": "Answer Words", "claim": "Chance Claim", "measure": "Measure counted measure_name unknown"}
_HOMES |= {"refusal": "Refusal", "terms": "Terms"}


def __getattr__(name: str) -> object:
    home = next((home for home, names in _HOMES.items() if name in names.split()), None)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{home}"), name)
