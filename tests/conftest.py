"""What several test rooms share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data for tests; it is never part of the project."""
    folder = Path(os.environ.get("SCRM_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("real data for tests is not here: set SCRM_TEST_DATA to its folder")
    return folder
