"""An earlier run beside this one, figure by figure: a change inside its margin is never called a rise."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from scrm_helpers import __version__
from scrm_helpers.answers import Answer, Words, numbers
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.answers.refusal import PlainError, path_in_words
from scrm_helpers.report.chapters.results import MERGED, read_all, written
from scrm_helpers.report.checked_company import FILE
from scrm_helpers.stats.fits import Estimate, difference
from scrm_helpers.tables import Company

NONE = "There is no earlier run to compare with."
BY_CHANCE = 0.05  # figures outside of a margin of 95 % although nothing changed
CORRECTED = 0.01  # rows of the past that may differ before it is the past of another company
_FACTS = {"n_customers": "customer", "n_orders": "order"}
_KEPT = ("as_of", "sample", "kit", "parameters", "given", "settings", *_FACTS)
_FIGURES = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True)
class Moved:
    """One figure in both runs."""

    name: str  # "03/nps"
    now: Mapping[str, Any]
    before: Mapping[str, Any]
    reason: str = ""  # why the two are not compared

    @property
    def change(self) -> float:
        """How much it is more than in the earlier run."""
        return float(self.now["value"] - self.before["value"])

    @property
    def range(self) -> tuple[float, float] | None:
        """The range of the change, where both figures have one (Zou and Donner 2008), as if of different people."""
        then, now = (Estimate(**{end: one[end] for end in ("value", "low", "high")}) for one in (self.before, self.now))
        gap = difference(then, now)
        return None if gap.low is None or gap.high is None else (gap.low, gap.high)

    @property
    def verdict(self) -> str:
        """Higher and lower only where the range of the change is without zero."""
        if self.reason:
            return "not compared"
        if self.range is None:
            return "no margin known"
        low, high = self.range
        return "within the margin" if low <= 0 <= high else "higher" if low > 0 else "lower"

    @property
    def words(self) -> str:
        """The verdict as a card says it."""
        if self.reason:
            return f"● not compared with the earlier run: {self.reason}"
        said = {"higher": "outside the margin", "lower": "outside the margin"}.get(self.verdict, self.verdict)
        signed = _signed(self.change, self.now["unit"])
        return f"{ {'higher': '▲', 'lower': '▼'}.get(self.verdict, '●') } {signed} on the earlier run: {said}"

    def document(self) -> dict[str, Any]:
        """The comparison as results.json holds it."""
        low, high = (None, None) if self.reason or self.range is None else self.range
        change = {"change": None if self.reason else rounded(self.change), "low": rounded(low), "high": rounded(high)}
        values = {"value": self.now["value"], "before": self.before["value"], "unit": self.now["unit"]}
        return {"number": self.name, "verdict": self.verdict, "reason": self.reason, **values, **change}


@dataclass(frozen=True)
class Earlier:
    """What an earlier run found, as far as it can stand beside this one."""

    chapters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    sentence: str = NONE  # which run it is, or why there is nothing to compare with
    changed: Mapping[str, str] = field(default_factory=dict)  # parameters that were others then, by chapter
    weighed: str = ""  # what company.yaml said otherwise then, on which amounts and ratios rest

    def moved(self, chapter: str, name: str, now: Mapping[str, Any], unit: str = "") -> Moved | None:
        """Set a figure beside itself in the earlier run; None where one of them gives none of the name."""
        before = self.chapters.get(chapter, {}).get("numbers", {}).get(name)
        if not before or before["value"] is None or now["value"] is None:
            return None
        rests = self.weighed if _is_money(now["unit"]) or now["unit"] == "ratio" else ""
        reason = _otherwise(now, before) or self.changed.get(chapter, "") or rests
        return Moved(f"{chapter}/{name}", {**now, "unit": unit or now["unit"]}, before, reason)


class RunsCompared(Answer):
    """Each figure in this run and in the earlier one."""

    ABSENT = "{reason}."

    figures: tuple[Moved, ...] = ()
    said: str = ""  # which run it is

    def words(self) -> Words:
        judged = [one for one in self.figures if one.verdict in ("higher", "lower", "within the margin")]
        beyond = [one for one in judged if one.verdict != "within the margin"]
        chance = numbers.count(max(round(BY_CHANCE * len(judged)), 1))
        both, moved = numbers.plural(len(judged), "figure"), numbers.count(len(beyond))
        text = f"Of {both} with a range in both runs {moved} moved beyond the margin; about {chance} would if nothing "
        text += "had changed."
        open_ = sum(bool(one.reason) for one in self.figures)
        if open_:
            text += f" Of {numbers.plural(open_, 'figure')} people, time or setting changed, and they are not compared."
        rows = [*beyond, *(one for one in self.figures if one.reason), *(one for one in judged if one not in beyond)]
        return Words(
            sentence=text,
            table=pd.DataFrame([_row(one) for one in rows]),
            caption="Figures with a range beside the earlier run, those beyond the margin first",
            note="chapter first; 95% ranges; results.json holds those without a range too; the margin is that of two "
            "samples of different people: the same people stand in both runs, so the true one is narrower",
        )

    def document(self) -> dict[str, Any]:
        """The comparison as results.json holds it."""
        return {"sentence": self.said, "figures": [one.document() for one in self.figures]}


def compare_runs(earlier: Earlier, chapters: Mapping[str, Mapping[str, Any]]) -> RunsCompared:
    """Set every figure beside the earlier run, each in the chapter where it is computed."""
    figures = tuple(
        moved
        for chapter in sorted(chapters)
        for name, now in chapters[chapter].get("numbers", {}).items()
        if now.get("from", f"{chapter}/{name}") == f"{chapter}/{name}" and (moved := earlier.moved(chapter, name, now))
    )
    return RunsCompared(figures=figures, said=earlier.sentence, reason="" if figures else earlier.sentence.rstrip("."))


def _row(one: Moved) -> dict[str, str]:
    ends = None if one.reason else one.range
    unit = one.now["unit"]
    span = f" ({' to '.join(_signed(end, unit) for end in ends)})" if ends else ""
    return {
        "Figure": one.name.replace("/", ": ").replace("_", " "),
        "Then": written(one.before["value"], one.before["unit"]),
        "Now": written(one.now["value"], one.now["unit"]),
        "Change": "" if one.reason else f"{_signed(one.change, unit)}{span}",
        "Verdict": f"{one.verdict}: {one.reason}" if one.reason else one.verdict,
        "Base (n)": " then, ".join(numbers.count(run["n"]) for run in (one.before, one.now)) + " now",
    }


def _signed(change: float, unit: str) -> str:
    share = unit == "share"  # a difference of two percentages is in points
    text = f"{numbers.decimal(100 * abs(change), 1)} points" if share else written(abs(change), unit).lstrip("+")
    return f"{'+' if change > 0 else numbers.MINUS}{text}" if re.search("[1-9]", text) else text


def _otherwise(now: Mapping[str, Any], before: Mapping[str, Any]) -> str:
    """Say what of a figure is not as it was: unit, definition, people or time; counts and days may have moved on."""
    if now["unit"] != before["unit"]:
        return f"it was in {before['unit']} then"
    for part, how in (("kind", ""), ("population", "over "), ("window", "of ")):
        old, new = before.get(part), now.get(part)
        if old and new and _FIGURES.sub("#", old) != _FIGURES.sub("#", new):
            return f"it was {how}{old} then"
    return ""


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
    known = {name: source[name] for source in (about, facts) for name in _KEPT if name in source}
    return {**known, "chapters": chapters}


def beside(run: Mapping[str, Any], company: Company) -> Earlier:
    """Put an earlier run beside the company as it is now."""
    kinds = {True: "the synthetic sample", False: "a real company"}
    sample, day = run.get("sample", company.is_sample), run.get("as_of")
    if sample != company.is_sample:
        words = f"The earlier run is of {kinds[bool(sample)]}, this one of {kinds[company.is_sample]}"
    elif day and pd.Timestamp(day) > company.as_of:
        words = f"The run named as earlier stands on {day}, after this one ({company.as_of:%Y-%m-%d})"
    else:
        past, strange = _past(run, company)
        words = past.strip().rstrip(".") if strange else ""
    if words:
        return Earlier(sentence=f"{words}: they are not compared.")
    said = f"Compared with the earlier run{f' as of {day}' if day else ''}.{past}"
    own = company.settings.currency
    units = {str(entry["unit"]) for found in run["chapters"].values() for entry in found["numbers"].values()}
    foreign = sorted(filter(_is_money, units - {own}))
    if foreign:
        said += f" Its amounts in {' and '.join(foreign)} are not compared with {own}."
    changed, then = _set_otherwise(run), run.get("settings", {})
    weighed = _in_words(then, {name: getattr(company.settings, name) for name in then}, "unknown")
    if weighed:
        said += f" In company.yaml {weighed}: amounts and ratios are not compared."
    if run.get("kit", __version__) != __version__:
        said += f" It is of kit {run['kit']}, this one of kit {__version__}: a figure may be defined otherwise."
    if changed:
        said += f" Other parameters were set then in chapter {', '.join(changed)}."
    return Earlier(run["chapters"], said, changed, weighed)


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def _past(run: Mapping[str, Any], company: Company) -> tuple[str, bool]:
    """Say how these tables hold the past that the earlier run saw, and whether it is the past of another company."""
    if "as_of" not in run:
        return "", False
    day = pd.Timestamp(run["as_of"]) + pd.Timedelta(days=1)
    now = {
        "n_customers": int((company.customers["joined_on"] < day).sum()),
        "n_orders": int((company.transactions["ordered_on"] < day).sum()),
    }
    other = [name for name in _FACTS if name in run and run[name] != now[name]]
    if not other:
        more = len(company.customers) - now["n_customers"]
        return (f" Since then {numbers.plural(more, 'customer')} came." if more else ""), False
    then = " and ".join(numbers.plural(run[name], _FACTS[name]) for name in other)
    here = " and ".join(numbers.plural(now[name], _FACTS[name]) for name in other)
    strange = any(abs(run[name] - now[name]) > CORRECTED * max(run[name], now[name]) for name in other)
    why = "the past of another company" if strange else "corrected data, or another company"
    return f" It counted {then} up to its day, where these tables have {here}: {why}.", strange


def _set_otherwise(run: Mapping[str, Any]) -> dict[str, str]:
    """Name the parameters of each chapter that the earlier run was given otherwise; a seed only draws anew."""
    if "given" not in run:  # a notebook that is run alone knows of no other
        return {}
    then, now = run.get("parameters", {}), run["given"]
    words = {one: _in_words(then.get(one, {}), now.get(one, {}), "as declared") for one in sorted({*then, *now})}
    return {chapter: told for chapter, told in words.items() if told}


def _in_words(then: Mapping[str, Any], now: Mapping[str, Any], absent: str) -> str:
    names = [one for one in sorted({*then, *now}) if one != "seed" and then.get(one) != now.get(one)]
    return "; ".join(f"{one} was {then.get(one, absent)} then, is {now.get(one, absent)} now" for one in names)


def _is_money(unit: str) -> bool:
    return len(unit) == 3 and unit.isupper()
