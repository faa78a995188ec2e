"""Whatever is edited in the mapping.yaml that an import wrote shows its effect, or is refused with its line."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.mapping_file import check_answers, check_entries, mapping_text, read_mapping
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from .exports_of_crm import EXPORTS as CRM
from .exports_of_shops import EXPORTS as SHOPS

EXPORTS = {
    "salesforce_object": CRM["salesforce_object"](Random(1)),
    "shopify_orders": SHOPS["shopify_orders"](Random(1)),
}
PROFILES = load_profiles(None)
OTHERS: dict[str, list[Any]] = {
    "file": [7], "profile": ["asknicely", "nonsense", "generic"], "table": ["ideas", "x"], "id": ["Zvlkn"],
    "header_rows": [3, 4, "two"], "decimal": [",", "x"], "drop_lines": [{"Zvlkn": {"r": "x"}}], "footer": ["/./"],
    "dates": [{"order": "mdy"}, {"order": "x"}, {"zone": "UTC"}, "mdy"],
    "drop": [{"Zvlkn": {"none of them": ["x"]}}, "x"], "duplicates": ["x"], "one_per": ["Zvlkn"], "strange": [1],
    "rows_with": ["_zvlkn"], "refund": [{"amount": "Zvlkn"}, {"x": 1}], "encoding": ["utf-8"], "separator": [";"],
    "answers": [{"date_order": "x"}, {"scale": "five"}, {"customers.email": "Zvlkn"}, {"keep:Zvlkn": "Zvlkn"},
                {"decimal": "comma"}, {"zvlkn": "1"}, {"table": "ideas"}, {"missing_customers": "perhaps"}],
}  # fmt: skip


def come_of(path: Path, mapping: str) -> tuple[str, str]:
    """All that a reader can see of an export with this mapping, and the mapping that is written then."""
    raw = mapping.encode()
    try:
        entries = read_mapping(raw)
        check_entries(entries, PROFILES, raw)
        found = import_file(path, PROFILES, entries)
        check_answers(found, entries, raw)
    except Refusal as refused:
        return str(refused), ""
    seen = [(one.rows_read, one.left_out, one.why, one.questions, one.refused, one.vendor) for one in found]
    tables = [(table, frame.to_csv()) for one in found for table, frame in one.tables.items()]
    return repr((seen, tables)), mapping_text(found, entries)


def edits(mapping: str, row: list[str]) -> Iterator[tuple[str, str]]:
    """Each key of the first entry, each column and filter of every entry, with another value; and no column."""
    entries = yaml.safe_load(mapping)
    keys = [(0, key, other) for key, others in {**OTHERS, "blank": [row]}.items() for other in others]
    for place, entry in enumerate(entries):
        keys += [
            (place, "columns", {**entry["columns"], name: other})
            for name in entry["columns"]
            for other in ("Zvlkn", "")
        ]
        keys += [(place, "keep", {**entry["keep"], name: ["Zvlkn"]}) for name in entry.get("keep", {})]
    for place, key, other in keys:
        changed = [{**entry, key: other} if at == place else entry for at, entry in enumerate(entries)]
        yield f"{place} {key}: {other}", yaml.safe_dump(changed, sort_keys=False)


@pytest.mark.parametrize("name", EXPORTS)
def test_no_key_of_a_mapping_is_without_effect(name: str, tmp_path: Path) -> None:
    path = EXPORTS[name].write(tmp_path)
    first, mapping = come_of(path, "")
    assert come_of(path, mapping) == (first, mapping)
    found = {edit: come_of(path, text)[0] for edit, text in edits(mapping, EXPORTS[name].rows[0])}
    idle = [edit for edit, seen in found.items() if seen == first]
    assert idle == [], "; ".join(idle)
    refused = [seen for seen in found.values() if "Where: " in seen and not seen.startswith("(")]
    assert len(refused) > 12
    assert [seen for seen in refused if "mapping.yaml, line " not in seen or "What to do: " not in seen] == []
