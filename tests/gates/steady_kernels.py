"""A pytest plugin: nbval's kernels get the environment that the runner's kernels have, and no other test does."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from scrm_helpers.answers.drawing import FOR_PAGE
from scrm_helpers.report.engine.kernels import environment


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[Any]:
    if item.path.suffix != ".ipynb":
        return (yield)
    folder = Path(item.config.rootpath, "build", "nbval")
    with mock.patch.dict(os.environ, {**environment(folder, 0), FOR_PAGE: ""}):  # stored outputs hold PNG alone
        return (yield)
