"""Customer referral value: what the customers that a person brought in are worth in their first year."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.answers import numbers

COMPONENTS = ("type-one margin", "reward", "retention cost", "type-one saved cost", "type-two saved cost")
FLOWS = ("margin", "marketing", "reward", "saved", "expected_rest", "monthly")
MONTHS = 12
PERIODS = 2  # half-years, in which flows are dated and discounted
WINDOW_DAYS = 365
ENOUGH_COMPLETE = 30  # fewer referrals with a full year behind them cannot carry an average
NO_REFERRALS = "the company folder has no table referrals"
HANDED_UP = 0.5  # of referral value at every further generation


@dataclass(frozen=True, kw_only=True)
class ReferralFlows:
    """Converted referrals with what each brought in per half-year of its first year."""

    rows: pd.DataFrame  # referrer_id, referred_id, converted_on, credit, p_type1, exposure
    margin: NDArray
    marketing: NDArray
    reward: NDArray
    saved: NDArray
    expected_rest: NDArray
    monthly: NDArray = field(default_factory=lambda: np.zeros((0, MONTHS)))  # margin by month of age
    notes: tuple[str, ...] = ()
    unknown: str = ""  # why nothing is known of what the referred bring; absent, unknown and zero are three things

    def since(self, day: pd.Timestamp) -> "ReferralFlows":
        """Return the part of customers who came after a day."""
        kept = (self.rows["converted_on"] > day).to_numpy()
        arrays = {name: flow[kept] for name in FLOWS if len(flow := getattr(self, name))}
        return replace(self, rows=self.rows[kept].reset_index(drop=True), **arrays)

    def with_type1(self, p: float) -> "ReferralFlows":
        """Return the same with one chance for all that they came by the referral alone."""
        return replace(self, rows=self.rows.assign(p_type1=p))

    def present(self, name: str, discount_rate_annual: float) -> NDArray:
        """Discount a flow of each referral."""
        flow = getattr(self, name)
        per_period = (1 + discount_rate_annual) ** (1 / PERIODS) - 1
        return flow @ (1 + per_period) ** -np.arange(1, flow.shape[1] + 1)

    @property
    def referrers(self) -> tuple[NDArray, pd.Index]:
        """The number of each referral's referrer, and their ids in order."""
        who, ids = pd.factorize(self.rows["referrer_id"], sort=True)
        return who, pd.Index(ids, name="referrer_id")


def referral_flows(
    referrals: pd.DataFrame,
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    p_type1_default: float = 0.5,
) -> ReferralFlows:
    """Date the margin, marketing cost, reward and saved acquisition cost of every converted referral."""
    rows, notes = _converted(referrals, as_of)
    known = len(rows) or ("status" in referrals and referrals["status"].notna().any())  # a status says that nobody came
    unknown = _unknown(rows if known else referrals, customers, notes)
    p = rows.pop("p_type1_given").astype(float)
    if lacking := int(p.isna().sum()):
        notes.append(f"{lacking:,} of {len(p):,} converted referrals have no p_type1; {p_type1_default:.2f} is used.")
    rows["p_type1"] = p.fillna(p_type1_default)
    own = customers.set_index("customer_id").get("acquisition_cost", pd.Series(dtype=float)).astype(float)
    rows["acquisition_cost"] = own.reindex(rows["referred_id"]).fillna(0.0).to_numpy()
    rows["exposure"] = ((as_of - rows["converted_on"]).dt.days + 1).clip(upper=WINDOW_DAYS) / WINDOW_DAYS

    orders = _orders_in_window(rows, transactions, as_of)
    reward, saved = np.zeros((2, len(rows), PERIODS))
    reward[:, 0] = rows.pop("reward_cost").astype(float).fillna(0.0)
    rest = _expected_rest(rows, orders, notes)
    if own.notna().any():
        alone = own[~own.index.isin(rows["referred_id"])]
        saved[:, 0] = (alone if alone.notna().any() else own).mean()
    else:
        notes.append("No acquisition cost is known, so no saved acquisition cost is credited.")
    return ReferralFlows(
        rows=rows,
        margin=_per_period(orders, "margin", len(rows)),
        marketing=_per_period(orders, "marketing_cost", len(rows)),
        reward=reward,
        saved=saved,
        expected_rest=rest,
        monthly=_per_period(orders, "margin", len(rows), MONTHS),
        notes=tuple(notes),
        unknown=unknown,
    )


def referral_shares(flows: ReferralFlows) -> pd.DataFrame:
    """Return the share of each referred customer's lifetime value that is owed to who referred him."""
    rows = flows.rows
    share = rows["credit"] * rows["p_type1"]
    return pd.DataFrame({"influencer": rows["referrer_id"], "influenced": rows["referred_id"], "share": share})


REMEDY = (
    "referred_id must be the customer_id of who came (a prefix, leading zeros or former ids are the usual cause; "
    "former ids go into the table aliases)"
)


def _unknown(referrals: pd.DataFrame, customers: pd.DataFrame, notes: list[str]) -> str:
    """Say why nothing is known of the referred; where this holds for some of them only, a note counts them."""
    strange = int((~referrals["referred_id"].isin(customers["customer_id"])).sum())
    if not strange or not len(referrals):
        return ""
    if strange == len(referrals):
        return f"none of the people referred is in the table customers; {REMEDY}"
    notes.append(
        f"{numbers.plural(strange, 'referral')} of {numbers.count(len(referrals))} that brought somebody "
        f"{'names' if strange == 1 else 'name'} nobody in the table customers: what they buy is not known and is "
        f"left out; {REMEDY}."
    )
    return ""


def _converted(referrals: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, list[str]]:
    """Keep converted referrals of somebody else, dated; several referrers of one customer share the credit."""
    notes: list[str] = []
    wanted = ["referrer_id", "referred_id", "referred_on", "converted_on", "reward_cost", "p_type1"]
    rows = referrals.reindex(columns=wanted).rename(columns={"p_type1": "p_type1_given"})
    own = rows["referrer_id"] == rows["referred_id"]
    if own.any():
        notes.append(f"{int(own.sum()):,} referrals of oneself are left out.")
    rows["converted_on"] = pd.to_datetime(rows["converted_on"])
    rows = rows[~own & rows["converted_on"].notna() & (rows["converted_on"] <= as_of)]
    order = ["referred_id", "referred_on", "referrer_id"]
    rows = rows.drop_duplicates(["referrer_id", "referred_id"]).sort_values(order, kind="stable", ignore_index=True)
    many = rows.groupby("referred_id").size()
    if (many > 1).any():
        shared = f"{int((many > 1).sum()):,} of {len(many):,} customers"
        notes.append(f"{shared} were referred by several people; they share the credit equally.")
    rows["credit"] = 1.0 / rows.groupby("referred_id")["referrer_id"].transform("size")
    return rows.drop(columns="referred_on"), notes


def _orders_in_window(rows: pd.DataFrame, transactions: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the orders of referred customers inside their window, each with the rows it is credited to."""
    links = rows[["referred_id", "converted_on"]].assign(row=np.arange(len(rows)))
    orders = transactions[transactions["customer_id"].isin(rows["referred_id"])]
    orders = orders.reindex(columns=["customer_id", "ordered_on", "margin", "marketing_cost"])
    orders = orders.merge(links, left_on="customer_id", right_on="referred_id")
    orders["marketing_cost"] = orders["marketing_cost"].astype(float).fillna(0.0)
    orders["day"] = (orders["ordered_on"].dt.normalize() - orders["converted_on"].dt.normalize()).dt.days
    return orders[(orders["day"] >= 0) & (orders["day"] < WINDOW_DAYS) & (orders["ordered_on"] <= as_of)]


def _per_period(orders: pd.DataFrame, amount: str, n: int, periods: int = PERIODS) -> NDArray:
    cell = orders["row"].to_numpy() * periods + orders["day"].to_numpy() * periods // WINDOW_DAYS
    return np.bincount(cell, weights=orders[amount].to_numpy(float), minlength=n * periods).reshape(n, periods)


def _expected_rest(rows: pd.DataFrame, orders: pd.DataFrame, notes: list[str]) -> NDArray:
    """Return what young referrals may still bring per period: the average of complete ones after the same age."""
    rest = np.zeros((len(rows), PERIODS))
    complete = (rows["exposure"] >= 1).to_numpy()
    young = np.flatnonzero(~complete)
    if not len(young):
        return rest
    behind = f"have less than {WINDOW_DAYS} days behind them"
    if complete.sum() < ENOUGH_COMPLETE:
        few = "too few to estimate what young ones may still bring, so they count with what they have shown"
        notes.append(f"{len(young):,} referrals {behind} and only {int(complete.sum())} have more: {few}.")
        return rest
    known = orders[complete[orders["row"].to_numpy()]]
    by_day = np.bincount(known["day"], weights=known["margin"] - known["marketing_cost"], minlength=WINDOW_DAYS)
    until = np.concatenate([[0.0], np.cumsum(by_day)]) / complete.sum()
    age = np.round(rows["exposure"].to_numpy()[young] * WINDOW_DAYS).astype(int)
    for period in range(PERIODS):
        start, end = -(-period * WINDOW_DAYS // PERIODS), -(-(period + 1) * WINDOW_DAYS // PERIODS)
        rest[young, period] = until[end] - until[np.clip(age, start, end)]
    added = f"what they may still bring is added by the average of the {int(complete.sum()):,} complete ones"
    notes.append(f"{len(young):,} of {len(rows):,} converted referrals {behind}; {added}.")
    return rest


@dataclass(frozen=True, kw_only=True)
class Switches:
    """The debatable points of the published formula; the defaults are faithful to it."""

    credit_acquisition_type1: bool = True
    charge_reward_on_type2: bool = False
    charge_acquisition: bool = False
    generations: int = 1
    correct_exposure: bool = True


PUBLISHED = Switches()


def referral_components(flows: ReferralFlows, discount_rate_annual: float, switches: Switches = PUBLISHED) -> NDArray:
    """Discount the flows of each referral and split them into the components of the formula."""
    p = flows.rows["p_type1"].to_numpy(float)
    margin, marketing, reward, saved = (flows.present(name, discount_rate_annual) for name in FLOWS[:4])
    charged = np.ones_like(p) if switches.charge_reward_on_type2 else p
    saved_type1 = p if switches.credit_acquisition_type1 else np.zeros_like(p)
    at_once = (1 + discount_rate_annual) ** (-1 / PERIODS)
    cost = at_once * flows.rows["acquisition_cost"].to_numpy(float) if switches.charge_acquisition else 0.0
    return np.column_stack([p * margin, -charged * reward, -p * marketing - cost, saved_type1 * saved, (1 - p) * saved])


def referral_value_per_person(
    flows: ReferralFlows, discount_rate_annual: float, switches: Switches = PUBLISHED
) -> pd.DataFrame:
    """Sum the value of each person's referrals, with its components."""
    if not switches.correct_exposure:
        flows = replace(flows, expected_rest=np.zeros_like(flows.expected_rest))
    whole = replace(flows, margin=flows.margin + flows.expected_rest)
    parts = referral_components(whole, discount_rate_annual, switches)
    later = flows.rows["p_type1"].to_numpy(float) * flows.present("expected_rest", discount_rate_annual)
    credit, (who, referrers) = flows.rows["credit"].to_numpy(float), flows.referrers
    columns = {"referrals_converted": np.bincount(who, minlength=len(referrers))}
    for name, part in zip((*COMPONENTS, "expected_rest"), (*parts.T, later), strict=True):
        columns[name] = np.bincount(who, weights=credit * part, minlength=len(referrers))
    table = pd.DataFrame(columns, index=referrers)
    table["crv"] = table[list(COMPONENTS)].sum(axis=1)
    table["crv"] += _deeper_generations(flows, table["crv"].to_numpy(), switches.generations)
    return table


def _deeper_generations(flows: ReferralFlows, direct: NDArray, generations: int) -> NDArray:
    """Pass a share of what the referred customers earned by referring on to those who referred them."""
    from scipy.sparse import csr_array

    upper, referrers = flows.referrers
    lower = referrers.get_indexer(pd.Index(flows.rows["referred_id"]))
    linked, layer, total = lower >= 0, direct, np.zeros_like(direct)
    share = HANDED_UP * flows.rows["credit"].to_numpy(float)[linked]
    handed_up = csr_array((share, (upper[linked], lower[linked])), shape=(len(referrers), len(referrers)))
    for _ in range(generations - 1):
        layer = handed_up @ layer
        total += layer
    return total


def tree_sums(flows: ReferralFlows, worth: pd.Series, people: int) -> tuple[NDArray, NDArray]:
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
    flows: ReferralFlows, discount_rate_annual: float, draws: int = 200, seed: int = 20260930
) -> tuple[pd.Index, NDArray]:
    """Draw each person's referral value over the unseen types of referrals and what young ones may still bring."""
    rng = np.random.default_rng(seed)
    type1, type2 = (referral_components(flows.with_type1(p), discount_rate_annual).sum(axis=1) for p in (1.0, 0.0))
    later = flows.present("expected_rest", discount_rate_annual)
    complete = flows.margin.sum(axis=1)[flows.rows["exposure"].to_numpy() >= 1]
    shape = complete / complete.mean() if len(complete) and complete.mean() > 0 else None
    p, credit = flows.rows["p_type1"].to_numpy(float), flows.rows["credit"].to_numpy(float)
    who, referrers = flows.referrers
    young = np.flatnonzero(later != 0)
    out = np.empty((len(referrers), draws), dtype=np.float32)
    for draw in range(draws):
        gain = type1.copy()
        if shape is not None and len(young):
            gain[young] += later[young] * rng.choice(shape, len(young))
        value = np.where(rng.random(len(p)) < p, gain, type2)
        out[:, draw] = np.bincount(who, weights=credit * value, minlength=len(referrers))
    return referrers, out
