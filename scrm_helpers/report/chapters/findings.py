"""What the chapters found, asked for by chapter and name, with all that it carries; and the ledger of all claims."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pandas as pd

from scrm_helpers.answers import Answer, Words, numbers
from scrm_helpers.answers.claim import Chance, Claim
from scrm_helpers.answers.measure import NOT_COMPUTED, Measure, unknown
from scrm_helpers.report.chapters.results import ranged


class Findings:
    """Named numbers and claims of the chapters; what was asked for is kept with the place it comes from."""

    def __init__(self, chapters: Mapping[str, Mapping[str, Any]]) -> None:
        self.chapters = chapters
        self.taken: dict[str, Measure] = {}
        self.quoted: dict[str, Claim] = {}
        self.origins: dict[str, str] = {}  # "numbers/nps" -> "03/nps"

    def entry(self, chapter: str, name: str) -> Mapping[str, Any]:
        """Return a named number as its chapter wrote it, nothing when the chapter has none of that name."""
        found: Mapping[str, Any] = self.chapters.get(chapter, {}).get("numbers", {}).get(name, {})
        return found

    def known(self, chapter: str, *names: str) -> bool:
        """Tell whether a chapter gives a value to each of these names."""
        return all(self.entry(chapter, name).get("value") is not None for name in names)

    def measure(self, chapter: str, name: str) -> Measure | None:
        """Take a named number over as it stands in its chapter; None where the chapter has none of that name."""
        entry = self.entry(chapter, name)
        if not entry:
            return None
        self.taken[name] = recalled(name, entry)
        self.origins[f"numbers/{name}"] = f"{chapter}/{name}"
        return self.taken[name]

    def missing(self, name: str, unit: str, reason: str) -> None:
        """Keep a name that every report has, and why this one has no number for it."""
        self.taken.setdefault(name, unknown(name, unit, reason))

    def claims(self, chapter: str) -> Iterator[Mapping[str, Any]]:
        """Give the claims of a chapter as it wrote them."""
        yield from self.chapters.get(chapter, {}).get("claims", ())

    def claim(self, chapter: str, name: str) -> Claim | None:
        """Take a claim over as its chapter makes it; None where the chapter has none of that name."""
        made = next((claim for claim in self.claims(chapter) if claim["name"] == name), None)
        if made is None:
            return None
        self.origins[f"claims/{name}"] = f"{chapter}/{name}"
        self.quoted[name] = reclaimed(made)
        return self.quoted[name]

    def said(self, chapter: str, name: str) -> str:
        """Take over the title under which a chapter gives a number, with all there; empty if its claim is quoted."""
        answers = self.chapters.get(chapter, {}).get("answers", ())
        told = next((one for one in answers if name in one.get("numbers", ())), None)
        if told is None or set(told["claims"]) & self.quoted.keys():
            return ""
        for number in told["numbers"]:
            self.measure(chapter, number)
        for claim in told["claims"]:
            self.claim(chapter, claim)
        return f"{str(told['title'] or told['sentence']).rstrip('.')}."

    def title_of(self, chapter: str, claim: str) -> str:
        """Return the title of the figure or table under which a claim stands."""
        answers = self.chapters.get(chapter, {}).get("answers", ())
        return next((str(one["title"]) for one in answers if claim in one.get("claims", ())), "")

    def reason(self, chapter: str, name: str) -> str:
        """Return why a chapter could not give a number."""
        absent = "gives no such number" if self.has(chapter) else "is not in this report"
        return str(self.entry(chapter, name).get("reason") or f"chapter {chapter} {absent}").rstrip(".")

    def has(self, chapter: str) -> bool:
        """Tell whether a chapter is in this report, neither left out nor failed."""
        return self.chapters.get(chapter, {"status": ""}).get("status", "done") == "done"

    @property
    def places(self) -> dict[str, str]:
        """Where each number and claim of the chapters comes from; the first chapter counts."""
        found: dict[str, str] = {}
        for chapter in sorted(self.chapters):
            names = [f"numbers/{name}" for name in self.chapters[chapter].get("numbers", {})]
            for name in (*names, *(f"claims/{claim['name']}" for claim in self.claims(chapter))):
                found.setdefault(name, f"{chapter}/{name.partition('/')[2]}")
        return found


def recalled(name: str, entry: Mapping[str, Any]) -> Measure:
    """Make a number again from what its chapter wrote."""
    plain = ("value", "unit", "n", "low", "high", "level", "kind", "population", "window", "reason", "no_range")
    given: dict[str, Any] = {part: entry[part] for part in plain if part in entry}
    given |= {end: date.fromisoformat(entry[end]) for end in ("window_from", "window_to") if entry.get(end)}
    if given.get("value") is None:
        given["reason"] = given.get("reason") or NOT_COMPUTED
    return Measure(name=name, **given)


def reclaimed(entry: Mapping[str, Any]) -> Claim:
    """Make a claim again from what its chapter wrote."""
    plain = ("name", "tested", "p", "p_corrected", "family", "sentence")
    chance, grade = entry["chance"], entry["grade"] or ""
    return Claim(
        given=entry["verdict"],
        **{part: entry[part] for part in plain},
        estimate=recalled(entry["name"], {**entry, "value": entry["estimate"]}),
        chance=chance and Chance(**chance),
        grade=grade,
        numbers=tuple(entry["numbers"]),
    )


VERDICTS = ("shown", "not shown", "cannot say", "descriptive")


class ClaimsLedger(Answer):
    """Every claim of the chapters with its test, its verdict, what was found and what chance gives."""

    ABSENT = "No chapter of this report claims more than what it counted: {reason}."

    entries: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # chapter and claim, in the order of the report

    def words(self) -> Words:
        counts = Counter(claim["verdict"] for _, claim in self.entries)
        said = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
        chapters = len({chapter for chapter, _ in self.entries})
        return Words(
            sentence=f"{numbers.plural(len(self.entries), 'claim')} in {numbers.plural(chapters, 'chapter')}: {said}. "
            "Shown means beyond what the same rows give by chance, after correction for the tests of one question.",
            table=pd.DataFrame([_row(chapter, claim) for chapter, claim in self.entries]),
            caption="Every claim of the report with its test",
            note="chapter first; ranges at 95 %; p after Holm's correction in its family, where it has one",
        )


def gather_claims(chapters: Mapping[str, Mapping[str, Any]]) -> ClaimsLedger:
    """Gather the claims of the chapters of a run, which were all tested there."""
    entries = tuple((number, claim) for number in sorted(chapters) for claim in chapters[number].get("claims", ()))
    return ClaimsLedger(entries=entries, reason="" if entries else "nothing was tested in it")


def _row(chapter: str, claim: Mapping[str, Any]) -> dict[str, str]:
    made, p = reclaimed(claim), claim["p_corrected"]
    grade = f", grade {claim['grade']}" if claim["grade"] else ""
    return {
        "What was tested": f"{chapter}: {claim['tested']}",
        "Verdict": f"{claim['verdict']}{grade}" + (f": {claim['reason']}" if claim["reason"] else ""),
        "Found": ranged(made.estimate, claim["unit"]),
        "Chance gives": f"{ranged(made.chance, claim['unit'])}: {made.chance.how}" if made.chance else "",
        "p": "" if p is None else "under .001" if p < 0.0005 else numbers.decimal(p, 3),
        "Base (n)": "" if claim["n"] is None else numbers.count(claim["n"]),
        "Over whom and when": "; ".join(part for part in (claim["population"], claim["window"]) if part),
    }
