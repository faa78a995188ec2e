"""Former ids: after contacts were merged, one table says which customer an old id is, and every table follows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from scrm_helpers.tables.checking.draft import Draft
from scrm_helpers.tables.checking.plausible import apart
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import Message, counted, listed, quoted
from scrm_helpers.tables.contract.settings import FILE, Settings
from scrm_helpers.tables.values.identity import forms, rows_of

CUSTOMER = "customers.customer_id"


def customer_columns(drafts: Mapping[str, Draft]) -> Iterator[tuple[Draft, str]]:
    """Every column at hand that names customers, as the contract declares it."""
    for name, draft in drafts.items():
        for column in TABLES[name].columns:
            if column.refers_to == CUSTOMER and draft.has(column.name):
                yield draft, column.name


def apply_aliases(drafts: Mapping[str, Draft]) -> None:
    """Put the customer's id in the place of a former one, in every column that names customers; counted in receipts."""
    if "aliases" not in drafts or "customers" not in drafts:
        return
    aliases, people = drafts["aliases"], drafts["customers"]
    if not (aliases.has("old_id", "customer_id") and people.has("customer_id")):
        return
    _still_customers(aliases, people)
    last = _ends(aliases)
    _lead_nowhere(aliases, people, last)
    old, new = aliases.frame["old_id"][aliases.keep], last[aliases.keep]
    if old.duplicated().any():
        return  # refused already: nobody can tell who it is
    for draft, column in customer_columns(drafts):
        found = rows_of(draft.frame[column], old)
        known = found >= 0
        if known.any():
            values = draft.frame[column].copy()
            values[known] = new.to_numpy()[found[known]]
            draft.frame[column] = values
            draft.renamed[column] = int(known.sum())


def _still_customers(aliases: Draft, people: Draft) -> None:
    aliases.leave_out(
        rows_of(aliases.frame["old_id"], people.frame["customer_id"]) >= 0,
        "old id is a customer",
        "{rows} whose old_id is still in customers, such as {example}.",
        "Nobody can tell whether the two are one person: rows of a customer are not given to another one.",
        "Remove the old row from customers if they are one person, else the row from aliases. "
        "These aliases are not applied.",
        column="old_id",
    )


def _ends(aliases: Draft) -> pd.Series:
    """The last id of each chain of aliases; rows that lead into a circle are left out."""
    old, new = aliases.frame["old_id"], aliases.frame["customer_id"]
    usable = aliases.keep & old.notna().to_numpy() & new.notna().to_numpy()
    step = np.where(usable, rows_of(new, old.where(usable)), -1)
    end = np.where(step < 0, np.arange(len(old)), step)
    for _ in range(max(len(old), 2).bit_length()):  # each round doubles the steps followed
        end = end[end]
    aliases.leave_out(
        step[end] >= 0,
        "circle of aliases",
        "{rows} lead into a circle of aliases, such as {example}.",
        "Each id stands for the next and none for a customer.",
        "Name the customer's id of today in customer_id. These aliases are not applied.",
        column="old_id",
    )
    return new.iloc[end].set_axis(new.index)


def _lead_nowhere(aliases: Draft, people: Draft, last: pd.Series) -> None:
    aliases.leave_out(
        last.notna().to_numpy() & (rows_of(last, people.frame["customer_id"]) < 0),
        "alias of nobody",
        "{rows} lead to an id that is not in customers, such as {example}.",
        "What stands under the old id would belong to nobody known.",
        "Correct the id, or complete the customers. These aliases are not applied.",
        column="customer_id",
    )


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
