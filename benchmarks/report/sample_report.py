"""The full sample report: the kit beside the plain way, and beside the chapters' own work in one process.

    python benchmarks/report/sample_report.py [ROUNDS]

The plain way is what a reader of the tools' manuals does: papermill, then nbconvert, notebook after notebook. The limit
runs all code cells in one process, without kernels, pages, actions or isolation. All ways alternate, so that other
work on the machine meets all of them.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
SAMPLE = ROOT / "data" / "sample"
DAY = "2026-09-30"

KIT = """
import sys
from scrm_helpers.report.run import RunOptions, run_report
done = run_report(sys.argv[1], sys.argv[2], sys.argv[3], RunOptions(forked=sys.argv[4] == "forked"))
sys.exit(done.exit_code)
"""

CELLS = """
import contextlib, io, json, os, sys
from pathlib import Path
from scrm_helpers.people import People
from scrm_helpers.people.value_table import prepare_value, save
from scrm_helpers.tables import open_company, save_company
import IPython.display
IPython.display.display = lambda *shown, **settings: None
data, day, out, *paths = sys.argv[1:]
company = open_company(data, day)
folder = save_company(company, Path(out) / "company")
save(prepare_value(People(company)), folder)
given = {"data": str(folder), "as_of": day, "results": str(Path(out) / "results")}
for path in paths:
    os.chdir(Path(path).parent)
    names, cells = {}, json.loads(Path(path).read_text())["cells"]
    for cell in (cell for cell in cells if cell["cell_type"] == "code"):
        with contextlib.redirect_stdout(io.StringIO()):
            exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names |= given | ({"found": given["results"]} if "found" in names else {})
"""


def notebooks() -> list[Path]:
    return sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb"))


def python(*arguments: object) -> None:
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, cwd=NOTEBOOKS, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)


def plain(out: Path) -> None:
    for path in notebooks():
        given = {"data": SAMPLE, "as_of": DAY, "results": out / "results"}
        if any("found:" in "".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]):
            given["found"] = out / "results"
        settings = [word for name, value in given.items() for word in ("-r", name, value)]
        python("-m", "papermill", path, out / path.name, *settings)
        python("-m", "nbconvert", "--to", "html", out / path.name)


def kit_forked(out: Path) -> None:
    python("-c", KIT, SAMPLE, DAY, out, "forked")


def kit_plain_kernels(out: Path) -> None:
    python("-c", KIT, SAMPLE, DAY, out, "plain")


def cells_only(out: Path) -> None:
    python("-c", CELLS, SAMPLE, DAY, out, *notebooks())


WAYS = {
    "papermill CLI, then nbconvert CLI, one after the other": plain,
    "kit, plain kernels": kit_plain_kernels,
    "kit, forked kernels": kit_forked,
    "limit: the code cells in one process, no page": cells_only,
}


def main(rounds: int) -> None:
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, way in WAYS.items():
            with tempfile.TemporaryDirectory() as out:
                start, before = time.perf_counter(), os.times()
                way(Path(out))
                wall, after = time.perf_counter() - start, os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            times[name].append((wall, cpu))
    middle = {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in times.items()}
    first = middle[next(iter(WAYS))]
    print(f"{len(notebooks())} notebooks, {os.cpu_count()} cores, median of {rounds}")
    for name, (wall, cpu) in middle.items():
        faster = f"{first[0] / wall:4.1f} x in time, {first[1] / cpu:4.1f} x in work"
        print(f"{name:56s} {wall:6.1f} s {cpu:6.1f} cpu s   {faster}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
