"""A view to look around in: controls, and an answer at each of their positions, from tables that were made once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from scrm_helpers.answers import Answer
from scrm_helpers.answers.refusal import PlainError

SLIDE, PICK, NAME = "slide", "pick", "name"  # along numbers; from a list; typed, with a list to choose from


@dataclass(frozen=True)
class Control:
    """One thing that can be chosen: the name of an argument of the view's answer, and the values it may have."""

    name: str
    label: str
    values: Sequence[Any]
    start: Any
    write: Callable[[Any], str] = str
    kind: str = SLIDE

    def at(self, given: Any) -> "Control":
        """Start elsewhere; a number between two positions becomes a position, what cannot be chosen is refused."""
        if (given in self.values and not isinstance(given, bool)) or (self.kind == NAME and isinstance(given, str)):
            return replace(self, start=given)
        number = isinstance(given, int | float) and not isinstance(given, bool)
        whole = all(isinstance(value, int) for value in self.values)
        fits = number and (not whole or float(given).is_integer()) and min(self.values) <= given <= max(self.values)
        if self.kind == SLIDE and fits:
            return replace(self, start=given, values=sorted([*self.values, given]))
        if self.kind == SLIDE:
            least, most = self.write(min(self.values)), self.write(max(self.values))
            raise PlainError(f"The parameter {self.name} is {given!r}: give a number from {least} to {most}.")
        near = get_close_matches(str(given), list(map(str, self.values)), n=1)
        meant = f" Did you mean {near[0]!r}?" if near else ""
        known = ", ".join(map(self.write, self.values))
        raise PlainError(f"The parameter {self.name} is {given!r}, which is not among {known}.{meant}")


@dataclass(frozen=True)
class View:
    """Controls bound to an answer; with no controls there is one position."""

    title: str  # what the view is about, in the count of views
    controls: Sequence[Control]
    answer: Callable[..., Answer]
    rows: int = 0  # of its table that are shown

    def at(self, **given: Any) -> "View":
        """Start elsewhere: parameters of a notebook, by the name of the control; empty ones keep the start."""
        known = [control.name for control in self.controls]
        for name in given:
            if name not in known:
                raise PlainError(f"The view “{self.title}” has no control {name}; it has {', '.join(known) or 'none'}.")
        chosen = {name: value for name, value in given.items() if value not in ("", None)}
        moved = [control.at(chosen[control.name]) if control.name in chosen else control for control in self.controls]
        return replace(self, controls=moved)

    def words(self, position: Mapping[str, Any]) -> str:
        """Write down a position, so that a picture can be found again."""
        return "; ".join(f"{control.label} {control.write(position[control.name])}" for control in self.controls)
