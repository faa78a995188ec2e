"""Every definition of the package is met by a reader: a notebook, the report or a command."""

import json
from pathlib import Path

from gates.reached import unreached

ROOT = Path(__file__).parents[1]


def house(tmp_path, code, package):
    """A house of one notebook and the given files of a package."""
    for name, text in {"__init__": "", **package}.items():
        file = tmp_path / "house" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    cells = [{"cell_type": "code", "source": [code]}]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return unreached(tmp_path, "house")


def test_nothing_stands_without_a_reader():
    assert unreached(ROOT) == []


def test_what_only_tests_would_call_is_named(tmp_path):
    package = {"rooms": "LIMIT = 1\ndef shown():\n    return LIMIT\ndef alone():\n    return shown()\n"}
    assert house(tmp_path, "from house.rooms import shown\nshown()", package) == ["house.rooms.alone"]


def test_a_front_door_is_no_reader(tmp_path):
    package = {"__init__": "", "rooms/__init__": "from house.rooms.one import first, second\n"}
    package["rooms/one"] = "def first():\n    pass\ndef second():\n    pass\n"
    assert house(tmp_path, "from house import rooms\nrooms.first()", package) == ["house.rooms.one.second"]


def test_a_module_handed_on_whole_is_read_whole(tmp_path):
    package = {"model": "def fit():\n    pass\n", "use": "from house import model\nMODELS = {'a': model}\n"}
    assert house(tmp_path, "from house.use import MODELS\nMODELS['a'].fit()", package) == []
