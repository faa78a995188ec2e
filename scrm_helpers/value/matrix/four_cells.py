"""The four cells of the customer value matrix: own value against referral value, cut points in the open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal

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
