"""Claims: a verdict from range, chance and corrected p-value; words and ledger rest on the same one."""

import math

import pytest

from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.claim import Chance, Claim, corrected
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.findings import gather_claims
from scrm_helpers.report.chapters.walk_plan import plan


def found(value=5.0, low=1.0, high=9.0, name="effect"):
    return Measure(name=name, value=value, unit="points", n=80, low=low, high=high)


NOTHING, DRAWN = Chance(0.0, "no difference"), Chance(3.0, "people of one age shuffled", 1.0, 4.9)


@pytest.mark.parametrize(
    ("estimate", "chance", "p", "verdict"),
    [
        (unknown("effect", "points", "nobody answered"), NOTHING, 0.001, "cannot say"),
        (found(), None, None, "descriptive"),
        (found(), NOTHING, None, "shown"),
        (found(-5, -9, -1), NOTHING, None, "shown"),
        (found(), NOTHING, 0.05, "shown"),
        (found(), NOTHING, 0.051, "not shown"),
        (found(), NOTHING, math.nan, "not shown"),
        (found(low=0.0), NOTHING, 0.01, "not shown"),
        (found(low=None, high=None), NOTHING, 0.001, "not shown"),
        (found(low=None, high=None), DRAWN, None, "shown"),
        (found(value=4.9, low=None, high=None), DRAWN, None, "not shown"),
        (found(low=2.0), DRAWN, None, "not shown"),  # its own range holds what chance gives
        (found(low=3.1), DRAWN, None, "shown"),
        (found(value=4.0, low=3.5, high=4.5), DRAWN, None, "not shown"),  # chance alone gives as much
    ],
)
def test_a_claim_is_shown_only_beyond_every_range_and_its_p(estimate, chance, p, verdict):
    claim = Claim(name="effect", tested="a beside b", estimate=estimate, chance=chance, p=p)
    assert claim.verdict == verdict
    assert claim.direction == (0 if verdict != "shown" else -1 if (estimate.value or 0) < 0 else 1)
    assert bool(claim.reason) == (verdict == "cannot say")


def test_a_family_is_corrected_as_a_whole_and_untested_claims_do_not_count():
    p = {"a": 0.01, "b": 0.04, "c": 0.03, "none": None, "undefined": math.nan}
    family = [Claim(name=k, tested="", estimate=found(), chance=NOTHING, p=v, family="one") for k, v in p.items()]
    alone = Claim(name="alone", tested="", estimate=found(), chance=NOTHING, p=0.04)
    by_name = {claim.name: claim for claim in corrected([*family, alone])}
    assert by_name["a"].p_corrected == pytest.approx(0.03)
    assert by_name["b"].p_corrected == by_name["c"].p_corrected == pytest.approx(0.06)
    assert by_name["none"].p_corrected is by_name["undefined"].p_corrected is by_name["alone"].p_corrected is None
    assert [by_name[name].verdict for name in ("a", "b", "c", "alone")] == ["shown", "not shown", "not shown", "shown"]


@pytest.mark.parametrize(
    ("own", "after", "p", "verdict"),
    [(0.001, 0.2, 0.2, "not shown"), (0.04, 0.01, 0.04, "shown"), (None, 0.2, None, "not shown"),
     (None, 0.01, None, "shown"), (0.2, 0.01, 0.2, "not shown"), (0.03, None, None, "shown")],
)  # fmt: skip
def test_what_is_asked_after_another_test_is_shown_only_where_that_one_is(own, after, p, verdict):
    (claim,) = corrected([Claim(name="later", tested="", estimate=found(), chance=NOTHING, p=own, after=after)])
    assert (claim.p_corrected, claim.verdict) == (p, verdict)


class Difference(Answer):
    effect: Measure = unknown("effect", "points")
    p: float | None = None

    def claimed(self):
        return (Claim(name="effect", tested="a beside b", estimate=self.effect, chance=NOTHING, p=self.p),)

    def words(self):
        return Words(sentence={"shown": "a is above b."}.get(self.tested("effect").verdict, "No difference is shown."))


def test_words_rest_on_the_verdict_and_the_ledger_places_it():
    answer = Difference(effect=found(), p=0.2, population="customers asked", window="2025")
    assert answer.sentence == "No difference is shown."
    assert Difference(effect=found(), p=0.02).sentence == "a is above b."
    (claim,) = answer.claims
    assert (claim.sentence, claim.estimate.population, claim.estimate.window) == (
        "No difference is shown.",
        "customers asked",
        "2025",
    )
    absent = Difference(reason="nobody answered")
    assert (absent.claims[0].verdict, absent.claims[0].reason) == ("cannot say", "nobody answered")
    assert absent.claims[0].sentence == "There is no answer: nobody answered."


def test_results_hold_the_claims_and_refuse_two_different_ones_of_a_name():
    kept, faults = results.document(plan("03"), "data", [Difference(effect=found(), p=0.02, population="all")])
    assert not faults
    (claim,) = kept["claims"]
    assert kept["answers"][0]["claims"] == ["effect"]
    assert claim == {
        "name": "effect", "verdict": "shown", "sentence": "a is above b.", "family": "", "tested": "a beside b",
        "estimate": 5.0, "unit": "points", "low": 1.0, "high": 9.0, "level": 0.95, "n": 80, "population": "all",
        "window": "", "window_from": None, "window_to": None, "reason": "", "p": 0.02, "p_corrected": 0.02,
        "chance": {"value": 0.0, "low": None, "high": None, "how": "no difference"}, "grade": None, "numbers": [],
    }  # fmt: skip
    again, faults = results.document(plan("03"), "data", [Difference(effect=found())] * 2)
    assert (len(again["claims"]), faults) == (1, [])  # the same claim may be printed twice
    twice, faults = results.document(plan("03"), "data", [Difference(effect=found(4)), Difference(effect=found())])
    assert len(twice["claims"]) == 1
    assert "two different claims of the name 'effect'" in str(faults[0])


def test_the_ledger_lists_every_claim_with_its_test():
    answers = [Difference(effect=found(), p=0.0001)]
    chapters = {"03": results.document(plan("03"), "data", answers)[0], "04": {"numbers": {}}}
    ledger = gather_claims(chapters)
    assert ledger.sentence.startswith("1 claim in 1 chapter: 1 shown. ")
    (row,) = ledger.table.to_dict("records")
    assert (row["What was tested"], row["Verdict"], row["Found"]) == ("03: a beside b", "shown", "+5 (+1 to +9)")
    assert (row["Chance gives"], row["p"], row["Base (n)"]) == ("0: no difference", "under .001", "80")
    assert gather_claims({"01": {}}).sentence == (
        "No chapter of this report claims more than what it counted: nothing was tested in it."
    )
