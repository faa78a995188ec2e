"""What a chapter leaves behind is rounded, named once and the same every time."""

from given import said
from hypothesis import given
from hypothesis import strategies as st

from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.numbers import rounded
from scrm_helpers.report.chapters import results
from scrm_helpers.report.chapters.walk_plan import plan
from scrm_helpers.report.whole_files import write_json

NPS = Measure(name="nps", value=30.0, unit="points", n=100, low=14.1, high=44.2)
NONE = Measure(name="auc", value=None, unit="share", n=3, reason="Nobody referred anybody.")


def found(*measures):
    gathered, faults = results.document(plan("03"), "0123", [said(sentence="So.", title="T", numbers=measures)])
    assert faults == []
    return gathered


def test_a_number_keeps_unit_base_interval_and_kind():
    assert found(NPS)["numbers"]["nps"] == {
        "value": 30.0,
        "unit": "points",
        "n": 100,
        "low": 14.1,
        "high": 44.2,
        "level": 0.95,
        "kind": "descriptive",
        "population": "",
        "window": "",
        "window_from": None,
        "window_to": None,
        "reason": "",
        "no_range": "",
    }


def test_a_missing_number_keeps_its_reason():
    entry = found(NONE)["numbers"]["auc"]
    assert (entry["value"], entry["reason"]) == (None, "Nobody referred anybody.")


def test_a_number_that_is_not_finite_is_missing_with_a_reason():
    entry = found(Measure(name="roi", value=float("inf"), unit="ratio"))["numbers"]["roi"]
    assert entry["value"] is None
    assert "not finite" in entry["reason"]


def test_the_last_bits_do_not_show():
    one, other = (found(Measure(name="x", value=value, unit="ratio")) for value in (0.1 + 0.2, 0.3))
    assert results.digest(one) == results.digest(other)
    assert rounded(1234567890.123) == 1234567890.0
    assert rounded(-0.0) == 0.0
    assert str(rounded(-0.0)) == "0.0"


def test_two_numbers_of_one_name_cost_the_second_answer_unless_they_are_equal():
    assert found(NPS, NPS)["numbers"].keys() == {"nps"}
    other = Measure(name="nps", value=31.0, unit="points")
    answers = [said(sentence=text, numbers=[one]) for text, one in (("A", NPS), ("B", other))]
    gathered, (fault,) = results.document(plan("03"), "0123", answers)
    assert "two different numbers the name 'nps'" in str(fault)
    assert ([answer["sentence"] for answer in gathered["answers"]], gathered["numbers"]["nps"]["value"]) == (
        ["A"],
        30.0,
    )


@given(
    value=st.none() | st.floats(),
    low=st.none() | st.floats(),
    high=st.none() | st.floats(),
    reason=st.text(min_size=1),
    no_range=st.text(),
)
def test_a_reason_stands_exactly_where_a_number_is_missing(value, low, high, reason, no_range):
    measure = Measure(name="x", value=value, unit="ratio", low=low, high=high, reason=reason, no_range=no_range)
    entry = results.record(measure)
    assert (entry["value"] is None) == bool(entry["reason"])
    bare = entry["value"] is not None and None in (entry["low"], entry["high"])
    assert bool(entry["no_range"]) == bare


def test_the_table_writes_each_number_by_its_unit():
    table = results.number_table(
        found(NPS, NONE, Measure(name="crv", value=1234.5, unit="EUR", n=7, kind="attributed"))
    ).table
    assert table["Value"].tolist() == ["+30", "n/a", "€1,234"]
    assert table["Range"].tolist() == ["+14 to +44 (95%)", "", ""]
    assert table["Why missing"].tolist() == ["", "Nobody referred anybody.", ""]
    assert "Why missing" not in results.number_table(found(NPS)).table.columns


def test_what_was_written_is_read_by_chapter(tmp_path):
    write_json(tmp_path / "03.json", found(NPS))
    write_json(tmp_path / "01.json", found(NONE))
    (tmp_path / "notes.json").write_text("not ours")
    assert list(results.read_all(tmp_path)) == ["01", "03"]
    assert results.read_all(tmp_path)["03"] == found(NPS)
    assert results.read_all(tmp_path / "absent") == {}
