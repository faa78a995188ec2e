"""Tables of a small company as sheets of text, and the files they are written to."""

import csv
import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from scrm_helpers.sample import write_sample
from scrm_helpers.tables import TABLES
from scrm_helpers.tables.contract.column_kinds import NUMERIC

PEOPLE, UNITS, ROWS = 40, 2, 50
FILLED = {"email": "c{}@example.org", "clv": "{}0.5", "exposure": "{}00", "cluster": "cluster {}", "covariate": "{}.5"}


@dataclass
class Sheet:
    """A table as rows of text, and how its file is written."""

    table: str
    head: list[str]
    rows: list[list[str]]
    style: dict = field(default_factory=dict)
    settings: str = ""

    def copy(self) -> "Sheet":
        return Sheet(self.table, list(self.head), [list(row) for row in self.rows])

    def with_cell(self, row: int, place: int, text: str) -> "Sheet":
        changed = self.copy()
        changed.rows[row][place] = text
        return changed

    def at(self, column: str) -> int:
        return self.head.index(column)

    def write(self, folder: Path) -> None:
        sink = io.StringIO(newline="")
        quoting = csv.QUOTE_ALL if self.style.get("quoted") else csv.QUOTE_MINIMAL
        writer = csv.writer(
            sink,
            delimiter=self.style.get("separator", ","),
            lineterminator=self.style.get("newline", "\n"),
            quoting=quoting,
        )
        writer.writerows([self.head, *self.rows])
        content = (sink.getvalue() + self.style.get("below", "")).encode(self.style.get("encoding", "utf-8"))
        kind = self.style.get("kind", "csv")
        path = folder / f"{self.table}.{kind}"
        if kind == "parquet":
            parquet.write_table(self._columns(), path)
        else:
            path.write_bytes(gzip.compress(content, mtime=0) if kind == "csv.gz" else content)

    def _columns(self) -> pa.Table:
        frame = pd.DataFrame(self.rows, columns=self.head, dtype="str").replace("", None)
        if self.style.get("typed"):
            for column in TABLES[self.table].columns:
                if column.kind in NUMERIC:
                    frame[column.name] = frame[column.name].astype("float64")
                elif column.kind == "date":
                    frame[column.name] = pd.to_datetime(frame[column.name], format="ISO8601")
                elif column.kind == "yes_no":
                    frame[column.name] = frame[column.name].map({"true": True, "false": False}).astype("boolean")
        return pa.Table.from_pandas(frame, preserve_index=False)


def small_company(folder: Path) -> dict[str, Sheet]:
    """The sample of 200 customers, cut to the first people, units and rows, every column of the contract filled."""
    write_sample(folder, 200, 7)
    read = {
        name: pd.read_csv(folder / f"{name}.csv", dtype="str", keep_default_na=False)
        for name in TABLES
        if (folder / f"{name}.csv").exists()
    }
    all_people = read["customers"]["customer_id"]
    dropped = set(all_people[PEOPLE:])
    units = read["initiative_panel"]["unit_id"].drop_duplicates()[:UNITS]
    read["initiative_panel"] = read["initiative_panel"][read["initiative_panel"]["unit_id"].isin(units)]
    read["employees"] = read["employees"][read["employees"]["store"].isin(units)]
    read["aliases"] = pd.DataFrame({"old_id": ["K-7", "K-8"], "customer_id": list(all_people[:2])})
    read["suppress"] = pd.DataFrame({"customer_id": list(all_people[:2]), "since": "2025-05-01", "reason": "asked"})
    threads = read["interactions"]["thread_id"].drop_duplicates()[:ROWS].to_numpy()
    read["coding"] = pd.DataFrame({"thread_id": threads, "coder": "first", "degree": "3"})
    sheets = {}
    for name, declared in TABLES.items():
        frame = read[name]
        for column in declared.columns:
            if column.name not in frame:
                frame = frame.assign(**{column.name: [FILLED[column.name].format(i + 1) for i in range(len(frame))]})
            if "customers.customer_id" in (column.refers_to, f"{name}.{column.name}"):
                frame = frame[~frame[column.name].isin(dropped)]
        frame = frame if name in ("customers", "transactions", "initiative_panel") else frame[:ROWS]
        sheets[name] = Sheet(name, list(frame.columns), frame.to_numpy().tolist())
    return sheets
