"""Names of numbers that are made from the data: plain letters, and never the same for two texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")


def measure_name(prefix: str, text: str, among: Iterable[str] = ()) -> str:
    """Name a number after a group, a goal or an outcome that the data name."""
    short = _short(text)
    alone = all(other == text or _short(other) != short for other in among)
    mark = "" if alone and _PLAIN.fullmatch(text) else _digest(text)
    return "_".join(part for part in (prefix, short, mark) if part)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _short(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
