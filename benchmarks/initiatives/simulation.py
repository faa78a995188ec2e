"""Joint draws of many initiatives beside the bare drawing of as many normals, in one run, as ratios.

Run: python benchmarks/initiatives/simulation.py
Prints seconds of 8 initiatives x 10,000 draws x 12 quarters x 6 streams, and of 200 initiatives x 10,000 draws with
the peak memory of the process. The physical limit is drawing and summing the same count of normal numbers.
"""

from __future__ import annotations

import os
import time
from typing import get_args

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two busy cores: threads would wait for each other

import numpy as np

from scrm_helpers.initiatives.plan.case_schema import StreamKind
from scrm_helpers.initiatives.plan.streams import (
    Cost,
    Distribution,
    EffectPath,
    Plan,
    Stream,
    ValuationTerms,
    fixed,
    geometric,
)
from scrm_helpers.initiatives.valuation.case_value import value_initiative
from scrm_helpers.initiatives.valuation.drawn_flows import draw_inputs


def plan(number: int) -> Plan:
    """Six streams, each with uncertain effect (half of them estimated paths), worth and cashability."""
    covariance = 4.0 * (0.7 ** np.abs(np.subtract.outer(np.arange(12), np.arange(12))))
    streams = [
        Stream(
            kind,
            kind,
            EffectPath(np.linspace(1, 12, 12), covariance) if place % 2 else Distribution("pert", (2, 10, 30)),
            Distribution("normal", (20, 3)),
            Distribution("beta", (6, 4)),
            kernel=geometric(0.9, 13) if kind == "retained" else None,
        )
        for place, kind in enumerate(get_args(StreamKind))
    ]
    costs = [
        Cost("licence", "cash", fixed(6000.0 + 10 * number), fixed(300.0)),
        Cost("hours", "paid_time", per_quarter=fixed(20.0), rate=Distribution("pert", (25, 35, 50))),
    ]
    return Plan(f"i{number}", f"Initiative {number}", streams, costs)


def seconds(task: object) -> float:
    begun = time.perf_counter()
    task()  # type: ignore[operator]
    return time.perf_counter() - begun


def eight() -> None:
    plans = [plan(number) for number in range(8)]
    inputs = draw_inputs(plans, draws=10_000, seed=1)
    for one in plans:
        value_initiative(one, inputs, ValuationTerms(horizon=12))


def limit() -> None:
    np.random.default_rng(1).standard_normal((8 * 6, 10_000, 13)).sum(axis=0)


def main() -> None:
    eight()
    spent = min(seconds(eight) for _ in range(7))
    bare = min(seconds(limit) for _ in range(7))
    print(
        f"8 x 10,000 x 12 x 6, drawn and valued: {spent:.3f} s, {spent / bare:.1f} times drawing as many normals "
        f"({bare:.3f} s)"
    )


if __name__ == "__main__":
    main()
