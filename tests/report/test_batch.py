"""A real batch of two parts and two chapters: killed, resumed, refused."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import scrm_helpers
from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.batch.batch_file import BatchWish
from scrm_helpers.report.batch.batch_run import BatchOptions, _Batch, run_batch
from scrm_helpers.report.batch.part_worker import PartTask, write_part
from scrm_helpers.report.engine.run_options import Progress, Run
from scrm_helpers.report.whole_files import entry_of
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

    (place / "whole" / "parts" / parts[1] / "report.html").write_text("mine")
    with command("batch.yaml", "--out", "whole", "--resume") as runner:
        assert "report.html was changed since the kit wrote it" in runner.stderr.read()
    with command("company", "--by", "segment", "--out", "whole", "--resume") as other:
        assert "holds another batch, by region" in other.stderr.read()
    assert (runner.returncode, other.returncode) == (1, 1)


def test_an_earlier_batch_is_a_batch_and_lies_elsewhere(tmp_path):
    wish, out = BatchWish(data=tmp_path, by=["region"]), tmp_path / "out"
    with pytest.raises(PlainError, match="There is no earlier batch in"):
        run_batch(wish, out, BatchOptions(earlier=tmp_path), Progress())
    out.mkdir()
    entry = entry_of("2026-09-30", "", {}, False) | {"command": "batch", "files": {}}
    (out / "manifest.jsonl").write_text(json.dumps(entry))
    with pytest.raises(PlainError, match="would be overwritten"):
        run_batch(wish, out, BatchOptions(earlier=out), Progress())


def test_a_part_is_written_beside_the_earlier_one(place, tmp_path, monkeypatch):
    entry = {"numbers": {"rows_linked": {"value": 0.5, "unit": "share"}}}
    (tmp_path / "results.json").write_text(json.dumps({"as_of": "2026-06-30", "chapters": {"01": entry}}))
    orders = []
    monkeypatch.setattr(
        "scrm_helpers.report.one_report.carry_out", lambda order, *_: orders.append(order) or Run((), ())
    )
    where, company = {"region": "North"}, place / "company"
    task = PartTask(where, tmp_path / "part", company, company, ["01"], {}, earlier=tmp_path)
    assert write_part(task, None).status == "done"
    assert orders[0].before["chapters"]["01"] == entry


def test_folders_of_parts_that_there_are_no_more_are_named(tmp_path):
    for name in ("region-north-1", "region-south-2"):
        (tmp_path / "parts" / name).mkdir(parents=True)
    batch = _Batch(None, None, SimpleNamespace(path=tmp_path))
    batch.tasks = {"parts/region-north-1": None}
    (said,) = batch._vanished()
    assert said.startswith("The folder parts/region-south-2 was left by an earlier batch")
