"""Dimensions of value beside each other."""

import numpy as np
import pandas as pd

from scrm_helpers.value.matrix.dimensions import valuable_set


def test_without_own_value_there_is_no_set_of_the_most_valuable():
    people = pd.DataFrame({"clv": [np.nan, np.nan], "crv": [1.0, 2.0]})
    found = valuable_set(people, min_group=5)
    assert found.sentence == "Who is beaten by nobody cannot be said, because nobody's own value is known."
    assert found.measures[0].value is None
