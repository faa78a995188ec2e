"""Shipped chapters for the tests of a run; tiny notebooks, made in place, for those of the engine below it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from scrm_helpers.report.chapters.walk_plan import notebooks_folder
from scrm_helpers.report.engine.kernels import Kernels

PARAMETERS = 'data: str = "company"\nas_of: str = "2026-09-30"\nresults: str = ""\nweight: float = 0.5  # help: share'
SENTINEL = 'print("KIT-OK 0123456789ab")'


def _notebook(*sources: str, end: str = SENTINEL) -> nbformat.NotebookNode:
    texts = [PARAMETERS, *sources, *([end] if end else [])]
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


@pytest.fixture
def walk(tmp_path: Path) -> Callable[..., Path]:
    """Copy shipped chapters into a folder, some with cells of the test's own after their set-up."""

    def write(*stems: str, **sources: str | list[str]) -> Path:
        folder = tmp_path / "notebooks"
        folder.mkdir(exist_ok=True)
        for stem in stems:
            notebook = nbformat.read(notebooks_folder() / f"{stem}.ipynb", as_version=4)
            own = sources.get(f"chapter_{stem[:2]}", [])
            cells = [own] if isinstance(own, str) else own
            opened = 1 + next(place for place, cell in enumerate(notebook.cells) if "scrm.start(" in cell.source)
            notebook.cells[opened:opened] = [
                nbformat.v4.new_code_cell(text, id=f"own-{place}") for place, text in enumerate(cells)
            ]
            nbformat.write(notebook, folder / f"{stem}.ipynb")
        return folder

    return write
