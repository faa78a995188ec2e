"""A real batch of two parts and two chapters: killed, resumed, refused."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scrm_helpers
from scrm_helpers.sample import write_sample

BATCH = "data: company\nchapters: ['01', '10']\nparts:\n- where: {region: North}\n- where: {region: South}\n"


def contents(folder):
    named = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in named.items() if not path.name.startswith(".")}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch")
    write_sample(folder / "company", customers=200, seed=7, as_of="2026-09-30")
    (folder / "batch.yaml").write_text(BATCH)
    return folder


@pytest.fixture(scope="module")
def command(place):
    def start(*words):
        command = [sys.executable, "-m", "scrm_helpers.cli", "batch", *words]
        environment = {**os.environ, "PYTHONPATH": str(Path(scrm_helpers.__file__).parents[1])}
        return subprocess.Popen(command, cwd=place, env=environment, stderr=subprocess.PIPE, text=True)

    return start


def test_a_killed_batch_is_resumed_to_the_same_bytes(place, command):
    with command("batch.yaml", "--out", "whole") as runner:
        said = runner.stderr.read()
    assert runner.returncode == 0, said
    whole = contents(place / "whole")
    parts = sorted({name.split("/")[1] for name in whole if name.startswith("parts/")})
    assert [part.rsplit("-", 1)[0] for part in parts] == ["region-north", "region-south"]
    results = json.loads(whole[f"parts/{parts[0]}/results.json"])
    assert results["part"] == {"region": "North"}
    page = whole[f"parts/{parts[0]}/report.html"].decode()
    assert "region North</title>" in page
    assert "everybody else, customers elsewhere too, is a person outside" in page

    with command("batch.yaml", "--out", "killed", "--jobs", "1") as runner:
        assert runner.stderr.readline().startswith("[1/2] region South done. About ")  # the larger part
        runner.kill()
    with command("batch.yaml", "--out", "killed", "--resume") as runner:
        said = runner.stderr.read()
    assert runner.returncode == 0, said
    assert "[1/1] region North done" in said
    assert contents(place / "killed") == whole

    (place / "north.yaml").write_text(BATCH.removesuffix("- where: {region: South}\n"))
    with command("north.yaml", "--out", "killed", "--earlier", "whole") as runner:
        said = runner.stderr.read()
    assert runner.returncode == 0, said
    assert f"The folder parts/{parts[1]} was left by an earlier batch" in said
    assert json.loads(contents(place / "killed")[f"parts/{parts[0]}/results.json"])["earlier"]["figures"]
    with command("north.yaml", "--out", "killed", "--earlier", "company") as runner:
        assert "There is no earlier batch in company" in runner.stderr.read()

    (place / "whole" / "parts" / parts[1] / "report.html").write_text("mine")
    with command("batch.yaml", "--out", "whole", "--resume") as runner:
        assert "report.html was changed since the kit wrote it" in runner.stderr.read()
    with command("company", "--by", "segment", "--out", "whole", "--resume") as other:
        assert "holds another batch, by region" in other.stderr.read()
    assert (runner.returncode, other.returncode) == (1, 1)
