"""YAML without its traps: what is refused, in which line."""

import pytest

from scrm_helpers.tables.contract.plain_yaml import load_plain
from scrm_helpers.tables.contract.receipts import CompanyRefused


@pytest.mark.parametrize(
    ("raw", "words", "line"),
    [
        (b"a: 1\na: 2", "the key 'a' stands twice", 2),
        (b"a: &x 1\nb: *x", "aliases", 2),
        (b"a: [1", "cannot be read", 1),
        (b"\xff\xfe", "not UTF-8", 0),
        (b"[" * 5000, "", 0),
        (b"a: [1, 2, 3, 4, 5, 6]", "more than 5 entries", 0),
        (b"? [1, 2]\n: 3", "is not a word", 1),
        (b"a: !!python/object:os.system x", "cannot be read", 1),
        (b"a:\n  b: 010", "`b: 10`", 2),
        (b"a: 1:30", "would be read as 90", 1),
        (b"a: [1_000]", "`1000`", 1),
        (b"a: 0b11", "`a: 3`", 1),
        (b"a: 1_0.5", "`a: 10.5`", 1),
    ],
)
def test_traps_are_refused_in_words(raw, words, line):
    with pytest.raises(CompanyRefused) as refused:
        load_plain(raw, "a.yaml", most_entries=5)
    (fault,) = refused.value.messages
    assert words in f"{fault.what} {fault.todo}"
    assert line == 0 or fault.lines == (line,)
    assert fault.todo


def test_plain_values_are_read():
    assert load_plain(b"\xef\xbb\xbfa: {b: [1, x]}\n", "a.yaml", most_entries=10) == {"a": {"b": [1, "x"]}}
    assert load_plain(b"", "a.yaml", most_entries=10) is None
    assert load_plain(b"a: [07, -1.5, .5, 1.0e+3, '010', \"1:30\", .inf]", "a.yaml", most_entries=20) == {
        "a": [7, -1.5, 0.5, 1000.0, "010", "1:30", float("inf")]
    }
