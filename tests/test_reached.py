"""Every definition of the package is met by a reader: a notebook, the report or a command."""

import json
from pathlib import Path

from gates.reached import unreached, unread_fields

ROOT = Path(__file__).parents[1]


def house(tmp_path, code, package, found=unreached):
    """What is found in a house of one notebook and the given files of a package."""
    for name, text in {"__init__": "", **package}.items():
        file = tmp_path / "house" / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    cells = [{"cell_type": "code", "source": [code]}]
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "a.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    return found(tmp_path, "house")


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


def test_every_field_of_an_answer_has_a_reader():
    assert unread_fields(ROOT) == []


def test_a_field_that_nothing_reads_is_named(tmp_path):
    package = {
        "answers": "class Answer:\n    reason: str = ''\n",
        "score": (
            "from house.answers import Answer\n"
            "class Score(Answer):\n    ABSENT: ClassVar[str] = ''\n"
            "    nps: Measure\n    parts: tuple[Measure, ...] = ()\n"
            "    shown: int = 0\n    inside: int = 0\n    alone: int = 0\n"
            "    def words(self):\n        return f'{self.inside} {self.reason}'\n"
            "class Narrow(Score):\n    kept: int = 0\n    def change(self):\n        self.kept = 1\n"
            "class Plain:\n    free: int = 0\n"
        ),
    }
    found = house(tmp_path, "score.shown", package, unread_fields)
    assert found == ["house.score.Score.alone", "house.score.Narrow.kept"]
