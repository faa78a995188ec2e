"""The workbook in which two coders say the degree of conversations; the only file of the kit that holds their texts."""

import io

import pandas as pd

from scrm_helpers.conversations import draw_for_coding, judge_threads, read_threads
from scrm_helpers.conversations.degrees.six_degrees import DEGREES, KINDS
from scrm_helpers.tables import Company

CODERS = ("coder 1", "coder 2")
ADVICE = (
    "Each coder fills the column degree of the own sheet, without looking at the other.",
    "Then save the sheet named coding as coding.csv into the company folder: it holds no text.",
    "Names are left out, texts are as they were written: keep this file where the texts may be, and delete it after.",
)


def sheets_for_coders(company: Company) -> bytes:
    """Write the drawn conversations once for each coder, with a list of degrees to choose from."""
    import xlsxwriter

    interactions = company.table("interactions")
    drawn = draw_for_coding(judge_threads(read_threads(interactions, company.as_of)), interactions)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        how = book.add_worksheet("how")
        how.set_column(1, 1, 100, wrapped)
        how.write_column(0, 1, ADVICE)
        for row, (kind, (degree, why)) in enumerate(KINDS.items(), start=len(ADVICE) + 1):
            how.write_number(row, 0, degree)
            how.write_string(row, 1, f"{kind}: {why}")
        for coder in CODERS:
            _sheet_of(book, coder, drawn, wrapped)
        _joined(book, drawn)
    return buffer.getvalue()


def _sheet_of(book, coder: str, drawn: pd.DataFrame, wrapped) -> None:  # type: ignore[no-untyped-def]
    sheet = book.add_worksheet(coder)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 1, 12, wrapped)
    sheet.set_column(2, 2, 110, wrapped)
    sheet.write_row(0, 0, ("thread_id", "degree", "conversation"))
    for row, (thread, text) in enumerate(drawn.itertuples(index=False, name=None), start=1):
        sheet.write_string(row, 0, thread)
        sheet.write_string(row, 2, text)
    if len(drawn):
        sheet.data_validation(1, 1, len(drawn), 1, {"validate": "list", "source": [str(one) for one in DEGREES]})


def _joined(book, drawn: pd.DataFrame) -> None:  # type: ignore[no-untyped-def]
    """One line for each coder and thread, which takes the degree from the coder's sheet."""
    sheet = book.add_worksheet("coding")
    sheet.write_row(0, 0, ("thread_id", "coder", "degree"))
    for place, coder in enumerate(CODERS):
        for row, thread in enumerate(drawn["thread_id"], start=1):
            at = place * len(drawn) + row
            sheet.write_string(at, 0, thread)
            sheet.write_string(at, 1, coder)
            sheet.write_formula(at, 2, f"=IF('{coder}'!B{row + 1}=\"\",\"\",VALUE('{coder}'!B{row + 1}))", None, "")
