"""Borrowed columns of a prepared company: handed to the kernels in memory, never written to disk."""

import os

import pandas as pd
import pyarrow as pa

from scrm_helpers.tables.contract.receipts import CompanyRefused

_LENT: list[int] = []  # descriptors stay open as long as this process lives; the memory goes with them


def lend(columns: pd.DataFrame) -> str:
    """Put columns into memory that other processes of this user and machine can open by the returned name."""
    if not hasattr(os, "memfd_create"):
        names = ", ".join(map(str, columns))
        what = f"The borrowed columns {names} cannot be handed to the chapters without writing them to disk."
        why = "This system has no files in memory, and the data register forbids a copy."
        todo = "Run on Linux, or take the columns out of `sources:` in company.yaml: they are then left out."
        raise CompanyRefused.because(what, why, todo)
    descriptor = os.memfd_create("borrowed")
    _LENT.append(descriptor)
    table, packed = pa.Table.from_pandas(columns, preserve_index=False), pa.BufferOutputStream()
    with pa.ipc.new_stream(packed, table.schema) as stream:
        stream.write_table(table)
    content = memoryview(packed.getvalue())
    while content:
        content = content[os.write(descriptor, content) :]
    return f"/proc/{os.getpid()}/fd/{descriptor}"


def take(place: str) -> pd.DataFrame:
    """Read lent columns; they are gone when the process that lent them has ended."""
    try:
        with open(place, "rb") as memory:  # noqa: PTH123 - no file of a folder
            return pa.ipc.open_stream(memory.read()).read_pandas()
    except OSError:
        what = "The borrowed columns of this prepared company are gone."
        why = "They were lent in memory only, while the run that prepared it went on."
        raise CompanyRefused.because(what, why, "Open the company folder itself again.") from None
