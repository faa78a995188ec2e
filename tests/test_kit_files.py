"""The project's own files keep the rules that the README and CONTRIBUTING promise; each rule is seen to fail."""

import ast
import json
import re
import sys
import tomllib
from pathlib import Path, PurePath

import pytest
from gates import dependencies, readme, repository, rooms
from gates.reached import House

import kit
from scrm_helpers.report.chapters import walk_plan

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGE = {path: path.read_text() for path in sorted((ROOT / "scrm_helpers").rglob("*.py"))}

# Used without being imported: by papermill and the kernels, by the reader's own cells, as a command or a plugin.
WORKS_BEHIND = {"ipykernel", "nbclient", "seaborn", "statsmodels"}
TEST_TOOLS = {"codespell", "import-linter", "mypy", "nbval", "pandas-stubs", "psycopg", "ruff", "types-pyyaml"}


# Dependencies


def test_what_the_package_imports_is_declared():
    modules = dependencies.imported(PACKAGE.values()) - set(sys.stdlib_module_names) - {"scrm_helpers"}
    extras = [extra for extra in PROJECT["project"]["optional-dependencies"] if extra != "test"]
    declared = {name for extra in ("", *extras) for name in dependencies.declared(PROJECT, extra)}
    assert dependencies.distributions(modules) - declared == set()


def test_what_is_declared_is_imported():
    used = dependencies.distributions(dependencies.imported(PACKAGE.values()))
    assert set(dependencies.declared(PROJECT)) - used - WORKS_BEHIND == set()


def test_what_the_tests_import_is_declared_and_the_other_way_round():
    texts = [path.read_text() for path in sorted((ROOT / "tests").rglob("*.py"))]
    used = dependencies.distributions(dependencies.imported(texts) - set(sys.stdlib_module_names))
    runtime, test = (set(dependencies.declared(PROJECT, extra)) for extra in ("", "test"))
    assert used - runtime - test - {"scrm-helpers"} == set()
    assert test - used - TEST_TOOLS == set()


def test_imports_are_found_wherever_they_stand():
    text = "import a.b\ndef f():\n    from c.d import e\n    from . import g\n    pytest.importorskip('h.i')"
    assert dependencies.imported([text]) == {"a", "c", "h"}


@pytest.mark.parametrize(("place", "extra"), [(kit.WORK, "test"), (kit.LAB, "lab"), (kit.LAB, "explore")])
def test_locks_fit_the_declaration(place, extra):
    needs = [*dependencies.declared(PROJECT).values(), *dependencies.declared(PROJECT, extra).values()]
    assert list(dependencies.lock_problems(place.lock.read_text(), needs)) == []


def test_both_locks_agree_and_only_the_lab_has_jupyterlab():
    work, lab = (dependencies.locked(place.lock.read_text()) for place in (kit.WORK, kit.LAB))
    assert {name for name in work.keys() & lab.keys() if work[name] != lab[name]} == set()
    assert "jupyterlab" in lab
    assert "jupyterlab" not in work


def test_a_lock_that_does_not_fit_is_found():
    needs = [dependencies.Requirement(text) for text in ("pandas>=3", "scipy", "numpy<2")]
    lock = "pandas==3.1.0 \\\n    --hash=sha256:0\nnumpy==2.4.6\n# from https://example.org\n"
    assert list(dependencies.lock_problems(lock, needs)) == [
        "scipy is declared but not locked",
        "numpy is locked at 2.4.6, which does not fit <2",
        "numpy has no hash",
        "the lock holds an address",
    ]


def test_conda_environment_is_what_the_declaration_gives():
    assert (ROOT / "environment.yml").read_text() == kit.conda_environment(PROJECT), "run `python3 kit.py lock`"
    changed = json.loads(json.dumps(PROJECT))
    changed["project"]["dependencies"].append("polars>=1")
    assert '  - "polars>=1"\n' in kit.conda_environment(changed)


# README and repository


def test_readme_names_the_two_commands_and_every_notebook():
    rows = [
        f"| [{chapter.number} {chapter.title}](notebooks/{chapter.stem}.ipynb) | {chapter.question} |"
        for chapter in walk_plan.on_disk(ROOT / "notebooks")
    ]
    known = {walk_plan.START, *(plan.stem for plan in walk_plan.on_disk(ROOT / "notebooks"))}
    strangers = [path.stem for path in ROOT.glob("notebooks/*.ipynb") if path.stem not in known]
    assert not strangers, f"no row in WALK of walk_plan.py: {strangers}"
    pictures = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("notebooks/*.png")]
    assert list(readme.problems((ROOT / "README.md").read_text(), rows, kit.COMMANDS, pictures)) == []


def test_a_stale_readme_is_found():
    text = "```sh\npython3 kit.py report\n```\n| [One](notebooks/01-one.ipynb) | a |\n![](x.png) python3 kit.py fly\n"
    rows = ["| [One](notebooks/01-one.ipynb) | b |", "| [Two](notebooks/02-two.ipynb) | c |"]
    assert list(readme.problems(text, rows, kit.COMMANDS, [])) == [
        "the first block of code is not the two commands: ['python3 kit.py report']",
        "kit.py has no command fly",
        "the table of notebooks is not:\n" + "\n".join(rows),
        "the picture x.png has no description",
        "the picture x.png is not there",
    ]


def test_no_file_tells_about_a_machine_a_registry_or_a_person():
    found = {
        path.relative_to(ROOT).as_posix(): repository.private(text) for path, text in repository.tracked(ROOT).items()
    }
    assert {path: problems for path, problems in found.items() if problems} == {}


@pytest.mark.parametrize("text", ["/" + "home/ann", "C:" + r"\Users\ann", "py" + "pi.org/simple", "ann@" + "mail.com"])
def test_private_text_is_found(text):
    assert len(repository.private(f"read from {text} today")) == 1


def test_harmless_text_is_not_private():
    assert repository.private("ann@example.org, https://example.org/" + "work/, and/or, homework/tmp1") == []


def test_modules_are_short():
    found = {path: repository.too_long(text) for path, text in repository.tracked(ROOT).items() if path.suffix == ".py"}
    assert {path.relative_to(ROOT): problems for path, problems in found.items() if problems} == {}
    assert repository.too_long("\n" * 351) == ["351 lines, 350 are allowed"]


def test_nothing_strange_lies_at_the_top_level():
    assert repository.strangers(ROOT) == []


def test_a_stray_file_is_found():
    assert repository.unlisted(["README.md", "data/sample/goals.csv", "a.png"]) == ["a.png"]


def test_rooms_are_easy_to_find_ones_way_in():
    files = [path.relative_to(ROOT) for path in PACKAGE]
    assert rooms.crowded(files) == []
    assert rooms.twins(files) == []
    assert [problem for path, text in PACKAGE.items() for problem in rooms.misnamed(path, text)] == []


def test_what_makes_a_room_hard_to_read_is_named():
    assert rooms.crowded(PurePath(f"room/a{n}.py") for n in range(13)) == ["room holds 13 files, 12 are allowed"]
    assert rooms.crowded([PurePath(f"room/a{n}.py") for n in range(12)] + [PurePath("room/__init__.py")]) == []
    assert rooms.twins([PurePath("a/cells.py"), PurePath("b/cells.py")]) == ["a/cells.py and b/cells.py share a name"]
    text = "def cells(): ...\ndef tool_test(): ...\n"
    assert list(rooms.misnamed(PurePath("cells.py"), text)) == [
        "cells.py has a function of its own name",
        "cells.py: tool_test looks like a test",
    ]


def test_no_call_is_longer_than_a_reader_keeps_apart():
    assert [name for path, text in PACKAGE.items() for name in rooms.long_calls(path.relative_to(ROOT), text)] == []


def test_a_long_call_is_found_and_options_of_a_command_are_none():
    seven = "a, b, c, /, d, e, *, f, g"
    text = f"def long({seven}): ...\nclass A:\n    def fine(self, a, b, c, d, e, f): ...\n"
    text += f"    def wide(self, {seven}): ...\n    @staticmethod\n    def free({seven}): ...\n"
    text += "@" + f"room.command()\ndef run({seven}): ...\n"
    assert set(rooms.long_calls(PurePath("calls.py"), text)) == {"calls.long", "calls.wide", "calls.free"}


def test_what_a_room_offers_is_documented_and_the_rest_has_a_line():
    house = House(ROOT, "scrm_helpers")
    offers = rooms.offered(house)
    found = {name: list(rooms.undocumented(at.tree, offers.get(name, set()))) for name, at in house.modules.items()}
    assert {name: problems for name, problems in found.items() if problems} == {}


def test_an_undocumented_offer_is_found():
    text = 'def f(a, *, b) -> int:\n    """Do.\n\n    Parameters\n    ----------\n    a : int\n    """\n'
    assert list(rooms.undocumented(ast.parse(text), {"f"})) == ["f has no section Returns", "f does not describe b"]
    assert list(rooms.undocumented(ast.parse(text), set())) == ["f is in no room's `__all__`: a line says enough"]
    silent = "class A:\n    def words(self): ...\n    def _own(self): ...\n    def rows(self): ...\n"
    assert list(rooms.undocumented(ast.parse(silent), set())) == ["A.rows says nothing of itself"]


def test_every_place_on_the_map_is_there():
    rows = [line for line in (ROOT / "CONTRIBUTING.md").read_text().splitlines() if re.match(r"\| .+\? \|", line)]
    assert len(rows) >= 20
    for row in rows:
        places = re.findall(r"`([\w/.]+\.py)`(?: `(\w+)`)?", row)
        assert places, row
        for file, name in places:
            text = (ROOT / file).read_text(encoding="utf-8")
            assert not name or re.search(rf"(?m)^(def |class )?{name}\b", text), f"{file} has no {name}"
