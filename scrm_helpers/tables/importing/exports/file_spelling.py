"""How one file writes days and money: what its cells prove, else what its profile says, else a question."""

from dataclasses import dataclass, field, replace
from typing import Any

from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.importing.exports import cell_values, export_dates
from scrm_helpers.tables.importing.exports.export_reading import refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows
from scrm_helpers.tables.importing.exports.field_values import Spelling, kind_of_field
from scrm_helpers.tables.importing.imported_file import Question
from scrm_helpers.tables.importing.vendor_profile import Profile

_DATED = ("date", "period")


@dataclass
class Spelled:
    """The spelling of a file, as a reader of fields needs it; what it asks and remarks."""

    reader: Spelling
    questions: list[Question] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def spell(rows: ExportRows, profile: Profile, zone: str, file: str) -> Spelled:
    """Find out how a file writes days and money."""
    found = Spelled(Spelling("", ".", export_dates.Zones(profile.dates.timezone, zone), file))
    order, decimal = _order(rows, profile, found), _decimal(rows, profile, found)
    found.reader = replace(found.reader, order=order, decimal=decimal)
    return found


def _order(rows: ExportRows, profile: Profile, found: Spelled) -> str:
    proved, needed = export_dates.orders_shown(_columns(rows, profile, _DATED))
    declared = profile.dates.order
    if len(proved) > 1:
        what = "Some dates have the day first and some the month: both parts go above 12."
        raise refusal_of(found.reader.file, what, "Export the dates in one form, best as 2026-09-30.")
    if proved and declared in ("dmy", "mdy") and {declared} != proved:
        found.remarks.append(
            "The dates have another order than this vendor writes; the one that the cells prove counts."
        )
    if declared and not needed:
        found.remarks.append("No date needs the order that is told: each says itself which part is the day.")
    if not proved and needed and declared not in ("dmy", "mdy"):
        text = "Nothing tells day from month: no date has a part above 12. Which comes first?"
        found.questions.append(Question(id="date_order", text=text, choices=("day first", "month first")))
    return next(iter(proved), declared)


def _decimal(rows: ExportRows, profile: Profile, found: Spelled) -> str:
    columns = _columns(rows, profile, NUMERIC)
    proved = cell_values.decimal_marks(columns)
    if len(proved) > 1:
        what = "Some amounts have a decimal point and some a decimal comma."
        raise refusal_of(found.reader.file, what, "Export the amounts in one form, such as 1234.50.")
    if "," in proved and profile.decimal != ",":
        found.remarks.append("The amounts have decimal commas, as a spreadsheet of another country writes them.")
    elif profile.decimal == "," and (proved or not columns):
        why = "the amounts have points" if proved else "there are no amounts"
        found.remarks.append(f"The decimal comma that is told is not used: {why}.")
    known = profile.decimal or (profile.recognise and rows.header.separator != ";")
    if not proved and not known and cell_values.unproved(columns):
        text = "Amounts such as 1,234 may be thousands or decimals. Which is the decimal mark?"
        found.questions.append(Question(id="decimal", text=text, choices=("point", "comma")))
    return next(iter(proved), profile.decimal or ".")


def _columns(rows: ExportRows, profile: Profile, kinds: tuple[str, ...]) -> list[Any]:
    """The columns of these kinds, but for texts in which a value is sought by a pattern."""
    places: dict[int, None] = {}
    for table, spec in profile.entries:
        forms = [form for name, of in spec.columns.items() if kind_of_field(table, name) in kinds for form in of]
        if spec.refund:
            forms += [] if kinds is _DATED else spec.refund.amount
            places |= dict.fromkeys(rows.header.find(spec.refund.day) if kinds is _DATED else ())
        places |= dict.fromkeys(rows.places_of([form for form in forms if not form.pattern and form.question != "nps"]))
    return [rows.cell(place) for place in places]
