"""A group smaller than the company allows is in no table and no figure, and no total gives it away."""

import pandas as pd
import pytest
from given import Said
from given import said as answer
from hypothesis import given
from hypothesis import strategies as some

from scrm_helpers.answers import show
from scrm_helpers.answers.small_groups import BASES, too_small, without_small_groups


@given(some.lists(some.integers(0, 30), max_size=12), some.integers(1, 9))
def test_of_any_partition_what_is_hidden_cannot_be_worked_out(people, fewest):
    base = pd.Series(people, dtype=float)
    hidden = too_small(base, fewest)
    gone, shown = base[hidden], base[~hidden & (base > 0)]
    assert shown.ge(fewest).all()
    assert (gone > 0).all()
    if len(gone):
        assert shown.empty or (len(gone) >= 2 and gone.sum() >= fewest)  # the total less what is shown is no one group
        assert shown.empty or gone.max() <= shown.min()
        fewer = gone.sort_values().iloc[:-1]
        assert (fewer < fewest).all() or fewer.sum() < fewest or len(fewer) < 2  # no more than it takes
    else:
        assert not base.between(1, fewest - 1).any()


class Drawn(Said):
    """An answer whose figure must not be drawn."""

    def plot(self, ax=None):
        raise AssertionError(ax)


@pytest.mark.parametrize("base", BASES)
def test_each_column_that_counts_people_hides_rows_of_tables_and_figures(base, monkeypatch):
    said = []
    monkeypatch.setattr(show, "display_block", lambda plain, markup: said.append(plain))
    groups = pd.DataFrame({"Group": ["A", "B", "C", "D"], "People": [50, 40, 30, 20], "Share": [0.1, 0.2, 0.3, 0.4]})
    groups[base] = [50.0, 40, 30, 3]
    assert without_small_groups(groups, 5)["Group"].tolist() == ["A", "B"]
    show.figure(answer(Drawn, sentence="", table=groups, title="D is least", alt="Bars."))
    assert said == ["A figure is left out: it would show a group under 5 people, or what gives one away."]


def test_a_table_leaves_the_rows_out_and_says_so(monkeypatch):
    said = []
    monkeypatch.setattr(show, "display_block", lambda plain, markup: said.append((plain, markup)))
    groups = pd.DataFrame({"Segment": ["Pilot group", "Partner", "Consumer"], "Invited": [1, 90, 500], "Rate": 1.0})
    show.table(answer(sentence="", table=groups))
    for text in said[0]:
        assert "Consumer" in text
        assert "Pilot group" not in text
        assert "Partner" not in text  # with a total it would give the pilot group away
        assert "2 rows left out: groups under 5 people, or next to one" in text


@pytest.mark.parametrize(
    ("people", "hidden"),
    [
        ([9, 40, 7], [False, False, False]),
        ([3, 9, 40], [True, True, False]),
        ([3, 2, 40], [True, True, False]),
        ([0, 9, 40], [False, False, False]),
        ([3], [True]),
        ([None, 4, 6, 8], [False, True, True, False]),
    ],
)
def test_one_hidden_group_takes_the_next_with_it(people, hidden):
    assert too_small(pd.Series(people, dtype=float), 5).tolist() == hidden
