"""YAML that a person writes, read without its traps, and numbers in another spelling refused with the one meant."""

import datetime as dt
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from scrm_helpers.answers.refusal import Refusal
from scrm_helpers.tables.contract.receipts import CompanyRefused, quoted

_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)?(\.\d*)?([eE][-+]?\d+)?|[-+]?0+\.\d*([eE][-+]?\d+)?|[-+]?\.(inf|nan)", re.I)
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,' \u00a0\u202f_])\d{3})(?:\1\d{3})*(?:(?!\1)[.,]\d+)?")
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₽": "RUB", "₺": "TRY", "zł": "PLN"}
_DAYS = ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%S")
_LINES = "Write plain `key: value` lines."


def misread(what: str, todo: str, file: str, why: str = "", **place: Any) -> CompanyRefused:
    """Return the refusal of a file of settings with one finding."""
    why = why or "Settings that are misread would change every figure of the report."
    return CompanyRefused.because(what, why, todo, file=file, **place)


def load_plain(raw: bytes, file: str, *, most_entries: int, aliases: bool = False) -> Any:
    """Read YAML whose every value is written where it stands: no aliases unless allowed, no key twice, not too much."""
    import yaml

    class Loader(yaml.SafeLoader):
        nodes = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            """Compose one node, or refuse what makes a file large or ambiguous."""
            self.nodes += 1
            if self.nodes > most_entries:
                raise yaml.YAMLError(f"it has more than {most_entries:,} entries")
            if self.check_event(yaml.AliasEvent) and not aliases:
                mark = self.peek_event().start_mark
                raise yaml.MarkedYAMLError(problem="aliases (*name) are refused", problem_mark=mark)
            node = super().compose_node(parent, index)
            if isinstance(node, yaml.ScalarNode) and node.style is None and (parent is None or index is not None):
                _refuse_other_numbers(node, getattr(index, "value", ""), file)
            if isinstance(node, yaml.MappingNode):
                seen = set()
                for key, _ in node.value:
                    if not isinstance(key, yaml.ScalarNode) or key.value in seen:
                        problem = f"the key {quoted(getattr(key, 'value', '?'))} stands twice or is not a word"
                        problem += " (write it once, with all that belongs to it)"
                        raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
                    seen.add(key.value)
            return node

    try:
        return yaml.load(raw.decode("utf-8-sig"), Loader)  # noqa: S506 - Loader derives from SafeLoader
    except CompanyRefused:
        raise
    except UnicodeDecodeError:
        raise misread("It is not UTF-8 text.", "Save it as UTF-8.", file) from None
    except RecursionError:
        raise misread("It is nested too deeply.", _LINES, file) from None
    except (yaml.YAMLError, ValueError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None) or error
        lines = (mark.line + 1,) if mark else ()
        raise misread(f"It cannot be read: {problem}.", _LINES, file, lines=lines) from None


def as_word(given: Any) -> Any:
    """YAML reads yes, no and numbers as what they are; where words are asked for they are words."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    return str(given) if isinstance(given, int | float) else given


def line_at(raw: bytes, place: Sequence[str | int]) -> int:
    """The line on which a value of a YAML file stands, or the last one on the way to it."""
    import yaml

    node: Any = yaml.compose(raw.decode("utf-8-sig"), Loader=yaml.SafeLoader)
    line: int = node.start_mark.line if node else 0
    for step in place:
        if isinstance(step, int) and isinstance(node, yaml.SequenceNode) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        elif isinstance(node, yaml.MappingNode) and (
            found := next((pair for pair in node.value if pair[0].value == step), None)
        ):
            line, node = found[0].start_mark.line, found[1]
        else:
            break
    return line + 1


def _refuse_other_numbers(node: Any, key: str, file: str) -> None:
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
    todo = f'Write `{before}{meant}`, if that number is meant, or `{before}"{text}"`, if it is text.'
    raise misread(f"{before}{text} would be read as {read}.", todo, file, lines=(node.start_mark.line + 1,))


def _refused(reason: str, meant: object = None) -> Refusal:
    """The refusal of a value: its reason, and the value that was probably meant, empty where it cannot be told."""
    return Refusal([reason, "" if meant is None else str(meant)])


def _in_shares(given: Any, most: float) -> Any:
    value, percent = _number(given)
    if value is None or not math.isfinite(value) or (0 <= value <= most and not percent and _is_plain(given)):
        return given
    if 0 <= value <= 100 and (percent or value > most):
        reason = f"it is a share between 0 and 1, so that {value:g} would be {value * 100:g} %"
        raise _refused(reason, f"{value / 100:.10g}")
    raise _refused("it is a share between 0 and 1", f"{value:.10g}" if 0 <= value <= most else None)


def _as_plain(given: Any, reason: str, whole: bool = False) -> Any:
    value, percent = _number(given)
    fits = value is None or not whole or value % 1 == 0
    if value is None or (fits and _is_plain(given)):
        return given
    raise _refused(reason, None if percent or not fits else f"{value:.15g}")


_amount = partial(_as_plain, reason="write a plain number, without signs, units or marks for thousands")
_whole = partial(_as_plain, reason="it is a whole number", whole=True)


def _month(given: Any) -> Any:
    if isinstance(given, dt.date):
        raise _refused("it is the number of a month, 1 to 12", given.month)
    word = str(given).strip().lower()
    if word[:3] in _MONTHS and word.isalpha():
        raise _refused("it is the number of a month, 1 to 12", _MONTHS.index(word[:3]) + 1)
    return _whole(given)


def _day(given: Any) -> Any:
    """Pass a day; refuse another spelling of one with the day that was meant."""
    if given is None or type(given) is dt.date:
        return given
    text, meant = str(given).strip(), given.date() if isinstance(given, dt.datetime) else None
    for form in () if meant else _DAYS:
        try:
            meant = dt.datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        if form == "%Y-%m-%d" and text == meant.isoformat():
            return meant
        break
    raise _refused("write a day such as 2026-09-30", meant)


def _code(given: Any) -> Any:
    """Pass a currency code; refuse small letters and signs with the code that was meant."""
    text = str(given).strip()
    meant = _SIGNS.get(text, text.upper() if re.fullmatch("[A-Za-z]{3}", text) else None)
    if isinstance(given, str) and meant and meant != given:
        raise _refused("write the three capital letters of ISO 4217, such as EUR", meant)
    return given


Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False), BeforeValidator(partial(_in_shares, most=1.0))]
Rate = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False), BeforeValidator(partial(_in_shares, most=0.999))]
Cost = Annotated[float, Field(ge=0, allow_inf_nan=False), BeforeValidator(_amount)]
Hours = Annotated[float, Field(gt=0, allow_inf_nan=False), BeforeValidator(_amount)]
Whole = Annotated[int, Field(ge=1), BeforeValidator(_whole)]
Month = Annotated[int, Field(ge=1, le=12), BeforeValidator(_month)]
Day = Annotated[dt.date | None, BeforeValidator(_day)]
Code = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Currency = Annotated[Code, BeforeValidator(_code)]
Worth = Annotated[Decimal, Field(gt=0, allow_inf_nan=False), BeforeValidator(_amount)]


def _is_plain(given: Any) -> bool:
    return not isinstance(given, str) or _PLAIN.fullmatch(given.strip()) is not None


def _number(given: Any) -> tuple[float | None, bool]:
    """Read what a person may have meant as a number, and whether it is in per cent."""
    if isinstance(given, (int, float)):
        return float(given), False
    if not isinstance(given, str):
        return None, False
    text = given.strip()
    percent = bool(re.search(r"%|per ?cent|prozent", text, re.I))
    text = re.sub(r"%|per ?cent|prozent|[A-Z]{3}\b|[€£$¥₹₽₺]", "", text, flags=re.I).strip()
    if grouped := _GROUPED.fullmatch(text):
        text = text.replace(grouped.group(1), "").replace(",", ".")
    elif re.fullmatch(r"[+-]?\d*,\d+", text):
        text = text.replace(",", ".")
    return (float(text), percent) if _PLAIN.fullmatch(text) else (None, percent)
