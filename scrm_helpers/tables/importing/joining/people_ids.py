"""Who is who: one id per person over files of several vendors, joined by mail, by merged ids and by names that fit one.

An id that a row holds beside a mail ties the two; ids that were merged are one. The id of a person is the one in a
customers file, else the first in another table, else the mail: it needs no key and stays the same in the next import.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.values.identity import Told, is_marked

_BESIDE = {"referrer_id": ("_referrer_mail", "_referrer_name"), "customer_id": ("_mail", "_name")}
_BESIDE |= {"referred_id": _BESIDE["customer_id"]}
_MOST_IDS = 3  # that share a mail and may still be one person; a mail of more is a counter's or a company's
_APART = "\x1f"
Frames = dict[str, pd.DataFrame]


def beside(column: str) -> tuple[str, str]:
    """Names of the columns that hold the mail and the name of the person whom a column names."""
    return _BESIDE.get(column, ("", ""))


def cells_of(frame: pd.DataFrame, column: str) -> pd.Series:
    """A column of a table; blank where the table has none of that name."""
    return frame[column] if column in frame else pd.Series("", frame.index, dtype="str")


def no_rows(*columns: str) -> pd.DataFrame:
    """A table of texts without rows."""
    return pd.DataFrame(columns=list(columns), dtype="str")


@dataclass(frozen=True)
class Identities:
    """The id of every person, by what the files call them."""

    ids: pd.Series  # what a file calls a person -> id
    groups: Mapping[str, str]  # vendor -> mark of its ids, where they are not those of the others
    said: tuple[str, ...]  # what joins rest on, and what is in doubt
    alone: bool = False  # nothing ties two names of a person, so that each is an id

    def of(self, cells: pd.Series, vendors: pd.Series) -> pd.Series:
        """The id of the person in each cell; blank stays blank."""
        if self.alone:
            return cells
        codes, different = pd.factorize(marked(cells, vendors, self.groups))
        return pd.Series(pd.Series(different).map(self.ids).fillna("").array.take(codes), cells.index)

    def forgotten(self, marks: Iterable[str]) -> set[str]:
        """Ids of people who were forgotten under an id or a mail; an id that only its vendor knows may be another's."""
        return set(self.ids[is_marked(self.ids.index, marks) | is_marked(self.ids, marks)])


def marked(cells: pd.Series, vendors: pd.Series, groups: Mapping[str, str]) -> pd.Series:
    """Cells as keys: an id of a vendor whose ids are its own bears its mark; mails are the same everywhere."""
    if not groups:
        return cells
    marks = vendors.map(lambda vendor: groups.get(vendor, ""))
    own = marks.ne("") & cells.ne("") & ~is_mail(cells)
    return cells.where(~own, marks + _APART + cells) if own.any() else cells


def is_mail(cells: pd.Series) -> pd.Series:
    """Which cells are mails rather than ids."""
    return cells.str.contains("@", regex=False)


def who_is_who(frames: Frames, told: Told) -> Identities:
    """Join what the files call people; frames hold `_vendor` beside the columns of the contract."""
    aliases = frames.get("aliases", no_rows("old_id", "customer_id", "_vendor"))
    by_mail = is_mail(aliases["customer_id"]) & ~is_mail(aliases["old_id"])
    tied = aliases[by_mail].rename(columns={"old_id": "key", "customer_id": "mail", "_vendor": "vendor"})
    tied = tied[["key", "mail", "vendor"]].drop_duplicates("mail")  # the first id of a mail is no former one
    seen = pd.concat([no_rows("key", "mail", "name", "vendor"), *_seen(frames, told)])
    groups, said = _apart(pd.concat([seen, tied]))
    seen = seen.assign(key=marked(seen["key"], seen["vendor"], groups))
    pairs = seen[(seen["key"] != "") & (seen["mail"] != "") & ~is_mail(seen["key"])]
    pairs = pairs.drop_duplicates(["key", "mail"])
    shared, of_several = _shared_mails(pairs)
    said += shared
    pairs = pairs[~pairs["mail"].isin(of_several)]
    aliases = aliases[(aliases["old_id"] != "") & (aliases["customer_id"] != "")]
    old, new = (marked(aliases[column], aliases["_vendor"], groups) for column in ("old_id", "customer_id"))
    edges = pd.concat([pairs[["key", "mail"]].set_axis(["a", "b"], axis=1), pd.DataFrame({"a": old, "b": new})])
    names = pd.concat([seen["key"], seen["mail"], edges["a"], edges["b"]])
    names = names[names != ""]
    if not len(edges):
        return Identities(names.set_axis(pd.Index(names)), {}, tuple(said), alone=True)
    keys = pd.Index(names.unique())
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    ends = (keys.get_indexer(edges["a"]), keys.get_indexer(edges["b"]))
    person = connected_components(coo_array((np.ones(len(edges)), ends), shape=(len(keys),) * 2), directed=False)[1]
    former = old[(old != new) & ~old.isin(marked(tied["key"], tied["vendor"], groups))]
    return Identities(_named(keys, person, former), groups, tuple(said))


def _seen(frames: Frames, told: Told) -> Iterator[pd.DataFrame]:
    """What each table calls people, in the order of the contract: the first name that is an id becomes the id."""
    for table, declared in TABLES.items():
        for column in declared.persons if table in frames and table != "aliases" else ():
            frame, (mail, name) = frames[table], beside(column)
            cells = pd.DataFrame({"key": cells_of(frame, column), "mail": cells_of(frame, mail)})
            cells = cells.assign(name=cells_of(frame, name), vendor=frame["_vendor"])
            codes, different = told.apart(cells["key"])
            is_id = different.ne("") & ~is_mail(different)
            by_id = is_id.to_numpy(dtype=bool)[codes]
            other = ~by_id & cells["mail"].ne(cells["key"])
            mails = pd.concat([different[~is_id], cells["mail"][other]]).unique()
            yield pd.DataFrame({"key": mails, "mail": "", "name": "", "vendor": ""})
            rows = pa.Table.from_pandas(cells[by_id], preserve_index=False)
            yield rows.group_by(rows.column_names, use_threads=False).aggregate([]).to_pandas()  # keeps the order


def _apart(seen: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Tell vendors whose ids look alike and name other people: most ids they share stand beside different mails."""
    known = seen[(seen["key"] != "") & ~is_mail(seen["key"])]
    marks: dict[str, str] = {}
    said: list[str] = []
    mails = known[known["mail"] != ""].drop_duplicates(["vendor", "key", "mail"])
    by_vendor = {vendor: mails[mails["vendor"] == vendor] for vendor in mails["vendor"].unique()}
    for first, second in combinations(by_vendor, 2):
        both = by_vendor[first].merge(by_vendor[second], on="key")
        same = (both["mail_x"] == both["mail_y"]).groupby(both["key"]).any()
        if (~same).sum() > same.sum() and second not in marks:
            marks[second] = second
            said.append(
                f"{(~same).sum():,} of the {len(same):,} ids that {first} and {second} share stand beside different "
                f"mails: they are ids of their own, and {second}'s bear its name where both are kept."
            )
    for vendor in set(known["vendor"]) - set(by_vendor) if marks else ():
        ids = known.loc[known["vendor"] == vendor, "key"]
        fits = {other: ids.isin(rows["key"]).sum() for other, rows in by_vendor.items()}
        if (best := max(fits, key=lambda other: fits[other])) in marks:
            marks[vendor] = marks[best]
    return marks, said


def _shared_mails(pairs: pd.DataFrame) -> tuple[list[str], set[str]]:
    """Mails beside several ids of one vendor: one person entered twice, or of many ids or names, and so of nobody."""
    names = plain(pairs["name"].astype("str")).replace("", None)
    by_mail = pairs.assign(name=names).groupby(["vendor", "mail"], sort=False)
    per = by_mail.agg(ids=("key", "nunique"), names=("name", "nunique"))
    several = per[per["ids"] > 1].reset_index()
    nobody = several[(several["ids"] > _MOST_IDS) | (several["names"] > 1)]
    twice = several[~several["mail"].isin(nobody["mail"])]
    said = []
    if len(twice):
        who = f"{plural(len(twice), 'person', 'people')} {'has' if len(twice) == 1 else 'have'}"
        said.append(f"{who} several ids under one mail: joined under the first id.")
    if len(nobody):
        verb, them = ("stands", "it") if len(nobody) == 1 else ("stand", "them")
        said.append(f"{plural(len(nobody), 'mail')} {verb} beside several people, so that no row is joined by {them}.")
    return said, set(nobody["mail"])


def plain(names: pd.Series) -> pd.Series:
    """Names as they are compared: without case and extra spaces."""
    return names.str.casefold().str.split().str.join(" ")


def _named(keys: pd.Index, person: np.ndarray, old: pd.Series) -> pd.Series:
    """One id for each person: today's before merged ones, ids before mails, and among these the first seen."""
    table = pd.DataFrame({"key": keys, "person": person}).astype({"key": "str"})
    table["worse"] = is_mail(table["key"]) * 2 + table["key"].isin(old)
    best = table.sort_values("worse", kind="stable").drop_duplicates("person").set_index("person")["key"].sort_index()
    own = best.str.contains(_APART, regex=False)
    if own.any():
        mark, plain_id = (best[own].str.split(_APART).str[place] for place in (0, 1))
        best = best.where(~own, plain_id)
        best = best.where(~(own & best.duplicated(keep=False)), mark + ":" + plain_id)
    return pd.Series(best.to_numpy()[person], keys, dtype="str")
