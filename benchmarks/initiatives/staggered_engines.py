"""One engine on the panel of staggered.py, run by the engine's own interpreter; prints one line of JSON."""

import importlib.metadata
import json
import os
import sys
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two busy cores: threads would wait for each other

import pandas as pd


def kit(frame):
    from scrm_helpers.initiatives.attribution.panel import read_panel
    from scrm_helpers.initiatives.attribution.roll_outs import course_of

    def task():
        return course_of(read_panel(frame, "y"))

    def read(found):
        return found.effect.value, found.effect.se, float(found.att[found.after].mean())

    return task, read


def limit(frame):
    """One pass over the panel: the means of all cohorts and periods."""
    values = frame.pivot(index="unit_id", columns="period", values="value").to_numpy()
    first = frame.groupby("unit_id")["first"].first().to_numpy()

    def task():
        return [values[first == cohort].mean(axis=0) for cohort in set(first.tolist())]

    return task, lambda _: (float("nan"),) * 3


def pyfixest(frame):
    import pyfixest as pf

    frame["unit_id"] = pd.factorize(frame["unit_id"])[0]  # it wants numbers; not counted

    def task():
        return pf.event_study(
            data=frame, yname="value", idname="unit_id", tname="period", gname="first", estimator="saturated"
        )

    def read(result):
        table = result.aggregate(agg="period")
        after = table[table.index.astype(float) >= 0]
        return float("nan"), float("nan"), float(after["Estimate"].mean())

    return task, read


ENGINES = {"kit": kit, "limit": limit, "pyfixest": pyfixest}


def main():
    name, file, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3])
    frame = pd.read_csv(file)
    frame["first"] = frame["first_period"].fillna(0).astype(int)
    task, read = ENGINES[name](frame)
    result, spans = task(), []
    for _ in range(repeats):
        begun = time.perf_counter()
        result = task()
        spans.append(time.perf_counter() - begun)
    att, se, event = read(result)
    version = importlib.metadata.version(name) if name not in ("kit", "limit") else ""
    print(json.dumps({"seconds": min(spans), "att": att, "se": se, "event": event, "version": version}))


if __name__ == "__main__":
    main()
