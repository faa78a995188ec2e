"""An earlier run beside this one: what it found, and how far the two can be compared."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import PlainError, path_in_words
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.results import written
from scrm_helpers.report.publishing.checked_company import FILE

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

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


def money_verdict(now: float, before: float | None, currency: str) -> str:
    """Say by how much an amount without a range differs from the earlier run."""
    if before is None:
        return FIRST_RUN
    change = now - before
    return f"{'+' if change > 0 else numbers.MINUS}{numbers.money(abs(change), currency)} on the earlier run"


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
        chapters = dict(results.read_all(folder))
        about = _json(folder / results.MERGED)
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
