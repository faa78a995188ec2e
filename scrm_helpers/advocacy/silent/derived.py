"""Which columns come from which? A correlation of two numbers of one origin says nothing."""

from __future__ import annotations

from collections.abc import Iterable

# What each column of the value table is computed from; columns that are not named come from the tables directly.
ORIGINS: dict[str, frozenset[str]] = {
    "revenue": frozenset({"orders"}),
    "margin": frozenset({"orders"}),
    "margin_12m": frozenset({"orders"}),
    "clv": frozenset({"orders"}),
    "clv_low": frozenset({"orders"}),
    "clv_high": frozenset({"orders"}),
    "p_alive": frozenset({"orders"}),
    "first_order_on": frozenset({"orders"}),
    "last_order_on": frozenset({"orders"}),
    "referrals_converted": frozenset({"referrals_made"}),
    "crv": frozenset({"referrals_made"}),
    "crv_low": frozenset({"referrals_made"}),
    "crv_high": frozenset({"referrals_made"}),
    "cascade_size": frozenset({"referrals_made"}),
    "cascade_value": frozenset({"referrals_made"}),
    "cell": frozenset({"clv", "crv"}),
    "cev": frozenset({"clv", "crv", "civ", "ckv"}),
}


def origins(column: str) -> frozenset[str]:
    """Return everything that a column is computed from, itself included.

    Parameters
    ----------
    column : str
        A column of the value table.

    Returns
    -------
    frozenset of str

    Examples
    --------
    >>> sorted(origins("crv"))
    ['crv', 'referrals_made']
    """
    found, waiting = set(), [column]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(ORIGINS.get(name, ()))
    return frozenset(found)


def derived_warning(first: str, second: str) -> str:
    """Say why two columns must not be correlated, or nothing.

    Parameters
    ----------
    first, second : str
        Columns of the value table.

    Returns
    -------
    str
        One sentence, empty where the columns have different origins.

    Notes
    -----
    In simulated worlds without any connection, a part against its whole is found "significant" every time.

    Examples
    --------
    >>> derived_warning("last_score", "crv")
    ''
    >>> derived_warning("clv", "cev")
    'clv and cev share an origin (clv, orders): a correlation between them is arithmetic, not a finding.'
    """
    shared = origins(first) & origins(second)
    if not shared:
        return ""
    names = ", ".join(sorted(shared))
    return f"{first} and {second} share an origin ({names}): a correlation between them is arithmetic, not a finding."


def refuse_derived(columns: Iterable[str]) -> None:
    """Refuse to correlate columns of one origin.

    Parameters
    ----------
    columns : iterable of str
        Columns of the value table that are to be correlated with each other.

    Raises
    ------
    ValueError
        When two of them share an origin.

    Examples
    --------
    >>> refuse_derived(["last_score", "referrals_made"])
    """
    names = list(columns)
    for place, first in enumerate(names):
        for second in names[place + 1 :]:
            warning = derived_warning(first, second)
            if warning:
                raise ValueError(f"{warning} Leave one of the two out.")
