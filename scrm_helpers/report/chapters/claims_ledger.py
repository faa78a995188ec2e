"""What the report claims, and on what: every test of every chapter on one page, for the statistician."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from scrm_helpers.answers import Answer, Words, numbers
from scrm_helpers.report.chapters.findings import reclaimed
from scrm_helpers.report.chapters.results import ranged

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
