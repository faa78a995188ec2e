"""Everything of chapter 03 for a million customers, and rank association beside scipy, in one run.

Run: python benchmarks/advocacy/stated_actual.py [--customers 1000000] [--answers 200000] [--referrals 300000]
Prints seconds, ratios and the peak memory of the process; the target is under 20 s and 2 GB on two cores.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from scrm_helpers import advocacy
from scrm_helpers.advocacy.score.nps import latest_answers
from scrm_helpers.answers.terms import Terms
from scrm_helpers.sample.published_facts import published
from scrm_helpers.stats.rank import rank_coefficients, somers_d

AS_OF = pd.Timestamp("2026-09-30")
DRAWS = 2000


def company(n: int, answers: int, referrals: int, seed: int = 1) -> dict[str, pd.DataFrame]:
    """Simulate the four tables with ids as text, as they come from a reader."""
    rng = np.random.default_rng(seed)
    ids = pd.Series(np.char.add("C", np.arange(n).astype(str).astype(object).astype("U8"))).astype("str")
    joined = AS_OF - pd.to_timedelta(rng.integers(30, 1800, n), unit="D")
    segment = pd.Series(rng.choice(["Consumer", "Business", "Partner"], n, p=[0.6, 0.3, 0.1])).astype("str")
    customers = pd.DataFrame({"customer_id": ids, "joined_on": joined, "segment": segment})
    asked = rng.integers(0, n, 2 * answers)
    invited = AS_OF - pd.to_timedelta(rng.integers(1, 1000, 2 * answers), unit="D")
    score = rng.choice(11, 2 * answers, p=np.array([2, 1, 2, 2, 3, 6, 6, 10, 22, 22, 24]) / 100).astype(float)
    score[rng.permutation(2 * answers)[:answers]] = np.nan
    surveys = pd.DataFrame(
        {
            "customer_id": ids.iloc[asked].to_numpy(),
            "invited_on": invited,
            "responded_on": (invited + pd.Timedelta(days=3)).where(~np.isnan(score)),
            "score": score,
            "wave": pd.Series(np.where(invited > AS_OF - pd.Timedelta(days=500), "W2", "W1")).astype("str"),
        }
    )
    made = pd.DataFrame(
        {
            "referrer_id": ids.iloc[rng.integers(0, n, referrals)].to_numpy(),
            "referred_id": ids.iloc[rng.integers(0, n, referrals)].to_numpy(),
            "referred_on": AS_OF - pd.to_timedelta(rng.integers(0, 1000, referrals), unit="D"),
        }
    )
    late = rng.integers(1, 60, referrals)
    made["converted_on"] = (made["referred_on"] + pd.to_timedelta(late, unit="D")).where(rng.random(referrals) < 0.4)
    orders = pd.DataFrame(
        {
            "customer_id": ids.iloc[rng.integers(0, n, n)].to_numpy(),
            "ordered_on": AS_OF - pd.to_timedelta(rng.integers(0, 730, n), unit="D"),
            "amount": rng.lognormal(3, 1, n),
        }
    )
    return {"customers": customers, "surveys": surveys, "referrals": made, "transactions": orders}


def chapter(tables: dict[str, pd.DataFrame]) -> dict[str, float]:
    """Run every analysis of the chapter and return the seconds of each."""
    surveys, referrals, customers = tables["surveys"], tables["referrals"], tables["customers"]
    seconds: dict[str, float] = {}

    def timed(name: str, run: Callable[[], object]) -> object:
        start = time.perf_counter()
        result = run()
        seconds[name] = time.perf_counter() - start
        return result

    by_id = customers.set_index("customer_id")
    linked = timed("link answers", lambda: advocacy.link_answers(surveys, referrals, AS_OF, 365))
    latest = timed("latest answers", lambda: latest_answers(surveys, AS_OF))
    timed("score", lambda: advocacy.net_promoter_score(latest["score"], Terms(AS_OF)))
    timed("waves", lambda: advocacy.compare_waves(surveys, Terms(AS_OF)))
    timed("share by answer", lambda: advocacy.referral_by_answer(linked, Terms(AS_OF)))
    crv = pd.Series(np.random.default_rng(2).lognormal(3, 1, len(linked.made)), index=linked.made["referrer_id"])
    crv = crv.groupby(level=0).sum()
    timed("worth by answer, bootstrap-t", lambda: advocacy.worth_by_answer(linked, Terms(AS_OF), crv))
    timed("money in two parts, bootstrap", lambda: advocacy.two_part_model(linked, crv, Terms(AS_OF)))
    timed("rank association", lambda: advocacy.answer_and_referral(linked, Terms(AS_OF)))
    timed("count models", lambda: advocacy.referral_models(linked, Terms(AS_OF)))
    timed("placebo", lambda: advocacy.reversed_time_placebo(linked, referrals, by_id["joined_on"], Terms(AS_OF)))
    timed("funnel", lambda: advocacy.intention_funnel(linked, Terms(AS_OF), 8, published("referral_funnel"), crv))
    timed("segments", lambda: advocacy.by_segment(linked, by_id["segment"], Terms(AS_OF)))
    timed("within segments", lambda: advocacy.within_segments(linked, by_id["segment"], Terms(AS_OF)))
    window = pd.Timedelta(days=365)
    past = timed("history, first cut", lambda: history(tables, AS_OF - 2 * window))
    then = timed("history, second cut", lambda: history(tables, AS_OF - window))
    model = timed("model", lambda: advocacy.fit_referral_model(past))
    timed("calibration", lambda: advocacy.calibration_by_answer(model, then, Terms(AS_OF)))
    ranks = {"by answer": then["score"], "by model": model.ranking(then), "by past referrals": then["past"]}
    timed(
        "targeting, bootstrap-t",
        lambda: advocacy.targeting_curve(then["future"], ranks, 10_000, Terms(AS_OF)),
    )
    timed("who answers", lambda: advocacy.who_answers(surveys, referrals, by_id["segment"], Terms(AS_OF)))
    timed("asking", lambda: advocacy.survey_effect(surveys, referrals, customers, Terms(AS_OF)))
    orders = tables["transactions"]
    timed("weights", lambda: advocacy.weighted_to_invited(surveys, customers, referrals, orders, Terms(AS_OF)))
    timed(
        "earned growth, bootstrap-t",
        lambda: advocacy.earned_growth(tables["transactions"], customers, referrals, Terms(AS_OF)),
    )
    return seconds


def history(tables: dict[str, pd.DataFrame], cut: pd.Timestamp) -> pd.DataFrame:
    """Describe every customer as of a day."""
    return advocacy.referral_history(tables["customers"], tables["surveys"], tables["referrals"], cut)


def beside_scipy(n: int = 20_000) -> None:
    """Time Somers' D and tau-b with ties beside scipy, alternating, on the same data."""
    rng = np.random.default_rng(3)
    score = rng.integers(0, 11, n)
    made = rng.poisson(np.exp(-1.5 + 0.05 * score) * rng.gamma(0.5, 2, n))
    worth = np.round(made * rng.lognormal(3, 1, n), 1)
    for name, outcome in (("number of referrals", made), ("referral value", worth)):
        _compare(name, score, outcome)


def _compare(name: str, score: np.ndarray, made: np.ndarray) -> None:
    from scipy import stats

    n = len(score)
    ours, theirs = [], []
    for _ in range(5):
        start = time.perf_counter()
        found = somers_d(made, score)
        ours.append(time.perf_counter() - start)
    for _ in range(2):
        start = time.perf_counter()
        expected = stats.somersd(score, made)
        theirs.append(time.perf_counter() - start)
    assert abs(found.value - expected.statistic) < 1e-9
    slow, fast = float(np.median(theirs)), float(np.median(ours))
    print(f"Somers' D of the {name} ({len(np.unique(made)):,} values), {n:,} rows: ", end="")
    print(f"scipy {slow:.3f} s, ours {fast:.5f} s, ratio {slow / fast:,.0f}")
    start = time.perf_counter()
    tau = stats.kendalltau(score, made).statistic
    scipy_tau = time.perf_counter() - start
    start = time.perf_counter()
    both = rank_coefficients(made, score)
    own_tau = time.perf_counter() - start
    assert abs(both["tau_b"].value - tau) < 1e-9
    print(f"tau-b with its error, D and gamma: scipy (tau-b alone) {scipy_tau:.4f} s, ours {own_tau:.4f} s")


def main() -> None:
    """Print the comparison and the whole chapter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--answers", type=int, default=200_000)
    parser.add_argument("--referrals", type=int, default=300_000)
    asked = parser.parse_args()
    beside_scipy()
    tables = company(asked.customers, asked.answers, asked.referrals)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    processor = time.process_time()
    seconds = chapter(tables)
    processor = time.process_time() - processor
    for name, taken in seconds.items():
        print(f"{name:32s} {taken:8.3f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{'everything':32s} {sum(seconds.values()):8.3f} s, {processor:.1f} s of processor; ", end="")
    print(f"peak {peak:.2f} GB, of which tables {base:.2f} GB")


if __name__ == "__main__":
    main()
