"""CSV split by Arrow, where it is proven to agree with the exact reader; otherwise nothing is returned.

The proof: no carriage return stands alone, no empty line stands between rows, and every quotation mark is either at an
end of a cell or one of a doubled pair. Then quotes open and close alternately, so that no row can hide in a cell.
"""

from __future__ import annotations

import numpy as np

from scrm_helpers.tables.reading.exact import Cells

_STEP = 64 * 1024**2
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


def read_fast(body: memoryview, width: int, delimiter: str, wanted: set[int]) -> Cells | None:
    """Read plain CSV; None when the proof or Arrow fails, and the exact reader must decide."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    view = np.frombuffer(body, dtype=np.uint8)
    breaks = _positions(view, _NEWLINE)
    returns = _positions(view, _RETURN)
    if len(returns) and (returns[-1] + 1 == len(view) or (view[returns + 1] != _NEWLINE).any()):
        return None
    quotes = _positions(view, _QUOTE)
    if not _plain_quotes(view, quotes, ord(delimiter)):
        return None
    inside = np.searchsorted(quotes, breaks) % 2 == 1
    ends = np.flatnonzero(~inside)
    starts = _starts(view, breaks[ends], ends)
    if starts is None:
        return None
    names = [str(position) for position in range(width)]
    multiline = bool(inside.any())
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(body)),
            read_options=arrow_csv.ReadOptions(column_names=names, skip_rows=1, block_size=8 * 1024**2),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if len(quotes) else False, newlines_in_values=multiline
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                include_columns=names if multiline else [str(position) for position in sorted(wanted)],
                strings_can_be_null=True,
                null_values=[""],
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(starts) - 1:
        return None
    columns = {int(name): table.column(name) for name in table.column_names}
    return Cells(columns, table.num_rows, starts[1:] if multiline else None)


def _positions(view: np.ndarray, byte: int) -> np.ndarray:
    """Positions of a byte, searched step by step to spare memory."""
    found = [np.flatnonzero(view[begin : begin + _STEP] == byte) + begin for begin in range(0, len(view), _STEP)]
    return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def _plain_quotes(view: np.ndarray, quotes: np.ndarray, delimiter: int) -> bool:
    """Whether quotes open at the start of a cell and close at its end, doubled ones aside."""
    if len(quotes) % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    doubled = opening[1:] == closing[:-1] + 1
    before = view[opening[1:] - 1]
    after = view[closing[:-1] + 1]
    starts = (before == delimiter) | (before == _NEWLINE) | doubled
    stops = (after == delimiter) | (after == _NEWLINE) | (after == _RETURN) | doubled
    if not (starts.all() and stops.all()):
        return False
    if not len(quotes):
        return True
    first, last = opening[0], closing[-1] + 1
    first_fits = first == 0 or view[first - 1] in (delimiter, _NEWLINE)
    return bool(first_fits and (last == len(view) or view[last] in (delimiter, _NEWLINE, _RETURN)))


def _starts(view: np.ndarray, breaks: np.ndarray, ends: np.ndarray) -> np.ndarray | None:
    """First line of every record, the header being the first; None when an empty line stands between records."""
    begins = np.concatenate([[0], breaks + 1])
    stops = np.concatenate([breaks, [len(view)]])
    size = stops - begins
    returned = (size == 1) & (view[np.minimum(begins, len(view) - 1)] == _RETURN)
    filled = np.flatnonzero((size > 0) & ~returned)
    if not len(filled) or filled[-1] + 1 != len(filled):
        return None
    lines: np.ndarray = np.concatenate([[1], ends + 2])[: len(filled)]
    return lines
