"""Pseudonyms: stable under one key, unlike under another, irreversible by guessing without it."""

import hashlib
import stat

import pytest

from scrm_helpers.report.page.exports import KEY_VARIABLE, pseudonym_key, pseudonyms

KEY, OTHER = b"a" * 32, b"b" * 32


def test_equal_ids_share_a_pseudonym_and_different_ones_do_not():
    made = pseudonyms(["00123", "123", "00123"], KEY)
    assert made[0] == made[2] != made[1]


def test_another_key_gives_other_pseudonyms():
    assert set(pseudonyms(["C1"], KEY)) & set(pseudonyms(["C1"], OTHER)) == set()


def test_a_plain_hash_does_not_find_the_id():
    assert hashlib.sha256(b"C1").hexdigest()[:15] not in pseudonyms(["C1"], KEY)[0]


def test_the_key_is_made_once_outside_the_project_for_its_owner_only(tmp_path, monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert pseudonym_key() == pseudonym_key()
    assert stat.S_IMODE((tmp_path / "scrm" / "pseudonym.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("given", ["", "abc", "00" * 31, "zz" * 32])
def test_a_weak_key_is_refused_without_repeating_it(given, monkeypatch):
    monkeypatch.setenv(KEY_VARIABLE, given)
    with pytest.raises(ValueError, match="32 bytes") as caught:
        pseudonym_key()
    assert not given or given not in str(caught.value)


def test_two_ids_that_collide_are_refused(monkeypatch):
    monkeypatch.setattr("scrm_helpers.report.page.exports.LENGTH", 2)
    with pytest.raises(ValueError, match="share a pseudonym"):
        pseudonyms([str(number) for number in range(50)], KEY)
