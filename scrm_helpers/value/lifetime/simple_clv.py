"""A lifetime value that a finance director can check by hand: margin a year, retention, discount rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.value.lifetime.clv import FITTERS
from scrm_helpers.value.matrix.whale import bring
from scrm_helpers.value.models.beta_geometric import fit_nbd

FEWEST = 5  # customers in each of the two years below which no range is given


@dataclass(frozen=True, kw_only=True)
class SimpleValue(Result):
    """Value of an active customer by hand arithmetic."""

    margin: float | None
    retention: float | None
    value: float | None


def discounted_margin(margin: float, retention: float, discount_rate: float, first: str = "now") -> float:
    """Return the value of a constant margin that is kept with a constant probability."""
    if not 0 <= retention <= 1 or retention >= 1 + discount_rate:
        raise Refusal(
            f"Retention is {retention} and the discount rate {discount_rate}: the sum has no end. Retention must lie "
            "within 0-1 and below one plus the rate."
        )
    if first not in ("now", "next"):
        raise ValueError(f"The first margin comes {first!r}; it must be now or next. It shifts every payment.")
    return margin * (1 + discount_rate if first == "now" else retention) / (1 + discount_rate - retention)


def simple_lifetime_value(
    transactions: pd.DataFrame,
    as_of: pd.Timestamp,
    discount_rate_annual: float = 0.10,
    *,
    value: str = "margin",
    currency: str = "EUR",
    draws: int = 2_000,
    seed: int = 20260930,
) -> SimpleValue:
    """Value an active customer by last year's margin and retention.

    Parameters
    ----------
    transactions : DataFrame
        ``customer_id``, ``ordered_on`` and the column `value`.
    as_of : Timestamp
        Last day of the last year.
    discount_rate_annual : float
        Yearly rate, 0.10 for ten per cent.
    value : str
        Column with the margin of an order.
    currency : str
        ISO code of the amounts.
    draws, seed : int
        Draws of customers behind the range, and their seed.

    Returns
    -------
    SimpleValue
        Missing where nobody bought in the year before the last; without a range where fewer than five did in a year.

    Notes
    -----
    Retention is the share of the customers active in the year before the last who bought in the last year as well.
    The range draws mean margin from its standard error and retention from its Beta posterior (uniform prior); where
    all or none came back it is stretched to the value, as Brown, Cai and DasGupta (2001), Statistical Science 16(2),
    do at the ends.
    """
    recent = transactions[transactions["ordered_on"] <= as_of]
    year_ago, two_ago = as_of - pd.DateOffset(years=1), as_of - pd.DateOffset(years=2)
    last = recent[recent["ordered_on"] > year_ago]
    before = recent[(recent["ordered_on"] > two_ago) & (recent["ordered_on"] <= year_ago)]
    active, earlier = last["customer_id"].unique(), pd.Series(before["customer_id"].unique())
    if not len(earlier) or not len(active):
        return _nothing("nobody bought in each of the last two years, so retention cannot be counted", currency)
    per_customer = last.groupby("customer_id")[value].sum()
    margin, error = float(per_customer.mean()), float(per_customer.std(ddof=1) / np.sqrt(len(per_customer)))
    stayed = int(earlier.isin(active).sum())
    retention = stayed / len(earlier)
    if retention >= 1 + discount_rate_annual:
        return _nothing("everybody came back and nothing is discounted, so the sum has no end", currency)
    worth = discounted_margin(margin, retention, discount_rate_annual, "next")
    low = high = None
    span = f"no range: fewer than {FEWEST} customers in one of the two years"
    if min(len(active), len(earlier)) >= FEWEST:
        rng = np.random.default_rng(seed)
        stays = rng.beta(stayed + 1, len(earlier) - stayed + 1, draws)
        drawn = rng.normal(margin, error, draws) * stays / (1 + discount_rate_annual - stays)
        low, high = (float(end) for end in np.quantile(drawn, [0.025, 0.975]))
        if retention in (0.0, 1.0):
            low, high = min(low, worth), max(high, worth)
        span = f"95% range {numbers.interval(low, high, lambda end: numbers.money(end, currency))}"
    is_worth = f"{'is worth' if worth >= 0 else 'costs'} {numbers.money(abs(worth), currency)}"
    lines = [
        ("Customers active in the last year", float(len(active)), "count"),
        ("m: margin per active customer in the last year", margin, "money"),
        ("Customers active in the year before", float(len(earlier)), "count"),
        ("of them active in the last year as well", float(stayed), "count"),
        ("p: retention", retention, "percent"),
        ("r: discount rate a year", discount_rate_annual, "percent"),
        ("Value of an active customer: m × p / (1 + r − p)", worth, "money"),
        ("All active customers", worth * len(active), "money"),
    ]
    written = [numbers.write(number, form, currency) for _, number, form in lines]
    return SimpleValue(
        sentence=f"By hand: in a year an active customer {bring(margin, currency, 'leaves', cost='costs', they='it')}; "
        f"{numbers.percent(retention)} come back the next year, which {is_worth} from next year on ({span}).",
        table=pd.DataFrame({"Step": [line[0] for line in lines], "Figure": written}),
        caption="The arithmetic, line by line",
        note=f"Years ending {as_of:%Y-%m-%d}; first margin after one year; everybody has the same margin and retention",
        measures=(
            Measure(name="retention", value=retention, unit="share", n=len(earlier)),
            Measure(
                name="simple_value_per_customer",
                value=worth,
                unit=currency,
                n=len(active),
                low=low,
                high=high,
            ),
        ),
        margin=margin,
        retention=retention,
        value=worth,
    )


def _nothing(reason: str, currency: str) -> SimpleValue:
    return SimpleValue(
        sentence=f"No value can be worked out by hand: {reason}.",
        table=pd.DataFrame(),
        measures=(Measure(name="simple_value_per_customer", value=None, unit=currency, reason=reason),),
        drawable=False,
        margin=None,
        retention=None,
        value=None,
    )


def evidence_of_leaving(history: pd.DataFrame, models: tuple[str, ...] = ("BG/NBD", "MBG/NBD")) -> Result:
    """Compare models of leaving with the NBD, in which nobody leaves.

    Parameters
    ----------
    history : DataFrame
        ``frequency``, ``recency``, ``age`` of each customer, see
        :func:`purchase_history`.
    models : tuple of str
        Models of leaving to try: "BG/NBD", "MBG/NBD", "Pareto/NBD".

    Returns
    -------
    Result

    Notes
    -----
    A model of leaving has k further parameters, which chance alone lets fit a little better. It is believed when its
    log-likelihood rises by more than ``k/2 ln n`` (Schwarz 1978, Annals of Statistics 6(2)). A likelihood-ratio test
    would not do: where nobody leaves the further parameters are at their limit.

    Examples
    --------
    >>> nobody = pd.DataFrame({"frequency": [0.0, 0], "recency": [0.0, 0], "age": [9.0, 9]})
    >>> evidence_of_leaving(nobody).sentence
    'Whether customers leave cannot be said: nobody bought a second time.'
    """
    stays = fit_nbd(history)
    fits = [fitted for fitted in (FITTERS[model](history) for model in models) if fitted.log_likelihood is not None]
    if stays.log_likelihood is None or not fits:
        measure = Measure(name="gain_of_leaving", value=None, unit="ratio", n=stays.n, reason=stays.reason)
        sentence = f"Whether customers leave cannot be said: {stays.reason or 'no model of leaving can be fitted'}."
        return Result(sentence=sentence, table=pd.DataFrame(), measures=(measure,), drawable=False)
    tried = (stays, *fits)
    maxima = np.array([fitted.log_likelihood for fitted in tried], float)
    further = np.array([len(fitted.of.parameters) - len(stays.of.parameters) for fitted in tried])
    table = pd.DataFrame(
        {
            "Model": [fitted.model for fitted in tried],
            "Log-likelihood": maxima,
            "Above nobody leaves": maxima - maxima[0],
            "Needed to be believed": further / 2 * np.log(stays.n),
        }
    )
    surplus = table["Above nobody leaves"] - table["Needed to be believed"]
    best = table.to_dict("records")[1 + int(surplus[1:].to_numpy().argmax())]
    gain, needed = float(best["Above nobody leaves"]), float(best["Needed to be believed"])
    compared = (
        f"the {best['Model']} fits {numbers.decimal(gain, 1)} log-likelihood units better than a model in which "
        f"everybody stays, where {numbers.decimal(needed, 1)} would do"
    )
    found = f"Customers do leave: {compared}."
    if gain <= needed:
        found = f"That anybody leaves cannot be shown: {compared}. Long silence may be chance."
    return Result(
        sentence=found,
        table=table,
        caption="Models of leaving against the model in which nobody leaves",
        note=f"n = {numbers.plural(stays.n, 'customer')}; maximum likelihood of the purchase times; needed by "
        "Schwarz's criterion",
        formats=dict.fromkeys(table.columns[1:], "decimal1"),
        measures=(Measure(name="gain_of_leaving", value=gain, unit="ratio", n=stays.n),),
        drawable=False,
    )
