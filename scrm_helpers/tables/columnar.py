"""Parquet files, read by parts and counted, so that a small file cannot fill the memory."""

from __future__ import annotations

from typing import Any

from scrm_helpers.tables.contract import TABLES
from scrm_helpers.tables.files import BYTES_LIMIT, refused
from scrm_helpers.tables.header import match_columns
from scrm_helpers.tables.messages import CompanyRefused
from scrm_helpers.tables.raw import RawTable
from scrm_helpers.tables.settings import Source

CELLS_LIMIT = 2_000_000_000
_BATCH = 65_536


def read_parquet(content: bytes, table: str, file: str, sha256: str, source: Source) -> RawTable:
    """Read the bytes of a Parquet file; text stays text, typed columns keep their type.

    Parameters
    ----------
    content : bytes
        The file.
    table, file, sha256 : str
        Where the bytes come from.
    source : Source
        Mapping of column names.

    Returns
    -------
    RawTable

    Raises
    ------
    CompanyRefused
        When the file is damaged, unpacks to more than the limit, or lacks a required column.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        opened = parquet.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
        header = opened.schema_arrow.names
        wanted, ignored = match_columns(header, TABLES[table], file, source)
        names = [header[position] for position in wanted.values()]
        if opened.metadata.num_rows * max(len(header), 1) > CELLS_LIMIT:
            raise _too_much(table, file)
        parts: dict[str, list[pa.Array]] = {name: [] for name in wanted}
        total = 0
        for batch in opened.iter_batches(batch_size=_BATCH, columns=names):
            batch.validate(full=True)
            for name, position in wanted.items():
                cells = _text(batch.column(header[position]))
                total += cells.nbytes
                parts[name].append(cells)
            if total > BYTES_LIMIT:
                raise _too_much(table, file)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        what = "The Parquet file is damaged, or of a kind that is not understood."
        raise refused(table, file, what, "Export the table again.") from error
    columns = {name: pa.chunked_array(cells or [pa.array([], pa.string())]) for name, cells in parts.items()}
    n_rows = sum(len(cells) for cells in next(iter(parts.values())))
    return RawTable(table=table, file=file, columns=columns, n_rows=n_rows, sha256=sha256, ignored=ignored)


def _text(cells: Any) -> Any:
    """Bring all ways to store text to one, with null for empty; other types stay."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = cells.type.value_type if pa.types.is_dictionary(cells.type) else cells.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        text = pc.cast(cells, pa.large_string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.large_string()), text)
    plain = pc.cast(cells, kind) if pa.types.is_dictionary(cells.type) else cells
    if pa.types.is_float16(kind) or pa.types.is_float32(kind):  # 29.2 is meant, not 29.200000762939453
        return pc.cast(pc.cast(pc.cast(plain, pa.float32()), pa.string()), pa.float64())
    return plain


def _too_much(table: str, file: str) -> CompanyRefused:
    return refused(
        table,
        file,
        f"The file unpacks to more than this reader takes ({BYTES_LIMIT // 1024**2:,} MB).",
        "Aggregate the log first, or export fewer columns.",
        why="It could fill the memory of this machine.",
    )
