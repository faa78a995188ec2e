"""Time and memory of reading a table of orders: the strict reader beside readers that accept almost anything.

Run with ``python benchmarks/tables/reading.py [--rows 1000000] [--only check]``. Every way has processes of its own,
the best of `--times` counts; "as text" ways keep ids such as 00123 whole, as this kit must. The limit is Arrow
splitting the bytes and nothing else. The check of Parquet stands beside DuckDB counting different orders and
customers, the least that a check has to look at.
"""

from __future__ import annotations

import argparse
import csv
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = "2026-09-30"


def _limit(folder: Path) -> None:
    from pyarrow import csv as arrow_csv

    arrow_csv.read_csv(folder / "transactions.csv")


def _kit_reader(folder: Path) -> None:
    from scrm_helpers.tables import TABLES
    from scrm_helpers.tables.reading.delimited import read_csv
    from scrm_helpers.tables.reading.files import Origin, read_bytes

    origin = Origin(TABLES["transactions"], "transactions.csv")
    content, sha256 = read_bytes(folder / "transactions.csv", origin)
    read_csv(content, origin, sha256)


def _kit_check(folder: Path) -> None:
    from scrm_helpers.tables.pipeline import examine

    assert examine(folder, AS_OF).report(False).exit_code == 0


def _kit_check_parquet(folder: Path) -> None:
    _kit_check(folder / "parquet")


def _duckdb_distinct(folder: Path) -> None:
    import duckdb

    orders = str(folder / "parquet" / "transactions.parquet")
    duckdb.sql(
        "SELECT count(DISTINCT order_id), count(DISTINCT customer_id) FROM read_parquet($1)", params=[orders]
    ).fetchall()


def _pandas_default(folder: Path) -> None:
    import pandas as pd

    pd.read_csv(folder / "transactions.csv")


def _pandas_text(folder: Path) -> None:
    import pandas as pd

    pd.read_csv(folder / "transactions.csv", dtype="str", keep_default_na=False)


def _duckdb_text(folder: Path) -> None:
    import duckdb

    duckdb.read_csv(str(folder / "transactions.csv"), all_varchar=True).df()


def _standard_library(folder: Path) -> None:
    with (folder / "transactions.csv").open(encoding="utf-8", newline="") as file:
        widths = {len(row) for row in csv.reader(file, strict=True)}
    assert len(widths) == 1


WAYS = {
    "limit: Arrow, types inferred": _limit,
    "kit: strict reader (bytes, hash, proof, text)": _kit_reader,
    "kit: whole check of customers and orders": _kit_check,
    "pandas, types inferred": _pandas_default,
    "pandas, as text": _pandas_text,
    "DuckDB, as text": _duckdb_text,
    "csv.reader strict, fields counted": _standard_library,
    "kit: whole check, of Parquet": _kit_check_parquet,
    "DuckDB, different ids of Parquet": _duckdb_distinct,
}
RATIOS = (  # way, beside which one
    ("kit: whole check of customers and orders", "DuckDB, as text"),
    ("kit: whole check, of Parquet", "DuckDB, different ids of Parquet"),
)


def make_company(folder: Path, rows: int) -> None:
    """Write `rows` orders of a third as many customers."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv
    from pyarrow import parquet

    rng = np.random.default_rng(1)
    n = max(rows // 3, 1)
    ids = [f"C{i:07d}" for i in range(n)]
    joined = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D")
    customers = pd.DataFrame({"customer_id": ids, "joined_on": joined})
    who = rng.integers(0, n, rows)
    orders = pd.DataFrame(
        {
            "order_id": [f"O{i}" for i in range(rows)],
            "customer_id": np.array(ids)[who],
            "ordered_on": joined[who] + pd.to_timedelta(rng.integers(0, 1000, rows), unit="D"),
            "amount": np.round(rng.gamma(2, 30, rows), 2),
        }
    )
    (folder / "parquet").mkdir()
    for name, frame in (("customers", customers), ("transactions", orders)):
        table = pa.Table.from_pandas(frame, preserve_index=False)
        day = table.schema.get_field_index("joined_on" if name == "customers" else "ordered_on")
        table = table.set_column(day, table.column_names[day], pc.cast(table.column(day), pa.date32()))
        arrow_csv.write_csv(table, folder / f"{name}.csv", arrow_csv.WriteOptions(quoting_style="needed"))
        parquet.write_table(table, folder / "parquet" / f"{name}.parquet")


def measure(name: str, folder: Path, times: int) -> tuple[float, float, float]:
    """Return seconds, seconds of processors (best of several processes, imports apart) and peak memory in MB."""
    runs = []
    for _ in range(times):
        command = [sys.executable, __file__, "--way", name, "--folder", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(tuple(float(part) for part in done.stdout.split()))
    return min(run[0] for run in runs), min(run[1] for run in runs), max(run[2] for run in runs)


def main() -> None:
    """Run all ways, or one of them when called by itself."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--only", default="", help="part of the names of the ways to run")
    options.add_argument("--times", type=int, default=3)
    options.add_argument("--way", choices=[*WAYS, "make"])
    options.add_argument("--folder", type=Path)
    given = options.parse_args()
    if given.way == "make":
        make_company(given.folder, given.rows)
        return
    if given.way:
        import pandas as pd

        pd.Series(["warm"], dtype="str")
        start, worked = time.perf_counter(), time.process_time()
        WAYS[given.way](given.folder)
        seconds = time.perf_counter() - start
        print(seconds, time.process_time() - worked, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # In a process of its own: a child starts with the peak memory of its parent.
        command = [sys.executable, __file__, "--way", "make", "--folder", name, "--rows", str(given.rows)]
        subprocess.run(command, check=True)
        size = (folder / "transactions.csv").stat().st_size / 1e6
        print(f"{given.rows:,} orders, {size:.0f} MB")
        found = {}
        pairs = [way for pair in RATIOS for way in pair]
        for way in pairs if given.only == "check" else [way for way in WAYS if given.only in way]:
            *found[way], peak = measure(way, folder, given.times)
            print(f"{way:48} {found[way][0]:6.2f} s  {found[way][1]:6.2f} s of processors  {peak:6.0f} MB", flush=True)
        for way, other in RATIOS:
            if way in found and other in found:
                clock, processors = (one / two for one, two in zip(found[way], found[other], strict=True))
                print(f"{way}: {clock:.2f} times {other} ({processors:.2f} by processors)")


if __name__ == "__main__":
    main()
