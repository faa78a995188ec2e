"""The planted funnel, scores and association come back from the tables alone."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.sample import world


def answers_with_outcome(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Answers with a complete window: did the customer refer within 365 days, did somebody come?"""
    answers = tables["surveys"].dropna(subset=["score"])
    answers = answers[answers["wave"].isin(["W1", "W2"])]
    pairs = answers.merge(tables["referrals"], left_on="customer_id", right_on="referrer_id")
    after = (pairs["referred_on"] - pairs["responded_on"]).dt.days
    came = (pairs["converted_on"] - pairs["responded_on"]).dt.days
    inside = after.between(1, world.WINDOW)
    refers = set(pairs.loc[inside, "survey_id"])
    brings = set(pairs.loc[inside & (came <= world.WINDOW), "survey_id"])
    return answers.assign(refers=answers["survey_id"].isin(refers), brings=answers["survey_id"].isin(brings))


@pytest.fixture(scope="module")
def answers(large):
    return answers_with_outcome(large.tables)


def within_error(share: float, planted: float, n: int, errors: float = 3.0) -> bool:
    return abs(share - planted) < errors * np.sqrt(planted * (1 - planted) / n)


def test_published_funnel_comes_back(answers):
    n = len(answers)
    assert n > 20_000
    assert within_error((answers["score"] >= world.INTENDS_FROM).mean(), 0.68, n)
    assert within_error(answers["refers"].mean(), 0.33, n)
    assert within_error(answers["brings"].mean(), 0.14, n)


def test_planted_probabilities_reproduce_the_funnel_exactly():
    assert world.ANSWERED.sum() == pytest.approx(1)
    assert world.ANSWERED[world.INTENDS_FROM :].sum() == pytest.approx(0.68)
    assert world.ANSWERED @ world.refers() == pytest.approx(0.33)
    assert np.all(np.diff(world.refers()) > 0)


def test_referring_rises_with_the_score_as_planted(answers):
    by_score = answers.groupby("score")["refers"].agg(["mean", "size"])
    for score, planted in enumerate(world.refers()):
        assert within_error(by_score["mean"][score], planted, by_score["size"][score], errors=4)


def test_association_is_weak_real_and_known(answers):
    rank = answers["score"].rank()
    yes, no = answers["refers"].sum(), (~answers["refers"]).sum()
    auc = (rank[answers["refers"]].sum() - yes * (yes + 1) / 2) / (yes * no)
    planted = world.somers_d()
    assert auc == pytest.approx(planted["auc"], abs=0.012)
    assert planted["score_given_referred"] == pytest.approx(2 * planted["auc"] - 1)
    assert 0.05 < planted["score_given_referred"] < 0.2


def test_somers_d_of_the_truth_is_that_of_its_table():
    from scipy.stats import somersd

    table = np.round(1e7 * np.column_stack([world.ANSWERED * (1 - world.refers()), world.ANSWERED * world.refers()]))
    planted = world.somers_d()
    assert somersd(table).statistic == pytest.approx(planted["referred_given_score"], abs=1e-5)
    assert somersd(table.T).statistic == pytest.approx(planted["score_given_referred"], abs=1e-5)


def test_the_satisfied_answer_more_often(large):
    surveys = large.tables["surveys"]
    assert surveys["score"].notna().mean() == pytest.approx(large.truth["scores"]["response_rate"], abs=0.006)
    assert large.truth["scores"]["nps_of_everybody"] < large.truth["scores"]["nps_of_those_who_answered"] - 5
    assert (surveys["score"].isna() == surveys["responded_on"].isna()).all()
    assert (surveys["responded_on"].dropna() >= surveys["invited_on"][surveys["responded_on"].notna()]).all()


def test_some_refer_before_they_answer(large):
    surveys, referrals = large.tables["surveys"], large.tables["referrals"]
    first = surveys.dropna(subset=["score"]).groupby("customer_id")["responded_on"].min()
    made = referrals["referrer_id"].map(first)
    assert (referrals["referred_on"] < made).mean() > 0.05


def test_people_say_they_recommended_more_than_they_did(large):
    says = large.tables["surveys"]["did_recommend"].dropna()
    assert says.mean() > 0.4
