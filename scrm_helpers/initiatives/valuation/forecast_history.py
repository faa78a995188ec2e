"""Every valuation is kept as it was believed: one small file per initiative and quarter, never overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.valuation.case_report import CaseReport
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.one_page import CfoPage

_NAME = re.compile(r"[^a-z0-9]+")


def keep(folder: str | Path, record: dict[str, Any]) -> Path:
    """Write a vintage; one that is there already stays as it is."""
    name = f"{_NAME.sub('-', str(record['initiative']).lower())}_{record['as_of']}.json"
    target, text = Path(folder) / name, json.dumps(record, indent=1, sort_keys=True) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if target.read_text(encoding="utf-8") != text:
            raise Refusal(
                f"The vintage {name} is there already and says something else. What was believed then stays; give the "
                "new valuation its own day."
            ) from None
    return target


@dataclass(frozen=True, kw_only=True)
class Remembered(Answer):
    """What was believed of an initiative on each day that a valuation was kept."""

    ABSENT = "{reason}."

    name: str = ""
    days: tuple[str, ...] = ()
    chances: tuple[float, ...] = ()  # to pay, as believed on each day

    def words(self) -> Words:
        """How many valuations are kept, and how the chance to pay has moved."""
        moved = f"; on {self.days[0]} the chance to pay stood at {numbers.percent(self.chances[0])}"
        kept = f"{numbers.plural(len(self.days), 'valuation')} of {self.name} kept, the last on {self.days[-1]}"
        return Words(sentence=f"{kept}{moved if len(self.days) > 1 else ''}.")


def remember(case: CaseReport, folder: str) -> Remembered:
    """Keep the valuation of a case among those of earlier days, and show how the belief has moved.

    Parameters
    ----------
    case : CaseReport
        From :func:`report_case`.
    folder : str
        Where valuations are kept; nothing is written when it is empty.

    Returns
    -------
    Remembered
    """
    valued = case.valuation
    if not isinstance(valued, Valuation) or not isinstance(case.cfo, CfoPage):
        return Remembered(reason="There is no valuation to keep")
    if not folder:
        kept = "This valuation is not kept: name a folder for vintages to be able to look back at it"
        return Remembered(reason=kept)
    at = valued.net[:, valued.terms.horizon]
    now = {
        "initiative": valued.id,
        "as_of": case.choices.as_of,
        "case": case.mark,
        "seed": case.seed,
        "version": case.choices.version,
        "horizon_q": valued.terms.horizon,
        "net_value": {f"p{q}": round(float(np.quantile(at, q / 100)), 2) for q in (5, 10, 25, 50, 75, 90, 95)},
        "chance": round(float((at > 0).mean()), 4),
        "verdict": case.cfo.verdict,
    }
    keep(folder, now)
    known = [record for record in recall(folder) if record["initiative"] == valued.id]
    days, chances = (tuple(record[name] for record in known) for name in ("as_of", "chance"))
    return Remembered(name=valued.name, days=days, chances=chances)


def recall(folder: str | Path) -> list[dict[str, Any]]:
    """Read all vintages of a folder, oldest first; those of stopped initiatives stay among them."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]
    return sorted(found, key=lambda record: (record["as_of"], record["initiative"]))
