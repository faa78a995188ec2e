"""Faults in the form of a business case, said for people who never saw its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN = {
    "model_type": "must have named parts, such as {id: a, kind: cash}",
    "string_type": "must be text",
    "list_type": "must be a list",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    **dict.fromkeys(("float_type", "float_parsing"), "must be a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "must be a whole number"),
}


def in_words(given: Any, fault: Mapping[str, Any]) -> str:
    """Write one fault of form as a sentence, with ids instead of positions."""
    steps, here = [], given
    for step in fault["loc"]:
        here = here[step] if isinstance(here, (dict, list)) and _has(here, step) else None
        named = here.get("id") if isinstance(step, int) and isinstance(here, dict) else None
        steps.append(_short(named or (f"entry {step + 1}" if isinstance(step, int) else step)))
    steps = [step for step in steps if not step.startswith(("function-", "Effect", "FromData", "dict["))]
    *path, last = steps or [""]
    where = f" under {', '.join(path)}" if path else ""
    if fault["type"] == "missing":
        return f"The business case has no {last}{where}: add {'them' if last.endswith('s') else 'it'}."
    if fault["type"] == "extra_forbidden":
        return f"The business case has {last}{where}, which the form does not know. Correct the spelling or remove it."
    reason = _PLAIN.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    return f"In the business case {last}{where} {reason[0].lower() + reason[1:].rstrip('.')}."


def _short(name: object) -> str:
    text = str(name)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _has(here: dict[Any, Any] | list[Any], step: object) -> bool:
    return step in here if isinstance(here, dict) else isinstance(step, int) and step < len(here)
