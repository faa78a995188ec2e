"""The workbook in which two coders say the degree of conversations; the only file of the kit that holds their texts."""

import io
from itertools import product

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
            sheet = book.add_worksheet(coder)
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, 1, 12, wrapped)
            sheet.set_column(2, 2, 110, wrapped)
            sheet.write_row(0, 0, ("thread_id", "degree", "conversation"))
            for row, (thread, text) in enumerate(drawn.itertuples(index=False, name=None), start=1):
                sheet.write_string(row, 0, thread)
                sheet.write_string(row, 2, text)
            if len(drawn):
                sheet.data_validation(1, 1, len(drawn), 1, {"validate": "list", "source": [*map(str, DEGREES)]})
        joined = book.add_worksheet("coding")  # each line takes the degree from the coder's sheet
        joined.write_row(0, 0, ("thread_id", "coder", "degree"))
        for row, (coder, (line, thread)) in enumerate(product(CODERS, enumerate(drawn["thread_id"], start=2)), start=1):
            joined.write_string(row, 0, thread)
            joined.write_string(row, 1, coder)
            joined.write_formula(row, 2, f"=IF('{coder}'!B{line}=\"\",\"\",VALUE('{coder}'!B{line}))", None, "")
    return buffer.getvalue()
