"""Referral forests and influence graphs beside their peers, every way in its own process, as ratios of one run.

Run: python benchmarks/network/compare.py [--people 1000000] [--shapes bushy star chain] [--edges EDGES.parquet]
     [--python igraph=/path/to/python --python rustworkx=/path/to/python] [--only value virality graph]
A peer with no interpreter of its own runs in this one; a peer that is not installed is said to be absent.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import worlds

HERE = Path(__file__).resolve().parent
CASCADES = ("kit", "limit", "scipy", "duckdb", "rustworkx", "igraph", "networkx")
GRAPHS = ("kit", "rustworkx", "igraph", "networkx")


def run(python: str, script: str, *arguments: object) -> dict[str, float] | None:
    command = [python, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"    {arguments[1]}: {done.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(done.stdout.splitlines()[-1])


def table(title: str, script: str, task: str, libraries: tuple[str, ...], world: Path, pythons: dict[str, str]) -> None:
    print(f"\n{title}")
    kit = None
    for library in libraries:
        found = run(pythons.get(library, sys.executable), script, task, library, world)
        if found is None:
            continue
        kit = kit or found
        ratio = found["seconds"] / kit["seconds"]
        print(
            f"    {library:10} {found['seconds']:9.3f} s  {ratio:9.1f} x  {found['gb']:5.2f} GB  {found['check']:.9g}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--shapes", nargs="+", default=["bushy", "star", "chain"])
    parser.add_argument("--ways", nargs="+", default=list(CASCADES))
    parser.add_argument("--edges", type=Path)
    parser.add_argument("--python", action="append", default=[], metavar="LIBRARY=PATH")
    parser.add_argument("--only", nargs="+", default=["value", "virality", "graph"])
    chosen = parser.parse_args()
    pythons = dict(entry.split("=", 1) for entry in chosen.python)
    with tempfile.TemporaryDirectory() as folder:
        for shape in chosen.shapes if "value" in chosen.only else ():
            world = worlds.write(Path(folder), shape, chosen.people)
            ways = tuple(way for way in CASCADES if way in chosen.ways and not (way == "scipy" and shape == "chain"))
            table(f"Cascade value, {chosen.people:,} people, {shape}", "cascade_ways.py", "value", ways, world, pythons)
        if "virality" in chosen.only:
            few = min(chosen.people, 100_000)
            world = worlds.write(Path(folder), "bushy", few, seeds=0.3)  # peers need the square of a cascade
            ways = tuple(way for way in ("kit", "igraph", "networkx") if way in chosen.ways)
            table(f"Structural virality, {few:,} people", "cascade_ways.py", "virality", ways, world, pythons)
        if "graph" in chosen.only and chosen.edges:
            world = worlds.graph(chosen.edges, Path(folder))
            for task in ("pagerank", "core", "communities"):
                ways = tuple(way for way in GRAPHS if not (task == "communities" and way == "rustworkx"))
                table(f"{task} of {chosen.edges.stem}", "graph_ways.py", task, ways, world, pythons)


if __name__ == "__main__":
    main()
