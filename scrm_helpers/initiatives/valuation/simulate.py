"""From inputs to flows: draw everything once, jointly, and lay it out by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd

from scrm_helpers.initiatives.plan.distributions import Distribution, draw_together
from scrm_helpers.initiatives.plan.streams import COST_KINDS, COUNTED, EffectPath, Plan

Inputs = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Flows:
    """Drawn flows of one initiative."""

    streams: Mapping[str, np.ndarray]  # money back by stream kind
    costs: Mapping[str, np.ndarray]  # cost by kind; volunteered time at its drawn shadow price
    scores: Mapping[str, np.ndarray]  # returns in their own units

    @property
    def benefit(self) -> np.ndarray:
        """Money back per draw and quarter."""
        return reduce(np.add, self.streams.values()) if self.streams else np.zeros_like(self.cost("cash"))

    def cost(self, view: str) -> np.ndarray:
        """Cost per draw and quarter in one view."""
        return reduce(np.add, (self.costs[kind] for kind in COUNTED[view]))


def draw_inputs(
    plans: Sequence[Plan],
    *,
    draws: int,
    seed: int,
    spearman: pd.DataFrame | None = None,
    shared: Mapping[str, str] | None = None,
) -> dict[str, np.ndarray]:
    """Draw every input of every plan once."""
    drawn = draw_scalars(plans, draws=draws, seed=seed, spearman=spearman, shared=shared)
    for place, plan in enumerate(plans):
        drawn |= draw_paths(plan, draws=draws, seed=(seed, place))
    return drawn


def draw_scalars(
    plans: Sequence[Plan],
    *,
    draws: int,
    seed: int,
    spearman: pd.DataFrame | None = None,
    shared: Mapping[str, str] | None = None,
) -> dict[str, np.ndarray]:
    """Draw every input that is one number; see :func:`draw_inputs`."""
    given = {name: value for plan in plans for name, value in plan.inputs().items()}
    scalars = {name: value for name, value in given.items() if isinstance(value, Distribution)}
    drawn = draw_together(scalars, draws, np.random.default_rng(seed), spearman)
    return drawn | {name: drawn[original] for name, original in (shared or {}).items()}


def draw_paths(plan: Plan, *, draws: int, seed: tuple[int, int]) -> dict[str, np.ndarray]:
    """Draw every estimated path of one plan; `seed` is the seed of the run and the place of the plan in it."""
    rng, drawn = np.random.default_rng([*seed, 1]), {}
    shared: dict[tuple[int, float], np.ndarray] = {}
    for name, value in plan.inputs().items():
        if isinstance(value, EffectPath):
            same = id(value.estimate), value.bias_sd
            shared[same] = drawn[name] = shared[same] if same in shared else value.draw(draws, rng)
    return drawn


def mean_inputs(plans: Sequence[Plan]) -> dict[str, np.ndarray]:
    """Return every input at its expected value, as a single draw."""
    given = {name: value for plan in plans for name, value in plan.inputs().items()}
    return {
        name: np.array([value.mean]) if isinstance(value, Distribution) else value.estimate[None, :]
        for name, value in given.items()
    }


def project(plan: Plan, inputs: Inputs, quarters: int) -> Flows:
    """Lay the drawn inputs of one plan out by quarter."""
    draws = max((len(inputs[name]) for name in plan.inputs()), default=1)
    streams: dict[str, np.ndarray] = {}
    scores: dict[str, np.ndarray] = {}
    for stream in plan.streams:
        key = f"{plan.id}.{stream.name}"
        path = stream.path(inputs[f"{key}.effect"], quarters)
        if stream.kind == "score":
            scores[stream.name] = path * stream.reach
            continue
        worth = inputs[f"{key}.value"] * inputs[f"{key}.cashable"] * stream.reach
        money = path * worth[:, None]
        streams[stream.kind] = streams[stream.kind] + money if stream.kind in streams else money
    nothing = np.broadcast_to(0.0, (draws, quarters + 1))
    costs = dict.fromkeys(COST_KINDS, nothing)
    for cost in plan.costs:
        if costs[cost.kind] is nothing:
            costs[cost.kind] = np.zeros((draws, quarters + 1))
        key = f"{plan.id}.{cost.name}"
        price = inputs[f"{key}.rate"] * (inputs[f"{key}.shadow"] if cost.kind == "volunteered_time" else 1.0)
        costs[cost.kind][:, 0] += inputs[f"{key}.setup"] * price
        costs[cost.kind][:, 1:] += (inputs[f"{key}.quarterly"] * price)[:, None]
    return Flows(streams, costs, scores)
