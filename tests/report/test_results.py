"""What a chapter leaves behind is rounded, named once and the same every time."""

import pandas as pd
import pytest

from scrm_helpers.presentation.result import Measure, Result
from scrm_helpers.report import results
from scrm_helpers.report.chapters import plan
from scrm_helpers.report.errors import PlainError
from scrm_helpers.report.files import write_json

NPS = Measure(name="nps", value=30.0, unit="points", n=100, low=14.1, high=44.2)
NONE = Measure(name="auc", value=None, unit="share", n=3, reason="Nobody referred anybody.")


def found(*measures):
    result = Result(sentence="So.", table=pd.DataFrame(), title="T", measures=measures)
    return results.document(plan("03"), "0123", [result])


def test_a_number_keeps_unit_base_interval_and_kind():
    assert found(NPS)["numbers"]["nps"] == {
        "value": 30.0,
        "unit": "points",
        "n": 100,
        "low": 14.1,
        "high": 44.2,
        "level": 0.95,
        "kind": "descriptive",
        "reason": "",
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
    assert results.rounded(1234567890.123) == 1234567890.0
    assert results.rounded(-0.0) == 0.0
    assert str(results.rounded(-0.0)) == "0.0"


def test_two_numbers_of_one_name_are_refused_unless_they_are_equal():
    assert found(NPS, NPS)["numbers"].keys() == {"nps"}
    with pytest.raises(PlainError, match="two different numbers the name 'nps'"):
        found(NPS, Measure(name="nps", value=31.0, unit="points"))


def test_the_table_writes_each_number_by_its_unit():
    table = results.as_table(found(NPS, NONE, Measure(name="crv", value=1234.5, unit="EUR", n=7, kind="attributed")))
    assert table["Value"].tolist() == ["+30", "n/a", "€1,234"]
    assert table["Range"].tolist() == ["+14 to +44 (95%)", "", ""]
    assert table["Why missing"].tolist() == ["", "Nobody referred anybody.", ""]
    assert "Why missing" not in results.as_table(found(NPS)).columns


def test_what_was_written_is_read_by_chapter(tmp_path):
    write_json(tmp_path / "03.json", found(NPS))
    write_json(tmp_path / "01.json", found(NONE))
    (tmp_path / "notes.json").write_text("not ours")
    assert list(results.read_all(tmp_path)) == ["01", "03"]
    assert results.read_all(tmp_path)["03"] == found(NPS)
    assert results.read_all(tmp_path / "absent") == {}
