"""What chapters leave behind as JSON, the same bytes for the same answer."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Words, numbers
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.report.chapters.walk_plan import SUMMARY, ChapterPlan

MERGED = "results.json"  # all chapters of a run in one file
SCHEMA = "results/2"
NO_RANGE = "no range is computed for this number"  # where its chapter names no reason of its own
NOT_COUNTED = "not counted"  # over whom and when a number stands that could not be given
SENTINEL = "KIT-OK"  # the last line of a chapter that came to its end


def record(measure: Measure) -> dict[str, Any]:
    """Return one named number as JSON will hold it."""
    absent = NOT_COUNTED if measure.value is None else ""
    bare = measure.value is not None and None in (rounded(measure.low), rounded(measure.high))
    return {
        **{name: rounded(getattr(measure, name)) for name in ("value", "low", "high", "level")},
        **{name: getattr(measure, name) for name in ("unit", "kind", "reason")},
        **{name: getattr(measure, name) or absent for name in ("population", "window")},
        "n": None if measure.n is None else int(measure.n),
        "window_from": measure.window_from and measure.window_from.isoformat(),
        "window_to": measure.window_to and measure.window_to.isoformat(),
        "no_range": (measure.no_range or NO_RANGE) if bare else "",
    }


def claimed(claim: Claim) -> dict[str, Any]:
    """Return one claim as JSON will hold it; the range is that of its estimate."""
    estimate, chance = record(claim.estimate), claim.chance
    placed = ("unit", "low", "high", "level", "n", "population", "window", "window_from", "window_to", "reason")
    drawn = chance and {name: rounded(getattr(chance, name)) for name in ("value", "low", "high")} | {"how": chance.how}
    return {
        **{name: getattr(claim, name) for name in ("name", "verdict", "sentence", "family", "tested")},
        **{name: estimate[name] for name in placed},
        "estimate": estimate["value"],
        "chance": drawn,
        "p": rounded(claim.p),
        "p_corrected": rounded(claim.own_p),
        "grade": claim.grade or None,
        "numbers": list(claim.numbers),
    }


def document(plan: ChapterPlan, data: str, answers: Iterable[Answer]) -> tuple[dict[str, Any], list[Exception]]:
    """Gather what a chapter found."""
    said: list[dict[str, Any]] = []
    named: dict[str, dict[str, Any]] = {}
    claims: dict[str, dict[str, Any]] = {}
    faults: list[Exception] = []
    for answer in answers:
        try:
            words = {name: getattr(answer, name) for name in ("title", "sentence", "caption", "note")}
            entry = {**words, "description": answer.alt, "numbers": [measure.name for measure in answer.measures]}
            made = [claimed(claim) for claim in answer.claims]
            entry["claims"] = [claim["name"] for claim in made]
            entries, told = dict(named), dict(claims)
            for claim in made:  # the summary and its matrix may print the same one in two sentences
                known = told.setdefault(claim["name"], claim)
                if known != claim | {"sentence": known["sentence"]}:
                    raise ValueError(f"Chapter {plan.number} makes two different claims of the name {claim['name']!r}.")
            for measure in answer.measures:
                if entries.setdefault(measure.name, record(measure)) != record(measure):
                    raise ValueError(f"Chapter {plan.number} gives two different numbers the name {measure.name!r}.")
        except Exception as fault:  # noqa: BLE001 - one answer's fault must not cost the others
            faults.append(fault)
        else:
            said.append(entry)
            named, claims = entries, told
    if plan.number == SUMMARY:  # most of its numbers and claims were computed in another chapter
        origins = {place: of for answer in answers for place, of in getattr(answer, "origins", {}).items()}
        for kind, own in (("numbers", named), ("claims", claims)):
            for name, part in own.items():
                part["from"] = origins.get(f"{kind}/{name}", f"{SUMMARY}/{name}")
    about = {"chapter": plan.number, "title": plan.title, "question": plan.question, "data": data}
    return {**about, "answers": said, "numbers": named, "claims": list(claims.values())}, faults


def digest(found: Mapping[str, Any]) -> str:
    """Return twelve digits that change when anything a chapter found changes."""
    text = json.dumps(found, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:12]


def number_table(found: Mapping[str, Any]) -> Words:
    """Write the named numbers as people read them, one row each."""
    rows = []
    for name, entry in found["numbers"].items():
        low, high = (written(entry[end], entry["unit"]) for end in ("low", "high"))
        rows.append(
            {
                "Number": name,
                "Value": written(entry["value"], entry["unit"]),
                "Range": "" if numbers.MISSING in (low, high) else f"{low} to {high} ({entry['level']:.0%})",
                "Base (n)": "" if entry["n"] is None else numbers.count(entry["n"]),
                "Reads as": entry["kind"],
                "Why missing": entry["reason"] or entry["no_range"].removesuffix(NO_RANGE),
            }
        )
    table, caption = pd.DataFrame(rows), f"Named numbers of chapter {found['chapter']}"
    if (table["Why missing"] == "").all():
        table = table.drop(columns="Why missing")
    return Words(sentence=caption, table=table, caption=caption)


def written(value: float | None, unit: str) -> str:
    """Write a named number by its unit: 25%, €1,234, 2.0 quarters."""
    if value is None:
        return numbers.MISSING
    if len(unit) == 3 and unit.isupper():
        return numbers.money(value, unit)
    if unit in ("quarters", "days", "months", "years"):
        return f"{numbers.decimal(value, 1)} {unit}"
    styles = {"share": "percent", "points": "points", "count": "count"}
    return numbers.write(value, styles.get(unit, "decimal"))


def ranged(found: Measure | Chance, unit: str = "") -> str:
    """Write a number with its range in brackets, where it has one."""
    unit = unit or getattr(found, "unit", "")
    value, *ends = (written(one, unit) for one in (found.value, found.low, found.high))
    return value if numbers.MISSING in ends else f"{value} ({ends[0]} to {ends[1]})"


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what chapters left in a folder, by chapter number."""
    if (folder / MERGED).is_file():
        merged: dict[str, dict[str, Any]] = json.loads((folder / MERGED).read_text(encoding="utf-8"))["chapters"]
        return merged
    files = sorted(folder.glob("[0-9][0-9].json")) if folder.is_dir() else []
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}
