"""Who was in the threads of a reply lottery: the arm, what was known on the day of the draw, and what came after."""

import pandas as pd

from scrm_helpers.conversations.triage.open_messages import (
    OPEN_DAYS,
    UNHAPPY,
    asks_for,
    author_of,
    complains,
    is_outside,
)
from scrm_helpers.conversations.triage.value_at_stake import Answering

BOUGHT, AGAIN = "bought", "complained"
ANSWER = "answer"


def follow_units(
    lotteries: pd.DataFrame,
    interactions: pd.DataFrame,
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    outcome: str,
    days: int,
) -> pd.DataFrame:
    """Return one row an author at the first draw, where the days after it are over."""
    drawn = lotteries[(lotteries["kind"] == "reply") & (lotteries["drawn_on"] + pd.Timedelta(days=days) <= as_of)]
    drawn = drawn.sort_values("drawn_on", kind="stable").drop_duplicates("unit_id")
    drawn = drawn[drawn["probability"].between(0, 1, inclusive="neither")]
    names = ["thread_id", "author_role", "customer_id", "author_id", "interaction_id"]
    wanted = [*names, "occurred_on", "sentiment", "intent", "text", "reach"]
    messages = interactions.reindex(columns=wanted).assign(person=author_of)
    rows = messages.merge(drawn[["unit_id", "arm", "probability", "drawn_on"]], left_on="thread_id", right_on="unit_id")
    gap = (rows["occurred_on"].dt.normalize() - rows["drawn_on"]).dt.days
    replied = rows.loc[~is_outside(rows) & gap.between(0, days), "thread_id"]
    outside = is_outside(rows) & (rows["author_role"].eq("customer") | (outcome != BOUGHT))
    units = rows[outside & gap.between(1 - OPEN_DAYS, 0)].sort_values(["drawn_on", "occurred_on"], kind="stable")
    asks = asks_for(units)
    units = units.assign(asks=asks.groupby([units["thread_id"], units["person"]]).transform("max"))
    asked = asks.groupby(units["thread_id"]).transform("max")
    units = units[units["asks"] | ~asked]  # where somebody asks, the others only join in
    first = units.groupby("person")["drawn_on"].transform("min") == units["drawn_on"]
    units = units[first].drop_duplicates("person", keep="last").reset_index(drop=True)
    arm, known = units["arm"] == ANSWER, units["probability"].astype(float)
    bought = transactions.loc[transactions["amount"] > 0, ["customer_id", "ordered_on", "amount"]]
    orders = _beside(units, bought.set_axis(["person", "when", "size"], axis=1))
    events = orders
    if outcome != BOUGHT:
        angry = (messages["sentiment"].astype(float) < UNHAPPY) | complains(messages)
        unhappy = messages.loc[angry, ["person", "occurred_on"]]
        events = _beside(units, unhappy.set_axis(["person", "when"], axis=1))
    year = orders[orders["gap"].between(-364, 0)].groupby("person")["size"].sum()
    after, before = (
        units["person"].isin(events.loc[events["gap"].between(*ends), "person"]).astype(float)
        for ends in ((1, days), (1 - days, 0))
    )
    units = units.assign(
        thread=units["thread_id"],
        p=known.where(arm, 1 - known),
        arm=arm,
        outcome=after,
        before=before,
        answered=units["thread_id"].isin(replied),
        sentiment=units["sentiment"].astype(float).fillna(0.0),
        reach=units["reach"].astype(float).fillna(0.0),
        clv=units["person"].map(year).astype(float).fillna(0.0),
    )
    effect = Answering().effect(units["sentiment"], units["asks"])[1]
    return units.assign(followers=units["reach"], influence=units["reach"], value=effect * units["clv"])


def _beside(units: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Put what people did beside their day of the draw: `gap` in days."""
    both = events.merge(units[["person", "drawn_on"]], on="person")
    return both.assign(gap=(both["when"].dt.normalize() - both["drawn_on"]).dt.days)
