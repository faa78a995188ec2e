"""Answers are linked to what followed them in equal windows, and to nothing else."""

import pandas as pd
import pytest

from scrm_helpers.advocacy.deeds.by_answer import link_answers
from scrm_helpers.answers.refusal import Refusal


def test_only_referrals_after_the_answer_and_inside_the_window_count(surveys, referrals, as_of):
    # A answered 2025-03-05; ninety days end on 2025-06-03: r and s count, p, q (the same day) and t do not
    people = link_answers(surveys, referrals, as_of, 90).people.set_index("customer_id")
    assert people.loc["A", "referrals"] == 2
    assert people.loc["A", "customers_brought"] == 1
    assert not people.loc["B", "referred"]  # referring oneself is no referral
    assert "D" not in people.index  # D never answered


def test_the_latest_answer_whose_window_is_over_stands_for_the_person(surveys, referrals, as_of):
    linked = link_answers(surveys, referrals, as_of, 90)
    assert linked.people.set_index("customer_id").loc["A", "score"] == 10
    assert linked.too_young == 1  # E answered in August
    early = link_answers(surveys, referrals, pd.Timestamp("2025-05-01"), 90)
    assert early.people.set_index("customer_id").loc["A", "score"] == 3


def test_the_future_does_not_change_the_past(surveys, referrals):
    cut = pd.Timestamp("2025-05-01")
    known = link_answers(surveys[surveys["responded_on"] <= cut], referrals[referrals["referred_on"] <= cut], cut, 90)
    everything = link_answers(surveys, referrals, cut, 90)
    pd.testing.assert_frame_equal(known.people, everything.people)


def test_order_of_rows_does_not_matter(surveys, referrals, as_of):
    turned = link_answers(surveys[::-1], referrals[::-1], as_of, 90)
    pd.testing.assert_frame_equal(turned.people, link_answers(surveys, referrals, as_of, 90).people)


def test_shifting_all_days_changes_no_count(surveys, referrals, as_of):
    step = pd.Timedelta(days=100)
    later = surveys.assign(responded_on=surveys["responded_on"] + step)
    moved = referrals.assign(**{day: referrals[day] + step for day in ("referred_on", "converted_on")})
    columns = ["customer_id", "score", "referrals", "customers_brought"]
    shifted = link_answers(later, moved, as_of + step, 90).people[columns]
    pd.testing.assert_frame_equal(shifted, link_answers(surveys, referrals, as_of, 90).people[columns])


def test_nobody_referred_and_nobody_answered_are_no_errors(surveys, referrals, as_of):
    assert not link_answers(surveys, referrals.iloc[:0], as_of, 90).people["referred"].any()
    assert link_answers(surveys.iloc[:0], referrals, as_of, 90).people.empty


@pytest.mark.parametrize("score", [11.0, -1.0, 7.5, 100.0])
def test_answers_on_another_scale_are_refused_in_words(surveys, referrals, as_of, score):
    with pytest.raises(Refusal, match="whole number from 0 to 10.*map the answers"):
        link_answers(surveys.assign(score=score), referrals, as_of, 90)


def test_a_window_of_no_days_is_refused(surveys, referrals, as_of):
    with pytest.raises(ValueError, match="at least one day"):
        link_answers(surveys, referrals, as_of, 0)
