"""Every valuation is kept as it was believed: one small file per initiative and quarter, never overwritten."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np

from scrm_helpers.initiatives.refused import InitiativeRefused
from scrm_helpers.initiatives.valuation import Valuation

_NAME = re.compile(r"[^a-z0-9]+")


def vintage(
    valued: Valuation, *, initiative: str, as_of: str, case: str, seed: int, verdict: str, version: str
) -> dict[str, object]:
    """Return what is to be remembered of a valuation.

    Parameters
    ----------
    valued : Valuation
        The valuation.
    initiative, as_of, case, verdict, version : str
        Id, day, hash of the business case, verdict by the rule, version of the kit.
    seed : int
        Seed of the draws.

    Returns
    -------
    dict
        With quantiles of the net value and the chance to pay at the headline horizon.
    """
    at = valued.net[:, valued.headline]
    return {
        "initiative": initiative,
        "as_of": as_of,
        "case": case,
        "seed": seed,
        "version": version,
        "horizon_q": valued.headline,
        "net_value": {f"p{q}": round(float(np.quantile(at, q / 100)), 2) for q in (5, 10, 25, 50, 75, 90, 95)},
        "chance": round(float((at > 0).mean()), 4),
        "verdict": verdict,
    }


def keep(folder: str | Path, record: dict[str, object]) -> Path:
    """Write a vintage; one that is there already stays as it is.

    Raises
    ------
    InitiativeRefused
        When another vintage of this initiative and day is there: memory is not rewritten.
    """
    name = f"{_NAME.sub('-', str(record['initiative']).lower())}_{record['as_of']}.json"
    target, text = Path(folder) / name, json.dumps(record, indent=1, sort_keys=True) + "\n"
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        if target.read_text(encoding="utf-8") != text:
            raise InitiativeRefused(
                f"The vintage {name} is there already and says something else. What was believed then stays; give the "
                "new valuation its own day."
            ) from None
    return target


def recall(folder: str | Path) -> list[dict[str, object]]:
    """Read all vintages of a folder, oldest first; those of stopped initiatives stay among them."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*.json"))]
    return sorted(found, key=lambda record: (record["as_of"], record["initiative"]))
