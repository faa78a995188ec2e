"""Every valuation is kept as it was believed: one small file per initiative and quarter, never overwritten."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.initiatives.valuation.case_report import CaseReport
from scrm_helpers.initiatives.valuation.case_value import Valuation
from scrm_helpers.initiatives.valuation.one_page import CfoPage

_NAME = re.compile(r"[^a-z0-9]+")


def vintage(case: CaseReport, valued: Valuation, verdict: str) -> dict[str, Any]:
    """Return what is to be remembered of a valuation."""
    at = valued.net[:, valued.terms.horizon]
    return {
        "initiative": valued.id,
        "as_of": case.choices.as_of,
        "case": case.mark,
        "seed": case.seed,
        "version": case.choices.version,
        "horizon_q": valued.terms.horizon,
        "net_value": {f"p{q}": round(float(np.quantile(at, q / 100)), 2) for q in (5, 10, 25, 50, 75, 90, 95)},
        "chance": round(float((at > 0).mean()), 4),
        "verdict": verdict,
    }


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

    beliefs: pd.DataFrame = field(default_factory=pd.DataFrame)
    name: str = ""
    headline: int = 0  # quarters

    def words(self) -> Words:
        """How many valuations are kept, and how the chance to pay has moved."""
        first, last = self.beliefs.iloc[0], self.beliefs.iloc[-1]
        moved = f"; on {first['Day']} the chance to pay stood at {numbers.percent(first['Chance to pay'])}"
        kept = numbers.plural(len(self.beliefs), "valuation")
        return Words(
            sentence=f"{kept} of {self.name} kept, the last on {last['Day']}{moved if len(self.beliefs) > 1 else ''}.",
            table=self.beliefs,
            formats=dict.fromkeys(["Net value, middle", "1 in 20 below"], "money") | {"Chance to pay": "percent"},
            caption=f"What was believed of {self.name}",
            note=f"Net value at {self.headline} quarters. A vintage is never written over.",
        )


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
    keep(folder, vintage(case, valued, case.cfo.verdict))
    rows = [record for record in recall(folder) if record["initiative"] == valued.id]
    table = pd.DataFrame(
        {
            "Day": [str(row["as_of"]) for row in rows],
            "Case": [str(row["case"]) for row in rows],
            "Net value, middle": [float(row["net_value"]["p50"]) for row in rows],
            "1 in 20 below": [float(row["net_value"]["p5"]) for row in rows],
            "Chance to pay": [float(row["chance"]) for row in rows],
            "Verdict": [str(row["verdict"]) for row in rows],
        }
    )
    return Remembered(beliefs=table, name=valued.name, headline=valued.terms.horizon)


def recall(folder: str | Path) -> list[dict[str, Any]]:
    """Read all vintages of a folder, oldest first; those of stopped initiatives stay among them."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]
    return sorted(found, key=lambda record: (record["as_of"], record["initiative"]))
