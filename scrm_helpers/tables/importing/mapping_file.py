"""mapping.yaml: what an import applied to each file, and the questions that its owner answers in it."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import ValidationError

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.plain_yaml import as_word, line_at, load_plain, misread
from scrm_helpers.tables.contract.receipts import CompanyRefused, escaped, quoted
from scrm_helpers.tables.importing.exports.given_answers import MARKS, ORDERS
from scrm_helpers.tables.importing.imported_file import ImportedFile, Question
from scrm_helpers.tables.importing.joining.derived_tables import MISSING
from scrm_helpers.tables.importing.vendor_profile import Entry as EntrySaid
from scrm_helpers.tables.importing.vendor_profile import Profile, explained

FILE = "mapping.yaml"
_KEYS = ("file", "sha256", "profile", "table", "header_rows", "keep", "columns", "dates", "decimal", "id", "drop",
         "drop_lines", "footer", "blank", "duplicates", "one_per", "refund", "rows_with")  # fmt: skip
_CHOICES = {"date_order": tuple(ORDERS), "decimal": tuple(MARKS), MISSING: ("add", "leave out"), "scale": ("nps",),
            "table": tuple(TABLES)}  # fmt: skip
_FREE = ("vendor", "nps_question")  # answers that are names
_BESIDE = {"date_order": ("dates", "order"), "table": ("table",), "vendor": ("profile",), "decimal": ("decimal",),
           "nps_question": ("columns", "score")}  # fmt: skip
"""Where else a mapping says what one of these answers says."""
_MOST_ENTRIES = 100_000
_WHY = "What is not understood here would silently not be applied."
_HEAD = """\
# What `scrm import` applied to each file. To answer a question, write one of its choices behind its name; columns and
# filters may be corrected too (`name: ""` reads no column; a line that is taken out is as the profile has it).
# Then import the same files again: this file is read with them.
"""
Entry = Mapping[str, Any]


def read_mapping(raw: bytes, file: str = FILE) -> list[dict[str, Any]]:
    """Read the entries of a mapping; a key or an answer that is typed wrongly is refused with its line."""
    given = load_plain(raw, file, most_entries=_MOST_ENTRIES)
    if given is None:
        return []
    if not isinstance(given, list):
        raise misread("It is not a list of entries.", "Begin each with `- file: NAME`.", file, _WHY)
    for place, entry in enumerate(given):
        refused = partial(_refused, raw, file, place)
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            raise refused(f"Entry {place + 1} names no file.", "Begin it with `- file: NAME`, the name of the export.")
        if not isinstance(entry.get("answers") or {}, dict):
            what, todo = "The answers are no list of names with values.", "Write `answers: {date_order: day first}`."
            raise refused(what, todo, "answers")
        if entry.get("table") not in (None, "", *TABLES):
            what, todo = f"{quoted(entry['table'])} is not a table.", f"Write {_nearest(entry['table'], TABLES)}."
            raise refused(what, todo, "table")
        try:
            EntrySaid.model_validate({key: one for key, one in entry.items() if one is not None})
        except ValidationError as error:
            raise explained(error, file, partial(_lines, raw, place)) from None
        said = (entry.get("answers") or {}).items()
        entry["answers"] = {str(name): str(as_word(value)).strip() for name, value in said if value is not None}
    return given


def _lines(raw: bytes, place: int, keys: Sequence[str]) -> tuple[int, ...]:
    """The line of an entry, or of the last of these keys in it that is there."""
    return (line_at(raw, (place, *keys)),)


def _refused(raw: bytes, file: str, place: int, what: str, todo: str, *keys: str) -> CompanyRefused:
    return misread(what, todo, file, _WHY, lines=_lines(raw, place, keys))


def _nearest(word: Any, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    return near[0] if near else f"one of {', '.join(names)}"


def check_entries(entries: Sequence[Entry], profiles: Mapping[str, Profile], raw: bytes, name: str = FILE) -> None:
    """Refuse the name of a profile that is none, and answers that answer nothing or stand beside another one."""
    known = sorted({"generic", *profiles, *(profile.partition(".")[0] for profile in profiles)})
    free = {*_FREE, *(rule.unless for profile in profiles.values() for rule in profile.refuse)}
    for place, entry in enumerate(entries):
        refused = partial(_refused, raw, name, place)
        if entry.get("profile") not in (None, "", *known):
            what, todo = f"{quoted(entry['profile'])} is no profile.", f"Write {_nearest(entry['profile'], known)}."
            raise refused(what, todo, "profile")
        for answer, value in entry["answers"].items():
            if value not in ("", *_CHOICES.get(answer, (value,))):
                raise refused(*_no_choice(answer, value, _CHOICES[answer]), "answers", answer)
            table = answer.partition(".")[0]
            columns = ("refund", *TABLES[table].names) if table in TABLES else ()
            asked = [*_CHOICES, *free, *(f"{table}.{column}" for column in columns)]
            if not answer.startswith(("keep:", "words:")) and answer not in asked:
                what = f"No question is called {quoted(answer)}."
                raise refused(what, f"Write {_nearest(answer, asked)}, or remove the line.", "answers", answer)
            if value and (other := _beside(answer, [one for one in entries if one["file"] == entry["file"]])):
                what = f"The answer to {answer} stands beside {other}, which says the same thing."
                raise refused(what, f"Keep one of them: remove {other}, or the answer.", "answers", answer)


def _no_choice(answer: str, value: str, choices: Iterable[str]) -> tuple[str, str]:
    what = f"The answer {quoted(value)} to {answer} is none of its choices."
    return what, f"Write `answers: {{{answer}: {_nearest(value, choices)}}}`."


def _beside(answer: str, entries: Sequence[Entry]) -> str:
    """The other key of a file's entries that says what an answer says; empty where there is none."""
    table, _, column = answer.partition(".")
    keys = ("keep", answer.partition(":")[2]) if ":" in answer else _BESIDE.get(answer, ("columns", column))
    of_table = ("", table if column else "surveys")
    for entry in entries:
        held: Any = entry
        for key in keys if keys[0] != "columns" or (entry.get("table") or "") in of_table else ("",):
            held = held.get(key) if isinstance(held, Mapping) else None
        if held:
            return f"`{'.'.join(keys)}: {held}`"
    return ""


def check_answers(files: Sequence[ImportedFile], entries: Sequence[Entry], raw: bytes, name: str = FILE) -> None:
    """Refuse an answer that left its question open: it is none of the choices."""
    for place, entry in enumerate(entries):
        asked = {one.id: one.choices for file in files if file.file == entry["file"] for one in file.questions}
        for answer, value in entry["answers"].items():
            choices = asked.get(answer, ())
            if choices and value.casefold() not in map(str.casefold, choices):
                raise _refused(raw, name, place, *_no_choice(answer, value, choices), "answers", answer)


def changed(files: Sequence[ImportedFile], entries: Sequence[Entry]) -> list[str]:
    """Say which files are others than those that the mapping was written for, and which of its files are not given."""
    before = {entry["file"]: entry.get("sha256") for entry in entries}
    now = [file for file in files if before.get(file.file) not in (None, "", file.sha256)]
    names = {name for file in files for name in (file.file, file.file.partition("#")[0])}
    idle = [f"{FILE} has an entry for {escaped(name)}, which is not given." for name in before if name not in names]
    told = [f"{escaped(file.file)} has changed since {FILE} was written; it is read as told there." for file in now]
    return told + idle


def mapping_text(files: Sequence[ImportedFile], earlier: Sequence[Entry]) -> str:
    """Write the mapping: an entry for each table of each file, questions as comments, entries of other files kept."""
    parts = [_HEAD]
    for file in files:
        entries = file.mapping or ({"file": file.file, "sha256": file.sha256, "profile": file.vendor},)
        for place, entry in enumerate(entries):
            questions = file.questions if place == 0 else ()
            before = [old["answers"] for old in earlier if old["file"] == file.file and MISSING in old["answers"]]
            added = {MISSING: before[0][MISSING]} if before else {}
            parts.append(_entry({**entry, "answers": {**added, **(entry.get("answers") or {})}}, questions))
    names = {file.file for file in files} | {file.file.partition("#")[0] for file in files}
    parts += [_entry(entry, ()) for entry in earlier if entry["file"] not in names]
    return "\n".join(parts)


def _entry(entry: Entry, questions: Sequence[Question]) -> str:
    answers = dict(entry.get("answers") or {})
    lines = _dumped([{key: entry[key] for key in _KEYS if entry.get(key) not in (None, "", {}, [])}]).splitlines()
    lines += [f"  # {escaped(comment)}" for comment in entry.get("comments", ())]
    lines.append("  answers:" if answers or any(one.decides for one in questions) else "  answers: {}")
    lines += [f"    {line}" for line in (_dumped(answers).splitlines() if answers else ())]
    for question in questions:
        lines.append(f"    # {escaped(question.text)}")
        if question.choices:
            lines.append(f"    # one of: {' | '.join(escaped(choice) for choice in question.choices)}")
        if question.decides:
            lines.append(f"    {_dumped({question.id: None}).strip().removesuffix('null').strip()}")
    return "\n".join(lines) + "\n"


def _dumped(value: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _: Any) -> bool:
            """Write everything where it stands: aliases are refused when it is read."""
            return True

    def of_words(dumper: Dumper, items: Sequence[Any]) -> yaml.Node:
        flat = not any(isinstance(one, dict | list | tuple) for one in items)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)

    Dumper.add_representer(list, of_words)
    Dumper.add_representer(tuple, of_words)
    return yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=110)


def added_entries(text: str, files: Sequence[ImportedFile]) -> tuple[str, list[str]]:
    """Add entries of further files to a mapping that the user wrote; open questions of the others are said."""
    entries = read_mapping(text.encode())
    known = {entry["file"] for entry in entries}
    for entry in entries:
        for file in files:
            if file.file == entry["file"] and entry.get("sha256"):
                text = text.replace(str(entry["sha256"]), file.sha256)
    new = [file for file in files if file.file not in known]
    if new:
        text = text.rstrip("\n") + "\n\n" + mapping_text(new, ()).removeprefix(_HEAD).lstrip("\n")
    names = [escaped(file.file) for file in new]
    return text, [f"{FILE} is yours; to its end were added: {', '.join(names)}."] if names else []
