"""Growth by referral: hand-worked coefficients, closed forms, censoring."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from given import TERMS

from scrm_helpers.network import build_forest, cascade_reach, largest_cascades, referral_receipt
from scrm_helpers.network.forest.fraud import fraud_hints
from scrm_helpers.network.forest.growth import time_to_refer, viral_growth

SEEDED = replace(TERMS, seed=1)


def company(seed, people, coefficient):
    """Seeds who each bring Poisson(K) customers 30 days after joining, who do the same, as long as the world runs."""
    rng = np.random.default_rng(seed)
    joined, parent = list(rng.integers(0, 700, people)), [-1] * people
    place = 0
    while place < len(joined):
        for _ in range(rng.poisson(coefficient)):
            joined.append(joined[place] + 30)
            parent.append(place)
        place += 1
    start = pd.Timestamp("2024-01-01")
    ids = [f"P{number:06}" for number in range(len(joined))]
    customers = pd.DataFrame({"customer_id": ids, "joined_on": start + pd.to_timedelta(joined, unit="D")})
    customers = customers[customers["joined_on"] <= "2026-09-30"].astype({"joined_on": "datetime64[us]"})
    below = [place for place in customers.index if parent[place] >= 0]
    rows = pd.DataFrame(
        {"referrer_id": [ids[parent[place]] for place in below], "referred_id": [ids[place] for place in below]}
    )
    rows["referred_on"] = customers.loc[below, "joined_on"].to_numpy()
    return rows, customers.reset_index(drop=True)


def test_the_coefficient_of_a_branching_process_is_found():
    hits = 0
    for seed in range(40):
        rows, customers = company(seed, 300, 0.4)
        measure = viral_growth(build_forest(rows, customers), customers, SEEDED).year
        hits += measure.low <= 0.4 <= measure.high
    assert hits >= 34  # 95 % of 40 is 38; 33 or fewer would be a chance of 0.6 %


def grown(old, new, came):
    """Old customers who bring one each on day 151, and customers who joined yesterday."""
    ids = [[f"{letter}{number:02}" for number in range(n)] for letter, n in (("A", old), ("B", new), ("C", came))]
    days = ["2025-01-01"] * old + ["2026-09-29"] * new + ["2025-06-01"] * came
    customers = pd.DataFrame({"customer_id": ids[0] + ids[1] + ids[2], "joined_on": pd.to_datetime(days)})
    rows = pd.DataFrame(
        {"referrer_id": ids[0][:came], "referred_id": ids[2], "referred_on": pd.Timestamp("2025-05-30")}
    )
    return viral_growth(build_forest(rows, customers), customers, SEEDED)


def test_customers_who_joined_lately_are_not_held_against_it():
    # 30 customers bring one each at day 151, when the 30 who came are observed too: 30 of 60. The plain ratio is 0.23.
    growth = grown(30, 70, 30)
    assert growth.year.value == 0.5
    assert growth.curve.loc[growth.curve["days"].isin([90, 180]), "brought"].tolist() == [0.0, 0.5]
    # n = 60 and 30 events: each who brought adds (1 - 1/2) / 60, everybody else -1/120, and cascades are summed
    error = (30 * (0.5 / 60 - 0.5 / 60) ** 2) ** 0.5
    assert growth.year.low == pytest.approx(0.5 * np.exp(-1.959963984540054 * error / 0.5))
    assert growth.cycle.value == 151  # 1 January to 1 June 2025
    assert growth.two_years.reason == "fewer than 20 customers are observed for 730 days"
    assert growth.per_seed.value == 1.3
    growth.plot()


def test_the_error_is_summed_over_whole_cascades():
    growth = grown(40, 0, 10)
    # 50 observed to day 151, 10 events: a cascade of two adds 0.8 / 50 - 0.2 / 50, one of one -0.2 / 50
    error = (10 * (0.6 / 50) ** 2 + 30 * (0.2 / 50) ** 2) ** 0.5
    assert growth.year.value == pytest.approx(0.2)
    assert growth.year.high == pytest.approx(0.2 * np.exp(1.959963984540054 * error / 0.2))


def test_nobody_brought_still_has_an_upper_end():
    customers = pd.DataFrame({"customer_id": [f"A{n}" for n in range(50)], "joined_on": pd.Timestamp("2024-01-01")})
    nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    growth = viral_growth(build_forest(nobody, customers), customers, SEEDED)
    assert (growth.year.value, growth.year.low) == (0, 0)
    assert growth.year.high == pytest.approx(-np.log(0.025) / 50)  # (1 - p)^50 = 2.5 %, nearly
    assert growth.sentence.startswith(
        "One hundred customers bring 0 within 365 days (95% range 0 to 7) and 0 within 730 days"
    )


def test_too_few_customers_is_a_reason():
    customers = pd.DataFrame({"customer_id": ["A"], "joined_on": pd.to_datetime(["2020-01-01"])})
    nobody = pd.DataFrame({"referrer_id": [], "referred_id": [], "referred_on": pd.to_datetime([])})
    growth = viral_growth(build_forest(nobody, customers), customers, SEEDED)
    assert growth.sentence == (
        "How many customers a customer brings cannot be computed: fewer than 20 customers are known and observed for "
        "a day."
    )
    assert growth.year.value is None
    assert {claim.verdict for claim in growth.claims} == {"cannot say"}


def test_time_to_refer_is_kaplan_meier():
    # 20 at risk until day 10 (one refers), 19 observed 20 days, one of them refers on day 20 of 19.
    people = [f"P{number:02}" for number in range(40)]
    customers = pd.DataFrame({"customer_id": people, "joined_on": pd.Timestamp("2026-09-10")})
    rows = pd.DataFrame(
        {
            "referrer_id": ["P00", "P00", "P01", "P02"],
            "referred_id": ["x", "y", "z", "P02"],  # the last referred themselves
            "referred_on": pd.to_datetime(["2026-09-20", "2026-09-21", "2026-09-25", "2026-09-12"]),
        }
    )
    result = time_to_refer(rows, customers, TERMS)
    assert result.curve["days"].tolist() == [0, 10, 15]
    assert result.curve["share"].tolist() == pytest.approx([0, 1 / 40, 1 - 39 / 40 * 38 / 39])
    assert result.within_year.reason == "no customer was observed for a year"
    # log-log range of Greenwood's variance, by hand at day 10: S = 39/40, sum d / (n (n - d)) = 1 / (40 * 39)
    error = 1.959963984540054 * (1 / (40 * 39)) ** 0.5 / -np.log(39 / 40)
    ends = [1 - (39 / 40) ** np.exp(side * error) for side in (-1, 1)]
    assert result.curve.loc[1, ["low", "high"]].tolist() == pytest.approx(ends)


def test_when_everybody_has_referred_the_range_ends_at_one():
    people = [f"P{number:02}" for number in range(30)]
    customers = pd.DataFrame({"customer_id": people, "joined_on": pd.Timestamp("2025-01-01")})
    rows = pd.DataFrame({"referrer_id": people, "referred_id": [f"x{person}" for person in people]})
    rows["referred_on"] = pd.to_datetime(["2025-01-11"] * 10 + ["2025-01-21"] * 20)
    curve = time_to_refer(rows, customers, TERMS).curve
    assert curve["share"].tolist() == pytest.approx([0, 1 / 3, 1])
    assert curve.loc[2, ["low", "high"]].tolist() == [curve.loc[1, "low"], 1.0]


def test_hints_of_abuse():
    rows = pd.DataFrame(
        [("A", "A", 1), ("B", "C", 1), ("C", "B", 2), ("D", "E", 1), ("F", "G", 1)]
        + [("H", f"I{number}", 1 + number % 3) for number in range(8)]
        + [("J", f"K{number}", 1 + 4 * number) for number in range(8)],
        columns=["referrer_id", "referred_id", "day"],
    )
    rows["referred_on"] = pd.Timestamp("2026-01-01") + pd.to_timedelta(rows.pop("day"), unit="D")
    rows["reward_cost"] = 20.0
    mail = {"D": "kim.lee@example.org", "E": "KimLee+2@example.org", "F": "ada@example.org", "G": "bob@example.org"}
    customers = pd.DataFrame({"customer_id": list(mail), "email": list(mail.values())})
    hints = fraud_hints(rows, customers, TERMS)
    found = hints.by_hint.set_index("Hint")[["Referrals", "People"]].to_numpy().tolist()
    assert found == [[1, 1], [2, 2], [1, 1], [8, 1]]  # A themselves; B and C a ring; D a mail address; H a burst
    assert hints.sentence.startswith("12 of 21 referrals carry a hint")
    assert hints.measures[1].value == 240.0
    assert "No mail addresses" in fraud_hints(rows, None, TERMS).note
    clean = fraud_hints(rows[rows["referrer_id"] == "J"], None, TERMS)
    assert clean.sentence == "None of 8 referrals carries a hint of abuse among those looked for."


def test_strangers_are_not_known_and_not_nobody():
    rows = pd.DataFrame({"referrer_id": ["a", "b"], "referred_id": ["x1", "x2"]})
    rows["referred_on"] = rows["converted_on"] = pd.Timestamp("2025-03-01")
    people = pd.DataFrame({"customer_id": list("abc"), "joined_on": pd.Timestamp("2024-01-01")})
    forest = build_forest(rows, people, as_of="2026-09-30")
    for found in (
        viral_growth(forest, people, SEEDED),
        referral_receipt(forest),
        cascade_reach(forest, people, TERMS),
        largest_cascades(forest, TERMS, pd.Series(dtype=float)),
    ):
        assert "none of the 2 referrals that brought somebody names a customer" in found.sentence
        assert "nobody" not in found.sentence
    nobody = build_forest(rows.assign(converted_on=pd.NaT), people, as_of="2026-09-30")
    assert nobody.unseen == ""
    assert referral_receipt(nobody).sentence.startswith("0 of 2 referrals brought a customer")


def test_what_is_known_sets_no_limit():
    people = pd.DataFrame({"customer_id": [f"c{k:03d}" for k in range(200)], "joined_on": pd.Timestamp("2024-01-01")})
    rows = pd.DataFrame(
        {"referrer_id": people["customer_id"][:30], "referred_id": people["customer_id"][100:130].to_numpy()}
    )
    rows["referred_on"] = rows["converted_on"] = pd.Timestamp("2024-01-01")
    found = viral_growth(build_forest(rows, people, as_of="2026-09-30"), people, SEEDED)
    assert found.longest.value < 1
    assert "dies out" not in found.sentence
    assert "What they bring after that is not known" in found.sentence
    assert found.tested("referral_grows_by_itself").direction == -1


def test_growth_by_itself_is_said_where_it_is():
    people = pd.DataFrame({"customer_id": [f"c{k:04d}" for k in range(3000)], "joined_on": pd.Timestamp("2026-01-01")})
    people.loc[:199, "joined_on"] = pd.Timestamp("2024-01-01")
    rows = pd.DataFrame({"referrer_id": [f"c{k % 200:04d}" for k in range(1000)]})
    rows["referred_id"], rows["referred_on"] = [f"c{k:04d}" for k in range(1000, 2000)], pd.Timestamp("2025-12-31")
    found = viral_growth(build_forest(rows, people), people, SEEDED)
    assert "more than one each within 1003 days: referral grows by itself" in found.sentence.replace(",", "")
