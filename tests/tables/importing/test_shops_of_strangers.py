"""Files of shops, programmes and help desks as strangers bring them: other spellings, cut, translated, saved again."""

from pathlib import Path

import pytest
import yaml

from scrm_helpers.tables.importing.contract_rows import import_file
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from .rows_of_tables import COUNT, found, settled

PROFILES = load_profiles(None)
STRANGERS = yaml.safe_load((Path(__file__).parent / "strangers" / "shops.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("one", STRANGERS, ids=[one["name"] for one in STRANGERS])
def test_a_file_of_a_stranger_gives_its_facts_or_asks(one, tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(one["text"], encoding="utf-8")
    (imported,) = import_file(path, PROFILES)
    assert imported.vendor == one["vendor"]
    assert one.get("refused", "") in imported.refused
    assert not one.get("question") or one["question"] in {each.id for each in imported.questions if each.decides}
    assert settled(imported) == (not {"refused", "question"} & set(one))
    told = {table: facts for table, facts in one.items() if table in COUNT}
    if told:
        assert dict(imported.left_out) == one.get("left_out", {})
    for table, facts in found(imported, told).items():
        assert {name: str(facts[name]) for name in told[table]} == {name: str(v) for name, v in told[table].items()}
