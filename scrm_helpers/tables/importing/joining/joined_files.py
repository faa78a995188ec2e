"""Several exports as one set of tables: appended, people under one id, and every row that is left out counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.data_classes import Field
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import escaped, listed
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.joining import people_ids
from scrm_helpers.tables.values.identity import Told, circles

_KEYED = {"transactions": ("order_id",), "interactions": ("interaction_id", "in_reply_to", "thread_id")}
"""Tables in which two shops or desks may use one number for two things, with all columns that hold such numbers."""
_BUYERS = ("transactions", "surveys")
_OTHER_SCALE, _NOT_ONE = "other scale", "no "  # how reasons begin by which a row is an answer of another kind, or none


@dataclass
class Joined:
    """Rows of all files by table, while some are left out, and what is in doubt."""

    files: list[ImportedFile]
    frames: people_ids.Frames
    other_scales: Counter[str] = field(default_factory=Counter)  # answers on scales that are not 0 to 10
    states: Counter[str] = field(default_factory=Counter)  # all referrals, by the programme's word
    doubts: dict[str, list[str]] = field(default_factory=dict)  # table -> sentences
    said: list[str] = field(default_factory=list)
    told: Told = field(default_factory=Told)
    _gone: list[pd.DataFrame] = field(default_factory=list)

    def leave_out(self, table: str, rows: np.ndarray | pd.Series, reason: str, about: str = "") -> None:
        """Leave rows out of a table; whether their lines count as left out is settled at the end."""
        frame, rows = self.frames[table], np.asarray(rows, dtype=bool)
        if rows.any():
            self.doubt(table, frame[rows], about or reason)
            self._gone.append(frame.loc[rows, ["_file", "_line"]].assign(reason=reason))
            self.frames[table] = frame[~rows].reset_index(drop=True)

    def doubt(self, table: str, rows: pd.DataFrame, about: str) -> None:
        """Note a doubt with the lines that it is about."""
        if len(rows):
            self.doubts.setdefault(table, []).append(f"{about}: {plural(len(rows), 'row')} ({self.where(rows)})")

    def where(self, rows: pd.DataFrame) -> str:
        """Files and lines of rows, capped."""
        places = []
        for place in sorted(set(rows["_file"])):
            lines = sorted(set(rows.loc[rows["_file"] == place, "_line"]))
            places.append(f"{escaped(self.files[place].file)} line {listed(lines)}")
        return "; ".join(places)

    def settle(self) -> None:
        """Count each line that gives no table a row any more, by its first reason."""
        gone = pd.concat([people_ids.no_rows("_file", "_line", "reason"), *self._gone])
        gone = gone.drop_duplicates(["_file", "_line"])
        left = [frame for name, frame in self.frames.items() if name != "aliases"]
        for place in sorted({int(one) for one in gone["_file"]}):
            rows = gone[gone["_file"] == place]
            still = {line for frame in left for line in frame.loc[frame["_file"] == place, "_line"]}
            reasons = Counter(rows.loc[~rows["_line"].isin(still), "reason"])
            file = self.files[place]
            counts = Counter(file.left_out) + reasons
            self.files[place] = replace(file, left_out=dict(counts), rows_kept=file.rows_kept - reasons.total())


def is_written(file: ImportedFile) -> bool:
    """Whether rows of a file are written: it is not refused, and no open question decides a number."""
    return not file.refused and not any(question.decides for question in file.questions)


def join_files(files: Sequence[ImportedFile], held: Mapping[Field, str], marks: Sequence[str] = ()) -> Joined:
    """Append the rows of files that can be written, but of the forgotten; one id for all that a person is called."""
    joined = _once(files)
    parts: dict[str, list[pd.DataFrame]] = {}
    for place, file in enumerate(joined.files):
        # the system whose ids a file holds; exports that nobody knows are each of their own
        system = PurePath(file.file).stem if file.vendor == "generic" else file.vendor.split("_")[0]
        for table, frame in file.tables.items() if is_written(file) else ():
            rows = frame.reset_index(drop=True).fillna("").assign(_file=place, _vendor=system)
            rows["_line"] = rows["_line"].astype(int) if "_line" in rows else np.arange(len(rows)) + 2
            parts.setdefault(table, []).append(_set_aside(rows, table, joined))
    for table in [name for name in TABLES if name in parts]:
        joined.frames[table] = pd.concat(parts[table], ignore_index=True).fillna("")
        _withhold(joined, table, held)
        sources = [int(part["_file"].iloc[0]) for part in parts[table] if len(part)]
        if len(sources) > 1:
            joined.said.append(f"{table} holds rows of {listed([joined.files[place].file for place in sources])}.")
        if len(sources) > 1 and table in _KEYED:
            _numbers_of_several_files(joined, table)
    _one_id_each(joined, marks)
    _names(joined)
    _referrals(joined)
    _people_once(joined)
    return joined


def _once(files: Sequence[ImportedFile]) -> Joined:
    """Files without those that were given before, under whatever name; of what is not written no row is kept."""
    found: dict[tuple[str, str], ImportedFile] = {}
    said = []
    for file in files:
        same = found.setdefault((file.sha256, file.file.partition("#")[2]), file)
        if same is not file:
            named = "twice" if same.file == file.file else f"also as {escaped(same.file)}"
            said.append(f"{escaped(file.file)} is given {named}; it is read once.")
    once = list(found.values())
    for place, file in enumerate(once):
        if not is_written(file) and file.rows_kept:
            once[place] = replace(file, rows_kept=0, left_out={**file.left_out, "a question is open": file.rows_kept})
    return Joined(once, {}, said=said)


def _set_aside(rows: pd.DataFrame, table: str, joined: Joined) -> pd.DataFrame:
    """Take rows out that the file's receipt has as left out already; answers on other scales and states are counted."""
    why = people_ids.cells_of(rows, "_left_out")
    if table == "referrals":
        words = people_ids.cells_of(rows, "_status" if "_status" in rows else "status")
        joined.states.update(words.where(words.ne(""), why)[~why.str.startswith(_NOT_ONE)])
    elif table == "surveys":
        scored = why.str.startswith(_OTHER_SCALE) & rows["score"].ne("")
        joined.other_scales.update(people_ids.cells_of(rows, "_scale")[scored].str.lower())
    return rows[why.eq("")].reset_index(drop=True) if why.ne("").any() else rows


def _withhold(joined: Joined, table: str, held: Mapping[Field, str]) -> None:
    """Leave out columns that the data register lets nobody keep; a table that cannot be without is not written."""
    frame = joined.frames[table]
    for column in [one for one in TABLES[table].columns if (table, one.name) in held and one.name in frame]:
        kind = held[table, column.name]
        kept = f"The data register calls {column.name} of {table} {kind}: what is {kind} is not kept"
        joined.said.append(f"{kept}, so the {'table is not written' if column.required else 'column is left out'}.")
        joined.frames[table] = joined.frames[table].drop(columns=column.name)
        if column.required:
            joined.leave_out(table, np.ones(len(joined.frames[table]), dtype=bool), f"{column.name} is {kind}")


def _numbers_of_several_files(joined: Joined, table: str) -> None:
    """Tell the same row in two files, counted once, from two rows of one number, named after their files."""
    key, *others = _KEYED[table]
    frame = joined.frames[table]
    rows = pd.Series(np.arange(len(frame)), frame[key])
    told = ["customer_id", "author_id", "ordered_on", "occurred_on", "_mail", "text", "amount", "_file"]
    told = [name for name in told if name in frame]
    same = frame[told].eq(frame[told].iloc[frame[key].map(rows[~rows.index.duplicated()])].set_axis(frame.index))
    earlier, alike = ~same["_file"], same.drop(columns=["_file", "amount"], errors="ignore").all(axis=1)
    changed = ~same["amount"] if "amount" in frame else ~alike
    number = f"an {key} of an earlier file, of the same person and day"
    joined.doubt(table, frame[earlier & alike & changed], f"{number}, with another amount: the first one counts")
    collide = sorted(set(frame.loc[earlier & ~alike, "_file"]))
    for place in collide:
        own, mark = frame["_file"].eq(place), f"{PurePath(joined.files[place].file).stem}/"
        about = f"an {key} that another file has too; those here begin with {mark}"
        joined.doubt(table, frame[own & earlier & ~alike], about)
        for name in [name for name in (key, *others) if name in frame]:
            frame[name] = frame[name].where(~own | frame[name].eq(""), mark + frame[name])
    again = earlier & alike & ~frame["_file"].isin(collide)
    joined.leave_out(table, again, "in an earlier file already", f"{number}, counted once")


def _one_id_each(joined: Joined, marks: Sequence[str]) -> None:
    """Put the id of each person into every column that names people."""
    for table, frame in joined.frames.items():
        for column in TABLES[table].persons:
            mail = frame.get(people_ids.beside(column)[0])
            if mail is not None:
                frame[column] = frame[column].where(frame[column].ne(""), mail) if column in frame else mail
    known = people_ids.who_is_who(joined.frames, joined.told)
    joined.said += known.said
    joined.doubts["customers"] = list(known.said)
    before = joined.frames["customers"][["customer_id", "_vendor"]] if "customers" in joined.frames else None
    for table, frame in joined.frames.items():
        for column in [name for name in TABLES[table].persons if name in frame]:
            frame[column] = known.of(frame[column], frame["_vendor"])
    if marks:
        gone = known.forgotten(marks)
        for table in joined.frames:
            for column in [one for one in TABLES[table].persons if one in joined.frames[table]]:
                joined.leave_out(table, joined.frames[table][column].isin(gone), "forgotten person")
    _former_ids(joined, known, before)


def _former_ids(joined: Joined, known: people_ids.Identities, customers: pd.DataFrame | None) -> None:
    """Keep the ids that are no more: merged ones, and second ids of one person among the customers; never mails."""
    merged = joined.frames.pop("aliases", people_ids.no_rows("old_id", "_vendor"))
    second = pd.DataFrame() if customers is None else customers.rename(columns={"customer_id": "old_id"})
    rows = pd.concat([merged, second])[["old_id", "_vendor"]].drop_duplicates("old_id").reset_index(drop=True)
    rows["customer_id"] = known.of(rows["old_id"], rows["_vendor"])
    rows = rows[rows["old_id"].ne(rows["customer_id"]) & rows["old_id"].ne("") & ~people_ids.is_mail(rows["old_id"])]
    if len(rows):
        joined.frames["aliases"] = rows.assign(_file=-1, _line=0).reset_index(drop=True)


def _names(joined: Joined) -> None:
    """Find people whom a row only names, where exactly one bears the name; a buyer of a new name is known by it."""
    for table in [name for name in joined.frames if name not in ("customers", "aliases")]:
        for column in [one for one in TABLES[table].persons if people_ids.beside(one)[1] in joined.frames[table]]:
            frame = joined.frames[table]
            cells, names = people_ids.cells_of(frame, column), frame[people_ids.beside(column)[1]]
            if not (cells.eq("") & names.ne("")).any():
                continue
            asked, known = people_ids.plain(names.where(cells.eq(""), "")), _bearers(joined.frames)
            n = asked.map(known.value_counts()).fillna(0).where(cells.eq("") & asked.ne(""), -1)
            the_one = known[~known.duplicated()]
            found = asked.map(pd.Series(the_one.index, the_one.array))
            if table in _BUYERS and (n == 0).any():
                found = found.where(n != 0, frame["_name"].str.strip().groupby(asked).transform("first"))
                who = f"{plural(int((n == 0).sum()), 'row')} of {table} tell of people by name only"
                joined.said.append(f"{who}: the name is their id, and people of one name count as one.")
                n = n.mask(n == 0, 1)
            frame[column], frame["_bearers"] = cells.where(n != 1, found).fillna(""), n.clip(upper=2)
            needed = TABLES[table].column(column).required
            for bearers, why in {2: "name of several people", 0: "name of nobody known"}.items() if needed else ():
                joined.leave_out(table, joined.frames[table]["_bearers"].eq(bearers), why, f"{column} is the {why}")


def _bearers(frames: people_ids.Frames) -> pd.Series:
    """Names of people by their ids, as the customers' files tell them, else all that do."""
    homes = [frame for frame in frames.values() if {"customer_id", "_name"} <= set(frame)]
    if "_name" in frames.get("customers", ()):
        homes = [frames["customers"]]
    known = pd.concat([people_ids.no_rows("customer_id", "_name"), *homes])[["customer_id", "_name"]]
    known = known.assign(_name=people_ids.plain(known["_name"]))[known["customer_id"].ne("") & known["_name"].ne("")]
    return known.drop_duplicates().set_index("customer_id")["_name"]


def _referrals(joined: Joined) -> None:
    """Leave referrals of oneself out, and name circles."""
    frame = joined.frames.get("referrals")
    if frame is None or not {"referrer_id", "referred_id"} <= set(frame):
        return
    own = frame["referrer_id"].eq(frame["referred_id"]) & frame["referrer_id"].ne("")
    joined.leave_out("referrals", own, "self-referral")
    frame = joined.frames["referrals"]
    for circle in circles(frame["referred_id"], frame["referrer_id"]):
        joined.doubt("referrals", frame.iloc[circle], "a circle of referrals, kept")


def _people_once(joined: Joined) -> None:
    """Keep one row of each person among the customers, with what the others know and the first of their days."""
    if "customers" not in joined.frames:
        return
    joined.leave_out("customers", joined.frames["customers"]["customer_id"].eq(""), "no id and no mail")
    frame = joined.frames["customers"]
    again = frame["customer_id"].duplicated()
    if again.any():
        several = frame[frame["customer_id"].isin(frame.loc[again, "customer_id"])].replace("", None)
        best = several.groupby("customer_id", sort=False).first().fillna("")
        if "joined_on" in several:
            best["joined_on"] = several.groupby("customer_id")["joined_on"].min().fillna("")
        first = frame["customer_id"].isin(best.index) & ~again
        for column in [name for name in map(str, best) if not name.startswith("_")]:
            frame.loc[first, column] = frame.loc[first, "customer_id"].map(best[column])
        joined.leave_out("customers", again, "a person with an earlier row")
