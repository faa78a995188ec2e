"""Every made export of every vendor is known by its own profile, and by no other."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from scrm_helpers.tables.importing.exports.export_reading import open_export
from scrm_helpers.tables.importing.exports.recognition import recognise
from scrm_helpers.tables.importing.vendor_profile import load_profiles

from . import (
    exports_of_crm,
    exports_of_messages,
    exports_of_payments,
    exports_of_programmes,
    exports_of_shops,
    exports_of_surveys,
)

PROFILES = load_profiles(None)
SYSTEMS = exports_of_surveys.EXPORTS | exports_of_crm.EXPORTS | exports_of_messages.EXPORTS
EXPORTS = SYSTEMS | exports_of_shops.EXPORTS | exports_of_payments.EXPORTS | exports_of_programmes.EXPORTS


def vendor_of(profile: str) -> str:
    return profile.partition(".")[0]


@pytest.mark.parametrize("name", EXPORTS)
def test_an_export_is_known_by_its_own_profile_only(name: str, tmp_path: Path) -> None:
    export = EXPORTS[name](Random(1))
    (opened,) = open_export(export.write(tmp_path))
    opened = replace(opened, heads=opened.heads[:5])  # what lies further down is rows
    found = recognise(opened, PROFILES)
    assert (vendor_of(found.vendor), found.several) == (export.vendor, ())
    others = {profile: read for profile, read in PROFILES.items() if vendor_of(profile) != export.vendor}
    assert recognise(opened, others).vendor == ""


def test_every_profile_is_small_enough_to_write_in_ten_minutes() -> None:
    files = list(Path(recognise.__code__.co_filename).parents[1].glob("profiles/*.yaml"))
    assert len(files) == len(PROFILES)
    assert [path.name for path in files if len(path.read_text(encoding="utf-8").splitlines()) > 40] == []
