"""Referrals beside customers and orders: campaigns, circles, impossible days, and which brought a customer.

Which did, and when, is decided once, so that every chapter counts the same ones. A day in `converted_on` decides.
Without one, the status does; without both columns, whether the referred person has become a customer since. The day is
then the first order after the referral, else the day of joining or of referral.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.plausible import apart
from scrm_helpers.tables.contract.accepted_words import REFERRAL_STATUS
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings
from scrm_helpers.tables.values.identity import circles, forms, rows_of

_LARGE, _MANY = 0.1, 20
_FACTOR = 5.0


def check_campaigns(referrals: Draft, people: pd.DataFrame, settings: Settings) -> None:
    """Leave referrals by campaigns out of person credit, and ask about a referrer who brings a share like one."""
    ids = referrals.frame["referrer_id"]
    named = [code for code in settings.campaigns if (ids == code).any()]
    what = f"{{rows}} by {plural(len(named), 'campaign')} of {FILE} ({listed([quoted(code) for code in named])})."
    why = "A campaign is a channel: nobody is credited for what it brought."
    todo = "Nothing; the people it brought are still customers, without a person who brought them."
    referrals.leave_out(ids.isin(named), "campaign, not a person", what, why, todo, "referrer_id")
    absent = [quoted(code) for code in settings.campaigns if code not in named]
    if absent:
        what = f"{plural(len(absent), 'campaign')} referred nobody in {referrals.raw.file}: {listed(absent)}."
        why = "A code that is written in another way counts as a person."
        todo = "Write it as it stands in the column referrer_id, or remove it."
        referrals.note(what, why, todo, file=FILE, column="campaigns")
    _like_campaigns(referrals, ids, people["customer_id"])


def _like_campaigns(referrals: Draft, ids: pd.Series, customers: pd.Series) -> None:
    made = ids[referrals.keep].value_counts()
    if made.empty:
        return
    stands = apart(made.to_numpy(dtype=float), _FACTOR)
    shapes = forms(pd.Series(made.index, dtype="str"))
    odd = (shapes.map(shapes.value_counts(normalize=True)) < _LARGE).to_numpy()
    odd = odd & (rows_of(pd.Series(made.index, dtype="str"), customers) < 0)
    usual = float(made[~odd].max()) if not odd.all() else 0.0
    unlike = odd & (made > _FACTOR * usual).to_numpy()
    large = made[(unlike | (made > (stands[0] if stands else np.inf))) & (made >= max(_LARGE * made.sum(), _MANY))]
    if large.empty:
        return
    rest = made.drop(large.index)
    codes = ", ".join(f'"{quoted(code)[1:-1]}"' for code in large.index)
    what = f"{large.sum() / made.sum():.0%} of {made.sum():,} referrals are by "
    what += f"{listed([f'{quoted(code)} ({n:,})' for code, n in large.items()])}, while "
    what += f"{'nobody else made any' if rest.empty else f'whoever comes next made {rest.max():,}'} (said from a tenth "
    what += f"of all on, {_FACTOR:g} times the next, of an id unlike the others or of a size out of reach of the rest)."
    why = "A code of a campaign, or a test account, would be credited like a person and lead every list."
    todo = f"Nothing, if it is a person; else put into {FILE}: `campaigns: [{codes}]`"
    referrals.warn(ids.isin(large.index), what, why, todo, "referrer_id")


_CIRCLES, _MEMBERS = 3, 6
_AT_SOURCE = "Check these rows at their source; they are kept."


def check_referrals(referrals: Draft, people: pd.DataFrame, orders: pd.DataFrame) -> None:
    """Find referrals that cannot have been: of oneself, before joining, after buying, twice, in a circle."""
    frame = referrals.frame
    what = "{rows} in which somebody referred themselves, such as {example}."
    why = "A customer cannot bring in themselves; the credit would be their own purchases."
    todo = "Check the referral programme for misuse. The rows are left out."
    itself = frame["referrer_id"] == frame["referred_id"]
    referrals.leave_out(itself, "self-referral", what, why, todo, "referrer_id")
    what = "{rows} dated before the referrer joined, such as {example}."
    why = "Referring before being a customer hints at wrong dates or merged accounts."
    before = before_joining(referrals, "referrer_id", "referred_on", people)
    referrals.warn(before, what, why, _AT_SOURCE, "referred_on")
    what = "{rows} whose referred person had bought before the referral, such as {example}."
    why = "The referral cannot have brought them; credit for them would be too high."
    first = orders.groupby("customer_id")["ordered_on"].min().dt.normalize()
    bought = first.reindex(frame["referred_id"]).to_numpy() < frame["referred_on"].dt.normalize().to_numpy()
    referrals.warn(bought, what, why, _AT_SOURCE, "referred_on")
    what = "{rows} share their referred person with another referral, such as {example}."
    why = "No purchase may be credited twice: referral value is shared, a referral tree keeps one referrer."
    again = frame.duplicated("referred_id", keep=False) & frame["referred_id"].notna()
    referrals.warn(again, what, why, _AT_SOURCE, "referred_id")
    _circles(referrals)


def before_joining(draft: Draft, who: str, day: str, people: pd.DataFrame) -> np.ndarray:
    """Rows of customers with a day before the day they joined."""
    position = draft.rows_in(who, people["customer_id"])
    joined = people["joined_on"].to_numpy()[position].astype("datetime64[D]")
    before: np.ndarray = (draft.frame[day].to_numpy() < joined) & (position >= 0)
    return before


def _circles(referrals: Draft) -> None:
    """Name the members of each circle of referrals in order; the people below it are in no circle."""
    frame = referrals.frame
    rows = referrals.keep & frame[["referrer_id", "referred_id"]].notna().all(axis=1).to_numpy()
    part = frame[rows].sort_values("referred_on", kind="stable")
    found = [part.index.to_numpy()[circle] for circle in circles(part["referred_id"], part["referrer_id"])]
    if not found:
        return
    members = frame.index.isin(np.concatenate(found))
    shown = [_in_order(frame, np.roll(circle, -int(circle.argmin()))) for circle in found[:_CIRCLES]]
    more = f" and {len(found) - _CIRCLES:,} more" if len(found) > _CIRCLES else ""
    what = f"{{rows}} form {'a circle' if len(found) == 1 else f'{len(found):,} circles'} of referrals: "
    why = "Somebody would be the origin of their own arrival; circles are cut before credit is given."
    todo = "Check these rows at their source; they are kept, and so are the people below the circle."
    referrals.warn(members, f"{what}{'; '.join(shown)}{more}.", why, todo, "referred_id")


def _in_order(frame: pd.DataFrame, circle: np.ndarray) -> str:
    """Write a circle as A1 \u2192 A2 \u2192 A1, long ones cut in the middle."""
    names = [quoted(name)[1:-1] for name in frame["referrer_id"].iloc[circle[:_MEMBERS]]]
    if len(circle) > _MEMBERS:
        names.append(f"... ({len(circle):,} people)")
    return " \u2192 ".join([*names, names[0]])


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
        what = f"{{rows}} have a day in converted_on although their status is {DECLINED}, such as {{example}}."
        why = "The day decides: they count as having brought a customer."
        todo = "Empty converted_on where nobody came, or correct the status."
        draft.warn(days.notna() & draft.frame["status"].eq(DECLINED), what, why, todo, "status")
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


def _own_words(draft: Draft, rows: np.ndarray, by_status: bool) -> None:
    """A word that is not understood may hide a conversion: where only the status tells, nobody could count them."""
    status = draft.frame["status"]
    own = rows & status.notna().to_numpy() & ~status.isin(REFERRAL_STATUS.words).to_numpy()
    known, words = ", ".join(REFERRAL_STATUS.words), [quoted(word) for word in sorted(status[own].unique())]
    what = f"{{rows}} whose status is not understood ({listed(words)})."
    if by_status:
        why = f"Only the status tells who became a customer here; the words are {known}."
        draft.find(own, what, why, f"Write one of {known}, or add converted_on, the day of the first order.", "status")
    else:
        why = "Without a day in converted_on they count as having brought nobody."
        draft.warn(own, what, why, "Nothing, if they brought nobody; else fill converted_on in.", "status")


def _say(draft: Draft, rows: np.ndarray, by_status: bool) -> None:
    what = "The referrals have neither converted_on nor status; {rows} refer to somebody who became a customer since"
    if by_status:
        what = f"{{rows}} without converted_on whose status says {CONVERTED}"
    why = "Their day is that of the first order after the referral, else of joining, else of the referral itself."
    todo = "Nothing, if that is right; else give converted_on, the day of the first order."
    column = "status" if by_status else "referred_id"
    draft.warn(rows, f"{what}: they count as having brought a customer.", why, todo, column)
