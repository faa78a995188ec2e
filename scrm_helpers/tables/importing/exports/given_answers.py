"""What a user's mapping.yaml changes in a profile: columns, filters, spelling, and answers to questions."""

from collections.abc import Iterable, Mapping
from typing import Any

from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.importing.exports.table_rows import NO_REFUNDS
from scrm_helpers.tables.importing.vendor_profile import Profile, profile_from

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
    data = profile.model_dump(by_alias=True)
    answers = {key: answer for key, answer in given["answers"].items() if answer not in (None, "")}
    left = list(given.get("entries") or ())
    for table, specs in data["tables"].items():
        for spec in specs:
            entry: Mapping[str, Any] = next((one for one in left if one.get("table") in (None, table)), {})
            left = [one for one in left if one is not entry or not entry.get("table")]
            asked = {key.partition(".")[2]: one for key, one in answers.items() if key.partition(".")[0] == table}
            back = asked.pop("refund", "")
            spec["columns"] |= {**(entry.get("columns") or {}), **asked}
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


def _settle(spec: dict[str, Any], answers: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Which rows count: by another column, by other words, or all; what mapping.yaml only repeats changes nothing."""
    rules = []
    for rule in spec["keep"]:
        column, words = (answers.get(f"{kind}:{rule['column']}") for kind in ("keep", "words"))
        if _ALL not in (column, words):
            rules.append(rule | ({"column": column} if column else {}) | ({"values": words} if words else {}))
    for column, values in given.items():
        of_column = [rule for rule in rules if rule["column"] == column]
        if {word for rule in of_column for word in rule["values"]} != set(map(str, values)):
            rules = [rule for rule in rules if rule not in of_column] + [{"column": column, "values": values}]
    spec["keep"] = rules
