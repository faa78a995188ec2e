"""Parquet files, read by parts and counted, so that a small file cannot fill the memory."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.reading.files import Origin, RawTable, unpacked_limit
from scrm_helpers.tables.reading.header import FIRST_ROWS, Firsts, match_columns
from scrm_helpers.tables.values.identity import is_text

_BATCH = 65_536
_BUFFER = 1024**2


def read_parquet(content: bytes, origin: Origin, sha256: str) -> RawTable:
    """Read the bytes of a Parquet file; text stays text, typed columns keep their type."""
    limit = unpacked_limit(len(content))
    try:
        opened = parquet.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        schema = opened.schema_arrow
        matched = match_columns(schema.names, origin, lambda: _first_cells(content, limit))
        wanted = {name: schema.names[position] for name, position in matched.positions.items()}
        _refuse_nested(schema, wanted, origin)
        if _least_size(opened.metadata, schema, wanted.values()) > limit:
            raise origin.too_large()
        packed = [name for name in wanted.values() if _stays_packed(opened.metadata, schema, name)]
        if packed and _at_most(opened, content, packed) <= limit:
            packed = []  # written out at once, which is faster
        opened = parquet.ParquetFile(
            pa.BufferReader(content), page_checksum_verification=True, read_dictionary=packed, buffer_size=_BUFFER
        )
        total, parts = 0, []
        rows = _rows_at_once(opened.metadata, wanted.values(), limit)
        with ThreadPoolExecutor(1) as other:  # while the next rows are unpacked
            for batch in opened.iter_batches(batch_size=rows, columns=list(wanted.values()), use_threads=True):
                total += sum(_size(column) for column in batch.columns)
                if total > limit:  # before any text is written out in full
                    raise origin.too_large()
                parts.append(other.submit(_proved, batch))
            proved = [part.result() for part in parts]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = "The Parquet file is damaged, or of a kind that is not understood."
        raise origin.refused(what, "Export the table again.") from error
    proved = proved or [dict.fromkeys(wanted.values(), pa.array([], pa.string()))]
    columns = {name: pa.chunked_array([cells[own] for cells in proved]) for name, own in wanted.items()}
    return RawTable(origin=origin, columns=columns, n_rows=opened.metadata.num_rows, sha256=sha256, matched=matched)


def _proved(batch: Any) -> dict[str, Any]:
    """Rows that are what they say, as text where they are text."""
    batch.validate(full=True)
    return {name: as_text(batch.column(name)) for name in batch.schema.names}


def _refuse_nested(schema: Any, wanted: dict[str, str], origin: Origin) -> None:
    for name, own in wanted.items():
        kind = schema.field(own).type
        if pa.types.is_nested(kind):
            column = origin.declared.column(name)
            noun = {"date": "a date", "yes_no": "yes/no", **dict.fromkeys(NUMERIC, "a number")}
            what = f"The column {name} holds lists or records."
            todo = f"The file stores it as {str(kind)[:40]}; store it as {noun.get(column.kind, 'text')}."
            raise origin.refused(what, todo, column=name)


def _least_size(metadata: Any, schema: Any, names: Iterable[str]) -> int:
    """Least bytes of these columns in memory: what the file declares, and at least the width of every row."""
    wanted = set(names)
    kinds = [schema.field(name).type for name in wanted]
    width = sum(kind.bit_width // 8 if pa.types.is_primitive(kind) else 4 for kind in kinds)  # of text its offset
    declared = sum(chunk.total_uncompressed_size for chunk in _chunks(metadata, wanted))
    return int(max(declared, metadata.num_rows * width))


def _stays_packed(metadata: Any, schema: Any, name: str) -> bool:
    """Whether a column of text can be read as its distinct texts: its size is then known before it is written out."""
    encodings = {encoding for chunk in _chunks(metadata, [name]) for encoding in chunk.encodings}
    coded = bool(encodings & {"RLE_DICTIONARY", "PLAIN_DICTIONARY"}) and not any("DELTA" in one for one in encodings)
    return coded and is_text(schema.field(name).type)


def _at_most(opened: Any, content: bytes, names: list[str]) -> int:
    """Bytes of text columns if every cell were as long as the longest distinct text; these stand in the first page."""
    metadata, most = opened.metadata, 0
    coded = parquet.ParquetFile(pa.BufferReader(content), read_dictionary=names, buffer_size=_BUFFER)
    for number in range(metadata.num_row_groups):
        first = next(coded.iter_batches(batch_size=1, row_groups=[number], columns=names, use_threads=False), None)
        for column in [] if first is None else first.columns:
            longest = pc.max(pc.binary_length(column.dictionary)).as_py() or 0
            most += metadata.row_group(number).num_rows * (int(longest) + 8)
    return most + sum(chunk.total_uncompressed_size for chunk in _chunks(metadata, names))


def _chunks(metadata: Any, names: Iterable[str]) -> list[Any]:
    wanted = set(names)
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    chunks = [group.column(place) for group in groups for place in range(group.num_columns)]
    return [chunk for chunk in chunks if chunk.path_in_schema in wanted]


def _rows_at_once(metadata: Any, names: Iterable[str], limit: int) -> int:
    """Rows of a batch: few where an encoding can write one long text many times in no space."""
    repeating = [chunk for chunk in _chunks(metadata, names) if "DELTA_BYTE_ARRAY" in chunk.encodings]
    longest = max((chunk.total_uncompressed_size for chunk in repeating), default=1)
    return min(_BATCH, max(1, limit // max(longest, 1)))


def _size(cells: Any) -> int:
    """Bytes of a column of a batch once it is written out, without writing it out."""
    if not pa.types.is_dictionary(cells.type) or not is_text(cells.type.value_type):
        return int(cells.nbytes)
    lengths = pc.take(pc.binary_length(cells.dictionary), cells.indices)
    return 8 * len(cells) + int(pc.sum(pc.cast(lengths, pa.int64())).as_py() or 0)


def _first_cells(content: bytes, limit: int) -> Firsts:
    """First values of all plain columns as text, to compare their look; none where even that could be too much."""
    opened = parquet.ParquetFile(pa.BufferReader(content))
    schema = opened.schema_arrow
    plain = [place for place, kind in enumerate(schema.types) if not pa.types.is_nested(kind)]
    names = [schema.names[place] for place in plain]
    if _rows_at_once(opened.metadata, names, limit) < _BATCH or _least_size(opened.metadata, schema, names) > limit:
        return {}
    for batch in opened.iter_batches(batch_size=FIRST_ROWS, columns=names, use_threads=False):
        texts = [pc.cast(batch.column(name), pa.string(), safe=False).to_pylist() for name in names]
        return {
            place: ["" if cell is None else cell for cell in cells] for place, cells in zip(plain, texts, strict=True)
        }
    return {}


def as_text(cells: Any) -> Any:
    """Bring all ways to store text to one, with null for empty; other types stay."""
    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if is_text(kind):
        text = pc.cast(cells, pa.large_string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.large_string()), text)
    plain = pc.cast(cells, kind) if pa.types.is_dictionary(cells.type) else cells
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):  # 29.2 is meant, not 29.200000762939453
        return pc.cast(pc.cast(pc.cast(plain, pa.float32()), pa.string()), pa.float64())
    return plain
