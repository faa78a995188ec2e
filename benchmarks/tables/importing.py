"""Time and memory of importing a shop's export of orders beside checking the company folder that it wrote.

Run with ``python benchmarks/tables/importing.py [--rows 1000000]``: the shipped commands, a process each, one after the
other in one run, their start included. The export has a header of WooCommerce; a third as many people as orders.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AS_OF = "2026-09-30"


def make_export(file: Path, rows: int) -> None:
    """Write `rows` orders, nineteen in twenty of them completed."""
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from pyarrow import csv

    rng = np.random.default_rng(1)
    mails = np.array([f"c{i:07d}@example.com" for i in range(max(rows // 3, 1))])
    minutes = np.sort(rng.integers(0, 3 * 365 * 1440, rows))
    columns = {
        "order_number": [f"O{i}" for i in range(rows)],
        "order_date": (pd.Timestamp("2023-01-01") + pd.to_timedelta(minutes, unit="min")).strftime("%Y-%m-%d %H:%M:%S"),
        "status": rng.choice(["completed", "failed"], rows, p=[0.95, 0.05]),
        "order_total": np.round(rng.gamma(2, 30, rows), 2) + 0.01,
        "order_currency": np.full(rows, "EUR"),
        "billing_email": mails[rng.integers(0, len(mails), rows)],
    }
    csv.write_csv(pa.table(columns), file, csv.WriteOptions(quoting_style="needed"))


def _measured(*arguments: str) -> tuple[float, float, float]:
    """Seconds, seconds of processors and gigabytes at the peak of a command."""
    work = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL); "
    work += "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
    work += "print(done.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6)"
    start = time.perf_counter()
    command = [sys.executable, "-c", work, sys.executable, "-m", "scrm_helpers.cli", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    seconds = time.perf_counter() - start
    code, processors, peak = map(float, said.split())
    assert code == 0, arguments
    return seconds, processors, peak


def main() -> None:
    """Import, check what was written, and say the ratio."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=1_000_000)
    options.add_argument("--make", type=Path)
    given = options.parse_args()
    if given.make:
        make_export(given.make, given.rows)
        return
    with tempfile.TemporaryDirectory() as name:
        file, data = Path(name) / "orders.csv", Path(name) / "company"
        subprocess.run([sys.executable, __file__, "--make", file, "--rows", str(given.rows)], check=True)
        print(f"{given.rows:,} orders, {file.stat().st_size / 1e6:.0f} MB")
        found = []
        for words, command in (
            ("import", ("import", str(file), "--to", str(data), "--as-of", AS_OF)),
            ("check of what it wrote", ("check", str(data))),
        ):
            found.append(_measured(*command))
            seconds, processors, peak = found[-1]
            print(f"{words:24} {seconds:6.1f} s  {processors:6.1f} s of processors  {peak:4.1f} GB", flush=True)
        clock, processors = (found[0][part] / found[1][part] for part in (0, 1))
        print(f"import: {clock:.2f} times the check ({processors:.2f} by processors)")


if __name__ == "__main__":
    main()
