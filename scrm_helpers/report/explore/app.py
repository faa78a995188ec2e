"""The same views as an app without code: Voilà serves the notebooks of one company to this machine alone."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from scrm_helpers.answers import numbers
from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.walk_plan import notebooks_folder, plan
from scrm_helpers.report.whole_files import write_json

if TYPE_CHECKING:
    from scrm_helpers.tables import Company

FRONT, FRONTS = "scrm", Path(__file__).parent / "template"
GET = "**You get** "  # how a notebook says what its view gives
HERE = "127.0.0.1"  # nobody else on the network sees the company
MISSING = "The app needs Voilà: run `python3 kit.py scrm explore DATA`, or install the extra explore of this package."
# Voilà's page asks networks of others for icons and formulas that no view has: the browser is told not to.
ONLY_HERE = "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws:"
_OPENS = re.compile(r'scrm\.start\("(\d\d)"')


def serve(data: Path, as_of: str | None, port: int, browser: bool) -> int:
    """Serve the notebooks to look around in until stopped, on this machine and only with the token in the address."""
    from scrm_helpers.tables import CompanyRefused, open_company

    if find_spec("voila") is None:
        raise PlainError(MISSING)
    try:
        company = open_company(data, as_of=as_of)
    except CompanyRefused as refused:
        raise PlainError(str(refused)) from None
    with TemporaryDirectory(prefix="scrm-explore-") as folder:
        views = Path(folder) / "views"
        views.mkdir()
        if not (listed := lay_out(views, data, company)):
            raise PlainError("There is nothing to look around in: the company has the tables of none of the views.")
        headers = {"headers": {"Content-Security-Policy": ONLY_HERE}}
        settings = {"ip": HERE, "auto_token": True, "tornado_settings": headers}
        pages = {"template": FRONT, "classic_tree": True}
        write_json(Path(folder) / "voila.json", {"Voila": settings, "VoilaConfiguration": pages})
        _front(Path(folder) / "voila" / "templates" / FRONT, listed, company)
        command = [sys.executable, "-m", "voila", str(views), f"--port={port}", *["--no-browser"][browser:]]
        known = {**os.environ, "JUPYTER_PATH": os.pathsep.join([folder, os.environ.get("JUPYTER_PATH", "")])}
        return subprocess.run(command, cwd=folder, env=known, check=False).returncode  # noqa: S603 - our own words


def lay_out(folder: Path, data: Path, company: Company) -> list[dict[str, str]]:
    """Write the notebooks whose tables the company has, with its folder and day as their parameters, and list them."""
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    given = {"data": str(data.resolve()), "as_of": f"{company.as_of:%Y-%m-%d}"}
    written = []
    for path in sorted((notebooks_folder() / "explore").glob("*.ipynb")):
        opened = _OPENS.search(path.read_text(encoding="utf-8").replace('\\"', '"'))
        if opened and not plan(opened[1]).why_left_out(company.has):
            own = load_notebook_node(str(path))
            own.cells = [cell for cell in own.cells if "results" not in cell.metadata.tags]  # what only a run needs
            nbformat.write(parameterize_notebook(own, given), folder / path.name)
            title, *lines = own.cells[0].source.splitlines()
            says = next((line.removeprefix(GET) for line in lines if line.startswith(GET)), "")
            named = title.removeprefix("# ").removeprefix("Look around: ")
            written.append({"file": path.name, "title": _capital(named), "says": _capital(says)})
    return written


def _front(folder: Path, listed: list[dict[str, str]], company: Company) -> None:
    """Write the pages around the views: the list to choose from, and names for the controls of each."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    shutil.copytree(FRONTS, folder)
    write_json(folder / "conf.json", {"base_template": "lab"})
    page = Environment(loader=FileSystemLoader(FRONTS), autoescape=True, undefined=StrictUndefined)
    people = numbers.plural(len(company.customers), "customer") + (" of a made-up company" * company.is_sample)
    front = page.get_template("tree.html.j2").render(people=people, day=f"{company.as_of:%Y-%m-%d}", views=listed)
    (folder / "tree.html").write_text(front, encoding="utf-8")


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
