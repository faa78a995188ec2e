"""What the standard library writes comes back the same or is refused; the fast reader agrees with the exact one."""

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scrm_helpers.tables import TABLES as DECLARED
from scrm_helpers.tables import CompanyRefused
from scrm_helpers.tables.reading.delimited import read_csv, read_exactly, read_fast
from scrm_helpers.tables.reading.files import Origin

ORIGIN = Origin(DECLARED["customers"], "customers.csv")

NAMES = ("customer_id", "joined_on", "segment", "region", "note")
CELLS = st.text(
    st.one_of(
        st.characters(codec="utf-8", exclude_characters="\x00"),
        st.sampled_from('",;\t|\r\n \u2028\x85\x1c\ufeff'),
    ),
    max_size=8,
)
TABLES = st.lists(st.lists(CELLS, min_size=len(NAMES), max_size=len(NAMES)), min_size=1, max_size=6)
STYLES = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "lineterminator": st.sampled_from(["\n", "\r\n"]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    }
)
MANY = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])


def _written(rows, style):
    sink = io.StringIO(newline="")
    writer = csv.writer(sink, **style)
    writer.writerow(NAMES)
    writer.writerows(rows)
    return sink.getvalue().encode()


def _cells(columns):
    return [[cell or "" for cell in column.to_pylist()] for column in columns]


def _read(content):
    try:
        return read_csv(content, ORIGIN, "")
    except CompanyRefused as refusal:
        return refusal


@MANY
@given(TABLES, STYLES)
def test_a_written_table_comes_back_the_same_or_is_refused(rows, style):
    raw = _read(_written(rows, style))
    if isinstance(raw, CompanyRefused):
        # Only a carriage return that csv.writer left unquoted may refuse a well-written file of random text.
        assert "carriage return" in raw.messages[0].what
        assert any("\r" in cell for row in rows for cell in row)
        return
    columns = [raw.columns[name] for name in NAMES[:4]]
    assert _cells(columns) == [list(column) for column in zip(*rows, strict=True)][:4]
    assert raw.n_rows == len(rows)


@MANY
@given(TABLES, STYLES)
def test_lines_are_those_of_the_file(rows, style):
    rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    raw = _read(_written(rows, style))
    expected, line = [], 2
    for row in rows:
        expected.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert list(raw.lines_of(range(len(rows)), shown=len(rows))) == expected


@MANY
@given(st.text(st.sampled_from('ab,"\n\r'), max_size=40))
def test_the_fast_reader_agrees_with_the_exact_one_or_steps_back(text):
    body = memoryview(b"x,y\n" + text.encode())
    fast = read_fast(body, 2, ",", {0, 1})
    if fast is None:
        return
    exact = read_exactly(body, 2, ",", ORIGIN)
    assert fast.n_rows == exact.n_rows
    assert _cells(fast.columns.values()) == _cells(exact.columns.values())
    expected = list(range(2, fast.n_rows + 2)) if fast.lines is None else fast.lines.tolist()
    assert exact.lines.tolist() == expected


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n",
        'a,"b"\n',
        '"a","b"\n',
        '"a""b",c\n',
        '"",""\n',
        '"""",b\n',
        '"a\nb",c\nd,e',
        '"a,b",c\r\n',
        "a,\n,b\n\n\n",
    ],
)
def test_plain_files_take_the_fast_way(text):
    assert read_fast(memoryview(b"x,y\n" + text.encode()), 2, ",", {0, 1}) is not None


@MANY
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_in_words(content):
    for start in (b"", b"customer_id,joined_on\n", b'customer_id,joined_on,"x"\n"1",2,"'):
        raw = _read(start + content)
        if isinstance(raw, CompanyRefused):
            assert all(error.what and error.why and error.todo for error in raw.messages)
        else:
            assert all(len(column) == raw.n_rows for column in raw.columns.values())
