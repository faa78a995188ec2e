"""Coding by hand: alpha as published and as its definition gives it, shares corrected to what people read."""

import krippendorff
import numpy as np
import pandas as pd
import pytest
from given import on
from threads_by_hand import messages

from scrm_helpers.conversations import coded_degrees, draw_for_coding, judge_threads, read_threads
from scrm_helpers.conversations.degrees.hand_coding import alpha_of, coincidences

AS_OF = "2026-06-30"
TERMS = on(AS_OF)


def readings(rows):
    """How often each unit (row) was given each value."""
    values = sorted({value for row in rows for value in row if value})
    return np.array([[row.count(value) for value in values] for row in rows], float)


def test_alpha_is_that_of_the_published_example():
    # Krippendorff (2011), four observers and twelve units, missing readings as None: ordinal .815
    observers = (
        (1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None),
        (1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3),
        (None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None),
        (1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None),
    )
    pairs = coincidences(readings(list(zip(*observers, strict=True))))
    assert alpha_of(pairs.sum(axis=0)[None])[0] == pytest.approx(0.815, abs=5e-4)


@pytest.mark.parametrize("coders", [2, 3, 5])
def test_alpha_is_that_of_the_package_krippendorff(coders):
    rng = np.random.default_rng(coders)
    for _ in range(30):
        truth = rng.integers(1, 7, (int(rng.integers(5, 60)), 1))
        read = np.clip(truth + rng.integers(-1, 2, (len(truth), coders)), 1, 6).astype(float)
        read[rng.random(read.shape) < rng.choice([0.0, 0.1, 0.4])] = np.nan
        peer = krippendorff.alpha(reliability_data=read.T, level_of_measurement="ordinal")
        rows = [[None if np.isnan(value) else value for value in row] for row in read.tolist()]
        pairs = coincidences(readings(rows)).sum(axis=0)
        assert alpha_of(pairs[None])[0] == pytest.approx(peer, abs=1e-12)


def judged(size=300):
    """Threads of one message or of two sides, by two channels."""
    rows = []
    for n in range(size):
        rows.append((f"q{n:03d}", 0, f"t{n:03d}", None, f"a{n}", "customer", "so so", "chat", 0.0))
        if n % 3 == 0:
            rows.append((f"r{n:03d}", 1, f"t{n:03d}", f"q{n:03d}", "b", "brand", "so so", "answer", 0.0))
    table = messages(rows)
    return table.assign(channel=np.where(table["thread_id"].str[-1] < "5", "forum", "phone"))


def coding(threads, truth, coders=2):
    rows = [(name, f"c{coder}", truth[name]) for name in threads for coder in range(coders)]
    return pd.DataFrame(rows, columns=["thread_id", "coder", "degree"])


def test_without_coding_the_words_say_by_rule():
    found = coded_degrees(judge_threads(read_threads(judged(30), AS_OF)), None, TERMS)
    assert found.sentence.startswith("The degrees are given by rule and not checked by people")


def test_where_everything_is_read_the_shares_are_what_people_read():
    threads = judge_threads(read_threads(judged(), AS_OF))
    names = threads.table["thread_id"].astype(str)
    truth = dict(zip(names, np.random.default_rng(0).integers(1, 7, len(names)), strict=True))
    found = coded_degrees(threads, coding(names, truth), TERMS)
    shares = [measure.value for measure in found.shares]
    assert shares == pytest.approx([list(truth.values()).count(degree) / len(truth) for degree in range(1, 7)])
    assert found.alpha.value == 1
    assert found.alpha.low == 1


def test_a_part_that_was_drawn_in_strata_corrects_the_whole():
    table = judged()
    threads = judge_threads(read_threads(table, AS_OF))
    rng = np.random.default_rng(1)
    # the rule errs: one dialogue in four is social pressure as people read it
    truth = {
        name: int(d + (d == 3) * (rng.random() < 0.25)) for name, d in threads.table[["thread_id", "degree"]].to_numpy()
    }
    drawn = draw_for_coding(threads, table)
    assert drawn["thread_id"].is_unique
    assert len(drawn) == 240
    found = coded_degrees(threads, coding(drawn["thread_id"], truth), TERMS)
    for place, measure in enumerate(found.shares):
        assert measure.low <= list(truth.values()).count(place + 1) / len(truth) <= measure.high
    assert found.hits.value < 1


def test_the_draw_holds_the_rare_and_neither_names_nor_degrees():
    table = judged()
    drawn = draw_for_coding(judge_threads(read_threads(table, AS_OF)), table)
    assert list(drawn.columns) == ["thread_id", "conversation"]
    rare = drawn["conversation"].str.contains("brand B").mean()
    assert rare == pytest.approx(100 / 240, abs=0.01)
    assert not drawn["conversation"].str.contains("a17|a18").any()
