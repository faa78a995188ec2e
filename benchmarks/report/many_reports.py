"""Twelve reports: a batch beside one `scrm run` after the other, and beside the plain way.

    python benchmarks/report/many_reports.py [PARTS] [runs] [plain]

The sample company is divided by region and by channel of acquisition, and the first PARTS (12) are taken. Each way has
the same parts and chapters; `scrm run` reads a folder of each part, with its CSV files, as somebody without the batch
would make it. The plain way is papermill and nbconvert, a notebook after the other; three of the parts (first, middle,
last) go through it, and their mean is multiplied by the parts. Without a word all ways are measured. A batch that
writes chapters of the company once has less to do than twelve runs: both are shown.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from sample_report import DAY, NOTEBOOKS, SAMPLE, python

from scrm_helpers.report.batch.batch_file import BatchWish
from scrm_helpers.report.batch.division import Division, cut
from scrm_helpers.report.checked_company import open_checked

BY = ("region", "acquisition_channel")
OF_PEOPLE = ("01", "02", "03", "04", "05", "06", "10")  # of each part in every way
OF_COMPANY = ("07",)  # once in a batch, twelve times without


def parts(folder: Path, most: int) -> list[dict[str, str]]:
    """Write a folder of CSV files for each part."""
    wish = BatchWish(data=SAMPLE, by=BY)
    company, _ = open_checked(SAMPLE, DAY)
    wheres = Division(company, wish).parts()[:most]
    for place, where in enumerate(wheres):
        made = folder / f"part-{place}"
        made.mkdir()
        for name, frame in cut(company, where).every.items():
            frame.to_csv(made / f"{name}.csv", index=False)
        for name in ("company.yaml", "initiatives.yaml"):
            (made / name).write_bytes((SAMPLE / name).read_bytes())
    return wheres


def batch(folder: Path, wheres: list[dict[str, str]], chapters: tuple[str, ...]) -> None:
    listed = [{"where": where} for where in wheres]
    (folder / "batch.yaml").write_text(json.dumps({"data": str(SAMPLE), "chapters": chapters, "parts": listed}))
    python("-m", "scrm_helpers.cli", "batch", folder / "batch.yaml", "--out", folder / f"batch-{len(chapters)}")


def runs(folder: Path, wheres: list[dict[str, str]], chapters: tuple[str, ...]) -> None:
    for place in range(len(wheres)):
        out = folder / f"run-{place}-{len(chapters)}"
        only = ",".join(chapters)
        python("-m", "scrm_helpers.cli", "run", folder / f"part-{place}", "--as-of", DAY, "--only", only, "--out", out)


def plain(folder: Path, part: int, chapters: tuple[str, ...]) -> None:
    """A part as the manuals of the tools say."""
    found = folder / f"found-{part}"
    for path in sorted(NOTEBOOKS.glob("[0-9][0-9]-*.ipynb")):
        if path.name[:2] in chapters:
            given = {"data": folder / f"part-{part}", "as_of": DAY, "results": found}
            given |= {"found": found} if path.name.startswith("10") else {}
            settings = [word for name, value in given.items() for word in ("-r", name, value)]
            python("-m", "papermill", path, folder / path.name, *settings)
            python("-m", "nbconvert", "--to", "html", folder / path.name)


def measured(way, *given: object) -> tuple[float, float]:
    """Seconds by the clock and of all processors."""
    start, before = time.perf_counter(), os.times()
    way(*given)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return time.perf_counter() - start, cpu


def main(most: int, asked: set[str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        wheres = parts(folder, most)
        every = (*OF_PEOPLE, *OF_COMPANY)
        ways = {f"scrm batch, {len(every)} chapters, 07 once": measured(batch, folder, wheres, every)}
        if "runs" in asked:
            ways |= {
                f"{most} x scrm run, {len(every)} chapters": measured(runs, folder, wheres, every),
                f"scrm batch, {len(OF_PEOPLE)} chapters": measured(batch, folder, wheres, OF_PEOPLE),
                f"{most} x scrm run, {len(OF_PEOPLE)} chapters": measured(runs, folder, wheres, OF_PEOPLE),
            }
        if "plain" in asked:
            some = sorted({0, most // 2, most - 1})
            took = [measured(plain, folder, part, every) for part in some]
            wall, cpu = (most * sum(one) / len(some) for one in zip(*took, strict=True))
            ways[f"{most} x papermill and nbconvert, {len(every)} chapters"] = (wall, cpu)
    print(f"{most} parts, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}")
    for name, (wall, cpu) in ways.items():
        print(f"{name:52s} {wall:7.1f} s {cpu:7.1f} cpu s")


if __name__ == "__main__":
    words = set(sys.argv[1:])
    main(
        max([int(word) for word in words if word.isdigit()], default=12), words & {"runs", "plain"} or {"runs", "plain"}
    )
