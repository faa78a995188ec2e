"""Exports that need no profile."""

import hashlib

import pandas as pd
import pytest

from scrm_helpers.report import imported_company
from scrm_helpers.tables.importing.imported_file import ImportedFile, Question
from scrm_helpers.tables.importing.vendor_profile import Profile


@pytest.fixture
def exports(tmp_path, monkeypatch):
    """Files whose first line names the vendor and the table; below it stand the rows as a profile would give them."""

    def write(name, vendor, table, text):
        (tmp_path / name).write_text(f"{vendor} {table}\n{text}")
        return tmp_path / name

    def read(path, profiles, entries=(), zone="UTC"):
        raw = path.read_bytes()
        head, _, text = raw.decode().partition("\n")
        vendor, table = head.split()
        frame = pd.DataFrame(
            [line.split(",") for line in text.splitlines()[1:]], columns=text.splitlines()[0].split(",")
        )
        frame["_line"] = range(2, len(frame) + 2)
        answers = next((entry["answers"] for entry in entries if entry["file"] == path.name), {})
        question = Question(id="date_order", text="Which comes first?", choices=("day first", "month first"))
        asked = (question,) if vendor == "unclear" and answers.get("date_order") not in question.choices else ()
        sha256 = hashlib.sha256(raw).hexdigest()
        entry = {"file": path.name, "sha256": sha256, "profile": vendor, "table": table, "answers": answers}
        n = len(frame)
        return [
            ImportedFile(
                file=path.name, sha256=sha256, vendor=vendor, why=("its header",), encoding="UTF-8", separator=",",
                header_rows=1, rows_read=n, rows_kept=n, tables={table: frame}, questions=asked, mapping=(entry,),
                refused="It is a login page." if vendor == "refused" else "",
            )
        ]  # fmt: skip

    names = ["crm", "market", "programme", "refused", "shop", "survey", "unclear"]
    vendors = {name: Profile(vendor=name, tables={}) for name in names}
    monkeypatch.setattr(imported_company, "load_profiles", lambda _: vendors)
    monkeypatch.setattr(imported_company, "import_file", read)
    monkeypatch.chdir(tmp_path)
    return write
