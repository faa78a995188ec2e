"""Forests and graphs for the benchmarks, as flat arrays on disk that every library builds its own type from."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def forest(shape: str, people: int, seeds: float = 0.02, seed: int = 1) -> np.ndarray:
    """Parent of everybody, -1 for those who came by themselves; parents come before children."""
    number = np.arange(people)
    if shape == "chain":
        return number - 1
    if shape == "star":
        return np.where(number == 0, -1, 0)
    rng = np.random.default_rng(seed)
    parent = (rng.random(people) * np.maximum(number, 1)).astype(np.int64)
    above = parent[parent]  # copying somebody's referrer favours those who have brought many: preferential attachment
    parent = np.where((rng.random(people) < 0.5) & (parent > 0), above, parent)
    parent[rng.random(people) < seeds] = -1
    parent[0] = -1
    return parent


def graph(edges: Path, folder: Path) -> Path:
    """Number the people of an edge list with the columns src and dst; edges to oneself are left out."""
    import pandas as pd

    ends = pd.read_parquet(edges)[["src", "dst"]].to_numpy()
    people, code = np.unique(ends[ends[:, 0] != ends[:, 1]], return_inverse=True)
    source, target = code.reshape(-1, 2).T
    path = folder / f"{edges.stem}.npz"
    np.savez(path, source=source, target=target, people=len(people))
    return path


def write(folder: Path, shape: str, people: int, seeds: float = 0.02) -> Path:
    path = folder / f"{shape}-{people}-{seeds}.npz"
    if not path.exists():
        amount = np.random.default_rng(2).lognormal(size=people)
        np.savez(path, parent=forest(shape, people, seeds), amount=amount)
    return path
