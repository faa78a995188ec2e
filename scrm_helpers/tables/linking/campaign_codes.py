"""Referral codes of campaigns: what the owner names is no person, and what looks like one is hinted at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.sizes import apart
from scrm_helpers.tables.contract.messages import Message, counted, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings
from scrm_helpers.tables.values.identity import forms, rows_of

_LARGE, _MANY = 0.1, 20
_FACTOR = 5.0


def check_campaigns(referrals: Draft, people: pd.DataFrame, settings: Settings) -> None:
    """Leave referrals by campaigns out of person credit, and ask about a referrer who brings a share like one."""
    ids = referrals.frame["referrer_id"]
    named = [code for code in settings.campaigns if (ids == code).any()]
    referrals.leave_out(
        ids.isin(named).to_numpy(),
        "campaign, not a person",
        f"{{rows}} by {counted(len(named), 'campaign')} of {FILE} ({listed([quoted(code) for code in named])}).",
        "A campaign is a channel: nobody is credited for what it brought.",
        "Nothing; the people it brought are still customers, without a person who brought them.",
        column="referrer_id",
    )
    absent = [quoted(code) for code in settings.campaigns if code not in named]
    if absent:
        referrals.messages.append(
            Message(
                what=f"{counted(len(absent), 'campaign')} referred nobody in {referrals.raw.file}: {listed(absent)}.",
                why="A code that is written in another way counts as a person.",
                todo="Write it as it stands in the column referrer_id, or remove it.",
                table="referrals",
                file=FILE,
                column="campaigns",
                level="warning",
            )
        )
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
    referrals.find(
        ids.isin(large.index).to_numpy(),
        f"{large.sum() / made.sum():.0%} of {made.sum():,} referrals are by "
        f"{listed([f'{quoted(code)} ({n:,})' for code, n in large.items()])}, while "
        f"{'nobody else made any' if rest.empty else f'whoever comes next made {rest.max():,}'} (said from a tenth of "
        f"all on, {_FACTOR:g} times the next, of an id unlike the others or of a size out of reach of the rest).",
        "A code of a campaign, or a test account, would be credited like a person and lead every list.",
        f"Nothing, if it is a person; else put into {FILE}: `campaigns: [{codes}]`",
        column="referrer_id",
        level="warning",
    )
