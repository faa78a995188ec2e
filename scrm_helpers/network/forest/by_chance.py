"""What chance gives of a network: the same measure over draws in which nobody is who they are."""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from scrm_helpers.answers import Chance, Claim, numbers
from scrm_helpers.stats.chance import age_groups

RECORDED = "all referrals up to the day of the report"
SEEN = "all messages and referrals up to the day of the report"
BESIDE = {1: "more than", -1: "less than", 0: "not shown to be more or less than"}  # by the direction of a claim


def draws_of(ties: int) -> int:
    """Say how often to draw among so many ties: fewer times where each takes long."""
    return 199 if ties < 50_000 else 39 if ties < 500_000 else 19


def beside_draws(value: float, drawn: Iterable[float], how: str) -> Chance:
    """Return what the draws give with their range, and the two-sided p-value of the value found."""
    chance = np.array([*drawn], float)
    centre = np.append(chance, value).mean()  # with the value itself, so that the p-value is exact
    p = (1 + np.count_nonzero(np.abs(chance - centre) >= abs(value - centre) - 1e-12)) / (len(chance) + 1)
    low, high = np.quantile(chance, [0.025, 0.975])
    return Chance(float(chance.mean()), how, float(low), float(high), float(p))


def ages(joined_on: pd.Series, customer: np.ndarray) -> np.ndarray:
    """Number groups of customers who joined one after the other; people who are no customers are one group."""
    group = np.full(len(customer), len(customer))
    group[customer] = age_groups(joined_on[customer])
    return pd.factorize(group)[0]


def dealt(owner: np.ndarray, group: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Give what each owner has to somebody of the same group, drawn anew for each thing."""
    order, size = np.argsort(group, kind="stable"), np.bincount(group)
    first, among = (np.cumsum(size) - size)[group[owner]], size[group[owner]]
    return order[first + (rng.random(len(owner)) * among).astype(np.int64)]


def beside_dealt(
    measure: Callable[[np.ndarray], float], owner: np.ndarray, group: np.ndarray, seed: int, what: str
) -> Chance:
    """Set a measure of who holds what beside the same where each thing went to somebody else of the same age."""
    rng = np.random.default_rng(seed)
    others = (dealt(owner, group, rng) for _ in range(draws_of(len(owner))))
    how = f"{what}, each dealt to another customer who joined at about the same time"
    return beside_draws(measure(owner), map(measure, others), how)


def more_or_less(claim: Claim) -> str:
    """Say on which side of chance a share lies, and what chance gives."""
    return f"{BESIDE[claim.direction]} the {numbers.percent(claim.chance.value if claim.chance else None)} that"


def held_by(amounts: np.ndarray, share: float) -> float:
    """Return the part that the largest share of the amounts above nothing makes of all."""
    some = np.sort(amounts[amounts > 0])[::-1]
    return float(some[: max(1, round(share * len(some)))].sum() / some.sum())
