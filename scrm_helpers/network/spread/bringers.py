"""Who brings customers: how the direct referral value is spread over people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHARES = (0.05, 0.1, 0.2, 0.5, 1.0)
FEWEST = 25  # people with referral value below which shares of them say nothing, the best fifth of them being five


@dataclass(frozen=True, kw_only=True)
class Bringers(Result):
    """Concentration of direct referral value among those who brought somebody."""

    curve: pd.DataFrame
    total: float  # direct referral value of all people, currency
    outside: float  # part of it that people who are not customers brought
    currency: str  # ISO code

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw how much of the referral value the best 5, 10, 20 and 50 per cent of those who brought somebody hold."""
        ax = style.axes_for(ax, height=2.6)
        curve = self.curve[self.curve["share"] < 1]
        place = np.arange(len(curve))
        ax.barh(place, curve["value_share"], 0.62, color=style.BLUE)
        for where, row in zip(place.tolist(), curve.to_dict("records"), strict=True):
            label = f"{numbers.percent(row['value_share'])}  ({numbers.money(row['value'], self.currency)})"
            ax.text(row["value_share"] + 0.01, where, label, va="center", size=8.5)
        ax.set_yticks(
            place,
            [
                f"best {numbers.percent(row['share'], 0)} ({numbers.plural(row['people'], 'person', 'people')})"
                for row in curve.to_dict("records")
            ],
        )
        ax.invert_yaxis()
        ax.set_xlim(0, max(1.0, float(curve["value_share"].max())) * 1.18)
        ax.xaxis.set_major_formatter(lambda share, _: numbers.percent(share, 0) if share <= 1 else "")
        ax.set_xlabel("Share of the direct referral value")
        ax.tick_params(length=0)
        return ax


def referral_value_spread(value: pd.DataFrame, currency: str = "EUR", min_group: int = 5) -> Bringers:
    """Say how many people brought somebody and how few of them hold most of the referral value.

    Parameters
    ----------
    value : pandas.DataFrame
        The value table with ``crv``, ``referrals_converted`` and ``is_customer``.
    currency : str
        ISO code.
    min_group : int
        The best are shown from this number of people on.

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
    >>> referral_value_spread(people).sentence
    'Nobody has brought a customer by a referral yet, so there is no referral value to share out.'
    """
    customer = value["is_customer"].fillna(False).to_numpy(dtype=bool)
    brought = value["referrals_converted"].fillna(0).to_numpy() > 0
    if len(value) and not value["crv"].notna().any():
        return _nobody(
            currency,
            "Whom they brought is not known, so direct referral value is not either",
            "nobody who was referred is found in the table customers; referred_id must be the customer_id of who came",
        )
    crv = value["crv"].fillna(0.0).to_numpy()
    n, total = int(brought.sum()), float(crv[brought].sum())
    if not n:
        return _nobody(
            currency,
            "Nobody has brought a customer by a referral yet, so there is no referral value to share out",
            "nobody has brought a customer yet",
        )
    ranked = np.sort(crv[brought])[::-1]
    heads = [max(1, round(share * n)) for share in SHARES]
    curve = pd.DataFrame({"share": SHARES, "people": heads, "value": [float(ranked[:head].sum()) for head in heads]})
    curve["value_share"] = curve["value"] / total if total > 0 else np.nan
    outside = float(crv[brought & ~customer].sum())
    customers = int(customer.sum())
    active = int((brought & customer).sum())
    few = 0 < n - active < min_group
    spread = total > 0 and n >= max(FEWEST, 5 * min_group)
    curve = curve[curve["people"] >= min_group].reset_index(drop=True) if spread else curve.iloc[-1:]
    fifth = float(curve.loc[curve["share"] == 0.2, "value_share"].sum())
    share = numbers.percent(active / max(customers, 1))
    count = f"fewer than {min_group}" if few else numbers.count(n - active)
    others = f"{count} {'person who is not a customer' if count == '1' else 'people who are not customers'}"
    together = f"together with {others} " if n > active else ""
    sentence = (
        f"{numbers.count(active)} of {numbers.plural(customers, 'customer')} ({share}) "
        f"brought another customer; {together}they are credited {numbers.money(total, currency)} of direct "
        "referral value"
    )
    if spread:
        sentence += f", {numbers.percent(fifth)} of it to the best fifth."
    else:
        sentence += "; that is too few people to say how it is spread."
    return Bringers(
        sentence=sentence,
        table=curve.rename(
            columns={
                "share": "Best",
                "people": "People",
                "value": "Direct referral value",
                "value_share": "Share of value",
            }
        ),
        title=f"The best fifth of those who brought somebody hold {numbers.percent(fifth)} of the referral value",
        caption="Direct referral value held by the best",
        note=(
            f"n = {numbers.plural(n, 'person', 'people')} who brought a customer. CRV, attributed: part of it is also "
            "in the own value of those who came."
        ),
        alt=_alt(curve) if spread else "",
        drawable=spread,
        formats={"Best": "percent", "People": "count", "Direct referral value": "money", "Share of value": "percent"},
        measures=(
            Measure(name="customers_who_brought", value=float(active), unit="count", n=customers),
            Measure(name="share_who_brought", value=active / customers, unit="share", n=customers)
            if customers
            else Measure(name="share_who_brought", value=None, unit="share", reason="there are no customers"),
            Measure(name="direct_referral_value", value=total, unit=currency, n=n, kind="attributed"),
            Measure(
                name="direct_referral_value_outside",
                value=None if few else outside,
                unit=currency,
                n=n - active,
                kind="attributed",
                reason=f"fewer than {min_group} people" if few else "",
            ),
            Measure(name="best_fifth_share", value=fifth, unit="share", n=n)
            if spread
            else Measure(name="best_fifth_share", value=None, unit="share", reason="too few people brought a customer"),
        ),
        curve=curve,
        total=total,
        outside=outside,
        currency=currency,
    )


def _nobody(currency: str, sentence: str, reason: str) -> Bringers:
    return Bringers(
        sentence=f"{sentence}." if sentence.startswith("Nobody") else f"{sentence}: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
        measures=(Measure(name="direct_referral_value", value=None, unit=currency, reason=reason),),
        curve=pd.DataFrame(),
        total=0.0,
        outside=0.0,
        currency=currency,
    )


def _alt(curve: pd.DataFrame) -> str:
    parts = [
        f"best {numbers.percent(row['share'], 0)}: {numbers.percent(row['value_share'])}"
        for row in curve.to_dict("records")
        if row["share"] < 1
    ]
    return "Bars of the share of direct referral value held by those who bring the most. " + "; ".join(parts) + "."
