"""One verdict from value, range and grade: every cell of the table, the whole notation, the same claim."""

import numpy as np
import pytest

from scrm_helpers.answers.measure import Measure
from scrm_helpers.initiatives.valuation.case_value import Judgement, pay_verdict, verdict_table

# written down from reference/RETURN_ON_INITIATIVE.md 2.1a
CELLS = {
    (0.1, 0.9, 0.99): ("shown to pay", "likely to pay", "believed to pay: test it"),
    (-0.1, 0.9, 0.80): ("likely to pay", "open, leaning yes", "open"),
    (-0.5, 0.9, 0.50): ("open", "open", "open"),
    (-0.9, 0.1, 0.20): ("likely not to pay", "open, leaning no", "open"),
    (-0.9, -0.1, 0.01): ("shown not to pay", "likely not to pay", "believed not to pay"),
}


def judged(value, low, high, chance, grade, **more):
    roinit = Measure(name="roinit_desk_8q", value=value, unit="ratio", low=low, high=high)
    return Judgement(roinit=roinit, horizon=8, view="economic", chance=chance, grade=grade, **more)


@pytest.mark.parametrize(("row", "said"), CELLS.items())
def test_every_cell_of_the_verdict_table(row, said):
    for grades, word in zip((("A", "B"), ("B-", "C"), ("D", "E")), said, strict=True):
        assert {pay_verdict(*row, grade) for grade in grades} == {word}
    assert tuple(verdict_table().iloc[list(CELLS).index(row), 1:]) == said


def test_the_notation_is_always_whole():
    assert judged(0.36, -0.20, 1.10, 0.84, "B").notation == (
        "RoInit@8Q(economic) = +0.36 [−0.20, +1.10], P = 0.84, grade B"
    )
    assert "P > 0.99" in judged(0.36, 0.2, 1.10, 0.9999, "B").notation  # no chance is a certainty
    assert "P < 0.01" in judged(-0.36, -0.5, -0.1, 0.0, "B").notation


def test_words_and_claim_cannot_disagree():
    # "shown" in the words exactly where the ledger of claims says shown, over a grid of everything
    for low in np.linspace(-1, 1, 9):
        for width in (0.1, 0.5, 1.5):
            for chance in (0.0, 0.2, 0.5, 0.8, 1.0):
                for grade in ("A", "B", "B-", "C", "D", "E"):
                    one = judged(low + width / 2, low, low + width, chance, grade)
                    assert (one.claim("").verdict == "shown") == one.verdict.startswith("shown"), (low, width, grade)


def test_a_contradicted_case_is_open_and_cannot_be_claimed():
    one = judged(0.36, 0.2, 1.1, 0.99, "B", contradicted="the case is contradicted by the ledger")
    assert one.verdict == "open"
    claim = one.claim("")
    assert (claim.name, claim.verdict) == ("roinit_desk", "cannot say")
    assert claim.reason == "the case is contradicted by the ledger"
    sound = judged(0.36, 0.2, 1.1, 0.99, "B").claim("")
    assert (sound.chance.value, sound.chance.how, sound.grade) == (0.0, "no benefit beyond cost", "B")
    assert sound.estimate.ends == (0.2, 1.1)
