"""Customer referral value: what the customers that a person brought in are worth in their first year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.value.social.referral_cash import ReferralFlows

COMPONENTS = ("type-one margin", "reward", "retention cost", "type-one saved cost", "type-two saved cost")


@dataclass(frozen=True, kw_only=True)
class Switches:
    """The debatable points of the published formula; the defaults are faithful to it."""

    credit_acquisition_type1: bool = True
    charge_reward_on_type2: bool = False
    generations: int = 1
    decay: float = 0.5
    correct_exposure: bool = True


def referral_components(
    margin: np.ndarray,
    reward: np.ndarray,
    marketing: np.ndarray,
    saved: np.ndarray,
    p_type1: np.ndarray,
    discount_rate_annual: float,
    periods_per_year: float = 2,
    switches: Switches | None = None,
) -> np.ndarray:
    """Discount the flows of each referral and split them into the components of the formula."""
    switches = switches or Switches()
    per_period = (1 + discount_rate_annual) ** (1 / periods_per_year) - 1
    factor = (1 + per_period) ** -np.arange(1, margin.shape[1] + 1)
    p = np.asarray(p_type1, float)
    charged = np.ones_like(p) if switches.charge_reward_on_type2 else p
    saved_type1 = p if switches.credit_acquisition_type1 else np.zeros_like(p)
    return np.column_stack(
        [
            p * (margin @ factor),
            -charged * (reward @ factor),
            -p * (marketing @ factor),
            saved_type1 * (saved @ factor),
            (1 - p) * (saved @ factor),
        ]
    )


def referral_value_per_person(
    flows: ReferralFlows, discount_rate_annual: float, switches: Switches | None = None
) -> pd.DataFrame:
    """Sum the value of each person's referrals, with its components."""
    switches = switches or Switches()
    rate = discount_rate_annual
    per_year = flows.periods_per_year
    p, credit = flows.rows["p_type1"].to_numpy(float), flows.rows["credit"].to_numpy(float)
    rest = flows.expected_rest if switches.correct_exposure else np.zeros_like(flows.expected_rest)
    parts = referral_components(
        flows.margin + rest, flows.reward, flows.marketing, flows.saved, p, rate, per_year, switches
    )
    zero = np.zeros_like(rest)
    later = referral_components(rest, zero, zero, zero, p, rate, per_year, switches)[:, 0]

    referrers = pd.Index(np.sort(flows.rows["referrer_id"].unique()), name="referrer_id")
    who = referrers.get_indexer(pd.Index(flows.rows["referrer_id"]))
    columns = {"referrals_converted": np.bincount(who, minlength=len(referrers))}
    for name, part in zip((*COMPONENTS, "expected_rest"), (*parts.T, later), strict=True):
        columns[name] = np.bincount(who, weights=credit * part, minlength=len(referrers))
    table = pd.DataFrame(columns, index=referrers)
    table["crv"] = table[list(COMPONENTS)].sum(axis=1)
    table["crv"] += _deeper_generations(flows, referrers, table["crv"].to_numpy(), switches)
    return table


def _deeper_generations(
    flows: ReferralFlows, referrers: pd.Index, direct: np.ndarray, switches: Switches
) -> np.ndarray:
    """Pass a share of what the referred customers earned by referring on to those who referred them."""
    from scipy.sparse import csr_array

    total = np.zeros_like(direct)
    if switches.generations < 2:
        return total
    upper = referrers.get_indexer(pd.Index(flows.rows["referrer_id"]))
    lower = referrers.get_indexer(pd.Index(flows.rows["referred_id"]))
    linked, layer = lower >= 0, direct
    share = switches.decay * flows.rows["credit"].to_numpy(float)[linked]
    handed_up = csr_array((share, (upper[linked], lower[linked])), shape=(len(referrers), len(referrers)))
    for _ in range(switches.generations - 1):
        layer = handed_up @ layer
        total += layer
    return total


def tree_sums(flows: ReferralFlows, worth: pd.Series, people: int) -> tuple[np.ndarray, np.ndarray]:
    """Sum referral value over trees of referrals: people of different trees owe each other nothing."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (flows.rows["referrer_id"], flows.rows["referred_id"])
    named = pd.Index(pd.concat(ends).unique())
    upper, lower = (named.get_indexer(pd.Index(end)) for end in ends)
    links = coo_array((np.ones(len(upper)), (upper, lower)), shape=(len(named), len(named)))
    count, tree = connected_components(links, directed=False)
    alone = max(people - len(named), 0)
    value = np.bincount(tree, weights=worth.reindex(named).fillna(0.0), minlength=count)
    return np.append(value, np.zeros(alone)), np.append(np.bincount(tree, minlength=count), np.ones(alone))


def referral_value_draws(
    flows: ReferralFlows,
    discount_rate_annual: float,
    switches: Switches | None = None,
    draws: int = 200,
    seed: int = 20260930,
) -> tuple[pd.Index, np.ndarray]:
    """Draw each person's referral value over the unseen types of referrals and what young ones may still bring."""
    switches = switches or Switches()
    rng = np.random.default_rng(seed)
    per_year = flows.periods_per_year
    rate = discount_rate_annual
    one, none = np.ones(len(flows.rows)), np.zeros(len(flows.rows))
    fixed = (flows.reward, flows.marketing, flows.saved)
    as_type1 = referral_components(flows.margin, *fixed, one, rate, per_year, switches).sum(axis=1)
    as_type2 = referral_components(flows.margin, *fixed, none, rate, per_year, switches).sum(axis=1)
    zero = np.zeros_like(flows.margin)
    later = referral_components(flows.expected_rest, zero, zero, zero, one, rate, per_year, switches).sum(axis=1)
    complete = flows.margin.sum(axis=1)[flows.rows["exposure"].to_numpy() >= 1]
    shape = complete / complete.mean() if switches.correct_exposure and len(complete) and complete.mean() > 0 else None

    p, credit = flows.rows["p_type1"].to_numpy(float), flows.rows["credit"].to_numpy(float)
    referrers = pd.Index(np.sort(flows.rows["referrer_id"].unique()), name="referrer_id")
    who = referrers.get_indexer(pd.Index(flows.rows["referrer_id"]))
    young = np.flatnonzero(later != 0)
    out = np.empty((len(referrers), draws))
    for draw in range(draws):
        gain = as_type1.copy()
        if shape is not None and len(young):
            gain[young] += later[young] * rng.choice(shape, len(young))
        value = np.where(rng.random(len(p)) < p, gain, as_type2)
        out[:, draw] = np.bincount(who, weights=credit * value, minlength=len(referrers))
    out += _deeper_generations(flows, referrers, out, switches)
    return referrers, out.astype(np.float32)
