"""The kit beside lifetimes, pymc-marketing and the physical limit: alternating runs, fresh processes, ratios.

Run with

    python benchmarks/value/compare.py --customers 1000000 --lifetimes PYTHON --pymc PYTHON [--tasks rfm] [--rounds 3]
    python benchmarks/value/compare.py --customers 23570 --pymc PYTHON --tasks posterior

where PYTHON is the interpreter of an environment that has the peer; a peer that is not given is left out. Imports and a
first small fit are not counted for anybody.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
from simulate import orders

HERE = Path(__file__).parent
ENGINES = {
    "rfm": ("kit", "lifetimes", "pymc"),
    "bgnbd": ("kit", "lifetimes", "pymc"),
    "gammagamma": ("kit", "lifetimes", "pymc"),
    "clv": ("kit", "lifetimes", "pymc"),
    "pipeline": ("kit", "lifetimes", "pymc", "limit"),
    "ranges": ("kit",),
}
SCRIPTS = {"kit": "with_kit.py", "lifetimes": "with_lifetimes.py", "pymc": "with_pymc.py", "limit": "limit.py"}


def prepare(customers: int, folder: Path) -> dict[str, Path]:
    """Write the orders and their summary in weeks."""
    from scrm_helpers.value.history.purchases import Orders

    frame = orders(customers)
    raw, summary = folder / "orders.parquet", folder / "summary.parquet"
    frame.to_parquet(raw, index=False)
    history = Orders.of(frame).history(pd.Timestamp("2026-06-30"))
    history[["frequency", "recency", "age", "mean_spend"]].reset_index(drop=True).to_parquet(summary, index=False)
    print(f"{customers:,} customers, {len(frame):,} orders")
    return {"raw": raw, "summary": summary}


def measure(engine: str, python: str, task: str, path: Path) -> dict:
    """Run one task of one engine in a process of its own."""
    command = [python, str(HERE / SCRIPTS[engine]), task, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{engine} failed at {task}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def accuracy(runs: dict[str, dict], task: str, summary: Path) -> None:
    """Put all estimates into one exact likelihood."""
    from scrm_helpers.value.history.order_days import collapse
    from scrm_helpers.value.models import beta_geometric, gammagamma

    history = pd.read_parquet(summary)
    if task == "bgnbd":
        objective = beta_geometric.log_likelihood(collapse(history))
    else:
        used = history[(history["frequency"] > 0) & (history["mean_spend"] > 0)]
        objective = gammagamma.log_likelihood(used["frequency"].to_numpy(), used["mean_spend"].to_numpy())
    best = objective(runs["kit"]["parameters"])[0]
    for engine, run in runs.items():
        print(
            f"    {engine}: log-likelihood {objective(run['parameters'])[0] - best:+.2e} against the kit ({best:,.4f})"
        )


def posterior(pythons: dict[str, str], summary: Path) -> None:
    """Compare 4,000 draws of the BG/NBD parameters: Laplace, Metropolis, and the peer's Markov chains."""
    runs = {task: measure("kit", pythons["kit"], task, summary) for task in ("laplace", "metropolis")}
    if pythons["pymc"]:
        runs["nuts"] = measure("pymc", pythons["pymc"], "nuts", summary)
    print("posterior, 90 % ranges of r, alpha, a, b")
    for name, run in runs.items():
        ends = ", ".join(f"{low:.3f} to {high:.3f}" for low, high in zip(run["low"], run["high"], strict=True))
        print(
            f"    {name}: {run['seconds']:.3f} s, {run['seconds'] / runs['laplace']['seconds']:,.0f} x laplace; {ends}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", default=",".join(ENGINES))
    parser.add_argument("--lifetimes", default="")
    parser.add_argument("--pymc", default="")
    given = parser.parse_args()
    pythons = {"kit": sys.executable, "limit": sys.executable, "lifetimes": given.lifetimes, "pymc": given.pymc}
    with tempfile.TemporaryDirectory() as folder:
        paths = prepare(given.customers, Path(folder))
        if given.tasks == "posterior":
            posterior(pythons, paths["summary"])
            return
        for task in given.tasks.split(","):
            path = paths["raw" if task in ("rfm", "pipeline") else "summary"]
            engines = [engine for engine in ENGINES[task] if pythons[engine]]
            runs: dict[str, list[dict]] = {engine: [] for engine in engines}
            for _ in range(given.rounds):
                for engine in engines:
                    runs[engine].append(measure(engine, pythons[engine], task, path))
            seconds = {engine: statistics.median(run["seconds"] for run in done) for engine, done in runs.items()}
            print(task)
            for engine, done in runs.items():
                peak, times = max(run["peak_mb"] for run in done), seconds[engine] / seconds["kit"]
                print(f"    {engine}: {seconds[engine]:.3f} s, {peak:,.0f} MB, {times:.1f} x the kit", flush=True)
            if task in ("bgnbd", "gammagamma"):
                accuracy({engine: done[-1] for engine, done in runs.items()}, task, paths["summary"])


if __name__ == "__main__":
    main()
