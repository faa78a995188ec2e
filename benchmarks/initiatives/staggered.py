"""Callaway-Sant'Anna on a staggered panel (diff-diff, as the kit calls it) beside pyfixest, in one run, as ratios.

Run: python benchmarks/initiatives/staggered.py --peer-python PEERS/bin/python [--units 2000] [--periods 24]
where PEERS is an environment of its own with pyfixest. Every engine reads the same file in a process of
its own; the time from the table in memory to the overall effect and the event study is the best of some runs, imports
and reading not counted; engines take turns; the estimates must agree. `--numbered` names the units by numbers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd


def staggered_panel(units: int, periods: int, numbered: bool, seed: int = 1) -> pd.DataFrame:
    """Two fifths never treated, three cohorts, an effect that grows with exposure."""
    rng = np.random.default_rng(seed)
    cohorts = np.array([0, periods // 3, periods // 2, 2 * periods // 3])
    first = rng.choice(cohorts, units, p=[0.4, 0.2, 0.2, 0.2])
    time_index = np.arange(1, periods + 1)
    exposure = time_index - first[:, None]
    effect = np.where((first[:, None] > 0) & (exposure >= 0), 0.05 * (exposure + 1), 0.0)
    names = np.arange(units) if numbered else np.array([f"store {number:05d}" for number in range(units)])
    values = rng.normal(0, 1, (units, 1)) + 0.02 * time_index + effect + rng.normal(0, 0.5, (units, periods))
    return pd.DataFrame(
        {
            "outcome": "y",
            "unit_id": np.repeat(names, periods),
            "period": np.tile(time_index, units),
            "value": values.ravel(),
            "first_period": np.repeat(np.where(first > 0, first, np.nan), periods),
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer-python", required=True)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--periods", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--numbered", action="store_true")
    given = parser.parse_args()
    pythons = {"kit": sys.executable, "limit": sys.executable}
    pythons |= {"pyfixest": given.peer_python}
    runs: dict[str, list[dict]] = {name: [] for name in pythons}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panel.csv"
        staggered_panel(given.units, given.periods, given.numbered).to_csv(file, index=False)
        script = Path(__file__).with_name("staggered_engines.py")
        for _ in range(given.rounds):
            for name, python in pythons.items():
                command = [python, str(script), name, str(file), str(given.repeats)]
                ran = subprocess.run(command, capture_output=True, text=True, check=False)
                if ran.returncode:
                    print(f"{name} did not run: {(ran.stderr.strip() or 'no message').splitlines()[-1]}")
                else:
                    runs[name].append(json.loads(ran.stdout.splitlines()[-1]))
    own = statistics.median(run["seconds"] for run in runs["kit"])
    for name, done in runs.items():
        if done:
            spent, last = statistics.median(run["seconds"] for run in done), done[-1]
            print(
                f"{name:10s} {spent * 1000:8.2f} ms {spent / own:8.1f} times the kit; ATT {last['att']:.12f} "
                f"SE {last['se']:.12f} event mean {last['event']:.12f} {last['version']}"
            )


if __name__ == "__main__":
    main()
