"""What forecasts were worth: booked benefit over the first forecast of the same quarters."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.initiatives.ledger.flows import as_quarter


@dataclass(frozen=True, kw_only=True)
class Realisation(Result):
    """Booked benefit over first forecast, per stream and pooled."""

    ratios: pd.Series
    pooled: float | None


def realisation_ratio(ledger: pd.DataFrame, *, as_of: pd.Timestamp | str, currency: str = "EUR") -> Realisation:
    """Compare what came in with what the first forecast had promised, over the same quarters.

    Parameters
    ----------
    ledger : pandas.DataFrame
        Table ``initiative_ledger``; without ``booked`` and ``vintage`` nothing tells a first forecast, and it says so.
    as_of : timestamp or str
        Day of the report.
    currency : str
        ISO code; only money is compared.

    Returns
    -------
    Realisation
        `ratios` by stream, shrunk towards the pooled ratio by the number of initiatives behind them.

    Notes
    -----
    Ratio of sums, never a mean of ratios; shrunk with the weight ``n / (n + 2)``. The pooled ratio is the default
    correction for the optimism of a new case.
    """
    absent = [name for name in ("booked", "vintage") if name not in ledger]
    if absent:
        return _cannot_say(
            f"the ledger has no column {' and '.join(absent)}, so nothing tells which forecast of a quarter was the "
            "first"
        )
    day = pd.Timestamp(as_of)
    rows = ledger.assign(quarter=as_quarter(ledger["quarter"]), vintage=as_quarter(ledger["vintage"]))
    kind, unit = (
        rows.get("kind", pd.Series("benefit", index=rows.index)),
        rows.get("unit", pd.Series(currency, index=rows.index)),
    )
    rows = rows[(kind.fillna("benefit") == "benefit") & (unit.fillna(currency) == currency)]
    rows = rows[rows["quarter"] <= (day + pd.Timedelta(days=1)).to_period("Q") - 1]
    key = ["initiative_id", "stream", "quarter"]
    stands = rows["booked"].fillna(True).astype(bool)
    booked = rows[stands].groupby(key)["amount"].sum()
    forecasts = rows[~stands].sort_values("vintage", kind="stable")
    first = forecasts.drop_duplicates(key).set_index(key)["amount"]
    both = pd.concat([booked.rename("booked"), first.rename("first")], axis=1).dropna()
    sums = both.groupby("stream").sum()
    backing = both.reset_index().groupby("stream")["initiative_id"].nunique()
    if both.empty or sums["first"].sum() <= 0:
        return _cannot_say("no quarter has both a first forecast and a booking")
    pooled = float(sums["booked"].sum() / sums["first"].sum())
    raw = sums["booked"] / sums["first"].where(sums["first"] > 0)
    weight = backing / (backing + 2)
    shrunk = (weight * raw + (1 - weight) * pooled).where(raw.notna(), pooled)
    verb = "more" if pooled > 1 else "less"
    return Realisation(
        sentence=(
            f"Initiatives brought {numbers.percent(pooled, 0)} of what their first forecasts promised for the same "
            f"quarters, {numbers.percent(abs(pooled - 1), 0)} {verb}; multiply the benefit of a new case by "
            f"{numbers.decimal(pooled)} until it has its own record."
        ),
        table=pd.DataFrame(
            {
                "Stream": sums.index,
                "Initiatives": backing.to_numpy(),
                "First forecast": sums["first"].to_numpy(),
                "Booked": sums["booked"].to_numpy(),
                "Realised": raw.to_numpy(),
                "Realised, drawn to the mean": shrunk.to_numpy(),
            }
        ),
        formats={"Initiatives": "count", "First forecast": "money", "Booked": "money"}
        | dict.fromkeys(["Realised", "Realised, drawn to the mean"], "percent"),
        caption="What forecasts were worth",
        note=(
            f"n = {numbers.count(len(both))} quarters of {both.index.get_level_values('initiative_id').nunique()} "
            "initiatives; first forecast of each quarter; stopped initiatives kept."
        ),
        measures=(Measure(name="realisation", value=pooled, unit="ratio", n=len(both)),),
        ratios=shrunk,
        pooled=pooled,
    )


def _cannot_say(reason: str) -> Realisation:
    return Realisation(
        sentence=f"Realised against forecast cannot be computed because {reason}.",
        table=pd.DataFrame({"Stream": [], "Realised": []}),
        measures=(Measure(name="realisation", value=None, unit="ratio", reason=reason),),
        drawable=False,
        ratios=pd.Series(dtype=float),
        pooled=None,
    )
