"""Tiny notebooks for the runner's tests, made in place so that each test shows what it runs."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from scrm_helpers.report.chapters import SUMMARY
from scrm_helpers.report.kernels import Kernels

PARAMETERS = 'data: str = "company"\nas_of: str = "2026-09-30"\nresults: str = ""\nweight: float = 0.5  # help: share'
FOR_THE_SUMMARY = '\nfound: str = ""\nearlier: str = ""'
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


@pytest.fixture
def company_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company folder with the two required tables, and a key for its pseudonyms that is no user's own."""
    monkeypatch.setenv("SCRM_PSEUDONYM_KEY", "5c" * 32)
    folder = tmp_path / "company"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,joined_on\n001,2025-01-02\n1,2025-02-03\n")
    (folder / "transactions.csv").write_text(
        "order_id,customer_id,ordered_on,amount\nA,001,2025-03-01,10.50\nB,001,2025-04-01,20.00\nC,1,2025-05-01,5.25\n"
    )
    return folder


SET_UP = 'import scrm_helpers as scrm\nchapter = scrm.start("{number}", data=data, as_of=as_of, results=results)'
COUNT = """
import pandas as pd
from scrm_helpers.presentation.result import Measure, Result
measure = Measure(name="customers_of_{number}", value=float(len(chapter.company.customers)), unit="count")
result = Result(sentence="Counted.", table=pd.DataFrame(), measures=(measure,))
scrm.show.sentence(result)
"""


@pytest.fixture
def walk(tmp_path: Path, notebook_of: Callable[..., nbformat.NotebookNode]) -> Callable[..., Path]:
    """Write tiny chapters of the walk into a folder: each opens the company and counts its customers."""

    def write(*stems: str, **sources: str) -> Path:
        folder = tmp_path / "notebooks"
        folder.mkdir(exist_ok=True)
        for stem in stems:
            number = stem[:2]
            texts = [SET_UP.format(number=number), COUNT.format(number=number)]
            own = sources.get(f"chapter_{number}")
            declared = PARAMETERS + (FOR_THE_SUMMARY if number == SUMMARY else "")
            parts = [*texts, own] if own else texts
            notebook = notebook_of(*parts, end="chapter.finish(result)", parameters=declared)
            nbformat.write(notebook, folder / f"{stem}.ipynb")
        return folder

    return write
