"""What a user's mapping.yaml changes in a profile: columns, filters, spelling, and answers to questions."""

from collections.abc import Mapping
from typing import Any

from scrm_helpers.tables.importing.exports.table_rows import NO_REFUNDS
from scrm_helpers.tables.importing.vendor_profile import Profile, profile_from

ORDERS = {"day first": "dmy", "month first": "mdy"}
MARKS = {"point": ".", "comma": ","}
_FILE = "mapping.yaml"
_PERSON = "customer_id"


def adapted(profile: Profile | None, given: Mapping[str, Any]) -> Profile:
    """The profile as an entry of mapping.yaml changes it; without a profile the entry must say all."""
    if profile is None:
        keys = ("header_rows", "keep", "columns", "dates", "decimal", "table", "one_per", "refund", "drop", "id")
        said = {key: given[key] for key in keys if given.get(key)}
        return adapted(profile_from({"vendor": "generic", **said}, _FILE), {"answers": given.get("answers") or {}})
    data = profile.model_dump(by_alias=True)
    answers = {str(key): answer for key, answer in (given.get("answers") or {}).items() if answer not in (None, "")}
    for table, specs in data["tables"].items():
        for spec in specs:
            if given.get("table") in (None, table):
                spec["columns"] |= {name: form for name, form in (given.get("columns") or {}).items() if name in spec["columns"] or given.get("table")}
            spec["columns"] |= {key.partition(".")[2]: one for key, one in answers.items() if key.partition(".")[0] == table and key != f"{table}.refund"}
            if (back := answers.get(f"{table}.refund")) and spec["refund"]:
                spec["refund"] = None if back == NO_REFUNDS else spec["refund"] | {"amount": [back]}
            _settle_keeps(spec, answers)
            if "score" in spec["columns"] and "nps_question" in answers:
                spec["columns"]["score"] = answers["nps_question"]
            person = given.get("id") or data["id"]
            if person and _PERSON in spec["columns"]:
                spec["columns"][_PERSON] = spec["columns"].get("_mail", person) if person == "mail" else person
    _settle_keeps(data, answers)
    if given.get("keep"):
        data["keep"] = [{"column": column, "values": values} for column, values in given["keep"].items()]
    for key in ("header_rows", "decimal"):
        data[key] = given.get(key) or data[key]
    data["dates"] |= given.get("dates") or {}
    data["dates"]["order"] = ORDERS.get(answers.get("date_order", ""), data["dates"]["order"])
    data["decimal"] = MARKS.get(answers.get("decimal", ""), data["decimal"])
    return profile_from(data, _FILE)


def _settle_keeps(spec: dict[str, Any], answers: Mapping[str, Any]) -> None:
    """Answers to which rows count: another column, other words, or all."""
    rules = []
    for rule in spec["keep"]:
        column, words = (answers.get(f"{kind}:{rule['column']}") for kind in ("keep", "words"))
        if "all rows count" not in (column, words):
            rules.append(rule | ({"column": column} if column else {}) | ({"values": words} if words else {}))
    spec["keep"] = rules
