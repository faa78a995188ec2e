"""What is planted in the conversations comes out of large draws, and in the world without effects none of it does."""

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from scrm_helpers.sample.conversation_process import FIRST_DAY, along
from scrm_helpers.sample.sample_company import make_sample
from scrm_helpers.sample.world import CHANNELS, DAYS, FUNCTIONS, OPENERS, STRATA, Planted

AS_OF = pd.Timestamp("2026-09-30")
PLANTED = Planted()
ERRORS = 4.5
"""Standard errors within which a planted share must lie: one of a hundred thousand true ones does not."""


def days(moments: pd.Series) -> pd.Series:
    """Days since the company's first day."""
    return DAYS - (AS_OF - moments) / pd.Timedelta(days=1)


def opened(sample) -> pd.DataFrame:
    """Threads of people whose first message is there, with what happened in them."""
    messages = sample.tables["interactions"]
    by_firm = messages["author_role"].isin(["brand", "employee"])
    root = messages[messages["in_reply_to"].isna() & ~by_firm & ~messages["author_id"].str.startswith("B")]
    root = root.set_index("thread_id")
    outside = ~by_firm & (messages["author_id"] != messages["thread_id"].map(root["author_id"]))
    own = (messages["author_id"] == messages["thread_id"].map(root["author_id"])) & messages["in_reply_to"].notna()
    root["day"] = days(root["occurred_on"])
    root["firm_day"] = days(messages[by_firm].groupby("thread_id")["occurred_on"].min()).reindex(root.index)
    root["joined"] = root.index.isin(messages.loc[outside, "thread_id"])
    angry = own & (messages["intent"] == "complaint")
    root["angry_day"] = days(messages[angry].groupby("thread_id")["occurred_on"].min()).reindex(root.index)
    root["asks"] = root["text"].str.endswith("?")
    root["lot"] = root.index.isin(sample.tables["lotteries"]["unit_id"])
    return root.reset_index()


@pytest.fixture(scope="module")
def threads(large):
    return opened(large)


@pytest.fixture(scope="module")
def nothing():
    return make_sample(20_000, seed=3, nothing=True)


def agree(found: np.ndarray, chance: np.ndarray | float) -> None:
    """The share of true values is as planted, within the error of drawing them."""
    chance = np.broadcast_to(chance, len(found))
    error = np.sqrt((chance * (1 - chance)).sum())
    assert len(found) > 50
    assert abs(np.sum(found) - chance.sum()) <= ERRORS * error, (np.mean(found), chance.mean(), len(found))


def joins(log_odds: float) -> float:
    """Chance that others join, over all authors."""
    normal = stats.norm(0, PLANTED.author_spread).pdf
    return integrate.quad(lambda own: normal(own) / (1 + np.exp(-log_odds - own)), -6, 6)[0]


@pytest.mark.parametrize("intent", OPENERS)
def test_the_intent_decides_whether_others_join(threads, intent):
    told = threads[(threads["intent"] == intent) & (threads["day"] < DAYS - 30)]
    one_each = told.drop_duplicates("author_id")["joined"]  # threads of one author are alike
    agree(one_each, joins(PLANTED.sociality[OPENERS.index(intent)]))


@pytest.mark.parametrize("intent", OPENERS)
def test_given_the_intent_the_channel_changes_nothing(threads, intent):
    told = threads[(threads["intent"] == intent) & (threads["day"] < DAYS - 30)]
    assert stats.chi2_contingency(pd.crosstab(told["channel"], told["joined"])).pvalue > 1e-4


@pytest.mark.parametrize("intent", OPENERS)
def test_the_intent_decides_who_asks(threads, intent):
    told = threads[threads["intent"] == intent]
    agree(told["asks"].to_numpy(), PLANTED.asks[OPENERS.index(intent)])


@pytest.mark.parametrize("unhappy", [True, False])
@pytest.mark.parametrize("channel", CHANNELS[:-1])
@pytest.mark.parametrize("means", [0.3, 2.0])
def test_first_replies_come_as_fast_as_planted(threads, channel, unhappy, means):
    """The share answered within some time is the chance to be answered ever times that of the exponential."""
    mean = PLANTED.days_to_answer[CHANNELS.index(channel)] * (PLANTED.slower_if_unhappy if unhappy else 1)
    waits = means * mean
    seen = threads[(threads["channel"] == channel) & ((threads["sentiment"] < 0) == unhappy) & ~threads["lot"]]
    seen = seen[seen["day"] + waits < DAYS - 0.01]
    ever = along(PLANTED.answers_unhappy if unhappy else PLANTED.answers_happy, seen["day"].to_numpy())
    agree((seen["firm_day"] - seen["day"] <= waits).to_numpy(), ever * (1 - np.exp(-means)))


@pytest.mark.parametrize("arm", ["answer", "wait"])
@pytest.mark.parametrize("stratum", STRATA)
def test_the_lot_has_the_planted_effect(large, threads, stratum, arm):
    lots = large.tables["lotteries"].query("stratum == @stratum")
    place = STRATA.index(stratum)
    agree((lots["arm"] == "answer").to_numpy(), PLANTED.lot_answers[place])
    chance = PLANTED.lot_answers[place] if arm == "answer" else 1 - PLANTED.lot_answers[place]
    assert (lots.loc[lots["arm"] == arm, "probability"] == chance).all()
    unit = threads.set_index("thread_id").reindex(lots.loc[lots["arm"] == arm, "unit_id"]).dropna(subset="day")
    angry = unit["angry_day"] - unit["day"] <= PLANTED.escalation_days
    planted = PLANTED.escalates_answered if arm == "answer" else PLANTED.escalates_waiting
    agree(angry.to_numpy(), planted[place])
    served = unit["firm_day"] - unit["day"]
    assert (served <= 2.01).all() if arm == "answer" else not (served < PLANTED.escalation_days - 0.01).any()


def test_a_lot_can_be_drawn_again_from_its_seed(small):
    lots = small.tables["lotteries"]
    (seed,) = lots["seed"].unique()
    chance = np.where(lots["arm"] == "answer", lots["probability"], 1 - lots["probability"])
    assert ((np.random.default_rng(int(seed)).random(len(lots)) < chance) == (lots["arm"] == "answer")).all()


def test_two_monitors_recover_how_many_threads_there_were(large):
    held = large.truth["conversations"]["in_this_draw"]
    a, b, both = held["found_by_a"], held["found_by_b"], held["found_by_both"]
    error = np.sqrt(a * b * (a - both) * (b - both) / both**3)  # Lincoln and Petersen
    assert abs(a * b / both - held["threads_in_places_of_others"]) < ERRORS * error
    found = large.tables["interactions"].drop_duplicates("thread_id")["monitor"].value_counts()
    assert found.to_dict() == {"a": a - both, "b": b - both, "a+b": both}


def heard(sample) -> tuple[float, float]:
    """By how much, on the log scale, the unhappy reach more than the others, and the error of it."""
    messages = sample.tables["interactions"].query("author_role == 'customer'")
    mean = messages.groupby("author_id")["sentiment"].mean()
    public = messages[messages["is_public"] & (messages["reach"] > 0)]
    reach = np.log(public["reach"]).groupby(public["author_id"]).mean()
    unhappy = mean.reindex(reach.index) < 0
    one, other = reach[unhappy], reach[~unhappy]
    return one.mean() - other.mean(), np.sqrt(one.var() / len(one) + other.var() / len(other))


def test_the_unhappy_are_heard_by_more(large, nothing):
    for sample, ratio in ((large, PLANTED.reach_ratio), (nothing, 1.0)):
        gap, error = heard(sample)
        assert abs(gap - np.log(ratio)) < ERRORS * error


def test_functions_are_mixed_as_planted(threads):
    for function, share in zip(FUNCTIONS, PLANTED.functions, strict=True):
        agree((threads["function"] == function).to_numpy(), share)


def test_a_term_is_talked_about_more_from_one_day_on(threads):
    about = threads["text"].str.contains(PLANTED.term)
    full = threads["text"].str.split().str.len() > 4
    agree(about[full].to_numpy(), np.where(threads["day"] < DAYS - PLANTED.term_days, *PLANTED.term_share)[full])


def test_the_firm_broadcasts_gates_and_removes_less_and_less(large):
    messages = large.tables["interactions"].assign(day=lambda rows: days(rows["occurred_on"]))
    letters = messages[messages["channel"] == "newsletter"]
    agree(letters["gated"].to_numpy(bool), along(PLANTED.gates, letters["day"].to_numpy()))
    assert not messages.loc[messages["channel"] != "newsletter", "gated"].any()
    blog = messages[(messages["channel"] == "blog") & messages["author_role"].isin(["customer", "other"])]
    agree(blog["deleted"].to_numpy(bool), along(PLANTED.deletes_on_blog, blog["day"].to_numpy()))
    replies = messages[messages["author_role"].isin(["brand", "employee"]) & messages["in_reply_to"].notna()]
    first = replies[replies["intent"].isin(["answer", "news"])].drop_duplicates("thread_id")
    halves = (first["intent"] == "news").groupby(first["day"] > (FIRST_DAY + DAYS) / 2).mean()
    assert halves[False] > halves[True] + 0.15


def test_without_effects_nothing_depends_on_anything(nothing):
    found = opened(nothing)
    found["answered"] = found["firm_day"] - found["day"] < 3
    early = found[found["day"] < DAYS - 30].assign(
        unhappy=lambda rows: rows["sentiment"] < 0, late=lambda rows: rows["day"] > rows["day"].median()
    )
    for cause in ("intent", "channel", "unhappy", "late"):
        for outcome in ("joined", "asks", "answered"):
            seen = early[~early["lot"]] if outcome == "answered" else early
            assert stats.chi2_contingency(pd.crosstab(seen[cause], seen[outcome])).pvalue > 1e-4, (cause, outcome)
    lots = nothing.tables["lotteries"].merge(found, left_on="unit_id", right_on="thread_id")
    angry = (lots["angry_day"] - lots["day"] <= PLANTED.escalation_days).rename("angry")
    assert stats.chi2_contingency(pd.crosstab(lots["arm"], angry)).pvalue > 1e-4


def test_the_same_seed_gives_the_same_conversations():
    one, same, other = (make_sample(200, seed=seed).tables for seed in (5, 5, 6))
    for name in ("interactions", "lotteries"):
        pd.testing.assert_frame_equal(one[name], same[name])
    assert not one["interactions"]["text"].equals(other["interactions"]["text"])


def test_texts_are_varied_and_ask_where_somebody_asks(large, small):
    for sample, most in ((large, 0.02), (small, 0.02)):
        text = sample.tables["interactions"]["text"]
        assert text.value_counts(normalize=True).max() < most
        assert text.nunique() > 0.5 * len(text)
        assert (text.str.len() > 0).all()
    assert large.tables["interactions"]["text"].nunique() > 50_000


def test_no_size_follows_from_the_number_of_a_thread(threads, large):
    size = large.tables["interactions"].groupby("thread_id").size().reindex(threads["thread_id"]).to_numpy()
    number = threads["thread_id"].str[1:].astype(int).to_numpy()
    for modulo in (2, 7, 20):
        assert stats.chi2_contingency(pd.crosstab(number % modulo, np.minimum(size, 8))).pvalue > 1e-4


def test_private_places_know_conversations_of_many(threads, large):
    """Social CRM without social media: three and more authors meet in e-mail, phone and shop as well."""
    messages = large.tables["interactions"]
    authors = messages.groupby("thread_id")["author_id"].nunique().reindex(threads["thread_id"])
    share = (authors >= 5).groupby(threads["channel"].to_numpy()).mean()
    assert share[["e-mail", "phone", "shop"]].min() > 0.08


def test_messages_are_of_people_who_exist(large):
    messages = large.tables["interactions"]
    joined = messages["customer_id"].map(large.tables["customers"].set_index("customer_id")["joined_on"])
    customer = messages["author_role"] == "customer"
    assert (messages["customer_id"].notna() == customer).all()
    assert (joined[customer] < messages["occurred_on"][customer]).all()
    assert (messages.loc[customer, "author_id"] == messages.loc[customer, "customer_id"]).all()
    assert set(messages["author_role"]) == {"customer", "brand", "employee", "partner", "other"}
    guests = messages.loc[messages["author_id"].str.startswith("X"), "author_id"]
    assert guests.isin(large.tables["referrals"]["referrer_id"]).mean() > 0.9
    assert set(messages["team"].dropna()) == set(large.tables["employees"]["team"])
    assert (messages["team"].notna() == (messages["author_role"] == "employee")).all()


def test_answers_follow_their_message_in_the_same_thread(large):
    messages = large.tables["interactions"].set_index("interaction_id")
    reply = messages.dropna(subset=["in_reply_to"])
    there = reply["in_reply_to"].isin(messages.index)
    assert reply.loc[~there, "thread_id"].nunique() == large.truth["conversations"]["in_this_draw"]["threads_cut_off"]
    reply = reply[there]
    answered = messages.loc[reply["in_reply_to"]]
    assert (answered["thread_id"].to_numpy() == reply["thread_id"].to_numpy()).all()
    assert (answered["occurred_on"].to_numpy() <= reply["occurred_on"].to_numpy()).all()
    assert messages["occurred_on"].max() < AS_OF


def test_a_few_bots_write_much_and_dozens_wait(small):
    messages = small.tables["interactions"]
    bots = messages[messages["author_id"].str.startswith("B")]
    assert bots["author_id"].nunique() == PLANTED.bots
    assert bots["author_id"].value_counts().min() > 5
    recent = messages["occurred_on"] >= AS_OF - pd.Timedelta(days=30)
    waiting = messages[recent & ~messages["resolved"].fillna(True)]
    assert waiting["thread_id"].nunique() >= 36
    assert waiting.loc[waiting["is_public"], "thread_id"].nunique() >= 12
    assert (messages["author_id"].str.startswith("X") & messages["resolved"].notna()).any(), "who is no customer asks"


@pytest.mark.parametrize(("column", "low", "high"), [("sentiment", -1, 1), ("reach", 0, float("inf"))])
def test_numbers_stay_in_their_range(large, column, low, high):
    assert large.tables["interactions"][column].between(low, high).all()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_smallest_company_has_conversations(seed):
    tables = make_sample(200, seed=seed).tables
    assert tables["interactions"]["channel"].nunique() == len(CHANNELS)
    assert len(tables["lotteries"]) > 20
