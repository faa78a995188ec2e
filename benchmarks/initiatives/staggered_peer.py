"""One peer on the panel of staggered.py, run by the peer's own interpreter; prints one line of JSON."""

import importlib.metadata
import json
import sys
import time

import pandas as pd


def diff_diff(frame):
    from diff_diff import CallawaySantAnna

    def task():
        model = CallawaySantAnna(control_group="never_treated")
        return model.fit(
            frame, outcome="value", unit="unit_id", time="period", first_treat="first", aggregate="event_study"
        )

    def read(result):
        return float(result.overall_att), float(result.overall_se)

    return task, read


def pyfixest(frame):
    import pyfixest as pf

    def task():
        return pf.event_study(
            data=frame, yname="value", idname="unit_id", tname="period", gname="first", estimator="saturated"
        )

    def read(result):
        table = result.aggregate(agg="period")
        after = table[table.index.astype(float) >= 0]
        return float(after["Estimate"].mean()), float("nan")  # the mean over event periods

    return task, read


def main():
    name, file, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    frame = pd.read_csv(file)
    frame["first"] = frame["first_period"].fillna(0).astype(int)
    task, read = {"diff-diff": diff_diff, "pyfixest": pyfixest}[name](frame)
    result, spans = task(), []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = task()
        spans.append(time.perf_counter() - begun)
    att, se = read(result)
    version = importlib.metadata.version(name)
    print(json.dumps({"seconds": min(spans), "att": att, "se": se, "version": version}))


if __name__ == "__main__":
    main()
