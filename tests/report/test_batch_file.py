"""A batch file: what a part inherits, and what is said of a typo."""

from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.batch.batch_file import read_batch
from scrm_helpers.report.engine.parameters import Parameter

DECLARED = {"02": {"horizon": Parameter("horizon", "int", 12, help="months, 1 to 60")}}
GOOD = """\
data: company
chapters: [02, 03]
parameters: {horizon: 12}
parts:
  - where: {region: North, quarter: 2025-Q4}
    parameters: {horizon: 6}
  - where: {region: North}
    chapters: ["02"]
    parameters: {horizon: 24}
  - where: {region: South, consent_contact: yes}
"""


@pytest.fixture
def written(tmp_path):
    def write(text):
        (tmp_path / "batch.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "batch.yaml"

    return write


def test_the_most_specific_wins(written):
    wish = read_batch(written(GOOD))
    assert wish.data == Path(written(GOOD)).parent / "company"
    assert wish.given({"region": "North", "quarter": "2025-Q4"}) == (["02"], {"horizon": 6})
    assert wish.given({"region": "North", "quarter": "2025-Q3"}) == (["02"], {"horizon": 24})
    assert wish.given({"region": "South", "consent_contact": "yes"}) == (["2", "3"], {"horizon": 12})
    wish.check(DECLARED)


@pytest.mark.parametrize(
    ("spoiled", "line", "said"),
    [
        (("chapters: [02", "chaptres: [02"), 2, "Did you mean chapters?"),
        (("  - where: {region: North}", "  - were: {region: North}"), 7, "Did you mean where?"),
        (("parameters: {horizon: 24}", "parameters: {horizn: 24}"), 9, "Did you mean 'horizon'?"),
        (("parameters: {horizon: 24}", "parameters: {horizon: long}"), 9, "must be a whole number"),
        (('chapters: ["02"]', 'chapters: ["12"]'), 8, "There is no chapter '12'"),
        (("data: company\n", "where: {region: North}\ndata: company\n"), 1, "`where` belongs to a part."),
        (("data: company\n", ""), 1, "The key 'data' is missing."),
        (("parts:\n", "by:\n"), 5, "cannot be used"),
        (("parts:\n", "parts: [\n"), 5, "It cannot be read"),
    ],
)
def test_a_typo_is_told_with_its_line_and_what_was_meant(written, spoiled, line, said):
    assert spoiled[0] in GOOD
    with pytest.raises(PlainError) as refused:
        read_batch(written(GOOD.replace(*spoiled))).check(DECLARED)
    assert f"batch.yaml, line {line}" in str(refused.value)
    assert said in str(refused.value)


def test_a_file_that_names_no_parts_or_is_not_there_is_refused(written, tmp_path):
    with pytest.raises(PlainError, match="names no parts"):
        read_batch(written("data: company\n"))
    with pytest.raises(PlainError, match="cannot be read"):
        read_batch(tmp_path / "none.yaml")
