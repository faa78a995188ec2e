"""How one file writes days and money: what its cells prove, else what its profile says, else a question."""

from typing import Any

from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.importing.exports import cell_values, export_dates
from scrm_helpers.tables.importing.exports.export_reading import refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows
from scrm_helpers.tables.importing.exports.field_values import Spelling, kind_of_field
from scrm_helpers.tables.importing.imported_file import Question
from scrm_helpers.tables.importing.vendor_profile import Profile

_DATED = ("date", "period")


def spell(rows: ExportRows, profile: Profile, zone: str, file: str) -> tuple[Spelling, list[Question], list[str]]:
    """Find out how a file writes days and money, what has to be asked about that, and what is to be remarked."""
    questions, remarks = list[Question](), list[str]()
    proved, needed = export_dates.orders_shown(_columns(rows, profile, _DATED))
    declared = profile.dates.order
    if len(proved) > 1:
        what = "Some dates have the day first and some the month: both parts go above 12."
        raise refusal_of(file, what, "Export the dates in one form, best as 2026-09-30.")
    if proved and declared in ("dmy", "mdy") and {declared} != proved:
        remarks.append("The dates have another order than this vendor writes; the one that the cells prove counts.")
    if declared and not needed:
        remarks.append("No date needs the order that is told: each says itself which part is the day.")
    if not proved and needed and declared not in ("dmy", "mdy"):
        text = "Nothing tells day from month: no date has a part above 12. Which comes first?"
        questions.append(Question(id="date_order", text=text, choices=("day first", "month first")))
    columns = _columns(rows, profile, NUMERIC)
    marks = cell_values.decimal_marks(columns)
    if len(marks) > 1:
        what = "Some amounts have a decimal point and some a decimal comma."
        raise refusal_of(file, what, "Export the amounts in one form, such as 1234.50.")
    if "," in marks and profile.decimal != ",":
        remarks.append("The amounts have decimal commas, as a spreadsheet of another country writes them.")
    elif profile.decimal == "," and (marks or not columns):
        why = "the amounts have points" if marks else "there are no amounts"
        remarks.append(f"The decimal comma that is told is not used: {why}.")
    known = profile.decimal or (profile.recognise and rows.header.separator != ";")
    if not marks and not known and cell_values.unproved(columns):
        text = "Amounts such as 1,234 may be thousands or decimals. Which is the decimal mark?"
        questions.append(Question(id="decimal", text=text, choices=("point", "comma")))
    order, decimal = next(iter(proved), declared), next(iter(marks), profile.decimal or ".")
    return Spelling(order, decimal, profile.dates.timezone, zone, file), questions, remarks


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
