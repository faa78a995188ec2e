"""Text ids to positions: everything after this works on flat arrays of whole numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd

MISSING, STRANGER = -1, -2


def encode(referrals: pd.DataFrame, customers: pd.DataFrame | None) -> tuple[pd.Index, int, np.ndarray, np.ndarray]:
    """Number the people and write both ends of every referral as numbers.

    Parameters
    ----------
    referrals : pandas.DataFrame
        ``referrer_id`` and ``referred_id``.
    customers : pandas.DataFrame or None
        ``customer_id``, each once; None takes everybody in `referrals` as a customer, in id order.

    Returns
    -------
    people : pandas.Index
        Customers in the order given, then referrers who are no customers, in id order.
    known : int
        How many of them are customers.
    referrer, referred : ndarray of int32, shape (rows,)
        Positions in `people`; ``MISSING`` where the id is missing, ``STRANGER`` for a referred person who is no
        customer.

    Raises
    ------
    ValueError
        When a customer occurs twice.

    Examples
    --------
    >>> rows = pd.DataFrame({"referrer_id": ["X", "A"], "referred_id": ["A", None]})
    >>> people, known, referrer, referred = encode(rows, pd.DataFrame({"customer_id": ["B", "A"]}))
    >>> people.tolist(), known, referrer.tolist(), referred.tolist()
    (['B', 'A', 'X'], 2, [2, 1], [1, -1])
    """
    columns = [referrals["referrer_id"], referrals["referred_id"]]
    if customers is None:
        listed = pd.Index([], dtype="str")
    else:
        listed = pd.Index(customers["customer_id"], dtype="str", name=None)
        if not listed.is_unique:
            twice = listed[listed.duplicated()][0]
            raise ValueError(
                f"Customer {twice!r} occurs twice among the customers. Their value would count double. Keep one row."
            )
    code, seen = pd.factorize(pd.concat([pd.Series(listed), *columns], ignore_index=True).astype("str"))
    known, rows = len(listed), len(referrals)
    first, second = code[known : known + rows], code[known + rows :]
    others = np.arange(known, len(seen)) if customers is None else np.unique(first[first >= known])
    order = others[np.argsort(seen[others].to_numpy(dtype=object), kind="stable")]
    place = np.full(len(seen) + 1, STRANGER, dtype=np.int32)
    place[:known] = np.arange(known)
    place[order] = known + np.arange(len(order))
    place[-1] = MISSING  # code -1, a missing id, reads the last place
    people = listed.append(pd.Index(seen[order], dtype="str"))
    return people, len(people) if customers is None else known, place[first], place[second]
