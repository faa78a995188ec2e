"""Tiny notebooks for the runner's tests, made in place so that each test shows what it runs."""

import sys
from collections.abc import Callable, Iterator

import nbformat
import pytest

from scrm_helpers.report.kernels import Kernels

PARAMETERS = 'data: str = "company"\nas_of: str = "2026-09-30"\nresults: str = ""\nweight: float = 0.5  # help: share'
SENTINEL = 'print("KIT-OK 0123456789ab")'


def _notebook(*sources: str, end: str = SENTINEL, parameters: str = PARAMETERS) -> nbformat.NotebookNode:
    texts = [parameters, *sources, *([end] if end else [])]
    cells = [nbformat.v4.new_code_cell(text, id=f"cell-{place}") for place, text in enumerate(texts)]
    cells[0].metadata["tags"] = ["parameters"]
    title = nbformat.v4.new_markdown_cell("# A chapter", id="title")
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=[title, *cells], metadata={"kernelspec": spec})


@pytest.fixture(scope="session")
def notebook_of() -> Callable[..., nbformat.NotebookNode]:
    """Make a notebook of a parameters cell, the given code cells, and a last cell that prints the sentinel."""
    return _notebook


@pytest.fixture(scope="session", params=["forked", "plain"])
def kernels(request: pytest.FixtureRequest) -> Iterator[Kernels]:
    """Kernels of both kinds: what holds for one must hold for the other."""
    forked = request.param == "forked"
    if forked and sys.platform != "linux":
        pytest.skip("kernels are forked on Linux only")
    with Kernels(memory=4 * 2**30, forked=forked) as source:
        assert (source.server is not None) == forked
        yield source
