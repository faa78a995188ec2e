"""A batch that is killed at any moment is resumed to the same bytes, and what was whole is not written again.

About ten minutes for twenty kills: two parts and two chapters of a small company.
"""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

import scrm_helpers
from scrm_helpers.sample import write_sample

KILLS = int(os.environ.get("SCRM_KILLS", "20"))
BATCH = "data: company\nchapters: ['01', '10']\nparts:\n- where: {region: North}\n- where: {region: South}\n"


def contents(folder):
    named = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in named.items() if not path.name.startswith(".")}


def started(place, out):
    command = [sys.executable, "-m", "scrm_helpers.cli", "batch", "batch.yaml", "--out", out, "--resume"]
    environment = {**os.environ, "PYTHONPATH": str(Path(scrm_helpers.__file__).parents[1])}
    return subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX does")
def test_a_batch_killed_at_random_moments_is_resumed_to_the_same_bytes(tmp_path):
    write_sample(tmp_path / "company", customers=200, seed=7, as_of="2026-09-30")
    (tmp_path / "batch.yaml").write_text(BATCH)
    start = time.monotonic()
    with started(tmp_path, "whole") as runner:
        said = runner.stderr.read()
    assert runner.returncode == 0, said
    lasts, whole, moments = time.monotonic() - start, contents(tmp_path / "whole"), random.Random(11)
    for kill in range(KILLS):
        out, after = f"killed-{kill}", moments.uniform(0, lasts)
        with started(tmp_path, out) as runner:
            time.sleep(after)
            runner.kill()
        before = {path: path.stat().st_mtime_ns for path in tmp_path.glob(f"{out}/parts/*/manifest.jsonl")}
        with started(tmp_path, out) as runner:
            said = runner.stderr.read()
        assert runner.returncode == 0, f"killed after {after:.1f} of {lasts:.1f} s: {said}"
        assert contents(tmp_path / out) == whole, f"killed after {after:.1f} of {lasts:.1f} s"
        finished = [path for path, when in before.items() if path.stat().st_mtime_ns == when]
        assert f"[{2 - len(finished)}/{2 - len(finished)}] " in said or len(finished) == 2
        assert not list(tmp_path.glob(f"{out}/**/.work-*"))
