"""Callaway-Sant'Anna on a staggered panel beside diff-diff and pyfixest, in one run, as ratios.

Run: python benchmarks/initiatives/staggered.py --peer-python PEERS/bin/python [--units 2000] [--periods 24]
where PEERS is an environment of its own with diff-diff and pyfixest. Times are the best of some runs inside the
process, imports not counted; the estimates must agree. The physical limit beside it is one pass over the panel: the
means of all cohorts and periods.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two busy cores: threads would wait for each other

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.attribution.callaway import aggregate, att_cells
from scrm_helpers.initiatives.attribution.panel import read_panel


def staggered_panel(units: int, periods: int, seed: int = 1) -> pd.DataFrame:
    """Two fifths never treated, three cohorts, an effect that grows with exposure."""
    rng = np.random.default_rng(seed)
    cohorts = np.array([0, periods // 3, periods // 2, 2 * periods // 3])
    first = rng.choice(cohorts, units, p=[0.4, 0.2, 0.2, 0.2])
    time_index = np.arange(1, periods + 1)
    exposure = time_index - first[:, None]
    effect = np.where((first[:, None] > 0) & (exposure >= 0), 0.05 * (exposure + 1), 0.0)
    values = rng.normal(0, 1, (units, 1)) + 0.02 * time_index + effect + rng.normal(0, 0.5, (units, periods))
    return pd.DataFrame(
        {
            "outcome": "y",
            "unit_id": np.repeat(np.arange(units), periods),
            "period": np.tile(time_index, units),
            "value": values.ravel(),
            "first_period": np.repeat(np.where(first > 0, first, np.nan), periods),
        }
    )


def best_seconds(task: Callable[[], object], repeats: int) -> float:
    """Shortest wall time of a task: what it needs when nothing else runs."""
    spans = []
    for _ in range(repeats):
        begun = time.perf_counter()
        task()
        spans.append(time.perf_counter() - begun)
    return min(spans)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--periods", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=9)
    given = parser.parse_args()
    frame = staggered_panel(given.units, given.periods)
    panel = read_panel(frame, "y")

    def own() -> tuple[float, float]:
        cells = att_cells(panel)
        simple = aggregate(panel, cells, "simple")
        aggregate(panel, cells, "event")
        return simple.overall, simple.overall_se

    def whole() -> None:
        laid = read_panel(frame, "y")
        cells = att_cells(laid)
        aggregate(laid, cells, "simple")
        aggregate(laid, cells, "event")

    def limit() -> np.ndarray:
        return np.array([panel.values[panel.first == g].mean(axis=0) for g in np.unique(panel.first)])

    att, se = own()
    seconds = {
        "kit, panel laid out": best_seconds(own, given.repeats),
        "kit, from the table": best_seconds(whole, given.repeats),
    }
    seconds["limit: cohort means"] = best_seconds(limit, given.repeats)
    event = aggregate(panel, att_cells(panel), "event").overall
    print(f"{'kit':28s} ATT {att:.12f} SE {se:.12f}; mean over event periods {event:.12f}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.csv"
        frame.to_csv(file, index=False)
        peer = Path(__file__).with_name("staggered_peer.py")
        for name in ("diff-diff", "pyfixest"):
            ran = subprocess.run(
                [given.peer_python, str(peer), name, str(file), str(given.repeats)],
                capture_output=True,
                text=True,
                check=False,
            )
            if ran.returncode:
                print(
                    f"{name}: did not run: "
                    f"{ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else 'no message'}"
                )
                continue
            found = json.loads(ran.stdout.splitlines()[-1])
            seconds[name] = found["seconds"]
            print(f"{name:28s} ATT {found['att']:.12f} SE {found['se']:.12f} (version {found['version']})")
    own_seconds = seconds["kit, from the table"]
    for name, spent in seconds.items():
        print(f"{name:28s} {spent:8.4f} s  {spent / own_seconds:8.1f} times the kit")


if __name__ == "__main__":
    main()
