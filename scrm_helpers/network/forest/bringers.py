"""Who brings: direct referral value by who holds it."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, counted, numbers, style, unknown
from scrm_helpers.network.forest.by_chance import RECORDED, ages, beside_dealt, held_by, more_or_less
from scrm_helpers.stats.intervals import share_estimate

BEST = (0.05, 0.1, 0.2, 0.5, 1.0)
UNFOUND = "nobody who was referred is found in the table customers; referred_id must be the customer_id of who came"
FEWEST = 25  # people with referral value below which shares of them say nothing, the best fifth of them being five


class Bringers(Answer):
    """Concentration of direct referral value (CRV of the first generation) among those who brought somebody."""

    ABSENT = "{reason}."

    population: str = "customers, and people who are not customers where said"
    window: str = RECORDED
    customers_who_brought: Measure = unknown("customers_who_brought", "count")
    share_who_brought: Measure = unknown("share_who_brought", "share")
    total: Measure = unknown("direct_referral_value", "EUR")
    outside: Measure = unknown("direct_referral_value_outside", "EUR")  # brought by people who are not customers
    best_fifth: Measure = unknown("best_fifth_share", "share")
    curve: pd.DataFrame = field(default_factory=pd.DataFrame)  # share, people, value, value_share of the best
    chance: Chance | None = None  # of the share of the best fifth
    TESTED = "referral value of the best fifth of those who brought somebody, beside referrals dealt anew"
    CLAIMS = (Claim(name="few_bring_most_of_the_value", tested=TESTED, estimate=best_fifth),)

    @property
    def drawable(self) -> bool:
        """Whether enough people brought somebody to say how the value is spread."""
        return not self.reason and self.best_fifth.value is not None

    def words(self) -> Words:
        active, customers = self.customers_who_brought.value, self.customers_who_brought.n or 0
        fifth, strangers = numbers.percent(self.best_fifth.value), self.outside.n or 0
        others = numbers.plural(strangers, "person who is not a customer", "people who are not customers")
        others = f"{self.outside.reason} who are not customers" if self.outside.value is None else others
        sentence = (
            f"{numbers.count(active)} of {numbers.plural(customers, 'customer')} "
            f"({numbers.percent(self.share_who_brought.value or 0.0)}) brought another customer; "
            f"{f'together with {others} ' if strangers else ''}they are credited "
            f"{numbers.money(self.total.value, self.total.unit)} of direct referral value"
        )
        by_chance = f", {more_or_less(self.tested('few_bring_most_of_the_value'))} chance" if self.chance else ""
        heads = {"share": "Best", "people": "People", "value": "Direct referral value", "value_share": "Share of value"}
        pairs = zip(self.curve["share"], self.curve["value_share"], strict=True)
        bars = [f"best {numbers.percent(best, 0)}: {numbers.percent(share)}" for best, share in pairs if best < 1]
        return Words(
            sentence=f"{sentence}, {fifth} of it to the best fifth{by_chance} among people of the same age gives."
            if self.drawable
            else f"{sentence}; that is too few people to say how it is spread.",
            table=self.curve.rename(columns=heads),
            formats=dict(zip(heads.values(), ("percent", "count", "money", "percent"), strict=True)),
            title=f"The best fifth of those who brought somebody hold {fifth} of the referral value"
            + (f"{by_chance} gives" if self.chance else ""),
            caption="Direct referral value held by the best",
            note=f"n = {numbers.plural(self.total.n or 0, 'person', 'people')} who brought a customer. CRV, "
            "attributed: part of it is also in the own value of those who came.",
            alt=f"Bars of the share of direct referral value held by those who bring the most. {'; '.join(bars)}.",
        )

    def plot(self, ax: style.Axes | None = None) -> style.Axes:
        ax = style.axes_for(ax, height=2.6)
        curve = self.curve[self.curve["share"] < 1]
        held = [numbers.money(value, self.total.unit) for value in curve["value"]]
        who = [numbers.plural(people, "person", "people") for people in curve["people"]]
        names = [f"best {numbers.percent(share, 0)} ({one})" for share, one in zip(curve["share"], who, strict=True)]
        words = [f"{numbers.percent(share)}  ({one})" for share, one in zip(curve["value_share"], held, strict=True)]
        style.rows(ax, names, curve["value_share"], words=words)
        ax.set_xlim(0, max(1.0, float(curve["value_share"].max())) * 1.18)
        style.in_shares(ax.xaxis, 1.0)
        return style.labelled(ax, "Share of the direct referral value")


def referral_value_spread(value: pd.DataFrame, terms: Terms) -> Bringers:
    """Say how many people brought somebody and how few of them hold most of the referral value.

    Parameters
    ----------
    value : pandas.DataFrame, the value table with ``crv``, ``referrals_converted``, ``is_customer`` and ``joined_on``
    terms

    Returns
    -------
    Bringers

    Notes
    -----
    Referral value is customer referral value (CRV), first generation (Kumar, Petersen and Leone 2007): attributed,
    part of it is also in the own value of those who came.

    Examples
    --------
    >>> people = pd.DataFrame({"is_customer": [True] * 3, "referrals_converted": [0.0] * 3, "crv": [0.0] * 3})
    >>> referral_value_spread(people, Terms(pd.Timestamp("2026-09-30"))).sentence
    'Nobody has brought a customer by a referral yet, so there is no referral value to share out.'
    """
    customer = value["is_customer"].fillna(False).to_numpy(dtype=bool)
    brought = value["referrals_converted"].fillna(0).to_numpy() > 0
    currency, min_group = terms.currency, terms.min_group
    crv = value["crv"].fillna(0.0).to_numpy()
    n, total = int(brought.sum()), float(crv[brought].sum())
    strangers = len(value) > 0 and bool(value["crv"].isna().all())
    if strangers or not n:
        why = "nobody has brought a customer yet"
        reason = "Nobody has brought a customer by a referral yet, so there is no referral value to share out"
        if strangers:
            why, reason = UNFOUND, f"Whom they brought is not known, so direct referral value is not either: {UNFOUND}"
        return Bringers(reason=reason, total=unknown("direct_referral_value", currency, why))
    ranked = np.sort(crv[brought])[::-1]
    heads = [max(1, round(share * n)) for share in BEST]
    curve = pd.DataFrame({"share": BEST, "people": heads, "value": [float(ranked[:head].sum()) for head in heads]})
    curve["value_share"] = curve["value"] / total if total > 0 else np.nan
    customers, active, few = int(customer.sum()), int((brought & customer).sum()), f"fewer than {min_group} people"
    alone = "too few people brought a customer"
    outside = None if 0 < n - active < min_group else crv[brought & ~customer].sum()
    spread = total > 0 and n >= max(FEWEST, 5 * min_group)
    curve = curve[curve["people"] >= min_group].reset_index(drop=True) if spread else curve.iloc[-1:]
    fifth = float(curve.loc[curve["share"] == 0.2, "value_share"].sum())
    part = share_estimate(active, customers, terms.level, "there are no customers")
    return Bringers(
        chance=_dealt_value(value, customer, crv, terms.seed) if spread else None,
        customers_who_brought=counted("customers_who_brought", active, customers),
        share_who_brought=part.measure("share_who_brought", "share"),
        total=counted("direct_referral_value", total, n, currency, kind="attributed"),
        outside=counted("direct_referral_value_outside", outside, n - active, currency, kind="attributed", reason=few),
        best_fifth=counted("best_fifth_share", fifth if spread else None, n, "share", reason=alone),
        curve=curve,
    )


def _dealt_value(value: pd.DataFrame, customer: np.ndarray, crv: np.ndarray, seed: int) -> Chance:
    """Deal every referral that brought a customer, with its value, to another customer of the same age."""
    count = np.rint(value["referrals_converted"].fillna(0).to_numpy()).astype(np.int64)
    owner = np.repeat(np.arange(len(count)), count)
    group, worth = ages(value["joined_on"].reset_index(drop=True), customer), (crv / np.maximum(count, 1))[owner]

    def best_fifth(owners: np.ndarray) -> float:
        return held_by(np.bincount(owners, np.maximum(worth, 0), minlength=len(count)), 0.2)

    return beside_dealt(best_fifth, owner, group, seed, "referrals with their value")
