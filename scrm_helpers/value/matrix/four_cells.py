"""The four cells of the customer value matrix: own value against referral value, cut points in the open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.measure import Measure
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result

CELLS = ("Champions", "Affluents", "Advocates", "Misers")
MEDIAN = "median"
SAME = 1e-9  # differences of this share of the largest value are rounding


@dataclass(frozen=True)
class Cuts:
    """Where own value and referral value become high, in currency, and which of the two is a median."""

    own: float
    referral: float
    own_is_median: bool = True
    referral_is_median: bool = True

    def words(self, currency: str) -> str:
        """Write both cut points.

        >>> Cuts(9.0, 50.0, referral_is_median=False).words("EUR")
        'own value €9.00 (median), referral value €50.00'
        """
        own = f"own value {numbers.money(self.own, currency)}{' (median)' if self.own_is_median else ''}"
        referral = numbers.money(self.referral, currency)
        return f"{own}, referral value {referral}{' (median)' if self.referral_is_median else ''}"

    def named(self, currency: str) -> tuple[str, str]:
        """Name both cut points in a sentence.

        >>> Cuts(9.0, 50.0, referral_is_median=False).named("EUR")
        ('the median', '€50.00')
        """
        own = "the median" if self.own_is_median else numbers.money(self.own, currency)
        return own, "the median" if self.referral_is_median else numbers.money(self.referral, currency)


def told_apart(values: pd.Series) -> bool:
    """Tell whether values differ between people at all: where they do not, nobody is high, low, first or last.

    >>> told_apart(pd.Series([171.0, 171.0, None])), told_apart(pd.Series([171.0, 9.0]))
    (False, True)
    """
    known = values.dropna()
    return bool(len(known)) and float(known.max() - known.min()) > SAME * float(known.abs().max())


def cut_points(value: pd.DataFrame, own: str = MEDIAN, referral: str = MEDIAN) -> Cuts:
    """Choose where own value and referral value become high.

    Parameters
    ----------
    value : DataFrame
        The value table with ``crv`` and ``clv``.
    own, referral : str
        ``"median"`` of the people who have both values, or an amount in currency.

    Returns
    -------
    Cuts

    Raises
    ------
    Refusal
        When a cut is neither the word nor a number.

    Examples
    --------
    >>> people = pd.DataFrame({"clv": [1.0, 2, 9], "crv": [0.0, 0, 5]})
    >>> cut_points(people, referral="3.5")
    Cuts(own=2.0, referral=3.5, own_is_median=True, referral_is_median=False)
    """
    known = value[value["clv"].notna() & value["crv"].notna()]
    chosen = []
    for given, name in ((own, "clv"), (referral, "crv")):
        try:
            chosen.append(float(known[name].median()) if given == MEDIAN else float(given))
        except ValueError:
            raise Refusal(
                f"The cut point {given!r} is neither the word median nor an amount. It decides who counts as high. "
                "Give one of the two."
            ) from None
    return Cuts(chosen[0], chosen[1], own == MEDIAN, referral == MEDIAN)


def with_cells(value: pd.DataFrame, cuts: Cuts) -> pd.DataFrame:
    """Return the value table with its cells by these cut points.

    Parameters
    ----------
    value : DataFrame
        The value table.
    cuts : Cuts
        From :func:`cut_points`.

    Returns
    -------
    DataFrame
    """
    return value.assign(cell=value_cells(value["clv"], value["crv"], cuts.own, cuts.referral))


def value_cells(
    own_value: pd.Series, referral_value: pd.Series, cut_own: float | None = None, cut_referral: float | None = None
) -> pd.Series:
    """Put every customer into a cell of the customer value matrix."""
    known = (own_value.notna() & referral_value.notna()).to_numpy()
    own, referral = own_value.to_numpy(float), referral_value.to_numpy(float)
    if not known.any() or not told_apart(own_value[known]):
        return pd.Series(np.nan, own_value.index, dtype="str", name="cell")
    cut_own = float(np.median(own[known])) if cut_own is None else cut_own
    cut_referral = float(np.median(referral[known])) if cut_referral is None else cut_referral
    number = 2 * (own <= cut_own) + (referral <= cut_referral)
    return pd.Series(np.array(CELLS, dtype=object)[number], own_value.index, dtype="str", name="cell").where(known)


Z95 = 1.959963984540054


def cell_probabilities(
    value: pd.DataFrame,
    own_above: pd.Series | None = None,
    referral_draws: tuple[pd.Index, np.ndarray] | None = None,
    cuts: Cuts | None = None,
) -> pd.DataFrame:
    """Return the probability of each cell for every customer who has one.

    Parameters
    ----------
    value : DataFrame
        The value table with ``person_id``, ``clv``, ``clv_low``, ``clv_high``, ``crv``, ``crv_low``, ``crv_high``.
    own_above : Series, optional
        Probability by person id that own value lies above its median, from
        :func:`chance_above`; the 95 % range of the table is read as normal when None,
        which says how sure the models are, not how sure a customer is.
    referral_draws : tuple of Index and ndarray of shape (referrers, draws), optional
        From :func:`referral_value_draws`; the 95 % range of the table is read as
        normal when None.

    cuts : Cuts, optional
        From :func:`cut_points`; the medians of the customers with a cell when None.

    Returns
    -------
    DataFrame
        Indexed by person id: one column per cell, rows sum to 1.

    Notes
    -----
    The cuts are held still. Own and referral value are drawn independently: they
    rest on the orders of different people.
    """
    placed = value[value["cell"].notna()].set_index("person_id")
    cuts = cuts or cut_points(placed)
    high_own = _above(placed, "clv", cuts.own)
    if own_above is not None:
        given = own_above.reindex(placed.index).to_numpy(float)
        high_own = np.where(np.isfinite(given), given, high_own)
    if referral_draws is None:
        high_referral = _above(placed, "crv", cuts.referral)
    else:
        ids, draws = referral_draws
        high_referral = (
            pd.Series((draws > cuts.referral).mean(axis=1), ids)
            .reindex(placed.index)
            .fillna(float(cuts.referral < 0))
            .to_numpy()
        )
    chances = [
        high_own * high_referral,
        high_own * (1 - high_referral),
        (1 - high_own) * high_referral,
        (1 - high_own) * (1 - high_referral),
    ]
    return pd.DataFrame(np.column_stack(chances), index=placed.index, columns=list(CELLS))


def cell_certainty(chances: pd.DataFrame, cells: pd.Series) -> Result:
    """Show how sure the cells are.

    Parameters
    ----------
    chances : DataFrame
        From :func:`cell_probabilities`.
    cells : Series
        The cell of each person by the estimates, by person id.

    Returns
    -------
    Result

    Examples
    --------
    >>> sure = pd.DataFrame({"Champions": [0.9, 0.5], "Affluents": [0.1, 0.5], "Advocates": 0.0, "Misers": 0.0})
    >>> cell_certainty(sure, pd.Series(["Champions", "Champions"])).sentence
    'On average the cell of a customer is right with a probability of 70%; 1 of 2 is surer than 80%.'
    """
    if not len(chances):
        reason = "no customer has a cell"
        measure = Measure(name="cell_probability_mean", value=None, unit="share", reason=reason)
        return Result(
            sentence=f"How sure the cells are cannot be said: {reason}.", table=pd.DataFrame(), measures=(measure,)
        )
    own = cells.reindex(chances.index)
    place = pd.Index(CELLS).get_indexer(pd.Index(own))
    right = chances[list(CELLS)].to_numpy()[np.arange(len(chances)), place]
    by_cell = pd.Series(right).groupby(own.to_numpy())
    table = pd.DataFrame(
        {
            "Cell": CELLS,
            "Customers": [int((own == cell).sum()) for cell in CELLS],
            "Probability that it is right": by_cell.mean().reindex(CELLS).to_numpy(),
            "Customers expected": [float(chances[cell].sum()) for cell in CELLS],
        }
    )
    n, mean, sure = len(right), float(right.mean()), int((right > 0.8).sum())
    verb = "is" if sure == 1 else "are"
    return Result(
        sentence=f"On average the cell of a customer is right with a probability of {numbers.percent(mean)}; "
        f"{numbers.count(sure)} of {numbers.count(n)} {verb} surer than 80%.",
        table=table,
        caption="How sure is the cell of a customer?",
        note=f"n = {numbers.plural(n, 'customer')}; cut points held still",
        formats={"Customers": "count", "Probability that it is right": "percent", "Customers expected": "count"},
        measures=(Measure(name="cell_probability_mean", value=mean, unit="share", n=n),),
    )


def _above(placed: pd.DataFrame, name: str, cut: float) -> np.ndarray:
    """Return the probability that each value lies above the cut, from its 95 % range; without one it is known."""
    from scipy.special import ndtr

    middle = placed[name].to_numpy(float)
    if f"{name}_low" not in placed:
        return (middle > cut).astype(float)
    spread = (placed[f"{name}_high"] - placed[f"{name}_low"]).to_numpy(float) / (2 * Z95)
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = ndtr((middle - cut) / spread)
    return np.where(np.isfinite(spread) & (spread > 0), chance, (middle > cut).astype(float))
