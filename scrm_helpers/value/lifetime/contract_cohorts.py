"""Survivors of a cohort of contracts: counted from orders that stand for payments, or given as a list."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.answers.result import Result
from scrm_helpers.value.lifetime.occasions import Occasions

FEWEST = 20  # customers of a cohort below which nothing is counted
CAME_BACK = 0.05  # of those who skipped; above, skipping is no end of a contract


@dataclass(frozen=True, kw_only=True)
class Cohort(Result):
    """Survivors after 0, 1, 2, ... renewals; missing where the orders show no contracts."""

    survivors: pd.Series | None = None


def cohort_of_orders(occasions: Occasions, renewals: int) -> Cohort:
    """Count the survivors of a cohort from orders that stand for payments of a contract, if they look like that.

    Parameters
    ----------
    occasions : Occasions
        From :func:`occasions_taken`, one occasion for each period of the contract.
    renewals : int
        Renewals to count; only customers who have been offered so many make up the cohort.

    Returns
    -------
    Cohort
        Without survivors where many who skipped an occasion came back: they had no contract that ended.
    """
    seen = occasions.known[occasions.known["offered"] >= renewals]
    skipped = seen[seen["taken"] < seen["offered"]]
    back = int((skipped["taken"] < skipped["last"]).sum())
    length = numbers.plural(occasions.days, "day")
    if len(seen) < FEWEST:
        customers = numbers.plural(len(seen), "customer")
        have = "has" if len(seen) == 1 else "have"
        reason = f"only {customers} {have} been offered {numbers.plural(renewals, 'renewal')} of {length}"
    elif back > CAME_BACK * len(skipped):
        reason = (
            f"{numbers.percent(back / len(skipped))} of the customers who skipped one of their occasions of {length} "
            "bought again later, so no order says that somebody has left"
        )
    else:
        run = seen["last"].clip(upper=renewals).to_numpy()
        alive = pd.Series([int((run >= k).sum()) for k in range(renewals + 1)], name="survivors")
        return Cohort(
            sentence=f"The orders look like contracts: {numbers.plural(len(seen), 'customer')} of one cohort, of whom "
            f"{numbers.count(alive.iloc[-1])} are there after {numbers.plural(renewals, 'renewal')} of {length}.",
            table=pd.DataFrame({"Renewals": alive.index, "Customers still there": alive}),
            caption="Survivors of the cohort",
            formats={"Renewals": "count", "Customers still there": "count"},
            drawable=False,
            survivors=alive,
        )
    return Cohort(
        sentence=f"No cohort of contracts can be counted from these orders: {reason}.",
        table=pd.DataFrame(),
        drawable=False,
    )


def survivors_from(text: str, cohort: Cohort) -> pd.Series:
    """Take the survivors from a list, or from the cohort where the list is empty.

    Parameters
    ----------
    text : str
        Counts after 0, 1, 2, ... renewals, parted by commas.
    cohort : Cohort
        What the orders give.

    Returns
    -------
    Series

    Raises
    ------
    Refusal
        When there is neither, or the list does not hold numbers.

    Examples
    --------
    >>> nothing = Cohort(sentence="These orders are no contracts.", table=pd.DataFrame())
    >>> survivors_from("100, 80, 70", nothing).tolist()
    [100.0, 80.0, 70.0]
    """
    if text.strip():
        try:
            return pd.Series([float(part) for part in text.split(",")])
        except ValueError:
            raise Refusal(
                f"The survivors {text!r} are not a list of numbers. They are counted and not guessed. Give the "
                "customers still there after 0, 1, 2 renewals and so on, parted by commas."
            ) from None
    if cohort.survivors is None:
        raise Refusal(f"{cohort.sentence} Give the survivors of a cohort as a list.")
    return cohort.survivors
