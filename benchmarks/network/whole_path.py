"""From a Parquet file of referrals with text ids to the finished person table, and how long reading alone takes.

Run: python benchmarks/network/whole_path.py [--people 10200000] [--folder FOLDER]
Targets on two free cores: under 30 s and 4 GB for 10 million referrals.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import worlds

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def write(folder: Path, people: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(1)
    parent = worlds.forest("bushy", people)
    ids = pa.array([f"C{number:08d}" for number in rng.permutation(people).tolist()])
    day = np.datetime64("2020-01-01", "us") + (np.arange(people) * 2000 // people).astype("timedelta64[D]")
    rows = rng.permutation(np.flatnonzero(parent >= 0))
    pq.write_table(pa.table({"customer_id": ids, "joined_on": day}), folder / "customers.parquet")
    referrals = {"referrer_id": ids.take(pa.array(parent[rows])), "referred_id": ids.take(pa.array(rows))}
    pq.write_table(pa.table(referrals | {"referred_on": day[rows]}), folder / "referrals.parquet")


def walk(folder: Path) -> None:
    from scrm_helpers.network.forest.reach import forest_table

    started, used = time.perf_counter(), time.process_time()
    customers = pd.read_parquet(folder / "customers.parquet")
    referrals = pd.read_parquet(folder / "referrals.parquet")
    read = time.perf_counter()
    margin = pd.Series(np.random.default_rng(2).lognormal(size=len(customers)), index=customers["customer_id"])
    table = forest_table(referrals, customers, margin)
    done = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(referrals):,} referrals, {len(table):,} people")
    print(f"{done - started:.1f} s in all, {read - started:.1f} s of it reading")
    print(f"{time.process_time() - used:.1f} s of processor time, {memory:.2f} GB at the peak")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=10_200_000)
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.folder:
        walk(chosen.folder)
        return
    with tempfile.TemporaryDirectory() as folder:  # a process of its own, so that writing the files is not measured
        write(Path(folder), chosen.people)
        subprocess.run([sys.executable, __file__, "--folder", folder], check=True)


if __name__ == "__main__":
    main()
