"""Amounts on an axis, short and without empty decimals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrm_helpers.answers import numbers

if TYPE_CHECKING:
    from matplotlib.axis import Axis

HALO = {"facecolor": "white", "edgecolor": "none", "pad": 0.6}
"""Box behind a label, so that no line crosses its figures."""


def short_money(value: float, currency: str) -> str:
    """Write an amount for an axis.

    >>> short_money(50000.0, "EUR"), short_money(-2_500_000.0, "EUR")
    ('€50k', '−€2.5m')
    """
    text = numbers.money(value, currency)
    return re.sub(r"\.?0+(?=[kmb])", "", text) if "." in text else text


def in_money(axis: Axis, currency: str) -> None:
    """Write the ticks of an axis as amounts."""
    axis.set_major_formatter(lambda value, _: short_money(value, currency))
