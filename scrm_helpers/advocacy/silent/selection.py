"""How much the answer itself decides who answers, seen on people who answered at another time, and what follows."""

# Own beside statsmodels: its logit knows no part of the line that only an answer tells, and its weights do not add up
# to the known totals. `test_score.py` sets both side by side where the answer decides nothing.

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scrm_helpers.stats.fits import Estimate, fit_logit, patterns
from scrm_helpers.stats.intervals import kish_effect, normal_quantile

STEEPEST = 4.0  # times the odds of answering from detractors to passives and on to promoters, tried both ways
UNTESTED = 3.0  # the same, where nobody answered twice and nothing can tell
DIRECT = 0.05  # share by which another answer may move the odds of answering beside the mood of the day
TRIED = 41
FEWEST = 30  # invitations of people who answered at another time
ENDS = ("low", "high", "moved_low", "moved_high")
UNMET = "no weights of the answers meet what is known of everybody invited"


class Rows(NamedTuple):
    """Invitations: alike ones are one cell."""

    design: NDArray  # of each cell: a constant and what is known of everybody
    answered: NDArray
    side: NDArray  # of the answer: 1, 0 or -1; 0 for the silent
    other: NDArray  # mean side of the person's answers at other times; NaN without one
    which: NDArray  # cell of each invitation
    person: NDArray  # of each invitation

    @property
    def size(self) -> NDArray:
        """Invitations in each cell."""
        return np.bincount(self.which, minlength=len(self.side)).astype(float)


def collapsed(known: pd.DataFrame, features: pd.DataFrame) -> Rows:
    """Collapse invitations with the same features, answer and other answers into cells."""
    design, line = patterns(features) if len(features.columns) else (np.ones((1, 1)), np.zeros(len(known), int))
    keys = pd.DataFrame({"line": line, "answered": known["answered"].to_numpy(), "side": known["side"].to_numpy()})
    keys["other"] = known["other"].to_numpy()
    which = keys.groupby([*keys], dropna=False).ngroup().to_numpy()
    cells = keys.iloc[np.unique(which, return_index=True)[1]]
    side, other = (cells[name].to_numpy(float) for name in ("side", "other"))
    done, person = cells["answered"].to_numpy(bool), known["person"].to_numpy()
    return Rows(design[cells["line"].to_numpy()], done, side, other, which, person)


class Weights(NamedTuple):
    """Weights of the answers that meet the totals of everybody invited."""

    line: NDArray  # coefficients
    odds: NDArray  # of silence, of each cell with an answer
    carried: NDArray  # what each invitation of a cell moves through the coefficients

    def pulls(self, rows: Rows, part: NDArray) -> NDArray:
        """Return how much an invitation of each cell moves the weighted sum of a part."""
        return (1 + self.odds) * rows.answered * part + self.carried @ ((self.odds * rows.size * part) @ rows.design)


def balanced(rows: Rows, known: NDArray, line: NDArray) -> Weights | None:
    """Find the weights 1 + odds of silence that meet all totals, part of the log odds being known; None if none do."""
    # sum n R (1 + e) x = sum n x with e = exp(-(x b + known)) is the slope of a convex sum: Newton's steps.
    x, n = rows.design, rows.size
    miss, answered = (n * ~rows.answered) @ x, n * rows.answered

    def odds(line: NDArray) -> NDArray:
        return rows.answered * np.exp(np.clip(-(x @ line + known), -30, 30))

    for _ in range(60):
        e = odds(line)
        curve = (x * (answered * e)[:, None]).T @ x
        if np.linalg.cond(curve) > 1e12:
            return None
        step = np.linalg.solve(curve, (answered * e) @ x - miss)
        line = line + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            return Weights(line, e, x * (1 - rows.answered * (1 + e))[:, None] @ np.linalg.inv(curve))
    return None


def judge(rows: Rows, again: Rows | None, level: float) -> tuple[Estimate, Estimate, float]:
    """Estimate the score of everybody invited, the same less that of who answered, and the answers it is worth."""
    # The strength of selection is judged by people with other answers, where there are some.
    # A strength is ruled out where the answers of other times, weighted, do not give their known mean (test inversion,
    # Anderson and Rubin 1949; the other answer as shadow variable, Miao and Tchetgen Tchetgen 2016).
    n = int(rows.size.sum())
    beta, reason = fit_logit(rows.design, rows.size * rows.answered, rows.size)
    found = pd.DataFrame() if beta is None else pd.DataFrame(_tried(rows, again, level))
    if found.empty or found["low"].isna().all():
        nothing = Estimate(level=level, n=n, reason=reason or UNMET)
        return nothing, nothing, 0.0
    middle = found[found["direct"] == 0]
    middle = middle.assign(key=middle["clash" if again else "strength"])
    near = middle.iloc[np.argsort(middle["key"].abs(), kind="stable")[:2]].sort_values("key")
    score, effective = (float(np.interp(0.0, near["key"], near[name])) for name in ("score", "effective"))
    ends = {name: float(found[name].min() if "low" in name else found[name].max()) for name in ENDS}
    moved = Estimate(value=score - _plain(rows), low=ends["moved_low"], high=ends["moved_high"], level=level, n=n)
    return Estimate(value=score, low=ends["low"], high=ends["high"], level=level, n=n), moved, effective


def _plain(rows: Rows) -> float:
    answers = rows.size * rows.answered
    return float(answers @ rows.side / answers.sum())


def _tried(rows: Rows, again: Rows | None, level: float) -> Iterator[dict[str, float]]:
    """Try strengths of selection from one direction to the other: the score, its ends, and how far they clash."""
    z, n, people = normal_quantile(level), rows.size, 1 + int(max(part.person.max() for part in (rows, again or rows)))
    answers, plain, other = n * rows.answered, _plain(rows), again or rows
    line, second = np.zeros(rows.design.shape[1]), np.zeros(other.design.shape[1])
    for strength in np.log(STEEPEST if again else UNTESTED) * np.linspace(-1, 1, TRIED):
        weights = balanced(rows, strength * rows.side, line)
        if weights is None:
            continue
        line, score = weights.line, float(answers * (1 + weights.odds) @ rows.side / n.sum())
        pull = weights.pulls(rows, rows.side - score) / n.sum()
        each = pull - rows.answered * (rows.side - plain) / answers.sum()
        alone, beside = (_by_person(rows, one, people) for one in (pull, each))
        effective = answers.sum() / kish_effect(np.repeat(1 + weights.odds, answers.astype(int)))
        for direct in (0.0, -DIRECT, DIRECT) if again else (0.0,):
            clash, against = 0.0, np.zeros(people)
            if again:
                known = balanced(again, strength * again.side + direct * again.other, second)
                if known is None:
                    continue
                second = known.line
                clash, against = _clash(again, known, people)
            low, high = _left(score, alone, clash, against, z)
            less, more = _left(score - plain, beside, clash, against, z)
            found = {"strength": strength, "direct": direct, "clash": clash, "score": score, "low": low, "high": high}
            yield found | {"moved_low": less, "moved_high": more, "effective": effective}


def _by_person(rows: Rows, each: NDArray, people: int) -> NDArray:
    return np.bincount(rows.person, each[rows.which], people)


def _clash(again: Rows, known: Weights, people: int) -> tuple[float, NDArray]:
    """Return weighted minus known mean of the other answers, in standard errors, and what each person moves in it."""
    other = again.other - float(again.size @ again.other / again.size.sum())
    gap = float(again.size @ (other * (again.answered * (1 + known.odds) - 1)))
    against = _by_person(again, known.pulls(again, other) - other, people)
    size = max(float(np.sqrt(against @ against)), 1e-12)
    return gap / size, against / size


def _left(value: float, pull: NDArray, clash: float, against: NDArray, z: float) -> tuple[float, float]:
    """Return the ends of a value that it and the clash together leave; NaN where the clash alone rules it out."""
    if abs(clash) > z:
        return np.nan, np.nan
    shared = float(pull @ against)
    half = float(np.sqrt((z**2 - clash**2) * max(float(pull @ pull) - shared**2, 0.0)))
    return value - shared * clash - half, value - shared * clash + half
