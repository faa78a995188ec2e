"""Pseudonyms: stable under one key, unlike under another, irreversible by guessing without it, undone by the owner."""

import hashlib
import io
import stat

import openpyxl
import pandas as pd
import pytest
from click.testing import CliRunner

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.cli import commands
from scrm_helpers.report.privacy.pseudonym_keys import KEY_VARIABLE, key_in_words, pseudonym_key, pseudonyms
from scrm_helpers.report.safe_sheets import csv_bytes, workbook_bytes
from scrm_helpers.tables import CompanyRefused, open_company
from scrm_helpers.tables.contract.settings import Settings

KEY, OTHER = b"a" * 32, b"b" * 32
HEX = "1f" * 32


def test_equal_ids_share_a_pseudonym_of_twelve_signs_and_different_ones_do_not():
    made = pseudonyms(["00123", "123", "00123"], KEY)
    assert made[0] == made[2] != made[1]
    assert set(made.str.len()) == {12}


def test_another_key_gives_other_pseudonyms():
    assert set(pseudonyms(["C1"], KEY)) & set(pseudonyms(["C1"], OTHER)) == set()


def test_a_plain_hash_does_not_find_the_id():
    assert hashlib.sha256(b"C1").hexdigest()[:11] not in pseudonyms(["C1"], KEY)[0]


def test_the_key_is_made_once_outside_the_project_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert pseudonym_key(Settings()) == pseudonym_key(Settings())
    assert stat.S_IMODE((tmp_path / "scrm" / "pseudonym.key").stat().st_mode) == 0o600
    assert "company.yaml names none" in key_in_words(Settings())


@pytest.mark.parametrize("given", ["", "abc", "00" * 31, "zz" * 32])
@pytest.mark.parametrize("place", ["variable", "named variable", "file"])
def test_a_weak_key_is_refused_without_repeating_it(given, place, tmp_path, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE if place == "variable" else "OURS", given)
    (tmp_path / "key").write_text(given)
    named = {"variable": "", "named variable": "env:OURS", "file": str(tmp_path / "key")}[place]
    with pytest.raises(ValueError, match="32 bytes") as caught:
        pseudonym_key(Settings(pseudonym_key=named) if named else Settings())
    assert not given or given not in str(caught.value)


def test_a_key_may_be_bytes_in_a_file_and_a_variable_may_be_named_plainly(tmp_path, monkeypatch):
    (tmp_path / "key").write_bytes(bytes(range(200, 232)))
    assert pseudonym_key(Settings(pseudonym_key=str(tmp_path / "key"))) == bytes(range(200, 232))
    monkeypatch.setenv("OURS", HEX)
    assert pseudonym_key(Settings(pseudonym_key="OURS")) == bytes.fromhex(HEX)


def test_two_ids_that_collide_are_refused(monkeypatch):
    monkeypatch.setattr("scrm_helpers.report.privacy.pseudonym_keys.LENGTH", 2)
    with pytest.raises(ValueError, match="share a pseudonym"):
        pseudonyms([str(number) for number in range(50)], KEY)


@pytest.mark.parametrize("secret", [HEX, "Zm9v/YmFy+" * 5, "12345678" * 8, "env:" + "z-" * 30])
def test_a_secret_in_the_settings_is_refused_and_never_repeated(secret, company_folder):
    (company_folder / "company.yaml").write_text(f"as_of: 2026-09-30\npseudonym_key: {secret}\n")
    with pytest.raises(ValueError, match="key") as caught:
        pseudonym_key(open_company(company_folder).settings)
    assert secret not in str(caught.value)
    assert HEX[:20] not in str(caught.value)


def test_one_key_per_project_is_named_in_the_settings_and_lies_outside_of_the_folder(company_folder, tmp_path):
    (tmp_path / "ours.key").write_text(HEX)
    (company_folder / "ours.key").write_text(HEX)
    named = company_folder / "company.yaml"
    named.write_text("as_of: 2026-09-30\npseudonym_key: ../ours.key\n")
    ours = open_company(company_folder).settings
    assert pseudonym_key(ours) == bytes.fromhex(HEX)
    assert "names none" not in key_in_words(ours)
    named.write_text("as_of: 2026-09-30\npseudonym_key: ./ours.key\n")
    with pytest.raises(CompanyRefused, match="lies beside what it hides"):
        open_company(company_folder)


def reveal(*given):
    return CliRunner().invoke(commands, ["reveal", *map(str, given)], standalone_mode=False)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "gexf"])
def test_the_owner_of_key_and_data_finds_the_ids_again(kind, company_folder, tmp_path, monkeypatch):
    key, given = tmp_path / "key", tmp_path / f"list.{kind}"
    key.write_text(HEX)
    people = pseudonyms(["1", "001", "who left"], bytes.fromhex(HEX))
    listed = pd.DataFrame({"person": people, "reason": "=1", "value": [1.5, 2, 3]})
    content = {
        "csv": csv_bytes(listed),
        "xlsx": workbook_bytes({"A": listed}),
        "gexf": f"<node id='{people[1]}'/>".encode(),
    }
    given.write_bytes(content[kind])
    options = ("--data", company_folder, "--key", key)
    copy = tmp_path / f"copy.{kind}"
    done = reveal(given, *options, "--to", copy)
    assert done.exit_code == 0, done.exception
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    if kind == "csv":
        read = pd.read_csv(io.BytesIO(copy.read_bytes()), dtype="str", keep_default_na=False)
        assert read["customer_id"].tolist() == ["1", "001", ""]
        assert "1 pseudonym is of nobody in DATA" in done.output
    elif kind == "xlsx":
        assert [row[0].value for row in openpyxl.load_workbook(copy).active][1:3] == ["1", "001"]
    else:
        assert copy.read_text() == "<node id='001'/>"
    monkeypatch.setenv("OTHERS", "2e" * 32)
    again = reveal(given, *options[:-1], "env:OTHERS", "--to", tmp_path / f"none.{kind}")
    assert isinstance(again.exception, PlainError)
    assert "of nobody in DATA" in str(again.exception)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "manifest.jsonl").write_text(MANIFEST)
    inside = reveal(given, *options, "--to", tmp_path / "out" / "copy.csv")
    assert "which is passed on" in str(inside.exception)


MANIFEST = (
    '{"as_of": "", "data": "", "files": {}, "kit": "", "libraries": {}, "parameters": {}, "python": "", "sample": true}'
)
