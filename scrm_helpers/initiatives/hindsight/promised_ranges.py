"""How good the business cases of the past were: did what came in fall into the range that was promised?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.answer import Answer, Words
from scrm_helpers.answers.measure import Measure, unknown
from scrm_helpers.initiatives.ledger.flows import Ledger

_ENDS = ("case_p10", "case_p50", "case_p90")
CAME = "Came or still expected"
PROMISED = 0.8
"""Share of outcomes that a range from the 10th to the 90th percentile promises to hold."""


def exact_interval(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval of a share.

    >>> [round(end, 3) for end in exact_interval(0, 10)]
    [0.0, 0.308]
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, n - hits + 1)) if hits else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, n - hits)) if hits < n else 1.0
    return low, high


def pinball(outcome: np.ndarray, quantile: np.ndarray, level: float) -> np.ndarray:
    """Loss of a quantile forecast."""
    return np.maximum(level * (outcome - quantile), (level - 1) * (outcome - quantile))


@dataclass(frozen=True, kw_only=True)
class CaseRecord(Answer):
    """Cases whose benefit fell into their own range, and the loss of their quantiles over the benefit."""

    ABSENT = "How good the business cases were cannot be said because {reason}."

    inside: Measure = unknown("cases_inside_their_range", "share")
    cases: pd.DataFrame = field(default_factory=pd.DataFrame)
    loss: float | None = None

    def words(self) -> Words:
        """Whether the ranges held as many outcomes as they promise."""
        (start, end), n = self.inside.ends, self.inside.n or 0
        held = int((self.cases["Inside"] == "yes").sum())
        short = int((self.cases[CAME] < self.cases["Promised, low"]).sum())
        less = "is less than" if end < PROMISED else "is more than"
        verdict = "is consistent with" if start <= PROMISED <= end else less
        money = ["Promised, low", "Promised, middle", "Promised, high", CAME]
        return Words(
            sentence=(
                f"Of {numbers.plural(n, 'business case')} {held} held what came in "
                f"({numbers.percent(self.inside.value)}, 95% range {numbers.interval(start, end, numbers.percent)}), "
                f"which {verdict} the four of five that such a range promises; {short or 'none'} fell short of the low "
                "end."
            ),
            table=self.cases,
            formats=dict.fromkeys(money, "money") | {"Over the middle": "percent"},
            caption="Business cases and what came of them",
            note=(
                f"n = {numbers.plural(n, 'case')}, stopped ones kept; benefit, not discounted; loss of the three "
                f"quantiles over the mean benefit {numbers.decimal(self.loss)}."
            ),
        )


def case_record(initiatives: pd.DataFrame, ledger: Ledger, *, ripe_after: int = 8) -> CaseRecord:
    """Score the business cases of initiatives that have run their course.

    Parameters
    ----------
    initiatives : pandas.DataFrame
        Table ``initiatives`` with ``case_p10``, ``case_p50`` and ``case_p90``: the promised benefit.
    ledger : Ledger
        From :func:`read_ledger`.
    ripe_after : int
        Quarters booked from which a case is judged; an initiative that was ended is judged at once.

    Returns
    -------
    CaseRecord

    Notes
    -----
    Realised: booked benefit and what the newest vintage still expects, not discounted. A range from the 10th to the
    90th percentile should hold four of five outcomes; the interval of the share that it did hold is exact. Loss: mean
    pinball loss of the three quantiles over the mean benefit; a case without any spread that is right has none.
    Stopped initiatives stay in: a record of survivors flatters.
    """
    names = dict(zip(ledger.ids, ledger.names, strict=True))
    realised = pd.Series(ledger.benefit().sum(axis=1), index=list(ledger.ids))
    table = initiatives.set_index(initiatives["initiative_id"].astype(str)).reindex(list(ledger.ids))
    ended = table["ended_on"].notna().to_numpy() if "ended_on" in table else np.zeros(len(table), dtype=bool)
    given = (
        table[list(_ENDS)].notna().all(axis=1).to_numpy() if set(_ENDS) <= set(table) else np.zeros(len(table), bool)
    )
    judged = given & (ended | (ledger.booked_until >= ripe_after))
    if not judged.any():
        reason = f"no initiative with a case is ended or has {ripe_after} quarters behind it"
        return CaseRecord(reason=reason, inside=unknown("cases_inside_their_range", "share", reason, 0))
    low, middle, high = (table.loc[judged, name].to_numpy(dtype=float) for name in _ENDS)
    came = realised[judged].to_numpy()
    held = (came >= low) & (came <= high)
    count, n = int(held.sum()), len(came)
    start, end = exact_interval(count, n)
    losses = sum(pinball(came, ends, level) for ends, level in ((low, 0.1), (middle, 0.5), (high, 0.9)))
    loss = float(np.mean(losses)) / float(np.abs(came).mean()) if np.abs(came).mean() > 0 else None
    return CaseRecord(
        inside=Measure(name="cases_inside_their_range", value=count / n, unit="share", n=n, low=start, high=end),
        cases=pd.DataFrame(
            {
                "Initiative": [names[one] for one in table.index[judged]],
                "Promised, low": low,
                "Promised, middle": middle,
                "Promised, high": high,
                CAME: came,
                "Over the middle": came / np.where(middle != 0, middle, np.nan),
                "Inside": np.where(held, "yes", "no"),
            }
        ),
        loss=loss,
    )


def case_spread(initiatives: pd.DataFrame) -> dict[str, float]:
    """Standard deviation of each business case from its 10th and 90th percentile, as if normal.

    Parameters
    ----------
    initiatives : pandas.DataFrame
        The table ``initiatives``, with ``case_p10`` and ``case_p90`` where they are known.

    Returns
    -------
    dict of str to float
        By initiative id, in money.

    Examples
    --------
    >>> case_spread(pd.DataFrame({"initiative_id": ["a"], "case_p10": [0.0], "case_p90": [2.563]}))
    {'a': 1.0}
    """
    if not {"case_p10", "case_p90"} <= set(initiatives):
        return {}
    known = initiatives.dropna(subset=["case_p10", "case_p90"])
    width = (known["case_p90"] - known["case_p10"]).abs() / 2.563
    return dict(zip(known["initiative_id"].astype(str), width.astype(float).tolist(), strict=True))
