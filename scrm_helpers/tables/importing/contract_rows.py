"""From a vendor's export to rows of the contract: recognised, read by its profile, tied to the last row, or refused."""

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.receipts import CompanyRefused, listed, quoted
from scrm_helpers.tables.importing.exports import given_answers, recognition
from scrm_helpers.tables.importing.exports.export_reading import Export, open_export, refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows, LeftOut
from scrm_helpers.tables.importing.exports.field_values import spell
from scrm_helpers.tables.importing.exports.table_rows import TableRows, once_named
from scrm_helpers.tables.importing.generic_draft import contract_columns, draft_mapping
from scrm_helpers.tables.importing.imported_file import ImportedFile, Question
from scrm_helpers.tables.importing.vendor_profile import Profile, RefusedColumns, as_pattern
from scrm_helpers.tables.reading.header import DELIMITERS

GENERIC = "generic"
_FEW_ANSWERS = 20
_SHOWN = 3
_YES = ("yes", "true", "1")
_IDS = ("order_id", "interaction_id", "survey_id", "customer_id", "referred_id")


def import_file(
    path: Path, profiles: Mapping[str, Profile], entries: Sequence[Mapping[str, Any]] = (), zone: str = "UTC"
) -> list[ImportedFile]:
    """Import one file, by the entries of mapping.yaml that are its own or name none; of a workbook every sheet."""
    try:
        exports = open_export(path)
    except CompanyRefused as refusal:
        return [ImportedFile(file=path.name, sha256="", refused=_words(refusal))]
    given = [given_answers.given_for((export.file, path.name), entries) for export in exports]
    return [_imported(export, profiles, said, zone) for export, said in zip(exports, given, strict=True)]


def _imported(export: Export, profiles: Mapping[str, Profile], given: Mapping[str, Any], zone: str) -> ImportedFile:
    base = ImportedFile(file=export.file, sha256=export.sha256, encoding=export.encoding)
    try:
        plain = recognition.plain_header(export)
        if own := {} if given["entries"] else contract_columns(plain.names):
            given = {"answers": {}, "decimal": ".", "entries": [{"profile": GENERIC, "decimal": ".", **own}]}
            found = recognition.Recognised("", plain, (f"Its columns are those of table {own['table']}.",))
        else:
            found = _settled(export, profiles, given, recognition.recognise(export, profiles))
        header, vendor = found.header, found.vendor.partition(".")[0] or GENERIC
        separator = "" if export.by_record else DELIMITERS.get(header.separator, header.separator)
        base = replace(base, vendor=vendor, why=found.why, separator=separator, header_rows=header.rows)
        if not found.vendor and not _names_columns(given):
            return _unknown(base, export, found)
        profile = profiles[found.vendor] if found.vendor else given_answers.plain_profile(given)
        profile = given_answers.adapted(profile, given) if found.vendor and given["entries"] else profile
        found = replace(found, header=recognition.as_told(export, header, profile, given))
        return _read(replace(base, header_rows=found.header.rows), export, (profile, found), given, zone)
    except CompanyRefused as refusal:
        return replace(base, refused=_words(refusal), rows_read=0, rows_kept=0, left_out={})


def _settled(
    export: Export, profiles: Mapping[str, Profile], given: Mapping[str, Any], found: recognition.Recognised
) -> recognition.Recognised:
    """The profile by which a file is read: the one that mapping.yaml names, else the one that its header shows."""
    asked = str(given.get("profile") or given["answers"].get("vendor") or "")
    natural = profiles.get(found.vendor)
    tables = {given["table"]} if given.get("table") else set(profiles[asked].tables) if asked in profiles else set()
    if natural and not found.several and tables - set(natural.tables) and tables & {"transactions"}:
        what = f"The file is given as orders, and it is one of {natural.vendor}: it names no order and no amount."
        todo = "Take the entry out of mapping.yaml, and export the orders themselves."
        raise refusal_of(export.file, what, todo, "Customers counted as orders would make every figure of money wrong.")
    makes = profiles[asked].tables if asked in profiles else natural.tables if natural and asked != GENERIC else tables
    if strange := [one["table"] for one in given["entries"] if one.get("table") and one["table"] not in makes]:
        what = f"mapping.yaml makes {strange[0]} of the file, of which its profile makes {listed(list(makes))}."
        todo = "Correct `table:`, or write `profile: generic` and name all columns."
        raise refusal_of(export.file, what, todo, "What it says of that table would count nowhere.")
    if asked in profiles and asked != found.vendor:
        profile = profiles[asked]
        headers = (recognition.header_at(export, place, profile) for place in range(len(export.heads)))
        fits = (one for one in headers if one and recognition.fitting(profile, one))
        header = next(fits, recognition.plain_header(export))
        return recognition.Recognised(asked, header, (f"mapping.yaml says {asked}.",))
    if _names_columns(given) and (asked == GENERIC or not found.vendor):
        return recognition.Recognised("", recognition.plain_header(export), ("mapping.yaml names its columns.",))
    return found


def _unknown(base: ImportedFile, export: Export, recognised: recognition.Recognised) -> ImportedFile:
    """A file that no profile knows: counted, and asked about."""
    header = recognised.header
    columns, lines = export.take_rows(header.last, len(header.names), ())
    first = {place: column.slice(0, _SHOWN).to_pandas() for place, column in columns.items()}
    entry, questions = draft_mapping(list(header.names), pd.DataFrame(first).fillna(""))
    left = {"not recognised": len(lines)} if len(lines) else {}
    mapping = ({"file": base.file, "sha256": base.sha256, **entry},)
    return replace(base, rows_read=len(lines), left_out=left, questions=questions, mapping=mapping)


def _names_columns(given: Mapping[str, Any]) -> bool:
    """Whether mapping.yaml says of the file which table it is and which columns."""
    return any(one.get("table") and (one.get("columns") or one.get("profile") == GENERIC) for one in given["entries"])


def _read(
    base: ImportedFile, export: Export, by: tuple[Profile, recognition.Recognised], given: Mapping[str, Any], zone: str
) -> ImportedFile:
    """Every table that the profile makes of the file, or what stands in the way."""
    (profile, found), answers = by, given["answers"]
    footer = [as_pattern(word) for word in profile.footer]
    columns, lines = _without_blank_rows(*export.take_rows(found.header.last, len(found.header.names), footer))
    if not len(lines):
        todo = "Export it again, over a time in which something happened."
        raise refusal_of(export.file, "The file has a header and no rows below it.", todo)
    rows = ExportRows(found.header, columns, lines, profile.blank)
    spelling, asked, remarks = spell(rows, profile, zone, export.file)
    left = LeftOut(len(rows))
    if profile.duplicates == "once":
        left.mark(rows.repeated(_key(rows, profile)), "exact duplicate")
    given_answers.refuse_absent(rows, given, export.file)
    idle = given_answers.idle_columns(rows, profile)
    rows.forget(idle)
    made = [TableRows.made(rows, entry, deepcopy(left), spelling) for entry in profile.entries]
    questions = {one.id: one for one in (*asked, *(question for table in made for question in table.questions))}
    if found.several and "vendor" not in answers:
        text = f"The header fits {listed(found.several)} equally well. Whose export is it?"
        questions["vendor"] = Question(id="vendor", text=text, choices=found.several)
    tables = _tables(made)
    faults = dict.fromkeys(str(message) for one in made for message in one.faults)
    decides = any(question.decides for question in questions.values())
    refused = _named_people(rows.header, profile.refuse, answers) or " ".join(faults)
    refused = refused or ("" if decides else _other_scale(tables, answers, export.file))
    if refused or decides:
        left_out, tables = {"the file is refused" if refused else "a question is open": len(rows)}, {}
    else:
        left_out = _tied(made, len(rows)).counts()
        questions |= _rates(tables)
    unused = [quoted(name)[1:-1] for place in idle if (name := rows.header.names[place])]
    return replace(
        base,
        why=(*base.why, *remarks, *([f"Not used: {listed(unused)}."] if unused else [])),
        rows_read=len(rows),
        rows_kept=len(rows) - sum(left_out.values()),
        left_out=left_out,
        tables=tables,
        questions=tuple(questions.values()),
        refused=refused,
        mapping=given_answers.applied(base, made, found.vendor or GENERIC, spelling, (answers, tuple(questions))),
    )


def _named_people(header: recognition.Header, rules: Iterable[RefusedColumns], answers: Mapping[str, Any]) -> str:
    """Why a file that names people, or points to them by several traits together, is not read; "" where it may be."""
    for rule in rules:
        found = [header.names[place] for place in sorted(header.find(rule.columns))]
        lifted = rule.unless and str(answers.get(rule.unless, "")).strip().casefold() in _YES
        if len(found) > rule.more_than and not lifted:
            most = f" (at most {rule.more_than} may be there)" if rule.more_than else ""
            said = f" Or write `answers: {{{rule.unless}: yes}}` for this file in mapping.yaml." if rule.unless else ""
            return f"{rule.words} Columns: {listed(found)}{most}.{said}"
    return ""


def _key(rows: ExportRows, profile: Profile) -> int:
    """A column in which repeated rows surely agree and most others do not: that of an id."""
    named = [spec.columns[name] for _, spec in profile.entries for name in _IDS if name in spec.columns]
    return next((place for forms in named for place in rows.places_of(forms)), 0)


def _tables(made: list[TableRows]) -> dict[str, pd.DataFrame]:
    tables: dict[str, pd.DataFrame] = {}
    for table in dict.fromkeys(one.table for one in made):
        frames = [one.frame for one in made if one.table == table]
        if table == "aliases" and not all("customer_id" in one for one in frames):
            continue  # without today's ids the former ones lead nowhere
        frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True).fillna("")
        tables[table] = once_named(frame) if table == "transactions" and len(frame) else frame
    return tables


def _rates(tables: Mapping[str, pd.DataFrame]) -> dict[str, Question]:
    """What to say where orders are in several currencies."""
    orders = tables.get("transactions", pd.DataFrame())
    codes = sorted(set(orders["currency"].unique()) - {""}) if "currency" in orders else []
    if len(codes) < 2:
        return {}
    lines = ", ".join(f"{code}: <worth of one {code}>" for code in codes)
    text = f"The orders are in {listed(codes)}, which are not added without rates. "
    text += f"Put `rates: {{{lines}}}` into company.yaml, with the company's own `currency:`."
    return {"currency_rates": Question(id="currency_rates", text=text, choices=tuple(codes), decides=False)}


def _other_scale(tables: Mapping[str, pd.DataFrame], answers: Mapping[str, Any], file: str) -> str:
    """The refusal of scores that are of no scale from 0 to 10."""
    frame = tables.get("surveys", pd.DataFrame())
    if "score" not in frame:
        return ""
    scores = pd.to_numeric(frame["score"][(frame["_scale"] == "nps") & (frame["score"] != "")])
    high = scores.max() if len(scores) else 0
    if high <= 10 and (high > 5 or len(scores) < _FEW_ANSWERS or answers.get("scale") == "nps"):
        return ""
    what = f"The highest of {plural(len(scores), 'score')} is {high:g}: this is no scale from 0 to 10."
    todo = "Give a survey that asks 0 to 10; if it did, put `answers: {scale: nps}` into mapping.yaml."
    return _words(refusal_of(file, what, todo, "A Net Promoter Score of another scale would be a wrong number."))


def _tied(made: list[TableRows], n: int) -> LeftOut:
    """The reason of every row that no table keeps; alias rows alone keep nothing."""
    counted = [one for one in made if one.table != "aliases"] or made
    kept = np.any([one.left.counting for one in counted], axis=0)
    total = LeftOut(n)
    for one in counted:
        for code, reason in enumerate(one.left.reasons[1:], start=1):
            total.mark((one.left.codes == code) & ~kept, reason)
    return total


def _without_blank_rows(columns: dict[int, Any], lines: np.ndarray) -> tuple[dict[int, Any], np.ndarray]:
    """Rows in which anything stands; a spreadsheet leaves empty ones below a table."""
    blank = reduce(np.logical_and, (cells.is_null().to_numpy() for cells in columns.values()))
    if not blank.any():
        return columns, lines
    return {place: cells.filter(~blank) for place, cells in columns.items()}, lines[~blank]


def _words(refusal: CompanyRefused) -> str:
    return " ".join(str(message) for message in refusal.messages)
