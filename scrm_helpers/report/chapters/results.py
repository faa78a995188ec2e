"""What chapters leave behind as JSON, the same bytes for the same answer, and an earlier run beside this one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, numbers
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.answers.refusal import PlainError, path_in_words
from scrm_helpers.report.chapters.walk_plan import SUMMARY, ChapterPlan
from scrm_helpers.report.checked_company import FILE

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

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
        "p_corrected": rounded(claim.p if claim.p_corrected is None else claim.p_corrected),
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
            named = entries
            claims = told
    about = {"chapter": plan.number, "title": plan.title, "question": plan.question, "data": data}
    found = {**about, "answers": said, "numbers": named, "claims": list(claims.values())}
    return (_sourced(found, answers) if plan.number == SUMMARY else found), faults


def _sourced(found: dict[str, Any], answers: Iterable[Answer]) -> dict[str, Any]:
    """Say of each number and claim of the summary in which chapter it was computed: most of them in another."""
    origins: dict[str, str | None] = {}
    for answer in answers:
        origins |= getattr(answer, "origins", {})
    for name, entry in found["numbers"].items():
        entry["from"] = origins.get(f"numbers/{name}", f"{SUMMARY}/{name}")
    for claim in found["claims"]:
        claim["from"] = origins.get(f"claims/{claim['name']}", f"{SUMMARY}/{claim['name']}")
    return found


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


def ranged(measure: Measure, unit: str = "") -> str:
    """Write a number with its range in brackets, where it has one."""
    value, *ends = (written(one, unit or measure.unit) for one in (measure.value, measure.low, measure.high))
    return value if numbers.MISSING in ends else f"{value} ({ends[0]} to {ends[1]})"


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what chapters left in a folder, by chapter number."""
    if (folder / MERGED).is_file():
        merged: dict[str, dict[str, Any]] = json.loads((folder / MERGED).read_text(encoding="utf-8"))["chapters"]
        return merged
    files = sorted(folder.glob("[0-9][0-9].json")) if folder.is_dir() else []
    return {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in files}


FIRST_RUN = ""  # the trust box says once that there is nothing to compare with


def verdict(now: Mapping[str, Any], before: Mapping[str, Any] | None) -> str:
    """Say whether a figure moved since the earlier run, and never call a change inside its margin a rise."""
    if before is None or before["value"] is None or before["unit"] != now["unit"]:
        return FIRST_RUN
    change = now["value"] - before["value"]
    share = now["unit"] == "share"  # a difference of two percentages is in points
    text = f"{numbers.decimal(100 * abs(change), 1)} points" if share else written(abs(change), now["unit"]).lstrip("+")
    signed = f"{'+' if change > 0 else numbers.MINUS}{text} on the earlier run"
    ends = [one[end] for one in (now, before) for end in ("low", "high")]
    if any(end is None for end in ends):
        return f"● {signed}: no margin known"
    margin = sum(((one["high"] - one["low"]) / 2) ** 2 for one in (now, before)) ** 0.5
    if abs(change) <= margin:
        return f"● {signed}: within the margin"
    return f"{'▲' if change > 0 else '▼'} {signed}: outside the margin"


NONE = "There is no earlier run to compare with."
_FACTS = {"n_customers": "customer", "n_orders": "order"}


@dataclass(frozen=True)
class Earlier:
    """What an earlier run found, as far as it can stand beside this one."""

    chapters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sentence: str = NONE  # which run it is, or why there is nothing to compare with


def read_run(folder: Path) -> dict[str, Any]:
    """Read what an earlier run left that a comparison needs."""
    try:
        chapters = dict(read_all(folder))
        about = _json(folder / MERGED)
        facts = _json(folder / FILE).get("facts") or {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        chapters = {}
    if not chapters or not all(isinstance(found, dict) and "numbers" in found for found in chapters.values()):
        raise PlainError(
            f"There is no earlier run in {path_in_words(folder)}: name the output folder of a run, with its "
            "results.json."
        )
    known = {name: about[name] for name in ("as_of", "sample", *_FACTS) if name in about}
    return {**known, **{name: facts[name] for name in _FACTS if name in facts}, "chapters": chapters}


def beside(run: Mapping[str, Any], company: Company) -> Earlier:
    """Put an earlier run beside the company as it is now."""
    kinds = {True: "the synthetic sample", False: "a real company"}
    sample, day = run.get("sample", company.is_sample), run.get("as_of")
    if sample != company.is_sample:
        words = f"The earlier run is of {kinds[bool(sample)]}, this one of {kinds[company.is_sample]}"
        return Earlier(sentence=f"{words}: they are not compared.")
    if day and pd.Timestamp(day) > company.as_of:
        words = f"The run named as earlier stands on {day}, after this one ({company.as_of:%Y-%m-%d})"
        return Earlier(sentence=f"{words}: they are not compared.")
    said = f"Compared with the earlier run{f' as of {day}' if day else ''}.{_changed_past(run, company)}"
    chapters, foreign = _in_one_currency(run["chapters"], company.settings.currency)
    if foreign:
        said += f" Its amounts in {' and '.join(foreign)} are not compared with {company.settings.currency}."
    return Earlier(chapters, said)


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _changed_past(run: Mapping[str, Any], company: Company) -> str:
    """Say where these tables hold another past than the earlier run saw: corrected data, or another company."""
    if "as_of" not in run:
        return ""
    day = pd.Timestamp(run["as_of"]) + pd.Timedelta(days=1)
    now = {
        "n_customers": int((company.customers["joined_on"] < day).sum()),
        "n_orders": int((company.transactions["ordered_on"] < day).sum()),
    }
    other = [name for name in _FACTS if name in run and run[name] != now[name]]
    if not other:
        return ""
    then = " and ".join(numbers.plural(run[name], _FACTS[name]) for name in other)
    here = " and ".join(numbers.plural(now[name], _FACTS[name]) for name in other)
    return f" It counted {then} up to its day, where these tables have {here}: corrected data, or another company."


def _in_one_currency(
    chapters: Mapping[str, Mapping[str, Any]], currency: str
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Leave out amounts of money in another currency, and name it."""
    kept, foreign = {}, set()
    for number, found in chapters.items():
        units = {name: str(entry["unit"]) for name, entry in found["numbers"].items()}
        strange = {name for name, unit in units.items() if len(unit) == 3 and unit.isupper() and unit != currency}
        foreign |= {units[name] for name in strange}
        kept[number] = {**found, "numbers": {name: found["numbers"][name] for name in units if name not in strange}}
    return kept, sorted(foreign)
