"""Which given parameter goes to which chapter: each to all that declare it, and none may go nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.engine import parameters
from scrm_helpers.report.engine.parameters import Parameter

OWN = ("data", "as_of", "results", "found", "earlier")  # the run sets these itself

Declared = Mapping[str, Mapping[str, Parameter]]


def assign(declared: Declared, given: Mapping[str, object]) -> dict[str, dict[str, object]]:
    """Hand the given parameters to the chapters that declare them."""
    known = _known(declared)
    for name in given:
        _check_name(name, known)
    return {
        number: parameters.check(own, {name: value for name, value in given.items() if name in own})
        for number, own in declared.items()
    }


def typed(declared: Declared, texts: Mapping[str, str]) -> dict[str, object]:
    """Read the texts of a command line as the types that the chapters declare."""
    known = _known(declared)
    for name in texts:
        _check_name(name, known)
    return {name: parameters.typed(known[name], text) for name, text in texts.items()}


def _known(declared: Declared) -> dict[str, Parameter]:
    return {name: parameter for own in declared.values() for name, parameter in own.items()}


def _check_name(name: str, known: Mapping[str, Parameter]) -> None:
    if name in OWN:
        raise PlainError(f"The parameter {name!r} is set by the run itself: use the options of `scrm run`.")
    parameters.check_name(name, sorted(set(known) - set(OWN)))
