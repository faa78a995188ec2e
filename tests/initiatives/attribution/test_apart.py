"""Several initiatives on one outcome, and tables in which nothing can be attributed: each named in one sentence."""

import numpy as np
import pandas as pd
import pytest

from scrm_helpers.initiatives import gather_evidence
from scrm_helpers.initiatives.valuation.tie_out import own_effect


def table(starts, effects, periods=12, seed=0, outcome="margin"):
    """One unit for each (initiative, start), with the effect of its initiative."""
    rng = np.random.default_rng(seed)
    names = [f"{2024 + quarter // 4}Q{quarter % 4 + 1}" for quarter in range(periods)]
    rows = []
    for unit, (initiative, start) in enumerate(starts):
        values = rng.normal(size=periods) + 3 * rng.normal()
        if start is not None:
            values += effects.get(initiative, 0.0) * (np.arange(periods) >= start)
        first = None if start is None else names[start]
        rows += [
            (outcome, f"U{unit:02d}", when, value, first, initiative) for when, value in zip(names, values, strict=True)
        ]
    columns = ["outcome", "unit_id", "period", "value", "first_period", "initiative_id"]
    return pd.DataFrame(rows, columns=columns)


BOTH = [("helpdesk", 6)] * 12 + [("forum", 6)] * 12 + [(None, None)] * 12


def test_two_initiatives_on_one_outcome_have_a_ladder_each():
    found = gather_evidence(table(BOTH, {"helpdesk": 5.0, "forum": -5.0}))
    up, down = found.ladders["margin (helpdesk)"], found.ladders["margin (forum)"]
    assert up.best.effect == pytest.approx(5, abs=0.8)
    assert down.best.effect == pytest.approx(-5, abs=0.8)
    assert {claim.name: claim.verdict for claim in found.claims} == {
        "effect_forum_margin": "shown",
        "effect_helpdesk_margin": "shown",
    }
    assert "12 left out: treated by another initiative" in up.panel.base
    assert "margin (forum)" in found.sentence
    assert own_effect(found, "", "margin") is None  # a case that names the outcome alone cannot mean both


def test_units_that_both_treated_belong_to_none_and_are_named():
    frame = table([*BOTH, *[("helpdesk", 4)] * 3], {"helpdesk": 5.0, "forum": -5.0})
    twice = frame[frame["unit_id"] >= "U36"].assign(initiative_id="forum", first_period="2026Q1")
    found = gather_evidence(pd.concat([frame, twice]))
    assert "3 left out: another initiative treated them too" in found.ladders["margin (helpdesk)"].panel.base
    assert "3 left out: another initiative treated them too" in found.ladders["margin (forum)"].panel.base
    assert found.ladders["margin (helpdesk)"].best.effect == pytest.approx(5, abs=0.8)


def test_units_that_both_treated_throughout_cannot_be_told_apart():
    frame = table([("helpdesk", 4)] * 9 + [(None, None)] * 9, {})
    twice = frame[frame["first_period"].notna()].assign(initiative_id="forum", first_period="2026Q1")
    found = gather_evidence(pd.concat([frame, twice]))
    assert (
        "margin (forum) has no unit that forum alone treated: 9 were treated by another initiative too"
        in found.sentence
    )
    assert [claim.verdict for claim in found.claims] == ["cannot say"] * 2
    assert all(measure.reason for measure in found.measures)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (table([("helpdesk", None)] * 12, {}), "margin was rolled out to nobody: no unit has a first period"),
        (
            table([("helpdesk", 6)] * 6 + [("helpdesk", None)] * 6, {}).query("period < '2025Q3'"),
            "margin was not rolled out yet: the start (2025Q3) lies after the last period (2025Q2)",
        ),
        (
            table([("helpdesk", 0)] * 6 + [("helpdesk", None)] * 6, {}).query("period == '2024Q1'"),
            "margin was measured once (2024Q1), so there is no before to compare with",
        ),
        (
            table([("helpdesk", 0)] * 6 + [("helpdesk", None)] * 6, {}),
            "margin has no unit that was seen before its start",
        ),
    ],
)
def test_what_cannot_be_judged_is_one_sentence(frame, words):
    found = gather_evidence(frame)
    assert words in found.sentence
    (claim,) = found.claims
    assert (claim.name, claim.verdict) == ("effect_helpdesk_margin", "cannot say")
    assert words in claim.reason
    beside = gather_evidence(pd.concat([frame, table(BOTH[:12] + BOTH[-12:], {"helpdesk": 5.0}, outcome="trust")]))
    assert f"Margin cannot be judged: it {words.removeprefix('margin ')}" in beside.sentence
    assert beside.shown == ("trust",)


def test_all_units_treated_at_once_is_said():
    found = gather_evidence(table([("helpdesk", 6)] * 20, {"helpdesk": 3.0}))
    said = found.ladders["margin"].sentence
    assert "All 20 units were treated at once, so none is left to compare with." in said
    assert found.claims[0].verdict == "cannot say"
    assert "Margin cannot be judged: All 20 units were treated at once" in found.sentence
    assert "All 20 units" in found.claims[0].reason


def test_each_claim_says_its_own_part_of_what_is_printed():
    moved, still = table(BOTH[:12] + BOTH[-12:], {"helpdesk": 5.0}), table(BOTH[:12] + BOTH[-12:], {}, outcome="trust")
    found = gather_evidence(pd.concat([moved, still]))
    said = {claim.name: claim.sentence for claim in found.claims}
    assert said["effect_helpdesk_margin"].startswith("margin +")
    assert said["effect_helpdesk_trust"] == "No effect can be shown on trust."
    assert all(part in found.sentence for part in said.values())


def test_a_name_given_to_the_treated_alone_changes_nothing():
    frame = table(BOTH[:12] + BOTH[-12:], {"helpdesk": 5.0})
    blank = frame.assign(initiative_id=frame["initiative_id"].where(frame["first_period"].notna()))
    one, two = (gather_evidence(one).ladders["margin"].best for one in (frame, blank))
    assert one.effect == two.effect
