"""What a chapter leaves behind: its named numbers and sentences as JSON, the same bytes for the same answer."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    import pandas as pd

    from scrm_helpers.report.chapters.walk_plan import ChapterPlan

MERGED = "results.json"  # all chapters of a run in one file
SCHEMA = "results/2"
NO_RANGE = "no range is computed for this number"  # where its chapter names no reason of its own
SENTINEL = "KIT-OK"  # the last line of a chapter that came to its end
DIGITS = 10  # significant digits that are the same on every machine


def rounded(value: float | int | None) -> float | int | None:
    """Round to ten significant digits, so that the last bits of another processor do not show."""
    if value is None or isinstance(value, int):
        return value
    number = float(value)
    return float(f"{number:.{DIGITS}g}") + 0.0 if math.isfinite(number) else None


def record(measure: Measure) -> dict[str, Any]:
    """Return one named number as JSON will hold it."""
    bare = measure.value is not None and None in (rounded(measure.low), rounded(measure.high))
    return {
        "value": rounded(measure.value),
        "unit": measure.unit,
        "n": None if measure.n is None else int(measure.n),
        "low": rounded(measure.low),
        "high": rounded(measure.high),
        "level": rounded(measure.level),
        "kind": measure.kind,
        "population": measure.population,
        "window": measure.window,
        "window_from": measure.window_from and measure.window_from.isoformat(),
        "window_to": measure.window_to and measure.window_to.isoformat(),
        "reason": measure.reason,
        "no_range": (measure.no_range or NO_RANGE) if bare else "",
    }


def document(
    plan: ChapterPlan, data: str, results: Iterable[Answer | Result]
) -> tuple[dict[str, Any], list[Exception]]:
    """Gather what a chapter found."""
    answers: list[dict[str, Any]] = []
    named: dict[str, dict[str, Any]] = {}
    faults: list[Exception] = []
    for result in results:
        try:
            answer, entries = _answer(result), dict(named)
            for measure in result.measures:
                if entries.setdefault(measure.name, record(measure)) != record(measure):
                    raise ValueError(f"Chapter {plan.number} gives two different numbers the name {measure.name!r}.")
        except Exception as fault:  # noqa: BLE001 - one answer's fault must not cost the others
            faults.append(fault)
        else:
            answers.append(answer)
            named = entries
    found = {
        "chapter": plan.number,
        "title": plan.title,
        "question": plan.question,
        "data": data,
        "answers": answers,
        "numbers": named,
    }
    return found, faults


def _answer(result: Answer | Result) -> dict[str, Any]:
    return {
        "title": result.title,
        "sentence": result.sentence,
        "caption": result.caption,
        "note": result.note,
        "description": result.alt,
        "numbers": [measure.name for measure in result.measures],
    }


def digest(found: Mapping[str, Any]) -> str:
    """Return twelve digits that change when anything a chapter found changes.

    >>> digest({"a": 1}) == digest({"a": 1}), digest({"a": 1}) == digest({"a": 2})
    (True, False)
    """
    text = json.dumps(found, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def as_table(found: Mapping[str, Any]) -> pd.DataFrame:
    """Return the named numbers as people read them, one row each."""
    import pandas as pd

    rows = []
    for name, entry in found["numbers"].items():
        low, high = (written(entry[end], entry["unit"]) for end in ("low", "high"))
        both = numbers.MISSING not in (low, high)
        rows.append(
            {
                "Number": name,
                "Value": written(entry["value"], entry["unit"]),
                "Range": f"{low} to {high} ({entry['level']:.0%})" if both else "",
                "Base (n)": "" if entry["n"] is None else numbers.count(entry["n"]),
                "Reads as": entry["kind"],
                "Why missing": entry["reason"] or entry["no_range"].removesuffix(NO_RANGE),
            }
        )
    columns = ["Number", "Value", "Range", "Base (n)", "Reads as", "Why missing"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame if (frame["Why missing"] != "").any() else frame.drop(columns="Why missing")


def written(value: float | None, unit: str) -> str:
    """Write a named number by its unit.

    >>> written(0.25, "share"), written(1234.5, "EUR"), written(2.0, "quarters")
    ('25%', '€1,234', '2.0 quarters')
    """
    if value is None:
        return numbers.MISSING
    if len(unit) == 3 and unit.isupper():
        return numbers.money(value, unit)
    if unit in ("quarters", "days", "months", "years"):
        return f"{numbers.decimal(value, 1)} {unit}"
    styles = {"share": "percent", "points": "points", "count": "count"}
    return numbers.write(value, styles.get(unit, "decimal"))


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what chapters left in a folder, by chapter number."""
    if (folder / MERGED).is_file():
        merged: dict[str, dict[str, Any]] = json.loads((folder / MERGED).read_text(encoding="utf-8"))["chapters"]
        return merged
    files = sorted(folder.glob("[0-9][0-9].json")) if folder.is_dir() else []
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
