"""One export to rows of the contract."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from scrm_helpers.tables.importing.generic_draft import draft_mapping
from scrm_helpers.tables.importing.imported_file import ImportedFile


def import_file(
    path: Path, profiles: Mapping[str, Any], given: Mapping[str, Any] | None = None, zone: str = "UTC"
) -> list[ImportedFile]:
    """What an export, or each sheet of a workbook, holds; a file that no profile knows gets a draft."""
    del profiles, given, zone
    raw = path.read_bytes()
    rows = pd.read_csv(io.BytesIO(raw), dtype="str", keep_default_na=False)
    entry, questions = draft_mapping([str(name) for name in rows], rows.head(3))
    sha256, n = hashlib.sha256(raw).hexdigest(), len(rows)
    mapping = ({"file": path.name, "sha256": sha256, **entry},)
    return [ImportedFile(file=path.name, sha256=sha256, rows_read=n, rows_kept=n, questions=questions, mapping=mapping)]
