"""What was promised and what came: booked benefit over first forecasts, and business cases against their own ranges."""

from dataclasses import field

import numpy as np
import pandas as pd

from scrm_helpers.answers import Answer, Chance, Claim, Measure, Terms, Words, numbers, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger, filled, last_quarter
from scrm_helpers.initiatives.ledger.quarterly_view import ratio_over

_LEVELS = {"case_p10": 0.1, "case_p50": 0.5, "case_p90": 0.9}
LOW, MIDDLE, HIGH = PROMISES = ("Promised, low", "Promised, middle", "Promised, high")
CAME = "Came or still expected"
RIPE_AFTER = 8  # booked quarters
WIDE = 0.4  # range of a share beyond which it is neither for nor against anything
PROMISED = 0.8  # share of outcomes that a range from the 10th to the 90th percentile promises to hold


def exact_share(name: str, hits: int, n: int) -> Measure:
    """A share with its exact (Clopper-Pearson) 95% interval."""
    from scipy.stats import binomtest

    ends = binomtest(hits, n).proportion_ci(method="exact")
    return Measure(name=name, value=hits / n, unit="share", n=n, low=float(ends.low), high=float(ends.high))


def against(claim: Claim, promise: str, one: str) -> str:
    """How a share of few stands against a promise, in words; few tell nothing, neither for nor against."""
    (low, high), n = claim.estimate.ends, claim.estimate.n or 0
    if claim.direction:
        return f"{'more' if claim.direction > 0 else 'less'} than {promise}"
    few = f"{numbers.plural(n, one)} {'is' if n == 1 else 'are'} too few to tell this from {promise}"
    return few if high - low > WIDE else f"in keeping with {promise}"


class CaseRecord(Answer):
    """Cases whose benefit fell into their own range, and the loss of their quantiles over the benefit."""

    ABSENT = "How good the business cases were cannot be said because {reason}."

    inside: Measure = unknown("cases_inside_their_range", "share")
    cases: pd.DataFrame = field(default_factory=pd.DataFrame)
    loss: float | None = None
    PROMISE = Chance(PROMISED, "what such a range promises")
    CLAIMS = (Claim(tested="cases whose range held what came", estimate=inside, chance=PROMISE),)

    def words(self) -> Words:
        (start, end), n = self.inside.ends, self.inside.n or 0
        held = int((self.cases["Inside"] == "yes").sum())
        short = int((self.cases[CAME] < self.cases[LOW]).sum())
        verdict = against(self.tested(self.inside.name), "the four of five that such a range promises", "case")
        return Words(
            sentence=f"Of {numbers.plural(n, 'business case')} {held} held what came in "
            f"({numbers.percent(self.inside.value)}, 95% range {numbers.interval(start, end, numbers.percent)}): "
            f"{verdict}; {short or 'none'} fell short of the low end.",
            table=self.cases,
            formats=dict.fromkeys([*PROMISES, CAME], "money") | {"Over the middle": "percent"},
            caption="Business cases and what came of them",
            note=f"n = {numbers.plural(n, 'case')}, stopped ones kept; benefit, not discounted; loss of the three "
            f"quantiles over the mean benefit {numbers.decimal(self.loss)}.",
        )


def case_record(initiatives: pd.DataFrame, ledger: Ledger) -> CaseRecord:
    """Score the business cases of initiatives that have run their course.

    Parameters
    ----------
    initiatives, ledger : table with ``case_p10``, ``case_p50`` and ``case_p90``, the promised benefit; the ledger

    Returns
    -------
    CaseRecord

    Notes
    -----
    Judged after eight booked quarters, or when ended. Realised: booked benefit and what the newest vintage still
    expects, not discounted. Loss: mean pinball loss of the three quantiles over the mean benefit.
    """
    given = initiatives.set_index(initiatives["initiative_id"].astype(str)).reindex(list(ledger.ids))
    given = given.reindex(columns=[*_LEVELS, "ended_on"]).reset_index(drop=True)
    ripe = given["ended_on"].notna() | (ledger.booked_until >= RIPE_AFTER)
    judged = given[[*_LEVELS]].notna().all(axis=1) & ripe
    if not judged.any():
        reason = f"no initiative with a case is ended or has {RIPE_AFTER} quarters behind it"
        return CaseRecord(reason=reason, inside=unknown("cases_inside_their_range", "share", reason, 0))
    table = given.loc[judged, [*_LEVELS]].astype(float).set_axis([*PROMISES], axis=1)
    came = ledger.benefit().sum(axis=1)[judged.to_numpy()]
    held = (came >= table[LOW]) & (came <= table[HIGH])
    gap = came[:, None] - table.to_numpy()
    levels = np.array([*_LEVELS.values()])
    loss = np.maximum(levels * gap, (levels - 1) * gap).sum(axis=1).mean()
    table.insert(0, "Initiative", np.array(ledger.names)[judged.to_numpy()])
    table[CAME], table["Over the middle"] = came, came / table[MIDDLE].replace(0.0, np.nan)
    table["Inside"] = np.where(held, "yes", "no")
    usual = float(np.abs(came).mean())
    return CaseRecord(
        population="business cases with a range, ended or ripe",
        window=f"from {RIPE_AFTER} booked quarters on, or up to the end",
        inside=exact_share("cases_inside_their_range", int(held.sum()), len(came)),
        cases=table,
        loss=float(loss) / usual if usual > 0 else None,
    )


def case_spread(initiatives: pd.DataFrame) -> dict[str, float]:
    """Standard deviation of each business case from its 10th and 90th percentile, as if normal."""
    known = initiatives.reindex(columns=["initiative_id", "case_p10", "case_p90"]).dropna()
    width = (known["case_p90"] - known["case_p10"]).abs() / 2.563
    return dict(zip(known["initiative_id"].astype(str), width.astype(float).tolist(), strict=True))


class Realisation(Answer):
    """Booked benefit over first forecast, per stream and pooled."""

    ABSENT = "Realised against forecast cannot be computed because {reason}."

    pooled: Measure = unknown("realisation", "ratio")
    streams: pd.DataFrame = field(default_factory=pd.DataFrame)
    quarters: tuple[int, int, int] = (0, 0, 0)  # compared; of them, after a stop; not compared, for want of a booking
    PROMISE = Chance(1.0, "all that was promised")
    CLAIMS = (Claim(tested="booked benefit beside the first forecast of it", estimate=pooled, chance=PROMISE),)

    def words(self) -> Words:
        pooled, n, (rows, stopped, absent) = self.pooled.value or 0.0, self.pooled.n or 0, self.quarters
        side, guess = self.tested(self.pooled.name).direction, f"the benefit of a new case by {numbers.decimal(pooled)}"
        apart = f"{numbers.percent(abs(pooled - 1), 0)} {'more' if side > 0 else 'less'} than that; multiply {guess}"
        same = f"no difference from what was promised can be shown; to multiply {guess} is a guess"
        return Words(
            sentence=f"{numbers.plural(n, 'initiative')} brought {numbers.percent(pooled, 0)} of what their first "
            f"forecasts promised for the same quarters ({numbers.span(self.pooled, numbers.percent)}): "
            f"{apart if side else same} until it has its own record.",
            table=self.streams,
            formats={"Initiatives": "count", "First forecast": "money", "Booked": "money"}
            | dict.fromkeys(["Realised", "Realised, drawn to the mean"], "percent"),
            caption="What forecasts were worth",
            note=f"n = {numbers.plural(n, 'initiative')}, {rows} forecasts of a stream and quarter, {stopped} of them "
            f"after a stop and counted as nothing; {absent} of running initiatives without a booking left out; range "
            "over initiatives.",
        )


def realisation_ratio(initiatives: pd.DataFrame, ledger: pd.DataFrame, terms: Terms) -> Realisation:
    """Compare what came in with what the first forecast had promised, over the same quarters.

    Parameters
    ----------
    initiatives, ledger, terms : both tables; day of the report, and currency: only money is compared

    Returns
    -------
    Realisation

    Notes
    -----
    Ratio of sums, never a mean of ratios; that of a stream is drawn to the pooled one with the weight ``n / (n + 2)``
    of the initiatives behind it. After its end an initiative brings nothing: its forecasts stay and count in full.
    """
    if absent := " and ".join(name for name in ("booked", "vintage") if name not in ledger):
        untold = "so nothing tells which forecast of a quarter was the first"
        return Realisation(reason=f"the ledger has no column {absent}, {untold}")
    rows = filled(ledger, terms.currency)
    over = rows["quarter"] <= last_quarter(terms.as_of)
    rows = rows[(rows["kind"] == "benefit") & (rows["unit"] == terms.currency) & over]
    key = ["initiative_id", "stream", "quarter"]
    booked = rows[rows["booked"]].groupby(key)["amount"].sum()
    first = rows[~rows["booked"]].sort_values("vintage", kind="stable").drop_duplicates(key).set_index(key)["amount"]
    both = pd.concat([booked.rename("Booked"), first.rename("First forecast")], axis=1).dropna(subset="First forecast")
    ended = initiatives.reindex(columns=["initiative_id", "ended_on"]).dropna()
    stop = pd.Series(pd.to_datetime(ended["ended_on"]).dt.to_period("Q").to_numpy(), ended["initiative_id"].astype(str))
    who, when = (both.index.get_level_values(name) for name in ("initiative_id", "quarter"))
    stopped = both["Booked"].isna() & (when >= pd.PeriodIndex(who.map(stop.to_dict()), freq="Q"))
    unbooked = int((both["Booked"].isna() & ~stopped).sum())
    both = both.assign(Booked=both["Booked"].where(~stopped, 0.0)).dropna()
    table = both.groupby("stream").sum()
    if both.empty or table["First forecast"].sum() <= 0:
        return Realisation(reason="no quarter has both a first forecast and a booking")
    each = both.groupby("initiative_id").sum().to_numpy().T
    found = ratio_over("realisation", "ratio", *each, kind="descriptive")
    pooled = found.value or 0.0
    backing = both.reset_index().groupby("stream")["initiative_id"].nunique()
    table["Realised"] = table["Booked"] / table["First forecast"].where(table["First forecast"] > 0)
    weight = backing / (backing + 2)
    drawn = (weight * table["Realised"] + (1 - weight) * pooled).fillna(pooled)
    table = table.assign(Initiatives=backing, **{"Realised, drawn to the mean": drawn}).rename_axis("Stream")
    heads = ["Stream", "Initiatives", "First forecast", "Booked", "Realised", "Realised, drawn to the mean"]
    return Realisation(
        population="initiatives with a first forecast",
        window="quarters that are over",
        pooled=found,
        streams=table.reset_index()[heads],
        quarters=(len(both), int(stopped.sum()), unbooked),
    )
