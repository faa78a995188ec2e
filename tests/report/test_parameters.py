"""What counts as a declared parameter, and what is refused before a kernel starts."""

import re

import nbformat
import pytest

from scrm_helpers.answers.refusal import PlainError
from scrm_helpers.report.chapters.walk_plan import notebooks_folder
from scrm_helpers.report.engine import parameters

CELL = """
data: str = "../data/sample"  # help: company folder
hourly_rate: float = 35.0  # help: company currency, above 0
waves: list[str] = ["a", "b"]
deep: dict = {
    "a": 1,
}  # help: by segment
limit: Optional[int] = None
quarters: int = 4
strict = True
"""


def test_every_way_of_declaring_is_seen():
    found = parameters.from_source(CELL)
    assert {name: parameter.kind for name, parameter in found.items()} == {
        "data": "str",
        "hourly_rate": "float",
        "waves": "list",
        "deep": "dict",
        "limit": "int",
        "quarters": "int",
        "strict": "bool",
    }
    assert found["hourly_rate"].help == "company currency, above 0"
    assert found["deep"].help == "by segment"
    assert found["deep"].default == {"a": 1}
    assert found["limit"].optional
    assert not found["quarters"].optional


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("a = 1\nb = a * 10", "'b' starts with a computed value"),
        ("a, b = 1, 2", "Line 1 of the parameters cell"),
        ("a: int", "Line 1 of the parameters cell"),
        ("import os", "Line 1 of the parameters cell"),
        ("a = 1\na = 2", "declares 'a' twice"),
        ("a: int = 'x'", "declared as int but starts with 'x'"),
        ("a: date = '2026-01-01'", "type 'date'"),
        ("a: int | None = 3", "type 'int | None'"),
        ("a = (1, 2)", "type 'tuple'"),
        ("a = ", "line 1 is not Python"),
    ],
)
def test_what_is_not_a_literal_declaration_is_refused(source, said):
    with pytest.raises(PlainError) as refused:
        parameters.from_source(source)
    assert said in str(refused.value)


@pytest.mark.parametrize("tagged", [0, 2])
def test_a_notebook_has_exactly_one_parameters_cell(tagged):
    cells = [nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["parameters"]}) for _ in range(tagged)]
    with pytest.raises(PlainError, match="exactly one"):
        parameters.declared(nbformat.v4.new_notebook(cells=cells))


@pytest.mark.parametrize(
    ("name", "value", "fits"),
    [
        ("quarters", 8, True),
        ("quarters", 8.0, False),
        ("quarters", True, False),
        ("quarters", None, False),
        ("limit", None, True),
        ("hourly_rate", 40, True),
        ("hourly_rate", float("nan"), False),
        ("hourly_rate", float("inf"), False),
        ("hourly_rate", "40", False),
        ("strict", False, True),
        ("strict", 1, False),
        ("waves", ["x"], True),
        ("waves", "x", False),
        ("data", "00123", True),
        ("data", 123, False),
    ],
)
def test_a_value_fits_the_declared_type_or_is_refused(name, value, fits):
    declared = parameters.from_source(CELL)
    if fits:
        assert parameters.check(declared, {name: value}) == {name: value}
        return
    with pytest.raises(PlainError, match=f"The parameter '{name}' must be"):
        parameters.check(declared, {name: value})


@pytest.mark.parametrize("name", ["db_password", "api_key", "TOKEN", "client_secret"])
def test_secrets_are_no_parameters(name):
    with pytest.raises(PlainError, match="looks like a secret"):
        parameters.check_name(name, [name])


def test_a_name_that_only_contains_a_secret_word_is_fine():
    parameters.check_name("monkey_keyboard", ["monkey_keyboard"])


@pytest.mark.parametrize("name", ["a b", "class", "print", "1a", "x=1;y", ""])
def test_only_plain_names_reach_the_notebook(name):
    with pytest.raises(PlainError, match="is not a name"):
        parameters.check_name(name, [name])


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("data", "00123", "00123"),  # papermill's own -p makes 123 of it
        ("data", "nan", "nan"),
        ("quarters", "8", 8),
        ("hourly_rate", "1e1", 10.0),
        ("strict", "no", False),
        ("waves", "['x']", ["x"]),
        ("limit", "3", 3),
    ],
)
def test_texts_of_the_command_line_are_read_as_declared(name, text, value):
    assert parameters.typed(parameters.from_source(CELL)[name], text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("quarters", "1_000"),
        ("quarters", "8.5"),
        ("hourly_rate", "nan"),
        ("strict", "1"),
        ("waves", "x"),
        ("deep", "["),
    ],
)
def test_texts_that_are_no_such_value_are_refused(name, text):
    with pytest.raises(PlainError, match="must be"):
        parameters.typed(parameters.from_source(CELL)[name], text)


@pytest.mark.parametrize("text", ["2026-9-30", "30.09.2026", "2026-02-30", "20260930", 20260930, None, ""])
def test_a_day_is_an_iso_date(text):
    with pytest.raises(PlainError, match="as_of must be a date"):
        parameters.check_date("as_of", text)
    assert parameters.check_date("as_of", "2026-09-30") == "2026-09-30"


DECLARED = [
    pytest.param(parameter, id=f"{notebook.stem[:2]}-{name}")
    for notebook in sorted(notebooks_folder().glob("[0-9]*.ipynb"))
    for name, parameter in parameters.declared(nbformat.read(notebook, as_version=4)).items()
    if re.search(r"\d to -?\d|or more|above 0|one of", parameter.help)
]


@pytest.mark.parametrize("parameter", DECLARED)
def test_a_value_outside_of_what_the_help_allows_is_refused_before_anything_runs(parameter):
    outside = [f"no {parameter.default}"] if parameter.kind == "str" else [-2, -0.01, 10**9]
    kinds = {"int": int, "float": float, "str": str}
    refused = [value for value in map(kinds[parameter.kind], outside) if not parameter.allows(value)]
    assert refused
    for value in refused:
        with pytest.raises(PlainError, match="cannot be"):
            parameters.check({parameter.name: parameter}, {parameter.name: value})
    assert parameters.check({parameter.name: parameter}, {parameter.name: parameter.default})
