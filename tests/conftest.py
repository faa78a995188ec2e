"""What several test rooms share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scrm_helpers.report.engine.run_options import Run, RunOptions

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data for tests; it is never part of the project."""
    folder = Path(os.environ.get("SCRM_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data for tests is not here: set SCRM_TEST_DATA to its folder")
    return folder


@pytest.fixture(scope="session")
def run_report() -> Iterator[Callable[..., Run]]:
    """Make reports as the function of that name does, with one preloaded process for those of all tests."""
    from scrm_helpers.report.engine.kernels import Kernels, memory_share
    from scrm_helpers.report.engine.run_options import WHOLE, Progress
    from scrm_helpers.report.one_report import make_report

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
        source = Kernels(memory_share(WHOLE.jobs))

    def report(data: Path, as_of: str, out: Path, options: RunOptions = WHOLE) -> Run:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)  # in this process as in that one
            return make_report(data, as_of, out, options, source, Progress())

    with source:
        yield report


@pytest.fixture(scope="session")
def sample_run(run_report: Callable[..., Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the whole report of the sample company, which no test changes."""
    out = tmp_path_factory.mktemp("sample-run")
    assert run_report(ROOT / "data" / "sample", "2026-09-30", out).exit_code == 0
    return out
