"""mapping.yaml: what it changes in a profile, and what was applied to a file, to be written there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.importing.exports.export_rows import ExportRows
from scrm_helpers.tables.importing.exports.field_values import Spelling
from scrm_helpers.tables.importing.exports.table_rows import NO_REFUNDS, TableRows
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Profile, profile_from

_ORDERS = {"day first": "dmy", "month first": "mdy"}
_MARKS = {"point": ".", "comma": ","}
_ALL = "all rows count"
_FILE, _PERSON = "mapping.yaml", "customer_id"
_OF_TABLE = ("columns", "keep", "drop", "drop_lines", "one_per", "rows_with", "refund")
_OF_FILE = ("header_rows", "footer", "blank", "dates", "decimal", "duplicates", "id")


def own_entry(given: Mapping[str, Any] | None, names: Iterable[str]) -> dict[str, Any]:
    """What mapping.yaml says of one file or sheet: its first entry, with all of them and their answers."""
    entries = [
        one for one in (given or {}).get("entries") or ([given] if given else []) if one.get("file") in (None, *names)
    ]
    answers = {
        str(key): answer for one in (given or {}, *entries) for key, answer in (one.get("answers") or {}).items()
    }
    return {**(entries[0] if entries else {}), "entries": entries, "answers": answers} if entries else {}


def plain_profile(given: Mapping[str, Any]) -> Profile:
    """A profile of nothing but what mapping.yaml says; what a table needs and is not named is asked for by its name."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for entry in given["entries"]:
        if (table := entry.get("table")) in TABLES:
            needed = {name: name for name in TABLES[table].required_names}
            said = {key: entry[key] for key in _OF_TABLE if entry.get(key)}
            tables.setdefault(table, []).append(said | {"columns": needed | (entry.get("columns") or {})})
    said = {key: given[key] for key in _OF_FILE if given.get(key)}
    return adapted(profile_from({"vendor": "generic", "tables": tables, **said}, _FILE), {"answers": given["answers"]})


def adapted(profile: Profile, given: Mapping[str, Any]) -> Profile:
    """The profile as the entries of mapping.yaml change it."""
    if not given:
        return profile
    data = profile.model_dump(by_alias=True)
    answers = {key: answer for key, answer in given["answers"].items() if answer not in (None, "")}
    left = list(given.get("entries") or ())
    for table, specs in data["tables"].items():
        for spec in specs:
            entry: Mapping[str, Any] = next((one for one in left if one.get("table") in (None, table)), {})
            left = [one for one in left if one is not entry or not entry.get("table")]
            asked = {key.partition(".")[2]: one for key, one in answers.items() if key.partition(".")[0] == table}
            back = asked.pop("refund", "")
            spec["columns"] = _answered(spec["columns"], entry.get("columns") or {}, asked)
            if back and spec["refund"]:
                spec["refund"] = None if back == NO_REFUNDS else spec["refund"] | {"amount": [back]}
            if "score" in spec["columns"] and "nps_question" in answers:
                spec["columns"]["score"] = answers["nps_question"]
            person = entry.get("id") or data["id"]
            if person and _PERSON in spec["columns"]:
                spec["columns"][_PERSON] = spec["columns"].get("_mail", person) if person == "mail" else person
            _settle(spec, answers, {})
    _settle(data, answers, given.get("keep") or {})
    data["header_rows"] |= {"rows": given.get("header_rows") or data["header_rows"]["rows"]}
    data["dates"] |= given.get("dates") or {}
    data["dates"]["order"] = _ORDERS.get(answers.get("date_order", ""), data["dates"]["order"])
    data["decimal"] = _MARKS.get(answers.get("decimal", ""), given.get("decimal") or data["decimal"])
    return profile_from(data, _FILE)


def _answered(known: Mapping[str, Any], said: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """An answer names one more column of what the profile reads for a field, and of other fields that read the same."""
    columns = {**known, **said}
    for name, answer in asked.items():
        if str(answer) in _names_in(said.get(name)):
            continue  # it was applied when mapping.yaml was written
        read = {word for form in known.get(name, ()) for word in (*form["from"], *sum(form["sum"], ()))}
        columns[name] = [_with(form, answer, read, first=True) for form in known[name]] if read else answer
        for field, forms in known.items():
            if columns[field] is forms and not field.startswith("_"):
                columns[field] = [_with(form, answer, read, first=False) for form in forms]
    return columns


def _names_in(said: Any) -> set[str]:
    """Every word of what mapping.yaml says of a column."""
    parts = said.values() if isinstance(said, Mapping) else said if isinstance(said, list | tuple) else ()
    return {said} if isinstance(said, str) else {word for part in parts for word in _names_in(part)}


def _with(form: dict[str, Any], answer: str, read: set[str], *, first: bool) -> dict[str, Any]:
    """A form with one more spelling of the columns it reads, before the others where it was asked for."""
    source = (answer, *form["from"]) if first else (*form["from"], answer)
    more = {"from": source} if read & {*form["from"]} else {}
    return form | more | ({"sum": [(*words, answer) for words in form["sum"]]} if first and form["sum"] else {})


def _settle(spec: dict[str, Any], answers: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Which rows count: by another column, by other words, or all; what mapping.yaml only repeats changes nothing."""
    rules = []
    for rule in spec["keep"]:
        column, words = (answers.get(f"{kind}:{rule['column']}") for kind in ("keep", "words"))
        if _ALL not in (column, words):
            rules.append(rule | ({"column": column} if column else {}) | ({"values": words} if words else {}))
    answered = {column for column in given if answers.keys() & {f"keep:{column}", f"words:{column}"}}
    for column, values in ((one, given[one]) for one in given if one not in answered):
        of_column = [rule for rule in rules if rule["column"] == column]
        if {word for rule in of_column for word in rule["values"]} != set(map(str, values)):
            rules = [rule for rule in rules if rule not in of_column] + [{"column": column, "values": values}]
    spec["keep"] = rules
    named = {key.partition(":")[2]: one for key, one in answers.items() if key.startswith("keep:") and one != _ALL}
    back = spec.get("refund") or {}
    for rule in (*(spec["drop"] if named else ()), back):  # what looks at the same column follows the answer
        for part in {"when", "all_when", "rows"} & rule.keys():
            rule[part] = {named.get(column, column): words for column, words in rule[part].items()}


def applied(
    base: ImportedFile, made: list[TableRows], by: tuple[str, Profile], spelling: Spelling, answers: Mapping[str, Any]
) -> tuple[dict[str, Any], ...]:
    """What was applied to a file, as entries of mapping.yaml that give the same rows again."""
    dates = {"order": spelling.order, "timezone": spelling.zones.source}
    entry = {"file": base.file, "sha256": base.sha256, "profile": by[0], "header_rows": base.header_rows}
    entry |= {"dates": {key: said for key, said in dates.items() if said}, "decimal": spelling.decimal}
    entries = []
    for one in made:
        rules = [rule for rule in (*by[1].keep, *one.spec.keep) if not {"*", ""} <= set(rule.values)]
        columns = {name: _said(one, forms) for name, forms in one.spec.columns.items() if name in one.columns}
        keep = {rule.column: list(rule.values) for rule in rules}
        entries.append(entry | {"table": one.table, "keep": keep, "columns": columns, "answers": dict(answers)})
    return tuple(entries)


def _said(made: TableRows, forms: Sequence[ColumnSpec]) -> Any:
    """The forms that were applied, with the names of this header where they say no more."""
    said: list[Any] = []
    for form in forms:
        header, places = made.rows.header, made.rows.places(form)
        more = form.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        if more.keys() <= {"from", "question", "required"}:
            said += [header.names[header.blocks[place]] for place in places]
        elif form.value is not None or form.count == "lines" or places:
            said.append(more)
    said = [one for at, one in enumerate(said) if one not in said[:at]]
    return said[0] if len(said) == 1 else said


def idle_columns(rows: ExportRows, profile: Profile) -> list[int]:
    """Columns that nothing is read from, no filter and no refund either."""
    words, used = list[str](), set[int]()
    for filters in (profile, *(spec for _, spec in profile.entries)):
        words += [rule.column for rule in filters.keep] + [name for rule in filters.drop for name in rule.when]
    for _, spec in profile.entries:
        back = spec.refund
        used |= {place for forms in spec.columns.values() for place in rows.places_of(forms)}
        words += [
            word for forms in spec.columns.values() for form in forms for word in (form.plus_minutes, form.plus_seconds)
        ]
        words += [*spec.one_per, *(name for rule in spec.drop_lines for name in rule.when)]
        words += [*back.day, *back.all_when, *back.rows] if back else []
        used |= set(rows.places_of(back.amount)) if back else set()
    used |= set(rows.header.find(words))
    return [place for place in range(len(rows.header.names)) if place not in used]
