"""The check of a company folder as a document: findings, receipts and facts, for people and for ``check.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from scrm_helpers.tables.contract.receipts import Message, Receipt, capped, listed


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What the check of a folder found.

    Parameters
    ----------
    as_of : str
        Day of the analysis (ISO), empty when none could be told.
    messages : tuple of Message
        All findings.
    receipts : mapping of str to Receipt
        Table -> what was read, kept and left out, for every table that could be read.
    facts : mapping of str to object
        Counts and totals; empty when the input is refused.
    """

    as_of: str
    messages: tuple[Message, ...]
    receipts: Mapping[str, Receipt] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def status(self) -> Literal["ok", "refused"]:
        """``"refused"`` when any finding is an error."""
        return "refused" if any(message.level == "error" for message in self.messages) else "ok"

    @property
    def exit_code(self) -> int:
        """0 when the input can be used (warnings are listed), 1 when it is refused."""
        return 1 if self.status == "refused" else 0

    def to_json(self) -> str:
        """Write the report as the text of ``check.json``: sorted keys, no clock, no paths."""
        tables = {name: receipt.as_dict() for name, receipt in self.receipts.items()}
        content = {
            "status": self.status,
            "exit_code": self.exit_code,
            "as_of": self.as_of,
            "messages": [message.as_dict() for message in self.messages],
            "tables": tables,
            "facts": dict(self.facts),
        }
        return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True) + "\n"

    def to_text(self) -> str:
        """Write the report for a terminal."""
        lines = []
        for receipt in self.receipts.values():
            reasons = [f"{n:,} {reason}" for reason, n in sorted(receipt.left_out.items())]
            left = f", {receipt.rows_left_out:,} left out ({listed(reasons)})" if reasons else ""
            renamed = [f"{n:,} in {column}" for column, n in sorted(receipt.ids_renamed.items())]
            now = f" Former ids read as today's: {listed(renamed)}." if renamed else ""
            lines.append(f"{receipt.table}: {receipt.rows_read:,} rows read, {receipt.rows_kept:,} kept{left}.{now}")
        if self.messages:
            lines += ["", capped(self.messages)]
        lines += ["", "The company can be used." if self.status == "ok" else "The company is refused."]
        return "\n".join(lines).lstrip("\n")
