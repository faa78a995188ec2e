"""Do the dimensions of value go together, or does each name other people?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers, style
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.result import Result
from scrm_helpers.stats.chance import age_groups
from scrm_helpers.stats.intervals import fisher_interval
from scrm_helpers.value.matrix.dimensions import LABELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DIMENSIONS = {"clv": "own value", **LABELS}
WEAK = 0.3  # rank correlation below which two lists name mostly other people


@dataclass(frozen=True, kw_only=True)
class DimensionsTogether(Result):
    """Rank correlations between the dimensions of value."""

    OFFERS: ClassVar = ("figure", "table")

    correlations: pd.DataFrame  # square, symmetric, one row and column per dimension

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the correlations below the diagonal as a heatmap, each with its number."""
        import seaborn as sns

        lower = self.correlations.iloc[1:, :-1]
        hidden = np.triu(np.ones(lower.shape, dtype=bool), k=1)
        written = lower.map(lambda part: numbers.decimal(part, 2))
        ax = style.axes_for(ax, height=1.2 + 0.5 * len(lower))
        colours = sns.light_palette(style.BLUE, as_cmap=True)
        sns.heatmap(
            lower.abs(), mask=hidden, annot=written, fmt="", cmap=colours, vmin=0, vmax=1, cbar=False, ax=ax,
            linewidths=2, linecolor="white",
        )  # fmt: skip
        ax.tick_params(length=0)
        ax.set_yticks(ax.get_yticks(), lower.index, rotation=0)
        return ax


def dimensions_together(value: pd.DataFrame, level: float = 0.95) -> DimensionsTogether:
    """Correlate the dimensions of value by rank, over the customers.

    Parameters
    ----------
    value : pandas.DataFrame
        The value table; a dimension that nobody has, or that does not vary, is left out. With ``joined_on`` people are
        ranked among customers of the same age: who has been here longer has had more time for everything.
    level : float
        Confidence level of all ranges together, 0-1.

    Returns
    -------
    DimensionsTogether

    Notes
    -----
    Spearman's coefficient with ties; its error is ``sqrt((1 + r^2 / 2) / (n - 3))`` on Fisher's scale (Bonett and
    Wright 2000, Psychometrika 65(1)), at a level divided by the number of pairs (Bonferroni).

    Examples
    --------
    >>> table = pd.DataFrame({"is_customer": True, "clv": [1.0, 2, 3, 4, 5], "crv": [5.0, 4, 3, 2, 1]})
    >>> dimensions_together(table).correlations.loc["referral value", "own value"].item()
    -1.0
    """
    customers = value[value["is_customer"].astype(bool)]
    known = [name for name in DIMENSIONS if name in customers and customers[name].min() < customers[name].max()]
    n = int(customers[known].notna().all(axis=1).sum()) if known else 0
    if len(known) < 2 or n < 5:
        few = f"only {numbers.plural(n, 'customer has', 'customers have')} them all"
        reason = "fewer than two dimensions vary" if len(known) < 2 else few
        return DimensionsTogether(
            sentence=f"Whether the dimensions of value go together cannot be said: {reason}.",
            table=pd.DataFrame(),
            drawable=False,
            measures=(Measure(name="strongest_rank_correlation", value=None, unit="ratio", n=n, reason=reason),),
            correlations=pd.DataFrame(),
        )
    complete = customers.dropna(subset=known)
    ages = age_groups(complete["joined_on"]) if "joined_on" in complete else np.zeros(n, dtype=int)
    ranks = complete[known].groupby(ages).rank()
    centred = ranks - ranks.groupby(ages).transform("mean")
    correlations = centred.corr().fillna(0.0).rename(index=DIMENSIONS, columns=DIMENSIONS)
    alike = ", ranks among customers of the same age" if ages.any() else ""
    pairs = _pairs(correlations, max(n - int(ages.max()), 4), level)
    strongest = pairs.iloc[int(pairs["Rank correlation"].abs().to_numpy().argmax())]
    return DimensionsTogether(
        sentence=_sentence(pairs, strongest),
        table=pairs,
        title=_title(strongest),
        caption="Rank correlations between the dimensions of value",
        note=f"n = {numbers.plural(n, 'customer')}; Spearman{alike}; "
        f"{numbers.percent(level)} ranges for all pairs together.",
        alt=(
            f"Heatmap of {numbers.plural(len(pairs), 'rank correlation')} between {len(known)} dimensions of value; "
            f"the strongest is {numbers.decimal(strongest['Rank correlation'])}, between {strongest['Pair']}."
        ),
        formats=dict.fromkeys(["Rank correlation", "Range from", "Range to"], "decimal"),
        measures=(
            Measure(
                name="strongest_rank_correlation",
                value=float(strongest["Rank correlation"]),
                unit="ratio",
                n=n,
                low=float(strongest["Range from"]),
                high=float(strongest["Range to"]),
                level=level,
            ),
        ),
        correlations=correlations,
    )


def _pairs(correlations: pd.DataFrame, n: int, level: float) -> pd.DataFrame:
    names, matrix = list(correlations.columns), correlations.to_numpy()
    together = list(combinations(range(len(names)), 2))
    each = 1 - (1 - level) / len(together)
    rows = []
    for first, second in together:
        r = float(matrix[first, second])
        error = (1 - r**2) * np.sqrt((1 + r**2 / 2) / (n - 3))
        rows.append((f"{names[first]} and {names[second]}", r, *fisher_interval(r, error, each)))
    return pd.DataFrame(rows, columns=["Pair", "Rank correlation", "Range from", "Range to"])


def _title(strongest: pd.Series) -> str:
    r = numbers.decimal(strongest["Rank correlation"])
    if abs(strongest["Rank correlation"]) < WEAK:
        return f"Each dimension names other people: the strongest rank correlation is {r}"
    how = "go together most" if strongest["Rank correlation"] > 0 else "run against each other most"
    return f"{strongest['Pair'].capitalize()} {how}: rank correlation {r}"


def _sentence(pairs: pd.DataFrame, strongest: pd.Series) -> str:
    shown = pairs[(pairs["Range from"] > 0) | (pairs["Range to"] < 0)]
    if shown.empty:
        return "No two dimensions of value can be shown to go together or against each other."
    against = int((shown["Range to"] < 0).sum())
    r = numbers.decimal(strongest["Rank correlation"])
    span = numbers.interval(strongest["Range from"], strongest["Range to"], numbers.decimal)
    text = (
        f"Of {numbers.plural(len(pairs), 'pair')} of dimensions {len(shown) - against} can be shown to go together and "
        f"{against} to run against each other; the strongest relation is that of {strongest['Pair']} ({r}, {span})."
    )
    if abs(strongest["Rank correlation"]) < WEAK:
        text += " None is close enough for one list to stand for another."
    return text
