"""From the referral and order tables to dated cash flows per referral, the input of the referral value formula."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal

FLOWS = ("margin", "marketing", "reward", "saved", "expected_rest")
ENOUGH_COMPLETE = 30  # fewer referrals with a full year behind them cannot carry an average


@dataclass(frozen=True, kw_only=True)
class ReferralFlows:
    """Converted referrals with what each brought in per period of its window."""

    rows: pd.DataFrame
    margin: np.ndarray
    marketing: np.ndarray
    reward: np.ndarray
    saved: np.ndarray
    expected_rest: np.ndarray
    periods_per_year: float = 2
    notes: tuple[str, ...] = ()
    unknown: str = ""  # why nothing is known of what the referred bring; absent, unknown and zero are three things

    def since(self, day: pd.Timestamp) -> ReferralFlows:
        """Return the part of customers who came after a day."""
        kept = (self.rows["converted_on"] > day).to_numpy()
        arrays = {name: getattr(self, name)[kept] for name in FLOWS}
        return replace(self, rows=self.rows[kept].reset_index(drop=True), **arrays)


def referral_flows(
    referrals: pd.DataFrame,
    transactions: pd.DataFrame,
    customers: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    p_type1_default: float = 0.5,
    periods: int = 2,
    window_days: int = 365,
    split: Literal["equal", "first", "last"] = "equal",
    saved_cost: float | None = None,
) -> ReferralFlows:
    """Date the margin, marketing cost, reward and saved acquisition cost of every converted referral."""
    if "margin" not in transactions:
        raise Refusal(
            "Referral value needs the column margin in transactions. It is not there. Revenue would overstate what a "
            "referral is worth by the cost of goods. Add the contribution margin of each order, or give a margin rate."
        )
    rows, notes = _converted(referrals, as_of, split)
    known = len(rows) or ("status" in referrals and referrals["status"].notna().any())  # a status says that nobody came
    unknown = _unknown(rows if known else referrals, customers, notes)
    p = rows.pop("p_type1_given").astype(float)
    if p.isna().any():
        notes.append(
            f"{int(p.isna().sum()):,} of {len(p):,} converted referrals have no p_type1; {p_type1_default:.2f} is used."
        )
    rows["p_type1"] = p.fillna(p_type1_default)
    rows["exposure"] = ((as_of - rows["converted_on"]).dt.days + 1).clip(upper=window_days) / window_days

    orders = _orders_in_window(rows, transactions, as_of, window_days)
    margin = _per_period(orders, orders["margin"], len(rows), periods, window_days)
    spent = orders["marketing_cost"] if "marketing_cost" in orders else pd.Series(0.0, index=orders.index)
    marketing = _per_period(orders, spent.fillna(0.0), len(rows), periods, window_days)
    net = (orders["margin"] - spent.fillna(0.0)).to_numpy()
    rest = _expected_rest(rows, orders, net, periods, window_days, notes)

    reward = np.zeros((len(rows), periods))
    reward[:, 0] = rows.pop("reward_cost").astype(float).fillna(0.0)
    saved = np.zeros((len(rows), periods))
    saved[:, 0] = _saved_cost(customers, rows, notes) if saved_cost is None else saved_cost
    return ReferralFlows(
        rows=rows,
        margin=margin,
        marketing=marketing,
        reward=reward,
        saved=saved,
        expected_rest=rest,
        periods_per_year=periods * 365 / window_days,
        notes=tuple(notes),
        unknown=unknown,
    )


def referral_shares(flows: ReferralFlows) -> pd.DataFrame:
    """Return the share of each referred customer's lifetime value that is owed to who referred him."""
    rows = flows.rows
    share = rows["credit"] * rows["p_type1"]
    pairs = {"influencer": rows["referrer_id"], "influenced": rows["referred_id"], "share": share}
    return pd.DataFrame(pairs)


def _unknown(referrals: pd.DataFrame, customers: pd.DataFrame, notes: list[str]) -> str:
    """Say why nothing is known of the referred; where this holds for some of them only, a note counts them."""
    strange = int((~referrals["referred_id"].isin(customers["customer_id"])).sum())
    if not strange or not len(referrals):
        return ""
    remedy = (
        "referred_id must be the customer_id of who came (a prefix, leading zeros or former ids are the usual cause; "
        "former ids go into the table aliases)"
    )
    if strange == len(referrals):
        return f"none of the people referred is in the table customers; {remedy}"
    notes.append(
        f"{numbers.plural(strange, 'referral')} of {numbers.count(len(referrals))} that brought somebody "
        f"{'names' if strange == 1 else 'name'} nobody in the table customers: what they buy is not known and is "
        f"left out; {remedy}."
    )
    return ""


def _converted(
    referrals: pd.DataFrame, as_of: pd.Timestamp, split: Literal["equal", "first", "last"]
) -> tuple[pd.DataFrame, list[str]]:
    """Keep converted referrals of somebody else, dated, with credit shares that sum to one per referred customer."""
    notes: list[str] = []
    wanted = ["referrer_id", "referred_id", "referred_on", "converted_on", "reward_cost", "p_type1"]
    rows = referrals.reindex(columns=wanted).rename(columns={"p_type1": "p_type1_given"})
    own = rows["referrer_id"] == rows["referred_id"]
    if own.any():
        notes.append(f"{int(own.sum()):,} referrals of oneself are left out.")
    rows["converted_on"] = pd.to_datetime(rows["converted_on"])
    rows = rows[~own & rows["converted_on"].notna() & (rows["converted_on"] <= as_of)]
    rows = rows.drop_duplicates(["referrer_id", "referred_id"]).sort_values(
        ["referred_id", "referred_on", "referrer_id"], kind="stable", ignore_index=True
    )
    many = rows.groupby("referred_id").size()
    if (many > 1).any():
        notes.append(
            f"{int((many > 1).sum()):,} of {len(many):,} customers were referred by several people; "
            + ("they share the credit equally." if split == "equal" else f"the {split} of them has all the credit.")
        )
    if split == "equal":
        rows["credit"] = 1.0 / rows.groupby("referred_id")["referrer_id"].transform("size")
    elif split in ("first", "last"):
        rows["credit"] = (~rows.duplicated("referred_id", keep=split)).astype(float)
    else:
        raise ValueError(f"split is {split!r}; it must be equal, first or last. It decides who is credited.")
    return rows.drop(columns="referred_on"), notes


def _orders_in_window(
    rows: pd.DataFrame, transactions: pd.DataFrame, as_of: pd.Timestamp, window_days: int
) -> pd.DataFrame:
    """Return the orders of referred customers inside their window, each with the rows it is credited to."""
    wanted = [name for name in ("margin", "marketing_cost") if name in transactions]
    referred = pd.Index(rows["referred_id"].unique())
    code = referred.get_indexer(pd.Index(transactions["customer_id"]))
    orders = transactions.loc[code >= 0, ["ordered_on", *wanted]].assign(referred=code[code >= 0])
    links = pd.DataFrame(
        {
            "referred": referred.get_indexer(pd.Index(rows["referred_id"])),
            "row": np.arange(len(rows)),
            "converted_on": rows["converted_on"],
        }
    )
    orders = orders.merge(links, on="referred")
    orders["day"] = (orders["ordered_on"].dt.normalize() - orders["converted_on"].dt.normalize()).dt.days
    return orders[(orders["day"] >= 0) & (orders["day"] < window_days) & (orders["ordered_on"] <= as_of)]


def _per_period(orders: pd.DataFrame, amount: pd.Series, n: int, periods: int, window_days: int) -> np.ndarray:
    cell = orders["row"].to_numpy() * periods + orders["day"].to_numpy() * periods // window_days
    return np.bincount(cell, weights=amount.to_numpy(float), minlength=n * periods).reshape(n, periods)


def _expected_rest(
    rows: pd.DataFrame, orders: pd.DataFrame, net: np.ndarray, periods: int, window_days: int, notes: list[str]
) -> np.ndarray:
    """Return what young referrals may still bring per period: the average of complete ones after the same age."""
    rest = np.zeros((len(rows), periods))
    complete = (rows["exposure"] >= 1).to_numpy()
    young = np.flatnonzero(~complete)
    if not len(young):
        return rest
    if complete.sum() < ENOUGH_COMPLETE:
        notes.append(
            f"{len(young):,} referrals have less than {window_days} days behind them and only {int(complete.sum())} "
            "have more: too few to estimate what young ones may still bring, so they count with what they have shown."
        )
        return rest
    of_complete = complete[orders["row"].to_numpy()]
    by_day = np.bincount(orders["day"].to_numpy()[of_complete], weights=net[of_complete], minlength=window_days)
    until = np.concatenate([[0.0], np.cumsum(by_day)]) / complete.sum()
    age = np.round(rows["exposure"].to_numpy()[young] * window_days).astype(int)
    for period in range(periods):
        start, end = -(-period * window_days // periods), -(-(period + 1) * window_days // periods)
        rest[young, period] = until[end] - until[np.clip(age, start, end)]
    notes.append(
        f"{len(young):,} of {len(rows):,} converted referrals have less than {window_days} days behind them; what they "
        f"may still bring is added by the average of the {int(complete.sum()):,} complete ones."
    )
    return rest


def _saved_cost(customers: pd.DataFrame, rows: pd.DataFrame, notes: list[str]) -> float:
    if "acquisition_cost" not in customers or customers["acquisition_cost"].notna().sum() == 0:
        notes.append("No acquisition cost is known, so no saved acquisition cost is credited.")
        return 0.0
    alone = customers.loc[~customers["customer_id"].isin(rows["referred_id"]), "acquisition_cost"]
    known = alone if alone.notna().any() else customers["acquisition_cost"]
    return float(known.mean())
