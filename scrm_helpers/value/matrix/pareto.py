"""The people whom nobody beats on all dimensions of value."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import Claim
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.value.history.purchases import COUNTED
from scrm_helpers.value.matrix.dimensions import DIMENSIONS, WINDOW


@dataclass(frozen=True, kw_only=True)
class ValuableSet(Answer):
    """Size of the Pareto front, and how many of it are also the best by own value."""

    ABSENT = "The most valuable people are those with the highest own value: {reason}."

    front: Measure = unknown("pareto_front_people", "count")
    own: float = 0.0  # share of as long a list by own value that is on the front
    dimensions: tuple[str, ...] = ()

    def claimed(self) -> tuple[Claim, ...]:
        return (Claim(name="beaten_by_nobody", tested="everybody on all dimensions of value", estimate=self.front),)

    def words(self) -> Words:
        nobody, formats = "Nobody beats them on all dimensions", {"People": "count"}
        if self.front.value is None:
            return Words(
                sentence=f"Who is beaten by nobody cannot be said, because {self.front.reason}",
                table=pd.DataFrame({"List": [nobody], "People": [np.nan]}),
                formats=formats,
            )
        people = [int(self.front.value), round(self.own * self.front.value)]
        return Words(
            sentence=f"{numbers.plural(people[0], 'person is', 'people are')} beaten by nobody on all of "
            f"{len(self.dimensions)} dimensions; {numbers.percent(self.own)} of as long a list by own value are among "
            "them.",
            table=pd.DataFrame({"List": [nobody, "Best by own value, among them"], "People": people}),
            caption="The most valuable people are a set, not a list",
            note=f"Dimensions: {', '.join(self.dimensions)}; n = "
            f"{numbers.plural(self.front.n or 0, 'person', 'people')}",
            formats=formats,
        )


def pareto_front(values: np.ndarray) -> np.ndarray:
    """Find the rows that no other row beats or equals on all columns with one better."""
    left = np.nan_to_num(np.asarray(values, float))
    place, front = np.arange(len(left)), np.zeros(len(left), bool)
    while len(left):
        top = left[np.argmax(left.sum(axis=1))]
        equal = (left == top).all(axis=1)
        front[place[equal]] = True
        stay = ~equal & (left > top).any(axis=1)
        left, place = left[stay], place[stay]
    return front


def valuable_set(value: pd.DataFrame) -> ValuableSet:
    """Describe the people who are most valuable on some mix of dimensions.

    Parameters
    ----------
    value : DataFrame

    Returns
    -------
    ValuableSet
    """
    names = [name for name in DIMENSIONS if name in value and value[name].notna().any()]
    if "clv" not in names:
        why = "nobody's own value is known."
        return ValuableSet(front=unknown("pareto_front_people", "count", why, len(value)))
    if len(names) < 2:
        reason = "own purchases are the only dimension that is known"
        return ValuableSet(reason=reason, front=unknown("pareto_front_people", "count", reason, len(value)))
    values = value[names].fillna(0.0).to_numpy(float)
    front = pareto_front(values)
    by_own = np.argsort(-values[:, 0], kind="stable")[: front.sum()]
    return ValuableSet(
        population="people of the value table",
        window=WINDOW,
        front=Measure(
            name="pareto_front_people", value=float(front.sum()), unit="count", n=len(value), no_range=COUNTED
        ),
        own=float(front[by_own].mean()),
        dimensions=tuple(DIMENSIONS[name] for name in names),
    )
