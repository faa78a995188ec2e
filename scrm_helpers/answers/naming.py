"""Names of numbers that are made from the data: plain letters, and never the same for two texts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*")


def measure_name(prefix: str, text: str, among: Iterable[str] = ()) -> str:
    """Name a number after a group, a goal or an outcome that the data name.

    Parameters
    ----------
    prefix : str
        What the number is, snake_case.
    text : str
        The name in the data, of any script.
    among : iterable of str
        All names that get a number with this prefix: of two that read alike, each gets a mark.

    Returns
    -------
    str
        `prefix` and the text in small ASCII letters and digits; where these lose a part of the text, six digits
        of its hash mark it, so that the name is its own and the same in every run.

    Examples
    --------
    >>> measure_name("effect", "trust index"), measure_name("alike", "East", ["East", "West"])
    ('effect_trust_index', 'alike_east')
    >>> measure_name("alike", "Köln"), measure_name("alike", "東京"), measure_name("alike", "East", ["East", "east"])
    ('alike_k_ln_430b4f', 'alike_130016', 'alike_east_4e2cd8')
    """
    short = _short(text)
    alone = all(other == text or _short(other) != short for other in among)
    mark = "" if alone and _PLAIN.fullmatch(text) else _digest(text)
    return "_".join(part for part in (prefix, short, mark) if part)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _short(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
