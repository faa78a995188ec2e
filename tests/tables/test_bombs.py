"""Small files that would fill the memory are refused before they do; the peak is measured in another process."""

import gzip
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

ROOT = Path(__file__).resolve().parents[2]
ROWS = 2_000_000
NAMES = ("order_id", "customer_id", "ordered_on", "amount")
READ = """
import resource, sys
from pathlib import Path
import pyarrow.parquet, pyarrow.compute, pandas
sys.path.insert(0, sys.argv[3])
from checked import check_company
check_company(Path(sys.argv[2]), "2026-09-30")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = check_company(Path(sys.argv[1]), "2026-09-30")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
print([message.what for message in report.messages if message.table == "transactions"])
"""


def _same(text, n=ROWS):
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(n, dtype=np.int32)), pa.array([text]))


def _rows(n, **changes):
    columns = dict.fromkeys(NAMES, _same("2024-02-01", n))
    return pa.table(columns | changes)


def _parquet(folder, table, **options):
    (folder.path / "transactions.csv").unlink()
    parquet.write_table(table, folder.path / "transactions.parquet", **options)


BOMBS = {
    "many equal rows": lambda folder: _parquet(folder, _rows(ROWS)),
    "one long text many times": lambda folder: _parquet(folder, _rows(100_000, order_id=_same("x" * 100_000, 100_000))),
    "long common beginnings": lambda folder: _parquet(
        folder,
        _rows(3_000, order_id=pa.array(["x" * 100_000] * 3_000)).cast(pa.schema(dict.fromkeys(NAMES, pa.string()))),
        use_dictionary=False,
        column_encoding=dict.fromkeys(NAMES, "DELTA_BYTE_ARRAY"),
    ),
    "lists": lambda folder: _parquet(
        folder, _rows(10, amount=pa.array([np.zeros(3_000_000).tolist()] + [[]] * 9)), compression="zstd"
    ),
    "packed text": lambda folder: folder.write("transactions.csv.gz", gzip.compress(b"a,b\n" * 25_000_000)),
    "packed twice": lambda folder: folder.write(
        "transactions.csv.gz", gzip.compress(gzip.compress(b"a,b\n" * 20_000_000, 1))
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_cannot_fill_the_memory(company_folder, tmp_path, name):
    good = tmp_path / "good"
    good.mkdir()
    for path in company_folder.path.iterdir():
        (good / path.name).write_bytes(path.read_bytes())
    if name.startswith("packed"):
        (company_folder.path / "transactions.csv").unlink()
    BOMBS[name](company_folder)
    bomb = next(company_folder.path.glob("transactions.*"))
    assert bomb.stat().st_size < 2_000_000
    command = [sys.executable, "-c", READ, str(company_folder.path), str(good), str(Path(__file__).parents[1])]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    grown, said = done.stdout.splitlines()
    assert int(grown) < 300 * 1024, said
    words = {"lists": "lists or records", "packed twice": "it is a gzip file"}.get(
        name, "holds more than this reader takes"
    )
    assert words in said


def test_a_stated_memory_is_refused_before_it_is_exceeded(company_folder):
    head, row = company_folder.text("transactions").splitlines()[:2]
    company_folder.write("transactions.csv", f"{head}\n" + f"{row}\n" * 3_000_000)
    work = "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True); "
    work += "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, done.stderr)"
    check = ["-m", "scrm_helpers.cli", "check", str(company_folder.path), "--as-of", "2026-09-30", "--memory", "1"]
    command = [sys.executable, "-c", work, sys.executable, *check]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True).stdout
    code, peak, words = said.split(" ", 2)
    assert int(code) == 1
    assert int(peak) < 1024**2
    assert "memory" in words
    assert "Internal error" not in words
