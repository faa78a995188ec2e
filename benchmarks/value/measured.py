"""One line of JSON from a measured process: seconds, peak memory, and what came out."""

import json
import resource
import time


def report(started: float, **found: object) -> None:
    """Print seconds since `started`, the peak of the process in MB, and the findings."""
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mb": peak, **found}))
