"""What was read and what was found: the receipt of each table, the findings, and the check as a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from scrm_helpers.answers.numbers import plural
from scrm_helpers.answers.refusal import Refusal

Level = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What happened to one table on the way in."""

    table: str
    file: str
    sha256: str  # of the file as stored
    rows_read: int
    rows_kept: int  # that count; the others are left out
    encoding: str = ""  # as found; empty for Parquet, as is the delimiter
    delimiter: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)  # reason -> rows, each for one reason only
    values_blanked: Mapping[str, int] = field(default_factory=dict)  # reason -> values set to missing in rows kept
    ids_renamed: Mapping[str, int] = field(default_factory=dict)  # column -> former ids replaced, after ``aliases``
    columns_ignored: tuple[str, ...] = ()  # which the contract does not know
    columns_left_out: Mapping[str, str] = field(default_factory=dict)  # column -> its class in the data register
    columns_borrowed: tuple[str, ...] = ()  # used, and never written to disk
    blank_lines: int = 0  # which are no rows

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_kept + self.rows_left_out:
            counted = f"{self.rows_read} rows read, {self.rows_kept} kept, {self.rows_left_out} left out"
            raise ValueError(f"Receipt of {self.table} does not tie: {counted}.")

    @property
    def rows_left_out(self) -> int:
        """Rows that do not count, over all reasons."""
        return sum(self.left_out.values())


VALUE_LIMIT = 40
LINES_SHOWN = 5
MESSAGES_SHOWN = 20
_UNSAFE = re.compile("[\x00-\x1f\x7f-\xa0\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")


def quoted(value: object) -> str:
    r"""Write a value from a file so that it cannot disturb the reader: escaped, and cut to 40 characters."""
    text = str(value)
    return f"'{escaped(text[:VALUE_LIMIT])}{'...' if len(text) > VALUE_LIMIT else ''}'"


def escaped(text: str) -> str:
    """Write control characters, and characters that hide or turn text around, as escapes."""
    return _UNSAFE.sub(lambda match: ascii(match.group())[1:-1], text)


def pasteable(text: str) -> str:
    r"""Write a text as it may stand in company.yaml, between quotation marks."""
    return escaped(json.dumps(text, ensure_ascii=False))


def listed(items: Sequence[object], shown: int = LINES_SHOWN) -> str:
    """Write a list in words, capped."""
    texts = [str(item) for item in items[:shown]]
    if len(items) > shown:
        return f"{', '.join(texts)} and {len(items) - shown:,} more"
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


@dataclass(frozen=True, kw_only=True)
class Message:
    """One finding about the input: what is wrong, with counts and an example, why it matters, and what to do."""

    what: str
    why: str
    todo: str
    table: str = ""
    file: str = ""
    column: str = ""
    lines: tuple[int, ...] = ()  # the first few, as they stand in the file: the header is line 1
    n: int = 0  # rows concerned
    level: Level = "error"  # an error refuses the input, a warning is listed

    @property
    def where(self) -> str:
        """File, column and lines in words."""
        parts = [escaped(self.file) or (f"table {self.table}" if self.table else "the company folder")]
        if self.column:
            parts.append(f"column {self.column}")
        if self.lines:
            more = max(self.n - len(self.lines), 0)
            shown = [f"{line:,}" for line in self.lines] + ([f"{more:,} more"] if more else [])
            parts.append(f"line{'s' if len(shown) > 1 else ''} {listed(shown, shown=len(shown))}")
        return ", ".join(parts)

    def __str__(self) -> str:
        return f"{self.what} Where: {self.where}. Why it matters: {self.why} What to do: {self.todo}"


def capped(messages: Iterable[Message], shown: int = MESSAGES_SHOWN) -> str:
    """Write messages as a list for a terminal, errors first, at most `shown` of them."""
    ordered = sorted(messages, key=lambda message: message.level != "error")
    lines = [f"- {message}" for message in ordered[:shown]]
    if len(ordered) > shown:
        lines.append(f"- and {len(ordered) - shown:,} more findings; mend these first and check again.")
    return "\n".join(lines)


class CompanyRefused(Refusal):
    """The company folder cannot be used; `messages` holds every finding."""

    messages: tuple[Message, ...]

    def __init__(self, messages: Sequence[Message]) -> None:
        errors = [message for message in messages if message.level == "error"]
        super().__init__(f"The company folder is refused because of {plural(len(errors), 'fault')}:\n{capped(errors)}")
        self.messages = tuple(messages)

    @classmethod
    def because(cls, what: str, why: str, todo: str, **place: Any) -> CompanyRefused:
        """Return a refusal with one finding."""
        return cls([Message(what=what, why=why, todo=todo, **place)])


@dataclass(frozen=True, kw_only=True)
class CheckReport:
    """What the check of a folder found."""

    as_of: str  # day of the analysis (ISO), empty when none could be told
    messages: tuple[Message, ...]
    receipts: Mapping[str, Receipt] = field(default_factory=dict)  # of every table that could be read
    facts: Mapping[str, Any] = field(default_factory=dict)  # counts and totals; empty when the input is refused

    @property
    def exit_code(self) -> int:
        """0 when the input can be used (warnings are listed), 1 when any finding is an error."""
        return int(any(message.level == "error" for message in self.messages))

    def to_json(self) -> str:
        """Write the report as the text of ``check.json``: sorted keys, no clock, no paths."""
        content = {
            "status": "refused" if self.exit_code else "ok",
            "exit_code": self.exit_code,
            "as_of": self.as_of,
            "messages": [asdict(message) | {"where": message.where} for message in self.messages],
            "tables": {name: asdict(one) | {"rows_left_out": one.rows_left_out} for name, one in self.receipts.items()},
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
        lines += ["", "The company is refused." if self.exit_code else "The company can be used."]
        return "\n".join(lines).lstrip("\n")
