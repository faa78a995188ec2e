"""All inputs of a case drawn once, jointly, and laid out by quarter, with what is booked in place of what is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from scrm_helpers.initiatives.plan.streams import COUNTED, GROSS, Booked, Distribution, EffectPath, Plan, after

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


def draw_inputs(plans: Sequence[Plan], *, draws: int, seed: int) -> dict[str, np.ndarray]:
    """Draw every input of every plan once; paths estimated together are drawn together."""
    given, rng = [plan.inputs() for plan in plans], np.random.default_rng(seed)
    scalars = [(name, value) for one in given for name, value in one.items() if isinstance(value, Distribution)]
    drawn = {name: value.draw(draws, rng) for name, value in scalars}
    for place, one in enumerate(given):
        rng = np.random.default_rng([seed, place, 1])
        shared: dict[tuple[int, float], np.ndarray] = {}
        for name, value in one.items():
            if isinstance(value, EffectPath):
                same = id(value.estimate), value.bias_sd
                shared[same] = drawn[name] = shared[same] if same in shared else value.draw(draws, rng)
    return drawn


def mean_inputs(plan: Plan) -> dict[str, np.ndarray]:
    """Return every input of a plan at its expected value, as a single draw."""
    return {
        name: np.array([value.mean]) if isinstance(value, Distribution) else value.estimate[None, :]
        for name, value in plan.inputs().items()
    }


def project(plan: Plan, inputs: Inputs, quarters: int) -> Flows:
    """Lay the drawn inputs of one plan out by quarter; quarters that are booked are taken from the ledger."""
    draws = max((len(inputs[name]) for name in plan.inputs()), default=1)
    nothing = np.broadcast_to(0.0, (draws, quarters + 1))
    streams, errors, scores = dict[str, np.ndarray](), dict[str, np.ndarray](), dict[str, np.ndarray]()
    for stream in plan.streams:
        if stream.kind == GROSS:
            continue
        key = f"{plan.id}.{stream.name}"
        path = stream.path(inputs[f"{key}.effect"], quarters)
        if stream.kind == "score":
            scores[stream.name] = path * stream.reach
            continue
        worth = inputs[f"{key}.value"] * inputs[f"{key}.cashable"] * stream.reach
        streams[stream.kind] = streams.get(stream.kind, nothing) + path * worth[:, None]
        if isinstance(stream.effect, EffectPath):
            sure = stream.unit_value.mean * stream.cashable.mean * stream.reach
            known = stream.path(stream.effect.estimate[None], quarters)
            errors[stream.kind] = errors.get(stream.kind, nothing) + (path - known) * sure
    costs = dict.fromkeys(COUNTED["shadow"], nothing)  # every kind
    for cost in plan.costs:
        if costs[cost.kind] is nothing:
            costs[cost.kind] = np.zeros((draws, quarters + 1))
        key = f"{plan.id}.{cost.name}"
        price = inputs[f"{key}.rate"] * (inputs[f"{key}.shadow"] if cost.kind == "volunteered_time" else 1.0)
        costs[cost.kind][:, 0] += inputs[f"{key}.setup"] * price
        costs[cost.kind][:, 1:] += (inputs[f"{key}.quarterly"] * price)[:, None]
    if plan.booked is not None:
        _take_booked(plan.booked, streams, costs, errors)
    return Flows(streams, costs, scores)


def _take_booked(booked: Booked, streams: dict[str, np.ndarray], costs: dict[str, np.ndarray], errors: Inputs) -> None:
    """Put what is booked in place of what was drawn; a booked benefit keeps the error of the estimate behind it."""
    nothing = np.zeros_like(costs["cash"])
    over = after(min(booked.until, nothing.shape[1] - 1))
    taken = [(streams, kind) for kind in {*streams, *booked.streams} if booked.streams]
    taken += [(costs, kind) for kind in costs if kind != "volunteered_time"]  # its price is drawn, not booked
    for part, kind in taken:
        part[kind] = np.array(part.get(kind, nothing))
        given = {**booked.streams, **booked.costs}.get(kind)
        part[kind][:, over] = 0.0 if given is None else given[over]
        if part is streams and given is not None and kind in errors:
            part[kind][:, over] += errors[kind][:, over]
