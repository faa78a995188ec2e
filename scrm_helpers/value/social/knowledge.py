"""Knowledge value: what the ideas that people contributed have brought, and what those that wait may bring."""

from dataclasses import field
from functools import partial

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Measure, Words, numbers, unknown
from scrm_helpers.value.matrix.whale import bring

WAITING = ("submitted", "accepted")
REFUSED = ("rejected", "declined", "closed")


class KnowledgeValue(Answer):
    """Knowledge value by person, realised and expected."""

    ABSENT = "There is no knowledge value: {reason}."

    realised: Measure = unknown("ckv_realised", "EUR")
    expected: Measure = unknown("ckv_expected", "EUR")
    by_person: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"realised": [], "expected": []}, dtype=float))
    states: pd.DataFrame = field(default_factory=pd.DataFrame)

    def words(self) -> Words:
        currency, n = self.realised.unit, self.realised.n or 0
        who = f"{numbers.plural(len(self.by_person), 'person', 'people')} contributed ideas: "
        text = f"what they are worth cannot be said, because {self.expected.reason}."
        if n:
            spread = ""
            money = partial(numbers.money, currency=currency)
            if self.realised.low is not None:
                spread = f" (95% range for as many such ideas {numbers.span(self.realised, money)})"
            came = bring(self.realised.value or 0.0, currency, "brought", net=" net")
            wait = f"what those that wait may bring cannot be said: {self.expected.reason}"
            if self.expected.value is not None:
                wait = f"those that wait may {bring(self.expected.value, currency)} by the rates so far"
                wait += f" ({numbers.span(self.expected, money)})"
            text = f"{numbers.plural(n, 'idea')} with a known value {came}{spread}; {wait}."
        return Words(
            sentence=who + text,
            table=self.states,
            formats={"Ideas": "count", "Chance to be implemented": "percent", "Net value": "money"},
            caption="What ideas have brought and may still bring",
            note=(
                f"n = {numbers.plural(self.expected.n or 0, 'idea')}; chances from those decided so far; ideas are no "
                "random sample"
            ),
        )


def credit_shares(ideas: pd.DataFrame) -> pd.Series:
    """Return each contributor's share of an idea."""
    idea = ideas.groupby("idea_id")["idea_id"]
    share = ideas.get("share", pd.Series(np.nan, ideas.index)).astype(float).fillna(1 / idea.transform("size"))
    total = share.groupby(ideas["idea_id"]).transform("sum")
    return share / total.clip(lower=1)


def knowledge_value(ideas: pd.DataFrame | None, as_of: pd.Timestamp, currency: str = "EUR") -> KnowledgeValue:
    """Value the ideas that customers contributed."""
    if ideas is None:
        return KnowledgeValue(
            reason="the company folder has no table ideas",
            realised=unknown("ckv_realised", currency),
            expected=unknown("ckv_expected", currency),
        )
    from scipy.special import stdtrit

    status = ideas["status"].str.lower()
    done = status == "implemented"
    if "implemented_on" in ideas:
        done &= ~(ideas["implemented_on"] > as_of)
    worth = ideas.reindex(columns=["value", "cost"]).astype(float)
    net = worth["value"] - worth["cost"].fillna(0.0)
    per_idea = pd.DataFrame({"net": net, "done": done, "status": status}).groupby(ideas["idea_id"]).first()
    realised = per_idea.loc[per_idea["done"], "net"].dropna()
    n, mean = len(realised), float(realised.mean()) if len(realised) else 0.0
    count = {state: int((per_idea["status"] == state).sum()) for state in WAITING}
    implemented, refused = int(per_idea["done"].sum()), int(per_idea["status"].isin(REFUSED).sum())
    carried_out = (implemented + 1) / (implemented + count["accepted"] + 2)
    taken_up = (implemented + count["accepted"] + 1) / (implemented + count["accepted"] + refused + 2)
    chance = {"submitted": taken_up * carried_out, "accepted": carried_out}
    expected = status.map(chance).fillna(0.0) * mean
    share = credit_shares(ideas)
    shared = {"realised": share * net.where(done, 0.0).fillna(0.0), "expected": share * expected.where(~done, 0.0)}
    by_person = pd.DataFrame(shared).groupby(ideas["contributor_id"].to_numpy()).sum().rename_axis("person_id")
    why = "" if n else "no idea with a known value has been implemented"
    few = why or ("" if n > 2 else f"only {numbers.plural(n, 'idea')} with a known value shows what one brings")
    total = float(by_person["realised"].sum()) if n else None if implemented else 0.0
    ideas_to_come = float((share * status.map(chance).fillna(0.0) * ~done).sum())
    low = high = next_low = next_high = None
    if n > 2:  # the 95 % range of the sum of as many such ideas, by Student's t
        half = float(stdtrit(n - 1, 0.975) * realised.std(ddof=1) / np.sqrt(n))
        low, high, next_low, next_high = (
            many * (mean + side * half) for many in (n, ideas_to_come) for side in (-1, 1)
        )
    rows = [
        ("implemented", implemented, 1.0, total),
        *((state, many, chance[state], many * chance[state] * mean if n else None) for state, many in count.items()),
        ("rejected", refused, 0.0, 0.0),
    ]
    measure = partial(Measure, unit=currency, kind="attributed", no_range="two ideas or fewer have a known value")
    to_come = None if few else ideas_to_come * mean
    return KnowledgeValue(
        population="people who contributed ideas",
        window="all ideas so far; those that wait as if decided in the coming twelve months",
        realised=measure(
            name="ckv_realised", value=total, n=n, low=low, high=high, reason=why if total is None else ""
        ),
        expected=measure(name="ckv_expected", value=to_come, n=len(per_idea), low=next_low, high=next_high, reason=few),
        by_person=by_person,
        states=pd.DataFrame(rows, columns=["State of the idea", "Ideas", "Chance to be implemented", "Net value"]),
    )
