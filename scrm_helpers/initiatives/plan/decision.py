"""The decision rule of a business case: written before the results, applied by the letter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scrm_helpers.answers.refusal import Refusal

_RULE = re.compile(
    r"^\s*(?:(go|stop) if\s+)?P\(\s*NPV\s*>\s*0\s+at\s+(\d+)\s*Q\s*\)\s*(>=|>|<=|<)\s*(0?\.\d+|0|1(?:\.0+)?)\s*$"
)


@dataclass(frozen=True)
class Rule:
    """``P(NPV > 0 at horizon) comparison threshold``."""

    horizon: int
    comparison: str
    threshold: float

    def holds(self, chance: float) -> bool:
        """Whether the rule holds at this chance of a positive net value."""
        return {
            ">=": chance >= self.threshold,
            ">": chance > self.threshold,
            "<=": chance <= self.threshold,
            "<": chance < self.threshold,
        }[self.comparison]


def read_rule(text: str) -> Rule:
    """Read a rule such as ``go if P(NPV>0 at 8Q) >= 0.70``."""
    found = _RULE.match(text)
    if not found:
        raise Refusal(
            f"The decision rule {text!r} cannot be applied by the letter. Write it as: go if P(NPV>0 at 8Q) >= 0.70"
        )
    return Rule(int(found[2]), found[3], float(found[4]))


def verdict(go: Rule, stop: Rule | None, chances: dict[int, float]) -> str:
    """Return ``"go"``, ``"stop"`` or ``"wait"`` from the chance of a positive net value at each horizon.

    >>> verdict(read_rule("go if P(NPV>0 at 8Q) >= 0.70"), None, {8: 0.6})
    'wait'
    """
    if go.holds(chances[go.horizon]):
        return "go"
    return "stop" if stop is not None and stop.holds(chances[stop.horizon]) else "wait"
