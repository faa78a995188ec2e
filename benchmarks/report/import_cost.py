"""What importing the kit costs over pandas itself.

python benchmarks/report/import_cost.py [ROUNDS]
"""

import statistics
import subprocess
import sys
import time

WAYS = {
    "bare Python": "pass",
    "pandas": "import pandas",
    "scrm_helpers": "import scrm_helpers",
    "scrm_helpers, opening chapter 01 ready": "from scrm_helpers import start, show",
    "scrm_helpers.report.run": "import scrm_helpers.report.run",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - start


def main(rounds: int) -> None:
    times = {name: [] for name in WAYS}
    for _ in range(rounds):
        for name, code in WAYS.items():
            times[name].append(seconds(code))
    middle = {name: statistics.median(runs) for name, runs in times.items()}
    for name, value in middle.items():
        print(f"{name:42s} {value:5.2f} s   {value - middle['pandas']:+5.2f} s over pandas")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
