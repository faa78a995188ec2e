"""mapping.yaml: what an import applied to each file, and the questions that its owner answers in it."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.plain_yaml import load_plain, misread
from scrm_helpers.tables.contract.receipts import escaped, quoted
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.joining.derived_tables import MISSING
from scrm_helpers.tables.importing.questions import Question

FILE = "mapping.yaml"
KEYS = ("file", "sha256", "profile", "table", "header_rows", "keep", "columns", "dates", "decimal", "id", "answers")
_MORE = (
    "drop",
    "drop_lines",
    "footer",
    "blank",
    "duplicates",
    "one_per",
    "refund",
    "rows_with",
    "encoding",
    "separator",
)
_MOST_ENTRIES = 100_000
_WHY = "What is not understood here would silently not be applied."
_HEAD = """\
# What `scrm import` applied to each file. To answer a question, write one of its choices behind its name; columns and
# filters may be corrected too. Then import the same files again: this file is read with them.
"""
Entry = Mapping[str, Any]


def read_mapping(raw: bytes, file: str = FILE) -> list[dict[str, Any]]:
    """Read the entries of a mapping; a key or an answer that is typed wrongly is refused with its line."""
    given = load_plain(raw, file, most_entries=_MOST_ENTRIES)
    if given is None:
        return []
    lines = _Lines(raw)
    if not isinstance(given, list):
        raise misread("It is not a list of entries.", "Begin each with `- file: NAME`.", file, _WHY)
    for place, entry in enumerate(given):
        if not isinstance(entry, dict) or not isinstance(entry.get("file"), str):
            todo = "Begin it with `- file: NAME`, the name of the export."
            raise misread(f"Entry {place + 1} names no file.", todo, file, _WHY, lines=lines.of(place))
        for key in entry:
            if key not in (*KEYS, *_MORE):
                todo = f"Write {_nearest(key, KEYS)}, or remove the line."
                raise misread(f"The key {quoted(key)} is unknown.", todo, file, _WHY, lines=lines.of(place, key))
        if entry.get("table") not in (None, "", *TABLES):
            todo = f"Write {_nearest(entry['table'], TABLES)}."
            what = f"{quoted(entry['table'])} is not a table."
            raise misread(what, todo, file, _WHY, lines=lines.of(place, "table"))
        if not isinstance(entry.get("answers") or {}, dict):
            todo = "Write `answers: {date_order: day first}`."
            raise misread(
                "The answers are no list of names with values.", todo, file, _WHY, lines=lines.of(place, "answers")
            )
        table = (entry.get("answers") or {}).get("table")
        if table not in (None, "", *TABLES):
            todo, what = (
                f"Write {_nearest(table, TABLES)}.",
                f"The answer {quoted(table)} to table is none of its choices.",
            )
            raise misread(what, todo, file, _WHY, lines=lines.of(place, "answers", "table"))
        said = (entry.get("answers") or {}).items()
        entry["answers"] = {str(name): _text(value) for name, value in said if value is not None}
    return given


class _Lines:
    """Where the keys of a mapping stand."""

    def __init__(self, raw: bytes) -> None:
        import yaml

        self._root: Any = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)

    def of(self, place: int, *keys: str) -> tuple[int, ...]:
        """The line of an entry, or of a key in it."""
        node = self._root.value[place]
        line = node.start_mark.line
        for key in keys:
            found = [pair for pair in getattr(node, "value", ()) if getattr(pair[0], "value", None) == key]
            if not found:
                break
            line, node = found[0][0].start_mark.line, found[0][1]
        return (line + 1,)


def _text(value: Any) -> str:
    """An answer as text: YAML takes a bare yes or no for something else."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value).strip()


def _nearest(word: Any, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(str(word), names, n=1, cutoff=0.6)
    return near[0] if near else f"one of {', '.join(names)}"


def given_for(file: str, entries: Sequence[Entry]) -> dict[str, Any] | None:
    """What a mapping says of one file: its first entry, all of them, and the answers of each."""
    own = [entry for entry in entries if entry["file"] == file or entry["file"].partition("#")[0] == file]
    if not own:
        return None
    answers = {name: value for entry in own for name, value in entry["answers"].items()}
    filled = [_as_answered(entry) for entry in own]
    return {**filled[0], "answers": answers, "entries": filled}


def _as_answered(entry: Entry) -> dict[str, Any]:
    """An entry of a file that no profile knows, with what was answered about its table and columns in its place."""
    answers = entry["answers"]
    if entry.get("profile") != "generic" or not answers:
        return dict(entry)
    table = entry.get("table") or answers.get("table") or ""
    named = {name.removeprefix(f"{table}."): value for name, value in answers.items() if name.startswith(f"{table}.")}
    return {**entry, "table": table, "columns": {**(entry.get("columns") or {}), **named}}


def check_profiles(entries: Sequence[Entry], profiles: Iterable[str], raw: bytes, name: str = FILE) -> None:
    """Refuse the name of a profile that is none."""
    known = sorted({"generic", *profiles, *(profile.partition(".")[0] for profile in profiles)})
    for place, entry in enumerate(entries):
        if entry.get("profile") not in (None, "", *known):
            what, todo = f"{quoted(entry['profile'])} is no profile.", f"Write {_nearest(entry['profile'], known)}."
            raise misread(what, todo, name, _WHY, lines=_Lines(raw).of(place, "profile"))


def check_answers(files: Sequence[ImportedFile], entries: Sequence[Entry], raw: bytes, name: str = FILE) -> None:
    """Refuse an answer that left its question open: it is none of the choices, or the question is called otherwise."""
    lines = _Lines(raw)
    for place, entry in enumerate(entries):
        for file in [one for one in files if one.file == entry["file"]]:
            asked = {question.id: question for question in file.questions}
            for answer, value in entry["answers"].items():
                where = lines.of(place, "answers", answer)
                choices = asked[answer].choices if answer in asked else ()
                if choices and value.casefold() not in map(str.casefold, choices):
                    what = f"The answer {quoted(value)} to {answer} is none of its choices."
                    todo = f"Write `answers: {{{answer}: {_nearest(value, choices)}}}`."
                    raise misread(what, todo, name, _WHY, lines=where)
                near = difflib.get_close_matches(answer, asked, n=1, cutoff=0.75)
                table, _, column = answer.partition(".")  # one that was answered is not asked again
                if near and answer not in asked and not (table in TABLES and column in TABLES[table].names):
                    todo = f"Write `answers: {{{near[0]}: {value}}}`."
                    raise misread(f"No question is called {quoted(answer)}.", todo, name, _WHY, lines=where)


def changed(files: Sequence[ImportedFile], entries: Sequence[Entry]) -> list[str]:
    """Say which files are others than those that the mapping was written for."""
    before = {entry["file"]: entry.get("sha256") for entry in entries}
    now = [file for file in files if before.get(file.file) not in (None, "", file.sha256)]
    return [f"{escaped(file.file)} has changed since {FILE} was written; it is read as told there." for file in now]


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
    comments = entry.get("comments", ())
    order = {key: entry[key] for key in (*KEYS, *_MORE) if key in entry and key != "answers"}
    answers = dict(entry.get("answers") or {})
    lines = _dumped([{key: value for key, value in order.items() if value not in (None, "", {}, [])}]).splitlines()
    lines += [f"  # {escaped(comment)}" for comment in comments]
    lines.append("  answers:" if answers or questions else "  answers: {}")
    lines += [f"    {line}" for line in (_dumped(answers).splitlines() if answers else ())]
    for question in questions:
        lines.append(f"    # {escaped(question.text)}")
        if question.choices:
            lines.append(f"    # one of: {' | '.join(escaped(choice) for choice in question.choices)}")
        lines.append(f"    {_dumped({question.id: None}).strip().removesuffix('null').strip()}")
    return "\n".join(lines) + "\n"


def _dumped(value: Any) -> str:
    import yaml

    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, _: Any) -> bool:
            """Write everything where it stands: aliases are refused when it is read."""
            return True

    def of_words(dumper: Dumper, items: list[Any]) -> yaml.Node:
        flat = not any(isinstance(one, dict | list) for one in items)
        return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flat)

    Dumper.add_representer(list, of_words)
    return yaml.dump(_plain(value), Dumper=Dumper, allow_unicode=True, sort_keys=False, width=110)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


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
