"""Files are whole or not there, the output is not the input, and a folder has one writer."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report import whole_files


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_written_whole_with_its_rights_and_its_hash(tmp_path):
    # sha256 of "abc" is the first test vector of FIPS 180-2
    whole_files.write_whole(tmp_path / "a.txt", "abc", whole_files.PERSONAL)
    assert whole_files.hash_of(tmp_path / "a.txt") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (tmp_path / "a.txt").read_text() == "abc"
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("failing", ["fsync", "chmod", "replace"])
def test_a_full_disk_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch, failing):
    (tmp_path / "a.txt").write_text("old")

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if failing == "fsync" else (Path, failing)), full)
    with pytest.raises(OSError, match="No space left"):
        whole_files.write_whole(tmp_path / "a.txt", "new")
    monkeypatch.undo()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_json_is_the_same_whatever_the_order_and_refuses_nan(tmp_path):
    whole_files.write_json(tmp_path / "1.json", {"b": 1, "a": "é"})
    whole_files.write_json(tmp_path / "2.json", {"a": "é", "b": 1})
    assert (tmp_path / "1.json").read_bytes() == (tmp_path / "2.json").read_bytes()
    with pytest.raises(ValueError, match="not JSON compliant"):
        whole_files.write_json(tmp_path / "3.json", {"a": float("nan")})
    assert not (tmp_path / "3.json").exists()


HOLD = """
import sys
from pathlib import Path
from scrm_helpers.report.whole_files import only_run
with only_run(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no flock")
def test_a_second_run_is_told_who_holds_the_folder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(PlainError, match=f"pid {holder.pid} on "), whole_files.only_run(tmp_path):
            pass
        holder.stdin.close()
    with whole_files.only_run(tmp_path):  # free again once the holder is gone
        pass
