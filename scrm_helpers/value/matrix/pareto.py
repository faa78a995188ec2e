"""The people whom nobody beats on all dimensions of value."""

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Claim, Measure, Words, counted, numbers, unknown
from scrm_helpers.value.matrix.dimensions import DIMENSIONS, WINDOW


class ValuableSet(Answer):
    """Size of the Pareto front, and how many of it are also the best by own value."""

    ABSENT = "Who is beaten by nobody cannot be said, because {reason}."

    front: Measure = unknown("pareto_front_people", "count")
    own: float = 0.0  # share of as long a list by own value that is on the front
    dimensions: tuple[str, ...] = ()

    def claimed(self) -> tuple[Claim, ...]:
        return (Claim(name="beaten_by_nobody", tested="everybody on all dimensions of value", estimate=self.front),)

    def words(self) -> Words:
        front, nobody = int(self.front.value or 0), "Nobody beats them on all dimensions"
        people = [front, round(self.own * front)]
        return Words(
            sentence=f"{numbers.plural(people[0], 'person is', 'people are')} beaten by nobody on all of "
            f"{len(self.dimensions)} dimensions; {numbers.percent(self.own)} of as long a list by own value are among "
            "them.",
            table=pd.DataFrame({"List": [nobody, "Best by own value, among them"], "People": people}),
            caption="The most valuable people are a set, not a list",
            note=f"Dimensions: {', '.join(self.dimensions)}; n = "
            f"{numbers.plural(self.front.n or 0, 'person', 'people')}",
            formats={"People": "count"},
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
    if "clv" not in names or len(names) < 2:
        alone = "own purchases are the only dimension known, so those of the highest own value are the most valuable"
        reason = alone if names == ["clv"] else "nobody's own value is known"
        return ValuableSet(reason=reason, front=unknown("pareto_front_people", "count", reason, len(value)))
    values = value[names].fillna(0.0).to_numpy(float)
    front = pareto_front(values)
    by_own = np.argsort(-values[:, 0], kind="stable")[: front.sum()]
    return ValuableSet(
        population="people of the value table",
        window=WINDOW,
        front=counted("pareto_front_people", front.sum(), len(value)),
        own=float(front[by_own].mean()),
        dimensions=tuple(DIMENSIONS[name] for name in names),
    )
