"""The walk knows its chapters, what they need, and says so in one sentence."""

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters import walk_plan
from scrm_helpers.tables import TABLES


def test_the_walk_is_in_order_and_needs_only_tables_of_the_contract():
    numbers = [plan.number for plan in walk_plan.WALK]
    assert numbers == sorted(set(numbers))
    assert walk_plan.SUMMARY in numbers
    named = {table for plan in walk_plan.WALK for table in (*plan.needs, *plan.helped_by)}
    assert named <= set(TABLES)
    assert not named & {"customers", "transactions"}


def test_names_are_file_names_and_titles_are_words():
    for plan in walk_plan.WALK:
        assert set(plan.name) <= set("abcdefghijklmnopqrstuvwxyz-")
        assert plan.title[0].isupper()
        assert plan.question.endswith("?")


@pytest.mark.parametrize(
    ("present", "said"),
    [
        ({"surveys", "referrals"}, ""),
        ({"surveys"}, ""),  # what customers say can be shown without what they did
        ({"referrals"}, "no table surveys."),
        (set(), "no tables surveys and referrals."),
    ],
)
def test_a_chapter_without_its_tables_says_which(present, said):
    sentence = walk_plan.plan("03").why_left_out(present.__contains__)
    assert sentence.endswith(said)
    assert bool(sentence) == bool(said)


def test_a_chapter_is_found_by_number_or_name():
    assert walk_plan.plan("7") == walk_plan.plan("07") == walk_plan.plan("07-roi-versus-return-on-initiative")
    with pytest.raises(PlainError, match="Did you mean 04-referral-network"):
        walk_plan.plan("04-referal-networks")


def test_only_chapters_with_a_notebook_are_part_of_the_walk(tmp_path):
    with pytest.raises(PlainError, match="no chapter notebooks"):
        walk_plan.on_disk(tmp_path)
    for stem in ("04-referral-network", "01-data-readiness", "99-notes"):
        (tmp_path / f"{stem}.ipynb").touch()
    assert [plan.number for plan in walk_plan.on_disk(tmp_path)] == ["01", "04"]
    assert [plan.number for plan in walk_plan.on_disk(tmp_path, ["4"])] == ["04"]
    with pytest.raises(PlainError, match="Chapter 07 has no notebook yet: there are 01, 04"):
        walk_plan.on_disk(tmp_path, ["07"])
    with pytest.raises(PlainError, match="There is no chapter '42'"):
        walk_plan.on_disk(tmp_path, ["42"])
