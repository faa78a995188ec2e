"""Closed forms of growth by referral: what a coefficient adds up to."""

from __future__ import annotations


def expected_total(coefficient: float, seeds: float = 1.0, generations: int | None = None) -> float:
    """Sum a cascade in which every customer brings `coefficient` others.

    Parameters
    ----------
    coefficient : float
        Customers brought per customer, 0 or more.
    seeds : float
        Customers who came by themselves.
    generations : int, optional
        Generations below the seeds; all of them when None.

    Returns
    -------
    float
        Expected customers, the seeds counted.

    Raises
    ------
    ValueError
        When the coefficient is negative, or there is no end to the sum.

    Notes
    -----
    ``seeds * (1 - K ** (g + 1)) / (1 - K)``; in the limit ``seeds / (1 - K)``, for ``K`` below 1.

    Examples
    --------
    >>> round(expected_total(0.4), 6), round(expected_total(0.4, generations=3), 3)
    (1.666667, 1.624)
    """
    if coefficient < 0:
        raise ValueError(f"The coefficient is {coefficient}: customers brought per customer cannot be negative.")
    if generations is not None:
        return seeds * sum(coefficient**generation for generation in range(generations + 1))
    if coefficient >= 1:
        raise ValueError(
            f"With a coefficient of {coefficient} the sum has no end: every customer replaces themselves. Say how many "
            "generations to count."
        )
    return seeds / (1 - coefficient)
