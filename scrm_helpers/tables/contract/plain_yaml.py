"""YAML that a person writes, read without its traps: no aliases, no key twice, not too long, not too deep."""

from __future__ import annotations

import re
from typing import Any

from scrm_helpers.tables.contract.receipts import quoted

_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)?(\.\d*)?([eE][-+]?\d+)?|[-+]?0+\.\d*([eE][-+]?\d+)?|[-+]?\.(inf|nan)", re.I)


class NotPlain(ValueError):
    """The text is no plain YAML; `problem` and `advice` are sentences, `line` is where, 0 when not known."""

    def __init__(self, problem: str, advice: str, line: int = 0) -> None:
        super().__init__(f"{problem} {advice}")
        self.problem, self.advice, self.line = problem, advice, line


def load_plain(raw: bytes, *, most_entries: int) -> Any:
    """Read YAML whose every value is written where it stands."""
    import yaml

    class Loader(yaml.SafeLoader):
        nodes = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes += 1
            if self.nodes > most_entries:
                raise yaml.YAMLError(f"it has more than {most_entries:,} entries")
            if self.check_event(yaml.AliasEvent):
                raise yaml.MarkedYAMLError(
                    problem="aliases (*name) are refused", problem_mark=self.peek_event().start_mark
                )
            node = super().compose_node(parent, index)
            if isinstance(node, yaml.ScalarNode) and node.style is None and (parent is None or index is not None):
                _refuse_other_numbers(node, getattr(index, "value", ""))
            if isinstance(node, yaml.MappingNode):
                seen = set()
                for key, _ in node.value:
                    if key.value in seen if isinstance(key, yaml.ScalarNode) else True:
                        problem = f"the key {quoted(getattr(key, 'value', '?'))} stands twice or is not a word"
                        problem += " (write it once, with all that belongs to it)"
                        raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                    seen.add(key.value)
            return node

    try:
        return yaml.load(raw.decode("utf-8-sig"), Loader)  # noqa: S506 - Loader derives from SafeLoader
    except NotPlain:
        raise
    except UnicodeDecodeError:
        raise NotPlain("It is not UTF-8 text.", "Save it as UTF-8.") from None
    except RecursionError:
        raise NotPlain("It is nested too deeply.", "Write plain `key: value` lines.") from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or error
        advice = "Write plain `key: value` lines."
        raise NotPlain(f"It cannot be read: {problem}.", advice, mark.line + 1 if mark else 0) from None


def _refuse_other_numbers(node: Any, key: str) -> None:
    """Refuse what looks plain and is another number to YAML: octal, binary, sixty-based, with underscores."""
    text = node.value
    if node.tag.rpartition(":")[2] not in ("int", "float") or _NUMBER.fullmatch(text):
        return
    import yaml

    read = yaml.safe_load(text)
    meant = text.replace("_", "")
    if ":" in meant:
        meant = meant.replace(":", ".") if meant.count(":") == 1 else str(read)
    elif meant.lstrip("+-").isdigit():
        meant = str(int(meant))
        if meant == str(read) and "_" not in text:
            return
    else:
        meant = str(read)
    before = f"{key}: " if isinstance(key, str) and key else ""
    raise NotPlain(
        f"{before}{text} would be read as {read}.",
        f'Write `{before}{meant}`, if that number is meant, or `{before}"{text}"`, if it is text.',
        node.start_mark.line + 1,
    )
