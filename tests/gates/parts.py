"""A pytest plugin: each test file belongs to one part of the suite by its place, and `--part` chooses.

This is the one list. Fast and slow run once in CI, each on one Python; long only where it is asked for.
"""

from collections.abc import Iterable

import pytest

PLACES = {
    "slow": (
        "notebooks",  # stored outputs beside a fresh run, cell by cell
        "tests/browser",
        "tests/conversations/test_beside_loops.py",  # threads of any shape
        "tests/calibration",  # simulated coverage
        "tests/initiatives/test_tie_out.py",  # simulated books
        "tests/initiatives/test_bad_input.py",  # refused by functions, by the check and by whole runs
        "tests/notebooks",  # damaged copies of stored outputs
        "tests/real",  # a whole report of real orders, fits of long series
        "tests/report/test_batch.py",  # a batch, killed and resumed
        "tests/report/test_board_page.py",  # a dozen companies
        "tests/report/test_failures.py",  # whole reports
        "tests/report/test_grounds.py",  # a company opened and valued under many registers
        "tests/report/test_hostile_tables.py",
        "tests/report/test_one_report.py",  # whole reports, read word by word
        "tests/report/test_run.py",
        "tests/report/test_run_files.py",
        "tests/report/test_three_tables.py",  # whole reports of imported exports
        "tests/report/test_small_groups.py",  # every chapter on groups of every size
        "tests/sample",  # companies of several sizes
        "tests/tables/test_bombs.py",  # files that would fill the memory
        "tests/tables/test_file_damage.py",  # damaged at random
        "tests/tables/test_kinds.py",  # every rule on every column of its kind
        "tests/tables/test_postgresql.py",  # a server of its own, and a run
        "tests/tables/test_plausible.py",  # a dozen companies
        "tests/tables/test_mutations.py",  # spoiled at random
        "tests/tables/test_variations.py",  # every fault in every column
        "tests/value/test_bad_input.py",  # every step of chapter 02 on odd orders
        "tests/value/test_clv.py",  # fits beside the libraries
        "tests/value/test_deflection.py",
        "tests/value/test_generations.py",  # simulated
        "tests/value/test_leaving.py",
        "tests/value/test_outcomes.py",  # simulated futures
        "tests/value/test_profile.py",
        "tests/value/test_purchases.py",  # every order of rows beside a plain loop
        "tests/value/test_refits.py",
        "tests/value/test_small_samples.py",  # simulated samples
        "tests/test_foreign_files.py",  # every command beside files of the user
        "tests/test_notebooks.py",  # every notebook with two sets of parameters
    ),
    "long": ("tests/long",),
}
PARTS = ("fast", *PLACES)
WITHOUT_ASKING = ("fast", "slow")
SEEN = pytest.StashKey[dict[str, str]]()


def parts_of(file: str, places: dict[str, tuple[str, ...]] = PLACES) -> list[str]:
    """Every part whose places hold a test file; fast is what no other part has."""
    found = [part for part, ours in places.items() if any(f"{file}/".startswith(f"{place}/") for place in ours)]
    return found or ["fast"]


def problems(files: Iterable[str], places: dict[str, tuple[str, ...]] = PLACES) -> list[str]:
    """Test files that belong to more than one part: a run would count them twice."""
    parts = {file: parts_of(file, places) for file in sorted(set(files))}
    return [f"{file} belongs to {' and '.join(several)}" for file, several in parts.items() if len(several) > 1]


def pytest_addoption(parser: pytest.Parser) -> None:
    what = "part of the suite (may be repeated; default: fast and slow)"
    parser.addoption("--part", action="append", choices=PARTS, help=what)


def chosen(config: pytest.Config) -> tuple[str, ...]:
    return tuple(config.getoption("part") or WITHOUT_ASKING)


def pytest_report_header(config: pytest.Config) -> str:
    return f"parts: {', '.join(chosen(config))}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    files = {item.nodeid: item.nodeid.split("::")[0] for item in items}
    if wrong := problems(files.values()):
        raise pytest.UsageError("; ".join(wrong))
    seen = config.stash[SEEN] = {test: parts_of(file)[0] for test, file in files.items()}
    wanted = chosen(config)
    config.hook.pytest_deselected(items=[item for item in items if seen[item.nodeid] not in wanted])
    items[:] = [item for item in items if seen[item.nodeid] in wanted]
