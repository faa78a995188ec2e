"""From a vendor's export to rows of the contract: recognised, read by its profile, tied to the last row, or refused."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from scrm_helpers.answers.numbers import plural
from scrm_helpers.tables.contract.column_kinds import NUMERIC
from scrm_helpers.tables.contract.declarations import TABLES
from scrm_helpers.tables.contract.receipts import CompanyRefused, listed, quoted
from scrm_helpers.tables.importing.exports import cell_values, export_dates
from scrm_helpers.tables.importing.exports.export_reading import Export, open_export, refusal_of
from scrm_helpers.tables.importing.exports.export_rows import ExportRows, LeftOut
from scrm_helpers.tables.importing.exports.field_values import Spelling, kind_of_field
from scrm_helpers.tables.importing.exports.given_answers import adapted, own_entry, plain_profile
from scrm_helpers.tables.importing.exports.recognition import Recognised, fitting, header_at, plain_header, recognise
from scrm_helpers.tables.importing.exports.refused_columns import why_refused
from scrm_helpers.tables.importing.exports.table_rows import TableRows, once_named
from scrm_helpers.tables.importing.generic_draft import draft_mapping
from scrm_helpers.tables.importing.imported_file import ImportedFile
from scrm_helpers.tables.importing.questions import Question
from scrm_helpers.tables.importing.vendor_profile import ColumnSpec, Filters, Profile
from scrm_helpers.tables.reading.header import DELIMITERS

GENERIC = "generic"
_FEW_ANSWERS = 20
_SHOWN = 3


def import_file(
    path: Path, profiles: Mapping[str, Profile], given: Mapping[str, Any] | None = None, zone: str = "UTC"
) -> list[ImportedFile]:
    """Import one file, by its own entry of mapping.yaml where there is one; a workbook gives one result per sheet."""
    try:
        exports = open_export(path)
    except CompanyRefused as refusal:
        return [ImportedFile(file=path.name, sha256="", refused=_words(refusal))]
    return [_imported(export, profiles, own_entry(given, (export.file, path.name)), zone) for export in exports]


def _imported(export: Export, profiles: Mapping[str, Profile], given: Mapping[str, Any], zone: str) -> ImportedFile:
    found = recognise(export, profiles)
    base = ImportedFile(file=export.file, sha256=export.sha256, encoding=export.encoding)
    try:
        vendor, recognised = _settled(export, profiles, given, found)
        header = recognised.header
        rows_of_header = header.last - header.first + 1
        base = replace(base, vendor=vendor.partition(".")[0] or GENERIC, why=recognised.why, header_rows=rows_of_header)
        base = replace(base, separator="" if export.by_record else DELIMITERS.get(header.separator, header.separator))
        if not vendor and not _names_columns(given) and (own := _own_columns(recognised)):
            given, recognised = own, replace(recognised, why=(f"Its columns are those of table {own['table']}.",))
        if not vendor and not _names_columns(given):
            return _unknown(base, export, recognised)
        profile = (
            plain_profile(given) if not vendor else adapted(profiles[vendor], given) if given else profiles[vendor]
        )
        return _Import(export, profile, recognised, given, zone).result(base)
    except CompanyRefused as refusal:
        return replace(base, refused=_words(refusal), rows_read=0, rows_kept=0, left_out={})


def _settled(
    export: Export, profiles: Mapping[str, Profile], given: Mapping[str, Any], found: Recognised
) -> tuple[str, Recognised]:
    """The profile by which a file is read: the one that mapping.yaml names, else the one that its header shows."""
    answers = given.get("answers") or {}
    asked = str(given.get("profile") or answers.get("vendor") or "")
    natural = profiles.get(found.vendor)
    tables = {given["table"]} if given.get("table") else set(profiles[asked].tables) if asked in profiles else set()
    if natural and not found.several and tables - set(natural.tables) and tables & {"transactions"}:
        what = f"The file is given as orders, and it is one of {natural.vendor}: it names no order and no amount."
        todo = "Take the entry out of mapping.yaml, and export the orders themselves."
        raise refusal_of(export.file, what, todo, "Customers counted as orders would make every figure of money wrong.")
    if asked in profiles and asked != found.vendor:
        profile = profiles[asked]
        header = next(
            (
                one
                for place in range(len(export.heads))
                if (one := header_at(export, place, profile)) and fitting(profile, one)
            ),
            None,
        )
        return asked, Recognised(asked, header or plain_header(export), (f"mapping.yaml says {asked}.",))
    if _names_columns(given) and (asked == GENERIC or not found.vendor):
        return "", Recognised("", plain_header(export), ("mapping.yaml names its columns.",))
    return found.vendor, found


def _unknown(base: ImportedFile, export: Export, recognised: Recognised) -> ImportedFile:
    """A file that no profile knows: counted, and asked about."""
    header = recognised.header
    cells = export.rows_below(header.last, len(header.names), ())
    first = pd.DataFrame(
        {place: column.slice(0, _SHOWN).to_pandas() for place, column in cells.columns.items()}
    ).fillna("")
    entry, questions = draft_mapping(list(header.names), first)
    left = {"not recognised": cells.n_rows} if cells.n_rows else {}
    mapping = ({"file": base.file, "sha256": base.sha256, **entry},)
    return replace(base, rows_read=cells.n_rows, left_out=left, questions=questions, mapping=mapping)


def _own_columns(recognised: Recognised) -> dict[str, Any]:
    """An entry for a file that has the columns of a contract table already."""
    there = {name.strip(): name for name in recognised.header.names}
    known = {name: len(there.keys() & set(table.names)) for name, table in TABLES.items()}
    table = TABLES[max(known, key=lambda name: known[name])]
    if not set(table.required_names) <= there.keys() or 2 * known[table.name] < len(there) or known[table.name] < 2:
        return {}
    columns = {name: there[name] for name in table.names if name in there}
    entry = {"table": table.name, "columns": columns, "decimal": ".", "answers": {}}
    return entry | {"entries": [entry]}


def _names_columns(given: Mapping[str, Any]) -> bool:
    """Whether mapping.yaml says of the file which table it is and which columns."""
    entries = [entry for entry in given.get("entries") or () if entry.get("table")]
    return any(entry.get("columns") or entry.get("profile") == GENERIC for entry in entries)


class _Import:
    """One export on its way to rows."""

    def __init__(
        self, export: Export, profile: Profile, found: Recognised, given: Mapping[str, Any], zone: str
    ) -> None:
        self.export, self.profile, self.header, self.given = export, profile, found.header, given
        self.answers = given.get("answers") or {}
        self.questions: list[Question] = []
        self.why, self.vendor = list(found.why), found.vendor or GENERIC
        if found.several and "vendor" not in self.answers:
            text = f"The header fits {listed(found.several)} equally well. Whose export is it?"
            self.questions.append(Question(id="vendor", text=text, choices=found.several))
        cells = export.rows_below(self.header.last, len(self.header.names), profile.footers)
        columns, lines = _without_blank_rows(cells.columns, cells.lines)
        if not len(lines):
            raise refusal_of(
                export.file,
                "The file has a header and no rows below it.",
                "Export it again, over a time in which something happened.",
            )
        self.rows = ExportRows(self.header, columns, lines, profile.blank)
        source = export_dates.Zones(profile.dates.timezone, zone)
        self.spelling = Spelling(self._order(), self._decimal(), source)

    def result(self, base: ImportedFile) -> ImportedFile:
        """Every table, or what stands in the way."""
        left = LeftOut(len(self.rows))
        if self.profile.duplicates == "once":
            left.mark(self.rows.repeated(self._key()), "exact duplicate")
        made = [
            TableRows.made(self.rows, (table, spec), self.profile, left.copy(), (self.spelling, self.export.file))
            for table, specs in self.profile.tables.items()
            for spec in specs
        ]
        faults = {str(message): message for one in made for message in one.reader.faults}
        self.questions += {question.id: question for one in made for question in one.questions}.values()
        n = len(self.rows)
        base = replace(base, why=tuple(self.why), mapping=self._mapping(base, made))
        forbidden = why_refused(self.header, self.profile.refuse, self.answers)
        if forbidden or faults:
            refused = forbidden or " ".join(map(str, faults.values()))
            return replace(
                base, rows_read=n, refused=refused, left_out={"the file is refused": n}, questions=tuple(self.questions)
            )
        if any(question.decides for question in self.questions):
            return replace(base, rows_read=n, left_out={"a question is open": n}, questions=tuple(self.questions))
        if idle := self._idle(made):
            base = replace(base, why=(*base.why, f"Not used: {listed(idle)}."))
        tables = self._tables(made)
        if refused := self._other_scale(tables):
            return replace(base, rows_read=n, refused=refused, left_out={"the file is refused": n})
        total = _tied(made, n)
        counts = total.counts()
        return replace(
            base,
            rows_read=n,
            rows_kept=n - sum(counts.values()),
            left_out=counts,
            tables=tables,
            questions=tuple(self.questions),
        )

    def _idle(self, made: list[TableRows]) -> list[str]:
        """Columns that nothing is read from."""
        specs = [one.spec for one in made]
        forms = [
            form
            for spec in specs
            for of in (*spec.columns.values(), spec.refund.amount if spec.refund else ())
            for form in of
        ]
        used = {at for form in forms if form.value is None for at in self.rows.places(form)}
        filters: list[Filters] = [self.profile, *specs]
        words = [rule.column for one in filters for rule in one.keep]
        words += [name for one in filters for rule in one.drop for name in rule.when]
        words += [word for spec in specs for word in (*spec.one_per, *(spec.refund.on if spec.refund else ()))]
        used |= set(self.header.find(words))
        return [quoted(name)[1:-1] for at, name in enumerate(self.header.names) if at not in used and name]

    def _key(self) -> int:
        """A column in which repeated rows surely agree and most others do not: that of an id."""
        named = [
            spec.columns[name]
            for specs in self.profile.tables.values()
            for spec in specs
            for name in _IDS
            if name in spec.columns
        ]
        places = [at for forms in named for form in forms if form.value is None for at in self.rows.places(form)]
        return next(iter(places), 0)

    def _columns_of(self, wanted: tuple[str, ...]) -> list[Any]:
        places: dict[int, None] = {}
        for table, specs in self.profile.tables.items():
            for spec in specs:
                for name, forms in spec.columns.items():
                    if kind_of_field(table, name) in wanted and name != "score":
                        places |= {
                            at: None
                            for form in forms
                            if form.value is None and not form.pattern
                            for at in self.rows.places(form)
                        }
                back = spec.refund
                if back and "date" in wanted:
                    places |= dict.fromkeys(self.header.find(back.on))
                elif back:
                    places |= {at: None for form in back.amount if not form.pattern for at in self.rows.places(form)}
        return [self.rows.cell(at) for at in places]

    def _order(self) -> str:
        """Day or month first: what the cells prove, else what the profile or the user says, else a question."""
        proved, needed = export_dates.orders_shown(self._columns_of(("date", "period")))
        declared = self.profile.dates.order
        if len(proved) > 1:
            what = "Some dates have the day first and some the month: both parts go above 12."
            raise refusal_of(self.export.file, what, "Export the dates in one form, best as 2026-09-30.")
        if proved and declared in ("dmy", "mdy") and {declared} != proved:
            self.why.append(
                "The dates are not in the order that this vendor writes; the order that the cells prove is taken."
            )
        if not proved and needed and declared not in ("dmy", "mdy"):
            text = "Nothing tells day from month: no date has a part above 12. Which comes first?"
            self.questions.append(Question(id="date_order", text=text, choices=("day first", "month first")))
        return next(iter(proved), declared)

    def _decimal(self) -> str:
        columns = self._columns_of(NUMERIC)
        proved = cell_values.decimal_marks(columns)
        if len(proved) > 1:
            what = "Some amounts have a decimal point and some a decimal comma."
            raise refusal_of(self.export.file, what, "Export the amounts in one form, such as 1234.50.")
        if "," in proved and self.profile.decimal != ",":
            self.why.append("The amounts have decimal commas, as a spreadsheet of another country writes them.")
        vendor_known = bool(self.profile.decimal or self.profile.recognise) and self.header.separator != ";"
        if not proved and not vendor_known and not self.profile.decimal and cell_values.unproved(columns):
            text = "Amounts such as 1,234 may be thousands or decimals. Which is the decimal mark?"
            self.questions.append(Question(id="decimal", text=text, choices=("point", "comma")))
        return next(iter(proved), self.profile.decimal or ".")

    def _tables(self, made: list[TableRows]) -> dict[str, pd.DataFrame]:
        tables: dict[str, pd.DataFrame] = {}
        for table in dict.fromkeys(one.table for one in made):
            frames = [one.frame for one in made if one.table == table]
            frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True).fillna("")
            tables[table] = once_named(frame) if table == "transactions" else frame
        orders = tables.get("transactions")
        if orders is not None and "currency" in orders:
            codes = sorted(set(orders["currency"].unique()) - {""})
            if len(codes) > 1:
                lines = ", ".join(f"{code}: <worth of one {code}>" for code in codes)
                text = f"The orders are in {listed(codes)}, which are not added without rates. "
                text += f"Put `rates: {{{lines}}}` into company.yaml, with the company's own `currency:`."
                self.questions.append(Question(id="currency_rates", text=text, choices=tuple(codes), decides=False))
        return tables

    def _other_scale(self, tables: Mapping[str, pd.DataFrame]) -> str:
        """The refusal of scores that are of no scale from 0 to 10."""
        frame = tables.get("surveys")
        if frame is None or "score" not in frame:
            return ""
        scores = pd.to_numeric(frame["score"][(frame["_scale"] == "nps") & (frame["score"] != "")])
        high = scores.max() if len(scores) else 0
        few = len(scores) < _FEW_ANSWERS or self.answers.get("scale") == "nps"
        if high <= 10 and (few or high > 5):
            return ""
        what = f"The highest of {plural(len(scores), 'score')} is {high:g}: this is no scale from 0 to 10."
        todo = "Give a survey that asks 0 to 10; if it did, put `answers: {scale: nps}` into mapping.yaml."
        return _words(
            refusal_of(self.export.file, what, todo, "A Net Promoter Score of another scale would be a wrong number.")
        )

    def _mapping(self, base: ImportedFile, made: list[TableRows]) -> tuple[dict[str, Any], ...]:
        """What was applied, as entries of mapping.yaml."""
        entries = []
        for one in made:
            columns = {name: self._said(forms) for name, forms in one.spec.columns.items() if name in one.columns}
            entry = {
                "file": base.file,
                "sha256": base.sha256,
                "profile": self.vendor,
                "table": one.table,
                "header_rows": base.header_rows,
            }
            rules = [rule for rule in (*self.profile.keep, *one.spec.keep) if not {"*", ""} <= set(rule.values)]
            keep = {rule.column: list(rule.values) for rule in rules}
            dates = {"order": self.spelling.order, "timezone": self.spelling.zones.source}
            dates = {key: said for key, said in dates.items() if said}
            entry |= {
                "keep": keep,
                "columns": columns,
                "dates": dates,
                "decimal": self.spelling.decimal,
                "answers": dict(self.answers),
            }
            entries.append(entry)
        return tuple(entries)

    def _said(self, forms: tuple[ColumnSpec, ...]) -> Any:
        """The forms that were applied, with the names of this header where they say no more."""
        said: list[Any] = []
        for form in forms:
            places = self.rows.places(form)
            more = form.model_dump(mode="json", by_alias=True, exclude_defaults=True)
            if more.keys() <= {"from", "question", "required"}:
                said += dict.fromkeys(self.header.names[self.header.blocks[place]] for place in places)
            elif form.value is not None or form.count == "lines" or places:
                said.append(more)
        said = [one for at, one in enumerate(said) if one not in said[:at]]
        return said[0] if len(said) == 1 else said


_IDS = ("order_id", "interaction_id", "survey_id", "customer_id", "referred_id")


def _tied(made: list[TableRows], n: int) -> LeftOut:
    """The reason of every row that no table keeps; alias rows alone keep nothing."""
    counted = [one for one in made if one.table != "aliases"] or made
    kept = np.any([one.kept for one in counted], axis=0)
    total = LeftOut(n)
    for one in counted:
        for code, reason in enumerate(one.left.reasons[1:], start=1):
            total.mark((one.left.codes == code) & ~kept, reason)
    return total


def _without_blank_rows(columns: Mapping[int, Any], lines: np.ndarray | None) -> tuple[Mapping[int, Any], np.ndarray]:
    """Rows in which anything stands; a spreadsheet leaves empty ones below a table."""
    assert lines is not None
    blank = np.ones(len(lines), dtype=bool)
    for cells in columns.values():
        blank &= cells.is_null().to_numpy() if blank.any() else blank
        if not blank.any():
            return columns, lines
    return {place: cells.filter(~blank) for place, cells in columns.items()}, lines[~blank]


def _words(refusal: CompanyRefused) -> str:
    return " ".join(str(message) for message in refusal.messages)
