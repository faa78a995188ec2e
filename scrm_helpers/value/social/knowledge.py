"""Customer knowledge value: what ideas of customers have brought and may still bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.value.matrix.wording import bring

WAITING = ("submitted", "accepted")
REFUSED = ("rejected", "declined", "closed")


@dataclass(frozen=True, kw_only=True)
class KnowledgeValue(Result):
    """Knowledge value by person, realised and expected."""

    by_person: pd.DataFrame


def credit_shares(ideas: pd.DataFrame) -> pd.Series:
    """Return each contributor's share of an idea."""
    many = ideas.groupby("idea_id")["idea_id"].transform("size")
    share = ideas["share"].astype(float) if "share" in ideas else pd.Series(np.nan, ideas.index)
    share = share.fillna(1 / many)
    total = share.groupby(ideas["idea_id"]).transform("sum")
    return share / total.clip(lower=1)


def knowledge_value(ideas: pd.DataFrame, as_of: pd.Timestamp, currency: str = "EUR") -> KnowledgeValue:
    """Value the ideas that customers contributed."""
    status = ideas["status"].str.lower()
    done = status == "implemented"
    if "implemented_on" in ideas:
        done &= ~(ideas["implemented_on"] > as_of)
    worth = (
        ideas[name].astype(float) if name in ideas else pd.Series(np.nan, ideas.index) for name in ("value", "cost")
    )
    gain, cost = worth
    net = gain - cost.fillna(0.0)
    per_idea = pd.DataFrame({"net": net, "done": done, "status": status}).groupby(ideas["idea_id"]).first()
    realised = per_idea.loc[per_idea["done"], "net"].dropna()
    chance = _chances(per_idea)
    expected = status.map(chance).fillna(0.0) * (float(realised.mean()) if len(realised) else 0.0)
    share = credit_shares(ideas)
    by_person = (
        pd.DataFrame(
            {"realised": share * net.where(done, 0.0).fillna(0.0), "expected": share * expected.where(~done, 0.0)}
        )
        .groupby(ideas["contributor_id"].to_numpy())
        .sum()
        .rename_axis("person_id")
    )
    return _described(by_person, per_idea, realised, chance, currency)


def _chances(ideas: pd.DataFrame) -> dict[str, float]:
    done, refused = int(ideas["done"].sum()), int(ideas["status"].isin(REFUSED).sum())
    accepted = int((ideas["status"] == "accepted").sum())
    carried_out = (done + 1) / (done + accepted + 2)
    taken_up = (done + accepted + 1) / (done + accepted + refused + 2)
    return {"accepted": carried_out, "submitted": taken_up * carried_out}


def _described(
    by_person: pd.DataFrame, ideas: pd.DataFrame, realised: pd.Series, chance: dict[str, float], currency: str
) -> KnowledgeValue:
    n, done = len(realised), int(ideas["done"].sum())
    total: float | None = float(by_person["realised"].sum())
    hoped: float | None = float(by_person["expected"].sum())
    low = high = None
    why = "" if n else "no idea with a known value has been implemented"
    if not n:
        hoped, total = None, None if done else 0.0
    if n > 2:
        from scipy.special import stdtrit

        half = float(stdtrit(n - 1, 0.975) * realised.std(ddof=1) / np.sqrt(n))
        low, high = n * (float(realised.mean()) - half), n * (float(realised.mean()) + half)
    rows: list[tuple[str, int, float, float | None]] = [("implemented", done, 1.0, total)]
    for state in WAITING:
        count = int((ideas["status"] == state).sum())
        rows.append((state, count, chance[state], count * chance[state] * float(realised.mean()) if n else None))
    rows.append(("rejected", int(ideas["status"].isin(REFUSED).sum()), 0.0, 0.0))
    spread = (
        f" (95% range for as many such ideas {numbers.interval(low, high, lambda end: numbers.money(end, currency))})"
        if n > 2
        else ""
    )
    brought = (
        f"{numbers.plural(n, 'idea')} with a known value {bring(total or 0.0, currency, 'brought', net=' net')}{spread}"
        f"; those that wait may {bring(hoped or 0.0, currency)} by the rates so far."
    )
    return KnowledgeValue(
        sentence=f"{numbers.plural(len(by_person), 'person', 'people')} contributed ideas: "
        + (brought if n else f"what they are worth cannot be said, because {why}."),
        table=pd.DataFrame(rows, columns=["State of the idea", "Ideas", "Chance to be implemented", "Net value"]),
        caption="What ideas have brought and may still bring",
        note=f"n = {numbers.plural(len(ideas), 'idea')}; chances from those decided so far; ideas are no random sample",
        formats={"Ideas": "count", "Chance to be implemented": "percent", "Net value": "money"},
        measures=(
            Measure(
                name="ckv_realised",
                value=total,
                unit=currency,
                n=n,
                low=low,
                high=high,
                kind="attributed",
                reason=why if total is None else "",
            ),
            Measure(name="ckv_expected", value=hoped, unit=currency, n=len(ideas), kind="attributed", reason=why),
        ),
        by_person=by_person,
    )
