"""What an answer to an open message is worth: the effect of answering times the value at stake, less cost and risk."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers import Refusal
from scrm_helpers.conversations.triage.open_messages import QUARREL, UNHAPPY, VENT
from scrm_helpers.tables.contract.settings import Settings
from scrm_helpers.tables.values.identity import rows_of

ENDS = ("low", "value", "high")
MEASURES = ("is_customer", *(f"{name}{end}" for name in ("clv", "crv_next", "civ") for end in ("", "_low", "_high")))
Range = tuple[float, float, float]  # low, middle, high


@dataclass(frozen=True)
class Answering:
    """What is assumed of answering: the parameters of chapter 06 and the settings of the company."""

    hours: float = 0.0  # a week for answering; 0 sets no limit
    uplift: Range = (0.05, 0.2, 0.4)  # share of the value at stake that an answer keeps at a tone of -1 or 1
    escalates: tuple[float, float] = (0.05, 0.02)  # share of vents that get worse when answered, and when left alone
    minutes: float = 6.0  # that an answer takes; 0 is not known
    complaint_minutes: float = 12.0  # that an answer to a complaint takes
    hourly_rate: float = 35.0  # what an hour of answering costs
    readers: Range = (0.0, 0.001, 0.002)  # share of those reached whom an author moves to buy, where that is not known
    contact_cost: float | None = None  # of an answer, where the minutes are not known; None is not known either
    lottery_share: float = 0.0  # of the threads that wait, over which a reply lottery is drawn; 0 draws none
    # Effect that a reply lottery found, of messages that ask and of those that do not: instead of `uplift`.
    measured: Mapping[bool, Range] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, many in (("uplift", 3), ("escalates", 2)):
            given = getattr(self, name)
            ordered = many == 2 or list(given) == sorted(given)
            if len(given) != many or not all(0 <= share <= 1 for share in given) or not ordered:
                what = "low, middle, high" if many == 3 else "when answered, when left alone"
                raise Refusal(f"The parameter {name} is {list(given)}: give {many} shares from 0 to 1 ({what}).")

    def effect(self, sentiment: pd.Series, asks: pd.Series) -> np.ndarray:
        """Effect of an answer, low, middle and high: zero at neutral, half the strongest for whoever asks calmly."""
        strength = sentiment.abs().fillna(0.0).to_numpy(float)
        strength = np.maximum(strength, np.where(asks, 0.5, 0.0))
        found = np.outer(self.uplift, strength)
        for asking, kept in self.measured.items():
            found = np.where(asks == asking, np.array(kept)[:, None], found)
        return found


def answering(settings: Settings, given: Mapping[str, Any] | None = None) -> Answering:
    """Take what is assumed of answering from the settings of a company and the parameters of a chapter."""
    names = {one.name for one in fields(Answering)}
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in (given or {}).items()}
    own: dict[str, Any] = {name: value for name, value in chosen.items() if name in names}
    own["hours"] = own.get("hours") or settings.hours or 0.0
    return Answering(**own, contact_cost=settings.cost_per_contact)


def worth_of_answers(messages: pd.DataFrame, people: pd.DataFrame, how: Answering) -> pd.DataFrame:
    """Value each answer: `low`, `value`, `high`, the `hours` it takes, and the author's `clv`, `influence`, `known`."""
    place = rows_of(messages["person"], people["person_id"])
    own = {name: np.append(_column(people, name), np.nan)[place] for name in MEASURES}
    customer = own["is_customer"] == 1
    known = pd.Series(_column(people, "clv")).mean()
    mean = 0.0 if np.isnan(known) else float(known)
    clv = _ranged(own, "clv", np.where(customer, [[0.0], [mean], [2 * mean]], 0.0))  # unknown of a customer: the mean
    coming = _ranged(own, "crv_next", np.zeros((3, 1)))
    # What is credited for influence is part of others' value, and may be a limit: its middle lies between its ends.
    ends = _ranged(own, "civ", np.zeros((3, 1)))[[0, 0, 2]]
    ends[1] = ends[[0, 2]].mean(axis=0)
    by_reach = np.outer(how.readers, messages["reach"].astype(float).fillna(0.0).to_numpy() * mean)
    influence = np.where(np.isfinite(own["civ"]) & (customer | (own["civ"] != 0)), ends, by_reach)
    stake = clv + coming + influence
    unhappy = (messages["sentiment"] < UNHAPPY).to_numpy() & ~messages["asks"].to_numpy(bool)
    barred = messages["barred"].isin([VENT, QUARREL]).to_numpy()
    feeds = barred | unhappy
    effect = how.effect(messages["sentiment"], messages["asks"])
    effect = np.where(barred & (False not in how.measured), 0.0, effect)
    effect = effect - np.where(feeds, how.escalates[0] - how.escalates[1], 0.0)  # the increase that answering causes
    minutes = np.where(messages["intent"] == "complaint", how.complaint_minutes, how.minutes)
    cost = np.where(minutes > 0, minutes / 60 * how.hourly_rate, how.contact_cost or 0.0)
    corners = np.stack([effect[end] * stake[side] for end in (0, 2) for side in (0, 2)])
    net = np.stack([corners.min(axis=0), effect[1] * stake[1], corners.max(axis=0)]) - cost
    found = pd.DataFrame(dict(zip(ENDS, net, strict=True)), messages.index)
    return found.assign(hours=minutes / 60, clv=clv[1], influence=influence[1], customer=customer)


def _column(people: pd.DataFrame, name: str) -> np.ndarray:
    return people[name].to_numpy(float, na_value=np.nan) if name in people else np.full(len(people), np.nan)


def _ranged(own: Mapping[str, np.ndarray], name: str, otherwise: np.ndarray) -> np.ndarray:
    """Low end, middle and high end of a measure of the authors; without a range the middle is all three."""
    middle = own[name]
    ends = [np.where(np.isnan(end), middle, end) for end in (own[f"{name}_low"], own[f"{name}_high"])]
    return np.where(np.isnan(middle), otherwise, np.stack([ends[0], middle, ends[1]]))
