"""Which referrals brought a customer, and when: decided once on the way in, so that every chapter counts the same ones.

A day in `converted_on` decides. Without one, the status does; without both columns, whether the referred person has
become a customer since. The day is then the first order after the referral, else the day of joining or of referral.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.contract.accepted_words import REFERRAL_STATUS
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.values.identity import rows_of

CONVERTED, _, DECLINED = REFERRAL_STATUS.words
_SPAN = 10_000_000  # more days than a calendar has: customer and day make one sortable number


def settle_conversions(drafts: Mapping[str, Draft]) -> None:
    """Fill `converted_on` of the referrals wherever they converted; findings go into the draft."""
    if not {"referrals", "customers", "transactions"} <= set(drafts):
        return
    draft = drafts["referrals"]
    days = draft.frame["converted_on"] if draft.has("converted_on") else pd.Series(pd.NaT, index=draft.frame.index)
    days = days.astype("datetime64[us]")
    open_rows = draft.keep & days.isna().to_numpy()
    open_rows[draft.hidden.get("converted_on", [])] = False  # after the day of the analysis: not yet
    if draft.has("status"):
        _contradictions(draft, days)
        _own_words(draft, open_rows, by_status=not days.notna().any())
        claimed = open_rows & draft.frame["status"].eq(CONVERTED).to_numpy(dtype=bool, na_value=False)
    else:
        claimed = open_rows & (not draft.has("converted_on"))
    if claimed.any():
        days = days.where(~claimed, _day_of_arrival(draft.frame, drafts, certain=draft.has("status")))
        _say(draft, claimed & days.notna().to_numpy(), by_status=draft.has("status"))
    draft.frame["converted_on"] = days


def _day_of_arrival(referrals: pd.DataFrame, drafts: Mapping[str, Draft], certain: bool) -> pd.Series:
    """First order after the referral, else the day of joining."""
    customers, orders = drafts["customers"], drafts["transactions"].kept()
    people = customers.kept()
    place = rows_of(referrals["referred_id"], people["customer_id"])
    since = _days(referrals["referred_on"])
    who = rows_of(orders["customer_id"], people["customer_id"])
    ordered = np.sort((who * _SPAN + _days(orders["ordered_on"]))[who >= 0])
    wanted = place * _SPAN + since
    found = np.append(ordered, -1)[np.searchsorted(ordered, wanted)]
    bought = (found >= wanted) & (found // _SPAN == place) & (place >= 0)
    joined = np.append(_days(people["joined_on"]), -1)[place]
    came = (place >= 0) & (joined >= since)
    unknown = rows_of(referrals["referred_id"], customers.frame["customer_id"]) < 0
    day = np.where(bought, found % _SPAN, np.where(came, joined, since))
    known = (bought | came | unknown | (place >= 0)) if certain else came
    days = pd.Series(day.astype("datetime64[D]").astype("datetime64[us]"), index=referrals.index)
    return days.where(known & referrals["referred_on"].notna().to_numpy())


def _days(moments: pd.Series) -> np.ndarray:
    return moments.to_numpy().astype("datetime64[D]").astype("int64").clip(0)


def _contradictions(draft: Draft, days: pd.Series) -> None:
    draft.find(
        days.notna().to_numpy() & draft.frame["status"].eq(DECLINED).to_numpy(dtype=bool, na_value=False),
        f"{{rows}} have a day in converted_on although their status is {DECLINED}, such as {{example}}.",
        "The day decides: they count as having brought a customer.",
        "Empty converted_on where nobody came, or correct the status.",
        column="status",
        level="warning",
    )


def _own_words(draft: Draft, rows: np.ndarray, by_status: bool) -> None:
    """A word that is not understood may hide a conversion: where only the status tells, nobody could count them."""
    status = draft.frame["status"]
    own = rows & status.notna().to_numpy() & ~status.isin(REFERRAL_STATUS.words).to_numpy()
    words = sorted(status[own].unique())
    known = ", ".join(REFERRAL_STATUS.words)
    draft.find(
        own,
        f"{{rows}} whose status is not understood ({listed([quoted(word) for word in words])}).",
        f"Only the status tells who became a customer here; the words are {known}."
        if by_status
        else "Without a day in converted_on they count as having brought nobody.",
        f"Write one of {known}, or add converted_on, the day of the first order."
        if by_status
        else "Nothing, if they brought nobody; else fill converted_on in.",
        column="status",
        level="error" if by_status else "warning",
    )


def _say(draft: Draft, rows: np.ndarray, by_status: bool) -> None:
    what = (
        f"{{rows}} without converted_on whose status says {CONVERTED}"
        if by_status
        else "The referrals have neither converted_on nor status; {rows} refer to somebody who became a customer since"
    )
    draft.find(
        rows,
        f"{what}: they count as having brought a customer.",
        "Their day is that of the first order after the referral, else of joining, else of the referral itself.",
        "Nothing, if that is right; else give converted_on, the day of the first order.",
        column="status" if by_status else "referred_id",
        level="warning",
    )
