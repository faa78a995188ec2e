"""What names a person is found wherever it hides, and never repeated; ids, dates and hashes are no find."""

import base64
import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as some
from PIL import Image, PngImagePlugin

from scrm_helpers.cli import commands
from scrm_helpers.report.privacy.leaks import CARD, MAIL, NAME, PHONE, Known, found_in, scan_folder
from scrm_helpers.report.safe_sheets import workbook_bytes

ROOT = Path(__file__).resolve().parents[2]
PEOPLE = ["Ada Muster", "K-204417"]
FINDS = {
    MAIL: ["a.muster@example.org", "ADA+shop@mail.example.com"],
    PHONE: ["+49 30 23125000", "+49 (0)30 23125-000", "tel:+493023125000", "(030) 23125-000", "0151/23125000",
            "01701234567", "020 7946 0123", "+1 (202) 555-0143", "202-555-0143", "0049 30 23125000"],
    CARD: ["4111 1111 1111 1111", "5555555555554444", "3782-822463-10005"],
    NAME: ["ada muster", "Ada\nMuster", "k-204417"],
}  # fmt: skip
NONE = [
    *(
        "2026-09-30",
        "2026-09-30T10:12:30+02:00",
        "20260930123456",
        "1759222350123",
        "+12.5",
        "+1234567.89",
        "1,234,567",
    ),
    *("€4,111,111.11", "0.4111111111111111", "4111111111111112", "P4111111111111111", "10.0.0.1", "C000001", "Muster"),
    *("ISBN 978-3-16-148410-0", "2026Q3", "00123", "@media print", "a@b", "K-2044178", "01 02 03 04 05", "10:12:33"),
    *("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "3f333df6-90a4-4fda-8dd3-9485d27cee36"),
]


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in FINDS.items() for text in texts])
def test_each_kind_is_found(kind, text):
    assert [found for found, _, _ in found_in(f'before "{text}", after', Known.of(PEOPLE))] == [kind]


@pytest.mark.parametrize("text", NONE)
def test_no_false_alarm(text):
    assert list(found_in(f"before {text} after,{text}\n[{text}]", Known.of(PEOPLE))) == []


HARMLESS = some.one_of(
    *(one.map(str) for one in (some.dates(), some.datetimes(), some.floats(), some.uuids())),
    some.binary(min_size=32, max_size=32).map(bytes.hex),
    some.integers(0, 10**12).map("{:,}".format),
)


@given(HARMLESS)
def test_dates_numbers_and_hashes_are_never_found(text):
    assert list(found_in(f'"{text}", {text};{text}', Known.of(PEOPLE))) == []


def png(**said):
    info = PngImagePlugin.PngInfo()
    for key, text in said.items():
        info.add_text(key, text)
    sink = io.BytesIO()
    Image.frombytes("L", (64, 64), bytes(4096)).save(sink, "PNG", pnginfo=info)
    return sink.getvalue()


MADE = {
    "page.html": lambda text: f"<p>ok</p>\n<p>{text.replace('@', '&#64;').replace(' ', '&#32;')}</p>".encode(),
    "page.htm": lambda text: f'<img alt="{text}" src="x.png">'.encode(),
    "book.ipynb": lambda text: json.dumps({"cells": [{"outputs": [text]}]}).replace("@", "\\u0040").encode(),
    "list.csv": lambda text: f"a;b\n1;{text}\n".encode(),
    "list.xlsx": lambda text: workbook_bytes({"A": pd.DataFrame({"a": [text]})}),
    "sheet.xlsx": lambda text: workbook_bytes({text[:31]: pd.DataFrame({"a": [1]})}),
    "network.gexf": lambda text: f'<?xml version="1.0"?><node id="1" label="{text}"/>'.encode(),
    "drawn.svg": lambda text: f"<svg><path d='M1'/><desc>{text}</desc></svg>".encode(),
    "picture.png": lambda text: png(Author=text),
    "inside.html": lambda text: b'<img src="data:image/png;base64,' + base64.b64encode(png(Title=text)) + b'">',
    "list.csv.gz": lambda text: gzip.compress(text.encode()),
    "utf16.tsv": lambda text: text.encode("utf-16"),
}


@pytest.mark.parametrize("file", MADE)
@pytest.mark.parametrize("kind", FINDS)
def test_a_find_in_any_file_ends_the_command_with_1_and_is_never_repeated(file, kind, tmp_path):
    text = FINDS[kind][0]
    (tmp_path / "out").mkdir()
    (tmp_path / "names").write_text("\n".join([*PEOPLE, "Li", "17"]))
    (tmp_path / "out" / file).write_bytes(MADE[file](text))
    done = CliRunner().invoke(commands, ["scan", str(tmp_path / "out"), "--names", str(tmp_path / "names")],
                              standalone_mode=False)  # fmt: skip
    assert (done.return_value, done.exception) == (1, None)
    assert file in done.output
    assert kind in done.output
    assert text.lower() not in done.output.lower()
    assert "2 names or ids are too short or plain" in done.output


def test_the_name_of_a_file_is_looked_at_and_not_repeated(tmp_path):
    (tmp_path / "ada.muster@example.org.csv").write_text("a\n")
    (line,) = scan_folder(tmp_path, Known()).lines
    assert scan_folder(tmp_path / "ada.muster@example.org.csv", Known()).lines == [line]
    assert line == "… (its name): e-mail address"


def test_the_stored_notebooks_name_nobody():
    ids = [line.split(",")[0] for line in (ROOT / "data/sample/customers.csv").read_text().splitlines()[1:]]
    found = scan_folder(ROOT / "notebooks", Known.of(ids))
    assert found.files > 12
    assert (found.lines, found.unread) == ([], [])
