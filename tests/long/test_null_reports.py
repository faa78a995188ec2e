"""Whole reports of worlds in which nothing is so: what they claim is shown must not be.

Twenty reports a family, the shipped notebooks through the shipped command; about a quarter of an hour in all.
"""

import json
import re

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.report.run import RunOptions, run_report
from scrm_helpers.sample import sample_company, world, write_sample
from scrm_helpers.sample.world import Planted
from scrm_helpers.stats.chance import age_groups

WORLDS, MOST = 20, 3
PERIODS = [str(quarter) for quarter in pd.period_range("2023Q4", "2026Q3", freq="Q")]


def shuffled_scores(tables, rng):
    """Answers change hands within their wave: what people say has nothing to do with anything else."""
    surveys = tables["surveys"]
    scores = surveys.groupby("wave")["score"].transform(
        lambda wave: wave.mask(wave.notna(), pd.Series(rng.permutation(wave.dropna()), wave[wave.notna()].index))
    )
    return {"surveys": surveys.assign(score=scores)}


def shuffled_referrers(tables, rng):
    """Who brought somebody changes places with another customer of the same age."""
    customers, referrals = tables["customers"], tables["referrals"]
    age = pd.Series(age_groups(customers["joined_on"]), customers.index)
    ids = customers["customer_id"]
    other = ids.groupby(age).transform(rng.permutation)
    swap = pd.Series(other.to_numpy(), ids.to_numpy())
    moved = referrals.assign(referrer_id=referrals["referrer_id"].map(swap).fillna(referrals["referrer_id"]))
    return {"referrals": moved[moved["referrer_id"] != moved["referred_id"]]}


def panel_of(treated, controls, rng, drift=0.0):
    """Units whose outcome has levels of their own, common quarters and noise; `treated` names their first quarters."""
    starts = [*treated, *[None] * controls]
    shared = rng.normal(0, 0.01, len(PERIODS))
    rows = []
    for number, start in enumerate(starts):
        level, noise = rng.normal(0.8, 0.03), rng.normal(0, 0.02, len(PERIODS))
        slope = drift * np.arange(len(PERIODS)) if start else 0.0
        values = np.clip(level + shared + noise + slope, 0.01, 0.99)
        rows += [
            {
                "outcome": "retained share", "unit_id": f"S{number:02}", "period": period, "value": round(value, 6),
                "n": 180, "first_period": start, "initiative_id": "helpdesk", "randomised": False,
            }
            for period, value in zip(PERIODS, values, strict=True)
        ]  # fmt: skip
    return pd.DataFrame(rows)


def panel(treated, controls, drift=0.0):
    return lambda _tables, rng: {"initiative_panel": panel_of(treated, controls, rng, drift)}


def unchanged(_tables, _rng):
    return {}


TWENTY = ["2024Q4"] * 12 + ["2025Q2"] * 12
ANSWERS = r"(answer_and|highest_answers|value_|referral_factor|answer_tells|chance_and_ranking_by_answer)"
REFERRERS = r"(ties_are_alike|orders_follow|low_value|misses_referral_value|together_\w+_and_referral_value)"
FAMILIES = {
    "scores shuffled": (shuffled_scores, ["03"], ANSWERS),
    "referrers shuffled": (shuffled_referrers, ["04", "05"], REFERRERS),
    "no influence": (unchanged, ["04", "05"], r"(orders_follow|messages_move)"),
    "no effect": (panel(TWENTY, 24), ["07"], "effect_"),
    "drift without effect": (panel(TWENTY, 24, drift=0.002), ["07"], "effect_"),
    "one treated unit": (panel(["2025Q2"], 11), ["07"], "effect_"),
    "cohorts of two": (panel(["2024Q3"] * 2 + ["2025Q1"] * 2 + ["2025Q3"] * 2, 12), ["07"], "effect_"),
    "8 + 8 units": (panel(["2025Q1"] * 8, 8), ["07"], "effect_"),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_reports_of_worlds_without_an_effect_show_none(family, tmp_path, monkeypatch):
    change, chapters, claims = FAMILIES[family]
    if family == "no influence":
        monkeypatch.setattr(world, "TRIGGER", 0.0)
    tested, shown = set(), {}
    for seed in range(WORLDS):
        company, out = tmp_path / f"company{seed}", tmp_path / f"out{seed}"
        tables = write_sample(company, 1000, seed=1000 + seed).tables
        for name, table in change(tables, np.random.default_rng([7, seed])).items():
            table.to_csv(company / f"{name}.csv", index=False)
        assert run_report(company, None, out, RunOptions(only=chapters)).exit_code == 0
        found = json.loads((out / "results.json").read_text())["chapters"]
        here = [claim for chapter in chapters for claim in found[chapter]["claims"] if re.match(claims, claim["name"])]
        tested |= {claim["name"] for claim in here if claim["verdict"] in ("shown", "not shown")}
        if names := [claim["name"] for claim in here if claim["verdict"] == "shown"]:
            shown[seed] = names
    assert tested, "none of these claims was tested in any world"
    assert len(shown) <= MOST, shown


PLANTED = {
    "degree_gap": "the firm sends broadcasts, customers do not",
    "marketing_share": "a tenth of the threads of people are about marketing, and one half is asked for",
}


def test_conversations_with_nothing_planted_show_no_family_of_claims(tmp_path, monkeypatch):
    monkeypatch.setattr(sample_company, "Planted", lambda: Planted().without_effects)
    tested, shown = set(), {}
    for seed in range(WORLDS):
        company, out = tmp_path / f"company{seed}", tmp_path / f"out{seed}"
        write_sample(company, 800, seed=1000 + seed)
        assert run_report(company, None, out, RunOptions(only=["06"])).exit_code == 0
        for claim in json.loads((out / "results.json").read_text())["chapters"]["06"]["claims"]:
            if claim["name"] in PLANTED or claim["verdict"] not in ("shown", "not shown"):
                continue
            tested.add(claim["name"])
            if claim["verdict"] == "shown":
                shown.setdefault(claim["family"] or claim["name"], set()).add(seed)
    assert tested, "none of these claims was tested in any world"
    assert max(map(len, shown.values()), default=0) <= MOST, shown
