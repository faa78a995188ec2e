"""mapping.yaml: what it changes in a profile, and what was applied to a file, to be written there."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.plain_yaml import misread
from scrm_helpers.tables.contract.receipts import listed, quoted
from scrm_helpers.tables.importing.exports.export_reading import refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows
from scrm_helpers.tables.importing.exports.field_values import Spelling, kind_of_field
from scrm_helpers.tables.importing.exports.table_rows import NO_REFUNDS, TableRows
from scrm_helpers.tables.importing.imported_file import ALL, ImportedFile
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Filters, Profile, TableSpec, profile_from

ORDERS = {"day first": "dmy", "month first": "mdy"}
MARKS = {"point": ".", "comma": ","}
_FILE, _PERSON = "mapping.yaml", "customer_id"


def given_for(names: Iterable[str], entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What mapping.yaml says of a file or sheet: its first entry, with all of them and their answers."""
    own = [_as_answered(one) for one in entries if one.get("file") in (None, *names)]
    answers = {str(key): said for one in own for key, said in (one.get("answers") or {}).items()}
    return {**(own[0] if own else {}), "entries": own, "answers": answers}


def _as_answered(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """An entry of a file that no profile knows, with what was answered about its table and columns in its place."""
    answers = entry.get("answers") or {}
    if entry.get("profile") != "generic" or not answers:
        return entry
    table = entry.get("table") or answers.get("table") or ""
    named = {name.removeprefix(f"{table}."): value for name, value in answers.items() if name.startswith(f"{table}.")}
    keep = {name[6:]: [value] for name, value in answers.items() if name.startswith("words:") and value != ALL}
    columns, keep = ({**mine, **(entry.get(key) or {})} for key, mine in (("columns", named), ("keep", keep)))
    return {**entry, "table": table, "columns": columns, "keep": keep}


def plain_profile(given: Mapping[str, Any]) -> Profile:
    """A profile of nothing but what mapping.yaml says; what a table needs and is not named is asked for by its name."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for entry in given["entries"]:
        if (table := entry.get("table")) in TABLES:
            tables.setdefault(table, []).append({"columns": {name: name for name in TABLES[table].required_names}})
    return adapted(profile_from({"vendor": "generic", "tables": tables}, _FILE), given)


def adapted(profile: Profile, given: Mapping[str, Any]) -> Profile:
    """The profile as the entries of mapping.yaml change it: what they say of a column or a key takes its place."""
    data = profile.model_dump(by_alias=True)
    answers = {key: answer for key, answer in given["answers"].items() if answer not in (None, "")}
    left, ruled = list(given["entries"]), set[str]()
    for table, specs in data["tables"].items():
        for spec in specs:
            entry: Mapping[str, Any] = next((one for one in left if one.get("table") in (None, "", table)), {})
            left = [one for one in left if one is not entry or not entry.get("table")]
            asked = {key.partition(".")[2]: one for key, one in answers.items() if key.partition(".")[0] == table}
            back = asked.pop("refund", "")
            if "score" in spec["columns"] and "nps_question" in answers:
                asked["score"] = answers["nps_question"]
            spec["columns"] = _answered(spec["columns"], _columns(table, entry.get("columns") or {}), asked)
            spec |= {key: entry[key] for key in ("drop_lines", "one_per", "rows_with", "refund") if key in entry}
            if back and spec["refund"]:
                spec["refund"] = None if back == NO_REFUNDS else spec["refund"] | {"amount": [back]}
            person = entry.get("id") or data["id"]
            if person and _PERSON in spec["columns"]:
                spec["columns"][_PERSON] = spec["columns"].get("_mail", person) if person == "mail" else person
            own = Filters.model_validate({key: entry[key] for key in ("keep", "drop") if key in entry}).model_dump()
            spec["drop"] = own["drop"] if "drop" in entry else (*data["drop"], *spec["drop"])
            known = data["keep"] | spec["keep"]
            _settle(spec, answers, known)
            spec["keep"] |= own["keep"]
            ruled |= {*known, *spec["keep"]}
    idle = [key for key in answers if ":" in key and not {key.partition(":")[2], answers[key]} & {ALL, *ruled}]
    idle += [key for key in answers if key.partition(".")[0] in TABLES.keys() - data["tables"].keys()]
    if idle:
        what = f"The answer to {idle[0]} answers nothing: neither a filter nor a table of this file asks for it."
        raise misread(what, "Remove it from mapping.yaml.", _FILE)
    data |= {"keep": {}, "drop": ()} | {key: given[key] for key in ("footer", "blank", "duplicates") if key in given}
    rows = given.get("header_rows") or {}
    data["header_rows"] |= rows if isinstance(rows, Mapping) else {"rows": rows}
    data["dates"] |= given.get("dates") or {}
    data["dates"]["order"] = ORDERS.get(answers.get("date_order", ""), data["dates"]["order"])
    data["decimal"] = MARKS.get(answers.get("decimal", ""), given.get("decimal") or data["decimal"])
    return profile_from(data, _FILE)


def _columns(table: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Columns as mapping.yaml names them; what it leaves blank is not read."""
    named = {name: forms if forms not in (None, "", []) else () for name, forms in said.items()}
    needed = [name for name in TABLES[table].required_names if named.get(name) == ()]
    return {name: _told(forms) for name, forms in (named | {name: name for name in needed}).items()}


def _told(forms: Any) -> Any:
    """Names of columns as mapping.yaml has them: they have to be there."""
    parts = forms if isinstance(forms, list | tuple) else [forms]
    return forms if not parts or any(isinstance(one, Mapping) for one in parts) else {"from": forms, "required": True}


def _answered(known: Mapping[str, Any], said: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """An answer names one more column of what the profile reads for a field, and of other fields that read the same."""
    columns = {**known, **said}
    for name, answer in asked.items():
        read = {word for form in known.get(name, ()) for word in (*form["from"], *sum(form["sum"], ()))}
        columns[name] = [_with(form, answer, read, first=True) for form in known[name]] if read else _told(answer)
        for field, forms in known.items():
            if columns[field] is forms and not field.startswith("_"):
                columns[field] = [_with(form, answer, read, first=False) for form in forms]
    return {name: forms for name, forms in columns.items() if forms != ()}


def _with(form: dict[str, Any], answer: str, read: set[str], *, first: bool) -> dict[str, Any]:
    """A form with one more spelling of the columns it reads, before the others where it was asked for."""
    source = (answer, *form["from"]) if first else (*form["from"], answer)
    more = {"from": source} if read & {*form["from"]} else {}
    return form | more | ({"sum": [(*words, answer) for words in form["sum"]]} if first and form["sum"] else {})


def _settle(spec: dict[str, Any], answers: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Which rows count: by another column, by other words, or all."""
    spec["keep"] = {}
    for column, reasons in known.items():
        other, words = (answers.get(f"{kind}:{column}") for kind in ("keep", "words"))
        if ALL not in (other, words):
            spec["keep"][other or column] = {reason: words or own for reason, own in reasons.items()}
    named = {key.partition(":")[2]: one for key, one in answers.items() if key.startswith("keep:") and one != ALL}
    for rule in (*(spec["drop"] if named else ()), spec.get("refund") or {}):  # what looks at the same column
        for part in {"when", "all_when"} & rule.keys():
            rule[part] = {named.get(column, column): words for column, words in rule[part].items()}


def applied(
    base: ImportedFile,
    made: list[TableRows],
    profile: str,
    spelling: Spelling,
    known: tuple[Mapping[str, Any], Iterable[str]],
) -> tuple[dict[str, Any], ...]:
    """What was applied to a file, as entries of mapping.yaml that do it again, but for what is answered or asked."""
    answers, asked = known[0], {*known[0], *known[1]}
    dates = {"order": "" if "date_order" in asked else spelling.order, "timezone": spelling.zone}
    entry: dict[str, Any] = {"file": base.file, "sha256": base.sha256, "profile": "" if "vendor" in asked else profile}
    entry |= {"header_rows": base.header_rows, "dates": {key: said for key, said in dates.items() if said}}
    numeric = [name for one in made for name in one.columns if kind_of_field(one.table, name) in NUMERIC]
    entry |= {"decimal": spelling.decimal} if numeric and "decimal" not in asked else {}
    filtered = {name for key in asked if ":" in key for name in (key.partition(":")[2], answers.get(key))}
    entries = []
    for one in made:
        apart = {key.partition(".")[2] for key in asked if key.startswith(f"{one.table}.")}
        apart |= {"score"} if "nps_question" in asked else set()
        named = [name for name in one.spec.columns if name in one.columns and name not in apart]
        columns = {name: _said(one, one.spec.columns[name]) for name in named}
        keep = {column: of for column, of in one.spec.keep.items() if column not in filtered}
        keep = {column: of for column, of in keep.items() if not {"*", ""} <= {*sum(of.values(), ())}}
        said = {column: of[""] if list(of) == [""] else dict(of) for column, of in keep.items()}
        table = "" if "table" in asked else one.table
        entries.append(entry | {"table": table, "keep": said, "columns": columns})
        entries[-1]["answers"] = {} if len(entries) > 1 else dict(answers)
    return tuple(entries)


def _said(made: TableRows, forms: Sequence[ColumnSpec]) -> Any:
    """The forms that were applied, with the names of this header where they say no more."""
    said: list[Any] = []
    for form in forms:
        header, places = made.rows.header, made.rows.places(form)
        more = form.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"required"})
        if more.keys() <= {"from", "question"}:
            said += [header.names[header.blocks[place]] for place in places]
        elif form.value is not None or form.count == "lines" or places:
            said.append(more)
    said = [one for at, one in enumerate(said) if one not in said[:at]]
    return said[0] if len(said) == 1 else said


def idle_columns(rows: ExportRows, profile: Profile) -> list[int]:
    """Columns that nothing is read from, no filter and no refund either."""
    words, used = list[str](), set[int]()
    for _, spec in profile.entries:
        forms = [form for forms in spec.columns.values() for form in forms]
        used |= set(rows.places_of([*forms, *(spec.refund.amount if spec.refund else ())]))
        words += [word for form in forms for word in (form.plus_minutes, form.plus_seconds)]
        words += [*spec.keep, *_looked_at(spec)]
    used |= set(rows.header.find(words))
    return [place for place in range(len(rows.header.names)) if place not in used]


def _looked_at(spec: TableSpec) -> list[str]:
    """Columns by which rows are left out, put together or taken for refunds."""
    words = [*(name for rule in (*spec.drop, *spec.drop_lines) for name in rule.when), *spec.one_per]
    return words + ([*spec.refund.day, *spec.refund.all_when] if spec.refund else [])


def refuse_absent(rows: ExportRows, given: Mapping[str, Any], file: str) -> None:
    """Refuse columns that mapping.yaml names in a filter or for refunds and the file does not have."""
    for entry in given["entries"]:
        said = {key: entry[key] for key in ("drop", "drop_lines", "one_per", "refund") if entry.get(key)}
        spec = TableSpec.model_validate({"columns": {}, **said})
        amounts = spec.refund.amount if spec.refund else ()
        words = [*_looked_at(spec), *(word for form in amounts for word in form.words)]
        if absent := [word for word in words if word not in spec.columns and not rows.header.find((word,))]:
            what = f"mapping.yaml names {listed([quoted(word) for word in absent])}, and the file has no such column."
            raise refusal_of(file, what, f"Write one of {listed(rows.header.nearest(absent))}, or remove the line.")
